// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings-tokens - programs that may use this Umbel, each by a secret.
 */
import {all, call} from "../api.js";
import {button, el, field, fill, form, who} from "../dom.js";
import {mark, t} from "../i18n.js";
import {NAME_BYTES_MAX, byteLength} from "../text.js";
import {full} from "../words.js";
import {ask, copyButton} from "./dialog.js";
import {elsewhere, group, part, select} from "./settings-kit.js";

const DAY_MS = 24 * 3600 * 1000;
const READ = ["users:read", "contacts:read", "messages:read", "files:read",
    "events:read", "tor:read"];
/** @type {Record<string, {label: string, scopes: string[]}>} */
const PRESETS = {
    read: {label: mark("Read only"), scopes: READ},
    send: {label: mark("Only send messages"), scopes: ["messages:send"]},
    talk: {label: mark("Read and send messages"), scopes: [...READ,
        "messages:send", "files:write"]},
    all: {label: mark("Everything"), scopes: ["admin"]},
};
const WORDS = {
    "admin": mark("everything"),
    "users:read": mark("see users"), "users:unlock": mark("lock and unlock"),
    "users:create": mark("make users"),
    "contacts:read": mark("see contacts"),
    "contacts:write": mark("change contacts"),
    "messages:read": mark("read messages"),
    "messages:send": mark("send messages"),
    "messages:delete": mark("delete messages"),
    "events:read": mark("follow what happens"),
    "tor:read": mark("see the connection"),
    "tor:control": mark("change the connection"),
    "profile:write": mark("change the profile"),
    "files:read": mark("see files"), "files:write": mark("send files"),
    "metrics:read": mark("see figures"), "tokens:create": mark("make programs"),
};

/** @param {string[]} scopes */
function rights(scopes) {
    return scopes.map((s) => s in WORDS ? t(WORDS[s]) : s).join(", ");
}

/**
 * @param {any} token
 * @param {() => Promise<void>} changed
 */
function row(token, changed) {
    const revoke = () => ask({title: t("Shut out this program?"), danger: true,
        text: t("It can do nothing here any more, from this moment on."),
        button: t("Shut out"), act: async () => {
            await call("DELETE", `/v1/tokens/${token.id}`);
            await changed();
        }});
    const name = el("p", {class: "program-name", id: `name-${token.id}`},
        who(token.name));
    return el("li", {}, el("div", {}, name,
        el("p", {class: "help"}, t("May: {rights}",
            {rights: rights(token.scopes)})),
        el("p", {class: "help"}, token.last_used_at
            ? t("Last used {time}", {time: full(token.last_used_at)})
            : t("Never used"), " · ", token.expires_at
            ? t("until {time}", {time: full(token.expires_at)})
            : t("for ever"))),
    el("button", {type: "button", class: "secondary",
        id: `revoke-${token.id}`, on: {click: revoke},
        "aria-labelledby": `revoke-${token.id} ${name.id}`}, t("Shut out")));
}

/**
 * @param {HTMLElement} place
 * @param {any} made
 */
function showSecret(place, made) {
    const text = el("code", {class: "secret", tabindex: 0}, made.secret);
    fill(place, el("p", {role: "status"}, t("This is the secret of the " +
        "program. Copy it now: it is never shown again.")), text,
    el("div", {class: "actions"}, copyButton(() => made.secret),
        button(t("Done"), () => fill(place), "link")));
    text.focus();
}

/**
 * @param {import("./settings-frame.js").Context} context
 * @param {() => Promise<void>} changed
 */
function makeForm({store}, changed) {
    const place = el("div", {class: "made"});
    const name = field(t("Name"), {autocomplete: "off", maxlength: 64},
        {help: t("Which program it is for.")});
    const rights = select(t("It may"), Object.entries(PRESETS).map(
        ([value, {label}]) => ({value, label: t(label)})), "read");
    const end = select(t("Until"), [
        {value: "1", label: t("Tomorrow")}, {value: "30", label: t("In a month")},
        {value: "365", label: t("In a year")},
        {value: "", label: t("It is shut out")}], "365");
    const only = el("input", {type: "checkbox", id: "token-only"});
    only.checked = true;

    return [form({button: t("Let it in"), busy: t("One moment…"),
        submit: async () => {
            const chosen = name.input.value.trim(), days = end.input.value;
            if (!chosen || byteLength(chosen) > NAME_BYTES_MAX)
                return t("It needs a name, and a short one.");
            showSecret(place, await call("POST", "/v1/tokens", {
                name: chosen, scopes: PRESETS[rights.input.value].scopes,
                ...only.checked && {user_ids: [store.user.id]},
                expires_at: days ? new Date(Date.now() +
                    Number(days) * DAY_MS).toISOString() : null}));
            name.input.value = "";
            await changed();
        }}, name.node, rights.node, end.node, el("div", {class: "choice"},
        only, el("label", {for: only.id}, t("Only for this user")))), place];
}

/** @param {import("./settings-frame.js").Context} context */
export async function programs(context) {
    const about = el("p", {class: "help"}, t("Programs on this computer can " +
        "read and write messages in your name, as far as you let them."));
    if (!context.go.may("admin"))
        return {node: part(group(t("Programs"), about,
            elsewhere("umbel token add")))};
    const list = el("ul", {class: "programs", tabindex: -1,
        "aria-label": t("Programs")});
    const update = async () => {
        const tokens = await all("/v1/tokens");
        const hadFocus = list.contains(document.activeElement);
        fill(list, ...tokens.map((token) => row(token, update)));
        if (tokens.length === 0)
            fill(list, el("li", {class: "quiet"}, t("There is none.")));
        if (hadFocus)
            list.focus();
    };
    await update();
    return {node: part(group(t("Who is let in"), about, list),
        group(t("Let a program in"), ...makeForm(context, update)))};
}
