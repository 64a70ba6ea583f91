// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * screenshots - makes the pictures of the README:
 *
 *     UI_PICTURES=doc/images tests/ui/run.sh screenshots.js
 */
import path from "node:path";
import {Backend, SOURCE, pairUp} from "./backend.js";
import {Person, closeBrowser} from "./browser.js";

const FOLDER = path.resolve(SOURCE, process.env.UI_PICTURES ?? "doc/images");
const TALK = [
    ["alice", "Hi Bob! Did the invite arrive in one piece?"],
    ["bob", "It did. Pasted it, waited a few seconds, and here you are."],
    ["bob", "No account, no phone number, no server?"],
    ["alice", "None. Your computer talks to mine, over Tor. What we write is " +
        "on our two disks, encrypted, and nowhere else."],
    ["bob", "And if you are away?"],
    ["alice", "Then it waits on yours until I am back.\nEach message arrives " +
        "once, and in order."],
    ["bob", "Good. I close the lid now, then."],
];

const backend = await Backend.start("fake");
const {alice, bob, toBob, toAlice} = await pairUp(backend);
const carol = await backend.launch("carol");
const [toAliceToo] = await carol.pair("alice");
await carol.wait_delivered(await carol.send(toAliceToo,
    "See you on Thursday?"));

const one = await Person.at(await alice.login_link(),
    {viewport: {width: 1000, height: 680}});
await one.open("bob");
for (const [who, text] of TALK)
    await (who === "alice"
        ? alice.wait_delivered(await alice.send(toBob, text))
        : bob.wait_delivered(await bob.send(toAlice, text)));
await one.message(TALK.at(-1)[1]).waitFor();
await one.page.locator(".tor").getByText("Connected to Tor").waitFor();
await one.page.locator(".presence").getByText("online").waitFor();
for (const colorScheme of ["light", "dark"]) {
    await one.page.emulateMedia({colorScheme});
    await one.page.screenshot({path: path.join(FOLDER, `${colorScheme}.png`)});
}
await one.page.emulateMedia({colorScheme: "light"});
await one.page.setViewportSize({width: 360, height: 640});
await one.page.screenshot({path: path.join(FOLDER, "narrow.png")});
await one.close();
await closeBrowser();
await backend.stop();
