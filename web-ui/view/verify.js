// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * verify - the safety number of two: compared by eye and ear, or by a camera.
 */
import {call} from "../api.js";
import {
    button, complaintLine, el, fill, icon, put, setText, unseen, who,
} from "../dom.js";
import {t} from "../i18n.js";
import * as words from "../words.js";
import {dialog} from "./dialog.js";
import {qrCode, reader, scan} from "./qr.js";
import {announce} from "./status.js";

/**
 * The digits in groups; each is heard digit by digit.
 * @param {string} digits
 */
function groups(digits) {
    return el("ol", {class: "digits", "aria-label": t("Safety number")},
        ...digits.split(" ").map((group) => el("li", {},
            el("span", {"aria-hidden": "true"}, group),
            unseen([...group].join(" ")))));
}

class Verify {
    /**
     * @param {import("../store.js").Store} store
     * @param {any} contact
     */
    constructor(store, contact) {
        this.store = store;
        this.id = contact.id;
        this.path = store.path(`/contacts/${contact.id}`);
        this.link = "";
        this.complaint = complaintLine();
        this.number = el("div", {}, el("p", {class: "quiet"},
            t("One moment…")));
        this.result = el("div", {class: "verify-result", tabindex: -1});
        this.node = dialog(t("Safety number"), el("div", {class: "profile"},
            el("p", {}, ...words.around(t("Ask {name} to open the same page " +
                "for you, and compare the number: side by side, or in a call " +
                "in which you know the voice. If it is the same on both " +
                "sides, nobody is between you."),
            who(contact.alias ?? contact.display_name))),
            this.number, this.complaint, this.result));
        this.node.addEventListener("close",
            store.on("list", () => this.update()));
        this.start();
    }

    get contact() {
        return this.store.contacts.get(this.id);
    }

    async start() {
        let found;
        try {
            found = await call("GET", `${this.path}/safety-number`);
        } catch (error) {
            fill(this.number);
            setText(this.complaint, words.sentence(error));
            return;
        }
        this.link = found.link;
        const detector = await reader();
        fill(this.number, groups(found.digits), el("figure", {class: "code"},
            qrCode(`${this.path}/safety-number.svg`,
                t("The safety number as a QR code")),
            el("figcaption", {}, detector
                ? t("Or let them scan this, or scan theirs.")
                : t("Or let them scan this: their Umbel compares it. This " +
                    "browser cannot scan theirs."))),
        detector && el("div", {class: "tools"}, button(t("Scan their code"),
            () => scan(detector, (text) => this.compare(text)))));
        this.showResult();
    }

    /** @param {string} text  of the code that was seen */
    compare(text) {
        if (text.trim().toLowerCase() === this.link.toLowerCase())
            this.set(true, "qr");
        else if (/^umbel:safety\//i.test(text.trim()))
            this.differ();
        else
            setText(this.complaint, t("That is not the code of a safety " +
                "number."));
    }

    /**
     * @param {boolean} verified
     * @param {"digits" | "qr"} method
     */
    async set(verified, method) {
        setText(this.complaint, "");
        try {
            const contact = await call("PUT", `${this.path}/verification`,
                {verified, method});
            this.store.contacts.set(this.id, contact);
            this.store.emitList();
            this.showResult();
            this.result.focus();
            announce(verified ? t("Verified") : t("Not verified any more"));
        } catch (error) {
            setText(this.complaint, words.sentence(error));
        }
    }

    update() {
        if (!this.contact)
            this.node.close();
        else if (this.link && this.shown !== this.contact.verified)
            this.showResult();
    }

    showResult() {
        const {verified, verified_at: at} = this.contact ?? {};
        this.shown = verified;
        fill(this.result);
        if (verified)
            put(this.result, el("p", {class: "verified"}, icon("check"),
                at ? t("You compared it on {date}, and it was the same.",
                    {date: words.date(at)})
                    : t("You compared it, and it was the same.")),
            el("div", {class: "tools"}, button(t("Take that back"),
                () => this.set(false, "digits"), "link")));
        else
            put(this.result, el("div", {class: "deeds"},
                button(t("I compared them and they match"),
                    () => this.set(true, "digits"), "primary"),
                button(t("They are different"), () => this.showDifferent())));
    }

    /** What was taken for proved is no longer. */
    async differ() {
        if (this.contact?.verified)
            await this.set(false, "digits");
        this.showDifferent();
    }

    showDifferent() {
        fill(this.result, el("div", {class: "warning", role: "alert"},
            el("p", {}, icon("alarm"), t("Compare once more: both of you must " +
            "have opened the number of each other. If they stay different, " +
            "somebody may sit between you and read along. Write nothing " +
            "secret here. Meet, make a new invite, and hand it over " +
            "yourself.")), el("div", {class: "tools"},
            button(t("Compare again"), () => {
                this.showResult();
                this.result.focus();
            }, "link"))));
        this.result.focus();
    }
}

/**
 * @param {import("../store.js").Store} store
 * @param {string} id  of a contact
 * @returns {HTMLDialogElement | null}
 */
export function showVerify(store, id) {
    const contact = store.contacts.get(id);
    return contact && !store.isClosed
        ? new Verify(store, contact).node : null;
}
