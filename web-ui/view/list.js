// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * list - the conversations of a user, and requests under way.
 */
import {call} from "../api.js";
import {el, fill, icon, iconButton, renew, setText, who} from "../dom.js";
import {initial, name, pick, visible} from "../text.js";
import * as words from "../words.js";

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
 * The last message in one line.
 * @param {any} message
 */
function preview(message) {
    if (!message)
        return "No messages yet";
    const text = words.kind(message) ||
        name(visible(message.text.slice(0, PREVIEW_CHARS)));
    return message.direction === "out" ? `You: ${text}` : text;
}

/** One row; kept as long as its conversation is there. */
class Row {
    /**
     * @param {string} id
     * @param {(id: string) => void} choose
     */
    constructor(id, choose) {
        this.id = id;
        this.picture = el("span", {class: "picture"});
        this.title = el("span", {class: "title"});
        this.when = el("span", {class: "when"});
        this.preview = el("bdi", {class: "preview"});
        this.unread = el("span", {class: "unread", hidden: true});
        this.presence = el("span", {class: "hidden"});
        this.button = el("button", {
            type: "button", class: "row", on: {click: () => choose(id)},
        }, this.picture, el("span", {class: "first"}, this.title,
            this.presence, this.when),
        el("span", {class: "second"}, el("span", {class: "hidden"}, ", "),
            this.preview, this.unread));
        this.node = el("li", {}, this.button);
        this.shown = "";
    }

    /**
     * @param {any} conversation
     * @param {any} contact
     * @param {boolean} isOpen
     */
    update(conversation, contact, isOpen) {
        const {title, last_message: last, unread_count: unread} = conversation;
        const isOnline = contact?.presence === "online";
        const at = last?.received_at ?? last?.sent_at ?? contact?.created_at;
        const line = preview(last);
        const key = JSON.stringify([title, line, isOnline, unread,
            at && words.moment(at), contact?.alarm]);

        this.button.setAttribute("aria-current", isOpen ? "true" : "false");
        if (key === this.shown)
            return;
        this.shown = key;
        fill(this.picture, avatar(this.id, title, isOnline));
        fill(this.title, who(title), contact?.alarm && icon("alarm"));
        setText(this.presence, isOnline ? ", online, " : ", ");
        setText(this.when, at ? words.moment(at) : "");
        setText(this.preview, line);
        this.unread.hidden = unread === 0;
        fill(this.unread, el("span", {class: "hidden"}, ", "),
            unread > 999 ? "999+" : String(unread),
            el("span", {class: "hidden"}, " unread"));
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
        this.list = el("ul", {class: "conversations"});
        this.requests = el("ul", {class: "requests", tabindex: -1});
        this.asking = el("button", {type: "button", class: "asking",
            hidden: true, on: {click: go.decide}});
        this.empty = el("div", {class: "empty", hidden: true},
            el("p", {}, "Nobody is here yet."),
            el("p", {class: "quiet"}, "Invite someone, or take the invite " +
                "that someone sent you."),
            el("button", {type: "button", class: "primary",
                on: {click: go.invite}}, "Invite someone"),
            el("button", {type: "button", class: "secondary",
                on: {click: go.accept}}, "I have an invite"));
        this.node = el("nav", {class: "list", "aria-label": "Conversations"},
            this.asking, this.requests, this.list, this.empty);
        store.on("list", () => this.update());
    }

    /** @param {string} id */
    setOpen(id) {
        this.open = id;
        this.update();
    }

    update() {
        const conversations = this.store.sorted();
        let place = this.list.firstElementChild;

        for (const c of conversations) {
            const row = this.rows.get(c.id) ?? new Row(c.id, this.go.choose);
            this.rows.set(c.id, row);
            row.update(c, this.store.contacts.get(c.contact_id),
                c.id === this.open);
            if (row.node === place)
                place = place.nextElementSibling;
            else
                this.move(row, place);
        }
        this.showRequests();
        this.dropRows(new Set(conversations.map((c) => c.id)));
        this.empty.hidden = conversations.length > 0 ||
            this.requests.childElementCount > 0;
    }

    /** @param {Set<string>} there */
    dropRows(there) {
        for (const [id, row] of this.rows)
            if (!there.has(id)) {
                row.node.remove();
                this.rows.delete(id);
            }
    }

    /**
     * Moving takes the focus away; it is given back.
     * @param {Row} row
     * @param {Element | null} before
     */
    move(row, before) {
        const hadFocus = document.activeElement === row.button;
        this.list.insertBefore(row.node, before);
        if (hadFocus)
            row.button.focus();
    }

    showRequests() {
        // However many strangers knock, it is one line.
        const count = this.store.pendingRequests().length;
        this.asking.hidden = count === 0;
        setText(this.asking, count === 1 ? "1 person asks to be a contact"
            : `${count} people ask to be contacts`);
        const requests = this.store.openRequests();
        renew(this.requests, requests.map(
            (r) => [r.id, r.display_name, words.request(r)]),
        () => requests.map((r) => this.requestNode(r)));
    }

    /** @param {any} request */
    requestNode(request) {
        const title = request.display_name || "Somebody";
        const isOver = ["expired", "failed"].includes(request.state);
        return el("li", {class: isOver ? "request is-over" : "request"},
            avatar(request.id, title, false),
            el("span", {class: "first"}, who(title)),
            el("span", {class: "second"}, words.request(request)),
            iconButton(isOver ? "Remove" : "Cancel", "close",
                () => this.drop(request.id)));
    }

    /** @param {string} id */
    async drop(id) {
        try {
            await call("DELETE", this.store.path(`/requests/${id}`));
            this.store.requests.delete(id);
            this.store.emitList();
        } catch (error) {
            this.store.emit("notice", "problem", error);
        }
    }

    /**
     * The conversation so many rows away from the one that is open.
     * @param {number} step
     */
    neighbour(step) {
        const ids = this.store.sorted().map((c) => c.id);
        const at = ids.indexOf(this.open);
        return ids[at < 0 ? 0 : (at + step + ids.length) % ids.length];
    }
}
