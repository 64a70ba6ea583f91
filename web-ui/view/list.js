// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * list - the conversations of a user, and requests under way.
 */
import {call} from "../api.js";
import {
    button, el, fill, icon, iconButton, renew, setText, unseen, who,
} from "../dom.js";
import {t, tn} from "../i18n.js";
import {initial, name, pick, visible} from "../text.js";
import * as words from "../words.js";
import {late} from "./late.js";

const AVATAR_COLORS = 8;
const PREVIEW_CHARS = 160;

/**
 * @param {string} id
 * @param {string} title
 * @param {boolean} isOnline
 */
export function avatar(id, title, isOnline) {
    return el("span", {
        class: `avatar color-${pick(id, AVATAR_COLORS)}`, "aria-hidden": "true",
        "data-online": String(isOnline),
    }, initial(title));
}

/**
 * What a file is, in a word.
 * @param {any} file
 */
export function fileWord(file) {
    switch (file?.kind) {
    case "image": return t("Photo");
    case "voice": return t("Voice message");
    default: return name(file?.name);
    }
}

/**
 * A message in one line.
 * @param {any} message
 * @returns {string}
 */
export function oneLine(message) {
    const text = message.text.trim() &&
        name(visible(message.text.slice(0, PREVIEW_CHARS)));
    if (message.kind !== "file")
        return words.kind(message) || text;
    const what = fileWord(message.files[0]);
    return text ? `${what}: ${text}` : what;
}

/**
 * What is unsent, or the last message.
 * @param {any} conversation
 * @param {boolean} isOpen
 */
function preview({last_message: last, draft}, isOpen) {
    if (draft?.trim() && !isOpen)
        return t("Draft: {text}",
            {text: name(visible(draft.slice(0, PREVIEW_CHARS)))});
    if (!last)
        return t("No messages yet");
    return last.direction === "out" ? t("You: {text}", {text: oneLine(last)})
        : oneLine(last);
}

/** One row; kept as long as its conversation is there. */
export class Row {
    /**
     * @param {string} id
     * @param {(id: string) => void} choose
     * @param {(row: Row) => void} more
     */
    constructor(id, choose, more) {
        const menu = (/** @type {Event} */ event) => {
            event.preventDefault();
            more(this);
        };
        this.id = id;
        this.picture = el("span", {class: "picture"});
        this.title = el("span", {class: "title", id: `title-${id}`});
        this.when = el("span", {class: "when"});
        this.preview = el("bdi", {class: "preview"});
        this.unread = el("span", {class: "unread", hidden: true});
        this.marks = el("span", {class: "marks"});
        this.state = el("span", {class: "hidden"});
        this.button = el("button", {
            type: "button", class: "row", on: {click: () => choose(id)},
        }, this.picture, el("span", {class: "first"}, this.title,
            this.state, this.when),
        el("span", {class: "second"}, unseen(", "),
            this.preview, this.marks, this.unread));
        this.more = iconButton(t("More"), "more", () => more(this), "row-more");
        this.more.setAttribute("aria-haspopup", "menu");
        this.more.setAttribute("aria-describedby", this.title.id);
        this.node = el("li", {on: {
            contextmenu: menu,
            keydown: (/** @type {KeyboardEvent} */ e) => {
                if (e.key === "ContextMenu" || (e.key === "F10" && e.shiftKey))
                    menu(e);
            },
        }}, this.button, this.more);
        this.shown = "";
    }

    /**
     * @param {any} conversation
     * @param {any} contact
     * @param {boolean} isMuted
     * @param {boolean} isOpen
     */
    update(conversation, contact, isMuted, isOpen) {
        const {title, last_message: last, unread_count: unread, pinned} =
            conversation;
        const isOnline = contact?.presence === "online";
        const at = last?.received_at ?? last?.sent_at ?? contact?.created_at;
        const line = preview(conversation, isOpen);
        const when = at ? words.moment(at) : "";
        const key = JSON.stringify([title, line, isOnline, unread, pinned,
            isMuted, when, contact?.alarm, isOpen]);

        if (key === this.shown)
            return;
        this.shown = key;
        this.button.setAttribute("aria-current", String(isOpen));
        fill(this.picture, avatar(this.id, title, isOnline));
        fill(this.title, who(title), contact?.alarm && icon("alarm"));
        fill(this.marks, isMuted && icon("mute"), pinned && icon("pin"));
        setText(this.state, ["", pinned && t("pinned"), isMuted && t("muted"),
            isOnline && t("online"), ""].filter((s) => s !== false)
            .join(", "));
        setText(this.when, when);
        setText(this.preview, line);
        this.unread.hidden = unread === 0;
        this.unread.classList.toggle("is-muted", isMuted);
        fill(this.unread, unseen(", "),
            unread > 999 ? "999+" : String(unread),
            unseen(` ${t("unread")}`));
        this.node.classList.toggle("is-unread", unread > 0);
    }
}

export class List {
    /**
     * @param {import("../store.js").Store} store
     * @param {{choose: (id: string) => void, invite: () => void,
     *     accept: () => void, decide: () => void}} go
     */
    constructor(store, go) {
        this.store = store;
        this.go = go;
        /** @type {Map<string, Row>} */
        this.rows = new Map();
        this.open = "";
        this.isUnfolded = false;
        this.list = el("ul", {class: "conversations"});
        this.archived = el("ul", {class: "conversations", id: "archived",
            hidden: true});
        this.fold = el("button", {type: "button", class: "fold", hidden: true,
            "aria-expanded": "false", "aria-controls": "archived",
            on: {click: () => this.unfold(!this.isUnfolded)}});
        this.requests = el("ul", {class: "requests", tabindex: -1});
        this.asking = el("button", {type: "button", class: "asking",
            hidden: true, on: {click: go.decide}});
        this.empty = el("div", {class: "empty", hidden: true},
            el("p", {}, t("Nobody is here yet.")),
            el("p", {class: "quiet"}, t("Invite someone, or take the invite " +
                "that someone sent you.")),
            button(t("Invite someone"), go.invite, "primary"),
            button(t("I have an invite"), go.accept));
        this.node = el("nav", {class: "list",
            "aria-label": t("Conversations"), on: {keydown:
                (/** @type {KeyboardEvent} */ e) => this.onKey(e)}},
        this.asking, this.requests, this.list, this.fold, this.archived,
        this.empty);
        store.on("list", () => this.update());
    }

    /** @param {string} id */
    setOpen(id) {
        this.open = id;
        if (this.store.conversations.get(id)?.archived)
            this.isUnfolded = true;
        this.update();
        this.rows.get(id)?.node.scrollIntoView({block: "nearest"});
    }

    /** @param {boolean} isUnfolded */
    unfold(isUnfolded) {
        this.isUnfolded = isUnfolded;
        this.update();
    }

    /** From row to row. @param {KeyboardEvent} event */
    onKey(event) {
        const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
        const rows = this.shown().map((c) => this.rows.get(c.id)?.button);
        const at = rows.indexOf(
            /** @type {HTMLButtonElement} */ (document.activeElement));
        if (!step || at < 0 || event.altKey || event.defaultPrevented)
            return;
        event.preventDefault();
        rows[at + step]?.focus();
    }

    update() {
        const all = this.store.sorted();
        const archived = all.filter((c) => c.archived);
        const unread = archived.filter((c) => c.unread_count > 0).length;

        this.fillIn(this.list, all.filter((c) => !c.archived));
        this.fillIn(this.archived, archived);
        this.dropRows();
        this.fold.hidden = archived.length === 0;
        this.fold.setAttribute("aria-expanded", String(this.isUnfolded));
        setText(this.fold, unread
            ? t("Archived ({n}, unread: {unread})",
                {n: archived.length, unread})
            : t("Archived ({n})", {n: archived.length}));
        this.archived.hidden = !this.isUnfolded || archived.length === 0;
        this.showRequests();
        this.empty.hidden = all.length > 0 ||
            this.requests.childElementCount > 0;
    }

    /**
     * @param {Element} list
     * @param {any[]} conversations
     */
    fillIn(list, conversations) {
        let place = list.firstElementChild;
        for (const c of conversations) {
            const row = this.rows.get(c.id) ?? new Row(c.id, this.go.choose,
                (r) => this.menu(r));
            this.rows.set(c.id, row);
            row.update(c, this.store.contacts.get(c.contact_id),
                this.store.isMuted(c), c.id === this.open);
            if (row.node === place)
                place = place.nextElementSibling;
            else
                this.move(row, list, place);
        }
    }

    dropRows() {
        for (const [id, row] of this.rows)
            if (!this.store.conversations.has(id)) {
                row.node.remove();
                this.rows.delete(id);
            }
    }

    /**
     * Moving takes the focus away; it is given back.
     * @param {Row} row
     * @param {Element} list
     * @param {Element | null} before
     */
    move(row, list, before) {
        const focus = /** @type {HTMLElement} */ (document.activeElement);
        list.insertBefore(row.node, before);
        if (row.node.contains(focus))
            focus.focus();
    }

    /** @param {Row} row */
    menu(row) {
        late(this.store, () => import("./chat-menu.js"),
            (part) => part.openRowMenu(this, row));
    }

    /**
     * The focus stays near to where the row was.
     * @param {Row} row
     * @param {() => Promise<void>} change  takes it away from there
     */
    async keepFocus(row, change) {
        const rows = this.shown();
        const at = rows.findIndex((c) => c.id === row.id);
        const near = rows[at + 1] ?? rows[at - 1];
        const hadFocus = row.button === document.activeElement;
        await change();
        // An event may have moved it by now.
        if (hadFocus && [row.button, document.body].includes(
            /** @type {HTMLElement} */ (document.activeElement)))
            (near ? this.rows.get(near.id)?.button : this.fold)?.focus();
    }

    showRequests() {
        // However many strangers knock, it is one line.
        const count = this.store.pendingRequests().length;
        this.asking.hidden = count === 0;
        setText(this.asking, tn(count, "1 person asks to be a contact",
            "{n} people ask to be contacts"));
        const requests = this.store.openRequests();
        renew(this.requests, requests.map(
            (r) => [r.id, r.display_name, words.request(r)]),
        () => requests.map((r) => this.requestNode(r)));
    }

    /** @param {any} request */
    requestNode(request) {
        const title = request.display_name || t("Somebody");
        const isOver = ["expired", "failed"].includes(request.state);
        return el("li", {class: isOver ? "request is-over" : "request"},
            avatar(request.id, title, false),
            el("span", {class: "first"}, who(title)),
            el("span", {class: "second"}, words.request(request)),
            iconButton(isOver ? t("Remove") : t("Cancel"), "close",
                () => this.drop(request.id)));
    }

    /** @param {string} id */
    drop(id) {
        return this.store.attempt(async () => {
            await call("DELETE", this.store.path(`/requests/${id}`));
            this.store.requests.delete(id);
            this.store.emitList();
        });
    }

    /** Conversations as they are seen, from top to bottom. */
    shown() {
        const all = this.store.sorted();
        return [...all.filter((c) => !c.archived),
            ...all.filter((c) => c.archived && this.isUnfolded)];
    }

    /**
     * The conversation so many rows away from the one that is open.
     * @param {number} step
     */
    neighbour(step) {
        const ids = this.shown().map((c) => c.id);
        const at = ids.indexOf(this.open);
        return ids[at < 0 ? 0 : (at + step + ids.length) % ids.length];
    }

    /** The first conversation below the open one that has something new. */
    nextUnread() {
        const all = this.shown();
        const at = all.findIndex((c) => c.id === this.open);
        return [...all.slice(at + 1), ...all.slice(0, at + 1)].find(
            (c) => c.unread_count > 0 && c.id !== this.open)?.id;
    }
}
