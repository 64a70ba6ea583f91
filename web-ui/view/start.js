// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * start - what stands before a user's messages: log in, make the first user,
 * choose one, unlock it.
 */
import {Problem, call} from "../api.js";
import {el, field, form, put, who} from "../dom.js";
import {PASSPHRASE_BYTES_MIN, byteLength} from "../text.js";
import {sentence} from "../words.js";
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

/** @param {boolean} isNew */
function passphrase(isNew, label = "Passphrase", help = "") {
    return field(label, {
        type: "password", required: true, maxlength: 1024,
        autocomplete: isNew ? "new-password" : "current-password",
    }, {help});
}

/**
 * Without the link of `umbel open`: name and passphrase.
 * @param {string} why  they are here, or empty
 * @param {(session: any) => void} done
 * @returns {View}
 */
export function login(why, done) {
    const name = field("User", {autocomplete: "off", required: true,
        maxlength: 128}, {help: "Its name, or its id (usr_…)"});
    const secret = passphrase(false);

    const submit = async () => {
        const user = name.input.value.trim();
        if (!user || !secret.input.value)
            return "Both are needed, the user and its passphrase.";
        const key = /^usr_[0-9a-z]{26}$/.test(user) ? "user_id" : "user_name";
        try {
            done(await call("POST", "/v1/session",
                {[key]: user, passphrase: secret.input.value}));
        } catch (error) {
            secret.input.select();
            return sentence(error);
        }
        return null;
    };
    return {
        node: card("Log in to Umbel", note(why),
            form({button: "Log in", busy: "Logging in…", submit},
                name.node, secret.node),
            el("p", {class: "quiet"}, "Or run ", el("code", {}, "umbel open"),
                " in a terminal: it opens this page, logged in.")),
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
            return "The passphrase is needed.";
        try {
            go.done(await call("POST", `/v1/users/${user.id}/unlock`,
                {passphrase: secret.input.value}));
        } catch (error) {
            if (error instanceof Problem && error.code === "already_unlocked")
                go.done(user);
            secret.input.select();
            return error instanceof Problem &&
                error.code === "wrong_passphrase"
                ? "That is not the passphrase." : sentence(error);
        }
        return null;
    };
    const title = el("span");
    put(title, "Unlock ", who(user.name));
    return {
        node: card(title, note(why),
            form({button: "Unlock", busy: "Unlocking…", submit},
                // for those who keep their passphrases in the browser
                el("input", {autocomplete: "username", hidden: true,
                    readonly: true, value: user.name}), secret.node),
            el("div", {class: "links"},
                go.other && el("button", {type: "button", class: "link",
                    on: {click: go.other}}, "Another user"),
                el("button", {type: "button", class: "link",
                    on: {click: go.logout}}, "Log out")),
            tor.node),
        focus: () => secret.input.focus(),
        close: () => tor.close(),
    };
}

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
            user.state === "unlocked" ? "open" : user.state))));
    return {
        node: card("Who are you?", list, el("div", {class: "links"},
            el("button", {type: "button", class: "link",
                on: {click: go.create}}, "New user"),
            el("button", {type: "button", class: "link",
                on: {click: go.logout}}, "Log out"))),
        focus: () => list.querySelector("button")?.focus(),
    };
}

/**
 * @param {boolean} isFirst
 * @param {{done: (user: any) => void, back: (() => void) | null,
 *     logout: () => void}} go
 * @returns {View}
 */
export function create(isFirst, go) {
    const name = field("Name", {autocomplete: "off", required: true,
        maxlength: 64}, {help: "People you connect with see it."});
    const first = passphrase(true, "Passphrase",
        `At least ${PASSPHRASE_BYTES_MIN} characters; several words are best.`);
    const second = passphrase(true, "The same passphrase again");

    const submit = async () => {
        if (!name.input.value.trim())
            return "A name is needed.";
        if (byteLength(first.input.value) < PASSPHRASE_BYTES_MIN)
            return `The passphrase needs at least ${
                PASSPHRASE_BYTES_MIN} characters.`;
        if (first.input.value !== second.input.value) {
            second.input.select();
            return "The two passphrases differ.";
        }
        try {
            go.done(await call("POST", "/v1/users", {
                name: name.input.value.trim(),
                passphrase: first.input.value}));
        } catch (error) {
            if (error instanceof Problem && error.code === "conflict")
                return "There is a user of this name already.";
            return sentence(error);
        }
        return null;
    };
    return {
        node: card(isFirst ? "Welcome to Umbel" : "New user",
            isFirst && el("p", {class: "lead"}, "Messages between two " +
                "computers over Tor, with no server in between. Choose a " +
                "name and a passphrase to begin."),
            form({button: "Create", busy: "Creating…", submit}, name.node,
                first.node, second.node,
                el("p", {class: "warning"}, "There is no way to recover a " +
                    "forgotten passphrase: without it, everything of this " +
                    "user is lost.")),
            el("div", {class: "links"},
                go.back && el("button", {type: "button", class: "link",
                    on: {click: go.back}}, "Back"),
                el("button", {type: "button", class: "link",
                    on: {click: go.logout}}, "Log out"))),
        focus: () => name.input.focus(),
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
    const button = el("button", {type: "button", class: "primary",
        on: {click: again}}, "Try again");
    return {
        node: card("Umbel", el("p", {role: "alert"}, sentence),
            el("div", {class: "actions"}, button),
            el("div", {class: "links"}, el("button", {type: "button",
                class: "link", on: {click: logout}}, "Log out"))),
        focus: () => button.focus(),
    };
}
