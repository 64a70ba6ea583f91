// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * attach - files and voice messages on their way into a conversation.
 */
import {el} from "../dom.js";

export class Attach {
    /**
     * @param {import("../store.js").Store} store
     * @param {string} conversationId
     * @param {HTMLElement} drop  where files may be dropped
     */
    constructor(store, conversationId, drop) {
        this.store = store;
        this.id = conversationId;
        /** Beside the text. */
        this.buttons = el("div", {class: "attach-buttons"});
        /** Above the text: what goes out next, what is recorded. */
        this.tray = el("div", {class: "tray", hidden: true});
    }

    /**
     * What is pasted, if it is a file.
     * @param {ClipboardEvent} event
     */
    paste(event) {
    }

    close() {
    }
}
