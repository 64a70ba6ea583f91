// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * The page in a Firefox as everybody has it, in the dark; by WebDriver BiDi.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import test from "node:test";
import puppeteer from "puppeteer-core";
import {Backend, pairUp} from "./backend.js";
import {NOTHING, faultOf, foundIn, kept, tellBreaches} from "./browser.js";

const LIMIT_MS = 90 * 1000;
const TEXTS = ["halszkaraptor", "heard <b>so</b>"];

/** Nothing of it is anywhere but in that folder. */
function launch(folder) {
    return puppeteer.launch({
        browser: "firefox",
        executablePath: process.env.UI_FIREFOX,
        userDataDir: path.join(folder, "profile"),
        env: {...process.env, HOME: folder, TMPDIR: folder},
        extraPrefsFirefox: {
            // Chosen by the system, as far as a page can see.
            "layout.css.prefers-color-scheme.content-override": 0,
            "intl.accept_languages": "en-GB, en",
        },
    });
}

async function watched(browser, origin) {
    const page = await browser.newPage();
    const faults = [];
    page.setDefaultTimeout(LIMIT_MS);
    await page.evaluateOnNewDocument(tellBreaches);
    page.on("pageerror", (e) => faults.push(`error: ${e.stack ?? e}`));
    page.on("dialog", (d) => {
        faults.push(`dialog: ${d.message()}`);
        d.dismiss();
    });
    page.on("console", (m) => {
        if (["error", "warn"].includes(m.type()))
            faults.push(`console: ${m.text()}`);
    });
    page.on("request", (r) => faults.push(faultOf(r.url(), origin)));
    page.on("response", (r) => r.headers()["set-cookie"] &&
        faults.push(`cookie: ${r.url()}`));
    return {page, faultsOf: () => faults.filter(Boolean)};
}

const button = (name) => `::-p-aria([name="${name}"][role="button"])`;

async function chat(page, {alice, bob, toBob, toAlice}) {
    const row = ".conversations button";
    const shows = (text, more = "") => page.waitForSelector(
        `.message${more} ::-p-text(${text})`);
    await page.waitForSelector(row);
    await page.click(row);
    await page.waitForSelector("textarea:focus");
    await page.keyboard.type(TEXTS[0]);
    await page.keyboard.press("Enter");
    await shows(TEXTS[0], ".out");
    await alice.wait_delivered((await alice.history(toBob)).at(-1));
    await shows("Delivered", ".out");
    await bob.send(toAlice, TEXTS[1]);
    await shows(TEXTS[1], ".in");
    await page.reload();
    await page.waitForSelector(row);
    await page.click(row);
    await shows(TEXTS[1], ".in");
    assert.deepEqual(await page.$$eval(".message .text",
        (nodes) => nodes.map((n) => n.textContent)),
    TEXTS);
}

/** Opened, read and closed by keys; the focus is where it was. */
async function dialogByKeys(page) {
    await page.focus(button("Invite someone"));
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]:modal");
    for (let i = 0; i < 12; i++) {
        await page.keyboard.press("Tab");
        // of Firefox itself, or where it scrolls
        assert.ok(await page.evaluate(() => document.activeElement.matches(
            "body, dialog, dialog *")), `Tab ${i}`);
    }
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", {hidden: true});
    assert.equal(await page.evaluate(
        () => document.activeElement.getAttribute("aria-label")),
    "Invite someone");
}

async function isDark(page) {
    const shade = await page.evaluate(() => getComputedStyle(document.body)
        .backgroundColor.match(/\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0));
    return shade < 200;
}

// HOSTILE W-16
test("Firefox", {timeout: 300 * 1000}, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "umbel-firefox-"));
    const backend = await Backend.start("fake");
    let browser, page, faultsOf;
    try {
        const people = await pairUp(backend);
        const link = await people.alice.login_link();
        browser = await launch(folder);
        ({page, faultsOf} = await watched(browser, new URL(link).origin));
        await page.goto(link);
        await chat(page, people);
        assert.ok(await isDark(page));
        await dialogByKeys(page);
        const left = await page.evaluate(kept);
        assert.deepEqual(left, {...NOTHING, session: ["umbel.token"]});
        const token = await page.evaluate(
            () => sessionStorage.getItem("umbel.token"));
        await page.click(button("Log out"));
        await page.waitForSelector("input[type=password]");
        assert.deepEqual(await page.evaluate(kept), NOTHING);
        assert.deepEqual(await page.cookies(), []);
        assert.deepEqual(faultsOf(), []);
        // There would have been some.
        const told = new Promise((resolve) => page.once("console", resolve));
        await page.evaluate(() => document.body.setAttribute("style", "top:0"));
        assert.match((await told).text(), /^policy: style-src/);
        await browser.close();
        assert.deepEqual(foundIn(folder, [token, ...TEXTS]), []);
    } catch (error) {
        console.error(faultsOf?.(), await page?.evaluate(
            () => document.body.innerText).catch(String));
        throw error;
    } finally {
        await browser?.close();
        await backend.stop();
        fs.rmSync(folder, {recursive: true});
    }
});
