// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * recorder - records a voice message, to be heard once more before it is sent.
 */
import {button, el, fill, setText} from "../dom.js";
import {t} from "../i18n.js";
import {Player, clock} from "./player.js";
import {announce} from "./status.js";

const TYPES = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const BITS_PER_SECOND = 24000;
const LENGTH_MS_MAX = 60 * 60 * 1000;
const TICK_MS = 100;

/** @param {unknown} error */
function why(error) {
    switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError": case "SecurityError":
        return t("The browser does not let this page use the microphone.");
    case "NotFoundError":
        return t("There is no microphone.");
    default:
        return t("The microphone cannot be used; does another program have " +
            "it?");
    }
}

export class Recorder {
    /**
     * @param {(sound: Blob, ms: number) => void} send
     * @param {() => void} over  it is no longer needed
     */
    constructor(send, over) {
        this.onSend = send;
        this.onOver = over;
        this.isClosed = false;
        this.timer = 0;
        this.ms = 0;
        /** @type {MediaStream | null} */
        this.stream = null;
        /** @type {MediaRecorder | null} */
        this.recorder = null;
        /** @type {AudioContext | null} */
        this.context = null;
        /** @type {Player | null} */
        this.player = null;
        /** @type {Blob | null} */
        this.sound = null;
        this.time = el("span", {class: "recorder-time", role: "timer",
            "aria-live": "off"}, "0:00");
        this.level = el("progress", {max: 100, value: 0, class: "level",
            "aria-hidden": "true"});
        this.body = el("div", {class: "recorder-body"}, t("One moment…"));
        this.drop = button(t("Discard"), () => this.onOver());
        this.stop = button(t("Stop"), () => this.listen());
        this.go = button(t("Send"), () => this.send(), "primary");
        this.node = el("div", {class: "recorder", role: "group",
            "aria-label": t("Voice message")}, this.body,
        el("div", {class: "actions"}, this.drop, this.stop, this.go));
        this.stop.disabled = this.go.disabled = true;
    }

    async start() {
        this.drop.focus();
        try {
            const stream = await navigator.mediaDevices.getUserMedia(
                {audio: {channelCount: 1}});
            this.stream = stream;
            if (this.isClosed)
                this.free();
            else
                this.record(stream);
        } catch (error) {
            this.free();
            fill(this.body, el("p", {role: "alert"}, why(error)));
        }
    }

    /** @param {MediaStream} stream */
    record(stream) {
        /** @type {Blob[]} */
        const pieces = [];
        const mimeType = TYPES.find((type) =>
            MediaRecorder.isTypeSupported(type));
        const recorder = new MediaRecorder(stream,
            {mimeType, audioBitsPerSecond: BITS_PER_SECOND});
        const begin = performance.now();

        this.recorder = recorder;
        recorder.addEventListener("dataavailable", (event) =>
            pieces.push(event.data));
        this.ended = new Promise((resolve) => recorder.addEventListener("stop",
            () => resolve(new Blob(pieces,
                {type: recorder.mimeType.split(";")[0]}))));
        recorder.start(1000);
        this.measure(stream);
        fill(this.body, el("span", {class: "recorder-dot",
            "aria-hidden": "true"}), this.time, this.level);
        this.stop.disabled = this.go.disabled = false;
        this.go.focus();
        announce(t("Recording. Enter sends, Escape discards."));
        this.timer = setInterval(() => {
            this.ms = performance.now() - begin;
            setText(this.time, clock(this.ms / 1000));
            this.level.value = this.loudness();
            if (this.ms > LENGTH_MS_MAX)
                this.listen();
        }, TICK_MS);
    }

    /** @param {MediaStream} stream */
    measure(stream) {
        const context = new AudioContext();
        const analyser = context.createAnalyser();
        const samples = new Float32Array(analyser.fftSize);
        this.context = context;
        context.createMediaStreamSource(stream).connect(analyser);
        this.loudness = () => {
            analyser.getFloatTimeDomainData(samples);
            return Math.min(100, 150 * (samples.reduce(
                (sum, x) => sum + x * x, 0) / samples.length) ** 0.25);
        };
    }

    loudness() {
        return 0;
    }

    /** No more is recorded. */
    async end() {
        if (this.recorder && this.recorder.state !== "inactive")
            this.recorder.stop();
        clearInterval(this.timer);
        this.free();
        this.sound ??= await /** @type {Promise<Blob>} */ (this.ended);
        return this.sound;
    }

    async listen() {
        const sound = await this.end();
        if (this.isClosed || this.player)
            return;
        const hadFocus = this.stop === document.activeElement;
        this.player = new Player(async () => sound, this.ms);
        fill(this.body, this.player.node);
        this.stop.hidden = true;
        if (hadFocus)
            this.player.button.focus();
    }

    async send() {
        this.go.disabled = true;
        const sound = await this.end();
        if (!this.isClosed)
            this.onSend(sound, Math.round(this.ms));
    }

    /** Gives the microphone back. */
    free() {
        for (const track of this.stream?.getTracks() ?? [])
            track.stop();
        this.context?.close().catch(() => {});
        this.context = this.stream = null;
    }

    close() {
        this.isClosed = true;
        clearInterval(this.timer);
        if (this.recorder && this.recorder.state !== "inactive")
            this.recorder.stop();
        this.free();
        this.player?.close();
    }
}
