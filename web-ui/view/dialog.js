// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * dialog - windows above the page.
 */
import {button, el, form, iconButton, setText} from "../dom.js";
import {t} from "../i18n.js";

/**
 * Opens a dialog; it is gone when it is closed.
 * @param {string} title
 * @param {...import("../dom.js").Child} children
 */
export function dialog(title, ...children) {
    const node = el("dialog", {"aria-label": title},
        el("header", {}, el("h2", {}, title),
            iconButton(t("Close"), "close", () => node.close())),
        ...children, el("p", {class: "spoken hidden", role: "status"}));
    node.addEventListener("close", () => node.remove());
    document.body.append(node);
    node.showModal();
    return node;
}

/**
 * Asks before something is done that cannot be undone.
 * @param {{title: string, text: string, button: string, busy?: string,
 *     danger?: boolean, fields?: import("../dom.js").Child[],
 *     act: () => Promise<string | null | void>}} options
 *     act gives a sentence if something is to be complained about
 */
export function ask(options) {
    const node = dialog(options.title, form({
        button: options.button, busy: options.busy ?? t("One moment…"),
        class: options.danger ? "form danger" : "form",
        cancel: () => node.close(),
        submit: async () => {
            const complaint = await options.act();
            if (!complaint)
                node.close();
            return complaint;
        },
    }, el("p", {}, options.text), ...(options.fields ?? [])));
    return node;
}

/**
 * A text that is to be copied, with a button that does it.
 * @param {() => string} text
 * @param {string} [label]
 */
export function copyButton(text, label = t("Copy")) {
    const copy = button(label, async () => {
        try {
            await navigator.clipboard.writeText(text());
            setText(copy, t("Copied"));
        } catch {
            setText(copy, t("It could not be copied"));
        }
    });
    return copy;
}
