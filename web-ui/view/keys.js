// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * keys - the list of what can be done by keys.
 */
import {el} from "../dom.js";
import {mark, t} from "../i18n.js";
import {listKeys} from "../keys.js";
import {dialog} from "./dialog.js";

const isMac = /Mac|iP(hone|ad)/.test(navigator.platform);

/** Keys that have no letter, as they are called on keyboards. */
const NAMES = {
    ArrowUp: "↑", ArrowDown: "↓", Ctrl: isMac ? "⌘" : mark("Ctrl"),
    Alt: isMac ? "⌥" : mark("Alt"), Shift: mark("Shift"),
    Escape: mark("Esc"), Enter: mark("Enter"),
};

/** Those that belong to where the focus is. */
const OTHERS = [
    {keys: "Enter", label: mark("Send the message")},
    {keys: "Shift+Enter", label: mark("A new line in the message")},
    {keys: "Shift+F10", label: mark("What can be done with a conversation")},
];

/** @param {string} keys */
function keyNodes(keys) {
    return keys.split("+").map((key) => el("kbd", {},
        key in NAMES ? t(NAMES[key])
            : key.length === 1 ? key.toLocaleUpperCase() : key));
}

export function showKeys() {
    const list = el("dl", {class: "keys"});
    /** @type {Map<string, HTMLElement>} */
    const rows = new Map();
    for (const {keys, label} of [...listKeys(),
        ...OTHERS.map((o) => ({keys: o.keys, label: t(o.label)}))]) {
        const row = rows.get(label) ?? el("div", {}, el("dt", {}, label));
        rows.set(label, row);
        row.append(el("dd", {}, ...keyNodes(keys)));
        list.append(row);
    }
    dialog(t("Keyboard shortcuts"), list);
}
