// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Who lies in bytes and addresses gets nothing by it; and nothing of a
 * user is left when he goes.
 */
import assert from "node:assert/strict";
import test from "node:test";
import {pairUp, part} from "./backend.js";
import {uiTest} from "./kit.js";

const u16 = (n) => [n >> 8, n & 255];
const swapped = (n) => u16(n).reverse();
const text = (s) => [...Buffer.from(s, "latin1")];
/** Beginning of a JPEG: a frame of that size. */
const frame = (width, height) => [0xff, 0xc0, ...u16(17), 8, ...u16(height),
    ...u16(width), 3, ...new Array(9).fill(0)];
/** Beginning of a GIF; blocks stand before its first frame. */
const gif = (screen, blocks, place, colours = 0) => Uint8Array.from([
    ...text("GIF89a"), ...screen.flatMap(swapped), colours, 0, 0,
    ...new Array(colours & 0x80 ? 6 << (colours & 7) : 0).fill(0x2c),
    ...blocks, 0x2c, ...place.flatMap(swapped), 0,
    ...new Array(32).fill(0)]);

// HOSTILE C-01, F-05
test("a picture is as large as a browser would make it", async () => {
    const {pictureOf} = await part("picture.js");
    const sides = (bytes) => {
        const found = pictureOf(Uint8Array.from(bytes));
        return found && [found.width, found.height];
    };
    assert.deepEqual(sides([0xff, 0xd8, 0xff, 0xff, ...frame(64, 48),
        ...new Array(9).fill(0)]), [64, 48]);
    // A decoder sees the large frame behind what has no length, and we
    // would skip it as if it were one.
    for (const lone of [0x01, 0xd0, 0xd7, 0xd8, 0xd9]) {
        const bytes = [0xff, 0xd8, 0xff, lone, ...frame(65000, 65000)];
        while (bytes.length < 4 + 0xffc0)
            bytes.push(0);
        assert.equal(sides([...bytes, ...frame(8, 8), ...frame(8, 8)]), null);
    }
    // It makes the picture larger for its first frame.
    const note = [0x21, 0xfe, 2, 0x2c, 0x2c, 1, 0, 0];
    for (const colours of [0, 0x80, 0x87])
        for (const blocks of [[], note, [...note, ...note]]) {
            const of = (...place) => sides(gif([40, 30], blocks, place,
                colours));
            assert.deepEqual(of(0, 0, 40, 30), [40, 30]);
            assert.deepEqual(of(5, 6, 10, 10), [40, 30]);
            assert.deepEqual(of(0, 0, 300, 200), [300, 200]);
            assert.deepEqual(of(500, 10, 40, 30), [540, 40]);
            assert.equal(of(0, 0, 65535, 65535), null);
        }
    // It goes on for ever, or nowhere.
    assert.equal(sides([...text("GIF89a"), ...new Array(64).fill(0)]), null);
    assert.equal(sides([...text("GIF89a"), 1, 0, 1, 0, 0, 0, 0, 0x21, 0xfe,
        ...new Array(64).fill(255)]), null);
});

// HOSTILE C-04
test("a name that nobody can see is told to be none", async () => {
    const {name} = await part("text.js");
    for (const blank of ["", " ", "\u200b", "\u3164", "\u2800\u2800",
        "\u115f\uffa0", "\ufe0f\u2060", "\u{e0041}", "\u202e \u00ad"])
        assert.equal(name(blank), "(no name)", JSON.stringify(blank));
    for (const seen of ["-", "\u0645", "\u{1f468}\u200d\u{1f469}", "7"])
        assert.equal(name(seen), seen);
});

const ONION = `${"a".repeat(56)}.onion`;
const NEAR = /your own network/;
/** As written; what stands out in the question; what warns; may it open? */
const ADDRESSES = [
    ["https://example.com/a?b#c", "example.com", [], true],
    ["HTTPS://EXAMPLE.COM/UP", "example.com", [], true],
    ["https://ex\u0430mple.com/", "xn--exmple-4nf.com", [/letters/], true],
    // The real name in another place is none of it.
    ["https://ex\u0430mple.com/xn--exmple-4nf.com", "xn--exmple-4nf.com",
        [/letters/], true],
    ["https://ex\u0430mple.com#xn--exmple-4nf.com", "xn--exmple-4nf.com",
        [/letters/], true],
    ["https://ex\u0430mple.com\\xn--exmple-4nf.com", "xn--exmple-4nf.com",
        [/letters/], true],
    ["http://0x7f.1/127.0.0.1", "127.0.0.1", [/letters/, NEAR], false],
    ["http://192.168.1.1/reboot", "192.168.1.1", [NEAR], false],
    ["http://3232235777/", "192.168.1.1", [/letters/, NEAR], false],
    ["http://LOCALHOST.:7766/", "localhost.", [NEAR], false],
    ["http://[::1]:7766/ui/", "[::1]", [NEAR], false],
    ["http://[::ffff:10.0.0.1]/", "[::ffff:a00:1]", [/letters/, NEAR], false],
    ["http://[fe80::1]/", "[fe80::1]", [NEAR], false],
    ["http://router/", "router", [NEAR], false],
    ["http://fritz.box.local/", "fritz.box.local", [NEAR], false],
    ["http://172.15.0.1/", "172.15.0.1", [], true],
    ["http://10.example.com/", "10.example.com", [], true],
    ["http://[2001:db8::1]/", "[2001:db8::1]", [], true],
    ["https://good.com@evil.com/", "evil.com", [/before the @/], false],
    ["https://evil.com:1@evil.com/", "evil.com", [/before the @/], false],
    ["https://good.com\\@evil.com/", "good.com", [], true],
    ["https:///good.com", "good.com", [], true],
    [`http://${ONION}/x`, ONION, [], false],
    [`http://${ONION}./x`, `${ONION}.`, [], false],
    [`http://www.${ONION}:81/`, `www.${ONION}`, [], false],
    [`https://example.com/${"x".repeat(4000)}`, "example.com", [], true],
];

// HOSTILE C-06
uiTest("an address says where it leads, whatever it looks like",
    async ({backend, person}) => {
        const {alice, bob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        const {page} = one;
        await one.open("bob");
        for (const [written, site, warnings, mayOpen] of ADDRESSES) {
            const place = await alice.last_event();
            await bob.send(toAlice, written);
            await alice.wait_text(place, written);
            await page.locator(".message button.longer:visible").last()
                .click({timeout: written.length > 1500 ? undefined : 1})
                .catch(() => {});
            await page.locator(".message.in .url").getByText(written,
                {exact: true}).last().click();
            const dialog = page.getByRole("dialog");
            assert.equal(await dialog.locator("strong").textContent(), site,
                written);
            const said = await dialog.locator(".warning").allTextContents();
            assert.equal(said.length, warnings.length, written);
            warnings.forEach((w, i) => assert.match(said[i], w));
            assert.equal(await dialog.getByRole("link").count(),
                Number(mayOpen), written);
            await page.keyboard.press("Escape");
            await dialog.waitFor({state: "detached"});
        }
        // What no browser should be led to is only text.
        for (const written of ["javascript:alert(1)//https:", "data:text/html,x",
            "file:///etc/passwd", "https:\t//example.com", "https://",
            "ht\u200btps://example.com", "https://\u202eexample.com",
            "blob:http", "//example.com", "https:/\n/example.com"]) {
            const place = await alice.last_event();
            await bob.send(toAlice, written);
            await alice.wait_text(place, written);
            await page.waitForFunction((wanted) => [...document
                .querySelectorAll(".message.in .text")].at(-1).textContent ===
                wanted, written);
            assert.equal(await page.locator(".message.in").last()
                .locator(".url").count(), 0, written);
        }
    });

// HOSTILE W-06
uiTest("notifications go with what they are of", async ({backend, person}) => {
    const {alice, bob, toAlice} = await pairUp(backend);
    await alice.call("PUT", await alice.user_path("/preferences"),
        {notify: true, notifyContent: true});
    const one = await person(await alice.login_link());
    const {page} = one;
    await page.evaluate(() => {
        window.left = new Set();
        window.Notification = class {
            static permission = "granted";

            constructor(_, {body}) {
                this.body = body;
                window.left.add(body);
            }

            close() {
                window.left.delete(this.body);
            }
        };
    });
    await one.row("bob").waitFor();
    const left = (wanted) => page.waitForFunction((w) =>
        JSON.stringify([...window.left]) === w, JSON.stringify(wanted));
    let last;
    for (const end of [
        async () => bob.call("DELETE", await bob.user_path(
            `/messages/${last.id}?for=everyone`)),
        () => page.evaluate(() => dispatchEvent(new Event("pagehide"))),
        () => page.getByRole("button", {name: "Log out"}).click()]) {
        last = await bob.send(toAlice, "a secret");
        await left(["a secret"]);
        await end();
        await left([]);
    }
});
