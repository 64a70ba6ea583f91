// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * store - what this page knows of one user: contacts, conversations, requests.
 *
 * The place in the journal is read first, then the state, then events from
 * that place on: so an event may tell what is known already, but none is
 * missed.
 */
import {all, call} from "./api.js";
import {SharedFeed} from "./tabs.js";

/** What a message is never taken back from; before that it may wait again. */
const RANKS = {queued: 0, sending: 0, sent: 0, delivered: 1, read: 2};

/**
 * The newer of two states of one message: events may come late.
 * @param {string} a
 * @param {string} b
 */
function laterState(a, b) {
    return RANKS[b] < RANKS[a] ? a : b;
}

/**
 * A message as it is after an event, which has everything as it is now, but
 * the state of its own time.
 * @param {any} known
 * @param {any} told
 */
export function laterMessage(known, told) {
    return {...told, state: laterState(known.state, told.state)};
}

/**
 * @typedef {"list" | "message" | "gone" | "reset" | "connection" | "notice" |
 *     "file" | "progress"} Topic
 *   list: conversations, contacts or requests changed; message: (type,
 *   message); gone: (id) a message or conversation that is no more; reset:
 *   everything was loaded again; connection: it came or went; notice:
 *   something to be said once (kind, object); file: (type, file), which may be
 *   but its id and state; progress: (data) of one that is on its way
 */

/**
 * Does an event tell of a message that was not there before?
 * @param {string} type
 */
export function isNew(type) {
    return type === "message.received" || type === "message.sent";
}

export class Store {
    /** @param {any} user */
    constructor(user) {
        this.user = user;
        /** @type {Map<string, any>} */
        this.contacts = new Map();
        /** @type {Map<string, any>} */
        this.conversations = new Map();
        /** @type {Map<string, any>} */
        this.requests = new Map();
        this.connection = {state: "live", retryAt: 0};
        /** @type {SharedFeed | null} */
        this.feed = null;
        /** @type {Map<Topic, Set<(...what: any[]) => void>>} */
        this.listeners = new Map();
        this.isListDue = false;
        /** @type {Map<string, {again: boolean}>} */
        this.counting = new Map();
        this.isClosed = false;
    }

    /** @param {string} rest */
    path(rest) {
        return `/v1/users/${this.user.id}${rest}`;
    }

    /**
     * @param {Topic} topic
     * @param {(...what: any[]) => void} listener
     * @returns {() => void}  ends it
     */
    on(topic, listener) {
        const set = this.listeners.get(topic) ?? new Set();
        this.listeners.set(topic, set.add(listener));
        return () => set.delete(listener);
    }

    /**
     * @param {Topic} topic
     * @param {...any} what
     */
    emit(topic, ...what) {
        for (const listener of this.listeners.get(topic) ?? [])
            listener(...what);
    }

    /**
     * Does it; what goes wrong is said once.
     * @param {() => any} act
     */
    async attempt(act) {
        try {
            await act();
        } catch (error) {
            this.emit("notice", "problem", error);
        }
    }

    /** Many changes at once are told once. */
    emitList() {
        if (this.isListDue)
            return;
        this.isListDue = true;
        setTimeout(() => {
            this.isListDue = false;
            if (!this.isClosed)
                this.emit("list");
        });
    }

    /** Reads the state and follows it from there.  Throws a Problem. */
    async start() {
        this.feed?.stop();
        // Other tabs are listened to before the place is read.
        const feed = new SharedFeed(this.path("/events"), this.user.id,
            (frame) => this.take(frame),
            (state, seconds) => this.setConnection(state, seconds));
        this.feed = feed;
        const {last_id: place} = await call("GET",
            this.path("/events?limit=1"));
        const [contacts, conversations, requests] = await Promise.all([
            all(this.path("/contacts")), all(this.path("/conversations")),
            all(this.path("/requests"))]);
        if (this.isClosed)
            return;
        for (const [map, items] of /** @type {const} */ ([
            [this.contacts, contacts], [this.conversations, conversations],
            [this.requests, requests]])) {
            map.clear();
            for (const item of items)
                map.set(item.id, item);
        }
        feed.run(String(place));
        this.emitList();
    }

    close() {
        this.isClosed = true;
        this.feed?.stop();
        this.listeners.clear();
    }

    /** Tries again at once. */
    retry() {
        this.feed?.hurry();
    }

    /**
     * @param {"live" | "lost"} state
     * @param {number} seconds
     */
    setConnection(state, seconds) {
        this.connection = {state, retryAt: Date.now() + seconds * 1000};
        this.emit("connection");
    }

    /** @param {import("./feed.js").Frame} frame */
    take(frame) {
        if (frame.name === "reset")
            this.reset();
        // The topic typing: (contactId, isOn).
        else if (frame.name === "typing")
            this.emit("typing", frame.data.data.contact_id,
                frame.data.data.typing);
        else if (frame.name === "locked")
            // The call that finds it locked does the rest.
            call("GET", this.path("/conversations?limit=1")).catch(() => {});
        else if (frame.name === "presence")
            this.takePresence(frame.data.data);
        else if (frame.name === "file.state")
            this.emit("file", frame.name, frame.data.data);
        else if (frame.name === "file.progress")
            this.emit("progress", frame.data.data);
        else if (frame.data.data?.id)
            this.takeObject(frame.name, frame.data.data);
    }

    /** The journal no longer reaches back to where we were. */
    async reset() {
        this.feed?.stop();
        try {
            await this.start();
            this.emit("reset");
        } catch {
            this.setConnection("lost", 2);
            setTimeout(() => this.isClosed || this.reset(), 2000);
        }
    }

    /** @param {{contact_id: string, presence: string}} change */
    takePresence(change) {
        const contact = this.contacts.get(change.contact_id);
        if (!contact)
            return;
        if (contact.presence === "online" && change.presence !== "online")
            contact.last_seen_at = new Date().toISOString();
        contact.presence = change.presence;
        this.emitList();
    }

    /**
     * @param {string} type
     * @param {any} object
     */
    takeObject(type, object) {
        const [kind] = type.split(".");
        if (kind === "message" && object.conversation_id)
            this.takeMessage(type, object);
        else if (kind === "message")
            this.dropMessage(object.id);
        else if (kind === "conversation" && object.type)
            this.takeConversation(object);
        else if (kind === "contact" && object.conversation_id)
            this.takeContact(type, object);
        else if (kind === "contact")
            this.dropContact(object.id);
        else if (kind === "request" && object.state)
            this.takeRequest(type, object);
        else if (kind === "request")
            this.requests.delete(object.id);
        this.emitList();
    }

    /** @param {any} conversation */
    takeConversation(conversation) {
        const had = this.conversations.get(conversation.id)?.last_message;
        const running = this.counting.get(conversation.id);
        // What is read just now may be older than this.
        if (running)
            running.again = true;
        this.conversations.set(conversation.id, conversation);
        if (had && !conversation.last_message)
            this.emit("gone", conversation.id);
    }

    /**
     * @param {string} type
     * @param {any} request
     */
    takeRequest(type, request) {
        this.requests.set(request.id, request);
        if (type === "request.received" && request.state === "pending")
            this.emit("notice", "request", request);
    }

    /** @param {string} id */
    dropMessage(id) {
        for (const conversation of this.conversations.values())
            if (conversation.last_message?.id === id)
                this.refresh(conversation.id);
        this.emit("gone", id);
    }

    /** @param {string} id */
    dropContact(id) {
        this.contacts.delete(id);
        for (const conversation of this.conversations.values())
            if (conversation.contact_id === id) {
                this.conversations.delete(conversation.id);
                // What is being read of it shall not bring it back.
                this.counting.delete(conversation.id);
                this.emit("gone", conversation.id);
            }
    }

    /**
     * @param {string} type
     * @param {any} contact
     */
    takeContact(type, contact) {
        const isNew = !this.contacts.has(contact.id);
        this.contacts.set(contact.id, contact);
        this.refresh(contact.conversation_id);
        if (isNew && type === "contact.added")
            this.emit("notice", "contact", contact);
    }

    /**
     * @param {string} type
     * @param {any} message
     */
    takeMessage(type, message) {
        const conversation = this.conversations.get(message.conversation_id);
        const last = conversation?.last_message;
        if (last?.id === message.id)
            conversation.last_message = laterMessage(last, message);
        else if (conversation && isNew(type))
            conversation.last_message = message;
        if (type === "message.received" || !conversation)
            this.refresh(message.conversation_id);
        this.emit("message", type, message);
    }

    /**
     * Reads one conversation again; what comes meanwhile is one more reading.
     * @param {string} id
     */
    async refresh(id) {
        const running = this.counting.get(id);
        if (running) {
            running.again = true;
            return;
        }
        const mine = {again: true};
        this.counting.set(id, mine);
        while (mine.again && !this.isClosed) {
            mine.again = false;
            try {
                const read = await call("GET",
                    this.path(`/conversations/${id}`));
                if (this.counting.get(id) !== mine)
                    return;
                this.conversations.set(id, read);
                this.emitList();
            } catch {
                // the next event of it tries again
            }
        }
        if (this.counting.get(id) === mine)
            this.counting.delete(id);
    }

    /**
     * The contacts' names are the daemon's titles of their conversations.
     * @param {string} id
     * @returns {string}
     */
    title(id) {
        return this.conversations.get(id)?.title ?? "";
    }

    /** @param {string} id */
    contactOf(id) {
        return this.contacts.get(this.conversations.get(id)?.contact_id);
    }

    /**
     * Changes how a conversation is kept.  Of the answer only that is taken:
     * an event may have told more by now.  Throws a Problem.
     * @param {string} id
     * @param {object} change
     */
    async change(id, change) {
        const answer = await call("PATCH", this.path(`/conversations/${id}`),
            change);
        const known = this.conversations.get(id);
        for (const key of known ? Object.keys(change) : [])
            known[key] = answer[key];
        this.emitList();
    }

    /** @param {any} conversation */
    isMuted(conversation) {
        return Date.parse(conversation?.muted_until ?? "") > Date.now();
    }

    /** Conversations, pinned ones first, then the newest message. */
    sorted() {
        const key = (/** @type {any} */ c) => (c.pinned ? "1" : "0") +
            (c.last_message?.received_at ?? c.last_message?.sent_at ??
            this.contacts.get(c.contact_id)?.created_at ?? "") + c.id;
        return [...this.conversations.values()]
            .map((c) => /** @type {const} */ ([key(c), c]))
            .sort(([a], [b]) => a < b ? 1 : -1).map(([, c]) => c);
    }

    /** Requests that are under way, and ours that came to nothing. */
    openRequests() {
        return [...this.requests.values()].filter((r) =>
            r.direction === "out" ? r.state !== "accepted"
                : ["queued", "waiting"].includes(r.state));
    }

    /** Those that the user has to decide, the newest last. */
    pendingRequests() {
        return [...this.requests.values()].filter((r) => r.state === "pending")
            .sort((a, b) => a.created_at.localeCompare(b.created_at));
    }

    /** Messages that are unread, but in conversations that are muted. */
    unread() {
        let sum = 0;
        for (const c of this.conversations.values())
            sum += this.isMuted(c) ? 0 : c.unread_count;
        return sum;
    }
}
