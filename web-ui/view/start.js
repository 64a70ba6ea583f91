// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * start - what stands before a user's messages: log in, make the first user,
 * choose one, unlock it.
 */
import {Problem, call} from "../api.js";
import {button, el, field, fill, form, put, setText, who} from "../dom.js";
import {mark, t} from "../i18n.js";
import {PASSPHRASE_BYTES_MIN, byteLength} from "../text.js";
import {around, sentence} from "../words.js";
import {TorStatus} from "./status.js";

/** @typedef {{node: HTMLElement, focus?: () => void, close?: () => void}} View */

/** Flower of small flowers. */
function logo() {
    return el("img", {src: "icon.svg", alt: "", width: 56, height: 56});
}

/**
 * @param {string | Node} title
 * @param {...import("../dom.js").Child} children
 */
function card(title, ...children) {
    return el("main", {class: "start"}, el("div", {class: "card"}, logo(),
        el("h1", {}, title), ...children));
}

/** @param {string} text */
function note(text) {
    return text ? el("p", {class: "note", role: "status"}, text) : null;
}

/** The field of a passphrase. @param {boolean} isNew */
export function secret(isNew) {
    return {type: "password", required: true, maxlength: 1024,
        autocomplete: isNew ? "new-password" : "current-password"};
}

/** @param {boolean} isNew */
function passphrase(isNew, label = t("Passphrase"), help = "") {
    return field(label, secret(isNew), {help});
}

/**
 * What is wrong with a new passphrase, if anything is.
 * @param {HTMLInputElement} first
 * @param {HTMLInputElement} second
 */
export function checkNew(first, second) {
    if (byteLength(first.value) < PASSPHRASE_BYTES_MIN)
        return t("The passphrase needs at least {n} characters.",
            {n: PASSPHRASE_BYTES_MIN});
    if (first.value === second.value)
        return null;
    second.select();
    return t("The two passphrases differ.");
}

/**
 * One sentence, if it was a passphrase that is asked for by itself.
 * @param {unknown} error
 */
export function passphraseSentence(error) {
    return error instanceof Problem && error.code === "wrong_passphrase"
        ? t("That is not the passphrase.") : sentence(error);
}

/**
 * Shows what is written in secret, and hides it.
 * @param {...HTMLInputElement} inputs
 */
function reveal(...inputs) {
    const tool = link(t("Show"), () => show(inputs[0].type === "password"));
    const show = (/** @type {boolean} */ isShown) => {
        for (const input of inputs)
            input.type = isShown ? "text" : "password";
        setText(tool, isShown ? t("Hide") : t("Show"));
    };
    return {tool, show};
}

/**
 * @param {string} label
 * @param {() => void} click
 */
function link(label, click) {
    return button(label, click, "link");
}

/**
 * Without the link of `umbel open`: name and passphrase.
 * @param {string} why  they are here, or empty
 * @param {(session: any) => void} done
 * @returns {View}
 */
export function login(why, done) {
    const name = field(t("User"), {autocomplete: "off", required: true,
        maxlength: 128}, {help: t("Its name, or its id (usr_…)")});
    const secret = passphrase(false);

    const submit = async () => {
        const user = name.input.value.trim();
        if (!user || !secret.input.value)
            return t("Both are needed, the user and its passphrase.");
        const key = /^usr_[0-9a-z]{26}$/.test(user) ? "user_id" : "user_name";
        try {
            done(await call("POST", "/v1/session",
                {[key]: user, passphrase: secret.input.value}));
        } catch (error) {
            secret.input.select();
            throw error;
        }
    };
    return {
        node: card(t("Log in to Umbel"), note(why),
            form({button: t("Log in"), busy: t("Logging in…"), submit},
                name.node, secret.node,
                el("div", {class: "tools"}, reveal(secret.input).tool)),
            el("p", {class: "quiet"}, ...around(t("Or run {name} in a " +
                "terminal: it opens this page, logged in."),
            el("code", {}, "umbel open")))),
        focus: () => name.input.focus(),
    };
}

/**
 * @param {any} user
 * @param {string} why
 * @param {{done: (user: any) => void, other: (() => void) | null,
 *     logout: () => void}} go
 * @returns {View}
 */
export function unlock(user, why, go) {
    const secret = passphrase(false);
    const tor = new TorStatus();

    const submit = async () => {
        if (!secret.input.value)
            return t("The passphrase is needed.");
        try {
            go.done(await call("POST", `/v1/users/${user.id}/unlock`,
                {passphrase: secret.input.value}));
        } catch (error) {
            if (error instanceof Problem && error.code === "already_unlocked")
                go.done(user);
            secret.input.select();
            return passphraseSentence(error);
        }
    };
    const title = el("span");
    put(title, ...around(t("Unlock {name}"), who(user.name)));
    return {
        node: card(title, note(why),
            form({button: t("Unlock"), busy: t("Unlocking…"), submit},
                // for those who keep their passphrases in the browser
                el("input", {autocomplete: "username", hidden: true,
                    readonly: true, value: user.name}), secret.node,
                el("div", {class: "tools"}, reveal(secret.input).tool)),
            el("div", {class: "links"},
                go.other && link(t("Another user"), go.other),
                link(t("Log out"), go.logout)),
            tor.node),
        focus: () => secret.input.focus(),
        close: () => tor.close(),
    };
}

const STATES = {locked: mark("locked"), unlocking: mark("being unlocked"),
    unlocked: mark("open"), failed: mark("damaged")};

/**
 * @param {any[]} users
 * @param {{done: (user: any) => void, create: () => void,
 *     logout: () => void}} go
 * @returns {View}
 */
export function choose(users, go) {
    const list = el("ul", {class: "users"});
    for (const user of users)
        list.append(el("li", {}, el("button", {type: "button",
            on: {click: () => go.done(user)}}, who(user.name),
        el("span", {class: "quiet"},
            user.state in STATES ? t(STATES[user.state]) : ""))));
    return {
        node: card(t("Who are you?"), list, el("div", {class: "links"},
            link(t("New user"), go.create),
            link(t("Log out"), go.logout))),
        focus: () => list.querySelector("button")?.focus(),
    };
}

/**
 * How hard the passphrase is to guess, and one that is hard; nothing of it if
 * the module does not come.
 * @param {HTMLInputElement} input
 * @param {(passphrase: string) => void} take  the one that was made
 */
export function meter(input, take) {
    const bar = el("div", {class: "strength", role: "meter",
        "aria-label": t("Strength"), "aria-valuemin": 0, "aria-valuemax": 4,
        "aria-valuenow": 0, hidden: true}, el("i"), el("i"), el("i"), el("i"));
    const word = el("p", {class: "help", role: "status"});
    const tool = el("span");

    const load = async () => {
        const {LEVELS, strength, suggest} = await import("../strength.js");
        const update = () => {
            const level = strength(input.value);
            bar.hidden = !input.value;
            bar.dataset.level = String(level);
            bar.setAttribute("aria-valuenow", String(level + 1));
            bar.setAttribute("aria-valuetext", t(LEVELS[level]));
            setText(word, !input.value ? "" : level < 2
                ? t("{how}. Four or five words that do not belong together " +
                    "are best.", {how: t(LEVELS[level])})
                : `${t(LEVELS[level])}.`);
        };
        input.addEventListener("input", update);
        fill(tool, link(t("Make one for me"), () => {
            take(suggest());
            update();
            setText(word, t("Write it on paper now, and keep that paper safe."));
        }));
        update();
    };
    load().catch(() => {
        // a help, no need
    });
    return {node: el("div", {class: "strength-box"}, bar, word), tool};
}

/**
 * @param {boolean} isFirst
 * @param {{done: (user: any) => void, back: (() => void) | null,
 *     logout: () => void}} go
 * @returns {View}
 */
export function create(isFirst, go) {
    const name = field(t("Name"), {autocomplete: "off", required: true,
        maxlength: 64}, {help: t("People you connect with see it.")});
    const first = passphrase(true, t("Passphrase"), t("It locks everything " +
        "that is kept here. At least {n} characters; several words are best.",
    {n: PASSPHRASE_BYTES_MIN}));
    const second = passphrase(true, t("The same passphrase again"));
    const shown = reveal(first.input, second.input);
    const strong = meter(first.input, (made) => {
        first.input.value = second.input.value = made;
        shown.show(true);
    });
    const tor = new TorStatus();
    first.node.append(strong.node);

    const submit = async () => {
        if (!name.input.value.trim())
            return t("A name is needed.");
        const complaint = checkNew(first.input, second.input);
        if (complaint)
            return complaint;
        try {
            go.done(await call("POST", "/v1/users", {
                name: name.input.value.trim(),
                passphrase: first.input.value}));
        } catch (error) {
            if (error instanceof Problem && error.code === "conflict" &&
                error.detail !== "too many users")
                return t("There is a user of this name already.");
            throw error;
        }
    };
    return {
        node: card(isFirst ? t("Welcome to Umbel") : t("New user"),
            isFirst && el("p", {class: "lead"}, t("Messages between two " +
                "computers over Tor, with no server in between. Choose a " +
                "name and a passphrase to begin.")),
            form({button: t("Create"), busy: t("Creating…"), submit},
                name.node, first.node, second.node,
                el("div", {class: "tools"}, shown.tool, strong.tool),
                el("p", {class: "warning"}, t("Nobody can recover a " +
                    "forgotten passphrase: it is kept nowhere, so without " +
                    "it everything of this user is lost."))),
            el("div", {class: "links"}, go.back && link(t("Back"), go.back),
                link(t("Log out"), go.logout)),
            tor.node),
        focus: () => name.input.focus(),
        close: () => tor.close(),
    };
}

/**
 * Nothing can be shown, for now.
 * @param {string} sentence
 * @param {() => void} again
 * @param {() => void} logout
 * @returns {View}
 */
export function trouble(sentence, again, logout) {
    const tool = button(t("Try again"), again, "primary");
    return {
        node: card("Umbel", el("p", {role: "alert"}, sentence),
            el("div", {class: "actions"}, tool),
            el("div", {class: "links"}, link(t("Log out"), logout))),
        focus: () => tool.focus(),
    };
}
