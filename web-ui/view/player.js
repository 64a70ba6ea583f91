// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * player - plays a voice message; one at a time.
 */
import {open} from "../api.js";
import {complaintLine, el, fill, icon, iconButton, setText} from "../dom.js";
import {language, t} from "../i18n.js";

const BYTES_MAX = 32 << 20;
const SPEEDS = [1, 1.5, 2];
/** Beyond the end of anything. */
const FAR_S = 1e7;
const MEASURE_MS = 3000;

/** @type {Player | null} */
let current = null;

/** @param {number} seconds */
export function clock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/**
 * The sound of a file; null if the daemon does not call it one.
 * @param {import("../store.js").Store} store
 * @param {any} file
 */
export async function loadSound(store, file) {
    if (file.size > BYTES_MAX)
        return null;
    const response = await open("GET", store.path(
        `/files/${file.id}/content`));
    const type = response.headers.get("Content-Type") ?? "";
    return type.startsWith("audio/")
        ? new Blob([await response.arrayBuffer()], {type}) : null;
}

/**
 * What a browser records does not say how long it is, until its end was seen.
 * @param {HTMLAudioElement} audio
 */
async function measure(audio) {
    const seen = new AbortController();
    const {signal} = seen;
    await new Promise((resolve, reject) => {
        const look = () => Number.isFinite(audio.duration)
            ? resolve(undefined) : audio.currentTime < FAR_S / 2 &&
                !audio.seeking && (audio.currentTime = FAR_S);
        for (const type of ["loadedmetadata", "durationchange"])
            audio.addEventListener(type, look, {signal});
        audio.addEventListener("error", reject, {signal});
        setTimeout(resolve, MEASURE_MS);
    });
    seen.abort();
    if (audio.currentTime > 0)
        await new Promise((resolve) => {
            audio.addEventListener("seeked", resolve, {once: true});
            setTimeout(resolve, MEASURE_MS);
            audio.currentTime = 0;
        });
}

export class Player {
    /**
     * @param {() => Promise<Blob | null>} load
     * @param {number | null} ms  how long it is said to be
     */
    constructor(load, ms) {
        this.load = load;
        this.seconds = (ms ?? 0) / 1000;
        this.url = "";
        /** @type {HTMLAudioElement | null} */
        this.audio = null;
        this.isClosed = this.isLoading = false;
        this.speed = 0;
        this.button = iconButton(t("Play"), "play", () => this.toggle());
        this.range = el("input", {type: "range", min: 0, step: 0.1, value: 0,
            max: Math.max(0.1, this.seconds), "aria-label": t("Position"),
            on: {input: () => this.seek(),
                keydown: (/** @type {KeyboardEvent} */ e) => this.onKey(e)}});
        this.time = el("span", {class: "player-time"});
        this.rate = el("button", {type: "button", class: "player-speed",
            on: {click: () => this.faster()}});
        this.complaint = complaintLine();
        this.node = el("div", {class: "player", role: "group",
            "aria-label": t("Voice message")}, this.button, this.range,
        this.time, this.rate, this.complaint);
        this.showSpeed();
        this.show();
    }

    get isPlaying() {
        return Boolean(this.audio && !this.audio.paused);
    }

    async toggle() {
        if (this.isPlaying)
            this.audio?.pause();
        else
            await this.play();
    }

    async play() {
        if (this.isLoading)
            return;
        this.isLoading = true;
        setText(this.complaint, "");
        current?.audio?.pause();
        current = this;
        try {
            this.audio ??= await this.prepare();
            if (this.isClosed || current !== this)
                return;
            await this.audio.play();
        } catch {
            setText(this.complaint, t("This cannot be played."));
        } finally {
            this.isLoading = false;
        }
        this.show();
    }

    async prepare() {
        const blob = await this.load();
        if (!blob || this.isClosed)
            throw new Error("no sound");
        const to = Number(this.range.value);
        const audio = new Audio();
        URL.revokeObjectURL(this.url);
        this.url = URL.createObjectURL(blob);
        audio.src = this.url;
        await measure(audio);
        if (Number.isFinite(audio.duration))
            this.seconds = audio.duration;
        this.range.max = String(Math.max(0.1, this.seconds));
        audio.currentTime = Math.min(to, this.seconds);
        audio.playbackRate = SPEEDS[this.speed];
        for (const type of ["timeupdate", "play", "pause", "ended"])
            audio.addEventListener(type, () => this.follow(audio));
        return audio;
    }

    /** @param {HTMLAudioElement} audio */
    follow(audio) {
        // Its bubble left the page.
        if (!this.node.isConnected && !audio.paused)
            audio.pause();
        this.range.value = String(audio.ended ? 0 : audio.currentTime);
        this.show();
    }

    seek() {
        if (this.audio)
            this.audio.currentTime = Number(this.range.value);
        this.show();
    }

    /** @param {KeyboardEvent} event */
    onKey(event) {
        if (event.key !== " ")
            return;
        event.preventDefault();
        this.toggle();
    }

    faster() {
        this.speed = (this.speed + 1) % SPEEDS.length;
        if (this.audio)
            this.audio.playbackRate = SPEEDS[this.speed];
        this.showSpeed();
    }

    showSpeed() {
        const n = new Intl.NumberFormat(language())
            .format(SPEEDS[this.speed]);
        setText(this.rate, `${n}×`);
        this.rate.setAttribute("aria-label", t("Speed {n}×", {n}));
    }

    show() {
        const label = this.isPlaying ? t("Pause") : t("Play");
        const text = `${clock(Number(this.range.value))} / ${
            clock(this.seconds)}`;

        if (this.button.title !== label) {
            this.button.title = label;
            this.button.setAttribute("aria-label", label);
            fill(this.button, icon(this.isPlaying ? "pause" : "play"));
        }
        setText(this.time, text);
        this.range.setAttribute("aria-valuetext", text);
    }

    close() {
        this.isClosed = true;
        this.audio?.pause();
        this.audio?.removeAttribute("src");
        this.audio = null;
        URL.revokeObjectURL(this.url);
        if (current === this)
            current = null;
    }
}
