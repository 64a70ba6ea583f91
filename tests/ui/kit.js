// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * kit - one test: daemons and persons, all gone at the end.
 */
import test from "node:test";
import {Backend} from "./backend.js";
import {Person, closeBrowser} from "./browser.js";

/** The real tor takes its time. */
const LIMIT_MS = {fake: 300 * 1000, tornet: 900 * 1000};
/** Tests that are not over; with the last one, the browser goes. */
let left = 0;

/**
 * @param {string} name
 * @param {(kit: {backend: Backend,
 *     person: (url: string, options?: object) => Promise<Person>})
 *     => Promise<void>} body
 * @param {"fake" | "tornet"} [network]
 */
export function uiTest(name, body, network = "fake") {
    left++;
    test(name, {timeout: LIMIT_MS[network]}, async () => {
        const backend = await Backend.start(network);
        const persons = [];
        try {
            await body({backend, person: async (url, options) => {
                persons.push(await Person.at(url, options));
                return persons.at(-1);
            }});
            for (const person of persons)
                await person.close();
        } catch (error) {
            for (const {page, faults} of persons)
                console.error(page.url().replace(/#.*/, ""), faults,
                    await page.locator("body").innerText({timeout: 5000})
                        .catch(String));
            throw error;
        } finally {
            for (const {context} of persons)
                await context.close();
            if (--left === 0)
                await closeBrowser();
            await backend.stop();
        }
    });
}
