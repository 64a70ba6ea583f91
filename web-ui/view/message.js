// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * message - one bubble.
 */
import {el, fill, setText, who} from "../dom.js";
import {name, visible} from "../text.js";
import {FilePart} from "./file.js";
import * as words from "../words.js";

/** Messages closer than this stand together. */
const TOGETHER_MS = 5 * 60 * 1000;
const QUOTE_CHARS_MAX = 160;

/** @param {any} message */
export function timeOf(message) {
    return message.received_at ?? message.sent_at;
}

export class Bubble {
    /**
     * @param {any} message
     * @param {string} peer
     * @param {import("../store.js").Store} store
     */
    constructor(message, peer, store) {
        this.part = message.kind === "file" ? new FilePart(store, message)
            : null;
        this.peer = peer;
        const isOut = message.direction === "out";
        this.day = el("div", {class: "day", hidden: true});
        this.fresh = el("div", {class: "fresh", hidden: true}, "New");
        this.quote = el("p", {class: "quote", hidden: true});
        this.text = el("bdi", {class: "text", dir: "auto"});
        this.note = el("span", {class: "event quiet"});
        this.reactions = el("p", {class: "reactions", hidden: true});
        this.meta = el("div", {class: "meta"});
        this.node = el("div", {class: isOut ? "message out" : "message in"},
            this.day, this.fresh, el("div", {class: "bubble"},
                el("span", {class: "hidden"},
                    isOut ? "You: " : `${name(peer)}: `),
                this.quote, this.part?.node, this.text, this.note, this.reactions, this.meta));
        this.update(message);
    }

    /** @param {any} message  the same, as it is now */
    update(message) {
        const isText = ["text", "file"].includes(message.kind);
        this.message = message;
        if (isText)
            setText(this.text, visible(message.text));
        if (message.kind === "file")
            this.part?.update(message);
        else
            this.part?.node.remove();
        // A deleted text is nowhere in the page.
        if (!isText)
            this.text.remove();
        setText(this.note, words.kind(message));
        this.note.hidden = isText;
        this.reactions.hidden = message.reactions.length === 0;
        fill(this.reactions, ...message.reactions.map((/** @type {any} */ r) =>
            el("span", {}, el("bdi", {}, name(r.emoji)), " ",
                r.own ? "you" : who(this.peer))));
        this.showState();
    }

    /**
     * The message that this one answers.
     * @param {any} message  null: it is not here
     */
    showQuote(message) {
        this.quote.hidden = !message;
        fill(this.quote, message && el("span", {class: "hidden"},
            "In answer to: "), message && el("bdi", {dir: "auto"},
            words.kind(message) ||
                name(visible(message.text.slice(0, QUOTE_CHARS_MAX)))));
    }

    showState() {
        const {direction, kind, edited_at: edited} = this.message;
        const when = words.time(timeOf(this.message));
        const how = direction === "out" && kind !== "deleted" &&
            words.delivery(this.message, name(this.peer));
        setText(this.meta, [when, edited && kind === "text" && "Edited", how]
            .filter(Boolean).join(" · "));
        this.meta.title = words.full(timeOf(this.message));
        this.node.dataset.state = this.message.state;
    }

    /**
     * What depends on its neighbours.
     * @param {any} before
     * @param {any} after
     */
    showPlace(before, after) {
        const {message} = this;
        const day = words.day(timeOf(message));
        const isNewDay = !before || words.day(timeOf(before)) !== day;

        this.day.hidden = !isNewDay;
        setText(this.day, day);
        this.node.classList.toggle("joined",
            !isNewDay && this.fresh.hidden && areTogether(before, message));
        this.node.classList.toggle("inner", Boolean(after) &&
            areTogether(message, after) && saysTheSame(message, after));
    }
}

/**
 * Is the line below the second enough for both?
 * @param {any} a
 * @param {any} b
 */
function saysTheSame(a, b) {
    return a.state === b.state && a.problem?.code === b.problem?.code &&
        !a.edited_at && (a.kind === "deleted") === (b.kind === "deleted");
}

/**
 * @param {any} a
 * @param {any} b
 */
function areTogether(a, b) {
    return a.direction === b.direction &&
        Math.abs(Date.parse(timeOf(b)) - Date.parse(timeOf(a))) < TOGETHER_MS;
}
