// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * search - finds conversations by their names, at once, and messages by their
 * words, of which the daemon has an index.
 */
import {Problem, call} from "../api.js";
import {el, fill, setText, unseen, who} from "../dom.js";
import {t, tn} from "../i18n.js";
import {name, visible} from "../text.js";
import * as words from "../words.js";
import {avatar, oneLine} from "./list.js";
import {announce} from "./status.js";

const PAUSE_MS = 200;
const PAGE = 20;
const NAMES_MAX = 30;
const BEFORE_CHARS = 30;
const SNIPPET_CHARS = 240;
const LETTER = /[\p{L}\p{N}]/u;
const WORD = /[\p{L}\p{N}]+|\p{Extended_Pictographic}/gu;
/** What has nothing between words. */
const ALONE = new RegExp("[\\p{scx=Han}\\p{scx=Kana}\\p{scx=Hira}" +
    "\\p{scx=Thai}\\p{scx=Hang}\\p{Extended_Pictographic}]", "u");

/** A text without case and accents. @param {string} text */
function plain(text) {
    return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * The same, and where in the text each unit was.
 * @param {string} text
 */
function fold(text) {
    const at = [];
    let folded = "";
    for (let i = 0; i < text.length;) {
        const c = String.fromCodePoint(text.codePointAt(i) ?? 0);
        const f = plain(c);
        for (let n = 0; n < f.length; n++)
            at.push(i);
        folded += f;
        i += c.length;
    }
    return {folded, at: [...at, text.length]};
}

/** @param {string} query */
function terms(query) {
    return plain(query).match(WORD) ?? [];
}

/**
 * Where words that begin so stand in a text, in order.
 * @param {string} text
 * @param {string[]} wanted
 */
function places(text, wanted) {
    const {folded, at} = fold(text);
    const found = [];
    for (const term of wanted)
        for (let i = folded.indexOf(term); i >= 0;
            i = folded.indexOf(term, i + term.length))
            if (ALONE.test(term) || !LETTER.test(folded[i - 1] ?? ""))
                found.push([at[i], at[i + term.length]]);
    return found.sort((a, b) => a[0] - b[0]);
}

/**
 * The text around the first of the words, with all of them marked.
 * @param {string} text
 * @param {string[]} wanted
 */
function snippet(text, wanted) {
    const found = places(text, wanted);
    const first = found[0]?.[0] ?? 0;
    let from = first > 2 * BEFORE_CHARS ? first - BEFORE_CHARS : 0;
    // Not into the middle of a word, or of a character.
    from = from && text.indexOf(" ", from) + 1 || from;
    if (from > first)
        from = first;
    const end = from + SNIPPET_CHARS;
    const node = el("bdi", {class: "preview"}, from > 0 && "… ");
    for (const [start, stop] of found)
        if (start >= from && stop <= end) {
            node.append(text.slice(from, start),
                el("mark", {}, text.slice(start, stop)));
            from = stop;
        }
    node.append(text.slice(from, end));
    return node;
}

export class Search {
    /**
     * @param {import("../store.js").Store} store
     * @param {HTMLInputElement} box
     * @param {HTMLElement} list  stands where the results do
     * @param {{open: (id: string, messageId?: string) => void,
     *     leave: () => void}} go
     */
    constructor(store, box, list, go) {
        this.store = store;
        this.box = box;
        this.list = list;
        this.go = go;
        this.query = "";
        this.cursor = "";
        this.shownNames = "";
        this.timer = 0;
        /** Of two queries the later wins. */
        this.turn = 0;
        /** @type {Map<string, {node: HTMLElement, message: any}>} */
        this.hits = new Map();
        this.names = el("ul", {class: "conversations"});
        this.namesHead = el("h3", {}, t("Conversations"));
        this.messages = el("ul", {class: "conversations"});
        this.messagesHead = el("h3", {}, t("Messages"));
        this.note = el("p", {class: "quiet note-line"});
        this.more = el("button", {type: "button", class: "secondary",
            hidden: true, on: {click: () => this.load()}}, t("Show more"));
        this.node = el("section", {class: "list results", hidden: true,
            "aria-label": t("Search results")}, this.namesHead, this.names,
        this.messagesHead, this.messages, this.note, this.more);
        for (const node of [box, this.node])
            node.addEventListener("keydown", (e) => this.onKey(
                /** @type {KeyboardEvent} */ (e)));
        box.addEventListener("input", () => this.show());
        this.ends = [
            store.on("list", () => this.query && this.showNames()),
            store.on("message", (_type, message) => this.renewHit(message)),
            store.on("gone", (id) => this.dropHits(id)),
        ];
        this.show();
    }

    close() {
        this.turn++;
        clearTimeout(this.timer);
        for (const end of this.ends)
            end();
    }

    /** For what stands in the box now. */
    show() {
        const query = this.box.value.trim();
        if (query === this.query)
            return;
        this.turn++;
        this.query = query;
        this.cursor = "";
        this.hits.clear();
        fill(this.messages);
        clearTimeout(this.timer);
        this.node.hidden = !query;
        this.list.hidden = !!query;
        this.more.hidden = this.messagesHead.hidden = true;
        this.showNames();
        setText(this.note, query && t("Searching…"));
        if (query)
            this.timer = setTimeout(() => this.load(), PAUSE_MS);
    }

    showNames() {
        const whole = plain(this.query);
        const wanted = terms(this.query);
        const found = this.store.sorted().filter((c) => {
            const contact = this.store.contacts.get(c.contact_id);
            const names = plain(`${c.title} ${contact?.display_name ?? ""}`);
            return wanted.length ? wanted.every((w) => names.includes(w))
                : whole && names.includes(whole);
        }).slice(0, NAMES_MAX);
        const shown = JSON.stringify(found);
        if (shown === this.shownNames)
            return;
        this.shownNames = shown;
        const hadFocus = this.names.contains(document.activeElement);
        const focus = document.activeElement?.closest("li")?.dataset.id;
        fill(this.names, ...found.map((c) => this.row(c.id, "", el("bdi",
            {class: "preview"}, c.last_message ? oneLine(c.last_message)
                : t("No messages yet")), c.archived ? t("Archived") : "")));
        this.namesHead.hidden = found.length === 0;
        if (hadFocus)
            (this.names.querySelector(`[data-id="${focus}"] button`) ??
                this.box).focus();
    }

    /**
     * @param {string} id  of the conversation
     * @param {string} messageId
     * @param {Node} second
     * @param {string} when
     */
    row(id, messageId, second, when) {
        const title = this.store.title(id);
        return el("li", {"data-id": messageId || id}, el("button", {
            type: "button", class: "row",
            on: {click: () => this.go.open(id, messageId)},
        }, el("span", {class: "picture"}, avatar(id, title, false)),
        el("span", {class: "first"}, el("span", {class: "title"}, who(title)),
            unseen(", "),
            el("span", {class: "when"}, when)),
        el("span", {class: "second"}, unseen(", "),
            second)));
    }

    /** @param {any} message */
    hit(message) {
        const text = oneLine({...message, text: ""});
        const file = message.kind === "file" ? name(message.files[0]?.name)
            : "";
        const whole = message.text.trim()
            ? name(visible(message.text)) : "";
        const line = [file, whole].filter(Boolean).join(": ") || text;
        return this.row(message.conversation_id, message.id,
            snippet(line, terms(this.query)),
            words.moment(message.received_at ?? message.sent_at));
    }

    /** The next messages; and on, as long as hardly any were found. */
    async load() {
        const mine = this.turn;
        let count = 0, page;
        const hadFocus = document.activeElement === this.more;
        this.more.hidden = true;
        try {
            do {
                page = await call("GET", this.store.path(`/search?limit=${PAGE
                }&q=${encodeURIComponent(this.query)}${this.cursor}`));
                if (mine !== this.turn)
                    return;
                this.put(page.items, hadFocus && count === 0);
                count += page.items.length;
                this.cursor = page.next_cursor
                    ? `&cursor=${encodeURIComponent(page.next_cursor)}` : "";
                setText(this.note, t("Searching older messages…"));
            } while (this.cursor && page.is_partial && count < PAGE);
        } catch (error) {
            if (mine !== this.turn)
                return;
            if (error instanceof Problem && error.errors[0]?.code === "no_word")
                this.sayCount(false);
            else
                this.say(words.sentence(error));
            return;
        }
        this.more.hidden = !this.cursor;
        this.sayCount(page.is_partial);
    }

    /**
     * @param {any[]} items
     * @param {boolean} takesFocus
     */
    put(items, takesFocus) {
        const fresh = items.filter((m) => !this.hits.has(m.id) &&
            this.store.conversations.has(m.conversation_id));
        for (const message of fresh) {
            const node = this.hit(message);
            this.hits.set(message.id, {node, message});
            this.messages.append(node);
        }
        this.messagesHead.hidden = this.hits.size === 0;
        if (takesFocus && fresh.length)
            this.hits.get(fresh[0].id)?.node.querySelector("button")?.focus();
    }

    /** @param {boolean} isPartial */
    sayCount(isPartial) {
        const count = this.names.childElementCount + this.hits.size;
        if (count === 0)
            this.say(t("Nothing found"));
        else
            announce(tn(count, "1 result", "{n} results"));
        if (count > 0)
            setText(this.note, isPartial
                ? t("Older messages were not looked at yet.") : "");
    }

    /** @param {string} text */
    say(text) {
        setText(this.note, text);
        if (text)
            announce(text);
    }

    /**
     * What was edited or deleted is not shown as it was.
     * @param {any} message
     */
    renewHit(message) {
        const hit = this.hits.get(message.id);
        if (!hit || (hit.message.text === message.text &&
            hit.message.kind === message.kind))
            return;
        if (message.kind === "deleted") {
            this.dropHits(message.id);
            return;
        }
        const node = this.hit(message);
        const hadFocus = hit.node.contains(document.activeElement);
        hit.node.replaceWith(node);
        if (hadFocus)
            node.querySelector("button")?.focus();
        this.hits.set(message.id, {node, message});
    }

    /** @param {string} id  of a message or conversation */
    dropHits(id) {
        for (const [key, {node, message}] of this.hits)
            if (key === id || message.conversation_id === id) {
                if (node.contains(document.activeElement))
                    this.box.focus();
                node.remove();
                this.hits.delete(key);
            }
        this.messagesHead.hidden = this.hits.size === 0;
    }

    clear() {
        this.box.value = "";
        this.show();
    }

    /** @param {KeyboardEvent} event */
    onKey(event) {
        const buttons = [...this.node.querySelectorAll("button")]
            .filter((b) => !b.hidden);
        const at = buttons.indexOf(
            /** @type {HTMLButtonElement} */ (document.activeElement));
        const isBox = event.target === this.box;

        if (event.isComposing || event.altKey)
            return;
        if (event.key === "Escape") {
            this.clear();
            this.go.leave();
        } else if (event.key === "Enter" && isBox) {
            buttons[0]?.click();
        } else if (event.key === "ArrowDown") {
            buttons[at + 1]?.focus();
        } else if (event.key === "ArrowUp" && !isBox) {
            (buttons[at - 1] ?? this.box).focus();
        } else {
            return;
        }
        event.preventDefault();
    }
}
