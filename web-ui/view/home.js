// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * home - everything of one unlocked user: the list, and the conversation that
 * is open.
 */
import {button, el, fill, icon, iconButton, put, setText, who} from "../dom.js";
import {t} from "../i18n.js";
import {listenFor} from "../keys.js";
import {name} from "../text.js";
import {sentence} from "../words.js";
import {addContact, late, loadAhead, openRequests, openSettings} from
    "./late.js";
import {List} from "./list.js";
import {menuButton} from "./menu.js";
import {Banner, TorStatus, announce} from "./status.js";

const TOAST_MS = 6000;
/** Where only the list or a conversation fits. */
const NARROW = matchMedia("(max-width: 44rem)");

/** Once it is here. @type {typeof import("./chat.js") | null} */
let chatPart = null;

/** A part of the page did not come. */
function missing() {
    return t("This part of the page could not be loaded. " +
        "Reload it when Umbel answers again.");
}

/**
 * @param {string} kind
 * @param {any} what
 */
function noticeOf(kind, what) {
    switch (kind) {
    case "contact":
        return t("{name} is your contact now.",
            {name: name(what.alias ?? what.display_name)});
    case "request": return t("Somebody asks to be a contact.");
    case "missing": return missing();
    default: return sentence(what);
    }
}

/** @param {() => void} act */
function loadWhenIdle(act) {
    (window.requestIdleCallback ?? setTimeout)(act);
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
        /** @type {import("./chat.js").Chat | null} */
        this.chat = null;
        /** @type {import("./search.js").Search | null} */
        this.search = null;
        /** @type {import("../notify.js").Notifier | null} */
        this.notifier = null;
        this.toastTimer = 0;
        this.banner = new Banner(store);
        this.tor = new TorStatus(store.user.id);
        this.list = new List(store, {
            choose: (id) => this.open(id),
            invite: () => addContact(store, "invite"),
            accept: () => addContact(store, "link"),
            decide: () => openRequests(store),
        });
        this.box = el("input", {type: "search", maxlength: 200,
            autocomplete: "off", spellcheck: "false", dir: "auto",
            "aria-label": t("Search"), placeholder: t("Search"),
            on: {focus: () => this.loadSearch()}});
        this.toast = el("p", {class: "toast", popover: "manual"});
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
        loadWhenIdle(() => store.isClosed || loadAhead());
    }

    /** @param {any} go */
    sidebar(go) {
        const {store} = this;
        const settings = (/** @type {string} */ section) => () =>
            openSettings(store, go, section);
        const keys = {label: t("Keyboard shortcuts"),
            act: () => this.showKeys()};
        return el("div", {class: "sidebar"},
            el("header", {},
                el("h2", {}, el("button", {type: "button", class: "me",
                    title: t("Your profile"), on: {click: settings("you")}},
                who(store.user.name))),
                iconButton(t("Invite someone"), "invite",
                    this.list.go.invite),
                iconButton(t("Use an invite"), "link", this.list.go.accept),
                menuButton(t("Menu"), "more", () => [keys, go.other && {
                    label: t("Another user"), act: go.other}])),
            el("div", {class: "search"}, icon("search"), this.box),
            this.list.node,
            el("footer", {}, this.tor.node,
                iconButton(t("Settings"), "gear", settings("")),
                iconButton(t("Lock"), "lock", () => go.lock().catch(
                    (/** @type {unknown} */ e) => this.say(sentence(e)))),
                iconButton(t("Log out"), "leave", go.logout)));
    }

    nothing() {
        return el("div", {class: "nothing"},
            el("img", {src: "icon.svg", alt: "", width: 72, height: 72}),
            el("p", {class: "quiet"}, t("Choose a conversation")));
    }

    listen() {
        const {store} = this;
        let wasLost = false;

        store.on("message", (_type, message) => this.outbox.settle(message));
        store.on("message", (type, message) => type === "message.received" &&
            this.notify(message));
        store.on("list", () => this.showTitle());
        store.on("connection", () => {
            const isLost = store.connection.state === "lost";
            if (wasLost && !isLost) {
                this.outbox.retryAll();
                this.tor.poll();
            }
            wasLost = isLost;
        });
        store.on("gone", (id) => {
            // Its conversation went with a contact.
            if (this.list.open === id && !store.conversations.has(id))
                this.back();
        });
        store.on("notice", (kind, what) => this.say(noticeOf(kind, what)));
        const isOpen = () => this.panes.classList.contains("is-open");
        this.forget = listenFor([
            {keys: "Ctrl+k", label: t("Search"), inText: true,
                act: () => this.goSearch()},
            {keys: "Alt+ArrowDown", label: t("Next conversation"),
                act: () => this.step(1), inText: true},
            {keys: "Alt+ArrowUp", label: t("Previous conversation"),
                act: () => this.step(-1), inText: true},
            {keys: "Alt+Shift+ArrowDown", label: t("Next unread conversation"),
                act: () => this.openIf(this.list.nextUnread()), inText: true},
            {keys: "Escape", label: t("Back to the list"), inText: true,
                act: () => this.back(), when: () => NARROW.matches && isOpen()},
            {keys: "?", label: t("Keyboard shortcuts"),
                act: () => this.showKeys()},
            {keys: "Ctrl+/", label: t("Keyboard shortcuts"), inText: true,
                act: () => this.showKeys()},
        ]);
    }

    /** @param {number} step */
    step(step) {
        this.openIf(this.list.neighbour(step));
    }

    /** @param {string | undefined} id */
    openIf(id) {
        if (id)
            this.open(id);
    }

    loadSearch() {
        late(this.store, () => import("./search.js"), ({Search}) => {
            if (this.search)
                return;
            this.search = new Search(this.store, this.box, this.list.node, {
                open: (id, messageId) => this.open(id, messageId),
                leave: () => this.leaveSearch(),
            });
            this.list.node.after(this.search.node);
        });
    }

    goSearch() {
        this.panes.classList.remove("is-open");
        this.box.focus();
        this.box.select();
    }

    /** To where one writes, or chooses. */
    leaveSearch() {
        if (this.chat)
            this.open(this.chat.id);
        else
            this.focus();
    }

    showKeys() {
        late(this.store, () => import("./keys.js"), (part) => part.showKeys());
    }

    /**
     * Tells of a message beside the page, if that is wanted and it is not
     * in sight; one of all tabs does.
     * @param {any} message
     */
    notify(message) {
        const isSeen = document.visibilityState === "visible" &&
            document.hasFocus() && this.chat?.id === message.conversation_id;
        if (isSeen || !this.store.prefs?.notify || !this.store.feed?.isLeader)
            return;
        late(this.store, () => import("../notify.js"), ({Notifier}) => {
            this.notifier ??= new Notifier(this.store, (id) => this.open(id));
            this.notifier.take(message);
        });
    }

    /** Where one chooses; else where one begins. */
    focus() {
        /** @type {HTMLElement | null} */
        (this.list.node.querySelector(".row, .primary"))?.focus();
    }

    close() {
        this.forget();
        this.search?.close();
        this.notifier?.close();
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
        if (!this.store.conversations.has(id))
            return;
        this.panes.classList.add("is-open");
        if (this.list.open !== id) {
            this.chat?.close();
            this.chat = null;
            this.list.setOpen(id);
        }
        if (!chatPart) {
            this.loadChat(id, messageId);
            return;
        }
        if (!this.chat) {
            this.chat = new chatPart.Chat(this.store, id, this.outbox,
                () => this.back());
            fill(this.pane, this.chat.node);
        }
        this.chat.composer.update();
        this.chat.focus();
        if (messageId)
            this.chat.jump(messageId);
    }

    /**
     * @param {string} id
     * @param {string} messageId
     */
    async loadChat(id, messageId) {
        const text = el("p", {class: "quiet", role: "status"}, t("Opening…"));
        const view = el("div", {class: "nothing"}, text);
        fill(this.pane, view);
        try {
            chatPart = await import("./chat.js");
        } catch {
            const again = button(t("Try again"),
                () => this.loadChat(id, messageId));
            setText(text, missing());
            put(view, again, iconButton(t("Back to the list"), "back",
                () => this.back(), "back"));
            // Where the one was that had been pressed.
            if (document.activeElement === document.body)
                again.focus();
        }
        // Another may be wanted by now.
        if (chatPart && view.isConnected)
            this.open(id, messageId);
    }

    /** To the list, where only one of the two fits. */
    back() {
        const id = this.list.open;
        this.chat?.close();
        this.chat = null;
        fill(this.pane, this.nothing());
        this.panes.classList.remove("is-open");
        this.list.setOpen("");
        this.list.rows.get(id)?.button.focus();
    }

    showTitle() {
        const unread = this.store.unread();
        document.title = unread ? `(${unread}) Umbel` : "Umbel";
    }

    /** @param {string} text */
    say(text) {
        if (!this.node.isConnected)
            return;
        clearTimeout(this.toastTimer);
        fill(this.toast, text);
        // Once more, so that it is above what was opened since.
        this.toast.hidePopover();
        this.toast.showPopover();
        this.toastTimer = setTimeout(() => this.toast.hidePopover(), TOAST_MS);
        announce(text);
    }
}
