// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A person's day: two people who have never met, and what they do with the
 * page from their first minute to the last, over the private Tor network.
 */
import assert from "node:assert/strict";
import {PASSPHRASE} from "./backend.js";
import {catalogueText} from "./catalogue.js";
import {uiTest} from "./kit.js";

const NEW_PASSPHRASE = "another horse, another battery";
const MIB = 1 << 20;

const button = (one, name) =>
    one.page.getByRole("button", {name, exact: true});
const dialog = (one, name) => one.page.getByRole("dialog", {name});
const item = (one, name) =>
    one.page.getByRole("menuitem", {name, exact: true});

async function closeAll(one) {
    while (await one.page.locator("dialog").count())
        await one.page.keyboard.press("Escape");
}

/** A new user, from the first page on. */
async function create(one, name) {
    await one.page.getByLabel("Name", {exact: true}).fill(name);
    await one.page.getByLabel("Passphrase", {exact: true}).fill(PASSPHRASE);
    await one.page.getByLabel("The same passphrase again").fill(PASSPHRASE);
    await button(one, "Create").click();
    await one.page.getByText("Nobody is here yet.").waitFor();
}

async function arrive({backend, person}, name, link) {
    const daemon = await backend.launch(name);
    const one = await person(await daemon[link]());
    const told = one.page.locator(".tor");
    const isThere = told.getByText("Connected to Tor");
    await told.getByRole("progressbar", {name: /Tor/}).or(isThere).waitFor();
    await create(one, name);
    await isThere.waitFor();
    await daemon.know_user();
    return {daemon, one};
}

/** By the address of the one, a greeting of the other, and a yes. */
async function meet({alice, bob}) {
    await button(alice, "Invite someone").first().click();
    await alice.page.getByRole("tab", {name: "My address"}).click();
    const sheet = alice.page.getByRole("tabpanel", {name: "My address"});
    await sheet.getByText(/^Whoever has it can ask/).waitFor();
    const address = await sheet.getByLabel("Your address").first().inputValue();
    assert.match(address, /^umbel:[a-z2-7]{56}$/);
    await closeAll(alice);

    await button(bob, "I have an invite").click();
    await bob.page.getByLabel("Invite", {exact: true}).fill(`\n ${address} `);
    await bob.page.getByLabel("Who you are").fill("Bob, from the library");
    await bob.page.getByLabel("Your name for them").fill("Alice A.");
    await button(bob, "Connect").click();

    await button(alice, "1 person asks to be a contact").click();
    await dialog(alice, "People who ask").getByText("Bob, from the library")
        .waitFor();
    await button(alice, "Accept").click();
    await alice.page.getByText("Accepted").waitFor();
    await closeAll(alice);
    await alice.open("bob");
    await bob.open("Alice A.");
}

async function invite({alice, carol}) {
    await button(alice, "Invite someone").first().click();
    await alice.page.getByLabel("For whom").fill("Carol");
    await button(alice, "Make an invite").click();
    await alice.page.getByText(/Works once, until/).waitFor();
    const link = await alice.page.getByLabel("Send this to the one you invite")
        .inputValue();
    await closeAll(alice);
    await carol.connect(link);
    await alice.row("carol").waitFor();
}

async function act(one, text, name) {
    await one.message(text).last().hover();
    await one.message(text).last().getByRole("button", {name: "Actions"})
        .click();
    await item(one, name).click();
}

async function talk({alice, bob}) {
    await alice.say("bob", "Hello Bob \u{1F331}");
    await bob.message("Hello Bob \u{1F331}").waitFor();
    await alice.message("Hello Bob \u{1F331}").getByText(/Delivered|Read/)
        .waitFor();
    await bob.box("Alice A.").pressSequentially("two");
    await bob.box("Alice A.").press("Shift+Enter");
    await bob.box("Alice A.").pressSequentially("lines");
    await bob.box("Alice A.").press("Enter");
    await alice.message("two lines").waitFor();
    assert.deepEqual(await alice.texts(), ["Hello Bob \u{1F331}", "two\nlines"]);
    for (const {page} of [alice, bob])
        await page.locator(".presence").getByText("online").waitFor();

    await act(bob, "Hello Bob \u{1F331}", "Reply");
    await bob.say("Alice A.", "and hello to you");
    await alice.message("and hello to you").locator(".quote")
        .getByText("Hello Bob \u{1F331}").waitFor();
    await act(alice, "and hello to you", "\u2764\uFE0F");
    await bob.page.locator(".reactions").getByText("\u2764\uFE0F Alice A.")
        .waitFor();
    await act(bob, "and hello to you", "Edit");
    await bob.say("Alice A.", "and hello to you, Alice");
    await alice.message("and hello to you, Alice").getByText(/Edited/)
        .waitFor();
    await act(bob, "two lines", "Delete\u2026");
    await bob.page.getByLabel(/^For both of us/).check();
    await button(bob, "Delete").click();
    await alice.page.locator(".event").getByText("This message was deleted")
        .waitFor();
}

async function chatMenu(one, ...names) {
    await one.page.locator(".chat > header")
        .getByRole("button", {name: "More"}).click();
    for (const name of names)
        await one.page.getByRole("menu").getByText(name, {exact: true})
            .click();
}

async function keepOrder({alice, bob}) {
    await chatMenu(alice, "Disappearing messages\u2026",
        "1 week after they are read");
    await bob.page.locator(".event").getByText(
        "From here on messages disappear 1 week after they are read").waitFor();
    await chatMenu(alice, "Disappearing messages\u2026", "Off: messages stay");
    await bob.page.locator(".event").getByText("From here on messages stay")
        .waitFor();

    await alice.box("bob").fill("not sent yet");
    await alice.page.reload();
    await alice.open("bob");
    assert.equal(await alice.box("bob").inputValue(), "not sent yet");
    await alice.box("bob").fill("");

    await chatMenu(alice, "Pin");
    await alice.row(/^bob\W+pinned/).waitFor();
    await chatMenu(alice, "Mute\u2026", "Always");
    await alice.row(/^bob\W+pinned, muted/).waitFor();
    await chatMenu(alice, "Unmute");
    await chatMenu(alice, "Archive");
    await alice.page.getByRole("button", {name: "Archived (1)"}).waitFor();
    await chatMenu(alice, "Take out of the archive");
    await chatMenu(alice, "Unpin");
    await alice.row(/^bob\W+online/).waitFor();

    const box = alice.page.getByRole("searchbox", {name: "Search"});
    await box.fill("hello alice");
    const results = alice.page.getByRole("region", {name: "Search results"});
    await results.getByRole("button", {name: /and hello to you, Alice/}).click();
    await alice.page.locator(".found").getByText("and hello to you, Alice")
        .waitFor();
    await box.press("Escape");
    await results.waitFor({state: "hidden"});
}

/** So many bytes, dropped where one writes. */
async function drop(one, name, size) {
    await one.page.evaluate(([name, size]) => {
        const bytes = new Uint8Array(size);
        for (let at = 0; at < size; at += 65536)
            crypto.getRandomValues(bytes.subarray(at, at + 65536));
        const data = new DataTransfer();
        data.items.add(new File([bytes], name));
        for (const type of ["dragenter", "dragover", "drop"])
            document.querySelector(".composer textarea").dispatchEvent(
                new DragEvent(type, {dataTransfer: data, bubbles: true,
                    cancelable: true}));
    }, [name, size]);
}

async function sendFiles({alice, bob, backend}) {
    if (backend.network === "fake")
        await backend.run("alice", "stream_rate", 4 * MIB);
    const told = (one, words) => one.page.locator(".file-state")
        .getByText(words).waitFor();
    await drop(alice, "film.bin", 32 * MIB);
    await button(alice, "Send 1 file").click();
    await button(bob, "Download: film.bin").click();
    await button(bob, "Pause: film.bin").click();
    await told(bob, /Paused at \d+ %/);
    await button(bob, "Resume: film.bin").click();
    await button(bob, "Save: film.bin").waitFor();
    await told(alice, "bob has it");

    const picture = await alice.page.evaluate(() => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").fillRect(0, 0, 200, 100);
        return canvas.toDataURL("image/png").split(",")[1];
    });
    await alice.page.locator("input[type=file]").setInputFiles({
        name: "black.png", mimeType: "image/png",
        buffer: Buffer.from(picture, "base64")});
    await button(alice, "Send 1 file").click();
    await bob.page.locator(".file-picture :is(img, canvas)").waitFor();

    await alice.page.getByRole("log").focus();
    await alice.page.keyboard.press("r");
    await alice.page.locator(".recorder").getByText("0:01").waitFor();
    await alice.page.keyboard.press("Enter");
    const voice = bob.page.locator(".file").nth(2);
    await voice.getByRole("button", {name: /^Download/}).click();
    await voice.getByRole("button", {name: "Play"}).click();
    await voice.getByRole("button", {name: "Pause"}).waitFor();
}

async function openContact(one) {
    await one.page.locator(".chat > header")
        .getByRole("button", {name: "Contact"}).click();
    return dialog(one, "Contact");
}

async function know({alice, bob, carol}) {
    const numbers = [];
    for (const one of [alice, bob]) {
        await openContact(one);
        await button(one, "Compare now\u2026").click();
        const list = one.page.getByRole("list", {name: "Safety number"});
        await list.waitFor();
        numbers.push(await list.locator("[aria-hidden]").allTextContents());
        await button(one, "I compared them and they match").click();
        await dialog(one, "Safety number").getByText(/^You compared it/)
            .waitFor();
        await closeAll(one);
    }
    assert.ok(numbers[0].length > 5);
    assert.deepEqual(numbers[0], numbers[1]);

    const presence = bob.page.locator(".presence");
    await (await openContact(alice)).getByRole("radio", {name: /^Never/})
        .check();
    await presence.getByText("online").waitFor({state: "detached"});
    await alice.page.getByLabel("Whenever you are online").check();
    await presence.getByText("online").waitFor();
    await button(alice, "Block\u2026").click();
    await button(alice, "Block").click();
    await alice.page.locator(".presence").getByText("blocked").waitFor();
    await button(alice, "Unblock").click();
    await button(alice, "Introduce to\u2026").click();
    await dialog(alice, "Introduce to\u2026").getByLabel("carol").check();
    await button(alice, "Introduce").click();
    await alice.page.getByText("Both are asked now.").waitFor();
    await closeAll(alice);
    await button(bob, "1 person asks to be a contact").click();
    await dialog(bob, "People who ask").getByText(/Introduced by/).waitFor();
    await button(bob, "Accept").click();
    await closeAll(bob);
    await carol.accept_all();
    await bob.row("carol").waitFor();
    await alice.say("bob", "still there?");
    await bob.message("still there?").waitFor();
}

async function settings(one, section) {
    await button(one, "Settings").click();
    await dialog(one, "Settings").getByRole("button", {name: section}).click();
    return dialog(one, "Settings");
}

async function arrange({alice, origin}) {
    const {page} = alice;
    const security = await settings(alice, "Security");
    await security.getByLabel("The present one").fill(PASSPHRASE);
    await security.getByLabel("The new one", {exact: true})
        .fill(NEW_PASSPHRASE);
    await security.getByLabel("The new one again").fill(NEW_PASSPHRASE);
    await button(alice, "Change the passphrase").click();
    await security.getByText("It is changed.").waitFor();
    await closeAll(alice);
    await button(alice, "Lock").click();
    await page.getByLabel("Passphrase", {exact: true}).fill(PASSPHRASE);
    await page.keyboard.press("Enter");
    await page.getByText("That is not the passphrase.").waitFor();
    await page.getByLabel("Passphrase", {exact: true}).fill(NEW_PASSPHRASE);
    await page.keyboard.press("Enter");
    await alice.open("bob");

    const fr = JSON.parse(catalogueText("fr"));
    const [appearance, all, english] = ["Appearance", "Settings"].map(
        (text) => fr[text] ?? text);
    await settings(alice, "Appearance");
    await page.getByLabel("Dark", {exact: true}).check();
    await page.waitForFunction(() => matchMedia("(prefers-color-scheme: light)")
        .matches && getComputedStyle(document.body).backgroundColor
        .match(/\d+/g).slice(0, 3).every((n) => n < 60));
    await page.getByLabel("Fran\u00E7ais").check();
    await page.locator("html[lang=fr]").waitFor();
    await page.getByRole("dialog", {name: all}).getByRole("heading",
        {name: appearance}).waitFor();
    await page.getByLabel("English").check();
    await page.locator("html[lang=en]").waitFor();
    await dialog(alice, "Settings").getByRole("heading",
        {name: "Appearance"}).waitFor();
    await page.getByLabel("As the system").check();
    await closeAll(alice);

    const programs = await settings(alice, "Programs");
    await programs.getByLabel("Name").fill("a clock");
    await button(alice, "Let it in").click();
    const secret = await programs.locator("code.secret").textContent();
    const ask = async () => (await fetch(`${origin}/v1/users`, {headers:
        {Authorization: `Bearer ${secret}`}})).status;
    assert.equal(await ask(), 200);
    await programs.getByRole("listitem").filter({hasText: "a clock"})
        .getByRole("button", {name: /Shut out/}).click();
    await dialog(alice, "Shut out this program?")
        .getByRole("button", {name: "Shut out"}).click();
    await programs.getByText("There is none.").waitFor();
    assert.equal(await ask(), 401);
    await closeAll(alice);

    const connection = await settings(alice, "Connection");
    await connection.getByRole("button", {name: "Check now"}).click();
    await connection.getByText(/address(es are| is) published/).waitFor();
    await connection.getByLabel("Bridges, one a line").waitFor();
    await closeAll(alice);

    const data = await settings(alice, "Your data");
    await data.getByText("2 contacts").waitFor();
    // The one of Chromium asks a person.
    await page.evaluate(() => {
        delete window.showSaveFilePicker;
    });
    await data.getByLabel("Passphrase of the backup").fill(NEW_PASSPHRASE);
    await data.getByLabel("The same passphrase again").fill(NEW_PASSPHRASE);
    await button(alice, "Make a backup").click();
    const [saved] = await Promise.all([page.waitForEvent("download"),
        button(alice, "Save the backup").click()]);
    assert.match(saved.suggestedFilename(), /^umbel-.*\.backup$/);
    await closeAll(alice);
}

/** Another life beside the first one, a click away. */
async function secondUser({alice}) {
    const go = async (name) => {
        await button(alice, "Menu").click();
        await item(alice, "Another user").click();
        await alice.page.getByRole("menu", {name: "Users"})
            .getByText(name, {exact: true}).click();
    };
    await go("New user");
    await create(alice, "ally");
    await alice.page.getByRole("heading", {name: "ally"}).waitFor();
    assert.equal(await alice.page.getByText("bob").count(), 0);
    await go("alice");
    await alice.row("carol").waitFor();
    await alice.open("bob");
}

async function tabs({alice, bob, daemons}) {
    const other = await alice.tab(await daemons.alice.login_link());
    await other.open("bob");
    await bob.say("Alice A.", "to both of you");
    for (const tab of [alice, other])
        await tab.message("to both of you").waitFor();
    await other.leave();
    await bob.say("Alice A.", "to the first alone");
    await alice.message("to the first alone").waitFor();
}

/** The daemon ends and begins while the page is open. */
async function restart({alice, bob, daemons, origin}) {
    await daemons.alice.stop();
    await alice.page.getByText(/Umbel does not answer/).first().waitFor();
    await daemons.alice.start(Number(new URL(origin).port));
    await alice.page.getByText(/You were logged out/).waitFor();
    await alice.logIn("alice", NEW_PASSPHRASE);
    await alice.open("bob");
    await alice.say("bob", "here I am again");
    await bob.message("here I am again").waitFor();
}

async function leave({alice, bob}) {
    for (const one of [alice, bob]) {
        await button(one, "Log out").click();
        await one.page.getByLabel("User").waitFor();
        assert.equal(await one.page.evaluate(() => sessionStorage.length), 0);
        assert.doesNotMatch(await one.page.locator("body").innerText(),
            /alice|bob/i);
    }
}

/** Of the second user nothing is left anywhere, once that is wanted. */
async function destroy({alice, daemons}) {
    const {page} = alice;
    await page.goto(await daemons.alice.admin_link());
    await page.getByRole("heading", {name: "Who are you?"}).waitFor();
    await page.getByRole("button", {name: /^ally/}).click();
    await page.getByLabel("Passphrase", {exact: true}).fill(PASSPHRASE);
    await page.keyboard.press("Enter");
    await page.getByText("Nobody is here yet.").waitFor();
    await settings(alice, "Your data");
    await button(alice, "Delete this user\u2026").click();
    await page.getByLabel("Name of this user").fill("ally");
    await dialog(alice, "Delete this user").getByLabel("Your passphrase")
        .fill(PASSPHRASE);
    await button(alice, "Delete for ever").click();
    await alice.row("bob").waitFor();
    assert.deepEqual((await daemons.alice.call("GET", "/v1/users")).items.map(
        (user) => user.name), ["alice"]);
}

uiTest("a person's day", async (kit) => {
    const {backend} = kit;
    const [a, b] = [await arrive(kit, "alice", "admin_link"),
        await arrive(kit, "bob", "login_link")];
    const carol = await backend.launch("carol");
    await carol.add_user();
    const day = {backend, alice: a.one, bob: b.one, carol,
        daemons: {alice: a.daemon, bob: b.daemon}, origin: a.one.origin};
    for (const part of [meet, invite, talk, keepOrder, sendFiles, know,
        arrange, tabs, secondUser,
        restart, leave, destroy]) {
        const begin = Date.now();
        await part(day);
        console.log(`# ${part.name}: ${Date.now() - begin} ms`);
    }
}, "tornet");
