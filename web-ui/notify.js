// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * notify - tells of new messages beside the page, for who wants it.
 */
import {t} from "./i18n.js";
import {name} from "./text.js";
import {oneLine} from "./view/list.js";

/** Until then another tab may have shown, and read it. */
const PAUSE_MS = 700;

export class Notifier {
    /**
     * @param {import("./store.js").Store} store
     * @param {(conversationId: string) => void} open
     */
    constructor(store, open) {
        this.store = store;
        this.open = open;
        /**
         * By conversation.
         * @type {Map<string, {shown: Notification, message: string}>}
         */
        this.shown = new Map();
        /** @type {Set<number>} */
        this.timers = new Set();
        this.ends = [
            store.on("list", () => this.clean()),
            store.on("gone", (messageId) => this.drop(messageId)),
            store.on("message", (_type, message) =>
                message.kind === "deleted" && this.drop(message.id)),
        ];
        // They would outlive the page.
        this.onHide = () => this.hide();
        addEventListener("pagehide", this.onHide);
    }

    close() {
        for (const end of this.ends)
            end();
        removeEventListener("pagehide", this.onHide);
        this.hide();
    }

    hide() {
        for (const timer of this.timers)
            clearTimeout(timer);
        for (const {shown} of this.shown.values())
            shown.close();
        this.shown.clear();
    }

    /** @param {any} message  that came */
    take(message) {
        if (this.store.isMuted(
            this.store.conversations.get(message.conversation_id)))
            return;
        const timer = setTimeout(() => {
            this.timers.delete(timer);
            this.show(message);
        }, PAUSE_MS);
        this.timers.add(timer);
    }

    /** @param {any} message */
    show(message) {
        const id = message.conversation_id;
        const conversation = this.store.conversations.get(id);
        const isTold = !!this.store.prefs?.notifyContent;

        if (!conversation?.unread_count)
            return;
        try {
            if (Notification.permission !== "granted")
                return;
            const shown = new Notification(
                isTold ? name(conversation.title) : "Umbel",
                {body: isTold ? oneLine(message) : t("New message"),
                    tag: isTold ? id : "umbel"});
            shown.onclick = () => {
                window.focus();
                this.open(id);
                shown.close();
            };
            this.shown.set(id, {shown, message: message.id});
        } catch {
            // there are browsers that cannot, or leave it to workers
        }
    }

    /** What is read needs no telling. */
    clean() {
        for (const id of this.shown.keys())
            if (!this.store.conversations.get(id)?.unread_count)
                this.takeBack(id);
    }

    /** @param {string} messageId  whose text shall not stand there longer */
    drop(messageId) {
        for (const [id, {message}] of this.shown)
            if (message === messageId)
                this.takeBack(id);
    }

    /** @param {string} id */
    takeBack(id) {
        this.shown.get(id)?.shown.close();
        this.shown.delete(id);
    }
}
