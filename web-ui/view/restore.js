// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * restore - a user out of a backup.
 */
import {Problem, call, open} from "../api.js";
import {el, field, form} from "../dom.js";
import {t} from "../i18n.js";
import {sentence} from "../words.js";
import {dialog} from "./dialog.js";

const POLL_MS = 500;

/** @param {any} problem  of a job that failed */
function failure(problem) {
    switch (problem?.code) {
    case "wrong_passphrase":
        return t("That is not the passphrase of this backup.");
    case "conflict":
        return t("There is a user of this name already. Give another one.");
    case "damaged":
        return t("This file is damaged, or no backup.");
    default:
        return problem ? sentence(new Problem(problem.status ?? 500, problem))
            : t("It did not work.");
    }
}

class Restore {
    /** @param {(userId: string) => void} done */
    constructor(done) {
        this.done = done;
        this.abort = new AbortController();
        /** @type {any} */
        this.job = null;
        /** What the job is of. @type {File | undefined} */
        this.file = undefined;
        this.bar = el("progress", {max: 100, hidden: true,
            "aria-label": t("Restoring")});
        this.chosen = field(t("Backup file"), {type: "file"});
        this.passphrase = field(t("Passphrase of the backup"), {
            type: "password", maxlength: 1024,
            autocomplete: "current-password"});
        this.name = field(t("Name"), {maxlength: 64, autocomplete: "off"},
            {help: t("Leave it empty to keep the name of the backup.")});
        this.node = dialog(t("Restore from a backup"), form({
            button: t("Restore"), busy: t("One moment…"),
            submit: () => this.submit()},
        el("p", {}, t("The history comes back, and the passphrase of the " +
            "backup becomes that of the user. Contacts must be invited " +
            "again.")),
        this.chosen.node, this.passphrase.node, this.name.node, this.bar));
        this.node.addEventListener("close", () => this.close());
    }

    close() {
        this.abort.abort();
        if (this.job && this.job.state !== "done")
            call("DELETE", `/v1/jobs/${this.job.id}`).catch(() => {});
    }

    async submit() {
        const file = this.chosen.input.files?.[0];
        if (!file)
            return t("Choose the file of the backup.");
        if (!this.passphrase.input.value)
            return t("The passphrase is needed.");
        this.bar.removeAttribute("value");
        this.bar.hidden = false;
        try {
            if (this.file !== file)
                await this.bring(file);
            await call("PATCH", `/v1/jobs/${this.job.id}`, {
                passphrase: this.passphrase.input.value,
                ...this.name.input.value.trim() &&
                    {name: this.name.input.value.trim()}});
            return await this.follow();
        } catch (error) {
            return this.abort.signal.aborted ? null : sentence(error);
        } finally {
            this.bar.hidden = true;
        }
    }

    /** @param {File} file */
    async bring(file) {
        const answer = await open("POST", "/v1/users/import", {bytes: file,
            headers: {"Content-Type": "application/octet-stream"},
            signal: this.abort.signal});
        this.job = await answer.json();
        this.file = file;
    }

    /** @returns {Promise<string | null>} */
    async follow() {
        for (;;) {
            this.job = await call("GET", `/v1/jobs/${this.job.id}`);
            if (this.abort.signal.aborted)
                return null;
            if (!["waiting", "running"].includes(this.job.state))
                break;
            this.bar.value = this.job.percent;
            await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        }
        if (this.job.state !== "done") {
            this.passphrase.input.select();
            return failure(this.job.problem);
        }
        this.node.close();
        this.done(this.job.result.user_id);
        return null;
    }
}

/** @param {(userId: string) => void} done */
export function openRestore(done) {
    new Restore(done);
}
