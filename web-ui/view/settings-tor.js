// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings-tor - whether one can be reached, and how Tor is reached.
 */
import {Problem, call} from "../api.js";
import {el, field, form, renew} from "../dom.js";
import {mark, t, tn} from "../i18n.js";
import * as words from "../words.js";
import {action, elsewhere, group, part, toggle} from "./settings-kit.js";

const SOON_MS = 2000;
const SKEW_MIN_SECONDS = 60;

/** By the daemon's word for what was wrong. @type {Record<string, string>} */
const FAILURES = {
    no_descriptor: mark("no directory of Tor knows it."),
    no_answer: mark("Tor found no way to it."),
    refused: mark("it was found, but let nobody in."),
    not_us: mark("it answered, but nothing arrived."),
};

/**
 * What the last dial of our own showed, of one kind of address.
 * @param {any} part
 * @param {[string, string, string]} texts  reachable, checking, unreachable
 */
function tested(part, [up, checking, down]) {
    const why = FAILURES[part.last_failure];
    const told = part.state === "reachable"
        ? t(up, {time: words.moment(part.last_success_at)})
        : part.state === "checking" ? t(checking)
            : part.state === "unreachable" ? [t(down), why && t(why), t("Umbel " +
                "goes on trying to put it right.")].filter(Boolean).join(" ")
                : "";
    return part.state === "reachable" && part.repairs > 0
        ? `${told} ${t("Last failure: {time}.",
            {time: words.moment(part.last_failure_at)})}` : told;
}

/** @param {any} test */
function selfTest(test) {
    return test ? [
        tested(test.address, [mark("Your own address can be reached (last " +
            "check: {time})."), mark("Checking whether your own address can " +
            "be reached…"), mark("Your own address cannot be reached:")]),
        tested(test.contacts, [mark("Your contacts can reach you (last " +
            "check: {time})."), mark("Checking whether your contacts can " +
            "reach you…"), mark("Not all contacts can reach you. The address " +
            "that one of them has was tried:")]),
    ] : [];
}

/** @param {any} tor */
function reach(tor, userId) {
    const mine = words.services(tor, userId);
    if (tor.state !== "ready")
        return t("Nobody can reach you, and nothing is sent, until Tor is " +
            "there.");
    if (!mine || mine.count === 0)
        return t("You publish nothing now: nobody can reach you, but you can " +
            "reach others.");
    if (mine.published && mine.self_test?.state !== "reachable")
        return tn(mine.count, "Your only address is published.",
            "All {n} addresses are published.");
    if (mine.published)
        return tn(mine.count, "You can be reached: your only address is " +
            "published.", "You can be reached: all {n} addresses are " +
            "published.");
    return tn(mine.published_count, "Not everybody can reach you yet: {n} of " +
        "{all} addresses is published.", "Not everybody can reach you yet: " +
        "{n} of {all} addresses are published.", {all: mine.count});
}

/**
 * What is to be said of it, one sentence each.
 * @param {any} tor
 * @param {any} address
 * @param {string} userId
 */
function sentences(tor, address, userId) {
    const skew = tor.clock_skew_seconds ?? 0;
    const test = words.services(tor, userId)?.self_test;
    const isUp = tor.state === "ready";
    return [
        words.tor(tor, userId) + ".",
        reach(tor, userId),
        ...isUp ? selfTest(test) : [],
        address.enabled ? isUp && test?.address.state !== "unreachable" &&
            (address.published ? t("Your own address is open: whoever has " +
                "it can ask to be a contact.")
                : t("Your own address is switched on, but not published yet."))
            : t("Your own address is closed: only your invites and contacts " +
                "can reach you."),
        Math.abs(skew) >= SKEW_MIN_SECONDS && (skew > 0
            ? t("The clock of this computer is fast by about {time}. Set it: " +
                "Tor needs the right time.", {time: words.seconds(skew)})
            : t("The clock of this computer is slow by about {time}. Set it: " +
                "Tor needs the right time.", {time: words.seconds(-skew)})),
        tor.bridges > 0 && tn(tor.bridges, "Tor is reached over {n} bridge.",
            "Tor is reached over {n} bridges."),
        tor.version && t("Version of Tor: {version}", {version: tor.version}),
    ].filter(Boolean);
}

/** @param {import("./settings-frame.js").Context} context */
function status({store, isAlive}) {
    const list = el("ul", {class: "facts", "aria-live": "polite"});
    let timer = 0;
    /** @type {any} */
    let address = null;
    const tell = (/** @type {string[]} */ told) =>
        renew(list, told, () => told.map((s) => el("li", {}, s)));
    const look = async () => {
        clearTimeout(timer);
        const tor = await call("GET", "/v1/tor");
        // Only when it may have changed: to ask counts as use, and keeps
        // the user from being locked.
        if (!address || (tor.state === "ready" && address.enabled &&
            !(address.published &&
                words.services(tor, store.user.id)?.published)))
            address = await call("GET", store.path("/address"));
        tell(sentences(tor, address, store.user.id));
        if (isAlive())
            later();
    };
    const later = () => {
        timer = setTimeout(() => look().catch((error) => {
            if (!isAlive())
                return;
            tell([words.sentence(error)]);
            later();
        }), SOON_MS);
    };
    const read = () => {
        address = null;
        return look();
    };
    /** Tries it now; what comes of it is seen a little later. */
    const ask = async () => {
        try {
            await call("POST", store.path("/self-test"));
        } catch (error) {
            // Nothing can be tried now: the list says why.
            if (!(error instanceof Problem) || error.status !== 503)
                throw error;
        }
        await read();
    };
    return {list, read, ask, close: () => clearTimeout(timer)};
}

/** @param {unknown} error */
function bridgeSentence(error) {
    const fault = error instanceof Problem && error.errors[0];
    const line = fault && /^\/lines\/(\d+)$/.exec(fault.pointer ?? "");
    if (line)
        return t("Line {n} is no bridge: {why}.", {n: Number(line[1]) + 1,
            why: fault.detail ?? fault.code});
    if (error instanceof Problem && error.code === "conflict")
        return t("This Tor is not started by Umbel: its own settings say " +
            "how it connects.");
    return words.sentence(error);
}

/** @param {() => void} changed */
async function bridges(changed) {
    const now = await call("GET", "/v1/tor/bridges");
    const lines = field(t("Bridges, one a line"), {rows: 4, dir: "ltr"},
        {tag: "textarea", help: now.transports.length
            ? t("Kinds that work here: {kinds}",
                {kinds: now.transports.join(", ")}) : ""});
    const use = el("input", {type: "checkbox", id: "use-bridges"});
    const told = el("p", {class: "told", role: "status"});
    lines.input.value = now.lines.join("\n");
    use.checked = now.use;

    return form({button: t("Save bridges"), busy: t("Tor starts again…"),
        submit: async () => {
            told.textContent = "";
            const wanted = lines.input.value.split("\n")
                .map((l) => l.trim()).filter(Boolean);
            if (use.checked && wanted.length === 0)
                return t("To use bridges, there must be one.");
            try {
                await call("PUT", "/v1/tor/bridges",
                    {use: use.checked, lines: wanted});
            } catch (error) {
                return bridgeSentence(error);
            }
            lines.input.value = wanted.join("\n");
            told.textContent = t("Saved");
            changed();
            return null;
        }},
    el("div", {class: "choice"}, use,
        el("label", {for: use.id}, t("Use bridges"))), lines.node, told);
}

/** @param {import("./settings-frame.js").Context} context */
export async function tor(context) {
    const {store, go} = context;
    const {list, read, ask, close} = status(context);
    const again = () => read().catch(() => {});
    await read();
    const address = await call("GET", store.path("/address"));
    const mayControl = go.may("tor:control");

    return {close, node: part(
        group(t("Can I be reached?"), list,
            action(t("Check now"), ask),
            toggle(t("Own address"), t("Whoever has your address can ask to " +
                "be a contact; you decide."), address.enabled, async (on) => {
                await call("PATCH", store.path("/address"), {enabled: on});
                again();
            })),
        group(t("New routes through Tor"), el("p", {class: "help"},
            t("All connections end and are made again on other routes. " +
                "It helps when one is slow or stuck.")),
        mayControl ? action(t("Use new routes"), async () => {
            await call("POST", "/v1/tor/new-circuits");
            return t("Done. Contacts are called again one by one.");
        }) : elsewhere("umbel tor new-circuits")),
        group(t("Bridges"), el("p", {class: "help"}, t("Where Tor is " +
            "blocked, a bridge is a secret way into it. Ask for some at " +
            "bridges.torproject.org, or by mail to bridges@torproject.org.")),
        mayControl ? await bridges(again)
            : elsewhere("umbel tor bridges")))};
}
