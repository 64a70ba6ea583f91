// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * words - every sentence that depends on what happened, and times.
 */
import {Problem} from "./api.js";
import {language} from "./i18n.js";
import {name} from "./text.js";

const MINUTE_MS = 60 * 1000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const SENTENCES = {
    unauthorized: "You are logged out. Please log in again.",
    wrong_passphrase: "That name and passphrase do not go together.",
    forbidden_scope: "This login may not do that.",
    not_found: "That is not there any more.",
    client_id_reused: "This was sent before, with other words.",
    too_large: "That is too long.",
    user_locked: "This user is locked.",
    damaged: "The files of this user are damaged.",
    no_space: "The disk is full; nothing can be kept.",
    store_busy: "Umbel is busy. Try again in a moment.",
    shutting_down: "Umbel is stopping.",
    tor_not_ready: "Tor is not ready yet.",
};

/** By the code of a fault in one field. */
const FAULTS = {
    mistyped_link: "This was cut short or changed on its way.",
    expired_link: "This invite has expired. Ask for a new one.",
    unsupported_link: "This was made by a newer Umbel. Update first.",
    invalid_link: "This is not an invite or an address. Both begin with " +
        "“umbel:”.",
    control_character: "A name must be one line of plain text.",
    invalid_id: "This is not an id of a user.",
};

/**
 * One sentence for anything that went wrong.
 * @param {unknown} error
 */
export function sentence(error) {
    if (!(error instanceof Problem))
        return "Something broke in this page. Reload it.";
    if (error.status === 0)
        return "Umbel does not answer. Is it running?";
    if (error.code === "rate_limited")
        return `Too many tries. Wait ${seconds(error.retrySeconds || 1)}.`;
    const fault = error.errors[0];
    if (fault)
        return FAULTS[fault.code] ?? faultText(fault);
    if (error.code in SENTENCES)
        return SENTENCES[error.code];
    return ended(error.detail || error.message);
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

/** @param {number} count */
export function seconds(count) {
    if (count < 90)
        return count === 1 ? "1 second" : `${count} seconds`;
    return `${Math.ceil(count / 60)} minutes`;
}

/** Why a message of ours was not delivered. */
const PROBLEMS = {
    cancelled: "Not delivered: it was cancelled",
    too_late: "Not delivered: it was not taken in time",
};

/**
 * How far a message of ours is.
 * @param {any} message
 * @param {string} peer
 */
export function delivery(message, peer) {
    switch (message.state) {
    case "queued": return `Waiting for ${peer}`;
    case "sending": return "On its way";
    case "sent": return "Sent";
    case "delivered": return "Delivered";
    case "read": return "Read";
    case "failed":
        return PROBLEMS[message.problem?.code] ?? "Not delivered";
    default: return "";
    }
}

/** @type {[number, string][]} */
const SPANS = [[604800, "week"], [86400, "day"], [3600, "hour"],
    [60, "minute"], [1, "second"]];

/** @param {number} count  of seconds, above 0 */
export function span(count) {
    const [size, unit] = SPANS.find(([s]) => count % s === 0) ?? [1, "second"];
    return new Intl.NumberFormat(language(),
        {style: "unit", unit, unitDisplay: "long"}).format(count / size);
}

/**
 * A sentence for a message that is no text; empty for one that is.
 * @param {any} message
 */
export function kind(message) {
    const timer = message.disappears_after_seconds;
    switch (message.kind) {
    case "text": case "file": return "";
    case "deleted": return "This message was deleted";
    case "timer": return timer > 0
        ? `From here on messages disappear ${span(timer)} after they are read`
        : "From here on messages stay";
    default: return "A kind of message that this version does not know";
    }
}

/**
 * @param {any} contact
 */
export function presence(contact) {
    if (contact?.blocked)
        return "blocked";
    if (contact?.presence === "online")
        return "online";
    if (contact?.presence !== "offline")
        return "";
    return contact.last_seen_at
        ? `last seen ${moment(contact.last_seen_at)}` : "offline";
}

/**
 * How far a request is.
 * @param {any} request
 */
export function request(request) {
    const isKnock = request.origin === "knock";
    switch (request.state) {
    case "queued": return "Connecting…";
    case "waiting": return isKnock ? "Asked; they have not answered yet"
        : "Connecting…";
    case "expired": return isKnock ? "They did not answer"
        : "The invite expired before an answer came";
    case "failed": return isKnock ? "It did not work"
        : "The invite does not work any more";
    default: return "";
    }
}

/** @param {any} tor */
export function tor(tor) {
    const {percent, summary} = tor.bootstrap;
    switch (tor.state) {
    case "ready": return "Connected to Tor";
    case "starting": return "Tor is starting";
    case "bootstrapping": return `Connecting to Tor: ${percent} %` +
        (summary ? `, ${name(summary)}` : "");
    case "failed": return "Tor does not work" +
        (tor.bootstrap.warning ? `: ${name(tor.bootstrap.warning)}` : "");
    default: return "Tor is not running";
    }
}

const formats = {
    time: new Intl.DateTimeFormat(undefined, {timeStyle: "short"}),
    weekday: new Intl.DateTimeFormat(undefined, {weekday: "short"}),
    day: new Intl.DateTimeFormat(undefined,
        {weekday: "long", day: "numeric", month: "long"}),
    date: new Intl.DateTimeFormat(undefined, {dateStyle: "medium"}),
    full: new Intl.DateTimeFormat(undefined,
        {dateStyle: "medium", timeStyle: "short"}),
};

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
    return formats.time.format(new Date(at));
}

/** @param {string} at */
export function full(at) {
    return formats.full.format(new Date(at));
}

/**
 * The day of a message, as a heading.
 * @param {string} at
 */
export function day(at) {
    const date = new Date(at), ago = daysAgo(date);
    if (ago === 0)
        return "Today";
    if (ago === 1)
        return "Yesterday";
    return ago > 0 && ago < 300 ? formats.day.format(date)
        : formats.date.format(date);
}

/**
 * As short as it can be told.
 * @param {string} at
 */
export function moment(at) {
    const date = new Date(at), ago = daysAgo(date);
    if (ago <= 0)
        return formats.time.format(date);
    return ago < 7 ? formats.weekday.format(date) : formats.date.format(date);
}
