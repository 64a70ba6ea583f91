// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Everything that is shown or said is in every language.
 */
import assert from "node:assert/strict";
import test from "node:test";
import {LANGUAGES, catalogueText, forms, sentences, tokens} from
    "./catalogue.js";

const BUDGET_BYTES = 45_000;
const {keys, complaints} = sentences();

const holes = (text) => [...new Set(text.match(/\{\w+\}/g))].sort();

/** What is wrong with one sentence, if anything. */
function wrong(language, key, isCounted, found) {
    const texts = typeof found === "string" ? {other: found} : found;
    // "many" is a million; where it is not said, it is as any other.
    const wanted = isCounted ? forms(language).filter((f) =>
        f !== "many" || f in texts) : ["other"];
    if ((typeof found === "string") === isCounted ||
        JSON.stringify(Object.keys(texts).sort()) !==
        JSON.stringify([...wanted].sort()))
        return `not ${wanted}`;
    // In French, 0 is one as well.
    const isOneOnly = new Intl.PluralRules(language).select(0) !== "one";
    for (const [form, text] of Object.entries(texts)) {
        const without = form === "one" && isOneOnly ? ["{n}"] : [];
        const compared = (t) => holes(t).filter((h) => !without.includes(h));
        if (String(compared(text)) !== String(compared(key)))
            return `${form} has ${holes(text)}`;
        if (!text.trim() || /[<>]|&\w+;/.test(text))
            return `${form} is ${text || "empty"}`;
        if (/^\s/.test(text) !== /^\s/.test(key) ||
            /\s$/.test(text) !== /\s$/.test(key))
            return `${form} begins or ends with white space, or should`;
    }
    return null;
}

test("what is shown or said is a literal in t(, tn( or mark(", () => {
    assert.ok(keys.size > 9);
    assert.deepEqual(complaints, []);
});

test("the reader of the sources reads them", () => {
    assert.deepEqual(tokens(`a(/"/, 'b\\u00e9', \`c\${d("e")}f\`) // "g"`)
        .map(({kind, value}) => [kind[0], value].join(" ")), ["w a", "m (",
        'm /"/', "m ,", "s b\u00e9", "m ,", "t c", "m ${", "w d", "m (",
        "s e", "m )", "m }", "t f", "m )"]);
});

for (const language of LANGUAGES)
    test(`${language} has all of it, and nothing else`, () => {
        const text = catalogueText(language);
        const all = JSON.parse(text);
        assert.ok(Buffer.byteLength(text) <= BUDGET_BYTES, "too large");
        assert.deepEqual([...keys.keys()].filter((k) => !(k in all)), [],
            "missing");
        assert.deepEqual(Object.keys(all).filter((k) => !keys.has(k)), [],
            "not said any more");
        assert.deepEqual(Object.keys(all), Object.keys(all).sort(), "sorted");
        assert.deepEqual(Object.entries(all).map(([key, found]) =>
            [key, wrong(language, key, keys.get(key), found)])
            .filter(([, what]) => what), []);
    });
