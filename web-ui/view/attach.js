// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * attach - files and voice messages on their way into a conversation.
 */
import {complaintLine, el, fill, icon, iconButton, setText} from "../dom.js";
import {t, tn} from "../i18n.js";
import {listenFor} from "../keys.js";
import {byteLength, name} from "../text.js";
import {fileName, percent, size} from "./file.js";
import {late} from "./late.js";

/** @typedef {import("../upload.js").Upload} Upload */

const COUNT_MAX = 30;
const CAPTION_BYTES_MAX = 2000;

/**
 * What waits to be sent, by conversation: it stays while another is looked at,
 * and goes on.
 * @typedef {{uploads: Upload[], show: () => void}} Tray
 * @type {WeakMap<object, Map<string, Tray>>}
 */
const trays = new WeakMap();

/**
 * @param {import("../store.js").Store} store
 * @param {string} id
 */
function trayOf(store, id) {
    const all = trays.get(store) ?? new Map();
    trays.set(store, all);
    if (!all.has(id))
        all.set(id, {uploads: [], show: () => {}});
    return /** @type {Tray} */ (all.get(id));
}

/** @param {DragEvent} event */
function hasFiles(event) {
    return event.dataTransfer?.types.includes("Files");
}

/** One line of the tray; it stays the same while the file goes. */
class Row {
    /**
     * @param {Upload} upload
     * @param {{remove: () => void, retry: () => void}} on
     */
    constructor(upload, on) {
        const label = name(upload.name);
        this.upload = upload;
        this.picture = el("span", {class: "tray-picture"});
        this.state = el("p", {class: "file-state"});
        this.bar = el("progress", {max: 100, hidden: true,
            "aria-label": t("{name}: how far it is", {name: label})});
        this.again = el("button", {type: "button", class: "link", hidden: true,
            on: {click: on.retry}}, t("Try again"));
        this.node = el("li", {}, this.picture, el("div", {class: "tray-words"},
            fileName(upload.name), this.state, this.bar), this.again,
        iconButton(t("Remove {name}", {name: label}), "close", on.remove));
        upload.onChange = () => this.show();
        this.show();
    }

    show() {
        const {state, problem, done, size: all, canvas} = this.upload;
        const isGoing = ["sending", "waiting"].includes(state);
        const far = percent(done, all);

        if (this.picture.firstChild !== canvas || !canvas)
            fill(this.picture, canvas ?? icon(
                this.upload.about.kind === "voice" ? "mic" : "file"));
        setText(this.state, [size(all), isGoing && `${far} %`, problem]
            .filter(Boolean).join(" · "));
        this.node.dataset.state = state;
        this.bar.hidden = !isGoing;
        this.bar.value = far;
        this.again.hidden = state !== "failed";
    }
}

export class Attach {
    /**
     * @param {import("../store.js").Store} store
     * @param {string} conversationId
     * @param {HTMLElement} drop  where files may be dropped
     */
    constructor(store, conversationId, drop) {
        this.store = store;
        this.id = conversationId;
        this.drop = drop;
        /**
         * Where the text is written, if it can tell what it is about.
         * @type {{edited: any, answered: any, leave: () => void} | null}
         */
        this.composer = null;
        this.shared = trayOf(store, conversationId);
        this.uploads = this.shared.uploads;
        this.shared.show = () => this.show();
        this.isClosed = false;
        /** @type {import("./recorder.js").Recorder | null} */
        this.recorder = null;
        this.endKeys = () => {};
        /** @type {Row[]} */
        this.rows = [];
        this.input = el("input", {type: "file", multiple: true, hidden: true,
            "aria-label": t("Files"), on: {change: () => {
                this.add([...this.input.files ?? []]);
                this.input.value = "";
            }}});
        /** Beside the text. */
        this.buttons = el("div", {class: "attach-buttons"}, this.input,
            iconButton(t("Send files"), "attach", () => this.input.click()),
            iconButton(t("Record a voice message"), "mic",
                () => this.record()));
        this.list = el("ul", {"aria-label": t("Files that will be sent")});
        this.strip = el("input", {type: "checkbox", checked: true});
        this.stripLabel = el("label", {class: "tray-strip"}, this.strip,
            el("span", {}, t("Take time, place and camera out of JPEG and PNG " +
                "pictures")));
        this.complaint = complaintLine();
        this.button = el("button", {type: "button", class: "primary",
            on: {click: () => this.send()}});
        /** Above the text: what goes out next, what is recorded. */
        this.tray = el("div", {class: "tray", hidden: true});
        this.files = el("div", {class: "column"}, this.list, this.complaint,
            el("div", {class: "tray-foot"}, this.stripLabel, this.button));
        this.zone = el("div", {class: "drop-zone", hidden: true,
            "aria-hidden": "true"}, el("p", {}, icon("attach"),
            t("Drop files to send them to {peer}",
                {peer: name(store.title(conversationId))})));
        drop.append(this.zone);
        this.listen();
        this.show();
    }

    listen() {
        const {drop} = this;
        const seen = new AbortController();
        const {signal} = seen;
        const on = (/** @type {EventTarget} */ where,
            /** @type {string} */ type, /** @type {(e: any) => void} */ act,
            capture = false) =>
            where.addEventListener(type, act, {signal, capture});

        for (const type of ["dragenter", "dragover"])
            on(document, type, (event) => this.onDrag(event));
        on(document, "dragleave", (event) => {
            if (!event.relatedTarget)
                this.zone.hidden = true;
        });
        on(document, "drop", (event) => this.onDrop(event));
        on(drop, "paste", (event) => this.paste(event));
        on(drop, "keydown", (event) => this.onKey(event), true);
        const forget = listenFor([{keys: "r",
            label: t("Record a voice message"), act: () => this.record()}]);
        this.ends = () => {
            seen.abort();
            forget();
        };
    }

    /** @param {DragEvent} event  a file that misses shall not open here */
    onDrag(event) {
        if (!hasFiles(event) || !event.dataTransfer)
            return;
        const isHere = this.drop.contains(/** @type {Node} */ (event.target)) &&
            !document.querySelector("dialog[open]");
        event.preventDefault();
        event.dataTransfer.dropEffect = isHere ? "copy" : "none";
        this.zone.hidden = !isHere;
    }

    /** @param {DragEvent} event */
    onDrop(event) {
        if (!hasFiles(event))
            return;
        event.preventDefault();
        if (!this.zone.hidden)
            this.add([...event.dataTransfer?.files ?? []]);
        this.zone.hidden = true;
    }

    /**
     * What is pasted, if it is a file.
     * @param {ClipboardEvent} event
     */
    paste(event) {
        const data = event.clipboardData;
        // A table of an office program comes with a picture of it.
        if (!data?.files.length || data.types.includes("text/plain"))
            return;
        event.preventDefault();
        this.add([...data.files]);
    }

    /** @param {KeyboardEvent} event */
    onKey(event) {
        if (event.key !== "Enter" || event.target !== this.area ||
            event.shiftKey || event.isComposing || this.recorder ||
            this.composer?.edited || this.ready.length === 0)
            return;
        event.preventDefault();
        event.stopPropagation();
        this.send();
    }

    /** The message that is answered, once. */
    takeAnswered() {
        const id = this.composer?.answered?.id;
        if (id)
            this.composer?.leave();
        return id;
    }

    /** Where the caption is written. */
    get area() {
        return /** @type {HTMLTextAreaElement | null} */ (
            this.drop.querySelector(".composer textarea"));
    }

    get ready() {
        return this.uploads.filter((u) => u.state === "ready");
    }

    /** @param {File[]} files */
    add(files) {
        late(this.store, () => import("../upload.js"), ({Upload}) =>
            this.addWith(Upload, files));
    }

    /**
     * @param {typeof import("../upload.js").Upload} Upload
     * @param {File[]} files
     */
    async addWith(Upload, files) {
        const free = Math.max(0, COUNT_MAX - this.uploads.length);
        const fresh = files.slice(0, free).map((f) =>
            new Upload(this.store, this.id, f, f.name));
        this.uploads.push(...fresh);
        this.shared.show();
        setText(this.complaint, files.length > free
            ? tn(COUNT_MAX, "No more than {n} file at once.",
                "No more than {n} files at once.") : "");
        this.area?.focus();
        for (const upload of fresh)
            await upload.look();
        this.shared.show();
    }

    /** The tray as it is now. */
    show() {
        if (this.isClosed)
            return;
        const {uploads} = this;
        this.rows = uploads.map((upload) =>
            this.rows.find((row) => row.upload === upload) ??
            new Row(upload, {remove: () => this.remove(upload),
                retry: () => this.retry(upload)}));
        // One that stays is not moved: it may have the focus.
        for (const node of [...this.list.children])
            if (!this.rows.some((row) => row.node === node))
                node.remove();
        for (const row of this.rows)
            if (!row.node.isConnected)
                this.list.append(row.node);
        const count = this.ready.length;
        this.stripLabel.hidden = !uploads.some((u) => u.isStrippable);
        setText(this.button, tn(count, "Send {n} file", "Send {n} files"));
        this.button.hidden = count === 0;
        const body = this.recorder?.node ?? (uploads.length ? this.files
            : null);
        if (this.tray.firstChild !== body)
            fill(this.tray, body);
        this.tray.hidden = !body;
        this.tray.classList.toggle("is-ready", count > 0 && !this.recorder);
    }

    /** @param {Upload} upload */
    remove(upload) {
        const at = this.uploads.indexOf(upload);
        upload.cancel();
        this.uploads.splice(at, 1);
        this.show();
        (this.rows[Math.min(at, this.rows.length - 1)]?.node
            .querySelector(".icon-button") ?? this.area)?.focus();
    }

    /** @param {Upload} upload */
    async retry(upload) {
        await upload.send(upload.caption, this.strip.checked);
        this.settle(upload);
    }

    /** @param {Upload} upload */
    settle(upload) {
        if (upload.state !== "sent")
            return;
        const hadFocus = this.list.contains(document.activeElement);
        this.uploads.splice(this.uploads.indexOf(upload), 1);
        this.shared.show();
        if (hadFocus)
            this.area?.focus();
    }

    /** Each is a message of its own; the first has the text. */
    async send() {
        const isEdit = this.composer?.edited;
        let caption = isEdit ? "" : this.area?.value.trim() ?? "";
        if (byteLength(caption) > CAPTION_BYTES_MAX) {
            setText(this.complaint, t("The text beside a file is too long; " +
                "send it by itself."));
            return;
        }
        const list = this.ready;
        if (list.length === 0)
            return;
        list[0].replyTo = this.takeAnswered();
        if (this.area && !isEdit) {
            this.area.value = "";
            this.area.dispatchEvent(new Event("input", {bubbles: true}));
        }
        this.area?.focus();
        setText(this.complaint, "");
        const isStripped = this.strip.checked;
        for (const upload of list)
            upload.set("sending");
        this.show();
        for (const upload of list) {
            if (!this.uploads.includes(upload))
                continue;
            await upload.send(caption, isStripped);
            // One that was removed meanwhile took no text with it.
            if (!upload.abort.signal.aborted)
                caption = "";
            this.settle(upload);
        }
    }

    record() {
        // What is recorded can be sent, and does not wait for a part of this.
        late(this.store, () => Promise.all([import("./recorder.js"),
            import("../upload.js")]), ([{Recorder}, {Upload}]) =>
            this.isClosed || this.recorder ||
                this.recordWith(Recorder, Upload));
    }

    /**
     * @param {typeof import("./recorder.js").Recorder} Recorder
     * @param {typeof import("../upload.js").Upload} Upload
     */
    recordWith(Recorder, Upload) {
        this.recorder = new Recorder((sound, ms) =>
            this.sendVoice(Upload, sound, ms), () => this.endRecord());
        this.endKeys = listenFor([{keys: "Escape", inText: true,
            label: t("Discard the recording"), act: () => this.endRecord()}]);
        this.show();
        this.recorder.start();
    }

    /**
     * @param {typeof import("../upload.js").Upload} Upload
     * @param {Blob} sound
     * @param {number} ms
     */
    async sendVoice(Upload, sound, ms) {
        const end = sound.type.split("/")[1] ?? "webm";
        const upload = new Upload(this.store, this.id, sound,
            `voice-message.${end}`, {duration_ms: ms, media_type: sound.type});
        this.uploads.push(upload);
        upload.replyTo = this.takeAnswered();
        upload.set("sending");
        this.endRecord();
        await upload.send("", false);
        this.settle(upload);
    }

    endRecord() {
        this.endKeys();
        this.recorder?.close();
        this.recorder = null;
        this.show();
        this.area?.focus();
    }

    close() {
        this.isClosed = true;
        this.ends();
        this.endKeys();
        this.recorder?.close();
        this.recorder = null;
        for (const upload of this.uploads)
            upload.onChange = () => {};
    }
}
