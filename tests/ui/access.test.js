// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * No fault that axe finds, in any view, light or dark; all by keyboard.
 */
import assert from "node:assert/strict";
import {PASSPHRASE, pairUp} from "./backend.js";
import {uiTest} from "./kit.js";

const NARROW = {viewport: {width: 360, height: 640}};

uiTest("views before a user", async ({backend, person}) => {
    const alice = await backend.launch("alice");
    const link = await alice.login_link();
    const one = await person(link.replace(/#.*/, ""), NARROW);
    await one.page.getByLabel("User").waitFor();
    await one.checkAccess("login");
    const two = await person(link);
    await two.page.getByLabel("Name").waitFor();
    await two.checkAccess("create");
    await two.page.keyboard.type("alice");
    await two.page.keyboard.press("Tab");
    await two.page.keyboard.type(PASSPHRASE);
    await two.page.keyboard.press("Tab");
    await two.page.keyboard.type("not the same");
    await two.page.keyboard.press("Enter");
    await two.page.getByText("The two passphrases differ.").waitFor();
    await two.checkAccess("create, with a complaint");
    await two.page.keyboard.type(PASSPHRASE);
    await two.page.keyboard.press("Enter");
    await two.page.getByText("Nobody is here yet.").waitFor();
    await two.checkAccess("nobody");
    await two.page.getByRole("button", {name: "Lock"}).press("Enter");
    await two.page.getByText("Locked.").waitFor();
    await two.checkAccess("unlock");
    await two.page.keyboard.type(PASSPHRASE);
    await two.page.keyboard.press("Enter");
    await two.page.getByText("Nobody is here yet.").waitFor();
});

uiTest("views of a user", async ({backend, person}) => {
    const {alice, bob, toBob, toAlice} = await pairUp(backend);
    await alice.wait_delivered(await alice.send(toBob, "Hello"));
    await bob.send(toAlice, "Hello to you");
    const one = await person(await alice.login_link());
    await one.row(/Hello to you/).waitFor();
    await one.checkAccess("list");
    await one.page.keyboard.press("Alt+ArrowDown");
    await one.message("Hello to you").waitFor();
    await one.checkAccess("chat");
    await one.page.keyboard.type("by keyboard");
    await one.page.keyboard.press("Enter");
    await one.message("by keyboard").getByText(/Delivered/).waitFor();
    await bob.send(toAlice, "heard");
    await one.page.getByRole("status").getByText("bob: heard").waitFor();
    await one.page.getByRole("button", {name: "Invite someone"}).press("Enter");
    await one.checkAccess("invite");
    await one.page.getByRole("button", {name: "Make an invite"}).click();
    await one.page.getByText(/Works once, until/).waitFor();
    await one.checkAccess("invite made");
    await one.page.keyboard.press("Escape");
    await one.page.getByRole("button", {name: "Use an invite"}).press("Enter");
    await one.checkAccess("take an invite");
    await one.page.keyboard.press("Escape");
    await one.page.locator("dialog").waitFor({state: "detached"});
    await bob.stop();
    await alice.stop();
    await one.page.getByText(/Umbel does not answer/).first().waitFor();
    await one.checkAccess("lost");
});

uiTest("narrow", async ({backend, person}) => {
    const {alice, bob, toAlice} = await pairUp(backend);
    await bob.send(toAlice, `wide ${"w".repeat(300)} and ${"words ".repeat(80)}`);
    const one = await person(await alice.login_link(), NARROW);
    await one.row("bob").waitFor();
    await one.checkAccess("narrow list");
    await one.open("bob");
    await one.page.locator(".message").waitFor();
    await one.checkAccess("narrow chat");
    const over = await one.page.evaluate(() => [...document.querySelectorAll(
        "main *")].filter((n) => !n.closest(".hidden") &&
        n.getBoundingClientRect().right > innerWidth + 1)
        .map((n) => n.outerHTML.slice(0, 80)));
    assert.deepEqual(over, []);
    await one.page.getByRole("button", {name: "Back to the list"}).click();
    await one.row("bob").waitFor();
    assert.ok(await one.row("bob").evaluate((n) => n === document.activeElement));
});
