// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * check.js FILE: what Redocly (its recommended rules) and Spectral (its rules
 * for OpenAPI) have to say about a document.  Each says its rule and place;
 * the last line counts.
 */
import fs from "node:fs";
import {createConfig, lintFromString} from "@redocly/openapi-core";
import spectral from "@stoplight/spectral-core";
import parsers from "@stoplight/spectral-parsers";
import rulesets from "@stoplight/spectral-rulesets";

/** Nobody answers for a program that everybody runs himself. */
const OFF = ["info-contact"];

async function redocly(source, file) {
    const config = await createConfig({extends: ["recommended"]});
    const found = await lintFromString({source, absoluteRef: file, config});
    return found.map((p) =>
        `redocly ${p.ruleId}: ${p.location[0]?.pointer}: ${p.message}`);
}

async function spectralOas(source, file) {
    const linter = new spectral.Spectral();
    linter.setRuleset({extends: [[rulesets.oas, "recommended"]],
        rules: Object.fromEntries(OFF.map((rule) => [rule, "off"]))});
    const found = await linter.run(
        new spectral.Document(source, parsers.Json, file));
    return found.map((p) =>
        `spectral ${p.code}: #/${p.path.join("/")}: ${p.message}`);
}

const [file] = process.argv.slice(2);
const source = fs.readFileSync(file, "utf8");
const found = [...await redocly(source, file),
    ...await spectralOas(source, file)];
for (const line of found)
    console.log(line);
console.log(`contract: ${found.length} complaints`);
process.exitCode = found.length ? 1 : 0;
