// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A first minute, the ways to a contact, and what can be done with one.
 */
import assert from "node:assert/strict";
import {pairUp, part} from "./backend.js";
import {uiTest} from "./kit.js";

const {strength, suggest} = await part("strength.js");

const NARROW = {viewport: {width: 360, height: 640}};
const MARKUP = ["<img src=x onerror=alert(1)>", "</bdi></div><h1>owned</h1>",
    "\"><svg onload=alert(1)>\u200B"];

const STRANGERS = () => document.querySelectorAll("iframe, script:not([src=" +
    "'main.js']), a, style, video, img:not([src='icon.svg']):not([src^=" +
    "'blob:']), svg:not(.icon), main h1 ~ h1, [onerror], [onload]").length;

/** A camera that sees what window.seen says. */
function fakeCamera() {
    window.seen = "";
    window.tracks = [];
    window.BarcodeDetector = class {
        static async getSupportedFormats() {
            return ["qr_code"];
        }
        async detect() {
            return window.seen ? [{rawValue: window.seen}] : [];
        }
    };
    navigator.mediaDevices.getUserMedia = async () => {
        const canvas = document.createElement("canvas");
        canvas.getContext("2d").fillRect(0, 0, 9, 9);
        const stream = canvas.captureStream();
        window.tracks.push(...stream.getTracks());
        return stream;
    };
}

/** Shows a code to the fake camera; it is off afterwards. */
async function show(page, button, text) {
    await page.evaluate((seen) => {
        window.seen = seen;
    }, text);
    await page.getByRole("button", {name: button}).click();
    await page.getByLabel("What the camera sees").waitFor({state: "detached"});
    assert.ok(await page.evaluate(() => window.tracks.length > 0 &&
        window.tracks.every((t) => t.readyState === "ended")));
}

async function openProfile(one, name) {
    await one.open(name);
    await one.page.getByRole("button", {name: "Contact", exact: true}).click();
    await one.page.getByRole("dialog", {name: "Contact"}).getByRole("heading",
        {name: "What they may know"}).waitFor();
}

/** Where the keyboard is. */
const focused = (page) => page.evaluate(() => {
    const node = document.activeElement;
    return node.closest("dialog")?.ariaLabel ?? node.textContent;
});

const drawn = async (page, picture) => page.waitForFunction((img) =>
    img.complete && img.naturalWidth > 20, await picture.elementHandle());

uiTest("a first minute", async ({backend, person}) => {
    for (const [text, level] of [["password", 0], ["Passw0rd1!", 0],
        ["qwertyuiop12", 0], ["aaaaaaaaaaaa", 0], ["tr0ub4dor&3", 0],
        ["london london london", 0], ["purple window", 1],
        ["lantern orbit cactus velvet", 2],
        ["lantern orbit cactus velvet mirror", 3], ["xK9$mQ2vLpW4z", 3],
        [suggest(), 3]])
        assert.equal(strength(text), level, text);
    const made = new Set(Array.from({length: 50}, suggest));
    assert.equal(made.size, 50);
    for (const text of made)
        assert.match(text, /^([b-z][aeiou][b-z][aeiou]( |$)){5}$/);

    const alice = await backend.launch("alice");
    const one = await person(await alice.login_link(), NARROW);
    const {page} = one;
    let tor = {state: "bootstrapping", clock_skew_seconds: null, bridges: 0,
        onion_services: [],
        bootstrap: {percent: 10, tag: "conn_done", summary: "Jargon",
            warning: null}};
    await page.route("**/v1/tor", (route) => tor ? route.fulfill({json: tor})
        : route.continue());
    // A link that is being used is gone with a page that goes.
    await page.getByLabel("Name").waitFor();
    await page.reload();
    await page.getByText("Looking for a way into the Tor network.").waitFor();
    await page.getByText("Connecting to Tor: 10%").waitFor();
    await page.getByLabel("Name").fill("alice");
    const secret = page.getByLabel("Passphrase", {exact: true});
    const again = page.getByLabel("The same passphrase again");
    const meter = page.getByRole("meter", {name: "Strength"});
    await secret.fill("password123");
    await page.getByText("Easy to guess. Four or five words").waitFor();
    assert.equal(await meter.getAttribute("aria-valuenow"), "1");
    await one.checkAccess("create, easy to guess");
    await page.getByRole("button", {name: "Show", exact: true}).click();
    assert.equal(await secret.getAttribute("type"), "text");
    await page.getByRole("button", {name: "Hide"}).click();
    assert.equal(await again.getAttribute("type"), "password");
    await page.getByRole("button", {name: "Make one for me"}).click();
    await page.getByText("Write it on paper now").waitFor();
    assert.equal(await meter.getAttribute("aria-valuetext"), "Strong");
    assert.equal(await secret.getAttribute("type"), "text");
    assert.equal(await secret.inputValue(), await again.inputValue());
    tor = {...tor, bootstrap: {...tor.bootstrap, percent: 45,
        tag: "loading_descriptors"}};
    await page.getByText("Reading the map of the Tor network. You can invite")
        .waitFor();
    await one.checkAccess("create, while Tor starts");
    await page.getByRole("button", {name: "Create"}).click();
    await page.getByText("Nobody is here yet.").waitFor();
    tor = {...tor, clock_skew_seconds: -7200};
    await page.getByText("The clock of this computer is wrong by 120 minutes")
        .waitFor();
    assert.equal(await page.getByText("Jargon").count(), 0);
    tor = null;
    await page.locator(".tor").getByText("Connected to Tor").waitFor();
    await page.locator(".tor-step").waitFor({state: "hidden"});
});

uiTest("the ways to a contact", async ({backend, person}) => {
    const [alice, bob] = [await backend.launch("alice"),
        await backend.launch("bob")];
    await alice.add_user();
    await bob.add_user();
    const toBob = await bob.door();
    const own = await alice.door();
    const one = await person(await alice.login_link());
    const {page} = one;
    await page.evaluate(fakeCamera);
    const opener = page.getByRole("button", {name: "Invite someone"}).first();
    await opener.click();
    await page.getByLabel("For whom").waitFor();
    await one.checkAccess("invite someone");
    await page.getByLabel("For whom").fill("Carol");
    await page.getByRole("button", {name: "Make an invite"}).click();
    const link = page.getByLabel("Send this to");
    assert.match(await link.inputValue(), /^umbel:invite\//);
    await drawn(page, page.getByRole("img", {name: "The invite as a QR code"}));
    assert.equal(await page.evaluate(() => document.activeElement.textContent),
        "Copy");
    await one.checkAccess("an invite that was made");
    await page.keyboard.press("Escape");
    assert.ok(await opener.evaluate((n) => n === document.activeElement));
    await opener.click();
    await page.locator(".invites li").getByRole("button", {name: "Show"})
        .click();
    await link.waitFor();

    await page.getByRole("tab", {name: "Invite someone"}).focus();
    await page.keyboard.press("ArrowRight");
    const address = page.getByLabel("Your address", {exact: true});
    await address.waitFor();
    assert.equal(await address.inputValue(), own);
    await page.getByText("It is no secret.").waitFor();
    await drawn(page, page.getByRole("img", {name: "Your address as a QR"}));
    await one.checkAccess("the own address");
    const ask = page.getByRole("switch", {name: "People may ask me here"});
    await ask.uncheck();
    await page.getByText("It is switched off").waitFor();
    assert.equal((await alice.call("GET", await alice.user_path("/address")))
        .enabled, false);
    await ask.check();
    await page.getByText("It is no secret.").waitFor();
    await page.getByRole("button", {name: "Get a new address"}).click();
    await one.checkAccess("ask for a new address");
    await page.getByRole("button", {name: "Get a new one"}).click();
    await page.waitForFunction(([node, old]) => node.isConnected
        ? node.value !== old : document.querySelectorAll("dialog").length === 1,
    [await address.elementHandle(), own]);
    await page.getByRole("dialog", {name: "Get a new"})
        .waitFor({state: "detached"});
    assert.notEqual(await address.inputValue(), own);

    await page.getByRole("tab", {name: "I have an invite"}).click();
    const greeting = page.getByLabel("Who you are");
    assert.ok(await greeting.isHidden());
    await show(page, "Scan a code", toBob.toUpperCase());
    await greeting.fill("It is me <b>Alice</b>");
    await one.checkAccess("an address that was scanned");
    await page.getByRole("button", {name: "Connect"}).click();
    await page.getByText("Asked; they have not answered yet").waitFor();

    const two = await person(await bob.login_link(), NARROW);
    await two.page.getByRole("button", {name: "1 person asks"}).click();
    const item = two.page.locator(".asking-list li");
    await item.getByText("It is me <b>Alice</b>").waitFor();
    await two.checkAccess("who asks, narrow");
    await item.getByLabel("Your name for them").fill("Al");
    await item.getByRole("button", {name: "Accept"}).click();
    await item.getByText("Accepted").waitFor();
    await two.page.keyboard.press("Escape");
    await two.row("Al").waitFor();
    await one.row("bob").waitFor();
});

uiTest("who a contact is", async ({backend, person}) => {
    const {alice, bob, toBob, toAlice} = await pairUp(backend);
    const carol = await backend.launch("carol");
    await carol.pair("alice");
    const idOf = async (daemon, conversation) => (await daemon.contacts())
        .find((c) => c.conversation_id === conversation).id;
    const ofBob = async (rest = "") => alice.user_path(
        `/contacts/${await idOf(alice, toBob)}${rest}`);
    const now = async () => alice.call("GET", await ofBob());
    await bob.call("PUT", await bob.user_path("/profile"),
        {display_name: "bob", status_text: "on the <i>hill</i>"});
    const one = await person(await alice.login_link());
    const {page} = one;
    await page.evaluate(fakeCamera);
    await openProfile(one, "bob");
    const dialog = page.getByRole("dialog", {name: "Contact"});
    await dialog.getByText("on the <i>hill</i>").waitFor();
    await dialog.getByText("online · your contact since").waitFor();
    await dialog.getByLabel("Your name for them").fill("Robert");
    await dialog.getByLabel("Note").fill("from the choir");
    await dialog.getByRole("button", {name: "Save"}).click();
    await dialog.getByText("Saved").waitFor();
    await dialog.getByText("They call themselves bob").waitFor();
    await one.row("Robert").waitFor({state: "attached"});
    assert.equal((await now()).note, "from the choir");

    // HOSTILE C-05, C-06
    await carol.call("PUT", await carol.user_path("/profile"),
        {display_name: "R\u043Ebert\u200B", status_text: ""});
    await dialog.getByText("The name looks like that of your contact")
        .waitFor();
    await one.checkAccess("a contact, and another who looks like it");

    // What they may know
    await dialog.getByRole("radio", {name: "Only once you connect"}).check();
    await dialog.getByLabel("That you have read").selectOption("Always");
    await dialog.getByLabel("That you are writing").selectOption("Never");
    await dialog.getByRole("switch", {name: "Hide when you write"}).check();
    const set = {policy: "dial_only", read_receipts: "on", typing: "off",
        cover: true};
    let seen;
    do
        seen = await now();
    while (!Object.entries(set).every(([k, v]) => seen[k] === v));
    await dialog.getByRole("radio", {name: "Whenever you are"}).check();

    // Is it really them?
    await dialog.getByRole("button", {name: "Compare now"}).click();
    const number = page.getByRole("dialog", {name: "Safety number"});
    const theirs = await bob.call("GET", await bob.user_path(
        `/contacts/${await idOf(bob, toAlice)}/safety-number`));
    await number.getByRole("list", {name: "Safety number"}).waitFor();
    assert.deepEqual(await number.locator(".digits [aria-hidden]")
        .allTextContents(), theirs.digits.split(" "));
    assert.equal(await number.locator(".digits .hidden").first().textContent(),
        [...theirs.digits.slice(0, 5)].join(" "));
    await drawn(page, number.getByRole("img", {name: "safety number as a QR"}));
    await one.checkAccess("a safety number");
    await show(page, "Scan their code", "https://example.com/");
    await number.getByText("That is not the code of a safety").waitFor();
    await number.getByRole("button", {name: "I compared them"}).click();
    await number.getByText("You compared it on").waitFor();
    assert.equal((await now()).verified, true);
    await dialog.getByText("Yes: you compared the safety numbers on")
        .waitFor();
    await one.checkAccess("a safety number that was compared");
    let tries = 0;
    await page.route("**/verification", (route) => {
        tries++;
        return route.abort();
    });
    await show(page, "Scan their code", `${theirs.link}x`);
    await number.getByText("somebody may sit between you").waitFor();
    await number.getByText("Umbel does not answer").waitFor();
    // Whoever asks again has done so by the time of an answer.
    await page.evaluate(() => fetch("icon.svg").then((r) => r.text()));
    assert.equal(tries, 1);
    await page.unroute("**/verification");
    await number.getByRole("button", {name: "Compare again"}).click();
    await show(page, "Scan their code", `${theirs.link}x`);
    await number.getByText("somebody may sit between you").waitFor();
    await one.checkAccess("safety numbers that differ");
    while ((await now()).verified);
    await number.getByRole("button", {name: "Compare again"}).click();
    await show(page, "Scan their code", theirs.link.toUpperCase());
    await number.getByText("You compared it on").waitFor();
    await number.getByRole("button", {name: "Take that back"}).click();
    await number.getByRole("button", {name: "I compared them"}).waitFor();
    assert.equal((await now()).verified, false);
    await number.getByRole("button", {name: "I compared them"}).click();
    await dialog.getByText("Yes: you compared the safety numbers on")
        .waitFor();
    await page.keyboard.press("Escape");
    await page.waitForFunction(() =>
        document.activeElement.closest("dialog")?.ariaLabel === "Contact");

    // Two meet
    const place = await carol.last_event();
    await dialog.getByRole("button", {name: "Introduce to"}).click();
    const to = page.getByRole("dialog", {name: "Introduce to"});
    await to.getByRole("button", {name: "Introduce"}).click();
    await to.getByText("Choose somebody first.").waitFor();
    await to.getByRole("radio").check();
    await one.checkAccess("introduce");
    await to.getByRole("button", {name: "Introduce"}).click();
    await to.getByText("Both are asked now.").waitFor();
    await page.keyboard.press("Escape");
    const [{data: asked}] = await carol.events(place, "request.received");
    assert.equal(asked.name, "bob");
    assert.equal(asked.origin, "introduction");

    // Blocked, and gone
    await dialog.getByRole("button", {name: "Block…"}).click();
    const question = page.getByRole("dialog", {name: "Block this contact?"});
    await question.getByText("they are not told").waitFor();
    await one.checkAccess("block");
    await page.keyboard.press("Escape");
    assert.equal((await now()).blocked, false);
    await dialog.getByRole("button", {name: "Block…"}).click();
    await question.getByRole("button", {name: "Block", exact: true}).click();
    await dialog.getByText("blocked · your contact").waitFor();
    assert.equal((await now()).blocked, true);
    await dialog.getByRole("button", {name: "Unblock"}).click();
    await dialog.getByRole("button", {name: "Block…"}).waitFor();

    const contacts = /\/contacts\?/;
    await page.route(contacts, async (route) => {
        const response = await route.fetch();
        const json = await response.json();
        for (const contact of json.items)
            Object.assign(contact, {alarm: true, state: "detached"});
        await route.fulfill({response, json});
    }, {times: 1});
    await page.reload();
    await openProfile(one, "Robert");
    await dialog.getByText("Somebody else may use the keys").waitFor();
    await dialog.getByText("comes from a backup").waitFor();
    await one.checkAccess("a contact in alarm");
    await dialog.getByRole("button", {name: "Link anew…"}).first().click();
    await page.getByRole("dialog", {name: "Link this contact anew"})
        .getByRole("button", {name: "Make an invite"}).click();
    await page.getByLabel("Send this to").waitFor();
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", {name: "I have checked"}).click();
    await dialog.getByText("Somebody else may use the keys")
        .waitFor({state: "detached"});
    await page.waitForFunction(() => document.activeElement.closest("section"));
    await dialog.getByRole("button", {name: "Remove contact"}).click();
    await page.getByRole("button", {name: "Remove", exact: true}).click();
    await page.locator("dialog").first().waitFor({state: "detached"});
    await one.row("Robert").waitFor({state: "detached"});
    assert.equal((await alice.contacts()).length, 1);
    assert.match(await focused(page), /R\u043Ebert/);
});

// HOSTILE C-01, C-03, C-04, W-01
uiTest("names that are no names", async ({backend, person}) => {
    const {alice, bob} = await pairUp(backend);
    const carol = await backend.launch("carol");
    await carol.pair("alice");
    const one = await person(await alice.login_link(), NARROW);
    const {page} = one;
    for (const text of MARKUP) {
        for (const daemon of [bob, carol])
            await daemon.call("PUT", await daemon.user_path("/profile"),
                {display_name: text, status_text: text});
        await page.getByRole("button", {name: text}).nth(1).waitFor();
        await page.getByRole("button", {name: text}).first().click();
        await page.getByRole("button", {name: "Contact", exact: true}).click();
        await page.getByText("looks like that of your contact").waitFor();
        const check = async () => assert.equal(
            await page.evaluate(STRANGERS), 0);
        assert.equal(await page.locator(".profile-head .who").textContent(),
            text);
        await check();
        await page.getByRole("button", {name: "Introduce to"}).click();
        await page.getByRole("radio", {name: text}).waitFor();
        await check();
        await page.keyboard.press("Escape");
        for (const what of ["Block…", "Remove contact…"]) {
            await page.getByRole("button", {name: what}).click();
            await page.getByText(`\u2068${text}\u2069`).waitFor();
            await check();
            await page.keyboard.press("Escape");
        }
        await page.getByRole("button", {name: "Compare now"}).click();
        await page.locator(".digits").waitFor();
        await check();
        const over = await page.evaluate(() => [...document.querySelectorAll(
            "dialog *")].filter((n) => !n.closest(".hidden") &&
            n.getBoundingClientRect().right > innerWidth + 1)
            .map((n) => n.outerHTML.slice(0, 80)));
        assert.deepEqual(over, []);
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
        await page.getByRole("button", {name: "Back to the list"}).click();
    }
});
