// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * contact - opens the profile of somebody; what it needs comes with it.
 */

/**
 * @param {import("../store.js").Store} store
 * @param {string} id  of the contact
 */
export async function openContact(store, id) {
    try {
        const {showContact} = await import("./profile.js");
        if (!store.isClosed)
            showContact(store, id);
    } catch (error) {
        store.emit("notice", "problem", error);
    }
}
