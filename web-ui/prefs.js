// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * prefs - how a user likes the page; kept by the daemon beside his messages,
 * so that nothing of it is in the browser.
 */
import {call} from "./api.js";
import {setLanguage} from "./i18n.js";

/** What there is, and what it is for who never chose. */
const DEFAULTS = Object.freeze({
    language: "",          // as the browser asks for
    scheme: "system",      // light, dark
    notify: false,
    notifyContent: false,  // names and words in notifications
});

/** Of two changes at once the later is saved last. */
let saving = Promise.resolve();

/**
 * What another version of the page keeps there stays; what is of another kind
 * than it should be is as if it were not there.
 * @param {Record<string, any>} kept
 */
function complete(kept) {
    const all = {...DEFAULTS, ...kept};
    for (const [key, value] of Object.entries(DEFAULTS))
        if (typeof all[key] !== typeof value)
            all[key] = value;
    return all;
}

/** @param {{language: string, scheme: string}} prefs */
async function apply(prefs) {
    document.documentElement.dataset.scheme = prefs.scheme;
    await setLanguage(prefs.language);
}

/**
 * Reads them into store.prefs; without an answer they are the default ones.
 * @param {any} store
 */
export async function load(store) {
    let kept = {};
    try {
        kept = await call("GET", store.path("/preferences"));
    } catch {
        // the store tells of it
    }
    store.prefs = complete(kept);
    if (!store.isClosed)
        await apply(store.prefs);
}

/**
 * Throws a Problem if it could not be kept; then nothing has changed.
 * @param {any} store
 * @param {keyof typeof DEFAULTS} key
 * @param {string | boolean} value
 */
export function set(store, key, value) {
    const mine = saving.then(async () => {
        const path = store.path("/preferences");
        // Another tab may have changed some meanwhile.
        const prefs = {...complete(await call("GET", path)), [key]: value};
        await call("PUT", path, prefs);
        store.prefs = prefs;
        if (store.isClosed)
            return;
        await apply(prefs);
        store.emit("prefs");
    });
    saving = mine.catch(() => {});
    return mine;
}

/** As for nobody in particular. */
export function forget() {
    return apply(DEFAULTS);
}
