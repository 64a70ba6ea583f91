// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * qr - codes for a camera: those that the daemon draws, and reading the one
 * that somebody shows.
 */
import {open} from "../api.js";
import {el, setText} from "../dom.js";
import {t} from "../i18n.js";
import {dialog} from "./dialog.js";

const LOOK_MS = 200;

/**
 * A code that is there when it has come; what stands beside it does without.
 * @param {string} path
 * @param {string} alt
 */
export function qrCode(path, alt) {
    const box = el("span");
    const load = async () => {
        const drawn = await open("GET", path);
        // As an image it runs nothing and fetches nothing.
        const src = URL.createObjectURL(await drawn.blob());
        const forget = () => URL.revokeObjectURL(src);
        box.append(el("img", {alt, src, class: "qr", width: 200, height: 200,
            on: {load: forget, error: forget}}));
    };
    load().catch(() => {
        // the text beside it is enough
    });
    return box;
}

/** What reads codes, where the browser has that and a camera. */
export async function reader() {
    const {BarcodeDetector: Detector} = /** @type {any} */ (window);
    try {
        return navigator.mediaDevices && Detector &&
            (await Detector.getSupportedFormats()).includes("qr_code")
            ? new Detector({formats: ["qr_code"]}) : null;
    } catch {
        return null;
    }
}

/**
 * Looks through the camera until a code is seen; its pictures stay here.
 * @param {any} detector  of reader()
 * @param {(text: string) => void} done  closed by then
 */
export async function scan(detector, done) {
    const video = el("video", {class: "camera", autoplay: true, muted: true,
        playsinline: true, "aria-label": t("What the camera sees")});
    const note = el("p", {class: "quiet", role: "status"},
        t("Hold their code before the camera. No picture is kept."));
    const node = dialog(t("Scan a code"), video, note);
    let isOpen = true;
    video.muted = true;
    /** @type {MediaStream | null} */
    let stream = null;
    const stop = () => stream?.getTracks().forEach((track) => track.stop());
    node.addEventListener("close", () => {
        isOpen = false;
        stop();
    });
    const look = async () => {
        const [found] = video.readyState > 1
            ? await detector.detect(video).catch(() => []) : [];
        if (!isOpen)
            return;
        if (found) {
            node.addEventListener("close", () => done(found.rawValue));
            node.close();
        } else {
            setTimeout(look, LOOK_MS);
        }
    };
    try {
        stream = await navigator.mediaDevices.getUserMedia(
            {video: {facingMode: "environment"}});
        video.srcObject = stream;
    } catch {
        setText(note, t("The camera cannot be used."));
        return;
    }
    if (isOpen)
        look();
    else
        stop();
}
