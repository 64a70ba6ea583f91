// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * home - everything of one unlocked user: the list, and the conversation that
 * is open.
 */
import {el, fill, iconButton, put, who} from "../dom.js";
import {t} from "../i18n.js";
import {listenFor} from "../keys.js";
import {name} from "../text.js";
import {sentence} from "../words.js";
import {Chat} from "./chat.js";
import {accept, invite} from "./dialogs.js";
import {openContact} from "./contact.js";
import {List} from "./list.js";
import {decide} from "./requests.js";
import {openSettings} from "./settings.js";
import {Banner, TorStatus, announce} from "./status.js";

const TOAST_MS = 6000;

/**
 * @param {string} kind
 * @param {any} what
 */
function noticeOf(kind, what) {
    switch (kind) {
    case "contact":
        return `${name(what.alias ?? what.display_name)} is your contact now.`;
    case "request": return "Somebody asks to be a contact.";
    default: return sentence(what);
    }
}

export class Home {
    /**
     * @param {import("../store.js").Store} store  started
     * @param {import("../outbox.js").Outbox} outbox
     * @param {{lock: () => Promise<void>, logout: () => void,
     *     other: (() => void) | null}} go
     */
    constructor(store, outbox, go) {
        this.store = store;
        this.outbox = outbox;
        /** @type {Chat | null} */
        this.chat = null;
        this.toastTimer = 0;
        this.banner = new Banner(store);
        this.tor = new TorStatus();
        this.list = new List(store, {
            choose: (id) => this.open(id),
            invite: () => invite(store),
            accept: () => accept(store),
            decide: () => decide(store),
        });
        this.toast = el("p", {class: "toast", hidden: true});
        this.pane = el("div", {class: "pane"}, this.nothing());
        this.panes = el("div", {class: "panes"},
            this.sidebar(go), this.pane);
        this.node = el("main", {class: "home"},
            el("h1", {class: "hidden"}, "Umbel"), this.banner.node, this.panes,
            this.toast);
        this.listen();
        outbox.store = store;
        outbox.onChange = (id) => this.chat?.id === id &&
            this.chat.log.showPending();
        outbox.retryAll();
        this.list.update();
        this.showTitle();
    }

    /** @param {any} go */
    sidebar(go) {
        const {store} = this;
        return el("div", {class: "sidebar"},
            el("header", {}, el("h2", {}, who(store.user.name)),
                iconButton("Invite someone", "invite", () => invite(store)),
                iconButton("Take an invite", "link", () => accept(store))),
            this.list.node,
            el("footer", {}, this.tor.node,
                go.other && iconButton("Another user", "people", go.other),
                iconButton("Settings", "gear",
                    () => openSettings(store, go)),
                iconButton("Lock", "lock", () => go.lock().catch(
                    (/** @type {unknown} */ e) => this.say(sentence(e)))),
                iconButton("Log out", "leave", go.logout)));
    }

    nothing() {
        return el("div", {class: "nothing"},
            el("img", {src: "icon.svg", alt: "", width: 72, height: 72}),
            el("p", {class: "quiet"}, "Choose a conversation"));
    }

    listen() {
        const {store} = this;
        let wasLost = false;

        store.on("message", (/** @type {string} */ _type,
            /** @type {any} */ message) => this.outbox.settle(message));
        store.on("list", () => this.showTitle());
        store.on("connection", () => {
            const isLost = store.connection.state === "lost";
            if (wasLost && !isLost) {
                this.outbox.retryAll();
                this.tor.poll();
            }
            wasLost = isLost;
        });
        store.on("gone", (/** @type {string} */ id) => {
            // Its conversation went with a contact.
            if (this.chat?.id === id && !store.conversations.has(id))
                this.back();
        });
        store.on("notice", (/** @type {string} */ kind,
            /** @type {any} */ what) => this.say(noticeOf(kind, what)));
        this.forget = listenFor([
            {keys: "Alt+ArrowDown", label: t("Next conversation"),
                act: () => this.step(1), inText: true},
            {keys: "Alt+ArrowUp", label: t("Conversation before"),
                act: () => this.step(-1), inText: true},
        ]);
    }

    /** @param {number} step */
    step(step) {
        const id = this.list.neighbour(step);
        if (id)
            this.open(id);
    }

    close() {
        this.forget();
        for (const dialog of document.querySelectorAll("dialog"))
            dialog.close();
        this.chat?.close();
        this.banner.close();
        this.tor.close();
        this.outbox.detach();
        this.store.close();
        clearTimeout(this.toastTimer);
        document.title = "Umbel";
    }

    /**
     * @param {string} id
     * @param {string} [messageId]  that is to be shown
     */
    open(id, messageId = "") {
        if (this.chat?.id !== id) {
            this.chat?.close();
            this.chat = new Chat(this.store, id, this.outbox,
                {back: () => this.back(),
                    contact: (who) => openContact(this.store, who)});
            fill(this.pane, this.chat.node);
            this.list.setOpen(id);
        }
        this.panes.classList.add("is-open");
        this.chat.composer.update();
        this.chat.focus();
        if (messageId)
            this.chat.jump(messageId);
    }

    /** To the list, where only one of the two fits. */
    back() {
        const id = this.chat?.id;
        this.chat?.close();
        this.chat = null;
        fill(this.pane, this.nothing());
        this.panes.classList.remove("is-open");
        this.list.setOpen("");
        if (id)
            this.list.rows.get(id)?.button.focus();
    }

    showTitle() {
        const unread = this.store.unread();
        document.title = unread ? `(${unread}) Umbel` : "Umbel";
    }

    /** @param {string} text */
    say(text) {
        clearTimeout(this.toastTimer);
        fill(this.toast);
        put(this.toast, text);
        this.toast.hidden = false;
        this.toastTimer = setTimeout(() => {
            this.toast.hidden = true;
        }, TOAST_MS);
        announce(text);
    }
}
