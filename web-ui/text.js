// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * text - makes what others wrote safe to look at.  What may never run is kept
 * from running by textContent and the policy of the page; this is about
 * characters that lie to the eye.
 */

/** Longest text of a message, in bytes of UTF-8. */
export const TEXT_BYTES_MAX = 8192;
/** Longest name, alias or label, likewise. */
export const NAME_BYTES_MAX = 64;
/** Shortest passphrase that the daemon takes, likewise. */
export const PASSPHRASE_BYTES_MIN = 8;

const SYMBOL_OF_NUL = 0x2400;
const SYMBOL_OF_DEL = "\u2421";

/** @param {string} c  a control character */
function symbol(c) {
    const code = c.charCodeAt(0);
    if (code < 0x20)
        return String.fromCharCode(SYMBOL_OF_NUL + code);
    return code === 0x7f ? SYMBOL_OF_DEL : "\ufffd";
}

/**
 * The text of a message: control characters become visible; lines stay.
 * @param {string} text
 */
export function visible(text) {
    return text.replace(/\r\n?/g, "\n")
        .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, symbol);
}

/**
 * A name: one line, and nothing that turns the direction of what is beside it.
 * @param {string | null | undefined} text
 */
export function name(text) {
    const line = (text ?? "").replace(/\s+/g, " ")
        .replace(/[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, "")
        .replace(/[\u0000-\u001f\u007f-\u009f]/g, symbol).trim();
    // There are letters that nobody sees.
    return /[^\s\p{DI}\u2800]/u.test(line) ? line : "(no name)";
}

/** @param {string} text */
export function byteLength(text) {
    return new TextEncoder().encode(text).length;
}

/**
 * The first letter that a person would see.
 * @param {string} text
 */
export function initial(text) {
    const first = new Intl.Segmenter().segment(name(text))[Symbol.iterator]()
        .next().value?.segment ?? "?";
    return first.toLocaleUpperCase();
}

/**
 * A small number that stays the same for the same id.
 * @param {string} id
 * @param {number} count
 */
export function pick(id, count) {
    let sum = 0;
    for (const c of id)
        sum = (sum * 31 + c.charCodeAt(0)) % 65521;
    return sum % count;
}

/** What may follow an address without being of it. */
const AFTER_LINK = /[.,;:!?'"\u2026\u201c\u201d\u00bb*_]+$/u;

/**
 * Addresses of the web, and of services within Tor without the beginning.
 * Nothing that cannot be seen is of an address.
 */
const LINK = new RegExp("\\b(?:https?:\\/\\/|[a-z2-7]{56}\\.onion(?![\\w.-]))" +
    "[^\\s<>\"\\p{Cf}\\p{Cc}]*", "giu");

/** @param {string} text  @returns {URL | null} */
export function linkOf(text) {
    const whole = /^https?:/i.test(text) ? text : `http:${"//"}${text}`;
    const url = URL.canParse(whole) ? new URL(whole) : null;
    return url?.hostname ? url : null;
}

/** Names of the machine itself, and of what stands beside it. */
const NEAR = new RegExp("^(localhost|.*\\.(localhost|local|lan|home\\.arpa|" +
    "internal)|(0|10|127)(\\.\\d+){3}|(192\\.168|169\\.254|172\\.(1[6-9]|2\\d|" +
    "3[01]))(\\.\\d+){2}|[^.:]+|\\[(::1?|::ffff:.*|f[c-f].*)\\])\\.?$");

/**
 * If it leads to this machine, or to one of the same network.
 * @param {URL} url  whose numbers the browser has brought into one form
 */
export function isNear(url) {
    return NEAR.test(url.hostname);
}

/**
 * A text in pieces, those that are addresses apart.
 * @param {string} text
 * @returns {{text: string, isLink: boolean}[]}
 */
export function pieces(text) {
    const list = [];
    let at = 0;
    for (const match of text.matchAll(LINK)) {
        let link = match[0].replace(AFTER_LINK, "");
        if (link.endsWith(")") && !link.includes("("))
            link = link.replace(/[).,;:!?]+$/, "");
        if (!linkOf(link))
            continue;
        list.push({text: text.slice(at, match.index), isLink: false},
            {text: link, isLink: true});
        at = match.index + link.length;
    }
    list.push({text: text.slice(at), isLink: false});
    return list.filter((piece) => piece.text);
}

const SHORT_CHARS = 1500;
const SHORT_LINES = 25;

/**
 * How much of a text is shown at first.
 * @param {string} text
 */
export function shortLength(text) {
    let end = -1;
    for (let lines = 0; lines < SHORT_LINES; lines++) {
        end = text.indexOf("\n", end + 1);
        if (end < 0)
            break;
    }
    if (end < 0 || end > SHORT_CHARS)
        end = Math.min(SHORT_CHARS, text.length);
    // Not between the halves of one character.
    return /[\udc00-\udfff]/.test(text[end] ?? "") ? end - 1 : end;
}
