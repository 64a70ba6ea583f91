// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What a browser keeps on the disk of who used the page and logged out.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {foundIn, launchIn} from "./browser.js";
import {pairUp} from "./backend.js";
import {uiTest} from "./kit.js";

// HOSTILE W-16
uiTest("nothing of a session is on the disk after it", async ({backend}) => {
    const {alice, bob, toAlice} = await pairUp(backend);
    const texts = ["quetzalcoatlus", "archaeopteryx", "ichthyosaurus"];
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "umbel-chromium-"));
    const browser = await launchIn(folder);
    try {
        const page = await browser.newPage();
        await bob.send(toAlice, texts[0]);
        await page.goto(await alice.login_link());
        await page.getByRole("button", {name: /quetzalcoatlus/}).click();
        const box = page.getByLabel("Message to bob");
        await box.fill(texts[1]);
        await box.press("Enter");
        await page.locator(".out .meta").getByText(/Delivered/).waitFor();
        await box.fill(texts[2]);
        await page.reload();
        await page.locator(".row").first().waitFor();
        const token = await page.evaluate(
            () => sessionStorage.getItem("umbel.token"));
        assert.ok(token.length > 20);
        await page.getByRole("button", {name: "Log out"}).click();
        await page.getByLabel("User").waitFor();
        await browser.close();
        assert.deepEqual(foundIn(folder, [token, ...texts]), []);
        // What is kept would have been seen.
        assert.ok(foundIn(folder, [new URL(page.url()).host]).length > 0);
    } finally {
        await browser.close();
        fs.rmSync(folder, {recursive: true});
    }
});
