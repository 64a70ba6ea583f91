// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * message - one bubble.
 */
import {call} from "../api.js";
import {
    button, el, fill, icon, iconButton, renew, setText, unseen, who,
} from "../dom.js";
import {t} from "../i18n.js";
import {name, pieces, shortLength, visible} from "../text.js";
import * as words from "../words.js";
import {FilePart} from "./file.js";
import {late} from "./late.js";
import {fileWord} from "./list.js";

/** Messages closer than this stand together. */
const TOGETHER_MS = 5 * 60 * 1000;
const QUOTE_CHARS_MAX = 160;

/** A few emoji and nothing else are shown large. */
const EMOJI_ONLY =
    /^(\p{Extended_Pictographic}[\u200d\ufe0f\u{1f3fb}-\u{1f3ff}]*){1,3}$/u;

/** How far a message of ours is, to the eye; the words stand beside it. */
const STATE_ICONS = /** @type {const} */ ({queued: "clock", sending: "clock",
    sent: "check", delivered: "checks", read: "checks", failed: "alarm"});

/** @param {any} message */
function timeOf(message) {
    return message.received_at ?? message.sent_at;
}

/**
 * A message in one line, as far as it fits.
 * @param {any} message
 */
export function lineOf(message) {
    return words.kind(message) ||
        name(visible(message.text.slice(0, QUOTE_CHARS_MAX))) ||
        fileWord(message.files[0]);
}

/**
 * Does something to a message; what comes of it is told by events, and what
 * goes wrong once.
 * @param {import("../store.js").Store} store
 * @param {any} message
 * @param {string} method
 * @param {string} rest  of the path
 * @returns {Promise<void>}
 */
export function change(store, message, method, rest) {
    return store.attempt(() =>
        call(method, store.path(`/messages/${message.id}${rest}`)));
}

/**
 * Puts the own reaction to a message, or takes it back.
 * @param {import("../store.js").Store} store
 * @param {any} message
 * @param {string} emoji
 */
export function react(store, message, emoji) {
    const isOwn = message.reactions.some((/** @type {any} */ r) =>
        r.own && r.emoji === emoji);
    return change(store, message, isOwn ? "DELETE" : "PUT",
        `/reactions/${encodeURIComponent(emoji)}`);
}

export class Bubble {
    /**
     * @param {any} message
     * @param {import("./log.js").Log} log
     */
    constructor(message, log) {
        const isOut = message.direction === "out";
        this.log = log;
        this.store = log.store;
        this.peer = log.peer;
        this.part = message.kind === "file"
            ? new FilePart(this.store, message) : null;
        this.isWhole = false;
        this.day = el("div", {class: "day", hidden: true});
        this.fresh = el("div", {class: "fresh", hidden: true}, t("New"));
        this.quote = el("button", {type: "button", class: "quote",
            hidden: true, on: {click: () =>
                log.jump(this.message.reply_to)}});
        this.text = el("bdi", {class: "text", dir: "auto"});
        this.longer = el("button", {type: "button", class: "link longer",
            hidden: true, on: {click: () => this.showWhole()}});
        this.note = el("span", {class: "event quiet"});
        this.reactions = el("p", {class: "reactions", hidden: true});
        this.meta = el("div", {class: "meta"});
        this.more = iconButton(t("Actions"), "more",
            () => log.go.actions(this), "message-more");
        this.more.setAttribute("aria-haspopup", "menu");
        const from = unseen(isOut ? t("You: ")
            : `${name(this.peer)}: `);
        this.bubble = el("div", {class: "bubble"}, from, this.quote,
            this.part?.node, this.text, this.longer, this.note,
            this.reactions, this.meta, this.more);
        const named = {from, text: this.text, note: this.note, meta: this.meta};
        for (const [key, node] of Object.entries(named))
            node.id = `${message.id}-${key}`;
        this.node = el("div", {class: isOut ? "message out" : "message in",
            role: "article", tabindex: -1, "aria-labelledby":
                Object.values(named).map((n) => n.id).join(" ")},
        this.day, this.fresh, this.bubble);
        this.update(message);
    }

    /** It leaves the page. */
    close() {
        this.part?.close();
        this.node.remove();
    }

    /** @param {any} message  the same, as it is now */
    update(message) {
        const isText = ["text", "file"].includes(message.kind);
        this.message = message;
        if (isText)
            this.showText();
        if (message.kind === "file") {
            this.part?.update(message);
        } else if (this.part) {
            this.part.close();
            this.part.node.remove();
            this.part = null;
        }
        // A deleted text is nowhere in the page.
        if (!isText) {
            this.text.remove();
            this.longer.remove();
        }
        setText(this.note, words.kind(message));
        this.note.hidden = isText;
        this.node.classList.toggle("system", message.kind === "timer");
        this.showReactions();
        this.showState();
    }

    /** Of a long text only the beginning, until more is asked for. */
    showText() {
        const text = visible(this.message.text);
        const end = this.isWhole ? text.length : shortLength(text);
        renew(this.text, [text, end], () => {
            let at = 0;
            return pieces(text).map((piece) => {
                const rest = end - at;
                at += piece.text.length;
                // No address that is not whole.
                return piece.isLink && piece.text.length <= rest
                    ? this.link(piece.text)
                    : piece.text.slice(0, Math.max(0, rest));
            });
        });
        this.text.classList.toggle("is-emoji", EMOJI_ONLY.test(text));
        this.longer.hidden = !this.isWhole && end === text.length;
        setText(this.longer, this.isWhole ? t("Show less") : t("Show more"));
    }

    showWhole() {
        this.isWhole = !this.isWhole;
        this.log.keep(() => this.showText());
    }

    /** @param {string} text */
    link(text) {
        return el("button", {type: "button", class: "link url", dir: "ltr",
            on: {click: () => late(this.store, () => import("./link.js"),
                (part) => part.openLink(text))}}, text);
    }

    showReactions() {
        /** @type {Map<string, any[]>} */
        const groups = new Map();
        for (const r of this.message.reactions)
            groups.set(r.emoji, [...groups.get(r.emoji) ?? [], r]);
        this.reactions.hidden = groups.size === 0;
        renew(this.reactions, [...groups], () => [...groups].map(
            ([emoji, by]) => el("button", {type: "button", class: "pill",
                "aria-pressed": String(by.some((r) => r.own)),
                on: {click: () => react(this.store, this.message, emoji)}},
            el("bdi", {}, name(emoji)), ...by.sort((a, b) => b.own - a.own)
                .flatMap((r, i) => [
                    i ? ", " : " ", r.own ? t("you") : who(this.peer)]))));
    }

    /**
     * The message that this one answers.
     * @param {any} message  null: it is not here
     */
    showQuote(message) {
        this.quote.hidden = !message;
        if (!message)
            fill(this.quote);
        else
            fill(this.quote, unseen(t("In answer to: ")),
                el("span", {class: "author", dir: "auto"},
                    message.direction === "out" ? t("You") : name(this.peer)),
                el("bdi", {dir: "auto"}, lineOf(message)));
    }

    /** What can be done about a state that nobody likes. */
    remedy() {
        const {state, direction} = this.message;
        if (direction !== "out")
            return null;
        if (state === "failed")
            return {label: t("Try again"), rest: "/retry"};
        return state === "queued" &&
            this.store.contactOf(this.log.id)?.presence !== "online"
            ? {label: t("Cancel"), rest: "/cancel"} : null;
    }

    showState() {
        const {message} = this;
        const {direction, kind, edited_at: edited, state} = message;
        const when = words.time(timeOf(message));
        const how = direction === "out" && kind !== "deleted" &&
            words.delivery(message, name(this.peer));
        const first = [when, edited && kind === "text" && t("Edited")]
            .filter(Boolean).join(" · ");
        const remedy = kind === "deleted" ? null : this.remedy();
        this.isInner = !remedy;
        renew(this.meta, [first, how, state, remedy], () => [
            how ? `${first} · ` : first,
            how && el("span", {class: "state"},
                icon(STATE_ICONS[state] ?? "clock"), how),
            remedy && button(remedy.label, () => change(this.store,
                this.message, "POST", remedy.rest), "link")]);
        this.meta.title = words.full(timeOf(message));
        this.node.dataset.state = state;
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
        this.node.classList.toggle("inner", Boolean(after) && this.isInner &&
            areTogether(message, after) && saysTheSame(message, after));
    }

    /** @param {boolean} isActive  the one that Tab comes to */
    setActive(isActive) {
        this.node.tabIndex = isActive ? 0 : -1;
        setTabs(this.node, isActive);
    }
}

/**
 * Lets Tab come to what is inside of a message, or not.
 * @param {Element} node
 * @param {boolean} isActive
 */
export function setTabs(node, isActive) {
    for (const inner of node.querySelectorAll(
        "button, a, input, select, audio, video"))
        /** @type {HTMLElement} */ (inner).tabIndex = isActive ? 0 : -1;
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
