// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * late - the parts of the page that come when they are asked for.
 */

/** @typedef {import("../store.js").Store} Store */

/**
 * @template T
 * @param {Store} store  of whom it is; if it is closed, nothing happens
 * @param {() => Promise<T>} load
 * @param {(part: T) => void} use
 */
export async function late(store, load, use) {
    let part;
    try {
        part = await load();
    } catch {
        store.emit("notice", "missing", null);
        return;
    }
    if (!store.isClosed)
        use(part);
}

/**
 * @param {Store} store
 * @param {string} id  of the contact
 */
export function openContact(store, id) {
    late(store, () => import("./profile.js"),
        (part) => part.showContact(store, id));
}

/**
 * @param {Store} store
 * @param {"invite" | "address" | "link"} first  what is shown at first
 * @param {string} [contactId]  who is to be linked anew
 */
export function addContact(store, first, contactId = "") {
    late(store, () => import("./add.js"),
        (part) => part.showAdd(store, first, contactId));
}

/**
 * @param {Store} store
 * @param {any} go  as main.js gives it
 * @param {string} [section]  that is open first: "tor" ...
 */
export function openSettings(store, go, section = "") {
    late(store, () => import("./settings-frame.js"),
        (part) => new part.Settings(store, go, section));
}

/** Those who ask to be contacts. @param {Store} store */
export function openRequests(store) {
    late(store, () => import("./requests.js"), (part) => part.decide(store));
}

/** What one may press next comes while nothing else is to be done. */
export async function loadAhead() {
    try {
        await Promise.all([import("./chat.js"), import("./chat-menu.js"),
            import("./message-menu.js"), import("./profile.js"),
            import("./add.js"), import("./settings-frame.js")]);
    } catch {
        // asked for again when it is needed
    }
}
