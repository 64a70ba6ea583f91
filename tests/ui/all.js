// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * all - runs files of tests, one test after the other, in one process: so
 * there is one browser for all of them.
 */
import path from "node:path";

for (const file of process.argv.slice(2))
    await import(path.resolve(file));
