// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What others wrote stays text, in every place where it is shown.
 */
import assert from "node:assert/strict";
import {PASSPHRASE, pairUp, part} from "./backend.js";
import {uiTest} from "./kit.js";

const {name, visible} = await part("text.js");

const MARKUP = [
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<script>alert(1)</script>",
    "\"><iframe src=javascript:alert(1)>",
    "'><a href=javascript:alert(1)>x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<style>*{display:none}</style>",
    "{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "%s%n%x%00",
    "'; DROP TABLE messages; --",
    "$(touch /tmp/owned) `id` | sh &",
    "&lt;b&gt;&#60;b&#62;\\u003cb\\u003e",
    "</bdi></div></main><h1>owned</h1>",
];
const LYING = [
    "tab\tand\nline\r\nand\rreturn",
    "esc \u001b[31m bel \u0007 del \u007f c1 \u0085\u009b31m",
    "\u202Egnp.exe\u202C photo",
    "left open \u2066\u202B\u202E",
    "marks \u200E\u200F\u061C",
    "\u0645\u0631\u062D\u0628\u0627 \u202D\u202D",
    "zero\u200Bwidth\u200D\u2060 Zalgo Z\u0351\u036B\u0343",
    "http://example.com/?a=<b> file:///etc/passwd",
];
/** So many may be open. */
const INVITES_MAX = 16;
const TEXTS = [...MARKUP, ...LYING];

/** Elements that the page itself never makes, or only with these values. */
const strangers = () => [...document.querySelectorAll(
    "iframe, object, embed, script:not([src='main.js']), style, template, " +
    "a:not(dialog a[href^='http'][target=_blank][rel='noreferrer noopener'])," +
    "link:not([rel='icon']):not([rel='stylesheet']):not([rel='modulepreload'])," +
    "img:not([src='icon.svg']):not([src^='blob:']), svg:not(.icon), " +
    "audio:not([src^='blob:']), video, base, form[action], meta[http-equiv], " +
    "[onerror], [onload], [onclick], [srcdoc], [style*=':']" +
    ":not(textarea, .menu, .file-picture)")].map((n) => n.outerHTML);

// HOSTILE C-01, C-03, C-04, C-08, W-01
uiTest("as a message, live, in the list and in the history",
    async ({backend, person}) => {
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        await one.open("bob");
        const before = await one.page.evaluate(
            () => document.querySelector("header").outerHTML);
        for (const text of TEXTS) {
            const place = await alice.last_event();
            await bob.send(toAlice, text);
            await alice.wait_text(place, text);
            await one.page.waitForFunction((wanted) => [
                ...document.querySelectorAll(".message.in .text")].at(-1)
                ?.textContent === wanted, visible(text));
            await one.page.waitForFunction((wanted) => document.querySelector(
                ".conversations .preview").textContent === wanted,
            name(visible(text)));
        }
        await one.say("bob", MARKUP[0]);
        await one.page.locator(".out .meta").getByText(/Delivered/).waitFor();
        const check = async () => {
            assert.deepEqual(await one.texts(),
                [...TEXTS, MARKUP[0]].map(visible));
            assert.deepEqual(await one.page.locator(".text").evaluateAll(
                (nodes) => nodes.filter((n) => n.tagName !== "BDI" ||
                    n.querySelector(":scope > :not(button.url)") ||
                    getComputedStyle(n).whiteSpace !== "pre-wrap").length), 0);
            assert.deepEqual(await one.page.evaluate(strangers), []);
        };
        await check();
        assert.equal(await one.page.evaluate(
            () => document.querySelector("header").outerHTML), before);
        await one.page.reload();
        await one.open("bob");
        await one.message(MARKUP[0]).last().waitFor();
        await check();
    });

uiTest("as a label", async ({backend, person}) => {
    const names = [...LYING, ...MARKUP].filter(
        (text) => Buffer.byteLength(text) <= 64);
    const alice = await backend.launch("alice");
    await alice.add_user();
    const one = await person(await alice.login_link());
    await one.page.getByText("Nobody is here yet.").waitFor();
    const taken = [];
    for (const text of names) {
        if (taken.length === INVITES_MAX)
            break;
        const isTaken = await alice.try_label(text);
        if (isTaken)
            taken.push(name(text));
        await one.page.getByRole("button", {name: "Invite someone"})
            .first().click();
        await one.page.getByLabel("For whom").fill(text);
        await one.page.getByRole("button", {name: "Make an invite"}).click();
        await one.page.getByText(isTaken ? /Works once/ : /one line of plain/)
            .waitFor();
        await one.page.keyboard.press("Escape");
    }
    await one.page.getByRole("button", {name: "Invite someone"})
        .first().click();
    await one.page.locator(".invites li").nth(taken.length - 1).waitFor();
    assert.deepEqual((await one.page.locator(".invites .who")
        .allTextContents()).sort(), taken.sort());
    assert.deepEqual(await one.page.evaluate(strangers), []);
});

uiTest("as the name of a person", async ({backend, person}) => {
    const mallory = "<img src=x onerror=alert(1)>";
    const alias = "\"><script>alert(1)</script>";
    const [alice, bob] = [await backend.launch("alice"),
        await backend.launch("bob")];
    await alice.add_user();
    const two = await person(await bob.login_link());
    await two.page.getByLabel("Name").fill(mallory);
    await two.page.getByLabel("Passphrase", {exact: true}).fill(PASSPHRASE);
    await two.page.getByLabel("The same passphrase again").fill(PASSPHRASE);
    await two.page.getByRole("button", {name: "Create"}).click();
    await two.page.getByRole("heading", {name: mallory}).waitFor();
    await two.page.getByRole("button", {name: "I have an invite"}).click();
    await two.page.getByLabel("Invite", {exact: true}).fill(await alice.invite());
    await two.page.getByLabel("Your name for them").fill(alias);
    await two.page.getByRole("button", {name: "Connect"}).click();
    const one = await person(await alice.login_link());
    await one.open(mallory);
    await two.open(alias);
    await one.say(mallory, "hello");
    await two.message("hello").waitFor();
    await two.page.getByRole("status").getByText(`${alias}: hello`).waitFor();
    for (const {page} of [one, two])
        assert.deepEqual(await page.evaluate(strangers), []);
});

// HOSTILE C-01, C-03, C-04
uiTest("as what is answered, edited or put to a message",
    async ({backend, person}) => {
        const {alice, bob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        await one.open("bob");
        const path = (rest) => bob.user_path(`/messages/${rest}`);
        // What the own daemon lets through as one.
        const short = MARKUP.filter((t) => Buffer.byteLength(t) <= 32 &&
            !/[/\\]/.test(t));
        let answered = await bob.send(toAlice, "plain");
        for (const text of TEXTS) {
            const sent = await bob.answer(toAlice, text, answered.id);
            await bob.call("PATCH", await path(sent.id),
                {text: `${text} edited`});
            answered = sent;
        }
        const shown = TEXTS.map((text) => visible(`${text} edited`));
        await one.page.waitForFunction((wanted) => JSON.stringify([
            ...document.querySelectorAll(".message.in .text")].slice(1).map(
            (n) => n.textContent)) === wanted, JSON.stringify(shown));
        await one.page.waitForFunction((wanted) => JSON.stringify([
            ...document.querySelectorAll(".message.in .quote bdi")].map(
            (n) => n.textContent)) === wanted, JSON.stringify(
            ["plain", ...shown.slice(0, -1).map(
                (text) => name(text.slice(0, 160)))].filter(Boolean)));
        for (const text of short) {
            await bob.call("PUT", await path(
                `${answered.id}/reactions/${encodeURIComponent(text)}`));
            await one.page.waitForFunction((wanted) => document.querySelector(
                ".reactions bdi")?.textContent === wanted, name(text));
        }
        assert.ok(short.length > 3);
        assert.deepEqual(await one.page.evaluate(strangers), []);
    });

// HOSTILE C-01, C-03, C-04, P-05
uiTest("as who asks to be a contact, and how", async ({backend, person}) => {
    const mallory = "<b>bob</b>";
    const [alice, bob] = [await backend.launch("alice"),
        await backend.launch("bob")];
    await alice.add_user();
    await bob.add_user();
    const door = await alice.door();
    const one = await person(await alice.login_link());
    await one.page.getByText("Nobody is here yet.").waitFor();
    await bob.call("PUT", await bob.user_path("/profile"),
        {display_name: mallory, status_text: ""});
    for (const text of TEXTS) {
        const asked = await bob.knock(door, text);
        await one.page.getByRole("button", {name: "1 person asks"}).click();
        const item = one.page.locator(".asking-list li");
        assert.equal(await item.locator(".who").textContent(), mallory);
        assert.equal(await item.locator(".greeting").textContent(),
            visible(text));
        await item.getByText("A new person, whatever the name says.").waitFor();
        assert.deepEqual(await one.page.evaluate(strangers), []);
        await item.getByRole("button", {name: "Reject"}).click();
        await item.getByText("Rejected").waitFor();
        await one.page.keyboard.press("Escape");
        await bob.call("DELETE", await bob.user_path(`/requests/${asked.id}`));
    }
});

/** Notifications that say what they were told, instead of the system. */
const stubNotifications = () => {
    window.told = [];
    window.Notification = class {
        static permission = "granted";

        constructor(title, {body}) {
            window.told.push([title, body]);
        }

        close() {}
    };
};

// HOSTILE C-01, C-03, C-04, C-08, W-01
uiTest("in every other view: search, details, profile, notification, draft",
    async ({backend, person}) => {
        const mallory = "<img src=x onerror=alert(1)>";
        const status = "\"><svg onload=alert(2)> \u202Egnp.exe";
        const alias = "\"><script>alert(3)</script>";
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        await bob.call("PUT", await bob.user_path("/profile"),
            {display_name: mallory, status_text: status.slice(0, 24)});
        const [{id}] = await alice.contacts();
        await alice.call("PATCH", await alice.user_path(`/contacts/${id}`),
            {note: MARKUP.join("\n").slice(0, 400)});
        await alice.call("PUT", await alice.user_path("/preferences"),
            {notify: true, notifyContent: true});
        const carol = await backend.launch("carol");
        await carol.pair("alice");
        const one = await person(await alice.admin_link());
        const {page} = one;
        const clean = async (view) => {
            assert.deepEqual(await page.evaluate(strangers), [], view);
            assert.deepEqual(one.faults, [], view);
        };
        await page.evaluate(stubNotifications);

        // beside the page, and in the list
        await one.row("carol").click();
        for (const text of TEXTS) {
            const place = await alice.last_event();
            await bob.send(toAlice, text);
            await alice.wait_text(place, text);
        }
        await page.waitForFunction((wanted) => window.told.at(-1)?.[1] ===
            wanted, name(visible(TEXTS.at(-1))));
        const told = await page.evaluate(() => window.told);
        assert.deepEqual([...new Set(told.map(([title]) => title))], [mallory]);
        for (const text of ["alert", "onload", "javascript", "gnp", "example"])
            await search(one, text, clean);

        // a draft of another page
        for (const text of [MARKUP[0], LYING[3]]) {
            await alice.call("PATCH", await alice.user_path(
                `/conversations/${toBob}`), {draft: text});
            await one.row(name(visible(text))).waitFor();
            await clean("draft");
        }

        // who it is
        await one.row(mallory).click();
        await page.getByRole("button", {name: "Contact"}).click();
        const profile = page.getByRole("dialog", {name: "Contact"});
        await profile.getByText(name(visible(status.slice(0, 24)))).waitFor();
        await clean("profile");
        await profile.getByLabel("Your name for them").fill("\u202Ebob");
        await profile.getByRole("button", {name: "Save"}).click();
        await profile.getByText(/one line of plain text/).waitFor();
        await profile.getByLabel("Your name for them").fill(alias);
        await profile.getByRole("button", {name: "Save"}).click();
        await profile.getByRole("heading", {name: name(alias)}).waitFor();
        for (const open of ["Compare now\u2026", "Introduce to\u2026",
            "Block\u2026", "Remove contact\u2026"]) {
            await profile.getByRole("button", {name: open}).click();
            const other = page.locator("dialog").nth(1);
            await other.getByText(name(alias)).first().waitFor();
            await clean(open);
            await page.keyboard.press("Escape");
            await other.waitFor({state: "detached"});
        }
        await page.keyboard.press("Escape");

        // what is done with a message
        await one.message(visible(LYING[4])).last().hover();
        await one.message(visible(LYING[4])).last()
            .getByRole("button", {name: "Actions"}).click();
        await page.getByRole("menuitem", {name: "Details"}).click();
        await page.getByRole("dialog", {name: "Message"}).getByText(name(alias))
            .waitFor();
        await clean("details");
        await page.keyboard.press("Escape");
    });

/** Looks for that, and goes to each that was found. */
async function search(one, text, clean) {
    const box = one.page.getByRole("searchbox", {name: "Search"});
    await box.fill(text);
    const results = one.page.getByRole("region", {name: "Search results"});
    await results.getByRole("button").first().waitFor();
    await clean(`search for ${text}`);
    await box.press("Escape");
    await results.waitFor({state: "hidden"});
}

// HOSTILE C-01, C-04
uiTest("as the name of a program or user, and in what went wrong",
    async ({backend, person}) => {
        const alice = await backend.launch("alice");
        await alice.add_user();
        const one = await person(await alice.admin_link());
        const {page} = one;
        const names = MARKUP.filter((text) => Buffer.byteLength(text) <= 64);
        await page.getByText("Nobody is here yet.").waitFor();
        await page.getByRole("button", {name: "Settings"}).click();
        await page.getByRole("button", {name: "Programs"}).click();
        const programs = page.getByRole("list", {name: "Programs"});
        for (const text of names) {
            await page.getByLabel("Name", {exact: true}).fill(text);
            await page.getByRole("button", {name: "Let it in"}).click();
            await programs.getByText(text, {exact: true}).waitFor();
        }
        assert.deepEqual((await programs.locator(".who").allTextContents())
            .sort(), names.sort());
        assert.deepEqual(await page.evaluate(strangers), []);

        // The daemon is no stranger; what if it was made to say such things?
        const bad = MARKUP.join(" ");
        await page.route("**/v1/tokens", (route) => route.fulfill({status: 422,
            contentType: "application/problem+json", body: JSON.stringify({
                type: bad, title: bad, detail: bad, code: MARKUP[0],
                status: 422, errors: [{pointer: bad, code: bad, detail: bad}]}),
        }));
        await page.getByLabel("Name", {exact: true}).fill("x");
        await page.getByRole("button", {name: "Let it in"}).click();
        await page.getByRole("alert").getByText(/./).first().waitFor();
        assert.deepEqual(await page.evaluate(strangers), []);
        await page.keyboard.press("Escape");

        const other = await alice.another_user(MARKUP[1]);
        assert.ok(other !== undefined);
        await page.getByRole("button", {name: "Menu"}).click();
        await page.getByRole("menuitem", {name: "Another user"}).click();
        await page.getByRole("menu", {name: "Users"}).getByText(MARKUP[1])
            .click();
        await page.getByRole("heading", {name: MARKUP[1]}).waitFor();
        assert.deepEqual(await page.evaluate(strangers), []);
        assert.deepEqual(one.faults, []);
    });

// HOSTILE C-10
uiTest("letters of a thousand marks, words and lines without end",
    async ({backend, person}) => {
        const {bob, toAlice, alice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        const {page} = one;
        await one.open("bob");
        const texts = [`Z${"\u0351\u036B\u0343".repeat(1300)}`,
            "W".repeat(8192), "\n".repeat(8000) + "end",
            "\u{1F468}\u200D".repeat(1000) + "\u{1F468}",
            "\uFDFA".repeat(2700), "\u202E\u2066".repeat(1300) + "x"];
        for (const text of texts) {
            const place = await alice.last_event();
            await bob.send(toAlice, text);
            await alice.wait_text(place, text);
        }
        await page.locator(".message").nth(texts.length - 1).waitFor();
        const shape = () => page.evaluate(() => ({
            wide: document.documentElement.scrollWidth - innerWidth,
            tall: document.documentElement.scrollHeight - innerHeight,
            log: document.querySelector(".log").scrollWidth -
                document.querySelector(".log").clientWidth,
            bubbles: [...document.querySelectorAll(".bubble")].map(
                (n) => Math.round(n.getBoundingClientRect().height)),
        }));
        for (const width of [1100, 360]) {
            await page.setViewportSize({width, height: 750});
            const {wide, tall, log, bubbles} = await shape();
            assert.ok(wide <= 0 && tall <= 1 && log <= 0,
                `${width}: ${wide} ${tall} ${log}`);
            // Of what is long, the beginning.
            assert.ok(Math.max(...bubbles) < 2500, `${width}: ${bubbles}`);
        }
        assert.deepEqual(await page.evaluate(strangers), []);
    });
