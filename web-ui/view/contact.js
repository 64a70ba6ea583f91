// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * contact - who somebody is: names, verification, what he may know.
 */
import {el, who} from "../dom.js";
import {t} from "../i18n.js";
import {dialog} from "./dialog.js";

/**
 * @param {import("../store.js").Store} store
 * @param {string} id  of the contact
 */
export function openContact(store, id) {
    const contact = store.contacts.get(id);
    dialog(t("Contact"), el("p", {}, who(contact?.display_name)));
}
