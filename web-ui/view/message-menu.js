// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * message-menu - what can be done with a message.
 */
import {call} from "../api.js";
import {el, setText} from "../dom.js";
import {t} from "../i18n.js";
import {name} from "../text.js";
import * as words from "../words.js";
import {ask, dialog} from "./dialog.js";
import {openMenu} from "./menu.js";
import {change, react} from "./message.js";
import {announce} from "./status.js";

/** So long the daemon lets one edit, and delete for both. */
const CHANGE_MS = 7 * 24 * 3600 * 1000;
const NOT_DELIVERED = ["queued", "sending", "sent"];

const EMOJI = ("👍 ❤️ 😂 😮 😢 🙏 👎 🎉 😀 😄 😅 😉 😊 😍 😘 😎 🤔 🤨 😐 🙄 " +
    "😏 😬 😴 😜 🤗 🤭 🤫 😇 🥳 😭 😡 😱 🤯 😳 🥺 😞 🤒 💀 👀 👏 🙌 👌 ✌️ " +
    "🤞 🤝 💪 👋 🤷 🤦 💯 🔥 ⭐ ✨ 💔 💚 🌱 🌹 ☕ 🍰 🎂 🍀 ☀️ ✅").split(" ");
const QUICK = 6;

/**
 * @param {import("./chat.js").Chat} chat
 * @param {import("./message.js").Bubble} bubble
 */
export function openActions(chat, bubble) {
    const {message} = bubble;
    const {store, composer} = chat;
    const isOut = message.direction === "out";
    const isText = message.kind === "text";
    const isWords = isText || message.kind === "file";
    const isFailed = message.state === "failed";
    const quick = (/** @type {string} */ emoji) => ({
        label: emoji, quick: true, act: () => react(store, message, emoji),
    });

    openMenu(bubble.more, [
        ...(isWords ? [...EMOJI.slice(0, QUICK).map(quick), {
            label: "…", name: t("More emoji"), quick: true,
            act: () => openMenu(bubble.more, EMOJI.map(quick),
                t("React")),
        }] : []),
        isWords && {label: t("Reply"), act: () => composer.reply(message)},
        isOut && isText && {label: t("Edit"),
            act: () => composer.edit(message)},
        isWords && message.text && {label: t("Copy text"),
            act: () => copy(chat, message)},
        isOut && isFailed && isWords && {label: t("Try again"),
            act: () => change(store, message, "POST", "/retry")},
        isOut && isWords && NOT_DELIVERED.includes(message.state) && {
            label: t("Cancel sending"),
            act: () => change(store, message, "POST", "/cancel")},
        {label: t("Details"), act: () => details(chat, message)},
        {label: t("Delete…"), danger: true,
            act: () => remove(chat, message)},
    ], t("Actions"));
}

/**
 * @param {import("./chat.js").Chat} chat
 * @param {any} message
 */
function copy(chat, message) {
    chat.store.attempt(async () => {
        await navigator.clipboard.writeText(message.text);
        announce(t("Copied"));
    });
}

/**
 * @param {import("./chat.js").Chat} chat
 * @param {any} message
 */
function remove(chat, message) {
    const mayForBoth = message.direction === "out" &&
        message.state !== "failed" && ["text", "file"].includes(message.kind) &&
        Date.now() - Date.parse(message.sent_at) < CHANGE_MS;
    const choice = (/** @type {string} */ value, /** @type {string} */ label) =>
        el("label", {}, el("input", {type: "radio",
            name: "whose", value, checked: value === "me"}), label);
    const fields = mayForBoth ? [el("fieldset", {class: "whose"},
        el("legend", {}, t("For whom?")), choice("me", t("For me")),
        choice("everyone", t("For both of us, as far as their program does " +
            "what it is asked for")))] : [];
    const node = ask({
        title: t("Delete this message?"), danger: true, button: t("Delete"),
        text: mayForBoth ? t("It cannot be brought back.")
            : t("It is deleted here, and stays with the other side."),
        fields, act: async () => {
            const input = /** @type {HTMLInputElement | null} */ (
                node.querySelector("input:checked"));
            await call("DELETE", chat.store.path(`/messages/${message.id
            }?for=${input?.value ?? "me"}`));
        },
    });
    node.addEventListener("close", () => {
        // What had the focus may be gone.
        if (!chat.log.list.contains(document.activeElement))
            chat.log.focus();
    });
}

/**
 * How long until then.
 * @param {string} at
 */
function left(at) {
    const seconds = Math.ceil((Date.parse(at) - Date.now()) / 1000);
    const unit = [86400, 3600, 60, 1].find((size) => seconds >= size * 2) ?? 1;
    return seconds > 0 ? words.span(Math.round(seconds / unit) * unit) : "";
}

/**
 * @param {import("./chat.js").Chat} chat
 * @param {any} first
 */
function details(chat, first) {
    const list = el("dl", {class: "details"});
    const state = el("p", {});
    /** @param {any} m  @returns {[string, string | false | null][]} */
    const rows = (m) => [
        [t("From"), m.direction === "out" ? t("You")
            : name(chat.store.title(chat.id))],
        [t("Sent"), words.full(m.sent_at)],
        [t("Received"), m.received_at && words.full(m.received_at)],
        [t("Delivered"), m.delivered_at && words.full(m.delivered_at)],
        [t("Read"), m.read_at && words.full(m.read_at)],
        [t("Edited"), m.edited_at && words.full(m.edited_at)],
        [t("Given up"), m.deliver_by && words.full(m.deliver_by)],
        [t("Disappears"), m.expires_at
            ? t("in {time}", {time: left(m.expires_at)})
            : m.disappears_after_seconds > 0 && m.kind !== "timer" &&
                t("{time} after it is read",
                    {time: words.span(m.disappears_after_seconds)})],
    ];
    const show = (/** @type {any} */ m) => {
        setText(state, m.direction === "out" && m.kind !== "deleted"
            ? words.delivery(m, name(chat.store.title(chat.id))) : "");
        list.replaceChildren(...rows(m).filter(([, what]) => what)
            .flatMap(([label, what]) => [el("dt", {}, label),
                el("dd", {}, el("bdi", {}, what))]));
    };
    const node = dialog(t("Message"), state, list);
    const bubble = chat.log.items.find((b) => b.message.id === first.id);
    const update = () => show(bubble?.message ?? first);
    const timer = setInterval(update, 1000);
    node.addEventListener("close", () => clearInterval(timer));
    update();
}
