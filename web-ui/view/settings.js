// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings - the way to everything that can be set; it comes when it is asked
 * for.
 */
import {el} from "../dom.js";
import {t} from "../i18n.js";
import {dialog} from "./dialog.js";

/**
 * @param {import("../store.js").Store} store
 * @param {any} go  as main.js gives it
 * @param {string} [section]  that is open first: "tor" ...
 */
export async function openSettings(store, go, section = "") {
    try {
        const {Settings} = await import("./settings-frame.js");
        if (!store.isClosed)
            new Settings(store, go, section);
    } catch {
        if (!store.isClosed)
            dialog(t("Settings"), el("p", {role: "alert"},
                t("This could not be loaded. Reload the page.")));
    }
}
