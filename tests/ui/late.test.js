// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What was asked for before a lock or a log-out shows nothing when it comes
 * after.
 */
import assert from "node:assert/strict";
import {PASSPHRASE, pairUp} from "./backend.js";
import {hold} from "./hold.js";
import {uiTest} from "./kit.js";

// HOSTILE W-05, W-06
uiTest("what comes after a lock or a log-out is shown to nobody",
    async ({backend, person}) => {
        const {alice, bob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        const {page} = one;
        await one.open("bob");
        const place = await alice.last_event();
        await bob.send(toAlice, "https://secret.example/");
        await alice.wait_text(place, "https://secret.example/");
        const body = JSON.stringify({code: "user_locked", status: 423});
        const link = await hold(page, /link\.js$/, "GET");
        const draft = await hold(page, /conversations\/[^/]+$/, "PATCH",
            {status: 423, contentType: "application/problem+json", body});
        await page.locator(".message .url").click();
        await link.asked;
        await one.box("bob").fill("a draft");
        await draft.asked;
        await page.getByRole("button", {name: "Lock"}).click();
        await page.getByRole("heading", {name: "Unlock alice"}).waitFor();
        await page.getByLabel("Passphrase").fill(PASSPHRASE);
        await draft.go();
        assert.equal(await page.getByLabel("Passphrase").inputValue(),
            PASSPHRASE);
        await link.go();
        await page.evaluate(() => import("/ui/view/link.js"));
        assert.equal(await page.locator("dialog").count(), 0);

        // Neither the daemon nor the unlocking is in a hurry.
        const unlock = await hold(page, /\/unlock$/, "POST");
        const end = await hold(page, /\/v1\/session$/, "DELETE");
        await page.getByRole("button", {name: "Unlock"}).click();
        await unlock.asked;
        await page.getByRole("button", {name: "Log out"}).click();
        await end.asked;
        assert.deepEqual(await page.evaluate(() => [sessionStorage.length,
            document.getElementById("status").textContent, document.title,
            document.getElementById("app").textContent]),
        [0, "", "Umbel", "One moment\u2026"]);
        await end.go();
        const login = page.getByRole("heading", {name: "Log in to Umbel"});
        await login.waitFor();
        await unlock.go();
        assert.ok(await login.isVisible());
        assert.equal(await page.getByRole("status").getByText(/logged out/)
            .count(), 0);
    });

uiTest("all that was being written is kept at a log-out",
    async ({backend, person}) => {
        const {alice, toBob} = await pairUp(backend);
        const carol = await backend.launch("carol");
        const [, toCarol] = await carol.pair("alice");
        const one = await person(await alice.login_link());
        const first = await hold(one.page, /conversations\/[^/]+$/, "PATCH");
        await one.open("bob");
        await one.box("bob").fill("to bob");
        await first.asked;
        await one.open("carol");
        await one.box("carol").fill("to carol");
        await one.page.getByRole("button", {name: "Log out"}).click();
        await first.go();
        await one.page.getByRole("heading", {name: "Log in to Umbel"})
            .waitFor();
        for (const [id, text] of [[toBob, "to bob"], [toCarol, "to carol"]]) {
            const {draft} = await alice.call("GET",
                await alice.user_path(`/conversations/${id}`));
            assert.equal(draft, text);
        }
    });

// HOSTILE W-06
uiTest("no question stays open when the session is over",
    async ({backend, person}) => {
        const alice = await backend.launch("alice");
        const {page} = await person(await alice.admin_link());
        await page.getByRole("button", {name: "Log out"}).waitFor();
        let isOver = false;
        await page.route("**/v1/tor", async (route) => {
            if (isOver) {
                await route.fulfill({status: 401, contentType:
                    "application/problem+json", body: JSON.stringify(
                    {code: "unauthorized", status: 401})});
                return;
            }
            const tor = await (await route.fetch()).json();
            // It is asked for often as long as it begins.
            await route.fulfill({json: {...tor, state: "bootstrapping"}});
        });
        await page.reload();
        await page.getByRole("button", {name: "Restore from a backup"}).click();
        await page.getByLabel("Passphrase of the backup").fill(PASSPHRASE);
        isOver = true;
        await page.getByRole("heading", {name: "Log in to Umbel"}).waitFor();
        await page.locator("dialog").waitFor({state: "detached"});
    });

uiTest("messages that could not be had are asked for again",
    async ({backend, person}) => {
        const {alice, bob, toAlice} = await pairUp(backend);
        const place = await alice.last_event();
        await bob.send(toAlice, "there");
        await alice.wait_text(place, "there");
        const one = await person(await alice.login_link());
        const {page} = one;
        const again = page.getByRole("log").getByRole("button",
            {name: "Try again"});
        const messages = /\/messages\?/;
        await page.route(messages, (route) => route.abort());
        await one.row(/^bob/).click();
        await page.getByRole("log").getByText("Umbel does not answer")
            .waitFor();
        await one.checkAccess("messages that could not be had");
        await again.focus();
        await Promise.all([page.waitForEvent("requestfailed"),
            page.keyboard.press("Enter")]);
        await page.unroute(messages);
        // It is where it was, for who uses the keyboard.
        await page.keyboard.press("Enter");
        await one.message("there").waitFor();
        await again.waitFor({state: "hidden"});
        assert.equal(await page.evaluate(() => document.activeElement.role),
            "log");
    });

uiTest("what is known of Tor after a lock is not said any more",
    async ({backend, person}) => {
        const alice = await backend.launch("alice");
        await alice.add_user();
        const one = await person(await alice.login_link());
        const {page} = one;
        await page.locator(".sidebar .tor").getByText("Connected").waitFor();
        const tor = await alice.call("GET", "/v1/tor");
        const held = await hold(page, /\/v1\/tor$/, "GET", {
            status: 200, contentType: "application/json",
            body: JSON.stringify({...tor, state: "failed"})}, 1);
        await held.asked;
        await page.getByRole("button", {name: "Lock"}).click();
        await page.getByRole("heading", {name: "Unlock alice"}).waitFor();
        await page.locator(".tor").getByText("Connected").waitFor();
        await held.go();
        assert.doesNotMatch(await page.locator("#status").innerText(), /Tor/);
    });

uiTest("what is picked stays picked, whatever is looked at meanwhile",
    async ({backend, person}) => {
        const {alice} = await pairUp(backend);
        await backend.house("bob", "carol");
        await alice.pair("carol");
        const one = await person(await alice.login_link());
        const {page} = one;
        await one.row("bob").waitFor();
        const upload = await hold(page, /\/upload\.js$/, "GET");
        await page.reload();
        await one.open("bob");
        await page.locator("input[type=file]").setInputFiles([{
            name: "notes.txt", mimeType: "text/plain",
            buffer: Buffer.from("a note")}]);
        await upload.asked;
        await one.open("carol");
        await upload.go();
        await page.evaluate(() => import("/ui/upload.js"));
        assert.equal(await page.getByText("notes.txt").count(), 0);
        await one.open("bob");
        await page.getByRole("list", {name: "Files that will be sent"})
            .getByText("notes.txt").waitFor();
    });
