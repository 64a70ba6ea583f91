// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * chat - one conversation: who it is with, its messages, the next one.
 */
import {call} from "../api.js";
import {el, fill, icon, iconButton, put, setText, who} from "../dom.js";
import {name, visible} from "../text.js";
import * as words from "../words.js";
import {Attach} from "./attach.js";
import {Composer} from "./composer.js";
import {avatar} from "./list.js";
import {Log} from "./log.js";
import {announce} from "./status.js";

export class Chat {
    /**
     * @param {import("../store.js").Store} store
     * @param {string} id
     * @param {import("../outbox.js").Outbox} outbox
     * @param {{back: () => void, contact: (id: string) => void}} go
     */
    constructor(store, id, outbox, go) {
        this.store = store;
        this.id = id;
        this.outbox = outbox;
        this.readUpTo = store.conversations.get(id)?.read_up_to ?? null;
        this.isMarking = false;
        this.title = el("h2");
        this.picture = el("span", {class: "picture"});
        this.presence = el("p", {class: "presence"});
        this.alarm = el("p", {class: "alarm", hidden: true}, icon("alarm"),
            "Something is wrong with this contact: its keys were seen " +
            "elsewhere, or its data went back to an older state. Ask over " +
            "another way before you trust it.");
        this.log = new Log(store, id, outbox, () => this.markRead());
        this.composer = new Composer(store.title(id),
            outbox.drafts.get(id) ?? "", (text) => this.send(text),
            (draft) => outbox.drafts.set(id, draft));
        this.node = el("section", {class: "chat"});
        this.attach = new Attach(store, id, this.node);
        put(this.node,
            el("header", {}, iconButton("Back to the list", "back", go.back,
                "back"), this.picture,
            el("div", {class: "names"}, this.title, this.presence),
            iconButton("Contact", "people", () => go.contact(
                store.conversations.get(id)?.contact_id))),
            this.alarm, this.log.node, this.attach.tray, this.composer.node);
        this.composer.node.prepend(this.attach.buttons);
        this.ends = [
            store.on("list", () => this.showHead()),
            store.on("message", (/** @type {string} */ type,
                /** @type {any} */ m) => this.onMessage(type, m)),
            store.on("gone", (/** @type {string} */ gone) => gone === id
                ? this.log.start() : this.log.drop(gone)),
            store.on("reset", () => this.log.start()),
        ];
        this.onSight = () => this.markRead();
        document.addEventListener("visibilitychange", this.onSight);
        window.addEventListener("focus", this.onSight);
        this.showHead();
        this.log.start();
    }

    close() {
        document.removeEventListener("visibilitychange", this.onSight);
        window.removeEventListener("focus", this.onSight);
        for (const end of this.ends)
            end();
        this.attach.close();
        this.log.close();
    }

    /** @param {string} messageId  to be shown */
    jump(messageId) {
        this.log.jump(messageId);
    }

    focus() {
        this.composer.focus();
    }

    showHead() {
        const title = this.store.title(this.id);
        const contact = this.store.contactOf(this.id);
        const isOnline = contact?.presence === "online";

        if (this.title.textContent !== name(title))
            fill(this.title, who(title));
        fill(this.picture, avatar(this.id, title, isOnline));
        setText(this.presence, words.presence(contact));
        this.alarm.hidden = !contact?.alarm;
    }

    /**
     * @param {string} type
     * @param {any} message
     */
    onMessage(type, message) {
        if (message.conversation_id !== this.id)
            return;
        this.log.take(type, message);
        if (type === "message.received")
            announce(`${name(this.store.title(this.id))}: ${
                words.kind(message) || visible(message.text)}`);
    }

    /** @param {string} text */
    async send(text) {
        if (this.log.hasNewer)
            await this.log.start();
        this.outbox.send(this.id, text);
        this.log.toBottom();
    }

    /** What is in sight is read; the daemon is told once for all of it. */
    async markRead() {
        const newest = this.log.newestIn;
        if (!newest || newest === this.readUpTo || this.isMarking ||
            !this.log.isAtBottom || document.visibilityState !== "visible" ||
            !document.hasFocus())
            return;
        this.isMarking = true;
        try {
            await call("PUT", this.store.path(
                `/conversations/${this.id}/read`), {message_id: newest});
            this.readUpTo = newest;
        } catch {
            // tried again with the next message, or look at the page
        }
        this.isMarking = false;
        if (this.readUpTo === newest)
            this.markRead();
    }
}
