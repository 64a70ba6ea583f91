// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * tabs - one stream of a user's events for all tabs of a browser, which has
 * only six connections for a host.
 *
 * The tab that holds the lock of the user reads the stream, and tells the
 * others.  When it goes, the next one reads on behind the last event that it
 * saw.  Each tab has its own token and its own state; no token is ever told.
 */
import {Feed} from "./feed.js";

/** The one that reads tells so often that it is there; and is overthrown. */
const TELL_MS = 10 * 1000;
const SILENCE_MS = 60 * 1000;

/** @typedef {import("./feed.js").Frame} Frame */

/** @param {any} frame */
function isFrame(frame) {
    return typeof frame?.name === "string" &&
        (frame.id === null || typeof frame.id === "string") &&
        (frame.name === "locked" || !!frame.data?.data);
}

export class SharedFeed {
    /**
     * Listens from now on; what comes before run() is kept for it.
     * @param {string} path
     * @param {string} user  his id
     * @param {(frame: Frame) => void} onFrame
     * @param {(state: "live" | "lost", seconds: number) => void} onState
     */
    constructor(path, user, onFrame, onState) {
        this.path = path;
        this.user = user;
        this.onFrame = onFrame;
        this.onState = onState;
        this.name = `umbel.feed.${user}`;
        this.place = 0;
        this.isLeader = false;
        this.isStopped = false;
        this.toldAt = 0;
        this.timer = 0;
        /** @type {Feed | null} */
        this.feed = null;
        /** @type {any[] | null} */
        this.held = [];
        this.abort = new AbortController();
        // Both are only there where the page is safe from the network.
        this.channel = navigator.locks ? new BroadcastChannel(this.name)
            : null;
        this.channel?.addEventListener("message", ({data}) =>
            this.hear(data));
    }

    /** @param {string} place  id of the last event that is known */
    run(place) {
        const held = this.held ?? [];
        this.place = Number(place);
        this.held = null;
        this.queue(false);
        for (const message of held)
            this.hear(message);
    }

    stop() {
        this.isStopped = true;
        clearTimeout(this.timer);
        this.channel?.close();
        this.abort.abort();
        this.feed?.stop();
    }

    /** Ends the pause before the next try, whoever makes it. */
    hurry() {
        if (this.isLeader)
            this.feed?.hurry();
        else
            this.tell({hurry: true});
    }

    /** @param {object} what */
    tell(what) {
        if (this.isStopped || !this.channel)
            return;
        this.toldAt = Date.now();
        this.channel.postMessage({user: this.user, ...what});
    }

    /**
     * Waits to be the one that reads, and is it until it ends.
     * @param {boolean} steal  from a tab that is frozen
     */
    async queue(steal) {
        if (!navigator.locks) {
            this.lead();
            return;
        }
        this.abort.abort();
        this.abort = new AbortController();
        this.watch();
        try {
            await navigator.locks.request(this.name,
                steal ? {steal} : {signal: this.abort.signal},
                () => this.lead());
        } catch {
            // stopped; or overthrown: waits again
            this.follow();
        }
    }

    lead() {
        if (this.isStopped)
            return null;
        clearTimeout(this.timer);
        this.isLeader = true;
        this.tell({from: this.place});
        this.feed = new Feed(this.path, String(this.place),
            (frame) => this.pass(frame),
            (state, seconds) => {
                this.tell({state, seconds});
                this.onState(state, seconds);
            }, () => this.showLife());
        return this.feed.run();
    }

    follow() {
        if (!this.isLeader || this.isStopped)
            return;
        this.isLeader = false;
        this.feed?.stop();
        this.queue(false);
    }

    showLife() {
        if (Date.now() - this.toldAt > TELL_MS)
            this.tell({from: this.place});
    }

    /** @param {Frame} frame  from the daemon */
    pass(frame) {
        if (frame.id !== null)
            this.place = Number(frame.id);
        if (frame.name !== "hello" && frame.name !== "reset")
            this.tell({frame});
        this.onFrame(frame);
    }

    watch() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.queue(true), SILENCE_MS);
    }

    /** @param {any} message  from another tab */
    hear(message) {
        if (this.isStopped || message?.user !== this.user)
            return;
        if (this.held) {
            this.held.push(message);
        } else if (this.isLeader) {
            if (message.hurry)
                this.feed?.hurry();
        } else if (!message.hurry) {
            this.watch();
            this.follows(message);
        }
    }

    /** @param {any} message  from the one that reads */
    follows({frame, from, state, seconds}) {
        if (isFrame(frame))
            this.takeFrame(frame);
        else if (Number(from) > this.place)
            this.startOver();
        else if ((state === "live" || state === "lost") && seconds >= 0)
            this.onState(state, seconds);
    }

    /** @param {Frame} frame */
    takeFrame(frame) {
        const id = frame.id === null ? null : Number(frame.id);
        if (id !== null && id > this.place + 1) {
            this.startOver();
        } else if (id === null || id === this.place + 1) {
            this.place = id ?? this.place;
            this.onFrame(frame);
        }
    }

    /** Something was missed: the ids of a user's events have no gaps. */
    startOver() {
        this.onFrame({name: "reset", id: null, data: {}});
    }
}
