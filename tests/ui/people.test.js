// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Who asks, where one is asked, and what becomes of a message afterwards.
 */
import assert from "node:assert/strict";
import {pairUp} from "./backend.js";
import {uiTest} from "./kit.js";

uiTest("who knocks is shown, rejected, accepted",
    async ({backend, person}) => {
        const {alice, bob} = await pairUp(backend);
        const carol = await backend.launch("carol");
        await carol.add_user();
        await carol.call("PUT", await carol.user_path("/profile"),
            {display_name: "Bob", status_text: ""});
        const door = await alice.door();
        const one = await person(await alice.login_link());
        await one.row("bob").waitFor();
        assert.ok(await one.page.locator(".asking").isHidden());
        await carol.knock(door, "It is me");
        await one.page.getByRole("status")
            .getByText("Somebody asks to be a contact.").waitFor();
        const asking = one.page.getByRole("button", {name: "1 person asks"});
        await asking.click();
        const dialog = one.page.getByRole("dialog");
        for (const text of ["Bob", "A new person, whatever the name says.",
            "It looks like the name of your contact bob, and is somebody",
            "It is me"])
            await dialog.getByText(text).first().waitFor();
        await one.checkAccess("people who ask");
        await dialog.getByRole("button", {name: "Reject"}).click();
        await dialog.getByText("Rejected").waitFor();
        await one.page.keyboard.press("Escape");
        await asking.waitFor({state: "hidden"});

        const erin = await backend.launch("erin");
        await erin.add_user();
        await erin.knock(door, "");
        await asking.click();
        await dialog.getByRole("button", {name: "Accept"}).click();
        await dialog.getByText("Accepted").waitFor();
        await one.page.keyboard.press("Escape");
        await one.open("erin");
        await one.say("erin", "welcome");
        await one.message("welcome").getByText(/Delivered/).waitFor();
        assert.equal((await bob.contacts()).length, 1);
    });

uiTest("edits, reactions, answers and deletions, as they come",
    async ({backend, person}) => {
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        await one.open("bob");
        const {page} = one;
        const first = await bob.send(toAlice, "first");
        const path = await bob.user_path(`/messages/${first.id}`);
        await bob.answer(toAlice, "second", first.id);
        const answer = one.message("second");
        await answer.locator(".quote").getByText("first").waitFor();

        await bob.call("PATCH", path, {text: "first again"});
        await one.message("first again").first().getByText(/Edited/).waitFor();
        await answer.locator(".quote").getByText("first again").waitFor();
        await one.row(/second$/).waitFor();

        await bob.call("PUT", `${path}/reactions/${
            encodeURIComponent("\u{1F44D}")}`);
        await page.locator(".reactions").getByText("\u{1F44D} bob").waitFor();
        const own = (await alice.history(toBob))[0].id;
        await alice.call("PUT", await alice.user_path(
            `/messages/${own}/reactions/${encodeURIComponent("\u{1F331}")}`));
        await page.locator(".reactions").getByText("\u{1F331} you").waitFor();
        await one.checkAccess("a conversation with all of it");

        await bob.call("DELETE", `${path}?for=everyone`);
        const gone = page.locator(".event")
            .getByText("This message was deleted");
        await gone.waitFor();
        // no box within the bubble
        assert.equal(await gone.evaluate((node) =>
            getComputedStyle(node).backgroundColor), "rgba(0, 0, 0, 0)");
        await answer.locator(".quote").getByText("This message was deleted")
            .waitFor();
        assert.ok(!(await page.content()).includes("first again"));
        assert.deepEqual(await one.texts(), ["second"]);
        await page.reload();
        await one.open("bob");
        await page.locator(".event").getByText("This message was deleted")
            .waitFor();
        assert.deepEqual(await one.texts(), ["second"]);
        // here alone: nothing stays
        await alice.call("DELETE", await alice.user_path(`/messages/${own}`));
        await page.locator(".event:visible").first()
            .waitFor({state: "detached"});
        await answer.locator(".quote").waitFor({state: "hidden"});
    });

uiTest("how far a message is, and why it failed",
    async ({backend, person}) => {
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        await one.open("bob");
        await bob.call("PATCH", await bob.user_path("/privacy"),
            {read_receipts: true});
        await one.say("bob", "read me");
        await one.message("read me").getByText(/Delivered/).waitFor();
        const got = (await bob.history(toAlice)).at(-1);
        await bob.call("PUT", await bob.user_path(
            `/conversations/${toAlice}/read`), {message_id: got.id});
        await one.message("read me").getByText(/· Read$/).waitFor();
        await bob.stop();
        await one.say("bob", "too early");
        await one.message("too early").getByText("Waiting for bob").waitFor();
        const sent = (await alice.history(toBob)).at(-1);
        await alice.call("POST", await alice.user_path(
            `/messages/${sent.id}/cancel`));
        await one.message("too early").getByText(
            "Not delivered: it was cancelled").waitFor();
    });

uiTest("a timer, and a contact that goes", async ({backend, person}) => {
    const {alice, bob, toBob, toAlice} = await pairUp(backend);
    const one = await person(await alice.login_link());
    await one.open("bob");
    await bob.call("PATCH", await bob.user_path(`/conversations/${toAlice}`),
        {disappearing_seconds: 7200});
    await one.page.locator(".event").getByText(
        "From here on messages disappear 2 hours after they are read")
        .waitFor();
    await one.row(/2 hours after they are read$/).waitFor();
    const contact = (await alice.contacts()).find(
        (c) => c.conversation_id === toBob);
    await alice.call("PATCH", await alice.user_path(`/contacts/${contact.id}`),
        {blocked: true});
    await one.page.locator(".presence").getByText("blocked").waitFor();
    await one.say("bob", "nobody hears it");
    await one.page.getByText(/^Not sent\./).waitFor();
    await alice.call("DELETE", await alice.user_path(
        `/contacts/${contact.id}`));
    await one.page.getByText("Nobody is here yet.").waitFor();
    assert.equal(await one.page.locator("main").getByText("bob").count(), 0);
});

uiTest("the keyboard stays where it is", async ({backend, person}) => {
    const {alice, bob, toAlice} = await pairUp(backend);
    const carol = await backend.launch("carol");
    const dave = await backend.launch("dave");
    await carol.add_user();
    await dave.add_user();
    const link = await carol.invite();
    await carol.stop();
    await alice.connect(link);
    await dave.knock(await alice.door(), "");
    const one = await person(await alice.login_link());
    const {page} = one;
    const focus = () => page.evaluate(() => [
        document.activeElement?.className, document.activeElement?.textContent,
        document.activeElement?.getAttribute("aria-label")]);
    const cancel = page.getByRole("button", {name: "Cancel"});
    await cancel.focus();
    await bob.send(toAlice, "meanwhile");
    await one.row(/meanwhile/).waitFor();
    assert.equal((await focus())[2], "Cancel");
    await page.keyboard.press("Enter");
    await cancel.waitFor({state: "detached"});
    assert.equal((await focus())[0], "requests");

    await page.getByRole("button", {name: "1 person asks"}).click();
    await page.getByRole("button", {name: "Reject"}).focus();
    await page.keyboard.press("Enter");
    await page.getByText("Rejected").waitFor();
    assert.equal((await focus())[1], "Rejected");
    await page.keyboard.press("Escape");

    await alice.invite();
    await page.getByRole("button", {name: "Invite someone"}).first().click();
    const open = page.locator(".invites li");
    await open.getByRole("button", {name: "Delete"}).focus();
    await page.keyboard.press("Enter");
    await open.waitFor({state: "detached"});
    assert.equal((await focus())[2], "Close");
});
