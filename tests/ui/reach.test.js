// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Whether one can be reached, as the page tells it: what was proven, what is
 * not known yet, what failed and why, and never more than that.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {SOURCE} from "./backend.js";
import {uiTest} from "./kit.js";

const PICTURES = process.env.UI_PICTURES;
const GOOD = /can be reached|can reach you \(|You can be reached|is open/;

class Place {
    constructor(person) {
        this.person = person;
        this.page = person.page;
        this.tor = person.page.locator(".sidebar .tor");
        this.book = person.page.getByRole("dialog", {name: "Settings"});
        this.group = this.book.getByRole("region", {name: "Can I be reached?"});
        this.facts = person.page.locator("dialog .facts");
    }

    async open() {
        await this.page.getByRole("button", {name: "Settings"}).click();
        await this.book.getByRole("button", {name: "Connection"}).click();
        await this.facts.locator("li").first().waitFor();
    }

    check() {
        return this.group.getByRole("button", {name: "Check now"}).click();
    }

    fact(text) {
        return this.facts.getByText(text);
    }

    async says(...texts) {
        for (const text of texts)
            await this.fact(text).waitFor();
    }

    /** Light and dark, wide and narrow; nothing leaves the page. */
    async look(name) {
        const {page, person} = this;
        await person.checkAccess(name);
        for (const width of [360, 1100]) {
            await page.setViewportSize({width, height: 750});
            for (const dir of ["rtl", "ltr"]) {
                await page.evaluate((d) => {
                    document.documentElement.dir = d;
                }, dir);
                assert.deepEqual(await page.evaluate(() => [
                    ...document.querySelectorAll("dialog *")].filter((n) => {
                    const {left, right} = n.getBoundingClientRect();
                    return right > innerWidth + 1 || left < -1;
                }).map((n) => n.outerHTML.slice(0, 80))), [], `${name}, ${dir}`);
            }
            if (PICTURES)
                await page.screenshot(
                    {path: path.join(PICTURES, `${name}-${width}.png`)});
        }
    }
}

/** Alice, who tests herself, in front of her page; and Bob. */
async function scene({backend, person}) {
    const alice = await backend.launch("alice", "self-test");
    const bob = await backend.launch("bob");
    const [toBob] = await alice.pair("bob");
    const place = new Place(await person(await alice.login_link()));
    await place.person.row("bob").waitFor();
    return {alice, bob, toBob, place};
}

uiTest("not known yet, reached, not reached and why, and again",
    async (kit) => {
        const {alice, place} = await scene(kit);
        await alice.wait_reach("reachable");
        await place.open();
        await place.says("You can be reached: all 2 addresses are published.",
            /^Your own address can be reached \(last check: [\d:]+\)\.$/,
            /^Your contacts can reach you \(last check: [\d:]+\)\.$/);
        assert.equal(await place.tor.getAttribute("data-state"), "ready");
        await place.look("reachable");

        // Nothing that is dialled answers: what was proven is in doubt.
        await alice.faults({hang_socks: true});
        await alice.doubt();
        await place.says("Checking whether your own address can be reached…",
            "Checking whether your contacts can reach you…",
            "All 2 addresses are published.");
        assert.doesNotMatch((await place.facts.innerText()).replace(
            /Checking.*/g, ""), /can be reached|can reach you/);
        await place.look("checking");
        await alice.faults({hang_socks: false, socks: 4});
        await alice.cut_streams();

        for (const [socks, why] of [
            [4, "Tor found no way to it."],
            [5, "it was found, but let nobody in."]]) {
            await alice.faults({socks});
            await alice.wait_reach("unreachable");
            await place.says(`Your own address cannot be reached: ${why} ` +
                "Umbel goes on trying to put it right.",
            "Not all contacts can reach you. The address that one of them " +
                `has was tried: ${why} Umbel goes on trying to put it right.`,
            "Connected to Tor, but not everybody can reach you.");
            assert.doesNotMatch(await place.facts.innerText(), GOOD);
        }
        await place.tor.getByText(
            "Connected to Tor, but not everybody can reach you").waitFor();
        assert.equal(await place.tor.getAttribute("data-state"), "failed");
        await place.look("unreachable");

        await alice.faults({socks: null});
        await alice.wait_reach("reachable");
        await place.says("You can be reached: all 2 addresses are published.",
            /Your own address can be reached.*Last failure: [\d:]+\.$/);
        await place.tor.getByText("Connected to Tor", {exact: true}).waitFor();
        await place.look("recovered");
    });

uiTest("a tor that is dead or stands still is nobody's way to one",
    async (kit) => {
        const {alice, place} = await scene(kit);
        await alice.wait_reach("reachable");
        await place.open();
        await place.says("You can be reached: all 2 addresses are published.");

        await alice.stop_tor(true);
        await place.check();
        await place.fact("You can be reached").waitFor({state: "detached"});
        await place.fact("Your own address can be reached")
            .waitFor({state: "detached"});
        await place.look("frozen");
        await alice.stop_tor(false);
        await alice.wait_reach("reachable");
        await place.says("You can be reached: all 2 addresses are published.");

        // It does not get far when it is started again.
        await alice.kill("fake_tor.py");
        await place.fact("You can be reached").waitFor({state: "detached"});
        await alice.wait_reach("reachable");
        await place.says("You can be reached: all 2 addresses are published.");

        await alice.stop();
        await place.says("Umbel does not answer.");
        assert.doesNotMatch(await place.facts.innerText(), GOOD);
        await place.tor.getByText("Asking how Tor is…").waitFor();
        await alice.start();
    });

uiTest("what failed, in German, Spanish and French",
    async ({backend, person}) => {
        const alice = await backend.launch("alice", "self-test");
        await backend.launch("bob");
        await alice.pair("bob");
        await alice.faults({socks: 4});
        await alice.wait_reach("unreachable");
        for (const language of ["de", "es", "fr"]) {
            const texts = JSON.parse(fs.readFileSync(path.join(SOURCE,
                `web-ui/lang/${language}.json`), "utf8"));
            const place = new Place(
                await person(await alice.login_link(), {locale: language}));
            for (const name of ["Settings", "Connection"])
                await place.page.getByRole("button", {name: texts[name],
                    exact: true}).click();
            await place.says(texts["Your own address cannot be reached:"],
                texts["Connected to Tor, but not everybody can reach you"]);
            await place.look(`unreachable-${language}`);
        }
    });
