// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * keys - what can be done by keys everywhere, and the list of it.
 *
 * Ctrl and Meta are one, written Ctrl; keys alone only count where nothing is
 * written.
 */

/**
 * @typedef {{keys: string, label: string, act: (event: KeyboardEvent) => void,
 *     inText?: boolean, when?: () => boolean}} Key
 *     keys: "Ctrl+k", "Alt+ArrowDown", "r"; inText: also while one writes;
 *     when: else it is nobody's, or another's
 */

/** @type {Set<Key>} */
const known = new Set();

/** @param {EventTarget | null} node */
function isText(node) {
    return node instanceof HTMLElement && (node.isContentEditable ||
        node instanceof HTMLTextAreaElement ||
        (node instanceof HTMLInputElement && node.type !== "checkbox" &&
            node.type !== "radio") || node instanceof HTMLSelectElement);
}

/** @param {KeyboardEvent} event */
function nameOf(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    return [(event.ctrlKey || event.metaKey) && "Ctrl", event.altKey && "Alt",
        event.shiftKey && event.key.length > 1 && "Shift", key]
        .filter(Boolean).join("+");
}

/** @param {KeyboardEvent} event */
function onKey(event) {
    const name = nameOf(event);
    // What is open above the page has the keys.
    if (event.defaultPrevented || event.isComposing ||
        document.querySelector("dialog[open], .menu:popover-open"))
        return;
    // The last that was told wins.
    const key = [...known].findLast((k) => k.keys === name &&
        (k.when?.() ?? true));
    if (!key || (isText(event.target) && !key.inText))
        return;
    event.preventDefault();
    key.act(event);
}

/**
 * @param {Key[]} keys
 * @returns {() => void}  forgets them
 */
export function listenFor(keys) {
    if (known.size === 0)
        document.addEventListener("keydown", onKey);
    for (const key of keys)
        known.add(key);
    return () => {
        for (const key of keys)
            known.delete(key);
        if (known.size === 0)
            document.removeEventListener("keydown", onKey);
    };
}

/** What can be done now, for the list that is shown. */
export function listKeys() {
    return [...known].filter((k) => k.when?.() ?? true)
        .map(({keys, label}) => ({keys, label}));
}
