// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * menu - a button with a list of things to do (ARIA practices, menu button).
 */
import {el, iconButton} from "../dom.js";

/**
 * @typedef {{label: string, act: () => void, danger?: boolean,
 *     checked?: boolean} | null | false | undefined} Entry
 */

/**
 * Opens a menu below a node, or above it where there is no room; the focus is
 * in it, and goes back to where it came from.
 * @param {HTMLElement} anchor
 * @param {Entry[]} entries
 * @param {string} label
 */
export function openMenu(anchor, entries, label) {
    const back = /** @type {HTMLElement | null} */ (document.activeElement);
    const items = entries.filter((e) => !!e).map((entry) => el("button", {
        type: "button", tabindex: -1,
        role: entry.checked === undefined ? "menuitem" : "menuitemradio",
        "aria-checked": entry.checked === undefined ? null
            : String(entry.checked),
        class: entry.danger ? "is-danger" : "",
        on: {click: () => {
            close();
            entry.act();
        }},
    }, entry.label));
    const node = el("div", {class: "menu", role: "menu", "aria-label": label,
        popover: "auto", on: {
            keydown: (/** @type {KeyboardEvent} */ e) => onKey(e),
            toggle: (/** @type {any} */ e) =>
                e.newState === "closed" && close(),
        }}, ...items);
    let isOpen = true;

    const close = () => {
        if (!isOpen)
            return;
        isOpen = false;
        const hadFocus = node.contains(document.activeElement);
        node.remove();
        anchor.removeAttribute("aria-expanded");
        if (hadFocus)
            back?.focus();
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        const at = items.indexOf(
            /** @type {HTMLButtonElement} */ (document.activeElement));
        const to = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1}[
            event.key];
        event.stopPropagation();
        if (event.key === "Tab" || event.key === "Escape") {
            event.preventDefault();
            close();
        } else if (to !== undefined) {
            event.preventDefault();
            items.at(to % items.length)?.focus();
        }
    };
    (anchor.closest("dialog, main") ?? document.body).append(node);
    anchor.setAttribute("aria-expanded", "true");
    node.showPopover();
    place(node, anchor);
    items[0]?.focus();
    return close;
}

/**
 * @param {HTMLElement} node
 * @param {HTMLElement} anchor
 */
function place(node, anchor) {
    const at = anchor.getBoundingClientRect();
    const {offsetWidth: width, offsetHeight: height} = node;
    const isBelow = at.bottom + height < innerHeight || at.top < height;
    const isRtl = getComputedStyle(anchor).direction === "rtl";
    const left = isRtl ? at.left : at.right - width;

    node.style.top = `${isBelow ? at.bottom : at.top - height}px`;
    node.style.left =
        `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
}

/**
 * @param {string} label
 * @param {Parameters<typeof iconButton>[1]} which
 * @param {() => Entry[]} entries  made when it is opened
 * @param {string} [extra]  more classes
 */
export function menuButton(label, which, entries, extra = "") {
    const button = iconButton(label, which,
        () => openMenu(button, entries(), label), extra);
    button.setAttribute("aria-haspopup", "menu");
    return button;
}
