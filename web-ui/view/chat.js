// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * chat - one conversation: who it is with, its messages, the next one.
 */
import {call} from "../api.js";
import {
    el, fill, icon, iconButton, put, renew, setText, unseen, who,
} from "../dom.js";
import {t} from "../i18n.js";
import {listenFor} from "../keys.js";
import {name, visible} from "../text.js";
import * as words from "../words.js";
import {Attach} from "./attach.js";
import {Composer} from "./composer.js";
import {late, openContact} from "./late.js";
import {avatar} from "./list.js";
import {Log} from "./log.js";
import {announce} from "./status.js";

const ANNOUNCED_CHARS = 300;

export class Chat {
    /**
     * @param {import("../store.js").Store} store
     * @param {string} id
     * @param {import("../outbox.js").Outbox} outbox
     * @param {() => void} back
     */
    constructor(store, id, outbox, back) {
        this.store = store;
        this.id = id;
        this.outbox = outbox;
        this.readUpTo = this.conversation?.read_up_to ?? null;
        this.isMarking = false;
        this.isTyping = false;
        this.title = el("h2");
        this.picture = el("span", {class: "picture"});
        this.presence = el("p", {class: "presence"});
        this.facts = el("p", {class: "head-facts"});
        this.alarm = el("p", {class: "alarm", hidden: true}, icon("alarm"),
            t("Something is wrong with this contact: its keys were seen " +
            "elsewhere, or its data went back to an older state. Ask over " +
            "another way before you trust it."));
        this.log = new Log(store, id, outbox, {
            seen: () => this.markRead(),
            actions: (bubble) => late(store, () => import("./message-menu.js"),
                (part) => part.openActions(this, bubble)),
        });
        this.composer = this.makeComposer();
        this.more = iconButton(t("More"), "more", () => late(store,
            () => import("./chat-menu.js"), (part) => part.openChatMenu(this)));
        this.more.setAttribute("aria-haspopup", "menu");
        this.node = el("section", {class: "chat"});
        this.attach = new Attach(store, id, this.node);
        this.attach.composer = this.composer;
        put(this.node,
            el("header", {}, iconButton(t("Back to the list"), "back", back,
                "back"), this.picture,
            el("div", {class: "names"}, this.title, el("div", {class: "under"},
                this.presence, this.facts)),
            iconButton(t("Contact"), "people", () => this.openContact()),
            this.more),
            this.alarm, this.log.node, this.attach.tray, this.composer.node);
        this.composer.column.prepend(this.attach.buttons);
        this.listen();
        this.showHead();
        this.log.start();
    }

    get conversation() {
        return this.store.conversations.get(this.id);
    }

    makeComposer() {
        const {outbox, id} = this;
        return new Composer(this.store.title(id),
            outbox.drafts.get(id) ?? this.conversation?.draft ?? "", {
                send: (text, replyTo) => this.send(text, replyTo),
                edit: (message, text) => this.edit(message, text),
                editLast: () => this.editLast(),
                draft: (draft) => outbox.draft(id, draft),
                save: () => outbox.saveDrafts(),
                typing: (isOn) => this.tellTyping(isOn),
            });
    }

    listen() {
        const {store, id} = this;
        this.ends = [
            store.on("list", () => this.showHead()),
            store.on("message", (type, m) => this.onMessage(type, m)),
            store.on("gone", (gone) => {
                this.composer.forget(gone);
                if (gone === id)
                    this.log.start();
                else
                    this.log.drop(gone);
            }),
            store.on("reset", () => this.log.start()),
            store.on("typing", (contact, isOn) => this.onTyping(contact, isOn)),
            store.on("connection", () => {
                // That he stopped would not be heard.
                this.onTyping(this.conversation?.contact_id, false);
                if (store.connection.state === "live")
                    this.log.again();
            }),
            listenFor([
                {keys: "Alt+PageUp", label: t("To the messages"),
                    act: () => this.log.focus(), inText: true},
                {keys: "Alt+PageDown", label: t("To the field to write in"),
                    act: () => this.focus(), inText: true},
            ]),
        ];
        this.onSight = (/** @type {Event} */ event) => {
            if (event.type === "pagehide" ||
                document.visibilityState === "hidden")
                this.outbox.saveDrafts();
            this.markRead();
        };
        document.addEventListener("visibilitychange", this.onSight);
        window.addEventListener("focus", this.onSight);
        window.addEventListener("pagehide", this.onSight);
    }

    close() {
        document.removeEventListener("visibilitychange", this.onSight);
        window.removeEventListener("focus", this.onSight);
        window.removeEventListener("pagehide", this.onSight);
        for (const end of this.ends)
            end();
        this.composer.close();
        this.outbox.saveDrafts();
        this.attach.close();
        this.log.close();
    }

    openContact() {
        openContact(this.store, this.conversation?.contact_id);
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
        renew(this.picture, [title, isOnline],
            () => [avatar(this.id, title, isOnline)]);
        setText(this.presence, this.isTyping ? t("writing…")
            : words.presence(contact));
        this.showFacts();
        this.alarm.hidden = !contact?.alarm;
        if (!this.outbox.drafts.has(this.id))
            this.composer.offer(this.conversation?.draft ?? "");
    }

    showFacts() {
        const timer = this.conversation?.disappearing_seconds ?? 0;
        const muted = this.store.isMuted(this.conversation);
        renew(this.facts, [timer, muted], () => [
            timer > 0 && el("span", {title:
                t("Messages disappear once they are read")}, icon("timer"),
            unseen(t("Messages disappear after ")),
            words.span(timer)),
            muted && el("span", {title: t("Muted")}, icon("mute"),
                unseen(t("Muted")))]);
    }

    /**
     * @param {string} contactId
     * @param {boolean} isOn
     */
    onTyping(contactId, isOn) {
        if (contactId !== this.conversation?.contact_id ||
            isOn === this.isTyping)
            return;
        this.isTyping = isOn;
        this.showHead();
    }

    /** @param {boolean} isOn */
    tellTyping(isOn) {
        call("PUT", this.store.path(`/conversations/${this.id}/typing`),
            {typing: isOn}).catch(() => {});
    }

    /**
     * @param {string} type
     * @param {any} message
     */
    onMessage(type, message) {
        if (message.conversation_id !== this.id)
            return;
        if (message.kind === "deleted")
            this.composer.forget(message.id);
        this.log.take(type, message);
        if (type === "message.received")
            announce(`${name(this.store.title(this.id))}: ${
                words.kind(message) || visible(message.text)
                    .slice(0, ANNOUNCED_CHARS)}`);
    }

    /**
     * @param {string} text
     * @param {string | null} replyTo
     */
    send(text, replyTo) {
        this.outbox.send(this.id, text, replyTo);
        this.log.toNewest();
    }

    /**
     * @param {any} message
     * @param {string} text
     */
    async edit(message, text) {
        try {
            await call("PATCH", this.store.path(`/messages/${message.id}`),
                {text});
            return "";
        } catch (error) {
            return words.sentence(error);
        }
    }

    editLast() {
        const last = !this.log.hasNewer && this.log.items.findLast(
            ({message: m}) => m.direction === "out" && m.kind === "text");
        if (last)
            this.composer.edit(last.message);
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
