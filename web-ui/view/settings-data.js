// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings-data - what is kept of a user, his backup, his end; and what this
 * program is.
 */
import {Problem, all, call, open} from "../api.js";
import {button, el, field, fill, form} from "../dom.js";
import {t, tn} from "../i18n.js";
import {name as nameOf} from "../text.js";
import {full, sentence} from "../words.js";
import {ask} from "./dialog.js";
import {size} from "./file.js";
import {action, elsewhere, group, part} from "./settings-kit.js";
import {checkNew, passphraseSentence, secret} from "./start.js";

const EXPORT = "umbel export-user";
const POLL_MS = 1000;
/** More than that is not held by a browser that cannot write to a file. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;

/** @param {import("./settings-frame.js").Context} context */
async function kept({store}) {
    const files = (await all(store.path("/files"))).filter((f) => f.is_here);
    const bytes = files.reduce((sum, f) => sum + f.size, 0);
    return el("ul", {class: "facts"}, ...[
        tn(store.contacts.size, "1 contact", "{n} contacts"),
        tn(store.conversations.size, "1 conversation", "{n} conversations"),
        tn(files.length, "1 file, {size}", "{n} files, {size}",
            {size: size(bytes)}),
    ].map((text) => el("li", {}, text)));
}

/** How a file is written as it comes; not in every browser. */
function picker() {
    return /** @type {any} */ (window).showSaveFilePicker;
}

/**
 * The bytes of a backup into a file that the user chooses; past the page where
 * the browser can do that.
 * @param {any} job  that is done
 * @param {string} name
 */
async function download(job, name) {
    const path = `/v1/jobs/${job.id}/content`;
    const pick = picker();
    if (pick) {
        let handle;
        try {
            handle = await pick.call(window, {suggestedName: name});
        } catch {
            return null;  // he thought better of it
        }
        const answer = await open("GET", path);
        await answer.body?.pipeTo(await handle.createWritable());
        return t("It is saved.");
    }
    const url = URL.createObjectURL(await (await open("GET", path)).blob());
    el("a", {href: url, download: name}).click();
    setTimeout(() => URL.revokeObjectURL(url), 60 * 1000);
    return t("The browser saves it.");
}

/** One backup from its beginning to its file. */
class Backup {
    /** @param {import("./settings-frame.js").Context} context */
    constructor(context) {
        this.context = context;
        this.node = el("div", {class: "backup"});
        this.timer = 0;
        this.isSaving = false;
        /** @type {any} */
        this.job = null;
        this.askFirst();
    }

    close() {
        clearTimeout(this.timer);
        // Nobody else knows of it; but a file that is being written goes on.
        if (this.job && !this.isSaving)
            call("DELETE", `/v1/jobs/${this.job.id}`).catch(() => {});
    }

    askFirst() {
        const first = field(t("Passphrase of the backup"), secret(true),
            {help: t("It need not be yours. Without it the backup is of no " +
                "use.")});
        const again = field(t("The same passphrase again"), secret(true));
        const files = el("input", {type: "checkbox", id: "backup-files"});
        files.checked = true;
        fill(this.node, form({button: t("Make a backup"),
            busy: t("One moment…"), submit: async () =>
                checkNew(first.input, again.input) ??
                this.start(first.input.value, files.checked)},
        first.node, again.node, el("div", {class: "choice"}, files,
            el("label", {for: files.id}, t("With files and pictures")))));
    }

    /**
     * @param {string} passphrase
     * @param {boolean} withFiles
     */
    async start(passphrase, withFiles) {
        const answer = await open("POST", this.context.store.path("/export"),
            {body: {passphrase, with_files: withFiles}});
        this.job = await answer.json();
        if (this.context.isAlive())
            this.showProgress();
        else
            this.close();
    }

    showProgress() {
        const id = this.job.id;
        const bar = el("progress", {max: 100,
            "aria-label": t("Making the backup")});
        const cancel = button(t("Cancel"), () => {
            this.close();
            this.job = null;
            this.askFirst();
        });
        fill(this.node, el("p", {role: "status"}, t("Making the backup…")),
            bar, cancel);
        cancel.focus();
        const look = async () => {
            let {job} = this;
            try {
                job = await call("GET", `/v1/jobs/${id}`);
            } catch (error) {
                if (error instanceof Problem && error.status === 404)
                    job = {...job, state: "failed"};
            }
            // It was cancelled, or left.
            if (this.job?.id !== id || !this.context.isAlive())
                return;
            this.job = job;
            bar.value = this.job.percent;
            if (["waiting", "running"].includes(this.job.state))
                this.timer = setTimeout(look, POLL_MS);
            else
                this.showEnd();
        };
        look();
    }

    showEnd() {
        const {job} = this;
        if (job.state !== "done") {
            this.job = null;
            this.askFirst();
            this.node.prepend(el("p", {class: "complaint", role: "alert"},
                job.problem ? sentence(new Problem(500, job.problem))
                    : t("It did not work.")));
            return;
        }
        const day = new Date().toISOString().slice(0, 10);
        const save = action(t("Save the backup"), async () => {
            this.isSaving = true;
            try {
                return await download(job, `umbel-${day}.backup`);
            } finally {
                this.isSaving = false;
            }
        }, "primary");
        fill(this.node,
            el("p", {role: "status"}, t("The backup is ready: {size}.",
                {size: size(job.result.size)})),
            job.result.size > HELD_BYTES_MAX &&
                !picker() && el("p", {class: "warning"}, t("This browser " +
                    "holds all of it in memory while it saves. In a terminal:"),
                " ", el("code", {}, EXPORT)),
            save);
        save.querySelector("button")?.focus();
    }
}

/** @param {import("./settings-frame.js").Context} context */
function destroy({store, go}) {
    const name = field(t("Name of this user"), {autocomplete: "off"},
        {help: nameOf(store.user.name)});
    const passphrase = field(t("Your passphrase"), secret(false));
    const asked = ask({title: t("Delete this user"), danger: true,
        text: t("All contacts, messages, files and the address of this user " +
            "are destroyed at once, for ever. Contacts are not told; a " +
            "backup brings back the history, but not the contacts' trust."),
        button: t("Delete for ever"), fields: [name.node, passphrase.node],
        act: async () => {
            if (name.input.value.trim() !== store.user.name) {
                name.input.select();
                return t("That is not the name of this user.");
            }
            try {
                await call("POST", store.path("/destroy"), {
                    passphrase: passphrase.input.value,
                    confirm_name: store.user.name});
            } catch (error) {
                return passphraseSentence(error);
            }
            asked.close();
            go.gone();
        }});
}

/** @param {import("./settings-frame.js").Context} context */
export async function data(context) {
    const isAdmin = context.go.may("admin");
    const facts = await kept(context);
    const backup = isAdmin ? new Backup(context) : null;

    return {close: () => backup?.close(), node: part(
        group(t("What is kept"), facts, el("p", {class: "help"},
            t("All of it is on this computer alone, encrypted with your " +
                "passphrase. The browser keeps nothing."))),
        group(t("Backup"), el("p", {class: "help"}, t("One file with your " +
            "contacts and messages. Who restores it has the history; " +
            "contacts must be invited again.")),
        backup ? backup.node : elsewhere(EXPORT)),
        group(t("Delete this user"), isAdmin
            ? button(t("Delete this user…"),
                () => destroy(context), "secondary is-danger")
            : elsewhere("umbel user destroy")))};
}

export async function about() {
    const daemon = await call("GET", "/v1/daemon");
    return {node: part(group("Umbel", el("ul", {class: "facts"}, ...[
        t("Version {version}", {version: daemon.version}),
        t("Running since {time}", {time: full(daemon.started_at)}),
        t("Messages go from your computer to the other one over Tor. There " +
            "is no server and no account."),
        t("Free software, under the GNU General Public License, version 3 " +
            "or later, without any warranty."),
    ].map((text) => el("li", {}, text)))))};
}
