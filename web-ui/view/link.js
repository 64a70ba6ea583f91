// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * link - looks at an address before anybody goes there.
 */
import {el} from "../dom.js";
import {t} from "../i18n.js";
import {isNear, linkOf} from "../text.js";
import {copyButton, dialog} from "./dialog.js";

/** @param {string} text  as it was written */
export function openLink(text) {
    const url = linkOf(text);
    if (!url)
        return;
    const {hostname, href} = url;
    const isOnion = /\.onion\.?$/.test(hostname);
    const hasUser = Boolean(url.username || url.password);
    const at = href.indexOf(hostname, href.indexOf("//") +
        (hasUser ? href.slice(href.indexOf("//")).indexOf("@") : 2));
    const isOther = !text.toLowerCase().replace(/^https?:\/*/, "")
        .split(/[/\\?#]/, 1)[0].includes(hostname);
    const isHere = isNear(url);
    const mayOpen = !isOnion && !hasUser && !isHere;
    const node = dialog(t("Open this address?"),
        el("p", {class: "address-whole"}, el("bdi", {dir: "ltr"},
            href.slice(0, at), el("strong", {}, hostname),
            href.slice(at + hostname.length))),
        isOther && el("p", {class: "warning"}, t("The name of this site is " +
            "written in letters that look like others, or in another way " +
            "than usual. This is what it really is.")),
        hasUser && el("p", {class: "warning"}, t("What stands before the @ " +
            "is not the site. Such an address is often a trap.")),
        isHere && el("p", {class: "warning"}, t("This leads to your own " +
            "computer, or to a device in your own network, such as the " +
            "router. Who sent it may want to change something there.")),
        !isHere && el("p", {}, isOnion
            ? t("Only a browser that uses Tor can open this: " +
            "copy it into Tor Browser.")
            : t("It opens in this browser, and not through Tor: the site " +
            "sees where you are.")),
        el("div", {class: "actions"}, copyButton(() => text),
            mayOpen && el("a", {class: "primary", href, target: "_blank",
                rel: "noreferrer noopener",
                on: {click: () => node.close()}}, t("Open"))));
}
