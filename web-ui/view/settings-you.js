// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings-you - what contacts see of one, and what is taken from them.
 */
import {call} from "../api.js";
import {field, form} from "../dom.js";
import {t} from "../i18n.js";
import {choices, group, part, select, toggle} from "./settings-kit.js";
import {announce} from "./status.js";

const MIB = 1024 * 1024;
const SIZES = [1, 10, 100, 1024];
const KINDS = ["file", "image", "voice"];

/** @param {import("./settings-frame.js").Context} context */
function profileForm({store}, profile) {
    const name = field(t("Name"), {value: profile.display_name, maxlength: 64,
        autocomplete: "off"}, {help: t("Your contacts see it.")});
    const status = field(t("Status"), {value: profile.status_text,
        maxlength: 200, autocomplete: "off"},
    {help: t("A line about you that your contacts see.")});
    return form({button: t("Save"), busy: t("One moment…"),
        submit: async () => {
            await call("PUT", store.path("/profile"), {
                display_name: name.input.value.trim(),
                status_text: status.input.value.trim()});
            announce(t("Saved"));
        }}, name.node, status.node);
}

/**
 * @param {any} privacy
 * @param {(fields: object) => Promise<any>} change
 */
function filesUnasked(privacy, change) {
    const kinds = privacy.auto_accept_kinds;
    const now = kinds.length === 0 ? 0
        : Math.round(privacy.auto_accept_bytes / MIB);
    const sizes = SIZES.includes(now) || !now ? SIZES : [...SIZES, now];
    return select(t("Files without asking"), [
        {value: "0", label: t("None: ask me each time")},
        ...sizes.map((n) => ({value: String(n),
            label: n < 1024 ? t("Up to {n} MB", {n})
                : t("Up to {n} GB", {n: n / 1024})}))], String(now),
    (value) => change(value === "0" ? {auto_accept_kinds: []} : {
        auto_accept_bytes: Number(value) * MIB,
        auto_accept_kinds: kinds.length ? kinds : KINDS})).node;
}

/** @param {import("./settings-frame.js").Context} context */
export async function you(context) {
    const {store} = context;
    const [profile, presence, privacy] = await Promise.all(
        ["/profile", "/presence", "/privacy"].map((rest) =>
            call("GET", store.path(rest))));
    const change = (/** @type {object} */ fields) =>
        call("PATCH", store.path("/privacy"), fields);

    return {node: part(
        group(t("What contacts see"), profileForm(context, profile)),
        group(t("Are you there?"), choices(t("For your contacts you are"), [
            {value: "online", label: t("Online"),
                help: t("Contacts see when you are there.")},
            {value: "invisible", label: t("Invisible"),
                help: t("Nobody sees that you are there. Invites and your " +
                    "address still work.")},
            {value: "offline", label: t("Offline"),
                help: t("Nothing is sent and nothing comes.")}],
        presence.mode, (mode) =>
            call("PUT", store.path("/presence"), {mode}))),
        group(t("What contacts learn"),
            toggle(t("Read receipts"), t("Contacts see that you have read " +
                "what they wrote."), privacy.read_receipts,
            (on) => change({read_receipts: on})),
            toggle(t("Typing"), t("Contacts see that you are writing."),
                privacy.typing, (on) => change({typing: on})),
            filesUnasked(privacy, change)))};
}
