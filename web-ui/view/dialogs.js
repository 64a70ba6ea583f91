// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * dialogs - to invite somebody, and to take an invite.
 */
import {Problem, all, call} from "../api.js";
import {el, field, fill, form, put, who} from "../dom.js";
import {byteLength, NAME_BYTES_MAX} from "../text.js";
import * as words from "../words.js";
import {address} from "./address.js";
import {dialog} from "./dialog.js";
import {announce} from "./status.js";

/** @param {string} label */
function labelIsTooLong(label) {
    return byteLength(label) > NAME_BYTES_MAX;
}

/**
 * @param {any} invite
 * @param {boolean} isNew
 */
function untilWhen(invite, isNew) {
    return `${isNew ? "Works once, until" : "until"} ${
        words.full(invite.expires_at)}`;
}

/** @param {any} invite */
function freshInvite(invite) {
    const text = field("Send this to the one you invite", {
        readonly: true, rows: 3, class: "invite-link",
    }, {tag: "textarea", help: `${untilWhen(invite, true)}. Whoever has it ` +
        "can become your contact, so send it over a way you trust."});
    text.input.value = invite.link;
    text.input.addEventListener("focus", () => text.input.select());
    const copy = el("button", {type: "button", class: "primary",
        on: {click: async () => {
            try {
                await navigator.clipboard.writeText(invite.link);
                copy.textContent = "Copied";
                announce("Copied");
            } catch {
                text.input.focus();
                announce("Selected; copy it with Control C");
            }
        }}}, "Copy");
    return {node: el("div", {class: "form"}, text.node,
        el("div", {class: "actions"}, copy)), copy};
}

/**
 * @param {import("../store.js").Store} store
 */
export function invite(store) {
    const label = field("For whom", {autocomplete: "off", maxlength: 64},
        {help: "A note for yourself; it may stay empty."});
    const body = el("div");
    const open = el("ul", {class: "invites"});

    const submit = async () => {
        const text = label.input.value.trim();
        if (labelIsTooLong(text))
            return "That note is too long.";
        try {
            const made = await call("POST", store.path("/invites"),
                text ? {label: text} : {});
            const shown = freshInvite(made);
            fill(body, shown.node);
            shown.copy.focus();
        } catch (error) {
            if (error instanceof Problem && error.code === "conflict")
                return "Too many invites are open. Delete one first.";
            return words.sentence(error);
        }
        return null;
    };
    put(body, form({button: "Make an invite", busy: "Making it…", submit},
        label.node));
    const own = address(store);
    const node = dialog("Invite someone", body, open, own.node);
    node.addEventListener("close", own.close);
    label.input.focus();
    showOpenInvites(store, open);
}

/**
 * @param {import("../store.js").Store} store
 * @param {HTMLElement} list
 */
async function showOpenInvites(store, list) {
    let invites = [];
    try {
        invites = await all(store.path("/invites"));
    } catch {
        // the dialog works without them
    }
    fill(list, ...invites.filter((i) => i.uses < i.max_uses).map((i) => {
        const item = el("li", {}, el("span", {}, i.label ? who(i.label)
            : "Invite", ` ${untilWhen(i, false)}`),
        el("button", {type: "button", class: "link", on: {click: async () => {
            try {
                await call("DELETE", store.path(`/invites/${i.id}`));
                item.remove();
                // Nothing is done by pressing once more.
                list.closest("dialog")?.querySelector("button")?.focus();
            } catch (error) {
                announce(words.sentence(error));
            }
        }}}, "Delete"));
        return item;
    }));
}

/**
 * @param {import("../store.js").Store} store
 */
export function accept(store) {
    const link = field("Invite", {rows: 3, required: true, maxlength: 1024,
        autocomplete: "off", placeholder: "umbel:…"}, {tag: "textarea",
        help: "Or the address of somebody, who then decides."});
    const alias = field("Your name for them", {autocomplete: "off",
        maxlength: 64}, {help: "Only you see it; without it you see the name " +
        "they gave themselves."});
    // The same try has the same id, whatever happens on the way.
    let tried = "", clientId = "";

    const submit = async () => {
        const text = link.input.value.replace(/\s+/g, "");
        const given = alias.input.value.trim();
        if (!text)
            return "Paste the invite that you were sent.";
        if (labelIsTooLong(given))
            return "That name is too long.";
        const body = given ? {link: text, alias: given} : {link: text};
        if (JSON.stringify(body) !== tried)
            clientId = crypto.randomUUID();
        tried = JSON.stringify(body);
        try {
            const request = await call("POST", store.path("/requests"),
                {...body, client_id: clientId});
            store.requests.set(request.id, request);
            store.emitList();
            node.close();
            announce("Connecting");
        } catch (error) {
            return words.sentence(error);
        }
        return null;
    };
    const node = dialog("Take an invite",
        form({button: "Connect", busy: "Connecting…", submit},
            link.node, alias.node));
    link.input.focus();
}
