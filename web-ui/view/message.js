// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * message - one bubble.
 */
import {el, setText} from "../dom.js";
import {name, visible} from "../text.js";
import * as words from "../words.js";

/** Messages closer than this stand together. */
const TOGETHER_MS = 5 * 60 * 1000;

/** @param {any} message */
export function timeOf(message) {
    return message.received_at ?? message.sent_at;
}

export class Bubble {
    /**
     * @param {any} message
     * @param {string} peer
     */
    constructor(message, peer) {
        this.message = message;
        this.peer = peer;
        const isOut = message.direction === "out";
        const isText = message.kind === "text";
        this.day = el("div", {class: "day", hidden: true});
        this.fresh = el("div", {class: "fresh", hidden: true}, "New");
        this.meta = el("div", {class: "meta"});
        this.node = el("div", {class: isOut ? "message out" : "message in"},
            this.day, this.fresh, el("div", {class: "bubble"},
                el("span", {class: "hidden"},
                    isOut ? "You: " : `${name(peer)}: `),
                isText
                    ? el("bdi", {class: "text", dir: "auto"},
                        visible(message.text))
                    : el("span", {class: "text quiet"},
                        "A kind of message that this version does not know"),
                this.meta));
        this.showState();
    }

    showState() {
        const {direction, state} = this.message;
        const when = words.time(timeOf(this.message));
        const how = direction === "out" &&
            words.delivery(state, name(this.peer));
        setText(this.meta, how ? `${when} · ${how}` : when);
        this.meta.title = words.full(timeOf(this.message));
        this.node.dataset.state = state;
    }

    /**
     * What depends on its neighbours.
     * @param {any} before
     * @param {any} after
     */
    showPlace(before, after) {
        const {message} = this;
        const day = words.day(timeOf(message));
        const isNewDay = !before || words.day(timeOf(before)) !== day;

        this.day.hidden = !isNewDay;
        setText(this.day, day);
        this.node.classList.toggle("joined",
            !isNewDay && this.fresh.hidden && areTogether(before, message));
        this.node.classList.toggle("inner", Boolean(after) &&
            areTogether(message, after) && after.state === message.state);
    }
}

/**
 * @param {any} a
 * @param {any} b
 */
function areTogether(a, b) {
    return a.direction === b.direction &&
        Math.abs(Date.parse(timeOf(b)) - Date.parse(timeOf(a))) < TOGETHER_MS;
}
