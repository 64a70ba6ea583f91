// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * composer - where a message is written.
 */
import {el, iconButton, put, setText} from "../dom.js";
import {t, tn} from "../i18n.js";
import {TEXT_BYTES_MAX, byteLength, name} from "../text.js";
import {lineOf} from "./message.js";

/** Keyboards for other scripts tell so while a word is being composed. */
const KEY_CODE_COMPOSING = 229;
/** It is told again so often that one writes, and that it is over. */
const TYPING_MS = 4000;
const STILL_MS = 5000;
/** Who wrote just now is not interrupted by what another page knows. */
const WRITING_MS = 2000;

export class Composer {
    /**
     * @param {string} peer
     * @param {string} draft
     * @param {{send: (text: string, replyTo: string | null) => void,
     *     edit: (message: any, text: string) => Promise<string | void>,
     *     editLast: () => void, draft: (text: string) => void,
     *     save: () => void, typing: (isOn: boolean) => void}} go
     *     edit gives a sentence if something is to be complained about
     */
    constructor(peer, draft, go) {
        this.peer = name(peer);
        this.go = go;
        /** What is edited, or answered. @type {any} */
        this.edited = null;
        /** @type {any} */
        this.answered = null;
        /** What stood here before a message was edited. */
        this.aside = "";
        this.writtenAt = 0;
        this.toldAt = 0;
        this.stillTimer = 0;
        this.area = el("textarea", {
            rows: 1, "aria-label": t("Message to {name}", {name: this.peer}),
            placeholder: t("Write a message"), dir: "auto",
            "aria-describedby": "composer-note", autocomplete: "off",
            on: {
                input: () => this.onInput(),
                blur: () => go.save(),
                keydown: (/** @type {KeyboardEvent} */ e) => this.onKey(e),
            },
        });
        this.area.value = draft;
        this.note = el("p", {class: "complaint", id: "composer-note",
            role: "alert"});
        this.button = iconButton(t("Send"), "send", () => this.send(), "send");
        this.about = el("p", {});
        this.bar = el("div", {class: "about", hidden: true}, this.about,
            iconButton(t("Never mind"), "close", () => this.leave()));
        this.column = el("div", {class: "column"}, this.bar, this.area,
            this.button, this.note);
        this.node = el("div", {class: "composer"}, this.column);
        this.update();
    }

    close() {
        clearTimeout(this.stillTimer);
        this.still();
    }

    focus() {
        this.area.focus();
    }

    /** @param {KeyboardEvent} event */
    onKey(event) {
        if (event.isComposing || event.keyCode === KEY_CODE_COMPOSING)
            return;
        if (event.key === "Enter" && !event.shiftKey && !event.altKey)
            this.send();
        else if (event.key === "Escape" && (this.edited || this.answered))
            this.leave();
        else if (event.key === "ArrowUp" && !this.area.value && !this.edited &&
            !event.altKey && !event.shiftKey)
            this.go.editLast();
        else
            return;
        event.preventDefault();
    }

    onInput() {
        this.writtenAt = Date.now();
        this.update();
        if (this.edited)
            return;
        this.go.draft(this.area.value);
        clearTimeout(this.stillTimer);
        if (!this.area.value.trim()) {
            this.still();
            return;
        }
        this.stillTimer = setTimeout(() => this.still(), STILL_MS);
        if (this.writtenAt - this.toldAt < TYPING_MS)
            return;
        this.toldAt = this.writtenAt;
        this.go.typing(true);
    }

    /** Nothing is written any more. */
    still() {
        if (this.toldAt)
            this.go.typing(false);
        this.toldAt = 0;
    }

    /** Says what there is to say of the text, and takes the room it needs. */
    update() {
        const text = this.area.value;
        const over = byteLength(text) - TEXT_BYTES_MAX;

        setText(this.note, over > 0 ? tn(over,
            "Too long by {n} byte; send it in parts.",
            "Too long by {n} bytes; send it in parts.") : "");
        this.button.disabled = over > 0 || !text.trim();
        this.area.style.height = "auto";
        this.area.style.height = `${this.area.scrollHeight + 2}px`;
    }

    /** @param {string} text */
    set(text) {
        this.area.value = text;
        this.update();
    }

    /**
     * A draft that was written elsewhere.
     * @param {string} draft
     */
    offer(draft) {
        if (this.edited || draft === this.area.value ||
            Date.now() - this.writtenAt < WRITING_MS)
            return;
        this.set(draft);
    }

    /** @param {any} message */
    reply(message) {
        this.leave();
        this.answered = message;
        this.showBar(t("Answer to {name}: ", {name: message.direction === "out"
            ? t("yourself") : this.peer}), message);
    }

    /** @param {any} message  an own text */
    edit(message) {
        this.leave();
        this.aside = this.area.value;
        this.edited = message;
        this.set(message.text);
        this.showBar(t("Editing: "), message);
    }

    /**
     * @param {string} what
     * @param {any} message
     */
    showBar(what, message) {
        this.about.replaceChildren();
        put(this.about, el("strong", {}, what),
            el("bdi", {dir: "auto"}, lineOf(message)));
        this.bar.hidden = false;
        this.node.classList.toggle("is-editing", this.edited !== null);
        const label = this.edited ? t("Save") : t("Send");
        this.button.title = label;
        this.button.setAttribute("aria-label", label);
        this.focus();
    }

    /** Neither edits nor answers any more. */
    leave() {
        const hadFocus = this.bar.contains(document.activeElement);
        const wasEdited = this.edited !== null;

        this.edited = this.answered = null;
        this.bar.hidden = true;
        this.node.classList.remove("is-editing");
        this.button.title = t("Send");
        this.button.setAttribute("aria-label", t("Send"));
        if (wasEdited)
            this.set(this.aside);
        if (hadFocus)
            this.focus();
    }

    /**
     * A message is no more.
     * @param {string} id
     */
    forget(id) {
        if (this.edited?.id === id || this.answered?.id === id)
            this.leave();
    }

    send() {
        if (this.button.disabled)
            return;
        const text = this.area.value;
        this.area.focus();
        if (this.edited) {
            this.save(this.edited, text);
            return;
        }
        const replyTo = this.answered?.id ?? null;
        this.leave();
        this.set("");
        this.go.draft("");
        this.go.save();
        clearTimeout(this.stillTimer);
        this.still();
        this.go.send(text, replyTo);
    }

    /**
     * @param {any} message
     * @param {string} text
     */
    async save(message, text) {
        this.button.disabled = true;
        const complaint = text === message.text ? ""
            : await this.go.edit(message, text);
        if (this.edited !== message)
            return;
        this.button.disabled = false;
        if (complaint)
            setText(this.note, complaint);
        else
            this.leave();
    }
}
