// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * upload - a file on its way from this page to the daemon, and then as a
 * message to the contact.
 *
 * It goes in pieces, each behind what the daemon says it has: so it goes on
 * after a break, and no more than a piece is in memory.
 */
import {Problem, call, open} from "./api.js";
import {t} from "./i18n.js";
import {HEAD_BYTES, draw, pictureOf} from "./picture.js";
import {byteLength, name} from "./text.js";
import {sentence} from "./words.js";

const PIECE_BYTES = 1 << 20;
const PIECE_BYTES_MAX = 16 << 20;
/** The daemon bears so many calls in half a minute. */
const PIECES = 250;
const SIZE_MAX = 64 * 2 ** 30;
const NAME_BYTES_MAX = 255;
const PAUSE_MS = 3000;
const CONFLICTS_MAX = 5;
const THUMBNAIL_BYTES_MAX = 5120;
/** Side and quality, until it is small enough. */
const THUMBNAILS = [[192, 0.5], [144, 0.5], [96, 0.4], [64, 0.3]];

/** What would be lost with the page. @type {Set<Upload>} */
const going = new Set();
addEventListener("beforeunload", (event) =>
    going.size && event.preventDefault());

/** @param {Problem} problem */
function isPassing(problem) {
    return [0, 429, 500, 502, 503].includes(problem.status);
}

/**
 * A name that the daemon takes: one line, and not too long; its end stays.
 * @param {string} text
 */
function nameOf(text) {
    const clean = name(text);
    const dot = clean.lastIndexOf(".");
    const end = dot > 0 && clean.length - dot < 16 ? clean.slice(dot) : "";
    let stem = [...clean.slice(0, clean.length - end.length)];
    while (byteLength(stem.join("") + end) > NAME_BYTES_MAX)
        stem.pop();
    return stem.join("") + end;
}

/**
 * @param {ImageBitmap} bitmap
 * @returns {Promise<string | undefined>}  a small JPEG in base64
 */
async function thumbnail(bitmap) {
    for (const [side, quality] of THUMBNAILS) {
        /** @type {Blob | null} */
        const blob = await new Promise((resolve) => draw(bitmap, side)
            .toBlob(resolve, "image/jpeg", quality));
        if (blob && blob.size <= THUMBNAIL_BYTES_MAX)
            return btoa(String.fromCharCode(
                ...new Uint8Array(await blob.arrayBuffer())));
    }
    return undefined;
}

export class Upload {
    /**
     * @param {import("./store.js").Store} store
     * @param {string} conversationId
     * @param {Blob} file
     * @param {string} fileName
     * @param {{duration_ms?: number, media_type?: string}} [voice]
     */
    constructor(store, conversationId, file, fileName, voice) {
        this.store = store;
        this.conversationId = conversationId;
        this.file = file;
        this.name = nameOf(fileName);
        this.size = file.size;
        this.id = "";
        this.done = 0;
        /** @type {"ready" | "sending" | "waiting" | "failed" | "sent"} */
        this.state = "ready";
        /** Why it failed or waits. */
        this.problem = "";
        this.caption = "";
        /** The message that it answers. @type {string | undefined} */
        this.replyTo = undefined;
        this.clientId = crypto.randomUUID();
        this.abort = new AbortController();
        /** @type {any} */
        this.about = voice ? {kind: "voice", ...voice} : {};
        /** To look at. @type {HTMLCanvasElement | null} */
        this.canvas = null;
        this.onChange = () => {};
        /** @type {Promise<void> | null} */
        this.looking = null;
    }

    /** Can place and time be taken out of it? */
    get isStrippable() {
        return ["image/jpeg", "image/png"].includes(this.about.media_type);
    }

    /** Finds out what it is, once; only a picture says so to the contact. */
    look() {
        this.looking ??= this.lookAt();
        return this.looking;
    }

    async lookAt() {
        try {
            const info = pictureOf(new Uint8Array(
                await this.file.slice(0, HEAD_BYTES).arrayBuffer()));
            if (!info)
                return;
            this.about = {kind: "image", media_type: info.type};
            const bitmap = await createImageBitmap(this.file);
            const {width, height} = bitmap;
            this.canvas = draw(bitmap, 96);
            Object.assign(this.about, {width, height,
                thumbnail: await thumbnail(bitmap)});
            bitmap.close();
        } catch {
            // shown and sent without a picture of it
        }
        this.onChange();
    }

    /**
     * @param {Upload["state"]} state
     * @param {string} [problem]
     */
    set(state, problem = "") {
        this.state = state;
        this.problem = problem;
        this.onChange();
    }

    /**
     * Brings and sends it; at any time again after it failed.
     * @param {string} caption
     * @param {boolean} isStripped
     */
    async send(caption, isStripped) {
        if (this.size > SIZE_MAX) {
            this.set("failed", t("This is too large: at most 64 GiB."));
            return;
        }
        this.caption = caption;
        this.set("sending");
        going.add(this);
        await this.look();
        try {
            await this.persist(() => this.create(isStripped));
            await this.bring();
            await this.persist(() => call("POST", this.store.path(
                `/conversations/${this.conversationId}/messages`),
            {client_id: this.clientId, file_ids: [this.id],
                text: caption || undefined, reply_to: this.replyTo}));
            this.set("sent");
        } catch (error) {
            if (this.abort.signal.aborted)
                this.drop();
            else
                this.set("failed", this.why(error));
        }
        going.delete(this);
    }

    /** @param {boolean} isStripped */
    async create(isStripped) {
        const made = await call("POST", this.store.path("/files"), {
            name: this.name, size: this.size, client_id: this.clientId,
            ...this.about,
            strip_metadata: this.isStrippable ? isStripped : undefined,
        });
        this.id = made.id;
    }

    /** @param {string} rest */
    path(rest = "") {
        return this.store.path(`/files/${this.id}${rest}`);
    }

    async bring() {
        const piece = Math.min(PIECE_BYTES_MAX,
            Math.max(PIECE_BYTES, Math.ceil(this.size / PIECES)));
        let at = -1, conflicts = 0;

        while (at < this.size) {
            await this.persist(async () => {
                // After a break only the daemon knows.
                if (at < 0)
                    at = await this.offset();
                const from = at;
                at = -1;
                if (from === Infinity || await this.append(from, piece))
                    at = Math.min(from + piece, this.size);
                else if (++conflicts > CONFLICTS_MAX)
                    throw new Problem(409, null);
            });
            this.done = Math.max(0, at);
            this.onChange();
        }
    }

    /** How much is there; Infinity: it is complete. */
    async offset() {
        const {status, headers} = await open("HEAD", this.path("/content"),
            {signal: this.abort.signal});
        return status === 204 ? Number(headers.get("Upload-Offset")) : Infinity;
    }

    /**
     * @param {number} from
     * @param {number} piece
     * @returns {Promise<boolean>}  false: it does not go on there
     */
    async append(from, piece) {
        const bytes = await this.file.slice(from, from + piece).arrayBuffer();
        try {
            await open("PATCH", this.path("/content"), {
                bytes, signal: this.abort.signal, headers: {
                    "Content-Type": "application/octet-stream",
                    "Upload-Offset": String(from)}});
            return true;
        } catch (error) {
            const status = error instanceof Problem ? error.status : 0;
            if (status === 409)
                return false;
            if (status !== 422)
                throw error;
            // It is over there; another try is another file.
            this.id = "";
            this.clientId = crypto.randomUUID();
            throw new Problem(status, {code: "not_stripped"});
        }
    }

    /**
     * Tries until it works or never will.
     * @param {() => Promise<any>} act
     */
    async persist(act) {
        for (;;) {
            this.abort.signal.throwIfAborted();
            if (this.store.isClosed)
                throw new Problem(0, null);
            try {
                await act();
                if (this.state === "waiting")
                    this.set("sending");
                return;
            } catch (error) {
                if (!(error instanceof Problem) || !isPassing(error))
                    throw error;
                this.abort.signal.throwIfAborted();
                this.set("waiting", sentence(error));
                await new Promise((resolve) => setTimeout(resolve,
                    Math.max(PAUSE_MS, error.retrySeconds * 1000)));
            }
        }
    }

    /** @param {unknown} error */
    why(error) {
        if (error instanceof DOMException)
            return t("This file cannot be read; was it moved, changed, or is " +
                "it a folder?");
        if (error instanceof Problem && error.status === 413)
            return t("Your files may not take so much. Delete some first.");
        if (error instanceof Problem &&
            error.code === "not_stripped")
            return t("Place and time could not be taken out of this picture. " +
                "Remove it, or send it with them.");
        return sentence(error);
    }

    /** Nothing of it stays. */
    cancel() {
        this.abort.abort();
        this.drop();
    }

    drop() {
        if (this.id)
            call("DELETE", this.path()).catch(() => {});
    }
}
