// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Rules about the files of the page themselves.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import test from "node:test";
import {SOURCE} from "./backend.js";
import {FILES} from "./browser.js";

const ROOT = path.join(SOURCE, "web-ui");
const BUDGET_BYTES = {".js": 363_000, ".css": 42_500, ".html": 5000,
    ".svg": 5000};
/** Loaded before the first view; others come when they are asked for. */
const MODULES_MAX = 24;
const AT_ONCE_BYTES = 150_000;
/** Nothing that makes code or elements of text, or keeps or sends things. */
const FORBIDDEN = new RegExp([
    "innerHTML", "outerHTML", "insertAdjacentHTML", "document\\.write",
    "\\beval\\b", "new Function", "DOMParser", "createContextualFragment",
    "srcdoc", "localStorage", "indexedDB", "document\\.cookie", "caches\\.",
    "serviceWorker", "RTCPeerConnection", "window\\.open",
    "(?<!this\\.channel\\.)postMessage", // to the own tabs alone
    "XMLHttpRequest", "WebSocket", "EventSource", "sendBeacon", "importScripts",
    "https?://(?!www\\.w3\\.org/2000/svg)", "@import", "@font-face",
    "style=",
].join("|"));

const read = (name) => fs.readFileSync(path.join(ROOT, name), "utf8");
const scripts = FILES.filter((name) => name.endsWith(".js"));
const sizeOf = (names) => names.reduce(
    (sum, name) => sum + Buffer.byteLength(read(name)), 0);

test("every file is listed in module.am, and every listed file is there", () => {
    const found = fs.readdirSync(ROOT, {recursive: true})
        .filter((name) => /\.(js|css|html|svg|json)$/.test(name)).sort();
    assert.deepEqual([...FILES].sort(), found);
});

// HOSTILE W-02
test("nothing forbidden stands in them", () => {
    for (const name of FILES)
        read(name).split("\n").forEach((line, i) =>
            assert.doesNotMatch(line, FORBIDDEN, `${name}:${i + 1}`));
});

test("they keep within their budget", () => {
    const page = read("index.html");
    const first = scripts.filter((name) => page.includes(`"${name}"`));
    assert.ok(first.length <= MODULES_MAX, `${first.length} modules`);
    assert.ok(sizeOf(first) <= AT_ONCE_BYTES, `${sizeOf(first)} at once`);
    for (const [ending, budget] of Object.entries(BUDGET_BYTES)) {
        const bytes = sizeOf(FILES.filter((name) => name.endsWith(ending)));
        assert.ok(bytes <= budget, `${ending}: ${bytes} bytes`);
    }
});

test("modules import only each other; what is needed at once is loaded so", () => {
    const page = read("index.html");
    const atOnce = new Set(["main.js"]);
    const imports = (name, pattern) => [...read(name).matchAll(pattern)]
        .map(([, to]) => path.posix.join(path.posix.dirname(name), to));
    for (const name of scripts)
        for (const to of imports(name, /(?:from |import\()"([^"]+)"/g))
            assert.ok(FILES.includes(to), `${name}: ${to}`);
    for (const name of atOnce)
        for (const to of imports(name, /from "([^"]+)"/g))
            atOnce.add(to);
    for (const name of scripts)
        assert.equal(atOnce.has(name), page.includes(`"${name}"`), name);
});
