// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Files and voice messages: brought, offered, taken, looked at and heard.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {pairUp} from "./backend.js";
import {uiTest} from "./kit.js";

const MIB = 1 << 20;

/** Bytes that cannot be taken for each other's. */
function noise(size, seed) {
    const bytes = Buffer.alloc(size);
    for (let i = 0, x = seed; i < size; i++) {
        x = (x * 1103515245 + 12345) & 0x7fffffff;
        bytes[i] = x >> 16;
    }
    return bytes;
}

/** A picture as a camera or a screenshot makes it. */
async function picture(page, type, color) {
    const text = await page.evaluate(([type, color]) => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [600, 400];
        const pen = canvas.getContext("2d");
        pen.fillStyle = color;
        pen.fillRect(0, 0, 600, 400);
        return canvas.toDataURL(type).split(",")[1];
    }, [type, color]);
    return Buffer.from(text, "base64");
}

const file = (name, buffer, mimeType = "application/octet-stream") =>
    ({name, mimeType, buffer});

const pick = (person, ...files) =>
    person.page.locator("input[type=file]").setInputFiles(files);

const button = (person, name) => person.page.getByRole("button", {name});

/** The bubble of a file. */
const bubble = (person, name) => person.page.locator(".message").filter({
    has: person.page.locator(".file-name", {hasText: name})});

const told = (person, name, words) => bubble(person, name)
    .locator(".file-state").getByText(words).waitFor();

async function download(person, name) {
    await button(person, `Download: ${name}`).click();
    await button(person, `Save: ${name}`).waitFor();
}

async function saved(person, locator) {
    const [got] = await Promise.all([
        person.page.waitForEvent("download"), locator.click()]);
    return {name: got.suggestedFilename(),
        bytes: fs.readFileSync(await got.path())};
}

/** Files from outside, put down or pasted where somebody writes. */
const bring = (person, kind, name, type, text) => person.page.evaluate(
    ([kind, name, type, text]) => {
        const data = new DataTransfer();
        const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
        data.items.add(new File([bytes], name, {type}));
        const area = document.querySelector(".composer textarea");
        const fire = (event) => area.dispatchEvent(event);
        if (kind === "paste")
            return fire(new ClipboardEvent("paste", {clipboardData: data,
                bubbles: true, cancelable: true}));
        return fire(new DragEvent(kind, {dataTransfer: data, bubbles: true,
            cancelable: true}));
    }, [kind, name, type, text]);

uiTest("files are picked, dropped, pasted, sent, taken, shown and saved",
    async ({backend, person}) => {
        const {alice, bob} = await pairUp(backend);
        const one = await person(await alice.login_link());
        const two = await person(await bob.login_link());
        await one.open("bob");
        await two.open("alice");
        const red = await picture(one.page, "image/png", "#c33");
        const blue = await picture(one.page, "image/jpeg", "#33c");
        const notes = noise(5 * MIB + 7, 1);

        // Picked: three, of which one is taken back.
        await pick(one, file("red.png", red, "image/png"),
            file("notes.tar.gz", notes), file("no.txt", Buffer.from("no")));
        await one.page.locator(".tray canvas").waitFor();
        await one.checkAccess("the tray");
        await button(one, "Remove no.txt").click();
        await button(one, "Send 2 files").waitFor();
        // The way to the daemon breaks, and it goes on where it was.
        const offsets = [];
        let isBroken = true;
        await one.page.route("**/content", async (route) => {
            const offset = route.request().headers()["upload-offset"];
            if (offset)
                offsets.push(Number(offset));
            if (Number(offset) === 2 * MIB && isBroken)
                await route.abort();
            else
                await route.continue();
        });
        await one.box("bob").fill("Both of them");
        await one.box("bob").press("Enter");
        await one.page.locator(".tray").getByText(/Umbel does not answer/)
            .waitFor();
        await one.checkAccess("the tray while it waits");
        // Nobody leaves the page by mistake meanwhile.
        const [leaving] = await Promise.all([one.page.waitForEvent("dialog"),
            one.page.close({runBeforeUnload: true})]);
        assert.equal(leaving.type(), "beforeunload");
        assert.equal(one.faults.splice(0).length, 1);
        isBroken = false;
        await told(one, "notes.tar.gz", "Waiting until bob takes it");
        await one.page.unroute("**/content");
        assert.ok(offsets.filter((o) => o === 2 * MIB).length > 1);
        assert.deepEqual(offsets.filter((o, i) => o !== 2 * MIB ||
            o !== offsets[i - 1]), [0, 0, MIB, 2 * MIB, 3 * MIB, 4 * MIB,
            5 * MIB]);
        assert.equal(await one.box("bob").inputValue(), "");
        assert.equal(await one.page.locator(".tray").isVisible(), false);
        assert.equal(await one.page.evaluate(() =>
            document.activeElement.tagName), "TEXTAREA");

        // Dropped and pasted.
        await bring(one, "dragenter", "a", "", "");
        await one.page.getByText("Drop files to send them to bob").waitFor();
        await bring(one, "drop", "blue.jpg", "image/jpeg",
            blue.toString("base64"));
        await button(one, "Remove blue.jpg").waitFor();
        assert.equal(await one.page.locator(".drop-zone").isVisible(), false);
        await bring(one, "paste", "image.png", "image/png",
            red.toString("base64"));
        // As when the network changes: the browser ends what is under way,
        // before an answer and in its midst.
        let cuts = 0;
        await two.page.evaluate(() => {
            const real = Response.prototype.arrayBuffer;
            Response.prototype.arrayBuffer = async function cut() {
                Response.prototype.arrayBuffer = real;
                throw new TypeError("network error");
            };
            // A page that is busy is told of what was and of what is at once.
            const Real = IntersectionObserver;
            window.IntersectionObserver = class extends Real {
                constructor(tell, how) {
                    super((all) => tell([{isIntersecting: false}, ...all]),
                        how);
                }
            };
        });
        await two.page.route("**/thumbnail", (route) => cuts++
            ? route.fallback() : route.abort());
        await button(one, "Send 2 files").click();

        // What is offered can be seen before it is taken, or declined.
        await bubble(two, "red.png").locator(".file-picture canvas").waitFor();
        await bubble(two, "blue.jpg").locator(".file-picture canvas").waitFor();
        assert.ok(cuts > 2, "asked for once more, each of them");
        assert.equal(await two.page.evaluate(() =>
            Response.prototype.arrayBuffer.name), "arrayBuffer");
        two.faults.splice(0);
        await bubble(two, "red.png").getByText("Both of them").waitFor();
        await button(two, "Decline: image.png").waitFor();
        await two.checkAccess("what is offered");
        await button(two, "Decline: image.png").click();
        await two.checkAccess("to decline");
        await button(two, "Do not download").click();
        await told(two, "image.png", "You did not want it");
        // The event may come before the answer that closes the question.
        await two.page.waitForFunction(() =>
            document.activeElement.closest("[role=log]"));
        await told(one, "image.png", "bob does not want it");

        // The whole file, the same bytes.
        await download(two, "notes.tar.gz");
        await told(one, "notes.tar.gz", "bob has it");
        const got = await saved(two, button(two, "Save: notes.tar.gz"));
        assert.equal(got.name, "notes.tar.gz");
        assert.ok(got.bytes.equals(notes));

        // Pictures, large.
        await download(two, "red.png");
        await download(two, "blue.jpg");
        const open = button(two, "Open the picture red.png");
        await open.locator("canvas").waitFor();
        await open.click();
        const viewer = two.page.getByRole("dialog", {name: "Picture"});
        await viewer.getByRole("img", {name: "red.png"}).waitFor();
        await two.checkAccess("the viewer");
        await two.page.keyboard.press("ArrowRight");
        await viewer.getByRole("img", {name: "blue.jpg"}).waitFor();
        assert.equal(await viewer.locator("img").evaluate(
            (img) => img.naturalWidth), 600);
        const blueToo = await saved(two,
            viewer.getByRole("button", {name: "Save"}));
        assert.ok(blueToo.bytes.length > 100);
        await two.page.keyboard.press("Escape");
        await viewer.waitFor({state: "detached"});
        assert.equal(await open.evaluate(
            (node) => node === document.activeElement), true);
        await one.checkAccess("what was sent");
        await two.checkAccess("what was taken");
    });

uiTest("a large file is paused, goes on, and is cancelled by either side",
    async ({backend, person}) => {
        const {alice, bob} = await pairUp(backend);
        // As slow as hands are on a busy machine, while they have to do.
        const pace = async (rate) => {
            for (const daemon of [alice, bob])
                await daemon.stream_rate(rate);
        };
        await pace(MIB / 16);
        const one = await person(await alice.login_link());
        const two = await person(await bob.login_link());
        await one.open("bob");
        await two.open("alice");
        const film = noise(8 * MIB, 2);

        await pick(one, file("film.mp4", film), file("other.mp4", film));
        await button(one, "Send 2 files").click();
        await button(two, "Download: film.mp4").click();
        await told(two, "film.mp4", /\d+ % · .*B\/s · \d+ seconds? left/);
        await told(one, "film.mp4", /\d+ % · .*B\/s/);
        const bar = two.page.getByRole("progressbar",
            {name: "film.mp4: how far it is"});
        assert.match(await bar.getAttribute("aria-valuetext"), /\d+ %/);
        await two.checkAccess("a file on its way");
        await button(two, "Pause: film.mp4").click();
        await told(two, "film.mp4", /Paused at \d+ %/);
        await told(one, "film.mp4", /\d+ %, waiting for bob/);
        await two.checkAccess("a file that is paused");
        // It is so after the page was loaded again.
        await two.page.reload();
        await two.open("alice");
        await told(two, "film.mp4", /Paused at \d+ %/);
        await button(two, "Resume: film.mp4").click();
        await button(one, "Pause: film.mp4").click();
        await told(one, "film.mp4", /Paused at/);
        await pace(null);
        await button(one, "Resume: film.mp4").click();
        await button(two, "Save: film.mp4").waitFor();
        const got = await saved(two, button(two, "Save: film.mp4"));
        assert.ok(got.bytes.equals(film));

        await pace(MIB / 16);
        await button(two, "Download: other.mp4").click();
        await told(two, "other.mp4", /\d+ % ·/);
        await button(one, "Cancel: other.mp4").click();
        await button(one, "Take it back").click();
        await told(one, "other.mp4", "You took it back");
        await told(two, "other.mp4", "alice took it back");
        await two.checkAccess("a file that was taken back");

        // What the daemon does not take is said in the tray, and stays there.
        await one.page.route("**/files", (route) => route.fulfill({status: 413,
            contentType: "application/problem+json",
            body: JSON.stringify({code: "too_large", title: "Too large"})}));
        await pick(one, file("huge.iso", Buffer.from("huge")));
        await button(one, "Send 1 file").click();
        await one.page.getByText(/Your files may not take so much/).waitFor();
        await one.checkAccess("a tray with what was refused");
        await one.page.unroute("**/files");
        await button(one, "Try again").click();
        await told(one, "huge.iso", "Waiting until bob takes it");
    });

uiTest("a voice message is recorded, heard, sent and played",
    async ({backend, person}) => {
        const {alice, bob} = await pairUp(backend);
        const one = await person(await alice.login_link());
        const two = await person(await bob.login_link());
        await one.open("bob");
        await two.open("alice");
        const recorder = one.page.locator(".recorder");
        const begin = async () => {
            await one.page.locator(".log").focus();
            await one.page.keyboard.press("r");
            // A machine that is busy gives less of it than of time.
            await recorder.getByText("0:02").waitFor();
        };

        await begin();
        await one.checkAccess("the recorder");
        await one.page.keyboard.press("Escape");
        await recorder.waitFor({state: "detached"});

        await begin();
        await recorder.getByRole("button", {name: "Stop"}).click();
        await recorder.getByRole("button", {name: "Play"}).click();
        await recorder.getByRole("button", {name: "Pause"}).waitFor();
        await one.checkAccess("what was recorded");
        await recorder.getByRole("button", {name: "Send"}).click();
        await recorder.waitFor({state: "detached"});
        // One more, by keys alone.
        await begin();
        await one.page.keyboard.press("Enter");
        await recorder.waitFor({state: "detached"});

        await two.page.locator(".file").nth(1).waitFor();
        for (const nth of [0, 1]) {
            const voice = two.page.locator(".file").nth(nth);
            await voice.getByRole("button", {name: /^Download/}).click();
            await voice.getByRole("button", {name: "Play"}).waitFor();
        }
        const [first, second] = [0, 1].map(
            (nth) => two.page.locator(".player").nth(nth));
        await first.getByRole("button", {name: "Speed 1×"}).click();
        await first.getByRole("button", {name: "Speed 1.5×"}).waitFor();
        await first.getByRole("button", {name: "Play"}).click();
        await first.getByRole("button", {name: "Pause"}).waitFor();
        // The other one stops the first.
        await second.getByRole("button", {name: "Play"}).click();
        await first.getByRole("button", {name: "Play"}).waitFor();
        await second.getByRole("button", {name: "Play"}).waitFor();
        const position = second.getByRole("slider", {name: "Position"});
        await position.press("End");
        assert.match(await position.getAttribute("aria-valuetext"),
            /^0:0([1-9]) \/ 0:0\1$/);
        await position.press("Home");
        assert.match(await position.getAttribute("aria-valuetext"), /^0:00 /);
        await two.checkAccess("voice messages");

        // No microphone, no page that hangs.
        await one.page.evaluate(() => {
            navigator.mediaDevices.getUserMedia = async () => {
                throw new DOMException("no", "NotAllowedError");
            };
        });
        await button(one, "Record a voice message").click();
        await one.page.getByText(
            "The browser does not let this page use the microphone.").waitFor();
        await one.checkAccess("a recorder without a microphone");
        await button(one, "Discard").click();

        // What is locked is silent.
        await first.getByRole("button", {name: "Play"}).click();
        await first.getByRole("button", {name: "Pause"}).waitFor();
        await button(two, "Lock").click();
        await two.page.getByText("Locked.").waitFor();
    });

/** What is sent as a picture and is none, or not one to be shown. */
function lies(png) {
    const wide = Buffer.from(png);
    wide.writeUInt32BE(60000, 16);
    wide.writeUInt32BE(60000, 20);
    const torn = Buffer.from(png).fill(0xff, 33);
    const html = "<html><script>alert(1)</script><img src=x onerror=alert(1)>";
    const svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'>" +
        "<script>alert(1)</script></svg>";
    return [
        {name: "<img src=x onerror=alert(1)>.svg", bytes: Buffer.from(svg),
            about: {kind: "image", media_type: "image/svg+xml",
                width: 65535, height: 1}},
        {name: "page.png", bytes: Buffer.from(html),
            about: {kind: "image", media_type: "image/png", width: 10,
                height: 65535}},
        {name: "wide.png", bytes: wide, about: {kind: "image",
            media_type: "image/png", width: 60000, height: 60000,
            thumbnail: Buffer.from(svg).toString("base64")}},
        {name: "torn.png", bytes: torn, about: {kind: "image",
            media_type: "image/png", width: 600, height: 400}},
        {name: `${"x".repeat(240)}.pdf.exe`, bytes: Buffer.from("MZ"),
            about: {kind: "image", media_type: "image/gif"}},
        {name: "voice.webm", bytes: Buffer.from("\x1a\x45\xdf\xa3 no sound",
            "latin1"), about: {kind: "voice", media_type: "audio/webm",
            duration_ms: 4294967295}},
        {name: "page.webm", bytes: Buffer.from(html), about: {kind: "voice",
            media_type: "text/html", duration_ms: 0}},
    ];
}

// HOSTILE C-01, C-03, F-04, F-05, F-09
uiTest("files that lie are shown as what they are, or not at all",
    async ({backend, person}) => {
        const {alice, bob, toAlice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        await one.open("bob");
        const list = lies(await picture(one.page, "image/png", "#3c3"));
        for (const {name, bytes, about} of list)
            await bob.offer_file(toAlice, bytes.toString("base64"),
                {name, strip_metadata: false, ...about});
        await one.page.locator(".file").nth(list.length - 1).waitFor();
        for (const [i, {name, about}] of list.entries()) {
            const node = one.page.locator(".file").nth(i);
            assert.equal(await node.locator(".file-name").textContent(),
                name);
            // The end of a name is in sight.
            const [end, box] = await Promise.all([
                node.locator(".file-name > :last-child").boundingBox(),
                node.boundingBox()]);
            assert.ok(end.width > 5 && end.x + end.width <= box.x + box.width,
                name);
            await node.getByRole("button", {name: /^Download/}).click();
            if (about.kind === "voice") {
                await node.getByRole("button", {name: "Play"}).click();
                await node.getByText("This cannot be played.").waitFor();
            } else {
                await node.getByRole("button", {name: /^Save/}).waitFor();
            }
            if (about.kind === "image")
                await node.locator(".file-picture")
                    .waitFor({state: "hidden"});
        }
        assert.equal(await one.page.locator(".file canvas:visible").count(), 0);
        assert.deepEqual(await one.page.evaluate(() => [
            ...document.querySelectorAll("iframe, object, embed, a, video, " +
                "audio, svg:not(.icon), [onerror], [onload]")].length), 0);
        const [width, sides] = await one.page.evaluate(() => [
            document.documentElement.scrollWidth,
            [...document.querySelectorAll(".bubble")].map(
                (n) => n.getBoundingClientRect().width)]);
        assert.ok(width <= 1100 && Math.max(...sides) < 600, String(sides));
        await one.checkAccess("files that lie");
        const got = await saved(one, one.page.locator(".file").nth(0)
            .getByRole("button", {name: /^Save/}));
        assert.ok(got.bytes.equals(list[0].bytes));
        // Our daemon takes none such; what if another did?
        assert.deepEqual(await one.page.evaluate(async () => {
            const {fileName} = await import("/ui/view/file.js");
            return ["photo.jpg\u202Eexe", "a\u2066\u0007b", " \n ", ".bashrc",
                "a.b   \u00a0  .exe"].map((n) => fileName(n).textContent);
        }), ["photo.jpgexe", "a\u2407b", "(no name)", ".bashrc", "a.b .exe"]);
    });
