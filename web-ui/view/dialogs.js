// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * dialogs - the ways to a new contact; what they need comes with them.
 */

/**
 * @param {import("../store.js").Store} store
 * @param {"invite" | "address" | "link"} part  that is shown first
 * @param {string} [contactId]  who is to be linked anew
 */
export async function addContact(store, part, contactId = "") {
    try {
        const {showAdd} = await import("./add.js");
        if (!store.isClosed)
            showAdd(store, part, contactId);
    } catch (error) {
        store.emit("notice", "problem", error);
    }
}

/** @param {import("../store.js").Store} store */
export function invite(store) {
    addContact(store, "invite");
}

/** @param {import("../store.js").Store} store */
export function accept(store) {
    addContact(store, "link");
}
