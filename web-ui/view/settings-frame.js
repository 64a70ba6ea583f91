// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings-frame - a window with the sections of the settings at its side, or
 * before them where there is no room.
 */
import {button, el, fill, iconButton} from "../dom.js";
import {mark, t} from "../i18n.js";
import {sentence} from "../words.js";
import {dialog} from "./dialog.js";

/**
 * @typedef {{node: HTMLElement, close?: () => void}} Part
 * @typedef {{store: import("../store.js").Store, go: any,
 *     leave: () => void, isAlive: () => boolean}} Context
 */

/** @type {Record<string, {label: string,
 *     load: () => Promise<(c: Context) => Promise<Part>>}>} */
const SECTIONS = {
    you: {label: mark("You"), load: async () =>
        (await import("./settings-you.js")).you},
    security: {label: mark("Security"), load: async () =>
        (await import("./settings-security.js")).security},
    look: {label: mark("Appearance"), load: async () =>
        (await import("./settings-look.js")).look},
    notify: {label: mark("Notifications"), load: async () =>
        (await import("./settings-look.js")).notifications},
    tor: {label: mark("Connection"), load: async () =>
        (await import("./settings-tor.js")).tor},
    data: {label: mark("Your data"), load: async () =>
        (await import("./settings-data.js")).data},
    programs: {label: mark("Programs"), load: async () =>
        (await import("./settings-tokens.js")).programs},
    about: {label: mark("About"), load: async () =>
        (await import("./settings-data.js")).about},
};

export class Settings {
    /**
     * @param {import("../store.js").Store} store
     * @param {any} go
     * @param {string} section
     */
    constructor(store, go, section) {
        this.store = store;
        this.go = go;
        /** @type {Part | null} */
        this.part = null;
        this.turn = 0;
        this.buttons = new Map(Object.entries(SECTIONS).map(([id, {label}]) =>
            [id, el("button", {type: "button",
                on: {click: () => this.open(id)}}, t(label))]));
        this.title = el("h3", {tabindex: -1});
        this.pane = el("div", {class: "settings-part"});
        this.body = el("div", {class: "settings"},
            el("nav", {"aria-label": t("Sections")}, ...this.buttons.values()),
            el("section", {}, el("header", {},
                iconButton(t("All settings"), "back", () => this.back(),
                    "back"), this.title), this.pane));
        this.node = dialog(t("Settings"), this.body);
        this.node.classList.add("settings-dialog");
        this.node.addEventListener("close", () => this.drop());
        if (Object.hasOwn(SECTIONS, section))
            this.open(section);
        else
            this.show("you");
    }

    drop() {
        this.turn++;
        this.part?.close?.();
        this.part = null;
    }

    /** To the list, where only one of the two fits. */
    back() {
        this.body.classList.remove("is-open");
        this.body.querySelector("[aria-current]")?.focus();
    }

    /** @param {string} id */
    open(id) {
        this.body.classList.add("is-open");
        this.title.focus();
        this.show(id);
    }

    /** @param {string} id */
    async show(id) {
        const {label, load} = SECTIONS[id];
        this.drop();
        const mine = this.turn;
        for (const [other, button] of this.buttons)
            if (other === id)
                button.setAttribute("aria-current", "page");
            else
                button.removeAttribute("aria-current");
        fill(this.title, t(label));
        fill(this.pane, el("p", {class: "quiet"}, t("One moment…")));
        const context = {store: this.store, go: this.go,
            leave: () => this.node.close(),
            isAlive: () => mine === this.turn};
        try {
            const part = await (await load())(context);
            if (mine !== this.turn) {
                part.close?.();
                return;
            }
            this.part = part;
            fill(this.pane, part.node);
        } catch (error) {
            if (mine === this.turn)
                fill(this.pane, el("p", {role: "alert"}, sentence(error)),
                    button(t("Try again"), () => this.show(id)));
        }
    }
}
