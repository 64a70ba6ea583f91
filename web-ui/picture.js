// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * picture - what may be shown as a picture: a JPEG, PNG, GIF or WebP whose own
 * bytes say so, and how large it is by them.  Nothing else gets to a decoder.
 */
import {open} from "./api.js";

/** Larger ones are saved, not shown. */
const BYTES_MAX = 24 << 20;
const PIXELS_MAX = 50e6;
/** A thumbnail is shown unasked, and may be large on few bytes. */
const THUMBNAIL_PIXELS_MAX = 1e6;
const SIDE_MAX = 20000;
/** The frame of a JPEG is sought no further than this. */
export const HEAD_BYTES = 1 << 20;

/** @typedef {{type: string, width: number, height: number}} Info */

/**
 * @param {DataView} view
 * @returns {number[] | null}
 */
function jpegSides(view) {
    for (let at = 2; at + 9 < view.byteLength;) {
        const mark = view.getUint16(at);
        // SOF0..15 but DHT, JPG and DAC
        if (mark >= 0xffc0 && mark <= 0xffcf &&
            ![0xffc4, 0xffc8, 0xffcc].includes(mark))
            return [view.getUint16(at + 7), view.getUint16(at + 5)];
        // Some have no length: a decoder would go on right behind them.
        if (mark < 0xffc0 || (mark >= 0xffd0 && mark <= 0xffda))
            return null;
        at += mark === 0xffff ? 1 : 2 + view.getUint16(at + 2);
    }
    return null;
}

/**
 * Browsers make more room if the first frame needs it.
 * @param {DataView} view
 * @returns {number[] | null}
 */
function gifSides(view) {
    const of = (/** @type {number} */ at) => view.getUint16(at, true);
    const flags = view.getUint8(10);
    let at = 13 + (flags & 0x80 ? 6 << (flags & 7) : 0);

    while (at + 9 < view.byteLength) {
        const kind = view.getUint8(at);
        if (kind === 0x2c)
            return [Math.max(of(6), of(at + 1) + of(at + 5)),
                Math.max(of(8), of(at + 3) + of(at + 7))];
        if (kind !== 0x21)
            return null;
        for (at += 2; at < view.byteLength && view.getUint8(at);)
            at += 1 + view.getUint8(at);
        at++;
    }
    return null;
}

/**
 * @param {DataView} view
 * @param {string} form
 */
function webpSides(view, form) {
    const three = (/** @type {number} */ at) =>
        (view.getUint32(at, true) & 0xffffff) + 1;
    const bits = view.getUint32(21, true);

    switch (form) {
    case "VP8X": return [three(24), three(27)];
    case "VP8L": return [(bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1];
    case "VP8 ": return [view.getUint16(26, true) & 0x3fff,
        view.getUint16(28, true) & 0x3fff];
    default: return null;
    }
}

/**
 * @param {Uint8Array} bytes  the beginning of a file
 * @returns {Info | null}  null: it is none, or too large to be shown
 */
export function pictureOf(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const text = (/** @type {number} */ from, /** @type {number} */ to) =>
        String.fromCharCode(...bytes.subarray(from, to));
    let type = "", sides = null;

    if (bytes.length < 32)
        return null;
    if (text(0, 8) === "\x89PNG\r\n\x1a\n" && text(12, 16) === "IHDR")
        [type, sides] = ["png", [view.getUint32(16), view.getUint32(20)]];
    else if (text(0, 3) === "\xff\xd8\xff")
        [type, sides] = ["jpeg", jpegSides(view)];
    else if (["GIF87a", "GIF89a"].includes(text(0, 6)))
        [type, sides] = ["gif", gifSides(view)];
    else if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP")
        [type, sides] = ["webp", webpSides(view, text(12, 16))];
    if (!sides)
        return null;
    const [width, height] = sides;
    return width > 0 && height > 0 && width * height <= PIXELS_MAX &&
        Math.max(width, height) <= SIDE_MAX
        ? {type: `image/${type}`, width, height} : null;
}

/**
 * As a still picture, small.
 * @param {ImageBitmap} bitmap
 * @param {number} side  pixels at most
 */
export function draw(bitmap, side) {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const pen = /** @type {CanvasRenderingContext2D} */ (
        canvas.getContext("2d"));
    pen.imageSmoothingQuality = "high";
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas;
}

/**
 * Reads a picture from the daemon.
 * @param {import("./store.js").Store} store
 * @param {any} file
 * @param {"content" | "thumbnail"} which
 * @returns {Promise<Blob | null>}
 */
export async function loadPicture(store, file, which) {
    if (which === "content" && file.size > BYTES_MAX)
        return null;
    const response = await open("GET", store.path(
        `/files/${file.id}/${which}`));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const info = pictureOf(bytes);
    if (which === "thumbnail" && info &&
        info.width * info.height > THUMBNAIL_PIXELS_MAX)
        return null;
    return info && new Blob([bytes], {type: info.type});
}

/**
 * The same as a still picture: nothing moves unasked, and no more of it is
 * kept than is seen.
 * @param {Parameters<typeof loadPicture>} what
 * @param {number} side
 */
export async function loadStill(what, side) {
    const blob = await loadPicture(...what);
    const bitmap = blob && await createImageBitmap(blob).catch(() => null);
    if (!bitmap)
        return null;
    const canvas = draw(bitmap, side);
    bitmap.close();
    return canvas;
}
