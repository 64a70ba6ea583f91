// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings-look - how the page looks and sounds to this user.
 */
import {LANGUAGES, t} from "../i18n.js";
import * as prefs from "../prefs.js";
import {choices, group, part, toggle} from "./settings-kit.js";

/** @param {import("./settings-frame.js").Context} context */
export async function look({store, go, leave}) {
    const {scheme, language} = store.prefs;
    return {node: part(
        group(t("Colours"), choices(t("The page is"), [
            {value: "system", label: t("As the system")},
            {value: "light", label: t("Light")},
            {value: "dark", label: t("Dark")}], scheme,
        (value) => prefs.set(store, "scheme", value))),
        group(t("Language"), choices(t("The page speaks"), [
            {value: "", label: t("As the browser")},
            ...Object.entries(LANGUAGES).map(([value, label]) =>
                ({value, label, lang: value}))], language,
        async (value) => {
            await prefs.set(store, "language", value);
            leave();
            go.remake("look");
        })))};
}

/**
 * Asks the browser for it.
 * @returns {Promise<string>}  why not, or empty
 */
async function permission() {
    if (!("Notification" in window))
        return t("This browser has no notifications.");
    if (Notification.permission === "default")
        await Notification.requestPermission();
    return Notification.permission === "granted" ? ""
        : t("The browser does not allow this page to notify you. Allow it in " +
            "the settings of the browser for this page, then try again.");
}

/** @param {import("./settings-frame.js").Context} context */
export async function notifications({store}) {
    const isOn = store.prefs.notify && "Notification" in window &&
        Notification.permission === "granted";
    return {node: part(group(t("New messages"),
        toggle(t("Notify me of new messages"), t("While this page is open " +
            "and you look at something else."), isOn, async (on) =>
            (on && await permission()) || prefs.set(store, "notify", on)),
        toggle(t("Show names and words"), t("Whoever sees your screen reads " +
            "them, and the system may keep them. Off: only that there is " +
            "something new."), store.prefs.notifyContent,
        (on) => prefs.set(store, "notifyContent", on))))};
}
