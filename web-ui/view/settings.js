// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings - everything that can be set, by its sections.
 */
import {t} from "../i18n.js";
import {dialog} from "./dialog.js";

/**
 * @param {import("../store.js").Store} store
 * @param {{lock: () => Promise<void>, logout: () => void,
 *     other: (() => void) | null}} go
 * @param {string} [section]  that is open first: "tor" ...
 */
export function openSettings(store, go, section = "") {
    dialog(t("Settings"));
}
