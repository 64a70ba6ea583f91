// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The list of conversations, what is found in them, and several tabs.
 */
import assert from "node:assert/strict";
import {PASSPHRASE, pairUp} from "./backend.js";
import {uiTest} from "./kit.js";

const TABS = 8;
const MANY = 1000;
/** So long nothing may stand still; it is 100 ms on two cores. */
const SLOW_MS = 1000;

/** The menu of a row, and one of its entries. */
async function choose(one, row, ...labels) {
    await row.focus();
    await one.page.keyboard.press("Shift+F10");
    for (const label of labels)
        await one.page.getByRole("menuitem", {name: label, exact: true})
            .press("Enter");
}

uiTest("pinned, muted, archived, with a draft", async ({backend, person}) => {
    const {alice, bob, toBob, toAlice} = await pairUp(backend);
    const carol = await backend.launch("carol");
    const [toAliceToo, toCarol] = await carol.pair("alice");
    const one = await person(await alice.login_link());
    const {page} = one;
    const names = () => page.locator(".conversations li:visible .title")
        .allTextContents();
    const order = (wanted) => page.waitForFunction((texts) =>
        [...document.querySelectorAll(".conversations li .title")]
            .filter((n) => n.checkVisibility())
            .map((n) => n.textContent).join() === texts, wanted.join());
    await bob.send(toAlice, "older");
    await one.row(/bob.*older/).waitFor();
    await carol.send(toAliceToo, "newer");
    await order(["carol", "bob"]);

    // by keys: the focus comes back to the row
    await choose(one, one.row(/^bob/), "Pin");
    await order(["bob", "carol"]);
    const pinned = one.row(/^bob\W+pinned,/);
    await pinned.waitFor();
    assert.ok(await pinned.evaluate((n) => n === document.activeElement));
    await page.keyboard.press("ArrowDown");
    assert.ok(await one.row(/^carol/).evaluate(
        (n) => n === document.activeElement));

    // by the mouse: muted, and so not counted in the title
    await page.waitForFunction(() => document.title === "(2) Umbel");
    await one.row(/^carol/).click({button: "right"});
    await one.checkAccess("menu of a row");
    await page.getByRole("menuitem", {name: "Mute…"}).click();
    await page.getByRole("menuitem", {name: "For 8 hours"}).click();
    await one.row(/^carol\W+muted,/).waitFor();
    await page.waitForFunction(() => document.title === "(1) Umbel");
    const {muted_until: until} = await alice.call("GET",
        await alice.user_path(`/conversations/${toCarol}`));
    const hours = (Date.parse(until) - Date.now()) / 3600e3;
    assert.ok(hours > 7.9 && hours <= 8, until);
    await choose(one, one.row(/^carol/), "Mark as read");
    await one.row(/^carol\W+muted,.*newer$/).waitFor();

    // archived: below a fold, where a message leaves it
    await choose(one, one.row(/^carol/), "Archive");
    const fold = page.getByRole("button", {name: /^Archived/});
    await fold.getByText("Archived (1)").waitFor();
    await order(["bob"]);
    assert.ok(await pinned.evaluate((n) => n === document.activeElement));
    await carol.send(toAliceToo, "still there");
    await page.getByRole("button", {name: "Archived (1, unread: 1)"})
        .press("Enter");
    await one.row(/^carol.*still there/).waitFor();
    assert.deepEqual(await names(), ["bob", "carol"]);
    await one.checkAccess("archive");
    await choose(one, one.row(/^carol/), "Unmute");
    await page.waitForFunction(() => document.title === "(2) Umbel");
    await choose(one, one.row(/^carol/), "Unarchive");
    await fold.waitFor({state: "hidden"});

    // of elsewhere: a draft, and no pin
    await alice.call("PATCH", await alice.user_path(
        `/conversations/${toBob}`), {pinned: false, draft: "not\nyet"});
    await one.row(/Draft: not yet/).waitFor();
    await order(["carol", "bob"]);
    // what cannot be done is told
    await page.route(new RegExp(`/conversations/${toCarol}$`), (route) =>
        route.abort(), {times: 1});
    await choose(one, one.row(/^carol/), "Pin");
    await page.locator(".toast").getByText("Umbel does not answer").waitFor();
    await page.keyboard.press("Alt+Shift+ArrowDown");
    await one.box("carol").waitFor();
});

// Not by a thousand daemons: the API's answers are multiplied.
uiTest("a thousand conversations", async ({backend, person}) => {
    const {alice, bob, toAlice} = await pairUp(backend);
    const link = new URL(await alice.login_link());
    const one = await person(link.origin + link.pathname);
    const {page} = one;
    await bob.wait_delivered(await bob.send(toAlice, "one of many"));
    const idOf = (id, i) => id.slice(0, 4) + String(i).padStart(26, "0");
    const many = (change) => async (route) => {
        const response = await route.fetch();
        const {items} = await response.json();
        for (let i = 0; i < MANY; i++)
            items.push({...items[0], ...change(items[0], i)});
        await route.fulfill({response, json: {items, next_cursor: null}});
    };
    await page.route(/\/contacts\?limit/, many((c, i) => ({
        id: idOf(c.id, i), conversation_id: idOf(c.conversation_id, i)})));
    await page.route(/\/conversations\?limit/, many((c, i) => ({
        id: idOf(c.id, i), contact_id: idOf(c.contact_id, i),
        title: `person ${i}`, archived: i % 10 === 0, last_message: {
            ...c.last_message, id: idOf(c.last_message.id, i),
            received_at: new Date(Date.now() - i * 36e5).toISOString()}})));
    await page.evaluate(() => {
        window.slow = [];
        new PerformanceObserver((list) => window.slow.push(
            ...list.getEntries().map((e) => e.duration)))
            .observe({type: "longtask"});
    });
    await one.logIn("alice", PASSPHRASE);
    await one.row(/^person 999\W/).waitFor();
    await page.getByText(`Archived (${MANY / 10}, unread: ${MANY / 10})`)
        .waitFor();
    await bob.send(toAlice, "on top");
    await one.row(/^bob.*on top/).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("person 77");
    await page.getByRole("button", {name: /^person 777\W/}).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("Alt+ArrowDown");
    const slow = await page.evaluate(() => window.slow);
    assert.ok(slow.every((ms) => ms < SLOW_MS), `${slow} ms`);
});

uiTest("search over everything, and the keys", async ({backend, person}) => {
    const {alice, bob, toBob, toAlice} = await pairUp(backend);
    const said = [];
    for (let i = 0; i < 130; i++)
        said.push(await alice.send(toBob,
            i === 3 ? `${"far ".repeat(80)} the Señor’s café, at last`
                : `line ${i}`));
    const cafe = await bob.send(toAlice, "<mark>no</mark> CAFE here");
    const contact = await alice.contact("bob");
    await alice.call("PATCH", await alice.user_path(
        `/contacts/${contact.id}`), {alias: "Bøb Éclair"});
    const one = await person(await alice.login_link());
    const {page} = one;
    const results = page.getByRole("region", {name: "Search results"});
    const hits = results.getByRole("button");
    const box = page.getByRole("searchbox", {name: "Search"});
    await one.row(/Éclair.*CAFE here/).waitFor();
    await page.keyboard.press("Control+k");
    await page.keyboard.type("eclair");
    await results.getByRole("button", {name: /^Bøb Éclair/}).waitFor();
    await one.row(/Éclair/).waitFor({state: "hidden"});
    await box.fill("cafe");
    await results.getByText("the Señor’s café, at last").waitFor();
    await page.getByRole("status").getByText("2 results").waitFor();
    assert.deepEqual(await results.locator("mark").allTextContents(),
        ["CAFE", "café"]);
    assert.ok(!(await results.innerText()).includes("far far far far far far " +
        "far far far far far far far far"));
    await one.checkAccess("search results");
    // by keys, to its place in the past
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    assert.ok(await hits.nth(1).evaluate((n) => n === document.activeElement));
    await page.keyboard.press("Enter");
    await one.message(said[3].text).waitFor();
    const seen = await one.message(said[3].text).evaluate((n) => {
        const {top, bottom} = n.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
    });
    assert.ok(seen);
    assert.ok(await results.isVisible());
    // what is edited or deleted is not found as it was
    await bob.call("DELETE", await bob.user_path(
        `/messages/${cafe.id}?for=everyone`));
    await results.getByText("CAFE here").waitFor({state: "detached"});

    // by pages
    await box.fill("line");
    const more = results.getByRole("button", {name: "Show more"});
    await more.waitFor();
    const count = await hits.count();
    await more.press("Enter");
    await page.waitForFunction((n) => document.querySelectorAll(
        ".results .row").length > n, count);
    assert.ok(await hits.nth(count - 1).evaluate(
        (n) => n === document.activeElement));
    await box.fill("nowhere to be found");
    await results.getByText("Nothing found").waitFor();
    await box.fill("line"); // and what is no word at all
    await more.waitFor();
    await box.fill("?!");
    await results.getByText("Nothing found").waitFor();
    await page.route(/\/search\?/, (route) => route.abort(), {times: 1});
    await box.fill("out");
    await results.getByText("Umbel does not answer.").waitFor();
    // what was not looked through yet is told, and looked on
    await page.route(/\/search\?/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({response, json: {items: [], is_partial: true,
            next_cursor: (await response.json()).next_cursor}});
    }, {times: 1});
    await box.fill("line 1");
    await page.waitForFunction(() => document.querySelectorAll(
        ".results .row").length > 0);
    await page.keyboard.press("Escape");
    await results.waitFor({state: "hidden"});
    assert.equal(await box.inputValue(), "");
    assert.ok(await one.box("Bøb Éclair").evaluate(
        (n) => n === document.activeElement));

    await page.keyboard.press("Control+/");
    const dialog = page.getByRole("dialog", {name: "Keyboard shortcuts"});
    await dialog.getByText("Next conversation").waitFor();
    await one.checkAccess("keys");
    await page.keyboard.press("Escape");
    await dialog.waitFor({state: "detached"});
    await page.getByRole("button", {name: "Menu"}).click();
    await page.getByRole("menuitem", {name: "Keyboard shortcuts"}).click();
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await page.setViewportSize({width: 360, height: 640});
    await one.box("Bøb Éclair").press("Escape");
    await one.row(/Éclair/).waitFor();
    await page.keyboard.press("Control+k");
    await box.fill("line");
    await more.waitFor();
    await one.checkAccess("search, narrow");
});

uiTest("eight tabs share one stream", async ({backend, person}) => {
    const {alice, bob, toBob, toAlice} = await pairUp(backend);
    const streams = [];
    const count = (one) => one.page.on("request", (r) => {
        if (r.url().endsWith("/events"))
            streams.push(one);
    });
    const first = await person(await alice.login_link());
    count(first);
    await first.open("bob");
    const tabs = [first];
    while (tabs.length < TABS) {
        const tab = await first.tab(await alice.login_link());
        count(tab);
        await tab.open("bob");
        tabs.push(tab);
    }
    const {id} = (await alice.call("GET", "/v1/users")).items[0];
    const ear = tabs.at(-1);
    await ear.page.evaluate((user) => {
        window.heard = [];
        window.ear = new BroadcastChannel(`umbel.feed.${user}`);
        window.ear.onmessage = ({data}) =>
            window.heard.push(JSON.stringify(data));
    }, id);
    const all = (text) => Promise.all(tabs.map(
        (tab) => tab.message(text).waitFor()));
    await bob.send(toAlice, "to all");
    await all("to all");
    assert.ok(streams.every((tab) => tab === first));
    for (const [i, tab] of tabs.entries())
        await tab.say("bob", `from ${i}`);
    await Promise.all(tabs.map((_, i) => all(`from ${i}`)));

    // the first one held the stream
    tabs.shift();
    streams.length = 0;
    await first.leave();
    await bob.send(toAlice, "without the first");
    await all("without the first");
    assert.equal(streams.length, 1);

    // what does not parse or is for others is dropped; a gap is filled
    await tabs[2].page.evaluate((user) => {
        const channel = new BroadcastChannel(`umbel.feed.${user}`);
        const frame = {name: "locked", id: null, data: {}};
        for (const what of [null, 7, {}, {user: "usr_0", frame}, {user},
            {user, frame: {...frame, name: "presence"}}, {user, from: "x"},
            {user, frame: {name: "message.sent", id: "1e999", data: null}},
            {user, state: "gone", seconds: 1}, {user, frame: 1, from: 1e9}])
            channel.postMessage(what);
        channel.close();
    }, id);
    await bob.send(toAlice, "after the gap");
    await all("after the gap");

    // it comes back for all
    await alice.kill("umbel-httpd");
    await bob.send(toAlice, "after a break");
    await all("after a break");
    await Promise.all(tabs.map((tab) => tab.page.locator(".banner")
        .waitFor({state: "hidden"})));
    assert.equal(new Set(streams).size, 1);

    // who reads logs out: none is lost or doubled in the others
    const reader = streams[0];
    tabs.splice(tabs.indexOf(reader), 1);
    await Promise.all([
        reader.page.getByRole("button", {name: "Log out"}).click(),
        ...["x", "y", "z"].map((text) => bob.send(toAlice, text))]);
    await reader.page.getByLabel("User").waitFor();
    await bob.send(toAlice, "the end");
    await all("the end");
    const wanted = (await alice.history(toBob)).map((m) => m.text);
    for (const tab of tabs)
        assert.deepEqual(await tab.texts(), wanted);
    const heard = await ear.page.evaluate(() => window.heard.join());
    assert.ok(heard.includes("the end"));
    assert.ok(!heard.includes("umbel_"), "a token is told");
    await alice.call("POST", await alice.user_path("/lock"));
    await Promise.all(tabs.map((tab) =>
        tab.page.getByText("Locked.").waitFor()));
});

/** In place of the system's notifications; and they are wanted. */
const wantNotifications = (one) => one.page.evaluate(async () => {
    window.told = [];
    window.prefs = {notify: true};
    const {Store} = await import("/ui/store.js");
    Object.defineProperty(Store.prototype, "prefs", {
        get: () => window.prefs, set: () => {}});
    window.Notification = class {
        static permission = "granted";
        constructor(title, {body}) {
            Object.assign(this, {title, body});
            window.told.push(this);
        }
        close() {
            this.isClosed = true;
        }
    };
});

uiTest("told beside the page; a restart leads back to the same place",
    async ({backend, person}) => {
        const {alice, bob, toAlice} = await pairUp(backend);
        const carol = await backend.launch("carol");
        const [toAliceToo] = await carol.pair("alice");
        const url = new URL(await alice.login_link());
        const one = await person(url.origin + url.pathname);
        const other = await one.tab(url.origin + url.pathname);
        for (const tab of [one, other]) {
            await wantNotifications(tab);
            await tab.logIn("alice", PASSPHRASE);
            await tab.open("bob");
        }
        const {page} = one;
        const told = (tab = one) => tab.page.evaluate(() =>
            window.told.map((n) => [n.title, n.body, !!n.isClosed]));
        const wait = (count) => page.waitForFunction(
            (n) => window.told.length === n, count);
        // what is in sight is not told, the rest without its words
        await bob.send(toAlice, "in sight");
        await one.message("in sight").waitFor();
        await carol.send(toAliceToo, "<b>out of sight</b>");
        await wait(1);
        assert.deepEqual(await told(), [["Umbel", "New message", false]]);
        await page.evaluate(() => window.told[0].onclick());
        await one.message("<b>out of sight</b>").waitFor();
        await one.open("bob");
        await page.evaluate(() => {
            window.prefs = {notify: true, notifyContent: true};
        });
        await carol.send(toAliceToo, "<b>named</b>");
        await wait(2);
        assert.deepEqual((await told())[1], ["carol", "<b>named</b>", false]);
        // read elsewhere: it goes
        await other.open("carol");
        await page.waitForFunction(() => window.told[1].isClosed);
        await choose(one, one.row(/^carol/), "Mute…", "Always");
        await one.row(/^carol\W+muted/).waitFor();
        await other.open("bob");
        await carol.send(toAliceToo, "muted");
        await one.row(/muted\W+1 unread$/).waitFor();
        await choose(one, one.row(/^carol/), "Unmute");
        await carol.send(toAliceToo, "not muted");
        await wait(3);
        assert.equal((await told())[2][1], "not muted");
        // only the one that reads the stream tells
        assert.deepEqual(await told(other), []);

        await one.open("bob");
        await one.box("bob").fill("half a sente");
        await alice.stop();
        await page.getByText(/Umbel does not answer/).first().waitFor();
        await alice.start(Number(url.port));
        await page.getByText(/You were logged out/).waitFor();
        await one.logIn("alice", PASSPHRASE);
        await one.box("bob").waitFor();
        assert.equal(await one.box("bob").inputValue(), "half a sente");
        await bob.send(toAlice, "there again");
        await one.message("there again").waitFor();
        assert.equal((await told()).length, 3);
    });
