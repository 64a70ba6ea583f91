// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * file - what a bubble shows of a file.
 */
import {el, who} from "../dom.js";

export class FilePart {
    /**
     * @param {import("../store.js").Store} store
     * @param {any} message  of kind file
     */
    constructor(store, message) {
        this.store = store;
        this.node = el("div", {class: "file"});
        this.update(message);
    }

    /** @param {any} message  the same, as it is now */
    update(message) {
        this.node.replaceChildren(
            ...message.files.map((/** @type {any} */ f) => who(f.name)));
    }

    /** The bubble is no longer in the page. */
    close() {
    }
}
