// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What is done with messages, with what is written, and with a conversation.
 */
import assert from "node:assert/strict";
import {pairUp} from "./backend.js";
import {uiTest} from "./kit.js";

const NARROW = {width: 360, height: 640};
const WINDOW = 300;

/** Opens the actions of a message, by keyboard. */
async function actions(one, text) {
    await one.message(text).last().focus();
    await one.page.keyboard.press("Enter");
    await one.page.getByRole("menu", {name: "Actions"}).waitFor();
}

const item = (one, name) => one.page.getByRole("menuitem", {name});
const focused = (one) => one.page.evaluate(() =>
    document.activeElement.closest(".message")?.querySelector(".text")
        ?.textContent ?? document.activeElement.tagName);
const tooWide = () => [...document.querySelectorAll("body *")].filter((n) =>
    !n.closest(".hidden, [hidden], .text") && n.checkVisibility() &&
    n.getBoundingClientRect().right > innerWidth + 1)
    .map((n) => n.outerHTML.slice(0, 80));

/** In both sizes. */
async function check(one, view) {
    const size = one.page.viewportSize();
    for (const viewport of [size, NARROW]) {
        await one.page.setViewportSize(viewport);
        await one.checkAccess(`${view}, ${viewport.width}`);
        assert.deepEqual(await one.page.evaluate(tooWide), [], view);
    }
    await one.page.setViewportSize(size);
}

uiTest("answers, reactions, edits, deletions, by keyboard and by mouse",
    async ({backend, person}) => {
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        const privacy = {typing: true, read_receipts: true};
        for (const daemon of [alice, bob])
            await daemon.call("PATCH", await daemon.user_path("/privacy"),
                privacy);
        await bob.wait_delivered(await bob.send(toAlice, "first"));
        await alice.wait_delivered(await alice.send(toBob, "second"));
        const [one, two] = [await person(await alice.login_link()),
            await person(await bob.login_link())];
        const {page} = one;
        await one.open("bob");
        await two.open("alice");
        const box = one.box("bob");
        await one.message("second").getByText("Read").waitFor();

        // the log is one stop of the Tab key
        await page.keyboard.press("Shift+Tab");
        while (await focused(one) === "BUTTON")
            await page.keyboard.press("Shift+Tab");
        assert.equal(await focused(one), "second");
        await page.keyboard.press("ArrowUp");
        assert.equal(await focused(one), "first");
        await page.keyboard.press("ArrowUp");
        assert.equal(await focused(one), "first");
        await page.keyboard.press("ContextMenu");
        await page.getByRole("menu", {name: "Actions"}).waitFor();
        await check(one, "menu");
        await page.keyboard.press("Escape");
        assert.equal(await focused(one), "first");

        // an answer; the quote leads to what it answers
        await page.keyboard.press("Enter");
        await item(one, "Reply").press("Enter");
        await page.getByText("Answer to bob: ").waitFor();
        await check(one, "answer");
        await page.keyboard.press("Escape");
        await page.getByText("Answer to bob: ").waitFor({state: "hidden"});
        await actions(one, "first");
        await item(one, "Reply").click();
        await page.keyboard.type("third");
        await page.keyboard.press("Enter");
        await two.message("third").locator(".quote").getByText("first")
            .waitFor();
        await one.message("third").getByRole("button", {name: /In answer to/})
            .click();
        assert.equal(await focused(one), "first");
        await page.locator(".found").getByText("first").waitFor();

        // reactions
        await actions(one, "first");
        await item(one, "❤️").click();
        const pill = page.getByRole("button", {name: "❤️ you"});
        await two.page.locator(".reactions").getByText("❤️ alice").waitFor();
        await actions(one, "first");
        await item(one, "More emoji").click();
        const picker = page.getByRole("menu", {name: "React"});
        await picker.getByRole("menuitem", {name: "🌱"}).waitFor();
        await check(one, "emoji");
        for (const key of ["ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft"])
            await page.keyboard.press(key);
        assert.equal(await page.evaluate(
            () => document.activeElement.textContent), "👍");
        await picker.getByRole("menuitem", {name: "🌱"}).click();
        await two.page.getByRole("button", {name: "🌱 alice"}).click();
        await page.getByRole("button", {name: "🌱 you, bob"}).click();
        await page.getByRole("button", {name: "🌱 bob", exact: true}).waitFor();
        await pill.waitFor({state: "detached"});

        // edits
        await box.click();
        await page.keyboard.type("a draft");
        await actions(one, "third");
        await item(one, "Edit").click();
        await page.getByText("Editing: ").waitFor();
        assert.equal(await box.inputValue(), "third");
        await check(one, "edit");
        await page.keyboard.press("Escape");
        assert.equal(await box.inputValue(), "a draft");
        await box.fill("");
        await page.keyboard.press("ArrowUp");
        await page.keyboard.press("End");
        await page.keyboard.type(", better");
        await page.keyboard.press("Enter");
        await two.message("third, better").getByText("Edited").waitFor();
        await page.getByText("Editing: ").waitFor({state: "hidden"});

        // somebody writes
        await box.pressSequentially("hmm");
        await two.page.locator(".presence").getByText("writing…").waitFor();
        await box.fill("");
        await two.page.locator(".presence").getByText("online").waitFor();

        // details, copies, deletions
        await context(one);
        await actions(one, "second");
        await item(one, "Copy text").click();
        await page.getByRole("status").getByText("Copied").waitFor();
        await actions(one, "second");
        await item(one, "Details").click();
        const dialog = page.getByRole("dialog");
        await dialog.getByText("Delivered").waitFor();
        await check(one, "details");
        await page.keyboard.press("Escape");
        assert.equal(await focused(one), "second");
        await actions(one, "third, better");
        await item(one, "Delete…").click();
        await dialog.getByLabel("For both of us").check();
        await check(one, "delete");
        await dialog.getByRole("button", {name: "Delete"}).click();
        await two.page.locator(".event").getByText("was deleted").waitFor();
        await one.message("second").locator(".bubble").hover();
        await one.message("second").getByRole("button", {name: "Actions"})
            .click();
        await item(one, "Delete…").click();
        await dialog.getByRole("button", {name: "Delete"}).click();
        await one.message("second").waitFor({state: "detached"});
        await dialog.waitFor({state: "detached"});
        assert.match(await focused(one), /ARTICLE|DIV|first/);
        await two.message("second").waitFor();

        // a message that nobody takes
        await bob.stop();
        await page.locator(".presence").getByText(/seen|offline/).waitFor();
        await one.say("bob", "lost");
        await one.message("lost").getByText("Waiting for bob").waitFor();
        await one.message("lost").getByRole("button", {name: "Cancel"}).click();
        await one.message("lost").getByText("Not delivered: it was cancelled")
            .waitFor();
        await check(one, "failed");
        await one.message("lost").getByRole("button", {name: "Try again"})
            .click();
        await one.message("lost").getByText("Waiting for bob").waitFor();
        await actions(one, "lost");
        await item(one, "Cancel sending").click();
        await one.message("lost").getByText("it was cancelled").waitFor();
    });

const context = (one) => one.context.grantPermissions(
    ["clipboard-read", "clipboard-write"], {origin: one.origin});
