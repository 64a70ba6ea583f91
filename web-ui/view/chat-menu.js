// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * chat-menu - what can be done with a conversation.
 */
import {call} from "../api.js";
import {t} from "../i18n.js";
import {name} from "../text.js";
import * as words from "../words.js";
import {ask} from "./dialog.js";
import {openContact} from "./late.js";
import {openMenu} from "./menu.js";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const TIMERS_S = [0, 300, HOUR_S, DAY_S, 7 * DAY_S, 28 * DAY_S];
const MUTES_S = [HOUR_S, 8 * HOUR_S, 7 * DAY_S];
const ALWAYS = "9999-12-31T23:59:59.000Z";

/**
 * @param {import("../store.js").Store} store
 * @param {string} id
 * @returns {(what: object) => Promise<void>}
 */
function changer(store, id) {
    return (what) => store.attempt(() => store.change(id, what));
}

/**
 * To be heard of it, or not.
 * @param {import("../store.js").Store} store
 * @param {any} c  the conversation
 * @param {HTMLElement} anchor
 * @returns {import("./menu.js").Entry}
 */
function muteEntry(store, c, anchor) {
    const change = changer(store, c.id);
    const until = (/** @type {string | null} */ at) => () =>
        change({muted_until: at});
    return store.isMuted(c) ? {label: t("Unmute"), act: until(null)}
        : {label: t("Mute…"), act: () => openMenu(anchor, [
            ...MUTES_S.map((seconds) => ({
                label: t("For {time}", {time: words.span(seconds)}),
                act: until(new Date(Date.now() + seconds * 1000)
                    .toISOString()),
            })), {label: t("Always"), act: until(ALWAYS)}], t("Mute"))};
}

/** @param {any} c @param {(what: object) => void} change */
function pinEntry(c, change) {
    return {label: c.pinned ? t("Unpin") : t("Pin"),
        act: () => change({pinned: !c.pinned})};
}

/**
 * Of a row of the list.
 * @param {import("./list.js").List} list
 * @param {import("./list.js").Row} row
 */
export function openRowMenu(list, row) {
    const {store} = list;
    const c = store.conversations.get(row.id);
    if (!c)
        return;
    const change = changer(store, c.id);
    row.button.focus();
    openMenu(row.more, [
        pinEntry(c, change),
        muteEntry(store, c, row.more),
        {label: c.archived ? t("Unarchive") : t("Archive"),
            act: () => list.keepFocus(row,
                () => change({archived: !c.archived}))},
        c.unread_count > 0 && c.last_message && {label: t("Mark as read"),
            act: () => store.attempt(() => call("PUT",
                store.path(`/conversations/${c.id}/read`),
                {message_id: c.last_message.id}))},
        {label: t("Profile"), act: () => openContact(store, c.contact_id)},
    ], t("More"));
}

/** @param {import("./chat.js").Chat} chat */
export function openChatMenu(chat) {
    const {conversation: c, store} = chat;
    if (!c)
        return;
    const change = changer(store, c.id);
    openMenu(chat.more, [
        {label: t("Profile"), act: () => chat.openContact()},
        {label: t("Disappearing messages…"), act: () => openTimers(chat)},
        muteEntry(store, c, chat.more),
        pinEntry(c, change),
        {label: c.archived ? t("Take out of the archive") : t("Archive"),
            act: () => change({archived: !c.archived})},
        {label: t("Clear history…"), danger: true, act: () => clear(chat)},
    ], t("More"));
}

/** @param {import("./chat.js").Chat} chat */
function openTimers(chat) {
    const change = changer(chat.store, chat.id);
    const now = chat.conversation?.disappearing_seconds ?? 0;
    const choices = TIMERS_S.includes(now) ? TIMERS_S : [...TIMERS_S, now];
    openMenu(chat.more, choices.map((seconds) => ({
        label: seconds ? t("{time} after they are read",
            {time: words.span(seconds)}) : t("Off: messages stay"),
        checked: seconds === now,
        act: () => change({disappearing_seconds: seconds}),
    })), t("Disappearing messages"));
}

/** @param {import("./chat.js").Chat} chat */
function clear(chat) {
    ask({
        title: t("Clear the history?"), danger: true, button: t("Clear"),
        text: t("Every message with {name} is deleted here. The other side " +
            "keeps its own.", {name: name(chat.store.title(chat.id))}),
        act: () => call("DELETE",
            chat.store.path(`/conversations/${chat.id}`)),
    });
}
