// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * feed - the stream of a user's events, kept alive.
 *
 * Read by fetch() since only that can send the token.  After a break it
 * goes on behind the last event that was seen, so none is missed or doubled.
 */
import {open, Problem} from "./api.js";

const LINE_CHARS_MAX = 1 << 20;
/** The daemon writes a comment every 15 seconds. */
const SILENCE_MS = 40 * 1000;
const PAUSE_MS = 500;
const PAUSE_MAX_MS = 15 * 1000;

/**
 * @typedef {{name: string, id: string | null, data: any}} Frame
 */

/**
 * Cuts a byte stream into events (HTML, 9.2.6).
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} alive  called whenever something came
 * @returns {AsyncGenerator<Frame>}
 */
export async function* frames(body, alive) {
    const decoder = /** @type {ReadableWritablePair} */ (
        new TextDecoderStream());
    const reader = body.pipeThrough(decoder).getReader();
    let rest = "", data = [], name = "", id = null;

    try {
        for (;;) {
            const {done, value} = await reader.read();
            if (done)
                return;
            alive();
            const lines = (rest + value).split("\n");
            rest = /** @type {string} */ (lines.pop());
            if (rest.length > LINE_CHARS_MAX)
                return;
            for (const raw of lines) {
                const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
                const [, key, text] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
                if (key === "event")
                    name = text ?? "";
                else if (key === "id")
                    id = text ?? "";
                else if (key === "data")
                    data.push(text ?? "");
                else if (line === "" && data.length) {
                    yield {name, id, data: JSON.parse(data.join("\n"))};
                    [data, name, id] = [[], "", null];
                }
            }
        }
    } finally {
        reader.cancel().catch(() => {});
    }
}

export class Feed {
    /**
     * @param {string} path
     * @param {string} place  id of the last event that is known
     * @param {(frame: Frame) => void} onFrame
     * @param {(state: "live" | "lost", seconds: number) => void} onState
     *     seconds until the next try
     * @param {() => void} [onLife]  something came, be it nothing to tell
     */
    constructor(path, place, onFrame, onState, onLife = () => {}) {
        this.path = path;
        this.place = place;
        this.onFrame = onFrame;
        this.onState = onState;
        this.onLife = onLife;
        this.isStopped = false;
        this.failures = 0;
        this.abort = new AbortController();
        /** Ends the pause before the next try. */
        this.hurry = () => {};
    }

    async run() {
        while (!this.isStopped) {
            let retrySeconds = 0;
            try {
                await this.read();
            } catch (error) {
                if (error instanceof Problem)
                    retrySeconds = error.retrySeconds;
            }
            if (!this.isStopped)
                await this.rest(retrySeconds);
        }
    }

    stop() {
        this.isStopped = true;
        this.abort.abort();
        this.hurry();
    }

    async read() {
        this.abort = new AbortController();
        const {abort} = this;
        const response = await open("GET", this.path, {
            signal: abort.signal,
            headers: {Accept: "text/event-stream", "Last-Event-ID": this.place},
        });
        let timer = 0;
        const alive = () => {
            clearTimeout(timer);
            timer = setTimeout(() => abort.abort(), SILENCE_MS);
            this.onLife();
        };
        alive();
        try {
            for await (const frame of frames(
                /** @type {ReadableStream} */ (response.body), alive)) {
                if (this.isStopped)
                    return;
                this.take(frame);
            }
        } finally {
            clearTimeout(timer);
        }
    }

    /** @param {Frame} frame */
    take(frame) {
        if (frame.name === "hello") {
            this.failures = 0;
            this.onState("live", 0);
        }
        // What cannot be shown is not asked for again and again.
        if (frame.id !== null)
            this.place = frame.id;
        this.onFrame(frame);
    }

    /** @param {number} retrySeconds */
    rest(retrySeconds) {
        const pause = Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** this.failures++);
        const ms = Math.max(retrySeconds * 1000,
            pause * (0.8 + 0.4 * Math.random()));
        this.onState("lost", Math.ceil(ms / 1000));
        return new Promise((resolve) => {
            const timer = setTimeout(resolve, ms);
            this.hurry = () => {
                clearTimeout(timer);
                resolve(undefined);
            };
        });
    }
}
