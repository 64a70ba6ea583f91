// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings-kit - what the sections of the settings are made of.
 */
import {button, complaintLine, el, setText} from "../dom.js";
import {t} from "../i18n.js";
import {sentence} from "../words.js";
import {announce} from "./status.js";

const FULL_LOGIN = "umbel open --admin";

let count = 0;

/**
 * A group with a heading.
 * @param {string} title
 * @param {...import("../dom.js").Child} children
 */
export function group(title, ...children) {
    const id = `group-${++count}`;
    return el("section", {class: "group", "aria-labelledby": id},
        el("h4", {id}, title), ...children);
}

/** @param {...import("../dom.js").Child} children */
export function part(...children) {
    return el("div", {class: "groups"}, ...children);
}

/**
 * Does it, and says what went wrong.
 * @param {HTMLElement} complaint
 * @param {() => Promise<any>} act  a text is a complaint
 * @returns {Promise<boolean>}
 */
async function attempt(complaint, act) {
    setText(complaint, "");
    try {
        const said = await act();
        if (typeof said !== "string") {
            announce(t("Saved"));
            return true;
        }
        setText(complaint, said);
    } catch (error) {
        setText(complaint, sentence(error));
    }
    return false;
}

/**
 * Something that is on or off, from the moment it is switched.
 * @param {string} label
 * @param {string} help
 * @param {boolean} isOn
 * @param {(isOn: boolean) => Promise<any>} change
 */
export function toggle(label, help, isOn, change) {
    const id = `toggle-${++count}`, complaint = complaintLine();
    const input = el("input", {type: "checkbox", role: "switch", id,
        "aria-describedby": help ? `${id}-help` : null, on: {
            change: async () => {
                const wanted = input.checked;
                if (!await attempt(complaint, () => change(wanted)))
                    input.checked = !wanted;
            },
        }});
    input.checked = isOn;
    return el("div", {class: "choice"}, input, el("label", {for: id}, label),
        help && el("p", {id: `${id}-help`, class: "help"}, help), complaint);
}

/**
 * One of several, from the moment it is chosen.
 * @param {string} legend
 * @param {{value: string, label: string, help?: string, lang?: string}[]}
 *     options
 * @param {string} value
 * @param {(value: string) => Promise<any>} change
 */
export function choices(legend, options, value, change) {
    const name = `choice-${++count}`, complaint = complaintLine();
    let now = value;
    const inputs = options.map((o, i) => {
        const input = el("input", {type: "radio", name, value: o.value,
            id: `${name}-${i}`,
            "aria-describedby": o.help ? `${name}-${i}-help` : null, on: {
                change: async () => {
                    if (await attempt(complaint, () => change(o.value)))
                        now = o.value;
                    for (const one of inputs)
                        one.checked = one.value === now;
                },
            }});
        input.checked = o.value === value;
        return input;
    });
    return el("fieldset", {}, el("legend", {}, legend),
        ...options.map((o, i) => el("div", {class: "choice"}, inputs[i],
            el("label", {for: inputs[i].id, lang: o.lang}, o.label),
            o.help && el("p", {id: `${name}-${i}-help`, class: "help"},
                o.help))), complaint);
}

/**
 * @param {string} label
 * @param {{value: string, label: string}[]} options
 * @param {string} value
 * @param {((value: string) => Promise<any>) | null} [change]
 */
export function select(label, options, value, change = null) {
    const id = `select-${++count}`, complaint = complaintLine();
    let now = value;
    const input = el("select", {id, on: {change: async () => {
        const wanted = input.value;
        if (!change || await attempt(complaint, () => change(wanted)))
            now = wanted;
        input.value = now;
    }}}, ...options.map((o) => el("option", {value: o.value}, o.label)));
    input.value = value;
    return {node: el("div", {class: "field"}, el("label", {for: id}, label),
        input, complaint), input};
}

/**
 * A button that does something at once, and tells how it went beside it.
 * @param {string} label
 * @param {() => Promise<string | null | void>} act  gives a sentence
 * @param {string} [kind]
 */
export function action(label, act, kind = "secondary") {
    const told = el("p", {class: "told", role: "status"});
    const node = button(label, async () => {
        if (node.getAttribute("aria-disabled"))
            return;
        node.setAttribute("aria-disabled", "true");
        setText(told, "");
        try {
            setText(told, await act() ?? "");
        } catch (error) {
            setText(told, sentence(error));
        }
        node.removeAttribute("aria-disabled");
    }, kind);
    return el("div", {class: "action"}, node, told);
}

/**
 * What this login may not do, and how it is done instead.
 * @param {string} command
 */
export function elsewhere(command) {
    return el("p", {class: "help"}, t("This login may not do it. Of these " +
        "commands, the first opens the page with all rights, and the second " +
        "does it without the page."), " ", el("code", {}, FULL_LOGIN), " ",
    el("code", {}, command));
}
