// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * A conversation of 100,000 messages: a window of it, wherever one is.
 */
import assert from "node:assert/strict";
import {uiTest} from "./kit.js";

const MESSAGES = 100_000;
const WINDOW = 300;
const JUMP = 12_345;

/** Looks at every change of the log; run in the page. */
function watchLog() {
    const seen = window.seen = {most: 0, wrong: []};
    window.numbers = () => [...document.querySelectorAll(".message .text")]
        .map((node) => Number.parseInt(node.textContent, 10));
    new MutationObserver(() => {
        const all = window.numbers();
        seen.most = Math.max(seen.most,
            document.querySelectorAll(".message").length);
        if (all.some((n, i) => i && n !== all[i - 1] + 1))
            seen.wrong.push(all.join(" ").slice(0, 2000));
    }).observe(document.getElementById("app"),
        {childList: true, subtree: true});
}

/** Goes on with `act` until the window begins, or ends, beyond `n`. */
async function until(page, act, isThere) {
    for (let i = 0; i < 400; i++) {
        const {first, last, height} = await page.evaluate(() => ({
            first: window.numbers()[0], last: window.numbers().at(-1),
            height: document.querySelector(".log").clientHeight}));
        if (isThere(first, last))
            return;
        await act(height);
        // What a person sees before the next turn of the wheel.
        await page.evaluate(() => new Promise((go) =>
            requestAnimationFrame(() => requestAnimationFrame(go))));
    }
    assert.fail(`never: ${isThere}`);
}

uiTest("100,000 messages", async ({backend, person}) => {
    const alice = await backend.launch("alice");
    await alice.long_life(MESSAGES, "--one");
    const one = await person(await alice.login_link());
    const {page} = one;
    await page.evaluate(watchLog);
    await one.open("Contact 1");
    const log = page.getByRole("log");
    await page.waitForFunction((n) => window.numbers?.().at(-1) === n, MESSAGES);

    await log.hover();
    await until(page, (height) => page.mouse.wheel(0, -2 * height),
        (first) => first < MESSAGES - 500);
    await log.focus();
    await until(page, () => page.keyboard.press("PageUp"),
        (first) => first < MESSAGES - 700);
    await until(page, () => page.keyboard.press("Home"),
        (first) => first < MESSAGES - 1200);
    // What was read stays in sight when more comes above it.
    const first = await page.evaluate(() => window.numbers()[0]);
    await page.keyboard.press("Home");
    await page.waitForFunction((n) => window.numbers()[0] < n, first);
    await page.waitForFunction((n) => {
        const at = [...document.querySelectorAll(".message")].find((node) =>
            node.querySelector(".text").textContent.startsWith(`${n} `))
            .getBoundingClientRect();
        const frame = document.querySelector(".log").getBoundingClientRect();
        return at.bottom > frame.top && at.top < frame.bottom;
    }, first);

    await page.keyboard.press("End");
    await until(page, () => page.keyboard.press("PageDown"),
        (_, last) => last > MESSAGES - 1000);
    await until(page, () => page.keyboard.press("End"),
        (_, last) => last === MESSAGES);
    const down = page.getByRole("button", {name: "To the newest message"});
    await page.keyboard.press("End");
    await down.waitFor({state: "hidden"});

    // To a message from long ago, around it, and back.
    const [old] = await page.evaluate(() => window.numbers());
    const box = page.getByRole("searchbox", {name: "Search"});
    await box.fill(String(JUMP));
    await page.getByRole("region", {name: "Search results"})
        .getByRole("button", {name: String(JUMP)}).first().click();
    await page.locator(".found").getByText(new RegExp(`^${JUMP} `)).waitFor();
    assert.ok(old > JUMP + MESSAGES / 2);
    await log.hover();
    await until(page, (height) => page.mouse.wheel(0, 2 * height),
        (_, last) => last > JUMP + 200);
    await until(page, (height) => page.mouse.wheel(0, -2 * height),
        (first) => first < JUMP - 200);
    await down.click();
    await page.waitForFunction((n) => window.numbers().at(-1) === n, MESSAGES);
    await down.waitFor({state: "hidden"});

    const seen = await page.evaluate(() => window.seen);
    assert.deepEqual(seen.wrong, []);
    assert.ok(seen.most <= WINDOW, `${seen.most} messages at once`);
    assert.ok(seen.most > 200);
});
