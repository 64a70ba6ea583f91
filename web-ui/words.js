// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * words - every sentence that depends on what happened, and times.
 */
import {Problem} from "./api.js";
import {language, mark, t} from "./i18n.js";
import {name} from "./text.js";

const MINUTE_MS = 60 * 1000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** A clock that is so wrong keeps Tor from working. */
const SKEW_SECONDS = 60;

const SENTENCES = {
    unauthorized: mark("You are logged out. Please log in again."),
    wrong_passphrase: mark("That name and passphrase do not go together."),
    forbidden_scope: mark("This login may not do that."),
    not_found: mark("That is not there any more."),
    client_id_reused: mark("This was sent before, with other words."),
    too_large: mark("That is too long."),
    user_locked: mark("This user is locked."),
    damaged: mark("The files of this user are damaged."),
    no_space: mark("The disk is full; nothing can be kept."),
    store_busy: mark("Umbel is busy. Try again in a moment."),
    core_busy: mark("Umbel is busy. Try again in a moment."),
    core_down: mark("Umbel is starting. Try again in a moment."),
    shutting_down: mark("Umbel is stopping."),
    tor_not_ready: mark("Tor is not ready yet."),
};

/** By the code of a fault in one field. */
const FAULTS = {
    mistyped_link: mark("This was cut short or changed on its way."),
    expired_link: mark("This invite has expired. Ask for a new one."),
    unsupported_link: mark("This was made by a newer Umbel. Update first."),
    invalid_link: mark("This is not an invite or an address. Both begin " +
        "with “umbel:”."),
    control_character: mark("A name must be one line of plain text."),
    invalid_id: mark("This is not an id of a user."),
};

/** By what the daemon says, where its code says too little. */
const DETAILS = {
    "it is your own address": mark("It is your own address."),
    "this link is in use already": mark("This link is in use already."),
    "it is decided": mark("This was decided already."),
    "too many users": mark("There are too many users."),
};

/**
 * One sentence for anything that went wrong.
 * @param {unknown} error
 */
export function sentence(error) {
    if (!(error instanceof Problem))
        return t("Something broke in this page. Reload it.");
    if (error.status === 0)
        return t("Umbel does not answer. Is it running?");
    if (error.code === "rate_limited")
        return t("Too many tries. Wait {time}.",
            {time: seconds(error.retrySeconds || 1)});
    const fault = error.errors[0];
    if (fault)
        return fault.code in FAULTS ? t(FAULTS[fault.code]) : faultText(fault);
    if (error.code in SENTENCES)
        return t(SENTENCES[error.code]);
    if (error.detail in DETAILS)
        return t(DETAILS[error.detail]);
    return error.code ? ended(error.detail || error.message)
        : t("It did not work.");
}

/** @param {{pointer?: string, code: string, detail?: string}} fault */
function faultText(fault) {
    const where = (fault.pointer ?? "").replace(/^\//, "").replace(/_/g, " ");
    const what = fault.detail || fault.code.replace(/_/g, " ");
    return ended(where ? `${where}: ${what}` : what);
}

/** @param {string} text */
function ended(text) {
    const clean = name(text);
    return clean.charAt(0).toUpperCase() + clean.slice(1) +
        (/[.!?]$/.test(clean) ? "" : ".");
}

/**
 * What stands around a name in a sentence with {name}, and the name.
 * @template T
 * @param {string} text  from t() without a value
 * @param {T} node  in its place
 * @returns {(string | T)[]}
 */
export function around(text, node) {
    const [before, after = ""] = text.split("{name}");
    return [before, node, after];
}

/**
 * The name of a contact within a text, which it cannot turn around.
 * @param {any} contact
 */
export function called(contact) {
    return `\u2068${name(contact?.alias ?? contact?.display_name)}\u2069`;
}

/**
 * @param {number} count
 * @param {string} unit
 */
function measure(count, unit) {
    return new Intl.NumberFormat(language(),
        {style: "unit", unit, unitDisplay: "long"}).format(count);
}

/** @param {number} count */
export function seconds(count) {
    return count < 90 ? measure(count, "second")
        : measure(Math.ceil(count / 60), "minute");
}

/** Why a message of ours was not delivered. */
const PROBLEMS = {
    cancelled: mark("Not delivered: it was cancelled"),
    too_late: mark("Not delivered: it was not taken in time"),
};

/**
 * How far a message of ours is.
 * @param {any} message
 * @param {string} peer
 */
export function delivery(message, peer) {
    switch (message.state) {
    case "queued": return t("Waiting for {peer}", {peer});
    case "sending": return t("On its way");
    case "sent": return t("Sent");
    case "delivered": return t("Delivered");
    case "read": return t("Read");
    case "failed":
        return message.problem?.code in PROBLEMS
            ? t(PROBLEMS[message.problem.code]) : t("Not delivered");
    default: return "";
    }
}

/** @type {[number, string][]} */
const SPANS = [[604800, "week"], [86400, "day"], [3600, "hour"],
    [60, "minute"], [1, "second"]];

/** @param {number} count  of seconds, above 0 */
export function span(count) {
    const [size, unit] = SPANS.find(([s]) => count % s === 0) ?? [1, "second"];
    return measure(count / size, unit);
}

/**
 * A sentence for a message that is no text; empty for one that is.
 * @param {any} message
 */
export function kind(message) {
    const timer = message.disappears_after_seconds;
    switch (message.kind) {
    case "text": case "file": return "";
    case "deleted": return t("This message was deleted");
    case "timer": return timer > 0
        ? t("From here on messages disappear {time} after they are read",
            {time: span(timer)})
        : t("From here on messages stay");
    default: return t("A kind of message that this version does not know");
    }
}

/**
 * @param {any} contact
 */
export function presence(contact) {
    if (contact?.blocked)
        return t("blocked");
    if (contact?.presence === "online")
        return t("online");
    if (contact?.presence !== "offline")
        return "";
    return contact.last_seen_at
        ? t("last seen {time}", {time: moment(contact.last_seen_at)})
        : t("offline");
}

/**
 * How far a request is.
 * @param {any} request
 */
export function request(request) {
    const isKnock = request.origin === "knock";
    switch (request.state) {
    case "queued": return t("Connecting…");
    case "waiting": return isKnock ? t("Asked; they have not answered yet")
        : t("Connecting…");
    case "expired": return isKnock ? t("They did not answer")
        : t("The invite expired before an answer came");
    case "failed": return isKnock ? t("It did not work")
        : t("The invite does not work any more");
    default: return "";
    }
}

/**
 * What is published by a user, or by nobody yet, and what its tests showed.
 * @param {any} tor
 * @param {string} [userId]
 */
export function services(tor, userId) {
    return tor.onion_services.find(
        (/** @type {any} */ s) => s.user_id === userId);
}

/** @param {any} tor */
export function isCutOff(tor, userId) {
    return services(tor, userId)?.self_test?.state === "unreachable";
}

/**
 * @param {any} tor
 * @param {string} [userId]  whose tests count
 */
export function tor(tor, userId) {
    const {percent, warning} = tor.bootstrap;
    switch (tor.state) {
    case "ready": return isCutOff(tor, userId)
        ? t("Connected to Tor, but not everybody can reach you")
        : t("Connected to Tor");
    case "starting": return t("Tor is starting");
    case "bootstrapping": return t("Connecting to Tor: {percent}",
        {percent: format("percent").format(percent / 100)});
    case "failed": return warning
        ? t("Tor does not work: {why}", {why: name(warning)})
        : t("Tor does not work");
    default: return t("Tor is not running");
    }
}

/** By the beginning of Tor's own word for what it does. @type {any[]} */
const TOR_STEPS = [
    [/^(conn|handshake)/, mark("Looking for a way into the Tor network.")],
    [/^(onehop|request|load|enough)/, mark("Reading the map of the Tor " +
        "network.")],
    [/^(ap_|circuit)/, mark("Finding a first path through the network.")],
];

/**
 * What Tor does just now, or what keeps it from it; empty once it is there.
 * @param {any} tor
 */
export function torStep(tor) {
    const skew = Math.abs(tor.clock_skew_seconds ?? 0);
    if (tor.state === "ready")
        return "";
    if (skew >= SKEW_SECONDS)
        return t("The clock of this computer is wrong by {time}; Tor needs " +
            "the right time.", {time: seconds(skew)});
    const step = TOR_STEPS.find(([tag]) => tag.test(tor.bootstrap.tag ?? ""));
    return tor.state === "bootstrapping" && step ? t(step[1]) : "";
}

const STYLES = {
    time: {timeStyle: "short"},
    weekday: {weekday: "short"},
    day: {weekday: "long", day: "numeric", month: "long"},
    near: {day: "numeric", month: "short"},
    far: {dateStyle: "short"},
    date: {dateStyle: "medium"},
    full: {dateStyle: "medium", timeStyle: "short"},
};
/** Made when they are needed, for each language. @type {Map<string, any>} */
const formats = new Map();

/** @param {keyof typeof STYLES | "percent"} which */
function format(which) {
    const key = `${language()} ${which}`;
    const known = formats.get(key) ?? (which === "percent"
        ? new Intl.NumberFormat(language(), {style: "percent"})
        : new Intl.DateTimeFormat(language(),
            /** @type {any} */ (STYLES[which])));
    formats.set(key, known);
    return known;
}

/** @param {Date} date */
function midnight(date) {
    return new Date(date.getFullYear(), date.getMonth(), date.getDate())
        .getTime();
}

/** @param {Date} date */
function daysAgo(date) {
    return Math.round((midnight(new Date()) - midnight(date)) / DAY_MS);
}

/** @param {string} at */
export function time(at) {
    return format("time").format(new Date(at));
}

/** @param {string} at */
export function date(at) {
    return format("date").format(new Date(at));
}

/** @param {string} at */
export function full(at) {
    return format("full").format(new Date(at));
}

/**
 * The day of a message, as a heading.
 * @param {string} at
 */
export function day(at) {
    const date = new Date(at), ago = daysAgo(date);
    if (ago === 0)
        return t("Today");
    if (ago === 1)
        return t("Yesterday");
    return format(ago > 0 && ago < 300 ? "day" : "date").format(date);
}

/**
 * As short as it can be told.
 * @param {string} at
 */
export function moment(at) {
    const date = new Date(at), ago = daysAgo(date);
    return format(ago <= 0 ? "time" : ago < 7 ? "weekday"
        : ago < 300 ? "near" : "far").format(date);
}
