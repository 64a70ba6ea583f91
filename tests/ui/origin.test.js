// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Pages of others, in a real browser: what they can make it do to ours.
 */
import assert from "node:assert/strict";
import {once} from "node:events";
import http from "node:http";
import {browser} from "./browser.js";
import {uiTest} from "./kit.js";

/** Serves this text at a port of its own: the same site, another origin. */
async function foreign(text, body) {
    const server = http.createServer((_, response) => {
        response.setHeader("Content-Type", "text/html");
        response.end(text);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const context = await (await browser()).newContext();
    try {
        await body(await context.newPage(), `http://127.0.0.1:${server.address().port}/`);
    } finally {
        await context.close();
        server.closeAllConnections();
        server.close();
    }
}

/** Whatever ours answered to it: status by "METHOD path". */
function watch(page, ours) {
    const seen = new Map();
    page.on("response", (r) => {
        const url = new URL(r.url());
        if (url.origin === ours)
            seen.set(`${r.request().method()} ${url.pathname}`, r.status());
    });
    return seen;
}

// HOSTILE W-04
uiTest("no page of another origin has ours in a frame", async ({backend}) => {
    const alice = await backend.launch("alice");
    await alice.add_user();
    const ours = new URL(await alice.login_link());
    const page = `${ours.origin}/ui/`;
    for (const host of ["127.0.0.1", "localhost"]) {
        await foreign(`<!DOCTYPE html><title>theirs</title>
            <iframe src="${page}"></iframe><object data="${page}"></object>
            <embed src="${page}">`, async (window, url) => {
            const seen = watch(window, ours.origin);
            await window.goto(url.replace("127.0.0.1", host));
            assert.deepEqual([...new Set(seen.values())], [403]);
            assert.equal(await window.title(), "theirs");
            for (const frame of window.frames().slice(1))
                assert.doesNotMatch(await frame.content(), /Umbel|main\.js/);
        });
    }
});

// HOSTILE W-07, W-08
uiTest("no page of another origin changes or reads anything",
    async ({backend}) => {
        const alice = await backend.launch("alice");
        await alice.add_user();
        const ours = new URL(await alice.login_link()).origin;
        const key = await alice.header();
        const invites = await alice.user_path("/invites");
        await foreign(`<!DOCTYPE html><img src="${ours}${invites}">
            <iframe name="hole"></iframe>
            <form method="post" target="hole" enctype="text/plain"
                action="${ours}${invites}">
                <input name='{"label":"' value='evil"}'></form>`,
        async (window, url) => {
            const seen = watch(window, ours);
            await window.goto(url);
            const told = await window.evaluate(async ([target, headers]) => {
                document.forms[0].submit();
                navigator.sendBeacon(target, '{"label":"evil"}');
                const tries = [
                    {}, {mode: "no-cors"},
                    {method: "POST", mode: "no-cors", body: '{"label":"evil"}'},
                    {method: "POST", headers: {...headers,
                        "Content-Type": "application/json"},
                    body: '{"label":"evil"}'},
                    {headers}, {method: "DELETE", headers},
                ];
                const results = [];
                for (const one of tries)
                    results.push(await fetch(target, one).then(
                        async (r) => `${r.type} ${r.status} ${await r.text()}`,
                        () => "failed"));
                return results;
            }, [ours + invites, key]);
            for (const one of told)
                assert.match(one, /^(failed|opaque 0 )$/);
            assert.deepEqual([...new Set(seen.values())], [403]);
        });
        assert.deepEqual((await alice.call("GET", invites)).items, []);
    });

// HOSTILE W-18
uiTest("who opens the page in a window has no hold on it",
    async ({backend}) => {
        const alice = await backend.launch("alice");
        await alice.add_user();
        const link = await alice.login_link();
        await foreign("<!DOCTYPE html><title>theirs</title>",
            async (window, url) => {
                await window.goto(url);
                const [page] = await Promise.all([
                    window.context().waitForEvent("page"),
                    window.evaluate((to) => {
                        self.ours = self.open(to, "ours");
                    }, link)]);
                await page.getByText("Nobody is here yet.").waitFor();
                assert.equal(await page.evaluate(() => self.opener), null);
                assert.equal(await page.evaluate(() => self.name), "");
                await window.waitForFunction(() => self.ours.closed);
                assert.equal(await window.evaluate(() => self.ours.length), 0);
            });
    });

// HOSTILE L-03
uiTest("the page opens by a file that only its owner can read",
    async ({backend}) => {
        const alice = await backend.launch("alice");
        await alice.add_user();
        const context = await (await browser()).newContext();
        try {
            const page = await context.newPage();
            await page.goto(`file://${await alice.open_page()}`);
            await page.getByText("Nobody is here yet.").waitFor();
            assert.match(page.url(), /^http:\/\/127\.0\.0\.1:\d+\/ui\/$/);
            assert.equal(await page.evaluate(() => document.referrer), "");
        } finally {
            await context.close();
        }
    });
