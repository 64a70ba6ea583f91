// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * outbox - messages on their way from this page to the daemon.
 *
 * Each has a client_id, by which the daemon knows a repeat; one conversation
 * sends one at a time, so that they stay in order.  It outlives a session: what
 * the daemon had not taken when it stopped goes out after the next login.
 */
import {call, open, Problem} from "./api.js";

const PAUSE_MS = 3000;
const DRAFT_MS = 600;

/**
 * @typedef {object} Pending
 * @property {string} client_id
 * @property {string} conversation_id
 * @property {string} text
 * @property {string | null} reply_to
 * @property {string} sent_at
 * @property {"sending" | "waiting" | "refused" | "taken"} step
 *   waiting: for the daemon to answer again; taken: by the daemon, whose event
 *   about it is still to come
 * @property {unknown} problem
 * @property {any} message  once taken
 */

export class Outbox {
    constructor() {
        /** @type {import("./store.js").Store | null} */
        this.store = null;
        /** @type {Pending[]} */
        this.list = [];
        /**
         * Drafts that the daemon has not got yet, by conversation.
         * @type {Map<string, string>}
         */
        this.drafts = new Map();
        /** @type {(conversationId: string) => void} */
        this.onChange = () => {};
        /** @type {Set<string>} */
        this.busy = new Set();
        this.timer = 0;
        this.draftTimer = 0;
        this.saving = Promise.resolve();
    }

    /**
     * @param {string} conversationId
     * @param {string} text  that is being written there
     */
    draft(conversationId, text) {
        this.drafts.set(conversationId, text);
        clearTimeout(this.draftTimer);
        this.draftTimer = setTimeout(() => this.saveDrafts(), DRAFT_MS);
    }

    /** One after the other: the last shall be the last. */
    saveDrafts() {
        const {store} = this;
        clearTimeout(this.draftTimer);
        if (store && this.drafts.size)
            this.saving = this.saving.then(() => this.saveDraftsTo(store));
    }

    /**
     * What is not taken is kept, for the next time.
     * @param {import("./store.js").Store} store
     */
    async saveDraftsTo(store) {
        for (const [id, draft] of this.drafts) {
            try {
                // The page may be on its way out.
                await open("PATCH", store.path(`/conversations/${id}`),
                    {body: {draft}, keepalive: true});
            } catch (error) {
                if (!(error instanceof Problem) || error.status !== 404)
                    continue;
            }
            const conversation = store.conversations.get(id);
            if (conversation)
                conversation.draft = draft;
            if (this.drafts.get(id) === draft)
                this.drafts.delete(id);
        }
    }

    /** @param {string} conversationId */
    of(conversationId) {
        return this.list.filter((p) => p.conversation_id === conversationId);
    }

    /**
     * @param {string} conversationId
     * @param {string} text
     * @param {string | null} replyTo  id of the message that it answers
     */
    send(conversationId, text, replyTo) {
        this.list.push({
            client_id: crypto.randomUUID(), conversation_id: conversationId,
            text, reply_to: replyTo, sent_at: new Date().toISOString(),
            step: "sending", problem: null, message: null,
        });
        this.pump(conversationId);
    }

    /** @param {Pending} pending */
    drop(pending) {
        this.list = this.list.filter((p) => p !== pending);
        this.onChange(pending.conversation_id);
    }

    /** @param {Pending} pending */
    retry(pending) {
        pending.step = "sending";
        this.pump(pending.conversation_id);
    }

    /** The daemon answers again. */
    retryAll() {
        this.saveDrafts();
        for (const pending of this.list)
            if (pending.step === "waiting")
                pending.step = "sending";
        for (const id of new Set(this.list.map((p) => p.conversation_id)))
            this.pump(id);
    }

    /**
     * An event told of a message: if it is one of ours, it is done.
     * @param {any} message
     */
    settle(message) {
        const count = this.list.length;
        this.list = this.list.filter((p) =>
            p.client_id !== message.client_id ||
            p.conversation_id !== message.conversation_id);
        if (this.list.length !== count)
            this.onChange(message.conversation_id);
    }

    /** Stops; what is not taken stays. */
    detach() {
        this.saveDrafts();
        this.store = null;
        this.onChange = () => {};
        clearTimeout(this.timer);
    }

    /** @param {string} conversationId */
    async pump(conversationId) {
        this.onChange(conversationId);
        if (this.busy.has(conversationId))
            return;
        this.busy.add(conversationId);
        for (;;) {
            const next = this.of(conversationId).find((p) =>
                p.step === "sending" || p.step === "waiting");
            if (!this.store || !next || next.step === "waiting")
                break;
            await this.post(this.store, next);
            this.onChange(conversationId);
        }
        this.busy.delete(conversationId);
    }

    /**
     * @param {import("./store.js").Store} store
     * @param {Pending} pending
     */
    async post(store, pending) {
        try {
            pending.message = await call("POST", store.path(
                `/conversations/${pending.conversation_id}/messages`),
            {client_id: pending.client_id, text: pending.text,
                ...(pending.reply_to && {reply_to: pending.reply_to})});
            pending.step = "taken";
        } catch (error) {
            pending.problem = error;
            pending.step = isPassing(error) ? "waiting" : "refused";
            if (pending.step === "waiting")
                this.wake(error instanceof Problem ? error.retrySeconds : 0);
        }
    }

    /** @param {number} seconds */
    wake(seconds) {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.retryAll(),
            Math.max(PAUSE_MS, seconds * 1000));
    }
}

/** @param {unknown} error  of a kind that time heals */
function isPassing(error) {
    return error instanceof Problem && (error.status === 0 ||
        error.status >= 500 || [401, 423, 429].includes(error.status));
}
