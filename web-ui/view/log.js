// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * log - the messages of one conversation: a window over them that moves.
 */
import {call} from "../api.js";
import {el, fill, iconButton, renew} from "../dom.js";
import {isNew, laterMessage} from "../store.js";
import {name, visible} from "../text.js";
import {sentence} from "../words.js";
import {Bubble} from "./message.js";

/** Messages in the document at once. */
export const WINDOW = 300;
const PAGE = 50;
/** So near to an end, more is loaded; or the bottom counts as reached. */
const NEAR_PX = 400;
const BOTTOM_PX = 48;

/**
 * Why it is not the daemon's, if it is stuck.
 * @param {import("../outbox.js").Pending} pending
 */
function trouble(pending) {
    return pending.step === "refused"
        ? `Not sent. ${sentence(pending.problem)}`
        : "Not sent yet: Umbel does not answer.";
}

export class Log {
    /**
     * @param {import("../store.js").Store} store
     * @param {string} conversationId
     * @param {import("../outbox.js").Outbox} outbox
     * @param {() => void} onSeen  the newest message is in sight
     */
    constructor(store, conversationId, outbox, onSeen) {
        this.store = store;
        this.id = conversationId;
        this.outbox = outbox;
        this.onSeen = onSeen;
        /** @type {Bubble[]} */
        this.items = [];
        this.hasOlder = false;
        this.hasNewer = true;
        this.isLoading = false;
        this.isClosed = false;
        /** Of two beginnings the later wins. */
        this.turn = 0;
        /** What came while a page was loaded. @type {(() => void)[]} */
        this.late = [];
        this.isAtBottom = true;

        this.list = el("div", {class: "messages"});
        this.pending = el("div", {class: "messages"});
        this.note = el("p", {class: "log-note", hidden: true});
        this.log = el("div", {
            class: "log", role: "log", "aria-live": "off", tabindex: 0,
            "aria-label": `Messages with ${name(store.title(conversationId))}`,
        }, el("div", {class: "column"}, this.note, this.list, this.pending));
        this.down = iconButton("To the newest message", "down",
            () => this.toNewest(), "down");
        this.down.hidden = true;
        this.node = el("div", {class: "log-frame"}, this.log, this.down);
        this.log.addEventListener("scroll", () => this.onScroll(),
            {passive: true});
        this.resize = new ResizeObserver(() => this.keepBottom());
        this.resize.observe(this.log);
    }

    close() {
        this.isClosed = true;
        this.resize.disconnect();
    }

    get newest() {
        return this.items.at(-1)?.message;
    }

    /** Id of the newest message of the other side that is shown. */
    get newestIn() {
        return this.items.findLast((b) => b.message.direction === "in")
            ?.message.id;
    }

    /**
     * @param {string} query
     * @returns {Promise<any | null>}  a page; null if it could not be had
     */
    async load(query) {
        if (this.isLoading)
            return null;
        const mine = this.turn;
        this.isLoading = true;
        try {
            const page = await call("GET", this.store.path(
                `/conversations/${this.id}/messages?limit=${PAGE}${query}`));
            if (mine !== this.turn)
                return null;
            this.note.hidden = true;
            return this.isClosed ? null : page;
        } catch (error) {
            if (mine === this.turn) {
                this.note.textContent = sentence(error);
                this.note.hidden = false;
            }
            return null;
        } finally {
            if (mine === this.turn)
                this.isLoading = false;
        }
    }

    /** Begins with the newest page, whatever else is being loaded. */
    async start() {
        this.turn++;
        this.isLoading = false;
        const page = await this.load("");
        if (!page)
            return;
        fill(this.list);
        this.items = [];
        this.hasOlder = page.next_cursor !== null;
        this.hasNewer = false;
        this.insert(page.items, 0);
        this.markFresh();
        this.takeLate();
        this.showPending();
        this.toBottom();
    }

    /**
     * Shows the messages around one.
     * @param {string} messageId
     */
    async jump(messageId) {
        this.turn++;
        this.isLoading = false;
        const page = await this.load(`&around=${messageId}`);
        if (!page)
            return;
        fill(this.list);
        this.items = [];
        this.hasOlder = this.hasNewer = true;
        this.insert(page.items, 0);
        this.items.find((b) => b.message.id === messageId)?.node
            .scrollIntoView({block: "center"});
        this.takeLate();
    }

    async loadOlder() {
        const first = this.items[0]?.message.id;
        const page = first && await this.load(`&before=${first}`);
        if (!page)
            return;
        const fromBottom = this.log.scrollHeight - this.log.scrollTop;
        this.hasOlder = page.next_cursor !== null;
        this.insert(page.items, 0);
        this.log.scrollTop = this.log.scrollHeight - fromBottom;
        this.trimEnd();
        this.takeLate();
    }

    async loadNewer() {
        const last = this.newest?.id;
        const page = last && await this.load(`&after=${last}`);
        if (!page)
            return;
        this.hasNewer = page.next_cursor !== null;
        this.insert(page.items, this.items.length);
        this.trimStart();
        this.takeLate();
        this.showPending();
    }

    /** What came during a load belongs behind it, if that was the end. */
    takeLate() {
        const late = this.late;
        this.late = [];
        for (const again of late)
            again();
        this.onScroll();
    }

    /**
     * @param {any[]} messages  in their order
     * @param {number} at
     */
    insert(messages, at) {
        const known = new Set(this.items.map((b) => b.message.id));
        const peer = this.store.title(this.id);
        const fresh = messages.filter((m) => !known.has(m.id))
            .map((m) => new Bubble(m, peer, this.store));
        const before = this.items[at]?.node ?? null;

        for (const bubble of fresh)
            this.list.insertBefore(bubble.node, before);
        this.items.splice(at, 0, ...fresh);
        this.place(at - 1, at + fresh.length);
        for (const bubble of fresh) {
            this.outbox.settle(bubble.message);
            this.quote(bubble);
        }
    }

    /**
     * Shows what a message answers; it may stand outside of the window.
     * @param {Bubble} bubble
     */
    async quote(bubble) {
        const id = bubble.message.reply_to;
        const near = this.items.find((b) => b.message.id === id);
        if (!id || near) {
            bubble.showQuote(near?.message ?? null);
            return;
        }
        try {
            bubble.showQuote(await call("GET",
                this.store.path(`/messages/${id}`)));
            this.keepBottom();
        } catch {
            // it is shown without
        }
    }

    /**
     * A message has another text, or is gone: so it is where it is quoted.
     * @param {string} id
     * @param {any} message
     */
    requote(id, message) {
        for (const bubble of this.items)
            if (bubble.message.reply_to === id)
                bubble.showQuote(message);
    }

    /**
     * Tells the bubbles from..to of their neighbours.
     * @param {number} from
     * @param {number} to
     */
    place(from, to) {
        for (let i = Math.max(0, from);
            i <= to && i < this.items.length; i++)
            this.items[i].showPlace(this.items[i - 1]?.message,
                this.items[i + 1]?.message);
    }

    trimStart() {
        const count = this.items.length - WINDOW;
        if (count <= 0)
            return;
        const fromBottom = this.log.scrollHeight - this.log.scrollTop;
        for (const bubble of this.items.splice(0, count))
            bubble.node.remove();
        this.hasOlder = true;
        this.place(0, 0);
        this.log.scrollTop = this.log.scrollHeight - fromBottom;
    }

    trimEnd() {
        const count = this.items.length - WINDOW;
        if (count <= 0)
            return;
        for (const bubble of this.items.splice(WINDOW, count))
            bubble.node.remove();
        this.hasNewer = true;
        this.place(WINDOW - 1, WINDOW - 1);
        this.showPending();
    }

    /**
     * A message of this conversation, from an event.
     * @param {string} type
     * @param {any} message
     */
    take(type, message) {
        const at = this.items.findLastIndex((b) => b.message.id === message.id);
        if (at >= 0) {
            const bubble = this.items[at];
            bubble.update(laterMessage(bubble.message, message));
            this.place(at - 1, at);
        } else if (this.isLoading) {
            this.late.push(() => this.take(type, message));
        } else if (!this.hasNewer && isNew(type)) {
            this.insert([message], this.items.length);
            this.trimStart();
        }
        this.requote(message.id, message);
        this.showPending();
        this.keepBottom();
    }

    /**
     * A message is no more.
     * @param {string} id
     */
    drop(id) {
        const at = this.items.findIndex((b) => b.message.id === id);
        // The page that is on its way may be from before that.
        if (this.isLoading)
            this.late.push(() => this.drop(id));
        if (at >= 0) {
            this.items.splice(at, 1)[0].node.remove();
            this.place(at - 1, at);
        }
        this.requote(id, null);
        this.keepBottom();
    }

    /** A line above the first message that was neither read nor answered. */
    markFresh() {
        const conversation = this.store.conversations.get(this.id);
        if (!conversation?.unread_count)
            return;
        const seen = this.items.findIndex((b) =>
            b.message.id === conversation.read_up_to);
        const answer = this.items.findLastIndex((b) =>
            b.message.direction === "out");
        const known = Math.max(seen, answer);
        const first = this.items.findIndex((b, i) => i > known &&
            b.message.direction === "in");
        if (first < 0 || (known < 0 && this.hasOlder))
            return;
        this.items[first].fresh.hidden = false;
        this.place(first, first);
    }

    /** What is not the daemon's yet, at the very end. */
    showPending() {
        const list = this.hasNewer ? [] : this.outbox.of(this.id);
        renew(this.pending, list.map((p) => [p.client_id, p.step, trouble(p)]),
            () => list.map((p) => this.pendingNode(p)));
        this.keepBottom();
    }

    /** @param {import("../outbox.js").Pending} pending */
    pendingNode(pending) {
        const isStuck = ["waiting", "refused"].includes(pending.step);
        const button = (/** @type {string} */ label,
            /** @type {() => void} */ click) => el("button",
            {type: "button", class: "link", on: {click}}, label);
        return el("div", {class: "message out pending"},
            el("div", {class: "bubble"},
                el("span", {class: "hidden"}, "You: "),
                el("bdi", {class: "text", dir: "auto"}, visible(pending.text)),
                el("div", {class: "meta"}, isStuck ? trouble(pending)
                    : "Sending…",
                    isStuck && button("Try again",
                        () => this.outbox.retry(pending)),
                    pending.step === "refused" && button("Remove",
                        () => this.outbox.drop(pending)))));
    }

    onScroll() {
        const {scrollTop, scrollHeight, clientHeight} = this.log;
        const below = scrollHeight - scrollTop - clientHeight;

        this.isAtBottom = !this.hasNewer && below < BOTTOM_PX;
        this.down.hidden = this.isAtBottom;
        if (this.isAtBottom)
            this.onSeen();
        if (this.isLoading || this.isClosed)
            return;
        if (scrollTop < NEAR_PX && this.hasOlder)
            this.loadOlder();
        else if (below < NEAR_PX && this.hasNewer && this.items.length)
            this.loadNewer();
    }

    keepBottom() {
        if (this.isAtBottom)
            this.toBottom();
        else
            this.onScroll();
    }

    toBottom() {
        this.log.scrollTop = this.log.scrollHeight;
        this.onScroll();
    }

    async toNewest() {
        if (this.hasNewer)
            await this.start();
        else
            this.toBottom();
    }
}
