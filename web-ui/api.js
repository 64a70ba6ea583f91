// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * api - calls to the daemon, with the token of this tab.
 *
 * The token lives in sessionStorage (of this tab, this port) and nowhere else.
 */

const KEY = "umbel.token";

/**
 * What went wrong with a call.  status 0: no answer at all.
 */
export class Problem extends Error {
    /**
     * @param {number} status
     * @param {any} body  as in RFC 9457
     * @param {number} [retrySeconds]
     */
    constructor(status, body, retrySeconds = 0) {
        super(body?.title ?? `HTTP ${status}`);
        this.status = status;
        /** @type {string} */
        this.code = body?.code ?? "";
        /** @type {string} */
        this.detail = body?.detail ?? "";
        /** @type {{pointer?: string, code: string, detail?: string}[]} */
        this.errors = body?.errors ?? [];
        this.retrySeconds = retrySeconds;
    }
}

/** Called when the daemon no longer knows the token of this tab. */
let onSessionOver = () => {};
/** Called with the id of a user whose data turned out to be locked. */
let onLocked = (/** @type {string} */ _userId) => {};

/**
 * @param {() => void} sessionOver
 * @param {(userId: string) => void} locked
 */
export function listen(sessionOver, locked) {
    onSessionOver = sessionOver;
    onLocked = locked;
}

export const session = {
    get token() {
        return sessionStorage.getItem(KEY);
    },
    /** @param {string} token */
    keep(token) {
        sessionStorage.setItem(KEY, token);
    },
    forget() {
        sessionStorage.removeItem(KEY);
    },
};

/** @param {Response} response */
async function problemOf(response) {
    let body = null;
    try {
        body = await response.json();
    } catch {
        // not from the API: the status has to do
    }
    return new Problem(response.status, body,
        Number(response.headers.get("Retry-After")) || 0);
}

/**
 * @param {Problem} problem
 * @param {string | null} token  with which it came
 * @param {string} path
 */
function tell(problem, token, path) {
    if (problem.code === "unauthorized" && token && token === session.token) {
        session.forget();
        onSessionOver();
    } else if (problem.code === "user_locked") {
        onLocked(path.split("/")[3]);
    }
}

/**
 * A call whose answer is read by the caller.  Throws a Problem.
 * @param {string} method
 * @param {string} path
 * @param {{body?: object, bytes?: BodyInit, headers?: Record<string, string>,
 *     signal?: AbortSignal}} [more]  bytes go as they are
 */
export async function open(method, path, more = {}) {
    const token = session.token;
    const headers = {...more.headers};
    let response;

    if (token)
        headers.Authorization = `Bearer ${token}`;
    if (more.body)
        headers["Content-Type"] = "application/json";
    try {
        response = await fetch(path, {
            method, headers, signal: more.signal,
            body: more.bytes ?? (more.body && JSON.stringify(more.body)),
            cache: "no-store", credentials: "omit", redirect: "error",
            // Of what is kept while the page goes.
            keepalive: more.keepalive,
        });
    } catch {
        throw new Problem(0, null);
    }
    if (response.ok)
        return response;
    const problem = await problemOf(response);
    tell(problem, token, path);
    throw problem;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>}
 */
export async function call(method, path, body) {
    const response = await open(method, path, {body});
    if (response.status === 204 || response.status === 202)
        return null;
    try {
        return await response.json();
    } catch {
        throw new Problem(0, null);
    }
}

/**
 * All items of a list, by its pages.
 * @param {string} path
 * @returns {Promise<any[]>}
 */
export async function all(path) {
    const items = [];
    let cursor = null;
    do {
        const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
        const page = await call("GET", `${path}?limit=200${query}`);
        items.push(...page.items);
        cursor = page.next_cursor;
    } while (cursor);
    return items;
}
