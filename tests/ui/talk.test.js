// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What is done with messages, with what is written, and with a conversation.
 */
import assert from "node:assert/strict";
import {pairUp} from "./backend.js";
import {hold} from "./hold.js";
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
const more = (one) => one.page.locator(".chat > header")
    .getByRole("button", {name: "More"});
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

        await page.keyboard.press("Alt+PageDown");
        assert.equal(await focused(one), "TEXTAREA");
        await page.keyboard.press("Alt+PageUp");
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

uiTest("drafts, timers and what else belongs to a conversation",
    async ({backend, person}) => {
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        const carol = await backend.launch("carol");
        await carol.pair("alice");
        const one = await person(await alice.login_link());
        const two = await person(await alice.login_link());
        const {page} = one;
        const about = async () => alice.call("GET",
            await alice.user_path(`/conversations/${toBob}`));
        const choose = async (...names) => {
            await more(one).click();
            for (const name of names)
                await page.getByRole("menu").last().getByText(name,
                    {exact: true}).click();
        };

        // a draft
        await one.open("bob");
        await two.open("bob");
        await one.box("bob").pressSequentially("half a sen");
        await two.page.waitForFunction(() =>
            document.querySelector("textarea").value === "half a sen");
        await one.box("bob").pressSequentially("tence");
        await one.open("carol");
        assert.equal(await one.box("carol").inputValue(), "");
        await two.page.waitForFunction(() =>
            document.querySelector("textarea").value === "half a sentence");
        await page.reload();
        await one.open("bob");
        assert.equal(await one.box("bob").inputValue(), "half a sentence");
        await one.box("bob").pressSequentially(", more");
        await page.reload();
        await one.open("bob");
        await page.waitForFunction(() => document.querySelector(
            "textarea").value === "half a sentence, more");
        await one.box("bob").press("Enter");
        await two.page.waitForFunction(() =>
            document.querySelector("textarea").value === "");
        await one.message("half a sentence, more").waitFor();
        assert.equal((await about()).draft, "");

        // muted, pinned, archived
        await choose("Mute…", "Always");
        await page.locator(".head-facts").getByText("Muted").waitFor();
        await choose("Unmute");
        await page.locator(".head-facts").getByText("Muted")
            .waitFor({state: "detached"});
        await choose("Pin");
        await more(two).click();
        await two.page.getByRole("menuitem", {name: "Unpin"}).waitFor();
        await choose("Archive");
        await choose("Take out of the archive");
        await more(one).click();
        await item(one, "Archive").waitFor();
        await check(one, "menu of the conversation");
        await page.keyboard.press("Escape");
        assert.equal((await about()).archived, false);
        assert.equal((await about()).pinned, true);

        // a timer
        await choose("Disappearing messages…", "1 hour after they are read");
        await page.locator(".head-facts").getByText("1 hour").waitFor();
        await page.locator(".event").getByText(/disappear 1 hour/).waitFor();
        await one.say("bob", "for an hour");
        await one.message("for an hour").getByText("Delivered").waitFor();
        await actions(one, "for an hour");
        await item(one, "Details").click();
        await page.getByRole("dialog").getByText(/^in (59|60) minutes|1 hour/)
            .waitFor();
        await check(one, "details of one that disappears");
        await page.keyboard.press("Escape");
        await bob.call("PATCH", await bob.user_path(
            `/conversations/${toAlice}`), {disappearing_seconds: 5});
        await page.locator(".head-facts").getByText("5 seconds").waitFor();
        await bob.send(toAlice, "for a moment");
        await one.message("for a moment").waitFor();
        await one.message("for a moment").waitFor({state: "detached"});
        await choose("Disappearing messages…");
        await page.getByRole("menuitemradio", {name: "5 seconds", checked: true})
            .waitFor();
        await page.getByText("Off: messages stay").click();
        await page.locator(".event").getByText(/messages stay/).waitFor();

        // the profile, and the end
        await choose("Profile");
        await page.getByRole("dialog").waitFor();
        await page.keyboard.press("Escape");
        await choose("Clear history…");
        await check(one, "clear");
        await page.getByRole("dialog").getByRole("button", {name: "Clear"})
            .click();
        await one.message("for an hour").waitFor({state: "detached"});
        assert.deepEqual(await one.texts(), []);
    });

// HOSTILE C-08, C-10
uiTest("addresses and texts that are meant to do harm",
    async ({backend, person}) => {
        const {alice, bob, toAlice} = await pairUp(backend);
        const onion = `${"a".repeat(56)}.onion/x`;
        const links = ["https://example.com/a?b=%20#c",
            "https://user@example.org/", "http://b\u00fccher.example/",
            onion];
        const other = ["file:///etc/passwd", "smb://host/x",
            "javascript:alert(1)", "HTTP://", "data:text/html,x",
            "mailto:a@b.example", "example.com"];
        await bob.send(toAlice, `${links.join(", ")}. ${other.join(" ")}`);
        const one = await person(await alice.login_link());
        const {page} = one;
        await one.open("bob");
        await page.locator(".url").first().waitFor();
        assert.deepEqual(await page.locator(".url").allTextContents(), links);
        const look = async (link, sentence, hrefs) => {
            const button = page.getByRole("button", {name: link, exact: true});
            await button.click();
            const dialog = page.getByRole("dialog");
            await dialog.getByText(sentence).waitFor();
            assert.equal(await dialog.getByRole("button", {name: "Copy"})
                .count(), 1);
            assert.deepEqual(await dialog.locator("a").evaluateAll((nodes) =>
                nodes.map((n) => [n.href, n.target, n.rel])),
            hrefs.map((href) => [href, "_blank", "noreferrer noopener"]));
            await check(one, link);
            const shown = await dialog.locator("strong").textContent();
            await page.keyboard.press("Escape");
            await dialog.waitFor({state: "detached"});
            assert.ok(await button.evaluate(
                (n) => n === document.activeElement));
            return shown;
        };
        assert.equal(await look(links[0], "not through Tor", [links[0]]),
            "example.com");
        assert.equal(await look(links[1], "before the @", []), "example.org");
        assert.equal(await look(links[2], "what it really is",
            ["http://xn--bcher-kva.example/"]), "xn--bcher-kva.example");
        await look(onion, "copy it into Tor Browser", []);

        // 8192 bytes of each
        const giants = ["Z" + "\u0351".repeat(4095), "w".repeat(8192),
            `${"\n".repeat(8000)}end`, "\u{1F469}\u200D".repeat(1170),
            `https://example.com/${"a".repeat(8000)}`,
            "\u202e\u2066".repeat(1365)];
        for (const text of giants)
            await bob.wait_delivered(await bob.send(toAlice, text));
        await page.locator(".message").nth(giants.length).waitFor();
        const height = await page.locator(".message").evaluateAll(
            (nodes) => Math.max(...nodes.map((n) => n.offsetHeight)));
        assert.ok(height < 1500, `${height} px`);
        await check(one, "giants");
        const frame = await page.evaluate(async () => {
            const log = document.querySelector(".log");
            let worst = 0;
            for (let i = 0; i < 20; i++) {
                log.scrollTop = i % 2 ? 0 : log.scrollHeight;
                const at = performance.now();
                await new Promise(requestAnimationFrame);
                worst = Math.max(worst, performance.now() - at);
            }
            return worst;
        });
        assert.ok(frame < 1000, `${frame} ms`);
        const word = page.locator(".message").filter({hasText: "wwwww"});
        await word.getByRole("button", {name: "Show more"}).click();
        assert.equal(await word.locator(".text").textContent(), giants[1]);
        await word.getByRole("button", {name: "Show less"}).click();
        assert.ok((await word.locator(".text").textContent()).length < 2000);
    });

uiTest("a long conversation keeps its order, its place and its size",
    async ({backend, person}) => {
        const {alice, bob, toBob, toAlice} = await pairUp(backend);
        const count = 700;
        const ids = [];
        for (let i = 0; i < count; i++)
            ids.push((await alice.send(toBob, `line ${i}`)).id);
        await alice.call("POST", await alice.user_path(
            `/conversations/${toBob}/messages`), {text: "an answer",
            client_id: crypto.randomUUID(), reply_to: ids[3]});
        const gone = await alice.call("POST", await alice.user_path(
            `/conversations/${toBob}/messages`), {text: "to what is gone",
            client_id: crypto.randomUUID(), reply_to: ids[5]});
        assert.equal(gone.reply_to, ids[5]);
        const one = await person(await alice.login_link());
        const {page} = one;
        await page.evaluate((most) => {
            window.most = 0;
            new MutationObserver(() => {
                window.most = Math.max(window.most,
                    document.querySelectorAll(".message").length);
                window.isOver ||= window.most > most;
            }).observe(document.body, {childList: true, subtree: true});
        }, WINDOW);
        await one.open("bob");
        await one.message("an answer").waitFor();
        const log = page.getByRole("log");
        // what is at the top of what one sees
        const top = () => log.evaluate((node) => {
            const edge = node.getBoundingClientRect().top;
            const first = [...node.querySelectorAll(".bubble")].find((m) =>
                m.getBoundingClientRect().bottom > edge);
            return [first.querySelector(".text").textContent,
                Math.round(first.getBoundingClientRect().top - edge)];
        });
        const isOrdered = async () => {
            const numbers = (await one.texts()).filter((t) => /line/.test(t))
                .map((t) => Number(t.slice(5)));
            numbers.forEach((n, i) => assert.equal(n, numbers[0] + i));
            return numbers;
        };

        // a jump, by a quote, and back down by scrolling
        await page.locator(".quote:visible").first().click();
        await page.locator(".found").getByText("line 3", {exact: true})
            .waitFor();
        assert.equal(await focused(one), "line 3");
        await isOrdered();
        while (!(await one.message("an answer").isVisible())) {
            await log.evaluate((node) => node.scrollTo(0, node.scrollHeight));
            await isOrdered();
        }
        // up again, one page after the other: the place stays
        const first = () => page.locator(".message .text").first()
            .textContent();
        for (let i = 0; i < 8; i++) {
            const held = await hold(page, /before=/, "GET", undefined, 1);
            await log.evaluate((node) => node.scrollTo(0, 100));
            await held.asked;
            const [before, known] = [await top(), await first()];
            await held.go();
            await page.waitForFunction((text) => document.querySelector(
                ".message .text").textContent !== text, known);
            assert.deepEqual(await top(), before);
            await isOrdered();
        }
        // by keyboard to the very first
        await page.locator(".message[tabindex='0']").focus();
        while (!(await one.message("line 0").isVisible()))
            await page.keyboard.press("Home");
        await page.keyboard.press("Home");
        assert.equal(await focused(one), "line 0");
        assert.equal((await isOrdered())[0], 0);

        // in the window: no reload; gone: a sentence
        await page.getByRole("button", {name: "To the newest"}).click();
        await one.message("to what is gone").waitFor();
        const quote = one.message("to what is gone").locator(".quote");
        await page.route(/around=/, async (route) => {
            await alice.call("DELETE", await alice.user_path(
                `/messages/${ids[5]}`));
            await route.continue();
        });
        await quote.click();
        await page.getByRole("status").getByText("not there any more")
            .waitFor();
        await quote.waitFor({state: "hidden"});
        await one.message("to what is gone").waitFor();
        await bob.send(toAlice, "news");
        await one.message("news").waitFor();
        assert.equal(await page.evaluate(() => window.isOver), false);
    });
