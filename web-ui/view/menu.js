// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * menu - a button with a list of things to do (ARIA practices, menu button).
 */
import {el, iconButton} from "../dom.js";

/**
 * @typedef {{label: string, act: () => void, danger?: boolean,
 *     checked?: boolean, quick?: boolean, name?: string} | null | false |
 *     undefined} Entry
 *     quick: beside its neighbours, not below; name: if the label is a sign
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
        "aria-label": entry.name, title: entry.name,
        class: entry.danger ? "is-danger" : entry.quick ? "quick" : "",
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
    const follow = () => place(node, anchor);
    let isOpen = true;

    const close = () => {
        if (!isOpen)
            return;
        isOpen = false;
        const hadFocus = node.contains(document.activeElement);
        node.remove();
        removeEventListener("resize", follow);
        anchor.removeAttribute("aria-expanded");
        if (hadFocus)
            back?.focus();
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => {
        const at = items.indexOf(
            /** @type {HTMLButtonElement} */ (document.activeElement));
        const to = step(items, at, event.key);
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
    follow();
    addEventListener("resize", follow);
    items[0]?.focus();
    return close;
}

/**
 * Where a key leads to; there may be several beside each other.
 * @param {HTMLElement[]} items
 * @param {number} at
 * @param {string} key
 * @returns {number | undefined}
 */
function step(items, at, key) {
    const boxes = items.map((item) => item.getBoundingClientRect());
    const here = boxes[at];
    const isRtl = getComputedStyle(items[0]).direction === "rtl";
    const other = (/** @type {boolean} */ isDown) => {
        const tops = boxes.map((b) => b.top).filter((top) =>
            isDown ? top > here.top + 1 : top < here.top - 1);
        const top = isDown ? Math.min(...tops) : Math.max(...tops);
        const distance = (/** @type {DOMRect} */ b) =>
            Math.abs(b.top - top) * 1000 + Math.abs(b.left - here.left);
        return tops.length === 0 ? (isDown ? 0 : -1) : boxes.indexOf(
            boxes.reduce((a, b) => distance(b) < distance(a) ? b : a));
    };
    switch (key) {
    case "ArrowDown": return at < 0 ? 0 : other(true);
    case "ArrowUp": return at < 0 ? -1 : other(false);
    case "ArrowRight": return at + (isRtl ? -1 : 1);
    case "ArrowLeft": return at + (isRtl ? 1 : -1);
    case "Home": return 0;
    case "End": return -1;
    default: return undefined;
    }
}

/**
 * @param {HTMLElement} node
 * @param {HTMLElement} anchor
 */
function place(node, anchor) {
    const at = anchor.getBoundingClientRect();
    const {offsetWidth: width, offsetHeight: height} = node;
    const isBelow = at.bottom + height < innerHeight || at.top < height;
    const left = at.left + at.right < innerWidth ? at.left : at.right - width;
    const top = isBelow ? at.bottom : at.top - height;

    node.style.top =
        `${Math.max(8, Math.min(top, innerHeight - height - 8))}px`;
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
