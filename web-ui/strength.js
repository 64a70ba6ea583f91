// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * strength - how hard a passphrase is to guess, roughly and rather too low;
 * and a passphrase that is hard enough.
 */
import {mark} from "./i18n.js";

/** What is tried first. */
const COMMON = ("password passwort passwd passphrase secret admin root guest " +
    "login welcome letmein master user test hello love iloveyou monkey dragon " +
    "sunshine princess football baseball soccer shadow superman batman " +
    "starwars pokemon computer internet google facebook qwerty azerty qwertz " +
    "asdf zxcv yxcv michael jennifer jordan michelle daniel thomas andrew " +
    "jessica charlie robert maria anna peter alex max summer winter spring " +
    "autumn monday friday january december london berlin paris america god " +
    "jesus angel flower cookie chocolate cheese banana orange apple pepper " +
    "killer hunter tiger silver golden black white blue green red money " +
    "freedom whatever trustno mustang ferrari mercedes porsche harley ginger " +
    "family mother father baby lovely hottie loveme changeme default " +
    "umbel tor onion correct horse battery staple").split(" ")
    .sort((a, b) => b.length - a.length);
const RUNS = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop",
    "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm"]
    .flatMap((run) => [run, [...run].reverse().join("")]);
const LOOKALIKES = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s",
    "7": "t", "@": "a", "$": "s", "!": "i"};

/** A word that somebody may know: as in a list of 5000. */
const WORD_BITS = 12;
const COMMON_BITS = 5;
const LETTER_BITS = 4.7;
/** From so many bits on it is of the next level. */
const STEPS = [28, 42, 56];

/** By level. */
export const LEVELS = [mark("Easy to guess"), mark("Weak"), mark("Good"),
    mark("Strong")];

/** @param {string} text  from its beginning: how long a run goes on */
function runLength(text) {
    let longest = /^(.)\1*/su.exec(text)?.[0].length ?? 0;
    for (const run of RUNS)
        for (let n = longest + 1; n <= text.length &&
            run.includes(text.slice(0, n)); n++)
            longest = n;
    return longest;
}

/** @param {string} letters */
function lettersBits(letters) {
    const vowels = letters.match(/[aeiouy]/g)?.length ?? 0;
    const isWord = /^[^a-z]*$/.test(letters) ||
        (vowels / letters.length >= 0.2 && !/[^aeiouy]{5}/.test(letters));
    const most = letters.length * LETTER_BITS;
    return isWord
        ? Math.min(most, WORD_BITS + Math.max(0, letters.length - 8) * 1.5)
        : most;
}

/**
 * The first piece of a text, and what it is worth.
 * @param {string} text
 * @returns {[string, number]}
 */
function piece(text) {
    const plain = [...text].map((c) => LOOKALIKES[c] ?? c).join("");
    const common = COMMON.find((word) => text.startsWith(word)) ??
        COMMON.find((word) => plain.startsWith(word));
    const run = runLength(text);
    if (common)
        return [text.slice(0, common.length), COMMON_BITS];
    if (run >= 3)
        return [text.slice(0, run), 4];
    const year = /^(19|20)\d\d/.exec(text)?.[0];
    if (year)
        return [year, 6];
    const letters = /^\p{L}+/u.exec(plain)?.[0];
    if (letters && /^\p{L}/u.test(text)) {
        // A common word may begin further on.
        const at = Math.min(letters.length, ...COMMON.filter((w) =>
            w.length > 4).map((w) => letters.indexOf(w)).filter((i) => i > 0));
        return [text.slice(0, at), lettersBits(letters.slice(0, at))];
    }
    const [first] = text;
    return [first, /\d/.test(first) ? 3.3 : 4];
}

/**
 * @param {string} passphrase
 * @returns {number}  0 to 3, as in LEVELS
 */
export function strength(passphrase) {
    let rest = passphrase.toLowerCase().normalize("NFKC"), bits = 0;
    // Capitals within are something; one at the beginning is not.
    if (/\p{Ll}.*\p{Lu}/u.test(passphrase))
        bits += 3;
    /** @type {Set<string>} */
    const had = new Set();
    while (rest) {
        const [text, worth] = piece(rest);
        bits += had.has(text) ? 0.5 : worth;
        had.add(text);
        rest = rest.slice(text.length);
    }
    return STEPS.filter((step) => bits >= step).length;
}

const CONSONANTS = "bdfgjklmnprstvwz";
const VOWELS = "aeiou";
const SYLLABLES = CONSONANTS.length * VOWELS.length;
const WORDS = 5;

/** One of 80; each as likely as any other. */
function syllable() {
    const [byte] = crypto.getRandomValues(new Uint8Array(1));
    if (byte >= 256 - 256 % SYLLABLES)
        return syllable();
    const n = byte % SYLLABLES;
    return CONSONANTS[Math.floor(n / VOWELS.length)] + VOWELS[n % VOWELS.length];
}

/** Five words that can be said, of 63 bits. */
export function suggest() {
    return Array.from({length: WORDS}, () => syllable() + syllable()).join(" ");
}
