// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * screenshots - makes the pictures of the README and of doc/PAGE.md:
 *
 *     UI_PICTURES=doc/images tests/ui/run.sh screenshots.js
 *
 * `pngquant --ext .png --force doc/images/*.png` makes them smaller.
 */
import path from "node:path";
import {Backend, SOURCE} from "./backend.js";
import {Person, closeBrowser} from "./browser.js";

const FOLDER = path.resolve(SOURCE, process.env.UI_PICTURES ?? "doc/images");
const WIDE = {width: 1000, height: 760};
const DAY_MS = 24 * 3600 * 1000;
/** Who else is in the list, what they wrote, and how many days ago. */
const OTHERS = [
    {name: "Carol", text: "See you on Thursday?", days: 0, is: {pinned: true}},
    {name: "Emeka Okonkwo", text: "The report is ready. Shall I send it?",
        days: 0, is: {}},
    {name: "Frieda", text: "Which train do you take?", days: 1,
        is: {draft: "The one at nine, if"}},
    {name: "محمود", text: "مرحبا، كيف حالك؟", days: 3,
        is: {muted_until: "9999-12-31T23:59:59.000Z"}},
    {name: "Irene", text: "Thank you!", days: 16, is: {}},
    {name: "Choir", text: "No rehearsal this week.", days: 40,
        is: {archived: true}},
];

/** A lake below mountains, of few colours. */
async function lake(page) {
    const text = await page.evaluate(() => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [960, 330];
        const pen = canvas.getContext("2d");
        const shape = (color, ...points) => {
            pen.fillStyle = color;
            pen.beginPath();
            for (const [x, y] of points)
                pen.lineTo(x, y);
            pen.fill();
        };
        shape("#f6d7a7", [0, 0], [960, 0], [960, 330], [0, 330]);
        pen.fillStyle = "#fff3d9";
        pen.beginPath();
        pen.arc(700, 110, 48, 0, 7);
        pen.fill();
        shape("#9db4b0", [0, 260], [160, 120], [300, 220], [460, 80],
            [640, 240], [800, 150], [960, 250], [960, 290], [0, 290]);
        shape("#4d716b", [0, 290], [120, 210], [280, 270], [420, 190],
            [600, 280], [760, 220], [960, 280], [960, 300], [0, 300]);
        shape("#7fa3a8", [0, 290], [960, 290], [960, 330], [0, 330]);
        shape("#274a45", [0, 330], [0, 290], [220, 310], [420, 330]);
        return canvas.toDataURL("image/png").split(",")[1];
    });
    return Buffer.from(text, "base64");
}

const button = (person, name) => person.page.getByRole("button", {name});

/** What one picks arrives, and is taken by the other. */
async function give(from, to, name, mimeType, buffer) {
    await from.page.locator("input[type=file]")
        .setInputFiles([{name, mimeType, buffer}]);
    await button(from, "Send 1 file").click();
    await button(to, `Download: ${name}`).click();
    await button(to, `Save: ${name}`).waitFor();
}

/** Not all of it happened just now. */
const ago = (days) => async (route) => {
    const response = await route.fetch();
    const json = await response.json();
    for (const c of json.items) {
        const at = Date.now() - (days.get(c.id) ?? 0) * DAY_MS;
        if (c.last_message)
            c.last_message.received_at = new Date(at).toISOString();
    }
    await route.fulfill({response, json});
};

const backend = await Backend.start("fake");
const alice = await backend.launch("Alice");
const bob = await backend.launch("Bob");

const fresh = await Person.at(await alice.login_link(), {viewport: WIDE});
const shoot = (person, name) => person.page.screenshot(
    {path: path.join(FOLDER, `${name}.png`)});
await fresh.page.getByLabel("Name").fill("Alice");
await button(fresh, "Make one for me").click();
await fresh.page.setViewportSize({width: 1000, height: 900});
await shoot(fresh, "start");
await fresh.close();

const [toBob, toAlice] = await alice.pair("Bob");
const two = await Person.at(await bob.login_link(), {viewport: WIDE});
await two.open("Alice");
const days = new Map();
for (const {name, text, days: since, is} of OTHERS) {
    const other = await backend.house("Bob", name);
    const [id, toAliceToo] = await alice.pair(name);
    await other.wait_delivered(await other.send(toAliceToo, text));
    const [last] = (await alice.history(id)).slice(-1);
    if (since)
        await alice.call("PUT", await alice.user_path(
            `/conversations/${id}/read`), {message_id: last.id});
    await alice.call("PATCH",
        await alice.user_path(`/conversations/${id}`), is);
    days.set(id, since);
}

const one = await Person.at(await alice.admin_link(), {viewport: WIDE});
await one.page.route(/\/conversations\?limit/, ago(days));
await one.page.reload();
await one.open("Bob");
await alice.wait_delivered(await alice.send(toBob, "How was it up there?"));
await give(two, one, "lake.png", "image/png", await lake(two.page));
const [photo] = (await alice.history(toBob)).slice(-1);
await alice.wait_delivered(await alice.answer(toBob,
    "Wonderful! Is that the lake behind the pass?", photo.id));
const [asked] = (await bob.history(toAlice)).slice(-1);
await bob.call("PUT", await bob.user_path(
    `/messages/${asked.id}/reactions/${encodeURIComponent("👍")}`));
await two.page.locator(".log").focus();
await two.page.keyboard.press("r");
await two.page.locator(".recorder").getByText("0:03").waitFor();
await two.page.keyboard.press("Enter");
await button(one, /^Download/).click();
await button(one, "Play").waitFor();
await give(one, two, "route.gpx", "application/gpx+xml",
    Buffer.alloc(48 * 1000));
await bob.wait_delivered(await bob.send(toAlice,
    "Got it. Next time you come along."));
await one.message("Got it. Next time you come along.").waitFor();
await one.page.getByText("Bob has it").waitFor();
await one.page.locator(".presence").getByText("online").waitFor();
await one.page.mouse.move(0, 0);
await one.box("Bob").focus();
for (const colorScheme of ["light", "dark"]) {
    await one.page.emulateMedia({colorScheme});
    await shoot(one, colorScheme);
}
await one.page.emulateMedia({colorScheme: "light"});

await button(one, "Settings").click();
await button(one, "Connection").click();
await button(one, "Check now").click();
await one.page.getByText(/address(es are| is) published/).waitFor();
await shoot(one, "settings");
await one.page.keyboard.press("Escape");

await one.page.getByRole("button", {name: "Contact", exact: true}).click();
await button(one, "Compare now…").click();
await one.page.getByRole("img", {name: /QR/}).waitFor();
await shoot(one, "verify");
await one.page.keyboard.press("Escape");
await one.page.keyboard.press("Escape");

await one.page.setViewportSize({width: 360, height: 640});
await one.box("Bob").focus();
await shoot(one, "narrow");
for (const person of [one, two])
    await person.close();
await closeBrowser();
await backend.stop();
