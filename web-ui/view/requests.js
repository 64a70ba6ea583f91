// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * requests - those who ask to become contacts: who they say they are, and what
 * is known of them, which is nothing.
 */
import {call} from "../api.js";
import {button, el, field, icon, setText, who} from "../dom.js";
import {t} from "../i18n.js";
import {NAME_BYTES_MAX, byteLength, visible} from "../text.js";
import * as words from "../words.js";
import {dialog} from "./dialog.js";

/**
 * @param {import("../store.js").Store} store
 * @param {string} id  of a contact
 */
function contactName(store, id) {
    const contact = store.contacts.get(id);
    return who(contact?.alias ?? contact?.display_name);
}

/**
 * One who asks.  It stays where it is when it is answered, or gone, so that
 * no click meets another one than was meant.
 */
class Item {
    /**
     * @param {import("../store.js").Store} store
     * @param {any} request
     */
    constructor(store, request) {
        const {looks_like_contact_id: like, introduced_by: by} = request;
        this.store = store;
        this.id = request.id;
        this.isOver = false;
        this.outcome = el("p", {class: "quiet", role: "status", tabindex: -1});
        this.alias = field(t("Your name for them"), {autocomplete: "off",
            maxlength: 64}, {help: t("Only you see it. Leave it empty to see " +
            "the name they gave themselves.")});
        this.buttons = [button(t("Reject"), () => this.answer("reject")),
            button(t("Accept"), () => this.answer("accept"), "primary")];
        this.node = el("li", {},
            el("h3", {}, who(request.display_name)),
            el("p", {class: "quiet"}, t("Asked {time}",
                {time: words.full(request.created_at)})),
            el("p", {}, t("A new person, whatever the name says.")),
            like && el("p", {class: "alarm"}, icon("alarm"),
                ...words.around(t("It looks like the name of your contact " +
                    "{name}, and is somebody else."),
                contactName(store, like))),
            by && el("p", {}, ...words.around(t("Introduced by {name}, who " +
                "calls them so."), contactName(store, by))),
            request.greeting && el("bdi", {class: "greeting", dir: "auto",
                tabindex: 0},
                visible(request.greeting)), this.alias.node,
            el("div", {class: "actions"}, this.outcome, ...this.buttons));
    }

    /**
     * Who pressed a button of those that go stays where he was.
     * @param {string} text
     */
    end(text) {
        const hadFocus = this.buttons.some(
            (button) => button === document.activeElement);
        this.isOver = true;
        setText(this.outcome, text);
        if (hadFocus)
            this.outcome.focus();
        for (const button of this.buttons)
            button.hidden = true;
        this.alias.node.hidden = true;
    }

    /** @param {"accept" | "reject"} word */
    async answer(word) {
        const alias = this.alias.input.value.trim();
        if (this.isOver)
            return;
        if (byteLength(alias) > NAME_BYTES_MAX) {
            setText(this.outcome, t("That name is too long."));
            return;
        }
        this.end(t("One moment…"));
        try {
            await call("POST", this.store.path(`/requests/${this.id}/${word}`),
                word === "reject" ? undefined : alias ? {alias} : {});
            this.end(word === "accept" ? t("Accepted") : t("Rejected"));
            this.keep(word === "accept" ? "queued" : "rejected");
        } catch (error) {
            this.isOver = false;
            for (const node of [...this.buttons, this.alias.node])
                node.hidden = false;
            setText(this.outcome, words.sentence(error));
        }
    }

    /**
     * Until an event tells, unless it has.
     * @param {string} state
     */
    keep(state) {
        const {requests} = this.store;
        const known = requests.get(this.id);
        if (known?.state === "pending")
            requests.set(this.id, {...known, state});
        this.store.emitList();
    }
}

/** @param {import("../store.js").Store} store */
export function decide(store) {
    const list = el("ul", {class: "asking-list"});
    /** @type {Map<string, Item>} */
    const items = new Map();

    const update = () => {
        const pending = store.pendingRequests();
        for (const request of pending)
            if (!items.has(request.id)) {
                const item = new Item(store, request);
                items.set(request.id, item);
                list.append(item.node);
            }
        for (const item of items.values())
            if (!item.isOver && !pending.some((r) => r.id === item.id))
                item.end(t("This is over."));
    };
    update();
    const node = dialog(t("People who ask"), list);
    node.addEventListener("close", store.on("list", update));
}
