// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * main - which view is shown: from the link or the form to a session, from the
 * session to a user, and back.
 */
import {Problem, all, call, listen, open, session} from "./api.js";
import {button} from "./dom.js";
import {mark, t} from "./i18n.js";
import {Outbox} from "./outbox.js";
import * as prefs from "./prefs.js";
import {Store} from "./store.js";
import {sentence} from "./words.js";
import * as start from "./view/start.js";
import {Home} from "./view/home.js";
import {openSettings} from "./view/late.js";
import {announce, waiting} from "./view/status.js";

const LINK_USED = mark("This link has been used, or is older than a minute. " +
    "Make a new one with “umbel open”, or log in here.");
const SESSION_OVER = mark("You were logged out: Umbel was started again, or " +
    "the page was not used for long.");

/** So long a log-out waits for drafts that are being saved. */
const DRAFTS_MS = 5000;

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
/** What was not sent when a session ended, by user; never stored. */
const outboxes = /** @type {Map<string, Outbox>} */ (new Map());
/** The conversation that was open, by user; never stored. */
const opened = /** @type {Map<string, string>} */ (new Map());
/** What this session may do. @type {string[]} */
let scopes = [];
/** @type {start.View | null} */
let current = null;
/** @type {any} */
let user = null;
let userCount = 0;
/** Of two navigations the later wins. */
let turn = 0;

/** @param {start.View} view */
function show(view) {
    if (current instanceof Home)
        opened.set(current.store.user.id, current.list.open);
    current?.close?.();
    for (const dialog of document.querySelectorAll("dialog"))
        dialog.close();
    current = view;
    app.replaceChildren(view.node);
    view.focus?.();
}

/**
 * Nothing of a user is seen any more: nor what he likes.
 * @returns {Promise<boolean>}  is it still what is wanted?
 */
async function leave() {
    const mine = ++turn;
    user = null;
    show(waiting(t("One moment…")));
    announce("");
    await prefs.forget();
    return mine === turn;
}

/** @param {string} [why] */
async function showLogin(why = "") {
    if (await leave())
        show(start.login(t(why), (made) => {
            session.keep(made.token);
            showUsers();
        }));
}

async function logout() {
    const mine = ++turn;
    user = null;
    show(waiting(t("One moment…")));
    announce("");
    // Drafts go first, if the daemon takes them.
    await Promise.race([new Promise((go) => setTimeout(go, DRAFTS_MS)),
        Promise.all([...outboxes.values()].map((o) => o.saving))]);
    outboxes.clear();
    opened.clear();
    if (mine !== turn)
        return;
    const over = open("DELETE", "/v1/session", {keepalive: true});
    // Also of a daemon that does not answer nothing is left here.
    session.forget();
    try {
        await over;
    } catch {
        // the daemon forgets it by itself
    }
    if (mine === turn)
        showLogin();
}

/** Every user this session may see; straight on if it is one. */
async function showUsers() {
    if (!await leave())
        return;
    const mine = turn;
    try {
        const [users, me] = await Promise.all([all("/v1/users"),
            call("GET", "/v1/session")]);
        if (mine !== turn)
            return;
        userCount = users.length;
        scopes = me.scopes;
        if (users.length === 0)
            showCreate(true);
        else if (users.length === 1)
            showUser(users[0]);
        else
            show(withRestore(start.choose(users, {done: showUser,
                create: () => showCreate(false), logout})));
    } catch (error) {
        if (mine === turn)
            trouble(error, showUsers);
    }
}

/** @param {boolean} isFirst */
function showCreate(isFirst) {
    const mine = turn;
    show(withRestore(start.create(isFirst, {
        done: (made) => {
            if (mine !== turn)
                return;
            userCount++;
            showUser(made);
        },
        back: isFirst ? null : showUsers, logout,
    })));
}

/** One more way to a user. @param {start.View} view */
function withRestore(view) {
    const way = button(t("Restore from a backup"), restore, "link");
    if (may("admin"))
        view.node.querySelector(".links")?.append(way);
    return view;
}

async function restore() {
    const mine = turn;
    try {
        const {openRestore} = await import("./view/restore.js");
        if (mine === turn)
            openRestore(async (/** @type {string} */ id) => {
                userCount++;
                try {
                    showUser(await call("GET", `/v1/users/${id}`));
                } catch {
                    showUsers();
                }
            });
    } catch (error) {
        trouble(error, showUsers);
    }
}

/**
 * @param {any} chosen
 * @param {string} [why]
 */
async function showUser(chosen, why = "") {
    if (!await leave())
        return;
    const mine = turn;
    user = chosen;
    if (chosen.state === "unlocked")
        showHome();
    else
        show(start.unlock(chosen, t(why), {
            done: (opened) => mine === turn &&
                showUser({...opened, state: "unlocked"}),
            other: userCount > 1 ? showUsers : null, logout,
        }));
}

/** May this session do what needs that? @param {string} scope */
function may(scope) {
    return scopes.includes("admin") || scopes.includes(scope);
}

/**
 * What there is beside the messages of a user.
 * @param {Store} store
 */
function waysFrom(store) {
    const create = may("users:create") ? () => showCreate(false) : null;
    return {
        may, logout, create,
        lock: async () => {
            await call("POST", store.path("/lock"));
            locked(store.user.id);
        },
        other: userCount > 1 || create
            ? () => chooseUser(store, {switchTo: showUser, create}) : null,
        /** The user is no more. */
        gone: () => {
            outboxes.delete(store.user.id);
            opened.delete(store.user.id);
            showUsers();
        },
        /** Makes the views anew, in another language. */
        remake: (/** @type {string} */ section) => showHome(section),
    };
}

/**
 * A menu of the users, at what was pressed for it.
 * @param {Store} store
 * @param {{switchTo: (user: any) => void, create: (() => void) | null}} go
 */
async function chooseUser(store, go) {
    const mine = turn, pressed = document.activeElement;
    try {
        const {openUsers} = await import("./view/users.js");
        const users = await all("/v1/users");
        if (mine !== turn)
            return;
        userCount = users.length;
        openUsers(pressed instanceof HTMLButtonElement ? pressed : app, users,
            store.user.id, go);
    } catch (error) {
        if (mine === turn && !isHandled(error))
            announce(sentence(error));
    }
}

/** @param {string} [section]  of the settings, to be opened */
async function showHome(section) {
    const mine = ++turn;
    const store = new Store(user);
    const outbox = outboxes.get(user.id) ?? new Outbox();
    outboxes.set(user.id, outbox);
    show(waiting(t("Opening…")));
    try {
        await Promise.all([store.start(), prefs.load(store)]);
    } catch (error) {
        store.close();
        if (mine === turn && !isHandled(error))
            trouble(error, () => showHome());
        return;
    }
    if (mine !== turn) {
        store.close();
        return;
    }
    const go = waysFrom(store);
    const home = new Home(store, outbox, go);
    const last = opened.get(user.id) ?? "";
    show(home);
    if (store.conversations.has(last))
        home.open(last);
    if (section)
        openSettings(store, go, section);
}

/** @param {unknown} error */
function isHandled(error) {
    return error instanceof Problem &&
        ["unauthorized", "user_locked"].includes(error.code);
}

/**
 * @param {unknown} error
 * @param {() => void} again
 */
function trouble(error, again) {
    if (isHandled(error))
        return;
    show(start.trouble(sentence(error), again, logout));
}

/** @param {string} id */
function locked(id) {
    // A late answer may tell what is known.
    if (user?.id !== id || user.state === "locked")
        return;
    // What one writes is as secret as what one reads.
    outboxes.delete(id);
    showUser({...user, state: "locked"}, mark("Locked."));
}

/** The token of a link; it is used up and taken from the address at once. */
function takeLinkToken() {
    const match = /^#t=([\w-]+)$/.exec(location.hash);
    if (location.hash)
        history.replaceState(null, "", location.pathname);
    return match?.[1] ?? null;
}

async function begin() {
    const linkToken = takeLinkToken();
    const mine = ++turn;
    if (linkToken) {
        show(waiting(t("Logging in…")));
        try {
            const made = await call("POST", "/v1/session",
                {login_token: linkToken});
            session.keep(made.token);
        } catch (error) {
            if (mine !== turn)
                return;
            session.forget();
            showLogin(error instanceof Problem && error.status === 401
                ? LINK_USED : sentence(error));
            return;
        }
    }
    if (mine !== turn)
        return;
    if (session.token)
        showUsers();
    else
        showLogin();
}

listen(() => showLogin(SESSION_OVER), locked);
window.addEventListener("hashchange", () => location.hash && begin());
prefs.forget().then(begin);
