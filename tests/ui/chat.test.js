// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Two people who have never met: two new daemons, two browsers, everything by
 * the page, over the private Tor network.
 */
import assert from "node:assert/strict";
import {PASSPHRASE} from "./backend.js";
import {uiTest} from "./kit.js";

async function arrive(backend, person, name) {
    const daemon = await backend.launch(name);
    const one = await person(await daemon.login_link());
    await one.page.getByLabel("Name").fill(name);
    await one.page.getByLabel("Passphrase", {exact: true}).fill(PASSPHRASE);
    await one.page.getByLabel("The same passphrase again").fill(PASSPHRASE);
    await one.page.getByRole("button", {name: "Create"}).click();
    await one.page.getByText("Nobody is here yet.").waitFor();
    return one;
}

uiTest("two people meet and chat", async ({backend, person}) => {
    const alice = await arrive(backend, person, "alice");
    const bob = await arrive(backend, person, "bob");
    for (const {page} of [alice, bob])
        await page.locator(".tor").getByText("Connected to Tor").waitFor();

    await alice.page.getByRole("button", {name: "Invite someone"})
        .first().click();
    await alice.page.getByRole("button", {name: "Make an invite"}).click();
    await alice.page.getByText(/Works once, until/).waitFor();
    const link = await alice.page.getByLabel("Send this to").inputValue();
    assert.match(link, /^umbel:/);
    await alice.page.getByRole("button", {name: "Close"}).click();

    await bob.page.getByRole("button", {name: "I have an invite"}).click();
    await bob.page.getByLabel("Invite", {exact: true}).fill(`\n ${link} `);
    await bob.page.getByLabel("Your name for them").fill("Alice A.");
    await bob.page.getByRole("button", {name: "Connect"}).click();

    await alice.open("bob");
    await bob.open("Alice A.");
    await alice.say("bob", "Hello Bob \u{1F331}");
    await bob.message("Hello Bob \u{1F331}").waitFor();
    await alice.message("Hello Bob \u{1F331}").getByText(/Delivered/)
        .waitFor();

    await bob.box("Alice A.").pressSequentially("two");
    await bob.box("Alice A.").press("Shift+Enter");
    await bob.box("Alice A.").pressSequentially("lines");
    await bob.box("Alice A.").press("Enter");
    await alice.page.locator(".in .text").waitFor();
    assert.deepEqual(await alice.texts(),
        ["Hello Bob \u{1F331}", "two\nlines"]);
    await bob.page.locator(".out .meta").getByText(/Delivered/).waitFor();
    for (const {page} of [alice, bob])
        await page.locator(".presence").getByText("online").waitFor();
}, "tornet");
