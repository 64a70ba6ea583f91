// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * dom - makes elements.  Text only ever gets in as text nodes.
 */
import {t} from "./i18n.js";
import {name} from "./text.js";
import {sentence} from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a field of 24 by 24. */
const ICONS = {
    back: "M15 5l-7 7 7 7",
    send: "M4 12l16-8-6 16-3-7z",
    down: "M12 5v14M6 13l6 6 6-6",
    invite: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-4 3-6 " +
        "6.5-6s6.5 2 6.5 6M18.5 8v6M15.5 11h6",
    link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-6-5.8l-1 1M14 10a4 4 0 0 " +
        "0-6-.4l-3 3a4 4 0 0 0 6 5.8l1-1",
    lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
    leave: "M14 5H5v14h9M10 12h10M17 8.5l3.5 3.5-3.5 3.5",
    people: "M8.5 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 19c0-3 2.5-5 5.5-5s5.5 " +
        "2 5.5 5M15.5 5.3a3 3 0 0 1 0 5.4M17 14.3c2.3.6 4 2.3 4 4.7",
    close: "M6 6l12 12M18 6L6 18",
    more: "M12 5.5v.1M12 12v.1M12 18.5v.1",
    gear: "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM12 3v2.5M12 " +
        "18.5V21M3 12h2.5M18.5 12H21M5.6 5.6l1.8 1.8M16.6 16.6l1.8 1.8M5.6 " +
        "18.4l1.8-1.8M16.6 7.4l1.8-1.8",
    search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20",
    attach: "M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4l8-8a3 3 0 0 1 4.3 4.3l-7.9 " +
        "7.9a1.5 1.5 0 0 1-2.1-2.1L14.5 7",
    mic: "M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zM6 11.5a6 6 0 " +
        "0 0 12 0M12 17.5V21",
    file: "M6 3h8l4 4v14H6zM14 3v4h4",
    play: "M8 5l11 7-11 7z",
    pause: "M8 5v14M16 5v14",
    picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5v.1",
    next: "M9 5l7 7-7 7",
    pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v5",
    mute: "M4 9v6h4l5 4V5L8 9zM17 9.5l4 5M21 9.5l-4 5",
    check: "M5 12.5l4.5 4.5L19 7.5",
    checks: "M2 12.5l4.5 4.5L15.5 7M11.5 15.5L13 17l9-10",
    timer: "M12 21a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15zM12 9.5v4l2.5 " +
        "1.5M9.5 2.5h5",
    clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2",
    alarm: "M12 4l9 16H3zM12 10v4.5M12 17.3v.2",
};

/** @typedef {Node | string | null | false | undefined} Child */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [props]  attributes; `on` holds listeners;
 *     false and null leave an attribute out, true gives it no value
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, props = {}, ...children) {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props)) {
        if (key === "on")
            for (const [type, listener] of Object.entries(value))
                node.addEventListener(type, listener);
        else if (value === true)
            node.setAttribute(key, "");
        else if (value !== false && value !== null && value !== undefined)
            node.setAttribute(key, String(value));
    }
    put(node, ...children);
    return node;
}

/**
 * Appends what is there of the children.
 * @param {Node} node
 * @param {...Child} children
 */
export function put(node, ...children) {
    for (const child of children)
        if (typeof child === "string")
            node.appendChild(document.createTextNode(child));
        else if (child)
            node.appendChild(child);
}

/**
 * Replaces the content of a node.
 * @param {Element} node
 * @param {...Child} children
 */
export function fill(node, ...children) {
    node.replaceChildren();
    put(node, ...children);
}

/** What nodes were told to show. @type {WeakMap<Element, string>} */
const shown = new WeakMap();

/**
 * Replaces the content of a node if it would be another one: the focus stays
 * where it is as long as nothing changes, and then near to it.
 * @param {Element} node
 * @param {any} what  is to be shown
 * @param {() => Child[]} make
 */
export function renew(node, what, make) {
    const key = JSON.stringify(what);
    if (shown.get(node) === key)
        return;
    shown.set(node, key);
    const hadFocus = node.contains(document.activeElement);
    fill(node, ...make());
    if (hadFocus)
        /** @type {HTMLElement | null} */ (node.closest("[tabindex]"))?.focus(
            {preventScroll: true});
}

/**
 * Sets a text only if it changes, so that nobody hears it twice.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
    if (node.textContent !== text)
        node.textContent = text;
}

/** @param {keyof typeof ICONS} which */
export function icon(which) {
    const svg = document.createElementNS(SVG, "svg");
    const path = document.createElementNS(SVG, "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("class", "icon");
    path.setAttribute("d", ICONS[which]);
    svg.append(path);
    return svg;
}

/**
 * A name that somebody chose, kept apart from the text around it.
 * @param {string | null | undefined} text
 */
export function who(text) {
    return el("bdi", {class: "who"}, name(text));
}

/**
 * @param {string} label
 * @param {keyof typeof ICONS} which
 * @param {(event: Event) => void} click
 * @param {string} [extra]  more classes
 */
export function iconButton(label, which, click, extra = "") {
    return el("button", {
        type: "button", class: `icon-button ${extra}`, title: label,
        "aria-label": label, on: {click},
    }, icon(which));
}

/**
 * @param {string} label
 * @param {(event: Event) => void} click
 * @param {string} [kind]  classes
 */
export function button(label, click, kind = "secondary") {
    return el("button", {type: "button", class: kind, on: {click}}, label);
}

/** Said, and not seen. @param {string} text */
export function unseen(text) {
    return el("span", {class: "hidden"}, text);
}

/** Where it is said what went wrong. */
export function complaintLine() {
    return el("p", {class: "complaint", role: "alert"});
}

let count = 0;

/**
 * A labelled input with a line of help or complaint below.
 * @param {string} label
 * @param {Record<string, any>} props
 * @param {{tag?: "input" | "textarea", help?: string}} [more]
 */
export function field(label, props, more = {}) {
    const id = `field-${++count}`;
    const input = /** @type {HTMLInputElement} */ (el(more.tag ?? "input", {
        id, spellcheck: "false", autocapitalize: "none",
        "aria-describedby": more.help ? `${id}-help` : null, ...props,
    }));
    const help = more.help &&
        el("p", {id: `${id}-help`, class: "help"}, more.help);
    const node = el("div", {class: "field"},
        el("label", {for: id}, label), input, help);
    return {node, input};
}

/**
 * A form that says what is wrong in one sentence, and is still while it works.
 * @param {{button: string, busy: string, class?: string,
 *     cancel?: () => void,
 *     submit: () => Promise<string | null | void>}} options
 *     submit gives a sentence if something is to be complained about, or
 *     throws it
 * @param {...Child} children
 */
export function form(options, ...children) {
    const submit = el("button", {class: "primary"}, options.button);
    const complaint = complaintLine();
    const node = el("form", {
        class: options.class ?? "form", novalidate: true,
        on: {submit: async (/** @type {Event} */ event) => {
            event.preventDefault();
            if (submit.disabled)
                return;
            submit.disabled = true;
            submit.textContent = options.busy;
            setText(complaint, "");
            try {
                setText(complaint, await options.submit() ?? "");
            } catch (error) {
                setText(complaint, sentence(error));
            }
            submit.disabled = false;
            submit.textContent = options.button;
        }},
    }, ...children, complaint, el("div", {class: "actions"},
        options.cancel && button(t("Cancel"), options.cancel), submit));
    return node;
}
