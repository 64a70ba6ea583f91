// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * chat-menu - what can be done with a conversation.
 */
import {call} from "../api.js";
import {t} from "../i18n.js";
import {name} from "../text.js";
import * as words from "../words.js";
import {isMuted} from "./chat.js";
import {ask} from "./dialog.js";
import {openMenu} from "./menu.js";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const TIMERS_S = [0, 300, HOUR_S, DAY_S, 7 * DAY_S, 28 * DAY_S];
const MUTES_S = [HOUR_S, 8 * HOUR_S, 7 * DAY_S];
const ALWAYS = "9999-12-31T23:59:59.000Z";

/** @param {import("./chat.js").Chat} chat */
export function openChatMenu(chat) {
    const {conversation: c} = chat;
    if (!c)
        return;
    openMenu(chat.more, [
        {label: t("Profile"), act: () => chat.openContact()},
        {label: t("Disappearing messages…"), act: () => openTimers(chat)},
        isMuted(c) ? {label: t("Unmute"),
            act: () => patch(chat, {muted_until: null})}
            : {label: t("Mute…"), act: () => openMutes(chat)},
        {label: c.pinned ? t("Unpin") : t("Pin"),
            act: () => patch(chat, {pinned: !c.pinned})},
        {label: c.archived ? t("Take out of the archive") : t("Archive"),
            act: () => patch(chat, {archived: !c.archived})},
        {label: t("Clear history…"), danger: true, act: () => clear(chat)},
    ], t("More"));
}

/**
 * @param {import("./chat.js").Chat} chat
 * @param {object} body
 */
async function patch(chat, body) {
    try {
        await call("PATCH", chat.store.path(`/conversations/${chat.id}`), body);
    } catch (error) {
        chat.store.emit("notice", "problem", error);
    }
}

/** @param {import("./chat.js").Chat} chat */
function openTimers(chat) {
    const now = chat.conversation?.disappearing_seconds ?? 0;
    const choices = TIMERS_S.includes(now) ? TIMERS_S : [...TIMERS_S, now];
    openMenu(chat.more, choices.map((seconds) => ({
        label: seconds ? t("{time} after they are read",
            {time: words.span(seconds)}) : t("Off: messages stay"),
        checked: seconds === now,
        act: () => patch(chat, {disappearing_seconds: seconds}),
    })), t("Disappearing messages"));
}

/** @param {import("./chat.js").Chat} chat */
function openMutes(chat) {
    const until = (/** @type {string} */ at) => patch(chat, {muted_until: at});
    openMenu(chat.more, [...MUTES_S.map((seconds) => ({
        label: t("For {time}", {time: words.span(seconds)}),
        act: () => until(new Date(Date.now() + seconds * 1000).toISOString()),
    })), {label: t("Always"), act: () => until(ALWAYS)}], t("Mute"));
}

/** @param {import("./chat.js").Chat} chat */
function clear(chat) {
    ask({
        title: t("Clear the history?"), danger: true, button: t("Clear"),
        text: t("Every message with {name} is deleted here. The other side " +
            "keeps its own.", {name: name(chat.store.title(chat.id))}),
        act: async () => {
            try {
                await call("DELETE",
                    chat.store.path(`/conversations/${chat.id}`));
            } catch (error) {
                return words.sentence(error);
            }
        },
    });
}
