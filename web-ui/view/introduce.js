// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * introduce - lets two contacts meet.
 */
import {call} from "../api.js";
import {el, form, who} from "../dom.js";
import {t} from "../i18n.js";
import {name} from "../text.js";
import * as words from "../words.js";
import {dialog} from "./dialog.js";

/** With so many contacts there is a field to find one. */
const MANY = 8;

/** @param {any} contact */
const title = (contact) => name(contact.alias ?? contact.display_name);

/**
 * @param {any[]} contacts
 * @param {HTMLElement} list
 */
function finder(contacts, list) {
    return contacts.length < MANY ? null : el("input", {type: "search",
        "aria-label": t("Find a contact"), placeholder: t("Find a contact"),
        on: {input: (/** @type {any} */ event) => {
            const wanted = event.target.value.trim().toLocaleLowerCase();
            contacts.forEach((contact, i) => {
                /** @type {HTMLElement} */ (list.children[i]).hidden =
                    !title(contact).toLocaleLowerCase().includes(wanted);
            });
        }}});
}

/**
 * @param {import("../store.js").Store} store
 * @param {string} id  of a contact
 */
export function showIntroduce(store, id) {
    const contact = store.contacts.get(id);
    if (!contact || store.isClosed)
        return;
    const others = [...store.contacts.values()].filter((c) => c.id !== id &&
        c.state === "active" && !c.blocked)
        .sort((a, b) => title(a).localeCompare(title(b)));
    const list = el("div", {class: "chooser", role: "radiogroup",
        "aria-label": t("To whom")}, ...others.map((c) => el("label",
        {class: "tick"}, el("input", {type: "radio", name: "to",
            value: c.id}), el("span", {}, who(title(c))))));
    const submit = async () => {
        const chosen = /** @type {HTMLInputElement | null} */ (
            list.querySelector("input:checked"));
        if (!chosen)
            return t("Choose somebody first.");
        await call("POST", store.path(`/contacts/${id}/introduce`),
            {to: chosen.value});
        const done = el("p", {role: "status", tabindex: -1},
            t("Both are asked now."));
        body.replaceWith(done);
        done.focus();
    };
    const text = el("p", {}, ...words.around(t("Both get a request from you " +
        "that names the other one, by the name they gave themselves. {name} " +
        "and the one you choose are contacts when both have accepted."),
    who(contact.alias ?? contact.display_name)));
    const body = others.length
        ? form({button: t("Introduce"), busy: t("One moment…"), submit}, text,
            finder(others, list), list)
        : el("p", {}, t("You have no other contact yet."));
    dialog(t("Introduce to…"), body);
}
