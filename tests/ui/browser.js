// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * browser - a person at the page, watched: whatever a test does, the page
 * breaks no policy, asks nobody else for anything and keeps nothing but its
 * token.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {createRequire} from "node:module";
import path from "node:path";
import {chromium} from "playwright-core";
import {SOURCE} from "./backend.js";

const AXE = fs.readFileSync(
    createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
    "best-practice"];
const LIMIT_MS = Number(process.env.UI_LIMIT_MS) || 90 * 1000;

/** The files of the page, as module.am lists them. */
export const FILES = fs.readFileSync(
    path.join(SOURCE, "web-ui/module.am"), "utf8")
    .match(/web-ui\/[\w/.-]+\.\w+/g).map((name) => name.slice(7));
const PATHS = new Set(["/ui/", ...FILES.map((name) => `/ui/${name}`)]);

const HOW = {
    executablePath: process.env.UI_CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
        // A microphone that hums; whoever asks for it gets it.
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream"],
};

export function launch() {
    return chromium.launch(HOW);
}

/** One that keeps what a browser keeps, in that folder. */
export function launchIn(folder) {
    return chromium.launchPersistentContext(path.join(folder, "profile"),
        {...HOW, env: {...process.env, HOME: folder, TMPDIR: folder}});
}

/** @type {Promise<import("playwright-core").Browser> | null} */
let shared = null;

/** One for all tests of this process; each of them has its own contexts. */
export async function browser() {
    if (!(await shared)?.isConnected())
        shared = launch();
    return shared;
}

export async function closeBrowser() {
    await (await shared)?.close();
    shared = null;
}

/** Tells the log of a breach of the policy; run before any of a page. */
export const tellBreaches = () => document.addEventListener(
    "securitypolicyviolation", (e) => console.error(
        `policy: ${e.violatedDirective} ${e.blockedURI}`));

/** What the browser keeps for a page; run in it. */
export const kept = async () => ({
    session: Object.keys(sessionStorage),
    local: Object.keys(localStorage),
    cookie: document.cookie,
    databases: (await indexedDB.databases()).length,
    caches: (await caches.keys()).length,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    hash: location.hash,
});
export const NOTHING = {session: [], local: [], cookie: "", databases: 0,
    caches: 0, workers: 0, hash: ""};

/**
 * What is wrong with asking for that, if anything.
 * @param {string} address
 * @param {string} origin  of the page
 */
export function faultOf(address, origin) {
    const url = new URL(address);
    // A picture that the page has in its hands.
    if (url.protocol === "blob:" && url.origin === origin)
        return null;
    if (url.origin !== origin || (!PATHS.has(url.pathname) &&
        !url.pathname.startsWith("/v1/")))
        return `request: ${address}`;
    if (address.includes("umbel_ses_"))
        return `token in an address: ${address}`;
    return null;
}

/**
 * Which of the texts stand in which files there, in any way of writing.
 * @param {string} folder
 * @param {string[]} texts
 */
export function foundIn(folder, texts) {
    return fs.readdirSync(folder, {recursive: true})
        .map((name) => path.join(folder, name))
        .filter((name) => fs.lstatSync(name).isFile())
        .flatMap((name) => {
            const bytes = fs.readFileSync(name);
            return texts.filter((text) => ["utf8", "utf16le"].some((way) =>
                bytes.includes(Buffer.from(text, way))))
                .map((text) => `${name}: ${text}`);
        });
}

export class Person {
    static async at(url, options = {}) {
        const context = await (await browser()).newContext({
            viewport: {width: 1100, height: 750}, locale: "en-GB", ...options});
        context.setDefaultTimeout(LIMIT_MS);
        const person = new Person(context, url);
        await context.addInitScript(tellBreaches);
        context.on("page", () => {
            if (--person.wanted < 0)
                person.faults.push("another window");
        });
        await person.arrive(url);
        return person;
    }

    /**
     * @param {Person} [first]  whose other tab it is
     */
    constructor(context, url, first) {
        this.context = context;
        this.first = first ?? this;
        this.origin = new URL(url).origin;
        this.faults = this.first.faults ?? [];
        /** Windows that a test opens; no others may. */
        this.wanted = 0;
        this.tabs = [];
    }

    async arrive(url) {
        this.first.wanted++;
        this.page = await this.context.newPage();
        this.watch();
        await this.page.goto(url);
    }

    /** Another tab of the same browser, with a session of its own. */
    async tab(url) {
        const tab = new Person(this.context, url, this);
        this.tabs.push(tab);
        await tab.arrive(url);
        return tab;
    }

    watch() {
        const {page, faults} = this;
        page.on("pageerror", (e) => faults.push(`error: ${e.stack ?? e}`));
        page.on("dialog", (d) => {
            faults.push(`dialog: ${d.message()}`);
            d.dismiss();
        });
        page.on("console", (m) => {
            // A status that is no success is told so; the page tells it too.
            if (["error", "warning"].includes(m.type()) &&
                !m.text().startsWith("Failed to load resource"))
                faults.push(`console: ${m.text()}`);
        });
        page.on("request", (r) => {
            const fault = faultOf(r.url(), this.origin);
            if (fault)
                faults.push(fault);
        });
        page.on("response", (r) => {
            if (r.headers()["set-cookie"])
                faults.push(`cookie: ${r.url()}`);
        });
    }

    /** A conversation of the list. */
    row(name) {
        return this.page.getByRole("navigation", {name: "Conversations"})
            .getByRole("button", {name});
    }

    async open(name) {
        await this.row(name).click();
        await this.box(name).waitFor();
    }

    box(name) {
        return this.page.getByLabel(`Message to ${name}`);
    }

    async say(name, text) {
        await this.box(name).fill(text);
        await this.box(name).press("Enter");
    }

    /** A message that is shown. */
    message(text) {
        return this.page.locator(".message").filter({
            has: this.page.getByText(text, {exact: true})});
    }

    texts() {
        return this.page.locator(".message .text").allTextContents();
    }

    async logIn(name, passphrase) {
        await this.page.getByLabel("User").fill(name);
        await this.page.getByLabel("Passphrase").fill(passphrase);
        await this.page.getByRole("button", {name: "Log in"}).click();
    }

    /** No fault of accessibility, in the light or the dark. */
    async checkAccess(view) {
        const cdp = await this.context.newCDPSession(this.page);
        for (const colorScheme of ["light", "dark"]) {
            await this.page.emulateMedia({colorScheme, reducedMotion: "reduce"});
            await cdp.send("Runtime.evaluate", {expression: AXE});
            const {result} = await cdp.send("Runtime.evaluate", {
                expression: `axe.run(document, {runOnly: ${
                    JSON.stringify(AXE_TAGS)}}).then((r) => JSON.stringify(
                    r.violations.map((v) => [v.id, v.nodes.map((n) =>
                        n.html + n.failureSummary)])))`,
                awaitPromise: true, returnByValue: true});
            assert.equal(result.value, "[]", `${view}, ${colorScheme}`);
        }
        await this.page.emulateMedia({colorScheme: "light"});
        await cdp.detach();
    }

    /** To be called at the end of every test. */
    async close() {
        for (const tab of this.tabs)
            await tab.leave();
        await this.leave();
        const cookies = await this.context.cookies();
        await this.context.close();
        assert.deepEqual(this.faults, []);
        assert.deepEqual(cookies, []);
    }

    /** Closes the tab, which has kept nothing but its token. */
    async leave() {
        if (this.page.isClosed())
            return;
        const left = await this.page.evaluate(kept);
        await this.page.close();
        assert.deepEqual(left.session.filter((k) => k !== "umbel.token"), []);
        assert.deepEqual({...left, session: []}, NOTHING);
    }
}
