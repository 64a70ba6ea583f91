// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * address - the own address, as a text and as a code for a camera.
 */
import {call, open} from "../api.js";
import {el, fill} from "../dom.js";

/** @param {any} address */
function whetherItWorks(address) {
    if (!address.enabled)
        return "It is switched off: nobody can ask there.";
    return address.published
        ? "Whoever has it can ask to be a contact, and you decide. It is no " +
            "secret."
        : "It cannot be reached now.";
}

/**
 * @param {import("../store.js").Store} store
 * @returns {{node: HTMLElement, close: () => void}}
 */
export function address(store) {
    const node = el("section", {class: "address", hidden: true,
        "aria-label": "Your address"});
    let picture = "", isClosed = false;

    const show = async () => {
        const own = await call("GET", store.path("/address"));
        const drawn = await open("GET", store.path("/address.svg"));
        const blob = await drawn.blob();
        if (isClosed)
            return;
        // As an image it runs nothing and fetches nothing.
        picture = URL.createObjectURL(blob);
        fill(node, el("h3", {}, "Your address"),
            el("p", {class: "quiet"}, whetherItWorks(own)),
            el("img", {src: picture, alt: "Your address as a QR code",
                width: 180, height: 180}),
            el("p", {class: "address-text"}, own.link));
        node.hidden = false;
    };
    show().catch(() => {
        // the dialog works without it
    });
    return {node, close: () => {
        isClosed = true;
        URL.revokeObjectURL(picture);
    }};
}
