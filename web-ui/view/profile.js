// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * profile - who a contact is: names, whether it is really them, what they may
 * know.
 */
import {call} from "../api.js";
import {
    button, complaintLine, el, field, fill, form, icon, renew, setText, unseen,
    who,
} from "../dom.js";
import {mark, t} from "../i18n.js";
import {NAME_BYTES_MAX, byteLength, name, visible} from "../text.js";
import * as words from "../words.js";
import {ask, dialog} from "./dialog.js";
import {addContact} from "./late.js";
import {avatar} from "./list.js";
import {announce} from "./status.js";

const NOTE_BYTES_MAX = 500;

/** @typedef {import("../store.js").Store} Store */

/** @type {[string, string, string][]} */
const POLICIES = [
    ["visible", mark("Whenever you are online"), mark("Messages come and go " +
        "at once.")],
    ["dial_only", mark("Only once you connect to them"), mark("They cannot " +
        "reach you by themselves, nor see whether they could.")],
    ["mail_only", mark("Never"), mark("Messages wait on both sides until you " +
        "change this.")],
];
/** @type {[string, string][]} */
const CHOICES = [["default", mark("As in settings")],
    ["on", mark("Always")], ["off", mark("Never")]];

/** Letters of other alphabets that are drawn like Latin ones. */
const TWINS = {"а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y",
    "х": "x", "і": "i", "ј": "j", "ѕ": "s", "ԁ": "d", "һ": "h", "в": "b",
    "к": "k", "м": "m", "н": "h", "т": "t", "α": "a", "ο": "o", "ν": "v",
    "ρ": "p", "ι": "i", "κ": "k", "τ": "t", "υ": "u", "ı": "i", "l": "i",
    "1": "i", "0": "o", "|": "i"};

/**
 * What is left of a name for the eye: two that are one here look alike.
 * @param {string | null | undefined} text
 */
function face(text) {
    const plain = (text ?? "").normalize("NFKD").toLowerCase()
        .replace(/[^\p{L}\p{N}\p{S}\p{P}]/gu, "");
    return [...plain].map((c) => TWINS[c] ?? c).join("");
}

/**
 * Another contact whose name one could take for this one's.
 * @param {Store} store
 * @param {any} contact
 */
function twinOf(store, contact) {
    const names = (/** @type {any} */ c) => [c.alias, c.display_name]
        .map(face).filter(Boolean);
    const mine = new Set(names(contact));
    return [...store.contacts.values()].find((other) =>
        other.id !== contact.id && names(other).some((n) => mine.has(n)));
}

class Profile {
    /**
     * @param {Store} store
     * @param {any} contact
     */
    constructor(store, contact) {
        this.store = store;
        this.id = contact.id;
        this.contact = contact;
        /** Changes under way: what is shown is as the user wants it. */
        this.pending = 0;
        this.path = store.path(`/contacts/${contact.id}`);
        this.complaint = complaintLine();
        this.head = el("div", {class: "profile-head"});
        this.warnings = el("div", {class: "warnings", tabindex: -1});
        this.trust = el("section", {tabindex: -1});
        this.rules = el("section");
        this.deeds = el("section", {class: "deeds", tabindex: -1});
        this.node = dialog(t("Contact"), el("div", {class: "profile"},
            this.head, this.warnings, this.complaint, this.trust, this.own(),
            this.rules, this.deeds));
        this.showRules();
        this.update();
        this.node.addEventListener("close",
            store.on("list", () => this.update()));
    }

    update() {
        const contact = this.store.contacts.get(this.id);
        if (!contact) {
            this.node.close();
            // What had the focus may be gone with the contact.
            if (document.activeElement === document.body)
                /** @type {HTMLElement | null} */ (document.querySelector(
                    ".list button:not([hidden])"))?.focus();
            return;
        }
        this.contact = contact;
        const twin = twinOf(this.store, contact);
        renew(this.head, [contact.alias, contact.display_name,
            contact.status_text, contact.verified, words.presence(contact)],
        () => this.headParts());
        renew(this.warnings, [contact.alarm, contact.state,
            twin && words.called(twin)], () => this.warningParts(twin));
        renew(this.trust, [contact.verified, contact.verified_at],
            () => this.trustParts());
        renew(this.deeds, [contact.blocked, contact.state],
            () => this.deedParts());
        this.syncRules();
    }

    /**
     * @param {object} change
     * @returns {Promise<string | null>}  a sentence if it did not work
     */
    async patch(change) {
        setText(this.complaint, "");
        this.pending++;
        try {
            const changed = await call("PATCH", this.path, change);
            this.store.contacts.set(this.id, changed);
            this.store.emitList();
        } catch (error) {
            return words.sentence(error);
        } finally {
            this.pending--;
            this.syncRules();
        }
        return null;
    }

    /** @param {object} change */
    async set(change) {
        setText(this.complaint, await this.patch(change) ?? "");
    }

    headParts() {
        const c = this.contact;
        return [avatar(c.conversation_id, c.alias ?? c.display_name,
            c.presence === "online"),
        el("div", {class: "names"},
            el("h3", {}, who(c.alias ?? c.display_name),
                c.verified && icon("check"),
                c.verified && unseen(t("Verified"))),
            c.alias && el("p", {class: "quiet"}, ...words.around(
                t("They call themselves {name}"), who(c.display_name))),
            c.status_text && el("p", {}, el("bdi", {dir: "auto"},
                visible(c.status_text))),
            el("p", {class: "quiet"}, [words.presence(c),
                t("your contact since {date}",
                    {date: words.date(c.created_at)})]
                .filter(Boolean).join(" · ")))];
    }

    /** @param {any} twin */
    warningParts(twin) {
        const {alarm, state} = this.contact;
        const again = (/** @type {string} */ label) => button(label,
            () => addContact(this.store, "invite", this.id), "link");
        return [
            alarm && el("div", {class: "warning", role: "group",
                "aria-label": t("Alarm")}, el("p", {}, icon("alarm"),
                t("Somebody else may use the keys of this contact, or one of " +
                "you went back to an older copy of the data. Ask them, in a " +
                "way that is not Umbel, whether they did that, and compare " +
                "the safety numbers below.")), el("div", {class: "tools"},
                button(t("I have checked"), () => this.endAlarm(), "link"),
                again(t("Link anew…")))),
            state === "detached" && el("div", {class: "warning"},
                el("p", {}, t("This contact comes from a backup: nothing can " +
                    "be sent before the two of you are linked anew.")),
                again(t("Link anew…"))),
            twin && el("p", {class: "warning"}, icon("alarm"),
                ...words.around(t("The name looks like that of your contact " +
                "{name}, who is somebody else."),
                who(twin.alias ?? twin.display_name))),
        ];
    }

    trustParts() {
        const {verified, verified_at: at} = this.contact;
        return [el("h3", {}, t("Is it really them?")), el("p", {}, verified
            ? at ? t("Yes: you compared the safety numbers on {date}.",
                {date: words.date(at)})
                : t("Yes: you compared the safety numbers.")
            : t("You have not compared the safety numbers yet. Until then " +
                "you trust the way by which the invite came.")),
        button(verified ? t("Safety number…") : t("Compare now…"),
            () => this.load(async () => {
                const {showVerify} = await import("./verify.js");
                showVerify(this.store, this.id)?.addEventListener("close",
                    () => this.node.contains(document.activeElement) ||
                        this.trust.focus());
            }))];
    }

    async endAlarm() {
        await this.set({alarm: false});
        if (!this.store.contacts.get(this.id)?.alarm)
            this.trust.focus();
    }

    /** @param {() => Promise<void>} open */
    async load(open) {
        try {
            await open();
        } catch (error) {
            setText(this.complaint, words.sentence(error));
        }
    }

    /** Names and notes that nobody else sees. */
    own() {
        const alias = field(t("Your name for them"), {autocomplete: "off",
            maxlength: 64, value: this.contact.alias ?? "",
            placeholder: name(this.contact.display_name)});
        const note = field(t("Note"), {rows: 2, maxlength: 500,
            spellcheck: "true"}, {tag: "textarea", help: t("Only you see both.")});
        const saved = el("p", {class: "quiet", role: "status"});
        note.input.value = this.contact.note ?? "";
        const submit = async () => {
            const given = alias.input.value.trim();
            const text = note.input.value.trim();
            setText(saved, "");
            if (byteLength(given) > NAME_BYTES_MAX)
                return t("That name is too long.");
            if (byteLength(text) > NOTE_BYTES_MAX)
                return t("That note is too long.");
            const problem = await this.patch(
                {alias: given || null, note: text || null});
            setText(saved, problem ? "" : t("Saved"));
            return problem;
        };
        return el("section", {}, form({button: t("Save"), busy: t("Saving…"),
            submit}, alias.node, note.node, saved));
    }

    showRules() {
        const radios = POLICIES.map(([value, label, help]) => {
            const id = `policy-${value}`;
            return el("label", {class: "tick"},
                el("input", {type: "radio", name: "policy", value,
                    "aria-describedby": id,
                    on: {change: () => this.set({policy: value})}}),
                el("span", {}, t(label),
                    el("span", {class: "help", id}, t(help))));
        });
        const select = (/** @type {string} */ key,
            /** @type {string} */ label) => el("label", {class: "pair"},
            el("span", {}, label), el("select", {name: key, on: {
                change: (/** @type {any} */ e) =>
                    this.set({[key]: e.target.value})}},
            ...CHOICES.map(([value, text]) =>
                el("option", {value}, t(text)))));
        fill(this.rules, el("h3", {}, t("What they may know")),
            el("fieldset", {}, el("legend", {}, t("That you are there")),
                ...radios),
            select("read_receipts", t("That you have read a message")),
            select("typing", t("That you are writing")),
            el("label", {class: "tick"},
                el("input", {type: "checkbox", role: "switch", name: "cover",
                    "aria-describedby": "cover-help",
                    on: {change: (/** @type {any} */ e) =>
                        this.set({cover: e.target.checked})}}),
                el("span", {}, t("Hide when you write"),
                    el("span", {class: "help", id: "cover-help"},
                        t("Something is sent all the time, so that nobody " +
                        "who watches the network sees when it is a message. " +
                        "Messages take some seconds longer.")))));
    }

    /** What is set shows what is so, also after it failed. */
    syncRules() {
        const c = this.store.contacts.get(this.id);
        if (this.pending || !c)
            return;
        for (const input of this.rules.querySelectorAll("input, select")) {
            const node = /** @type {any} */ (input);
            if (node.name === "policy")
                node.checked = node.value === c.policy;
            else if (node.type === "checkbox")
                node.checked = c[node.name];
            else
                node.value = c[node.name];
        }
    }

    deedParts() {
        const {blocked, state} = this.contact;
        return [
            state === "active" && !blocked && button(t("Introduce to…"),
                () => this.load(async () => (await import("./introduce.js"))
                    .showIntroduce(this.store, this.id))),
            blocked ? button(t("Unblock"), () => this.set({blocked: false}))
                : button(t("Block…"), () => this.block(), "secondary bad"),
            button(t("Remove contact…"), () => this.remove(), "secondary bad"),
        ];
    }

    block() {
        ask({title: t("Block this contact?"), danger: true, text: t("{name} " +
            "sees you as gone and can send you nothing; they are not told. " +
            "Your messages stay, and you can unblock them at any time.",
        {name: words.called(this.contact)}), button: t("Block"),
        act: () => this.patch({blocked: true})});
    }

    remove() {
        ask({title: t("Remove this contact?"), danger: true, text: t("{name} " +
            "is removed with all messages of your conversation, on this " +
            "side. They are not told, and to write again you need a new " +
            "invite.", {name: words.called(this.contact)}),
        button: t("Remove"), act: async () => {
            await call("DELETE", this.path);
            this.store.dropContact(this.id);
            this.store.emitList();
            announce(t("Removed"));
        }});
    }
}

/**
 * @param {Store} store
 * @param {string} id  of the contact
 */
export function showContact(store, id) {
    const contact = store.contacts.get(id);
    if (contact)
        new Profile(store, contact);
}
