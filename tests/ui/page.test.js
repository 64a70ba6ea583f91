// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What the page does when all is well and when it is not, over fake_tor.
 */
import assert from "node:assert/strict";
import {PASSPHRASE, pairUp} from "./backend.js";
import {hold} from "./hold.js";
import {uiTest} from "./kit.js";

const WINDOW = 300;

uiTest("a login link works once", async ({backend, person}) => {
    const alice = await backend.launch("alice");
    await alice.add_user();
    const link = await alice.login_link();
    const one = await person(link);
    await one.page.getByText("Nobody is here yet.").waitFor();
    assert.equal(new URL(one.page.url()).hash, "");
    await one.page.reload();
    await one.page.getByText("Nobody is here yet.").waitFor();

    const thief = await person(link);
    await thief.page.getByText("This link has been used").waitFor();
    assert.equal(new URL(thief.page.url()).hash, "");
});

uiTest("log in by name, log out", async ({backend, person}) => {
    const {alice} = await pairUp(backend);
    await alice.restart();
    const page = (await alice.login_link()).replace(/#.*/, "");
    const one = await person(page);
    await one.logIn("alice", "wrong passphrase");
    await one.page.getByText("do not go together").waitFor();
    await one.logIn("nobody", PASSPHRASE);
    await one.page.getByText("do not go together").waitFor();
    const part = "**/view/chat.js";
    await one.page.route(part, (route) => route.abort());
    await one.logIn("alice", PASSPHRASE);
    await one.row("bob").click();
    await one.page.getByText("could not be loaded").waitFor();
    await one.page.unroute(part);
    await one.page.getByRole("button", {name: "Try again"}).click();
    await one.box("bob").waitFor();
    await one.page.getByRole("button", {name: "Log out"}).click();
    await one.page.getByLabel("User").waitFor();
    assert.equal(await one.page.evaluate(() => sessionStorage.length), 0);
    await one.page.reload();
    await one.page.getByLabel("User").waitFor();
});

uiTest("lock and unlock", async ({backend, person}) => {
    const {alice, bob, toAlice} = await pairUp(backend);
    const one = await person(await alice.login_link());
    await one.open("bob");
    await one.page.getByRole("button", {name: "Lock"}).click();
    await one.page.getByText("Locked.").waitFor();
    assert.equal(await one.page.getByText("bob").count(), 0);
    await one.page.getByLabel("Passphrase").fill("wrong passphrase");
    await one.page.getByLabel("Passphrase").press("Enter");
    await one.page.getByText("That is not the passphrase.").waitFor();
    await bob.send(toAlice, "while you slept");
    await one.page.getByLabel("Passphrase").fill(PASSPHRASE);
    await one.page.getByLabel("Passphrase").press("Enter");
    await one.open("bob");
    await one.message("while you slept").waitFor();
    // from outside the page
    await alice.call("POST", await alice.user_path("/lock"));
    await one.page.getByText("Locked.").waitFor();
});

uiTest("unread messages are counted, and read when seen",
    async ({backend, person}) => {
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        await one.row("bob").waitFor();
        for (const text of ["one", "two", "three"])
            await bob.send(toAlice, text);
        await one.row(/three\W+3 unread$/).waitFor();
        await one.page.waitForFunction(() => document.title === "(3) Umbel");
        const place = await alice.last_event();
        await one.open("bob");
        await one.page.locator(".fresh:visible").waitFor();
        await one.page.waitForFunction(() => document.title === "Umbel");
        assert.equal((await alice.events(place, "conversation.read"))
            .at(-1).data.id, toBob);
        await one.page.reload();
        await one.row(/three$/).waitFor();
        await one.open("bob");
        await one.message("three").waitFor();
        assert.deepEqual(await one.texts(), ["one", "two", "three"]);
    });

uiTest("a message is not sent while a word is composed",
    async ({backend, person}) => {
        const {alice, toBob} = await pairUp(backend);
        const one = await person(await alice.login_link());
        await one.open("bob");
        await one.box("bob").fill("kon");
        await one.box("bob").evaluate((box) => box.dispatchEvent(
            new KeyboardEvent("keydown", {key: "Enter", isComposing: true,
                bubbles: true, cancelable: true})));
        assert.equal(await one.box("bob").inputValue(), "kon");
        await one.box("bob").fill("   ");
        await one.box("bob").press("Enter");
        await one.box("bob").fill("x".repeat(8193));
        await one.page.getByText("Too long by 1 byte;").waitFor();
        await one.box("bob").press("Enter");
        await one.say("bob", "sent");
        await one.message("sent").getByText(/Delivered/).waitFor();
        assert.deepEqual((await alice.history(toBob)).map((m) => m.text),
            ["sent"]);
    });

uiTest("the stream goes on behind the last event after a break",
    async ({backend, person}) => {
        const {alice, bob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        await one.open("bob");
        await bob.send(toAlice, "0");
        await one.message("0").waitFor();
        const wanted = ["0"];
        for (let i = 1; i <= 3; i++) {
            await alice.kill("umbel-httpd");
            for (const half of ["a", "b"]) {
                wanted.push(i + half);
                await bob.send(toAlice, i + half);
            }
            await one.message(`${i}b`).waitFor();
        }
        assert.deepEqual(await one.texts(), wanted);
        assert.ok(await one.page.locator(".banner").isHidden());
    });

uiTest("a restart of the daemon loses and doubles nothing",
    async ({backend, person}) => {
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        // It comes back at the same port.
        const url = new URL(await alice.login_link());
        const one = await person(url.href);
        await one.open("bob");
        await one.say("bob", "before");
        await one.message("before").getByText(/Delivered/).waitFor();
        await one.box("bob").fill("a draft");
        await alice.stop();
        await one.page.getByText(/Umbel does not answer/).first().waitFor();
        await one.say("bob", "while it was down");
        await one.page.getByText(/Not sent yet/).waitFor();
        await alice.start(Number(url.port));
        await one.page.getByText(/You were logged out/).waitFor();
        await one.logIn("alice", PASSPHRASE);
        await one.open("bob");
        await one.message("while it was down").getByText(/Delivered/)
            .waitFor();
        await bob.send(toAlice, "and back");
        await one.message("and back").waitFor();
        assert.deepEqual(await one.texts(),
            ["before", "while it was down", "and back"]);
        assert.deepEqual((await alice.history(toBob)).map((m) => m.text),
            ["before", "while it was down", "and back"]);
    });

uiTest("a long history is a window that moves", async ({backend, person}) => {
    const {alice, bob, toBob, toAlice} = await pairUp(backend);
    const count = 420;
    const shown = () => one.page.locator(".message").count();
    for (let i = 0; i < count; i++)
        await alice.send(toBob, `line ${i}`);
    const one = await person(await alice.login_link());
    await one.open("bob");
    await one.message(`line ${count - 1}`).waitFor();
    const log = one.page.getByRole("log");
    let most = 0;
    while (!await one.message("line 0").isVisible()) {
        await log.evaluate((node) => node.scrollTo(0, 0));
        await log.press("PageUp");
        most = Math.max(most, await shown());
    }
    assert.ok(most > 100 && most <= WINDOW, `${most} in the document`);
    // what comes now is not in the window, but one step away
    await bob.send(toAlice, "news");
    await one.row(/news/).waitFor();
    assert.equal(await one.message("news").count(), 0);
    await one.page.getByRole("button", {name: "To the newest"}).click();
    await one.message("news").waitFor();
    assert.ok(await shown() <= WINDOW);
    const texts = await one.texts();
    assert.deepEqual(texts.slice(-2), [`line ${count - 1}`, "news"]);
});

uiTest("invites: wrong, listed, deleted; requests: cancelled",
    async ({backend, person}) => {
        const alice = await backend.launch("alice");
        const bob = await backend.launch("bob");
        await alice.add_user();
        await bob.add_user();
        const link = await bob.invite();
        const one = await person(await alice.login_link());
        const take = async (text) => {
            await one.page.getByLabel("Invite", {exact: true}).fill(text);
            await one.page.getByRole("button", {name: "Connect"}).click();
        };
        await one.page.getByRole("button", {name: "Use an invite"}).click();
        await take("hello");
        await one.page.getByText("This is not an invite or an address.").waitFor();
        await take(link.slice(0, -4));
        await one.page.getByRole("alert").getByText(/This (was cut|is not)/)
            .waitFor();
        await take(await alice.door());
        await one.page.getByText("It is your own address.").waitFor();
        await bob.stop();
        await take(link);
        await one.page.getByText("Connecting…").first().waitFor();
        await one.page.getByRole("button", {name: "Cancel"}).click();
        await one.page.getByText("Nobody is here yet.").waitFor();

        const invite = one.page.getByRole("button", {name: "Invite someone"})
            .first();
        await invite.click();
        await one.page.getByLabel("For whom").fill("Carol");
        await one.page.getByRole("button", {name: "Make an invite"}).click();
        await one.page.getByText(/Works once, until/).waitFor();
        await one.page.keyboard.press("Escape");
        await invite.click();
        await one.page.getByRole("listitem").filter({hasText: "Carol"})
            .getByRole("button", {name: "Delete"}).click();
        await one.page.getByRole("listitem").filter({hasText: "Carol"})
            .waitFor({state: "detached"});
        await one.page.keyboard.press("Escape");
        assert.deepEqual((await alice.call("GET",
            await alice.user_path("/invites"))).items, []);
    });

uiTest("a page that comes late does not bring back what is gone",
    async ({backend, person}) => {
        const {alice, toBob} = await pairUp(backend);
        for (let i = 0; i < 80; i++)
            await alice.send(toBob, `line ${i}`);
        const one = await person(await alice.login_link());
        const {page} = one;
        const last = (await alice.history(toBob)).at(-1);
        await one.row(/line 79$/).waitFor();
        const newest = await hold(page, /messages\?limit=50$/, "GET");
        const older = await hold(page, /messages\?.*before=/, "GET");
        await one.open("bob");
        await newest.asked;
        await alice.call("DELETE",
            await alice.user_path(`/messages/${last.id}`));
        await one.row(/line 78$/).waitFor();
        await newest.go();
        await one.message("line 78").waitFor();
        assert.equal(await one.message("line 79").count(), 0);

        await older.asked;
        await alice.call("DELETE",
            await alice.user_path(`/conversations/${toBob}`));
        await one.row(/No messages yet$/).waitFor();
        await page.locator(".message").first().waitFor({state: "detached"});
        await older.go();
        await one.say("bob", "a new beginning");
        await one.message("a new beginning").getByText(/Delivered/).waitFor();
        assert.deepEqual(await one.texts(), ["a new beginning"]);
    });

uiTest("a contact that goes while its conversation is read",
    async ({backend, person}) => {
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        const {page} = one;
        const contact = (await alice.contacts()).find(
            (c) => c.conversation_id === toBob);
        await one.row("bob").waitFor();
        const read = await hold(page,
            new RegExp(`/conversations/${toBob}$`), "GET");
        await bob.send(toAlice, "too late");
        await read.asked;
        await alice.call("DELETE",
            await alice.user_path(`/contacts/${contact.id}`));
        await page.getByText("Nobody is here yet.").waitFor();
        await read.go();
        // What comes later is seen later.
        await bob.knock(await alice.door(), "");
        await page.getByText("1 person asks").waitFor();
        assert.equal(await one.row("bob").count(), 0);
    });

uiTest("an answer that comes after the event of the same request",
    async ({backend, person}) => {
        const [alice, bob] = [await backend.launch("alice"),
            await backend.launch("bob")];
        await alice.add_user();
        await bob.add_user();
        const link = await bob.door();
        const one = await person(await alice.login_link());
        const {page} = one;
        const asked = page.getByText("Asked; they have not answered yet");
        await page.route("**/requests", async (route) => {
            const response = await route.fetch();
            await asked.waitFor();
            await route.fulfill({response});
        });
        await page.getByRole("button", {name: "I have an invite"}).click();
        await page.getByLabel("Invite", {exact: true}).fill(link);
        await page.getByRole("button", {name: "Connect"}).click();
        await page.locator("dialog").waitFor({state: "detached"});
        assert.ok(await asked.isVisible());
    });
