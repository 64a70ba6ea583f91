// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * backend - real daemons for a test, by way of backend.py.
 */
import {spawn} from "node:child_process";
import {once} from "node:events";
import path from "node:path";
import {createInterface} from "node:readline";

export const SOURCE = process.env.top_srcdir;
export const PASSPHRASE = "correct horse battery";

/**
 * A module of the page, for a test without a browser.  run.sh copies them:
 * node 18 takes nothing for a module but below a package.json that says so.
 */
export const part = (file) => import(`./page/${file}`);

export class Backend {
    /** @param {"fake" | "tornet"} network  unless UI_NETWORK says another */
    static async start(network) {
        const backend = new Backend(process.env.UI_NETWORK ?? network);
        backend.network = await backend.wait(0);
        return backend;
    }

    constructor(network) {
        this.child = spawn(process.env.UI_PYTHON,
            [path.join(SOURCE, "tests/ui/backend.py"), network],
            {stdio: ["pipe", "pipe", "inherit"]});
        this.waiting = new Map();
        this.count = 0;
        this.ended = once(this.child, "exit");
        createInterface({input: this.child.stdout}).on("line", (line) => {
            const {id, result, error} = JSON.parse(line);
            const {resolve, reject} = this.waiting.get(id);
            this.waiting.delete(id);
            if (error)
                reject(new Error(error));
            else
                resolve(result);
        });
        this.child.on("exit", () => {
            for (const {reject} of this.waiting.values())
                reject(new Error("backend.py ended"));
        });
    }

    wait(id) {
        return new Promise((resolve, reject) => {
            this.waiting.set(id, {resolve, reject});
        });
    }

    async run(daemon, what, ...args) {
        const id = ++this.count;
        const answer = this.wait(id);
        this.child.stdin.write(
            `${JSON.stringify({id, daemon, do: what, args})}\n`);
        return answer;
    }

    /**
     * A daemon that runs, with all that can be asked of it.
     * @param {string} name
     * @param {...string} how  "self-test": it tries whether it is reached
     */
    async launch(name, ...how) {
        await this.run(name, "launch", ...how);
        return this.handle(name);
    }

    /** Another user of a daemon that runs. */
    async house(daemon, name) {
        await this.run(daemon, "house", name);
        return this.handle(name);
    }

    handle(name) {
        return new Proxy({}, {
            get: (_, what) => what === "then" ? undefined
                : (...args) => this.run(name, String(what), ...args),
        });
    }

    async stop() {
        this.child.stdin.end();
        const [code] = await this.ended;
        if (code)
            throw new Error(`backend.py ended with ${code}`);
    }
}

/** Two contacts on two daemons, and the ids of their conversation. */
export async function pairUp(backend) {
    const alice = await backend.launch("alice");
    const bob = await backend.launch("bob");
    const [toBob, toAlice] = await alice.pair("bob");
    return {alice, bob, toBob, toAlice};
}
