// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * file - what a bubble shows of a file: what it is, how far it is, and what can
 * be done with it.
 */
import {call} from "../api.js";
import {button, complaintLine, el, fill, icon, setText} from "../dom.js";
import {language, mark, t, tn} from "../i18n.js";
import {name} from "../text.js";
import {sentence} from "../words.js";
import {ask} from "./dialog.js";
import {late} from "./late.js";
import {announce} from "./status.js";

/** Of a name its end is always seen. */
const END_CHARS_MAX = 12;
/** A beginning shorter than that is not kept apart. */
const START_CHARS_MIN = 3;
/** Not more often than this is told how far it is. */
const TELL_MS = 1000;
/** Without a sign for so long, it waits. */
const STALL_MS = 5000;
const PICTURE_PX = 320;
const PICTURE_PX_MIN = 72;

/** Why it came to nothing or waits: of ours, of theirs. */
const PROBLEMS = {
    declined: [mark("{peer} does not want it"), mark("You did not want it")],
    withdrawn: [mark("You took it back"), mark("{peer} took it back")],
    changed: [mark("It is not what was offered any more"),
        mark("It is not what was offered any more")],
    gone: [mark("It is not here any more"),
        mark("{peer} does not have it any more")],
    expired: [mark("It was not taken in time"),
        mark("It was not taken in time")],
    no_space: [mark("Their disk is full"), mark("Your disk is full")],
    quota: [mark("It is more than they may keep"),
        mark("It is more than your files may take")],
    corrupt: [mark("It came broken"), mark("It came broken")],
    io: [mark("The disk failed"), mark("The disk failed")],
};

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/**
 * @param {number} bytes
 * @param {"" | "-per-second"} [per]
 */
export function size(bytes, per = "") {
    const at = Math.min(UNITS.length - 1,
        Math.floor(Math.log10(Math.max(1, bytes)) / 3));
    return new Intl.NumberFormat(language(), {style: "unit",
        unit: UNITS[at] + per, unitDisplay: at || per ? "short" : "long",
        maximumFractionDigits: bytes < 10 ** (3 * at + 1) && at ? 1 : 0,
    }).format(bytes / 1000 ** at);
}

/**
 * Of a part, rounded down.
 * @param {number} part
 * @param {number} whole
 */
export function percent(part, whole) {
    return whole > 0 ? Math.min(100, Math.floor(part / whole * 100)) : 0;
}

/** @param {number} seconds */
function left(seconds) {
    if (seconds < 90)
        return tn(seconds, "{n} second left", "{n} seconds left");
    return seconds < 5400
        ? tn(Math.round(seconds / 60), "{n} minute left", "{n} minutes left")
        : tn(Math.round(seconds / 3600), "{n} hour left", "{n} hours left");
}

/**
 * A name of which the end is never cut.
 * @param {string} text
 */
export function fileName(text) {
    const whole = name(text);
    const dot = whole.lastIndexOf(".");
    const end = dot > 0 && whole.length - dot <= END_CHARS_MAX ? dot
        : Math.max(0, whole.length - END_CHARS_MAX);
    const at = end < START_CHARS_MIN ? 0 : end;
    return el("bdi", {class: "file-name", dir: "ltr", title: whole},
        el("span", {dir: "auto"}, whole.slice(0, at)),
        el("span", {dir: "ltr"}, whole.slice(at)));
}

/**
 * Saves what is here; the browser takes it from the daemon by itself, since it
 * may be larger than the memory.
 * @param {import("../store.js").Store} store
 * @param {any} file
 * @returns {Promise<string>}  a complaint, or nothing
 */
export async function save(store, file) {
    try {
        const {url} = await call("POST", store.path(
            `/files/${file.id}/ticket`));
        const link = el("a", {href: url, download: name(file.name)});
        document.body.append(link);
        link.click();
        link.remove();
        return "";
    } catch (error) {
        return sentence(error);
    }
}

/** The parts of pictures, for the viewer. @type {WeakMap<Element, FilePart>} */
const parts = new WeakMap();

export class FilePart {
    /**
     * @param {import("../store.js").Store} store
     * @param {any} message  of kind file
     */
    constructor(store, message) {
        this.store = store;
        this.peer = name(store.title(message.conversation_id));
        this.file = message.files[0];
        this.node = el("div", {class: "file"});
        this.isClosed = this.isBusy = this.isAsked = false;
        this.progressAt = this.toldAt = this.news = 0;
        this.timer = 0;
        /** The picture that is shown: content or thumbnail. */
        this.shown = "";
        /** What of it is no picture. */
        this.broken = "";
        /** @type {import("./player.js").Player | null} */
        this.player = null;
        /** @type {IntersectionObserver | null} */
        this.sight = null;
        /** @type {(() => void)[]} */
        this.ends = [];
        if (this.file)
            this.build();
        else
            fill(this.node, t("The file is not here any more"));
    }

    build() {
        const {file, store} = this;
        this.picture = this.makePicture();
        this.state = el("p", {class: "file-state"});
        this.bar = el("progress", {max: 100, hidden: true});
        this.complaint = complaintLine();
        this.main = button("", () => this.act());
        this.stop = button("", () => this.askCancel());
        this.sound = el("div");
        fill(this.node, this.picture, this.sound,
            el("div", {class: "file-row"}, icon(file.kind === "voice" ? "mic"
                : file.kind === "image" ? "picture" : "file"),
            el("div", {}, fileName(file.name), this.state)),
            this.bar, this.complaint,
            el("div", {class: "file-actions"}, this.main, this.stop));
        this.ends = [
            store.on("file", (_, f) => f.id === this.file.id && this.take(f)),
            store.on("progress", (p) => p.id === this.file.id &&
                this.takeProgress(p)),
        ];
        this.show();
    }

    makePicture() {
        const {kind, image} = this.file;
        if (kind !== "image")
            return null;
        // The place is kept by what the sender says; a lie only looks odd.
        const {width, height} = image ?? {width: 4, height: 3};
        const scale = image ? Math.min(1, PICTURE_PX / width,
            PICTURE_PX / height) : PICTURE_PX / 4;
        const side = (/** @type {number} */ n) =>
            `${Math.max(PICTURE_PX_MIN, Math.round(n * scale))}px`;
        const node = el("button", {type: "button", class: "file-picture",
            "aria-label": t("Open the picture {name}",
                {name: name(this.file.name)}),
            on: {click: () => this.view()}});
        node.style.inlineSize = side(width);
        node.style.blockSize = side(height);
        parts.set(node, this);
        // What is far from sight, or gone from the page, has no picture.
        this.sight = new IntersectionObserver((all) =>
            this.setSight(all[all.length - 1].isIntersecting),
        {rootMargin: "800px"});
        this.sight.observe(node);
        return node;
    }

    /** @param {any} message  the same, as it is now */
    update(message) {
        const [file] = message.files;
        if (file && this.file)
            this.take(file);
    }

    /** @param {any} file */
    take(file) {
        const wasHere = this.file.is_here;
        this.news++;
        this.file = {...this.file, ...file};
        if (this.file.state === "deleted")
            this.file.is_here = false;
        this.show();
        if (this.isAsked && !wasHere && this.file.is_here)
            announce(t("{name} is here", {name: name(this.file.name)}));
        if (this.isInSight)
            this.showPicture();
    }

    /** @param {any} progress */
    takeProgress(progress) {
        Object.assign(this.file, progress);
        this.progressAt = Date.now();
        this.bar.value = percent(progress.bytes_done, this.file.size);
        if (Date.now() - this.toldAt >= TELL_MS)
            this.show();
    }

    get isIn() {
        return this.file.direction === "in";
    }

    /** How far it is, in one line. */
    words() {
        const {state, problem, bytes_done: done, bytes_per_second: rate,
            seconds_left: seconds, size: all} = this.file;
        const {peer} = this;
        const reason = problem && PROBLEMS[problem.code]?.[Number(this.isIn)];
        const far = `${percent(done, all)} %`;

        switch (state) {
        case "offered": return this.isIn ? "" : t("Waiting until {peer} takes " +
            "it", {peer});
        case "transferring": return rate && this.isMoving
            ? [far, size(rate, "-per-second"), seconds && left(seconds)]
                .filter(Boolean).join(" · ")
            : t("{percent}, waiting for {peer}", {percent: far, peer});
        case "paused": return [t("Paused at {percent}", {percent: far}),
            reason && t(reason, {peer})].filter(Boolean).join(" · ");
        case "done": return this.isIn ? "" : t("{peer} has it", {peer});
        case "deleted": return t("The file is not here any more");
        case "failed": case "cancelled":
            return reason ? t(reason, {peer}) : t("It did not work");
        default: return "";
        }
    }

    get isMoving() {
        return Date.now() - this.progressAt < STALL_MS;
    }

    show() {
        const {file} = this;
        const isOn = ["transferring", "paused"].includes(file.state);
        const words = this.words();
        const [label, stop] = this.labels();

        this.toldAt = Date.now();
        setText(this.state, [size(file.size), words].filter(Boolean)
            .join(" · "));
        this.node.dataset.state = file.state;
        this.bar.hidden = !isOn;
        this.bar.value = percent(file.bytes_done, file.size);
        this.bar.setAttribute("aria-label", t("{name}: how far it is",
            {name: name(file.name)}));
        this.bar.setAttribute("aria-valuetext", words);
        this.setButton(this.main, label);
        this.setButton(this.stop, stop);
        if (this.picture) {
            this.picture.disabled = !file.is_here;
            this.picture.hidden = !this.which;
        }
        clearTimeout(this.timer);
        if (file.state === "transferring" && this.isMoving)
            this.timer = setTimeout(() => this.show(), STALL_MS);
        this.showSound();
    }

    /** What the two buttons do now. */
    labels() {
        const {state, problem, is_here: isHere} = this.file;
        const cancel = t("Cancel");

        switch (state) {
        case "offered": return this.isIn ? [t("Download"), t("Decline")]
            : ["", cancel];
        case "transferring": return [t("Pause"), cancel];
        case "paused":
            return [problem ? t("Try again") : t("Resume"), cancel];
        default: return [isHere && this.file.kind !== "voice" ? t("Save")
            : "", ""];
        }
    }

    /**
     * @param {HTMLButtonElement} button
     * @param {string} label  empty: there is nothing to do
     */
    setButton(button, label) {
        const hadFocus = button === document.activeElement;
        setText(button, label);
        button.hidden = !label;
        button.setAttribute("aria-label", `${label}: ${name(this.file.name)}`);
        if (hadFocus && !label)
            this.refocus();
    }

    /** Near to a button that is no longer there. */
    refocus() {
        /** @type {HTMLElement | null} */ (
            [this.main, this.stop].find((b) => !b.hidden) ??
            this.node.closest("[tabindex]"))?.focus({preventScroll: true});
    }

    async act() {
        if (this.file.state === "transferring")
            await this.set("paused");
        else if (["offered", "paused"].includes(this.file.state))
            await this.set("running");
        else
            setText(this.complaint, await save(this.store, this.file));
    }

    /** There is no way back. */
    askCancel() {
        const words = {name: name(this.file.name), peer: this.peer};
        ask({
            title: this.stop.textContent ?? "", danger: true,
            text: this.isIn
                ? t("{name}: it cannot be downloaded after that.", words)
                : t("{name}: {peer} cannot download it after that.", words),
            button: this.isIn ? t("Do not download") : t("Take it back"),
            act: () => this.set("cancelled"),
        }).addEventListener("close", () => this.stop.hidden && this.refocus());
    }

    /**
     * @param {"running" | "paused" | "cancelled"} state
     * @returns {Promise<void>}
     */
    async set(state) {
        if (this.isBusy)
            return;
        this.isBusy = true;
        this.isAsked = true;
        setText(this.complaint, "");
        const path = this.store.path(`/files/${this.file.id}`);
        const {news} = this;
        try {
            const file = await call("PATCH", `${path}/transfer`, {state});
            // What an event has told meanwhile is newer.
            if (news === this.news)
                this.take(file);
        } catch (error) {
            // The other end was faster.
            const now = await call("GET", path).catch(() => null);
            if (now && now.state !== this.file.state)
                this.take(now);
            else
                setText(this.complaint, sentence(error));
        }
        this.isBusy = false;
    }

    /** @param {boolean} isInSight */
    setSight(isInSight) {
        this.isInSight = isInSight;
        if (isInSight)
            this.showPicture();
        else
            this.dropPicture();
    }

    /** The picture itself, or what its sender made of it to look at. */
    async showPicture() {
        const {file, which} = this;
        if (!which || this.shown === which || this.isClosed)
            return;
        this.shown = which;
        let canvas;
        try {
            canvas = await this.load(which) ?? (file.has_thumbnail &&
                await this.load("thumbnail"));
        } catch {
            // Later: no daemon, or a network that changed.
            if (this.shown === which)
                this.shown = "";
            setTimeout(() => this.isInSight && this.showPicture(), 3000);
            return;
        }
        if (this.shown !== which || this.isClosed || !this.picture)
            return;
        fill(this.picture, canvas || null);
        this.broken = canvas ? "" : which;
        this.picture.hidden = !canvas;
    }

    /** What can be shown now; empty: nothing. */
    get which() {
        const {is_here: isHere, has_thumbnail: hasThumbnail} = this.file;
        const which = isHere ? "content" : hasThumbnail ? "thumbnail" : "";
        return which === this.broken ? "" : which;
    }

    /**
     * @param {"content" | "thumbnail"} which
     * @returns {Promise<HTMLCanvasElement | null>}  null: it is no picture
     */
    async load(which) {
        const {loadStill} = await import("../picture.js");
        return loadStill([this.store, this.file, which],
            PICTURE_PX * Math.min(2, devicePixelRatio));
    }

    dropPicture() {
        this.shown = "";
        this.picture?.replaceChildren();
    }

    view() {
        const all = [.../** @type {Element} */ (this.node.closest(".log") ??
            this.node).querySelectorAll(
            ".file-picture:not(:disabled):not([hidden])")]
            .map((node) => /** @type {FilePart} */ (parts.get(node)));
        late(this.store, () => import("./viewer.js"), (part) =>
            this.isClosed || part.openViewer(this.store,
                all.map((p) => p.file), all.indexOf(this)));
    }

    async showSound() {
        if (this.file.kind !== "voice" || !this.file.is_here || this.isPlayer)
            return;
        this.isPlayer = true;
        try {
            const {Player, loadSound} = await import("./player.js");
            if (this.isClosed)
                return;
            this.player = new Player(() => loadSound(this.store, this.file),
                this.file.duration_ms);
            fill(this.sound, this.player.node);
            this.node.classList.add("is-voice");
        } catch {
            this.isPlayer = false;
        }
    }

    /** The bubble is no longer in the page. */
    close() {
        this.isClosed = true;
        clearTimeout(this.timer);
        for (const end of this.ends)
            end();
        this.sight?.disconnect();
        this.dropPicture();
        this.player?.close();
    }
}
