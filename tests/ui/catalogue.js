// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * catalogue - what the page says, and in which languages it does.
 *
 *     node tests/ui/catalogue.js missing            as JSON, by language
 *     node tests/ui/catalogue.js merge fr FILE      into lang/fr.json
 *
 * FILE holds translations as `missing` prints them for that language.
 */
import fs from "node:fs";
import path from "node:path";
import {fileURLToPath} from "node:url";

const SELF = fileURLToPath(import.meta.url);
const ROOT = path.join(process.env.top_srcdir ??
    path.resolve(path.dirname(SELF), "../.."), "web-ui");
export const LANGUAGES = ["de", "es", "fr"];

const SPACE = /^(?:\s|\/\/.*|\/\*[^]*?\*\/)+/;
const WORD = /^[\w$]+/;
const STRING = /^(?:"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*')/;
const REGEXP = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/;
const CHUNK = /^(?:\\[^]|\$(?!\{)|[^\\`$])*/;

/**
 * @typedef {{kind: "word" | "string" | "template" | "mark", value: string,
 *     line: number}} Token   of a template, each piece is one
 */

/**
 * As much of JavaScript as is needed to tell a string from what is none.
 * @param {string} source
 * @returns {Token[]}
 */
export function tokens(source) {
    const found = [];
    /** What is open: a template goes on behind the } of its ${. */
    const open = [];
    let at = 0;
    const take = (pattern) => {
        const [text] = pattern.exec(source.slice(at)) ?? [""];
        at += text.length;
        return text;
    };
    const add = (kind, value) => found.push({kind, value,
        line: source.slice(0, at).split("\n").length});
    const piece = () => {
        add("template", unescape(take(CHUNK)));
        if (source[at] === "`") {
            at++;
        } else {
            at += 2;
            open.push("${");
            add("mark", "${");
        }
    };
    while (take(SPACE), at < source.length) {
        const last = found.at(-1);
        let text;
        if ((text = take(STRING))) {
            add("string", unescape(text.slice(1, -1)));
        } else if ((text = take(WORD))) {
            add("word", text);
        } else if (source[at] === "`") {
            at++;
            piece();
        } else if (source[at] === "/" && (!last || last.value === "return" ||
            (last.kind === "mark" && !")]}".includes(last.value)))) {
            add("mark", take(REGEXP));
        } else {
            add("mark", source[at]);
            if (source[at] === "{")
                open.push("{");
            const closes = source[at++] === "}" && open.pop();
            if (closes === "${")
                piece();
        }
    }
    return found;
}

/** @param {string} text  between the quotes */
function unescape(text) {
    return text.replace(/\\(?:u\{(\w+)\}|u(\w{4})|x(\w\w)|\n|([^]))/g,
        (_, a, b, c, plain) => a || b || c
            ? String.fromCodePoint(Number.parseInt(a || b || c, 16))
            : {n: "\n", t: "\t"}[plain] ?? plain ?? "");
}

const CLOSES = {__proto__: null, "(": ")", "[": "]", "{": "}", "${": "}"};

/**
 * The arguments of a call, each as its tokens.
 * @param {Token[]} all
 * @param {number} at  of the (
 */
function argumentsOf(all, at) {
    const list = [[]];
    const open = [];
    for (let i = at + 1; i < all.length; i++) {
        const {kind, value} = all[i];
        if (kind === "mark") {
            if (!open.length && value === ")")
                return list.filter((one) => one.length);
            if (value in CLOSES)
                open.push(CLOSES[value]);
            else if (value === open.at(-1))
                open.pop();
        }
        if (!open.length && kind === "mark" && value === ",")
            list.push([]);
        else
            list.at(-1).push(all[i]);
    }
    return list;
}

/** The text of "a" + "b"; null if it is something else. */
function literal(argument = []) {
    const isIt = argument.length % 2 && argument.every((token, i) => i % 2
        ? token.value === "+" && token.kind === "mark"
        : token.kind === "string" || token.kind === "template");
    return isIt ? argument.map(({kind, value}) => kind === "mark" ? "" : value)
        .join("") : null;
}

/** Where what is shown or said goes in: the arguments from..to that are. */
const SHOWS = {__proto__: null, el: [2], put: [1], fill: [1], setText: [1],
    iconButton: [0, 1], menuButton: [0, 1], field: [0, 1], dialog: [0],
    copyButton: [1], announce: [0], say: [0], openMenu: [2]};
const SHOWN_KEYS = new Set(["aria-label", "title", "placeholder", "alt",
    "label", "button", "busy", "help", "text", "aria-roledescription",
    "aria-description", "aria-valuetext"]);
/** No words of English: names, and of keys. */
const NAMES = new Set(["Enter", "Escape", "Umbel", "umbel open", "umbel:…", "Tor"]);

/** Does somebody read that, wherever it stands? */
function isSentence(text) {
    return /[a-z]{2}[,;:]? [a-z“(]/i.test(text) && /^[A-Z][a-z]|^I |[.!?…]$/
        .test(text.trim());
}

class Reader {
    constructor(file) {
        this.file = file;
        this.all = tokens(fs.readFileSync(path.join(ROOT, file), "utf8"));
        /** @type {Map<string, boolean>}  by sentence: does it count? */
        this.keys = new Map();
        this.complaints = [];
        this.done = new Set();
    }

    read() {
        this.all.forEach((token, i) => {
            const call = this.all[i + 1]?.value === "(" &&
                this.all[i + 1].kind === "mark" && token.kind === "word" &&
                this.all[i - 1]?.value !== "function";
            if (call && this.all[i - 1]?.value !== ".")
                this.readCall(token.value, argumentsOf(this.all, i + 1), token);
        });
        this.all.forEach((token, i) => {
            if (this.all[i + 1]?.value === "(" && token.value in SHOWS &&
                this.all[i - 1]?.value !== "function")
                argumentsOf(this.all, i + 1).slice(...SHOWS[token.value])
                    .forEach((one) => this.judge(one));
            if (this.all[i + 1]?.value === ":" && SHOWN_KEYS.has(token.value) &&
                ["{", ","].includes(this.all[i - 1]?.value))
                this.judge(argumentsOf(this.all, i + 1)[0] ?? []);
            if (this.isText(token) && (isSentence(token.value) ||
                (/^[A-Z][a-z]{2,}$/.test(token.value) &&
                    [":", "?", ">", "return"].includes(this.all[i - 1]?.value) &&
                    !NAMES.has(token.value))))
                this.complain(token, token.value);
        });
        return this;
    }

    readCall(name, list, token) {
        if (!["t", "mark", "tn"].includes(name))
            return;
        const texts = name === "tn" ? list.slice(1, 3) : list.slice(0, 1);
        const found = texts.map(literal);
        if (found.every((text) => text !== null))
            this.know(found.at(-1), name === "tn", token);
        else if (name !== "t" || this.holdsText(list[0] ?? []))
            this.complain(token, `${name}( of no literal`);
        for (const one of texts)
            one?.forEach((part) => this.done.add(part));
    }

    know(text, isCounted, token) {
        if ((this.keys.get(text) ?? isCounted) !== isCounted)
            this.complain(token, `${text}: t( and tn(`);
        this.keys.set(text, isCounted);
    }

    complain(token, what) {
        if (this.done.has(token))
            return;
        this.done.add(token);
        this.complaints.push(`${this.file}:${token.line}: ${what}`);
    }

    isText({kind}) {
        return kind === "string" || kind === "template";
    }

    /** A literal that is no key such as TABLE["that"]. */
    holdsText(argument) {
        return argument.some((token, i) => this.isText(token) &&
            argument[i - 1]?.value !== "[");
    }

    /** What stands by itself in what is shown, and not in a call there. */
    judge(argument) {
        const open = [];
        argument.forEach((token, i) => {
            const {kind, value} = token;
            const [before, after] = [argument[i - 1], argument[i + 1]];
            if (kind === "mark" && value in CLOSES)
                open.push([CLOSES[value],
                    value === "(" && before?.kind !== "word"]);
            else if (kind === "mark" && value === open.at(-1)?.[0])
                open.pop();
            if (this.isText(token) && open.every(([, isPlain]) => isPlain) && /[a-z]{2}/i.test(value) &&
                ![before?.value, after?.value].includes("=") &&
                !NAMES.has(value.trim()))
                this.complain(token, value);
        });
    }
}

/** All that the page says, and what is wrong about how. */
export function sentences() {
    const keys = new Map(), complaints = [];
    for (const file of fs.readdirSync(ROOT, {recursive: true}).sort()) {
        if (!file.endsWith(".js") || file === "i18n.js")
            continue;
        const reader = new Reader(file).read();
        complaints.push(...reader.complaints);
        for (const [text, isCounted] of reader.keys) {
            if ((keys.get(text) ?? isCounted) !== isCounted)
                complaints.push(`${file}: ${text}: t( and tn(`);
            keys.set(text, isCounted);
        }
    }
    return {keys, complaints};
}

/** @param {string} language */
export function catalogueText(language) {
    return fs.readFileSync(path.join(ROOT, `lang/${language}.json`), "utf8");
}

/** The forms that a number asks for. @param {string} language */
export function forms(language) {
    return new Intl.PluralRules(language).resolvedOptions().pluralCategories;
}

/** What a translator is given: the sentences, with nothing behind them. */
function missing(language) {
    const known = JSON.parse(catalogueText(language));
    return Object.fromEntries([...sentences().keys].filter(
        ([text]) => !(text in known)).map(([text, isCounted]) => [text,
        isCounted ? Object.fromEntries(forms(language).map((f) => [f, ""]))
            : ""]));
}

/** Sorted, and without what the page no longer says. */
function merge(language, file) {
    const all = {...JSON.parse(catalogueText(language)),
        ...JSON.parse(fs.readFileSync(file, "utf8"))};
    const {keys} = sentences();
    const sorted = Object.fromEntries(Object.entries(all)
        .filter(([text]) => keys.has(text)).sort(([a], [b]) => a < b ? -1 : 1));
    fs.writeFileSync(path.join(ROOT, `lang/${language}.json`),
        `${JSON.stringify(sorted, null, 1)}\n`);
}

if (process.argv[1] === SELF) {
    const [what, language, file] = process.argv.slice(2);
    if (what === "merge")
        merge(language, file);
    else if (what === "complaints")
        console.log(sentences().complaints.join("\n"));
    else
        console.log(JSON.stringify(Object.fromEntries(
            LANGUAGES.map((one) => [one, missing(one)])), null, 1));
}
