// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * main - which view is shown: from the link or the form to a session, from the
 * session to a user, and back.
 */
import {Problem, all, call, listen, session} from "./api.js";
import {setLanguage} from "./i18n.js";
import {Outbox} from "./outbox.js";
import {Store} from "./store.js";
import {sentence} from "./words.js";
import * as start from "./view/start.js";
import {Home} from "./view/home.js";
import {waiting} from "./view/status.js";

const LINK_USED = "This link has been used, or is older than a minute. Make " +
    "a new one with “umbel open”, or log in here.";
const SESSION_OVER = "You were logged out: Umbel was started again, or the " +
    "page was not used for long.";

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
/** What was not sent when a session ended, by user; never stored. */
const outboxes = /** @type {Map<string, Outbox>} */ (new Map());
/** The conversation that was open, by user; never stored. */
const opened = /** @type {Map<string, string>} */ (new Map());
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
        opened.set(current.store.user.id, current.chat?.id ?? "");
    current?.close?.();
    current = view;
    app.replaceChildren(view.node);
    view.focus?.();
}

/** @param {string} [why] */
function showLogin(why = "") {
    turn++;
    user = null;
    show(start.login(why, (made) => {
        session.keep(made.token);
        showUsers();
    }));
}

async function logout() {
    outboxes.clear();
    opened.clear();
    try {
        await call("DELETE", "/v1/session");
    } catch {
        // the daemon forgets it by itself
    }
    session.forget();
    showLogin();
}

/** Every user this session may see; straight on if it is one. */
async function showUsers() {
    const mine = ++turn;
    show(waiting("One moment…"));
    try {
        const users = await all("/v1/users");
        if (mine !== turn)
            return;
        userCount = users.length;
        if (users.length === 0)
            showCreate(true);
        else if (users.length === 1)
            showUser(users[0]);
        else
            show(start.choose(users, {done: showUser,
                create: () => showCreate(false), logout}));
    } catch (error) {
        if (mine === turn)
            trouble(error, showUsers);
    }
}

/** @param {boolean} isFirst */
function showCreate(isFirst) {
    show(start.create(isFirst, {
        done: (made) => {
            userCount++;
            showUser(made);
        },
        back: isFirst ? null : showUsers, logout,
    }));
}

/**
 * @param {any} chosen
 * @param {string} [why]
 */
function showUser(chosen, why = "") {
    user = chosen;
    if (chosen.state === "unlocked")
        showHome();
    else
        show(start.unlock(chosen, why, {
            done: (opened) => showUser({...opened, state: "unlocked"}),
            other: userCount > 1 ? showUsers : null, logout,
        }));
}

async function showHome() {
    const mine = ++turn;
    const store = new Store(user);
    const outbox = outboxes.get(user.id) ?? new Outbox();
    outboxes.set(user.id, outbox);
    show(waiting("Opening…"));
    try {
        await store.start();
    } catch (error) {
        store.close();
        if (mine === turn && !isHandled(error))
            trouble(error, showHome);
        return;
    }
    if (mine !== turn) {
        store.close();
        return;
    }
    const home = new Home(store, outbox, {
        lock: async () => {
            await call("POST", store.path("/lock"));
            locked(user.id);
        },
        logout,
        other: userCount > 1 ? showUsers : null,
    });
    const last = opened.get(user.id) ?? "";
    show(home);
    if (store.conversations.has(last))
        home.open(last);
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
    if (user?.id !== id)
        return;
    turn++;
    // What one writes is as secret as what one reads.
    outboxes.delete(id);
    showUser({...user, state: "locked"}, "Locked.");
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
        show(waiting("Logging in…"));
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
setLanguage("").then(begin);
