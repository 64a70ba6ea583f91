// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * bench - how soon the list of conversations is on the screen, in a Chromium
 * that was never there before, beside a picture of the same daemon as a page
 * of one file.  Prints figures, asserts nothing.
 *
 *     make bench-ui [ROUNDS=3]
 */
import {Backend} from "./backend.js";
import {launch} from "./browser.js";

const ROUNDS = Number(process.env.ROUNDS) || 10;
const LIVES = {"1 conversation": [100, "--one"], "300 conversations": [5000]};

/** Notes when that is in the picture; run before any of the page. */
function watchFor(selector) {
    const look = () => document.querySelector(selector)
        ? requestAnimationFrame(() => setTimeout(() => {
            window.shownAfter = performance.now();
        }))
        : requestAnimationFrame(look);
    look();
}

async function measure(url, selector) {
    const browser = await launch();
    try {
        const page = await (await browser.newContext()).newPage();
        await page.addInitScript(watchFor, selector);
        await page.goto(url);
        await page.waitForFunction(() => window.shownAfter);
        return await page.evaluate(() => ({
            ms: window.shownAfter,
            files: performance.getEntriesByType("resource").length + 1,
        }));
    } finally {
        await browser.close();
    }
}

function line(name, all, base) {
    const [times, bases] = [all.map(({ms}) => ms), base.map(({ms}) => ms)]
        .map((list) => list.sort((a, b) => a - b));
    const middle = (list) => list[Math.floor(list.length / 2)];
    console.log(`${name}: ${Math.round(middle(times))} ms (${
        Math.round(times[0])} to ${Math.round(times.at(-1))}), ${
        all[0].files} files and answers; a page of one file ${
        Math.round(middle(bases))} ms`);
}

const backend = await Backend.start("fake");
const daemons = new Map();
for (const [name, how] of Object.entries(LIVES)) {
    const daemon = await backend.launch(`a${daemons.size}`);
    await daemon.long_life(...how);
    daemons.set(name, {daemon, all: [], base: []});
}
for (let i = 0; i < ROUNDS; i++)
    for (const {daemon, all, base} of daemons.values()) {
        const link = await daemon.login_link();
        base.push(await measure(new URL("icon.svg", link).href, "svg"));
        all.push(await measure(link, ".conversations .row"));
    }
for (const [name, {all, base}] of daemons)
    line(`list of ${name} on the screen`, all, base);
await backend.stop();
