// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * composer - where a message is written.
 */
import {el, iconButton, setText} from "../dom.js";
import {TEXT_BYTES_MAX, byteLength, name} from "../text.js";

/** Keyboards for other scripts tell so while a word is being composed. */
const KEY_CODE_COMPOSING = 229;

export class Composer {
    /**
     * @param {string} peer
     * @param {string} draft
     * @param {(text: string) => void} onSend
     * @param {(draft: string) => void} onDraft
     */
    constructor(peer, draft, onSend, onDraft) {
        this.onSend = onSend;
        this.onDraft = onDraft;
        this.area = el("textarea", {
            rows: 1, "aria-label": `Message to ${name(peer)}`,
            placeholder: "Write a message", dir: "auto",
            "aria-describedby": "composer-note", autocomplete: "off",
            on: {
                input: () => this.update(),
                keydown: (/** @type {KeyboardEvent} */ e) => this.onKey(e),
            },
        });
        this.area.value = draft;
        this.note = el("p", {class: "complaint", id: "composer-note",
            role: "alert"});
        this.button = iconButton("Send", "send", () => this.send(), "send");
        this.node = el("div", {class: "composer"}, el("div",
            {class: "column"}, this.area, this.button, this.note));
        this.update();
    }

    focus() {
        this.area.focus();
    }

    /** @param {KeyboardEvent} event */
    onKey(event) {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing ||
            event.keyCode === KEY_CODE_COMPOSING)
            return;
        event.preventDefault();
        this.send();
    }

    update() {
        const text = this.area.value;
        const over = byteLength(text) - TEXT_BYTES_MAX;

        setText(this.note, over > 0
            ? `Too long by ${over} bytes; send it in parts.` : "");
        this.button.disabled = over > 0 || !text.trim();
        this.area.style.height = "auto";
        this.area.style.height = `${this.area.scrollHeight + 2}px`;
        this.onDraft(text);
    }

    send() {
        if (this.button.disabled)
            return;
        const text = this.area.value;
        this.area.value = "";
        this.update();
        this.area.focus();
        this.onSend(text);
    }
}
