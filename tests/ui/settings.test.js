// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * What can be set, by whom, and what is left of it.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {PASSPHRASE, SOURCE, pairUp} from "./backend.js";
import {uiTest} from "./kit.js";

const NEW_PASSPHRASE = "another horse battery";
const SECTIONS = ["You", "Security", "Appearance", "Notifications",
    "Connection", "Your data", "Programs", "About"];

/** The word of another language, as the catalogue has it. */
function inFrench(text) {
    return JSON.parse(fs.readFileSync(
        path.join(SOURCE, "web-ui/lang/fr.json"), "utf8"))[text] ?? text;
}

class Book {
    constructor(person) {
        this.person = person;
        this.page = person.page;
        this.node = person.page.getByRole("dialog", {name: "Settings"});
    }

    async open(section) {
        if (await this.node.count() === 0)
            await this.page.getByRole("button", {name: "Settings"}).click();
        await this.node.getByRole("navigation", {name: "Sections"})
            .getByRole("button", {name: section, exact: true}).click();
        await this.node.getByRole("heading", {name: section, exact: true,
            level: 3}).waitFor();
        await this.node.locator(".groups").waitFor();
    }

    group(name) {
        return this.node.getByRole("region", {name, exact: true});
    }

    async close() {
        await this.page.keyboard.press("Escape");
        await this.node.waitFor({state: "detached"});
    }
}

uiTest("every section, wide and narrow; what this login may not do is said",
    async ({backend, person}) => {
        const {alice} = await pairUp(backend);
        const one = await person(await alice.login_link());
        const book = new Book(one);
        await one.row("bob").waitFor();
        for (const section of SECTIONS) {
            await book.open(section);
            await one.checkAccess(section);
        }
        for (const [section, command] of [["Security", "umbel user duress"],
            ["Connection", "umbel tor bridges"],
            ["Your data", "umbel export-user"],
            ["Programs", "umbel token add"]]) {
            await book.open(section);
            await book.node.getByText(command).waitFor();
            await book.node.getByText("umbel open --admin").first().waitFor();
        }
        await book.open("Your data");
        await book.node.getByText("1 contact", {exact: true}).waitFor();
        await book.close();
        assert.equal(await one.page.evaluate(() =>
            document.activeElement.getAttribute("aria-label")), "Settings");

        await one.page.setViewportSize({width: 360, height: 640});
        await one.page.getByRole("button", {name: "Settings"}).click();
        await one.checkAccess("list of sections");
        for (const section of SECTIONS) {
            await book.open(section);
            await one.checkAccess(`${section}, narrow`);
            const over = await one.page.evaluate(() => [
                ...document.querySelectorAll("dialog *")].filter((n) =>
                n.getBoundingClientRect().right > innerWidth + 1)
                .map((n) => n.outerHTML.slice(0, 80)));
            assert.deepEqual(over, [], section);
            await book.node.getByRole("button", {name: "All settings"})
                .click();
        }
    });

uiTest("what one is to contacts, and what the page is to one",
    async ({backend, person}) => {
        const {alice, bob, toBob} = await pairUp(backend);
        const one = await person(await alice.login_link(), {permissions: []});
        const two = await person(await bob.login_link());
        const {page} = one, book = new Book(one);
        await one.open("bob");
        await one.page.emulateMedia({colorScheme: "light"});

        await book.open("You");
        const see = book.group("What contacts see");
        await see.getByLabel("Name").fill("Alice of the hill");
        await see.getByLabel("Status").fill("x".repeat(201));
        await see.getByLabel("Status").fill("on the hill");
        await see.getByRole("button", {name: "Save"}).click();
        await two.row("Alice of the hill").waitFor();
        await book.node.getByLabel("Read receipts").click();
        await page.getByRole("status").getByText("Saved").first().waitFor();
        await book.node.getByLabel("Files without asking")
            .selectOption({label: "Up to 10 MB"});
        await book.node.getByLabel("Invisible").click();
        await two.page.locator(".row [data-online=true]")
            .waitFor({state: "detached"});
        await book.open("Security");
        await book.open("You");
        assert.ok(await book.node.getByLabel("Read receipts").isChecked());
        assert.ok(await book.node.getByLabel("Invisible").isChecked());
        assert.deepEqual(await alice.call("GET",
            await alice.user_path("/privacy")), {
            read_receipts: true, typing: false,
            auto_accept_bytes: 10 * 1024 * 1024,
            auto_accept_kinds: ["file", "image", "voice"]});

        await book.open("Notifications");
        await page.evaluate(() => {
            Object.defineProperty(Notification, "permission",
                {get: () => "denied", configurable: true});
        });
        const notify = book.node.getByLabel("Notify me of new messages");
        await notify.click();
        await book.node.getByText("The browser does not allow this page")
            .waitFor();
        assert.ok(!await notify.isChecked());
        await page.evaluate(() => {
            Object.defineProperty(Notification, "permission",
                {get: () => "granted", configurable: true});
        });
        await notify.click();
        await book.node.getByLabel("Show names and words").click();

        await book.open("Appearance");
        const background = () => page.evaluate(() =>
            getComputedStyle(document.body).backgroundColor);
        const light = await background();
        await book.node.getByLabel("Dark").click();
        await page.locator("html[data-scheme=dark]").waitFor();
        assert.notEqual(await background(), light);
        await page.emulateMedia({colorScheme: "dark"});
        await book.node.getByLabel("Light", {exact: true}).click();
        await page.locator("html[data-scheme=light]").waitFor();
        assert.equal(await background(), light);
        await book.node.getByLabel("Dark").click();
        await page.locator("html[data-scheme=dark]").waitFor();

        // The views are made anew where they are.
        await book.node.getByLabel("Français").click();
        await page.locator("html[lang=fr]").waitFor();
        await page.getByRole("heading",
            {name: inFrench("Appearance"), level: 3}).waitFor();
        await page.keyboard.press("Escape");
        await page.locator(".chat").waitFor();
        assert.deepEqual(await alice.call("GET",
            await alice.user_path("/preferences")), {
            language: "fr", scheme: "dark", notify: true,
            notifyContent: true});

        await page.reload();
        await page.locator("html[lang=fr][data-scheme=dark]").waitFor();
        await page.getByRole("button",
            {name: inFrench("Settings")}).waitFor();
        await alice.call("POST", await alice.user_path("/lock"));
        await page.locator("html[lang=en][data-scheme=system]").waitFor();
        await page.getByLabel("Passphrase").fill(PASSPHRASE);
        await page.keyboard.press("Enter");
        await page.locator("html[lang=fr][data-scheme=dark]").waitFor();
        assert.ok(toBob);
    });

uiTest("passphrases, bridges, programs, a backup and the end",
    async ({backend, person}) => {
        const {alice} = await pairUp(backend);
        const one = await person(await alice.admin_link());
        const {page} = one, book = new Book(one);
        await one.row("bob").waitFor();
        await page.addInitScript(() => {
            delete window.showSaveFilePicker;
        });
        await page.reload();
        await one.row("bob").waitFor();

        await book.open("Security");
        await one.checkAccess("Security, all of it");
        const change = book.group("Passphrase");
        for (const [label, text] of [["The present one", "wrong one"],
            ["The new one", NEW_PASSPHRASE],
            ["The new one again", "another"]])
            await change.getByLabel(label, {exact: true}).fill(text);
        const button = change.getByRole("button");
        await button.click();
        await change.getByText("The two passphrases differ.").waitFor();
        await change.getByLabel("The new one again").fill(NEW_PASSPHRASE);
        await button.click();
        await change.getByText("That is not the passphrase.").waitFor();
        await change.getByLabel("The present one").fill(PASSPHRASE);
        await button.click();
        await change.getByText("It is changed.").waitFor();
        assert.equal(await change.getByLabel("The present one").inputValue(),
            "");
        const forced = book.group("A passphrase for when you are forced");
        await forced.getByLabel("Your passphrase").fill(NEW_PASSPHRASE);
        await forced.getByLabel("The one that destroys").fill("under duress");
        await forced.getByLabel("That one again").fill("under duress");
        await forced.getByRole("button", {name: "Set it"}).click();
        await forced.getByText("It is set.").waitFor();
        await forced.getByLabel("Your passphrase").fill(NEW_PASSPHRASE);
        await forced.getByRole("button", {name: "Remove it"}).click();
        await forced.getByText("There is none now.").waitFor();
        await book.node.getByLabel("Lock when I do nothing")
            .selectOption({label: "After 15 minutes"});
        await page.getByRole("status").getByText("Saved").first().waitFor();
        assert.equal((await alice.call("GET", await alice.user_path()))
            .auto_lock_minutes, 15);

        await book.open("Connection");
        await one.checkAccess("Connection, all of it");
        await book.node.getByRole("button", {name: "Check now"}).click();
        await book.node.getByText("All 2 addresses are published.").waitFor();
        await book.node.getByLabel("Own address").click();
        await book.node.getByText("Your own address is closed").waitFor();
        await book.node.getByText("your only address is published").waitFor();
        await book.node.getByRole("button", {name: "Use new routes"}).click();
        await book.node.getByText("Contacts are called again").waitFor();
        const bridges = book.group("Bridges");
        await bridges.getByLabel("Bridges, one a line")
            .fill("192.0.2.1:443\nnonsense");
        await bridges.getByRole("button").click();
        await bridges.getByText(/^Line 2 is no bridge: /).waitFor();
        await bridges.getByLabel("Bridges, one a line").fill("192.0.2.1:443");
        await bridges.getByRole("button").click();
        await bridges.getByText(/^(Saved|This Tor is not started)/).waitFor();

        await book.open("Programs");
        await book.node.getByText("There is none.").waitFor();
        await book.node.getByLabel("Name").fill("cellar");
        await book.node.getByLabel("It may")
            .selectOption({label: "Only send messages"});
        await book.node.getByRole("button", {name: "Let it in"}).click();
        const secret = book.node.locator("code.secret");
        await secret.getByText(/^umbel_tok_/).waitFor();
        await one.checkAccess("Programs, with a secret");
        const row = book.node.getByRole("listitem").filter({hasText: "cellar"});
        await row.getByText("May: send messages").waitFor();
        const token = (await alice.call("GET", "/v1/tokens")).items[0];
        assert.deepEqual(token.scopes, ["messages:send"]);
        assert.equal(token.user_ids.length, 1);
        await book.node.getByRole("button", {name: "Done"}).click();
        await row.getByRole("button", {name: "Shut out"}).click();
        await page.getByRole("dialog", {name: "Shut out this program?"})
            .getByRole("button", {name: "Shut out"}).click();
        await book.node.getByText("There is none.").waitFor();

        await book.open("Your data");
        await one.checkAccess("Your data, all of it");
        const backup = book.group("Backup");
        await backup.getByLabel("Passphrase of the backup")
            .fill("backup words");
        await backup.getByLabel("The same passphrase again")
            .fill("backup words");
        await backup.getByRole("button", {name: "Make a backup"}).click();
        await backup.getByText(/^The backup is ready: /).waitFor();
        const [saved] = await Promise.all([page.waitForEvent("download"),
            backup.getByRole("button", {name: "Save the backup"}).click()]);
        assert.match(saved.suggestedFilename(), /^umbel-.*\.backup$/);
        const file = await saved.path();
        assert.ok(fs.statSync(file).size > 150);

        await book.node.getByRole("button", {name: "Delete this user…"})
            .click();
        const end = page.getByRole("dialog", {name: "Delete this user"});
        await one.checkAccess("the end");
        await end.getByLabel("Name of this user").fill("bob");
        await end.getByLabel("Your passphrase").fill(NEW_PASSPHRASE);
        await end.getByRole("button", {name: "Delete for ever"}).click();
        await end.getByText("That is not the name of this user.").waitFor();
        await end.getByLabel("Name of this user").fill("alice");
        await end.getByRole("button", {name: "Delete for ever"}).click();
        await page.getByText("Welcome to Umbel").waitFor();
        assert.equal(await page.locator("dialog").count(), 0);
        assert.deepEqual((await alice.call("GET", "/v1/users")).items, []);

        await page.getByRole("button", {name: "Restore from a backup"})
            .click();
        const back = page.getByRole("dialog", {name: "Restore from a backup"});
        await one.checkAccess("restore");
        await back.getByLabel("Backup file").setInputFiles(file);
        await back.getByLabel("Passphrase of the backup").fill("not these");
        await back.getByRole("button", {name: "Restore", exact: true}).click();
        await back.getByText("That is not the passphrase of this backup.")
            .waitFor();
        await back.getByLabel("Passphrase of the backup").fill("backup words");
        await back.getByLabel("Name").fill("alice again");
        await back.getByRole("button", {name: "Restore", exact: true}).click();
        await page.getByRole("heading", {name: "Unlock alice again"})
            .waitFor();
        await page.getByLabel("Passphrase").fill("backup words");
        await page.keyboard.press("Enter");
        await one.row("bob").waitFor();
    });

uiTest("back in place after a lock, a restart and another user",
    async ({backend, person}) => {
        const {alice, toBob, bob, toAlice} = await pairUp(backend);
        // It comes back at the same port.
        const url = new URL(await alice.login_link());
        const one = await person(url.href);
        const {page} = one;
        await one.open("bob");
        await one.box("bob").fill("half a sen");
        await page.getByRole("button", {name: "Lock"}).click();
        await page.getByText("Locked.").waitFor();
        assert.ok(!(await page.content()).includes("half a sen"));
        await page.getByLabel("Passphrase").fill(PASSPHRASE);
        await page.keyboard.press("Enter");
        await one.box("bob").waitFor();

        await one.box("bob").fill("the rest of it");
        await alice.stop();
        await page.getByText(/Umbel does not answer/).first().waitFor();
        await alice.start(Number(url.port));
        await page.getByText("You were logged out").waitFor();
        assert.equal(await page.locator("dialog").count(), 0);
        await one.logIn("alice", PASSPHRASE);
        await one.box("bob").waitFor();
        assert.equal(await one.box("bob").inputValue(), "the rest of it");
        assert.ok(toBob);

        await bob.send(toAlice, "unread at the end");
        await one.message("unread at the end").waitFor();
        await page.getByRole("button", {name: "Log out"}).click();
        await page.getByLabel("User").waitFor();
        assert.equal(await page.title(), "Umbel");
        assert.ok(!/unread at the end|the rest of it|bob/.test(
            await page.content()));
        await one.logIn("alice", PASSPHRASE);
        await one.row("bob").waitFor();
        assert.equal(await page.locator(".chat").count(), 0);
    });

uiTest("from one user to another by one click",
    async ({backend, person}) => {
        const {alice, bob, toAlice} = await pairUp(backend);
        await alice.call("POST", "/v1/users",
            {name: "work", passphrase: PASSPHRASE});
        const one = await person(await alice.login_link());
        const {page} = one;
        const press = async () => {
            const button = page.getByRole("button", {name: "Another user"});
            if (await button.count() > 0)
                return button.click();
            await page.getByRole("button", {name: "Menu", exact: true})
                .click();
            return page.getByRole("menuitem", {name: "Another user"}).click();
        };
        const menu = page.getByRole("menu", {name: "Users"});
        await page.getByRole("button", {name: "alice"}).click();
        await one.open("bob");
        await one.box("bob").fill("for bob");
        await press();
        assert.equal(await menu.getByRole("menuitemradio", {checked: true})
            .textContent(), "alice");
        await one.checkAccess("users");
        await menu.getByRole("menuitemradio", {name: "work"}).click();
        await page.getByText("Nobody is here yet.").waitFor();
        assert.ok(!(await page.content()).includes("for bob"));
        const sent = await bob.send(toAlice, "are you there?");
        await bob.wait_delivered(sent);
        await press();
        await menu.getByRole("menuitemradio", {name: "alice: 1 unread message"})
            .click();
        await one.message("are you there?").waitFor();
        assert.equal(await one.box("bob").inputValue(), "for bob");

        const users = (await alice.call("GET", "/v1/users")).items;
        const work = users.find((u) => u.name === "work");
        await alice.call("POST", `/v1/users/${work.id}/lock`);
        await press();
        await menu.getByRole("menuitemradio", {name: "work (locked)"}).click();
        await page.getByRole("heading", {name: "Unlock work"}).waitFor();
        await page.getByLabel("Passphrase").fill(PASSPHRASE);
        await page.keyboard.press("Enter");
        await page.getByText("Nobody is here yet.").waitFor();
        await press();
        await menu.getByRole("menuitem", {name: "New user"}).click();
        await page.getByRole("heading", {name: "New user"}).waitFor();
    });
