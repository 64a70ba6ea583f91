// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * i18n - the language of the page.
 *
 * What is written in the source is English; lang/fr.json and the like hold
 * each sentence in another language, by the English one.  A test sees to it
 * that no catalogue lacks a sentence or has one too many: it looks for the
 * literals that stand right behind t(, tn( and mark(.
 */

/** Beside English, which needs no catalogue; by their own names. */
export const LANGUAGES = {
    en: "English", de: "Deutsch", es: "Español", fr: "Français",
};

/** @type {Record<string, string | Record<string, string>>} */
let texts = {};
let rules = new Intl.PluralRules("en");
let tag = "en";
/** Of two choices the later wins. */
let turn = 0;

/** The language that is shown, for Intl and the like. */
export function language() {
    return tag;
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
function put(text, values) {
    return text.replace(/\{(\w+)\}/g, (all, key) => key in values
        ? String(values[key]) : all);
}

/**
 * A sentence in the language of the page.
 * @param {string} text  in English; {name} is replaced by values.name
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(text, values = {}) {
    const found = texts[text];
    return put(typeof found === "string" ? found : text, values);
}

/**
 * A sentence that depends on a number, which is its {n}.
 * @param {number} n
 * @param {string} one    in English, for 1
 * @param {string} other  in English, else; the catalogues know it by this
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function tn(n, one, other, values = {}) {
    const found = texts[other];
    const kind = rules.select(n);
    const text = typeof found === "object" ? found[kind] ?? found.other
        : kind === "one" ? one : other;
    return put(text, {n: new Intl.NumberFormat(tag).format(n), ...values});
}

/**
 * Marks a sentence in a table, which t() gets when it is shown.
 * @param {string} text
 */
export function mark(text) {
    return text;
}

/** The first of the languages that the browser asks for and there is. */
function systemLanguage() {
    for (const wanted of navigator.languages) {
        const [base] = wanted.toLowerCase().split("-");
        if (base in LANGUAGES)
            return base;
    }
    return "en";
}

/** English with the spelling of times that the browser asks for. */
function regional(/** @type {string} */ base) {
    return navigator.languages.find((l) =>
        l.toLowerCase().split("-")[0] === base) ?? base;
}

/**
 * Shows what is made from now on in that language; in English if there is no
 * catalogue to be had.
 * @param {string} choice  of LANGUAGES; empty: as the browser asks for
 */
export async function setLanguage(choice) {
    const base = choice in LANGUAGES ? choice : systemLanguage();
    const mine = ++turn;
    let found = {};
    try {
        if (base !== "en")
            found = await (await fetch(`lang/${base}.json`,
                {credentials: "omit", redirect: "error"})).json();
    } catch {
        return;
    }
    if (mine !== turn)
        return;
    texts = found;
    tag = regional(base);
    rules = new Intl.PluralRules(tag);
    document.documentElement.lang = base;
}
