// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * add - a new contact: by an invite, by the own address, or by what somebody
 * sent.  Or an old one, linked anew.
 */
import {Problem, all, call} from "../api.js";
import {button, el, field, fill, form, put, setText, who} from "../dom.js";
import {t} from "../i18n.js";
import {NAME_BYTES_MAX, byteLength} from "../text.js";
import * as words from "../words.js";
import {ask, copyButton, dialog} from "./dialog.js";
import {qrCode, reader, scan} from "./qr.js";
import {announce} from "./status.js";

const GREETING_BYTES_MAX = 500;
const PUBLISHED_MS = 2000;
const ADDRESS = /^umbel:[a-z2-7]{56}$/i;

/** @typedef {import("../store.js").Store} Store */
/** @typedef {{id: string, label: string, node: HTMLElement,
 *     first: () => HTMLElement | null}} Part */

/**
 * Sheets of which one is shown (ARIA practices, tabs).
 * @param {Part[]} parts
 * @param {string} open
 */
function tabs(parts, open) {
    const buttons = parts.map((part) => el("button", {type: "button",
        role: "tab", id: `tab-${part.id}`, "aria-controls": `sheet-${part.id}`,
        on: {click: () => choose(part.id)}}, part.label));
    const choose = (/** @type {string} */ id) => parts.forEach((part, i) => {
        buttons[i].setAttribute("aria-selected", String(part.id === id));
        buttons[i].tabIndex = part.id === id ? 0 : -1;
        part.node.hidden = part.id !== id;
    });
    const bar = el("div", {class: "tabs", role: "tablist", on: {
        keydown: (/** @type {KeyboardEvent} */ event) => {
            const isRtl = getComputedStyle(bar).direction === "rtl";
            const step = {ArrowRight: isRtl ? -1 : 1,
                ArrowLeft: isRtl ? 1 : -1}[event.key];
            const at = buttons.findIndex((b) => b === event.target);
            if (!step || at < 0)
                return;
            const to = (at + step + parts.length) % parts.length;
            choose(parts[to].id);
            buttons[to].focus();
        }}}, ...buttons);
    for (const part of parts)
        for (const [key, value] of Object.entries({role: "tabpanel",
            id: `sheet-${part.id}`, "aria-labelledby": `tab-${part.id}`,
            class: "sheet"}))
            part.node.setAttribute(key, value);
    choose(open);
    return el("div", {}, bar, ...parts.map((part) => part.node));
}

/**
 * A link, to be copied or to be read by a camera.
 * @param {string} label
 * @param {string} link
 * @param {string} help
 * @param {HTMLElement} code
 */
function linkBox(label, link, help, code) {
    const text = field(label, {readonly: true, rows: 3, class: "invite-link"},
        {tag: "textarea", help});
    const copy = copyButton(() => link);
    copy.className = "primary";
    text.input.value = link;
    text.input.addEventListener("focus", () => text.input.select());
    return {copy, node: el("div", {class: "form"}, text.node,
        el("div", {class: "actions"}, copy),
        el("figure", {class: "code"}, code))};
}

/** @param {any} invite */
function until(invite) {
    return t("until {time}", {time: words.full(invite.expires_at)});
}

class Invites {
    /**
     * @param {Store} store
     * @param {string} contactId
     */
    constructor(store, contactId) {
        this.store = store;
        this.contactId = contactId;
        this.label = field(t("For whom"), {autocomplete: "off", maxlength: 64},
            {help: t("A note for yourself; it may stay empty.")});
        this.body = el("div", {}, form({button: t("Make an invite"),
            busy: t("Making it…"), submit: () => this.make()},
        el("p", {class: "quiet"}, contactId
            ? t("Whoever uses the invite takes the place of this contact, " +
                "with all your messages.")
            : t("An invite is for one person. Who uses it is your contact at " +
                "once.")),
        contactId ? null : this.label.node));
        this.list = el("ul", {class: "invites"});
        this.node = el("div", {}, this.body, this.list);
        if (!contactId)
            this.showOpen();
    }

    async make() {
        const label = this.label.input.value.trim();
        if (byteLength(label) > NAME_BYTES_MAX)
            return t("That note is too long.");
        try {
            const made = await call("POST", this.store.path("/invites"),
                {...label && {label},
                    ...this.contactId && {contact_id: this.contactId}});
            this.show(made);
            this.showOpen(made.id);
        } catch (error) {
            if (error instanceof Problem && error.code === "conflict" &&
                !this.contactId)
                return t("Too many invites are open. Delete one first.");
            throw error;
        }
    }

    /** @param {any} invite */
    show(invite) {
        const box = linkBox(t("Send this to the one you invite"), invite.link,
            t("Works once, until {time}. Whoever has it can become your " +
                "contact, so send it over a way you trust.",
            {time: words.full(invite.expires_at)}),
            qrCode(this.store.path(`/invites/${invite.id}/qr.svg`),
                t("The invite as a QR code")));
        fill(this.body, box.node);
        box.copy.focus();
    }

    /** @param {string} [shown]  is not listed */
    async showOpen(shown = "") {
        let invites = [];
        try {
            invites = await all(this.store.path("/invites"));
        } catch {
            // the dialog works without them
        }
        fill(this.list, ...invites
            .filter((i) => i.uses < i.max_uses && i.id !== shown)
            .map((i) => this.item(i)));
    }

    /** @param {any} invite */
    item(invite) {
        const item = el("li", {}, el("span", {}, invite.label
            ? who(invite.label) : t("Invite"), ` ${until(invite)}`),
        button(t("Show"), () => {
            this.show(invite);
            this.showOpen(invite.id);
        }, "link"), button(t("Delete"), async () => {
            try {
                await call("DELETE",
                    this.store.path(`/invites/${invite.id}`));
                item.remove();
                // Nothing is done by pressing once more.
                this.list.closest("dialog")?.querySelector("button")?.focus();
            } catch (error) {
                announce(words.sentence(error));
            }
        }, "link"));
        return item;
    }
}

/** @param {any} address */
function whetherItWorks(address) {
    if (!address.enabled)
        return t("It is switched off: nobody can ask there.");
    return address.published
        ? t("Whoever has it can ask to be a contact, and you decide. It is " +
            "no secret.")
        : t("It is being prepared; this takes a moment. Then whoever has it " +
            "can ask to be a contact, and you decide.");
}

class Address {
    /** @param {Store} store */
    constructor(store) {
        this.store = store;
        this.timer = 0;
        /** Of two calls only the later one's answer is shown. */
        this.turn = 0;
        this.isOn = false;
        this.link = "";
        this.box = el("div");
        this.state = el("p", {class: "quiet", role: "status"});
        this.on = el("input", {type: "checkbox", role: "switch",
            on: {change: () => this.change("PATCH", "/address",
                {enabled: this.on.checked})}});
        this.node = el("div", {}, this.state, this.box,
            el("label", {class: "tick"}, this.on,
                el("span", {}, t("People may ask me here"))),
            button(t("Get a new address…"), () => this.askForNew(), "link"));
        this.change("GET", "/address");
    }

    /**
     * @param {string} method
     * @param {string} rest
     * @param {object} [body]
     */
    async change(method, rest, body) {
        const mine = ++this.turn;
        clearTimeout(this.timer);
        try {
            const own = await call(method, this.store.path(rest), body);
            if (mine === this.turn)
                this.show(own);
        } catch (error) {
            setText(this.state, words.sentence(error));
            this.on.checked = this.isOn;
            return words.sentence(error);
        }
        return null;
    }

    /** @param {any} own */
    show(own) {
        setText(this.state, whetherItWorks(own));
        this.on.checked = this.isOn = own.enabled;
        if (own.link !== this.link) {
            this.link = own.link;
            fill(this.box, linkBox(t("Your address"), own.link, "",
                qrCode(this.store.path("/address.svg"),
                    t("Your address as a QR code"))).node);
        }
        if (own.enabled && !own.published && this.node.isConnected)
            this.timer = setTimeout(() => this.change("GET", "/address"),
                PUBLISHED_MS);
    }

    askForNew() {
        ask({title: t("Get a new address?"), danger: true,
            text: t("The old one stops working: who has it can no longer ask " +
                "you. Your contacts stay."), button: t("Get a new one"),
            act: () => this.change("POST", "/address/rotate")});
    }
}

/**
 * @param {Store} store
 * @param {string} contactId
 * @param {() => void} done
 */
function link(store, contactId, done) {
    const given = field(t("Invite"), {rows: 3, required: true, maxlength: 1024,
        autocomplete: "off", placeholder: "umbel:…", class: "invite-link"},
    {tag: "textarea", help: contactId ? ""
        : t("Or the address of somebody, who then decides.")});
    const alias = field(t("Your name for them"), {autocomplete: "off",
        maxlength: 64}, {help: t("Only you see it; without it you see the " +
        "name they gave themselves.")});
    const greeting = field(t("Who you are"), {rows: 2, maxlength: 500,
        autocomplete: "off", spellcheck: "true"}, {tag: "textarea",
        help: t("They read it before they decide, so that they know you.")});
    const tools = el("div", {class: "tools"});
    const text = () => given.input.value.replace(/\s+/g, "");
    const update = () => {
        greeting.node.hidden = !ADDRESS.test(text());
    };
    // The same try has the same id, whatever happens on the way.
    let tried = "", clientId = "";

    const bodyOf = () => {
        const name = alias.input.value.trim();
        const said = greeting.input.value.trim();
        return {link: text(), ...name && {alias: name},
            ...said && !greeting.node.hidden && {greeting: said},
            ...contactId && {contact_id: contactId}};
    };
    const submit = async () => {
        const body = bodyOf();
        if (!body.link)
            return t("Paste the invite that you were sent.");
        if (byteLength(body.alias ?? "") > NAME_BYTES_MAX)
            return t("That name is too long.");
        if (byteLength(body.greeting ?? "") > GREETING_BYTES_MAX)
            return t("What you say of yourself is too long.");
        if (JSON.stringify(body) !== tried)
            clientId = crypto.randomUUID();
        tried = JSON.stringify(body);
        const request = await call("POST", store.path("/requests"),
            {...body, client_id: clientId});
        // An event may have told more of it before.
        if (!store.requests.has(request.id))
            store.requests.set(request.id, request);
        store.emitList();
        done();
        announce(t("Connecting"));
    };
    const take = (/** @type {string} */ found) => {
        given.input.value = found;
        update();
        given.input.focus();
    };
    const offerCamera = async () => {
        const detector = await reader();
        if (detector)
            put(tools, button(t("Scan a code"), () => scan(detector, take),
                "link"));
    };
    given.input.addEventListener("input", update);
    update();
    offerCamera();
    return {input: given.input, node: form(
        {button: t("Connect"), busy: t("Connecting…"), submit},
        given.node, tools, greeting.node, contactId ? null : alias.node)};
}

/**
 * @param {Store} store
 * @param {string} open  the part that is shown first
 * @param {string} contactId  who is to be linked anew, or empty
 */
export function showAdd(store, open, contactId) {
    const invites = new Invites(store, contactId);
    const own = contactId ? null : new Address(store);
    const taken = link(store, contactId, () => node.close());
    /** @type {(Part | null)[]} */
    const parts = [
        {id: "invite", label: t("Invite someone"), node: invites.node,
            first: () => contactId ? null : invites.label.input},
        own && {id: "address", label: t("My address"), node: own.node,
            first: () => null},
        {id: "link", label: t("I have an invite"), node: el("div", {},
            taken.node), first: () => taken.input},
    ];
    const there = parts.filter((part) => !!part);
    const node = dialog(contactId ? t("Link this contact anew")
        : t("Add a contact"), tabs(there, open));
    node.addEventListener("close", () => clearTimeout(own?.timer));
    (there.find((part) => part.id === open)?.first() ??
        node.querySelector("[aria-selected=true]"))?.focus();
}
