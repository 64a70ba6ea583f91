// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * users - from one user to another, by a menu.
 */
import {t, tn} from "../i18n.js";
import {name} from "../text.js";
import {openMenu} from "./menu.js";

/** @param {any} user */
function label(user) {
    const who = {name: name(user.name)};
    if (user.state !== "unlocked")
        return t("{name} (locked)", who);
    return user.unread_count
        ? tn(user.unread_count, "{name}: 1 unread message",
            "{name}: {n} unread messages", who)
        : who.name;
}

/**
 * @param {HTMLElement} anchor
 * @param {any[]} users  as they are now
 * @param {string} here  id of the one who is open
 * @param {{switchTo: (user: any) => void, create: (() => void) | null}} go
 */
export function openUsers(anchor, users, here, go) {
    openMenu(anchor, [
        ...users.map((user) => ({
            label: user.id === here ? name(user.name) : label(user),
            checked: user.id === here,
            act: () => user.id === here || go.switchTo(user),
        })),
        go.create && {label: t("New user"), act: go.create},
    ], t("Users"));
}
