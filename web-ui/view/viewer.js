// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * viewer - one picture of a conversation, as large as fits.
 */
import {button, complaintLine, el, fill, iconButton, setText} from "../dom.js";
import {t} from "../i18n.js";
import {loadPicture} from "../picture.js";
import {name} from "../text.js";
import {dialog} from "./dialog.js";
import {fileName, save} from "./file.js";

/**
 * @param {import("../store.js").Store} store
 * @param {any[]} files  pictures, in their order
 * @param {number} first  the one that is shown
 */
export function openViewer(store, files, first) {
    let at = first, url = "";
    const frame = el("div", {class: "viewer-frame"});
    const title = el("p", {class: "viewer-name", role: "status"});
    const complaint = complaintLine();
    const back = iconButton(t("Picture before"), "back", () => go(-1));
    const next = iconButton(t("Next picture"), "next", () => go(1));
    const node = dialog(t("Picture"), frame, el("div", {class: "viewer-bar"},
        back, next, title, button(t("Save"), async () => setText(complaint,
            await save(store, files[at])))), complaint);

    const show = async () => {
        const file = files[at];
        const mine = at;
        back.disabled = at === 0;
        next.disabled = at === files.length - 1;
        fill(title, fileName(file.name));
        setText(complaint, "");
        const got = await loadPicture(store, file, "content")
            .catch(() => null);
        if (mine !== at || !node.open)
            return;
        URL.revokeObjectURL(url);
        url = got ? URL.createObjectURL(got) : "";
        const image = got && el("img", {src: url, alt: name(file.name)});
        fill(frame, image);
        const broken = () => {
            fill(frame);
            setText(complaint, t("This cannot be shown as a picture."));
        };
        if (image)
            image.decode().catch(() => image.isConnected && broken());
        else
            broken();
    };
    const go = (/** @type {number} */ step) => {
        const to = at + step;
        if (to < 0 || to >= files.length)
            return;
        at = to;
        show();
        // The one that is used up loses the focus.
        if (to === 0 || to === files.length - 1)
            (step < 0 ? next : back).focus();
    };
    node.classList.add("viewer");
    node.addEventListener("keydown", (event) => {
        const isRtl = getComputedStyle(node).direction === "rtl";
        const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
        if (step)
            go(isRtl ? -step : step);
    });
    node.addEventListener("close", () => URL.revokeObjectURL(url));
    show();
}
