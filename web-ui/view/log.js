// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * log - the messages of one conversation: a window over them that moves.
 */
import {Problem, call} from "../api.js";
import {button, el, iconButton, renew, unseen} from "../dom.js";
import {t} from "../i18n.js";
import {isNew, laterMessage} from "../store.js";
import {name, visible} from "../text.js";
import {sentence} from "../words.js";
import {Bubble, setTabs} from "./message.js";

/** Messages in the document at once. */
export const WINDOW = 300;
const PAGE = 50;
/** So near to an end, more is loaded; or the bottom counts as reached. */
const NEAR_PX = 400;
const BOTTOM_PX = 48;
const FOUND_MS = 2000;

/**
 * Why it is not the daemon's, if it is stuck.
 * @param {import("../outbox.js").Pending} pending
 */
function trouble(pending) {
    return pending.step === "refused"
        ? t("Not sent. {why}", {why: sentence(pending.problem)})
        : t("Not sent yet: Umbel does not answer.");
}

export class Log {
    /**
     * @param {import("../store.js").Store} store
     * @param {string} conversationId
     * @param {import("../outbox.js").Outbox} outbox
     * @param {{seen: () => void, actions: (bubble: Bubble) => void}} go
     *     seen: the newest message is in sight
     */
    constructor(store, conversationId, outbox, go) {
        this.store = store;
        this.id = conversationId;
        this.outbox = outbox;
        this.go = go;
        this.peer = store.title(conversationId);
        /** @type {Bubble[]} */
        this.items = [];
        /** The one that Tab comes to. @type {Bubble | null} */
        this.active = null;
        /** What stood where. @type {{bubble: Bubble, top: number} | null} */
        this.held = null;
        this.hasOlder = false;
        this.hasNewer = true;
        this.isLoading = false;
        this.isClosed = false;
        /** Of two beginnings the later wins. */
        this.turn = 0;
        /** What came while a page was loaded. @type {(() => void)[]} */
        this.late = [];
        this.isAtBottom = true;

        this.list = el("div", {class: "messages", on: {
            focusin: (/** @type {FocusEvent} */ e) => this.setActive(
                this.bubbleOf(e.target)),
            keydown: (/** @type {KeyboardEvent} */ e) => this.onKey(e),
            contextmenu: (/** @type {PointerEvent} */ e) => this.onContext(e),
        }});
        this.pending = el("div", {class: "messages"});
        this.note = el("p", {class: "log-note", role: "alert", hidden: true});
        this.log = el("div", {
            class: "log", role: "log", "aria-live": "off", tabindex: -1,
            "aria-label": t("Messages with {name}", {name: name(this.peer)}),
        }, el("div", {class: "column"}, this.note, this.list, this.pending,
            el("p", {class: "quiet blank"}, t("No messages yet"))));
        this.down = iconButton(t("To the newest message"), "down",
            () => this.toNewest(), "down");
        this.down.hidden = true;
        this.node = el("div", {class: "log-frame"}, this.log, this.down);
        this.log.addEventListener("scroll", () => {
            this.hold();
            this.onScroll();
        }, {passive: true});
        // Pictures come late; the room changes with what is written.
        this.resize = new ResizeObserver(() => this.settle());
        this.resize.observe(this.log);
        this.resize.observe(this.list);
        this.tabs = new MutationObserver((records) => {
            for (const {addedNodes} of records)
                for (const node of addedNodes)
                    this.setTabsOf(node);
        });
        this.tabs.observe(this.list, {childList: true, subtree: true});
    }

    close() {
        this.isClosed = true;
        this.resize.disconnect();
        this.tabs.disconnect();
        this.cut(0, this.items.length);
    }

    /** @param {Node} node  that is new in a message */
    setTabsOf(node) {
        const parent = /** @type {HTMLElement | null | undefined} */ (
            node.parentElement?.closest(".message"));
        if (parent)
            setTabs(/** @type {Element} */ (node.parentNode),
                parent.tabIndex === 0);
        else if (node instanceof HTMLElement)
            setTabs(node, node.tabIndex === 0);
    }

    /** @param {EventTarget | null} node */
    bubbleOf(node) {
        return this.items.find((b) =>
            b.node.contains(/** @type {Node} */ (node))) ?? null;
    }

    /** @param {Bubble | null | undefined} bubble */
    setActive(bubble) {
        if (!bubble || bubble === this.active)
            return;
        this.active?.setActive(false);
        this.active = bubble;
        bubble.setActive(true);
    }

    /** To the message that Tab would come to. */
    focus() {
        (this.active?.node ?? this.log).focus();
    }

    /** @param {KeyboardEvent} event */
    onKey(event) {
        const {target, key} = event;
        const at = this.items.findIndex((b) => b.node.contains(
            /** @type {Node} */ (target)));
        const bubble = this.items[at];
        const last = this.items.length - 1;
        const to = {ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: last}[
            key];
        // What stands in a message may have keys of its own.
        if (!bubble || event.altKey || event.ctrlKey || event.metaKey ||
            target instanceof HTMLInputElement ||
            target instanceof HTMLMediaElement)
            return;
        if (to !== undefined)
            this.items[Math.max(0, Math.min(to, last))].node.focus();
        else if (key === "Enter" && target === bubble.node)
            this.go.actions(bubble);
        else if (key === "Escape" && target !== bubble.node)
            bubble.node.focus();
        else
            return;
        event.preventDefault();
    }

    /**
     * The key for it, or a finger that stays; the mouse has the browser's.
     * @param {PointerEvent} event
     */
    onContext(event) {
        const bubble = this.bubbleOf(event.target);
        if (!bubble || (event.button === 2 && event.pointerType === "mouse"))
            return;
        event.preventDefault();
        this.go.actions(bubble);
    }

    /** Remembers what stands where, from the top of what is seen. */
    hold() {
        const {top} = this.log.getBoundingClientRect();
        const bubble = this.items.find((b) =>
            b.bubble.getBoundingClientRect().bottom > top);
        this.held = bubble ? {bubble, top: this.topOf(bubble)} : null;
    }

    /** @param {Bubble} bubble  the heading above it may come and go */
    topOf(bubble) {
        return bubble.bubble.getBoundingClientRect().top -
            this.log.getBoundingClientRect().top;
    }

    /** Lets it stand there again; at the end, the end stays in sight. */
    settle() {
        if (this.isAtBottom)
            this.log.scrollTop = this.log.scrollHeight;
        else if (this.held?.bubble.node.isConnected)
            this.log.scrollTop += this.topOf(this.held.bubble) - this.held.top;
    }

    /**
     * Changes something, and what is read stays where it is.
     * @param {() => void} change
     */
    keep(change) {
        this.hold();
        change();
        this.settle();
    }

    /**
     * Takes messages out of the page; the focus stays near.
     * @param {number} at
     * @param {number} count
     */
    cut(at, count) {
        const gone = this.items.splice(at, count);
        const hadFocus = gone.some((b) =>
            b.node.contains(document.activeElement));
        for (const bubble of gone)
            bubble.close();
        if (!this.active || !gone.includes(this.active))
            return;
        this.active = null;
        this.setActive(this.items[at] ?? this.items.at(-1));
        if (hadFocus && !this.isClosed)
            (this.active ?? this).node.focus({preventScroll: true});
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
     * @param {(error: unknown) => void} [complain]
     * @returns {Promise<any | null>}  a page; null if it could not be had
     */
    async load(query, complain = (error) => this.complain(error)) {
        if (this.isLoading)
            return null;
        const mine = this.turn;
        this.isLoading = true;
        try {
            const page = await call("GET", this.store.path(
                `/conversations/${this.id}/messages?limit=${PAGE}${query}`));
            if (mine !== this.turn)
                return null;
            this.release(this.note);
            this.note.hidden = true;
            return this.isClosed ? null : page;
        } catch (error) {
            if (mine === this.turn)
                complain(error);
            return null;
        } finally {
            if (mine === this.turn)
                this.isLoading = false;
        }
    }

    /** Takes the focus from what is to be hidden. @param {Element} node */
    release(node) {
        if (node.contains(document.activeElement))
            this.log.focus({preventScroll: true});
    }

    /** @param {unknown} error */
    complain(error) {
        const why = sentence(error);
        renew(this.note, why, () => [why, " ",
            button(t("Try again"), () => this.again(), "link")]);
        this.note.hidden = false;
    }

    /** What could not be loaded. */
    again() {
        if (this.note.hidden)
            return;
        if (this.items.length)
            this.onScroll();
        else
            this.start();
    }

    /** Begins with the newest page, whatever else is being loaded. */
    async start() {
        this.turn++;
        this.isLoading = false;
        const page = await this.load("");
        if (!page)
            return;
        this.cut(0, this.items.length);
        this.hasOlder = page.next_cursor !== null;
        this.hasNewer = false;
        this.insert(page.items, 0);
        this.markFresh();
        this.takeLate();
        this.showPending();
        this.toBottom();
    }

    /**
     * Shows a message, and what is around it.
     * @param {string} messageId
     */
    async jump(messageId) {
        const isHere = (/** @type {Bubble} */ b) => b.message.id === messageId;
        const complain = (/** @type {unknown} */ error) =>
            this.store.emit("notice", "problem", error);

        if (!this.items.some(isHere)) {
            this.turn++;
            this.isLoading = false;
            const page = await this.load(`&around=${messageId}`, complain);
            if (page?.items.some((/** @type {any} */ m) => m.id === messageId))
                this.showAround(page.items);
            else if (page)
                complain(new Problem(404, {code: "not_found"}));
            // There may be nothing to be seen yet.
            if (this.items.length === 0 && !this.isLoading)
                this.start();
        }
        const bubble = this.items.find(isHere);
        if (bubble)
            this.show(bubble);
    }

    /** @param {any[]} messages */
    showAround(messages) {
        this.cut(0, this.items.length);
        this.hasOlder = this.hasNewer = true;
        this.isAtBottom = false;
        this.insert(messages, 0);
        this.showPending();
    }

    /** @param {Bubble} bubble  in the page */
    show(bubble) {
        this.isAtBottom = false;
        bubble.node.scrollIntoView({block: "center"});
        bubble.node.focus({preventScroll: true});
        bubble.node.classList.add("found");
        setTimeout(() => bubble.node.classList.remove("found"), FOUND_MS);
        this.hold();
        this.takeLate();
    }

    async loadOlder() {
        const first = this.items[0]?.message.id;
        const page = first && await this.load(`&before=${first}`);
        if (!page)
            return;
        this.hasOlder = page.next_cursor !== null;
        this.keep(() => {
            this.insert(page.items, 0);
            this.trimEnd();
        });
        this.takeLate();
    }

    async loadNewer() {
        const last = this.newest?.id;
        const page = last && await this.load(`&after=${last}`);
        if (!page)
            return;
        this.hasNewer = page.next_cursor !== null;
        this.keep(() => {
            this.insert(page.items, this.items.length);
            this.trimStart();
        });
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
        const fresh = messages.filter((m) => !known.has(m.id))
            .map((m) => new Bubble(m, this));
        const before = this.items[at]?.node ?? null;

        for (const bubble of fresh)
            this.list.insertBefore(bubble.node, before);
        this.items.splice(at, 0, ...fresh);
        this.place(at - 1, at + fresh.length);
        if (!this.active || (!this.hasNewer &&
            !this.list.contains(document.activeElement)))
            this.setActive(this.items.at(-1));
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
            const message = await call("GET",
                this.store.path(`/messages/${id}`));
            this.keep(() => bubble.showQuote(message));
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
        this.cut(0, count);
        this.hasOlder = true;
        this.place(0, 0);
    }

    trimEnd() {
        const count = this.items.length - WINDOW;
        if (count <= 0)
            return;
        this.cut(WINDOW, count);
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
        if (at < 0 && this.isLoading)
            this.late.push(() => this.take(type, message));
        this.keep(() => {
            if (at >= 0) {
                const bubble = this.items[at];
                bubble.update(laterMessage(bubble.message, message));
                this.place(at - 1, at);
            } else if (!this.isLoading && !this.hasNewer && isNew(type)) {
                this.append(message);
            }
            this.requote(message.id, message);
        });
        this.showPending();
        this.onScroll();
    }

    /** @param {any} message */
    append(message) {
        // What is read far above would go for it.
        if (this.items.length >= WINDOW && !this.isAtBottom) {
            this.hasNewer = true;
            return;
        }
        this.insert([message], this.items.length);
        this.trimStart();
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
        this.keep(() => {
            if (at >= 0) {
                this.cut(at, 1);
                this.place(at - 1, at);
            }
            this.requote(id, null);
        });
        this.onScroll();
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
        this.settle();
    }

    /** @param {import("../outbox.js").Pending} pending */
    pendingNode(pending) {
        const isStuck = ["waiting", "refused"].includes(pending.step);
        return el("div", {class: "message out pending"},
            el("div", {class: "bubble"},
                unseen(t("You: ")),
                el("bdi", {class: "text", dir: "auto"}, visible(pending.text)),
                el("div", {class: "meta"}, isStuck ? trouble(pending)
                    : t("Sending…"),
                    isStuck && button(t("Try again"),
                        () => this.outbox.retry(pending), "link"),
                    pending.step === "refused" && button(t("Remove"),
                        () => this.outbox.drop(pending), "link"))));
    }

    onScroll() {
        const {scrollTop, scrollHeight, clientHeight} = this.log;
        const below = scrollHeight - scrollTop - clientHeight;

        this.isAtBottom = !this.hasNewer && below < BOTTOM_PX;
        if (this.isAtBottom)
            this.release(this.down);
        this.down.hidden = this.isAtBottom;
        if (this.isAtBottom)
            this.go.seen();
        if (this.isLoading || this.isClosed)
            return;
        if (scrollTop < NEAR_PX && this.hasOlder)
            this.loadOlder();
        else if (below < NEAR_PX && this.hasNewer && this.items.length)
            this.loadNewer();
    }

    toBottom() {
        this.isAtBottom = !this.hasNewer;
        this.settle();
        this.onScroll();
    }

    async toNewest() {
        if (this.hasNewer)
            await this.start();
        else
            this.toBottom();
    }
}
