// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * status - what is said aloud, the banner of a lost connection, and how far
 * Tor is.
 */
import {call} from "../api.js";
import {button, el, fill, setText} from "../dom.js";
import {t} from "../i18n.js";
import * as words from "../words.js";

const TOR_SOON_MS = 1000;
const TOR_LATER_MS = 2000;
/** So long at one percentage, and somebody may be in its way. */
const TOR_STUCK_MS = 45 * 1000;
const SPOKEN_CHARS_MAX = 200;

/**
 * Says it to those who listen instead of looking; politely.  Below a dialog
 * nothing is heard.
 * @param {string} text
 */
export function announce(text) {
    const lines = document.querySelectorAll("#status, dialog[open] > .spoken");
    for (const line of lines)
        line.textContent = "";
    lines[lines.length - 1].textContent = text.slice(0, SPOKEN_CHARS_MAX);
}

/** Tells that the daemon does not answer, and when it is asked again. */
export class Banner {
    /** @param {import("../store.js").Store} store */
    constructor(store) {
        this.store = store;
        this.text = el("span");
        this.button = button(t("Try now"), () => store.retry(), "link");
        this.node = el("div", {class: "banner", hidden: true},
            this.text, this.button);
        this.timer = 0;
        this.wasLost = false;
        store.on("connection", () => this.update());
    }

    update() {
        const {state, retryAt} = this.store.connection;
        const left = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
        const isLost = state === "lost";

        clearTimeout(this.timer);
        this.node.hidden = !isLost;
        if (isLost) {
            setText(this.text, left
                ? t("Umbel does not answer. Trying again in {time}.",
                    {time: words.seconds(left)})
                : t("Umbel does not answer. Trying again…"));
            this.timer = setTimeout(() => this.update(), 500);
        }
        if (isLost !== this.wasLost)
            announce(isLost ? t("Umbel does not answer.")
                : t("Connected again."));
        this.wasLost = isLost;
    }

    close() {
        clearTimeout(this.timer);
    }
}

/** How far Tor is, and while it matters what it does and what one can do. */
export class TorStatus {
    /** @param {string} [userId]  whose page it is */
    constructor(userId) {
        this.userId = userId;
        this.dot = el("span", {class: "dot", "aria-hidden": "true"});
        this.text = el("span", {}, t("Asking how Tor is…"));
        this.step = el("p", {class: "tor-step", hidden: true});
        this.bar = el("progress", {max: 100, hidden: true,
            "aria-label": t("Connecting to Tor")});
        this.node = el("div", {class: "tor"},
            el("p", {}, this.dot, this.text), this.bar, this.step);
        this.timer = 0;
        this.state = this.told = "";
        this.percent = -1;
        this.movedAt = Date.now();
        this.isClosed = false;
        this.poll();
    }

    async poll() {
        clearTimeout(this.timer);
        try {
            const tor = await call("GET", "/v1/tor");
            if (!this.isClosed)
                this.show(tor);
        } catch {
            // The banner tells of it; what was is not known to be still so.
            setText(this.text, t("Asking how Tor is…"));
            delete this.node.dataset.state;
        }
        if (!this.isClosed)
            this.timer = setTimeout(() => this.poll(),
                this.state === "ready" ? TOR_LATER_MS : TOR_SOON_MS);
    }

    /** @param {any} tor */
    show(tor) {
        const isComing = ["starting", "bootstrapping"].includes(tor.state);
        const told = words.tor(tor, this.userId);
        setText(this.text, told);
        this.bar.hidden = !isComing;
        this.bar.value = tor.bootstrap.percent;
        this.node.dataset.state = words.isCutOff(tor, this.userId)
            ? "failed" : tor.state;
        if (tor.bootstrap.percent !== this.percent || !isComing)
            this.movedAt = Date.now();
        this.percent = tor.bootstrap.percent;
        this.showStep(tor, isComing);
        if (this.state && told !== this.told &&
            ["ready", "failed"].includes(tor.state))
            announce(told);
        this.state = tor.state;
        this.told = told;
    }

    /**
     * @param {any} tor
     * @param {boolean} isComing
     */
    showStep(tor, isComing) {
        const isStuck = tor.state === "failed" ||
            Date.now() - this.movedAt > TOR_STUCK_MS;
        const hint = isStuck ? t("If your network blocks Tor, a bridge helps: " +
            "see the settings.")
            : isComing ? t("You can invite people and write meanwhile; it is " +
                "sent as soon as Tor is there.") : "";
        const text = [words.torStep(tor), hint].filter(Boolean).join(" ");
        setText(this.step, text);
        this.step.hidden = !text;
    }

    close() {
        this.isClosed = true;
        clearTimeout(this.timer);
    }
}

/**
 * A view that is nothing but a sentence while something is loaded.
 * @param {string} text
 */
export function waiting(text) {
    const node = el("main", {class: "start"});
    fill(node, el("p", {class: "quiet"}, text));
    return {node};
}
