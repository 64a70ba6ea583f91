// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * settings-security - passphrases, and when the user is locked.
 */
import {call} from "../api.js";
import {el, field, form} from "../dom.js";
import {t, tn} from "../i18n.js";
import {action, elsewhere, group, part, select} from "./settings-kit.js";
import {checkNew, passphraseSentence, secret} from "./start.js";

const MINUTES = [5, 15, 30, 60, 240, 1440];

/**
 * @param {HTMLInputElement[]} inputs  emptied when it worked
 * @param {() => Promise<any>} act
 * @param {() => void} done
 */
async function submit(inputs, act, done) {
    try {
        await act();
    } catch (error) {
        return passphraseSentence(error);
    }
    for (const input of inputs)
        input.value = "";
    done();
}

/** @param {import("./settings-frame.js").Context} context */
function changeForm({store}) {
    const old = field(t("The present one"), secret(false));
    const first = field(t("The new one"), secret(true),
        {help: t("Several words are best.")});
    const again = field(t("The new one again"), secret(true));
    const inputs = [old.input, first.input, again.input];
    const told = el("p", {class: "told", role: "status"});

    return form({button: t("Change the passphrase"), busy: t("One moment…"),
        submit: async () => checkNew(first.input, again.input) ??
            submit(inputs, () => call("PUT", store.path("/passphrase"), {
                old_passphrase: old.input.value,
                new_passphrase: first.input.value}), () => {
                told.textContent = t("It is changed.");
            })}, old.node, first.node, again.node, told);
}

/** @param {import("./settings-frame.js").Context} context */
function duressForm({store}) {
    const present = field(t("Your passphrase"), secret(false));
    const first = field(t("The one that destroys"), secret(true));
    const again = field(t("That one again"), secret(true));
    const inputs = [present.input, first.input, again.input];
    const told = el("p", {class: "told", role: "status"});
    const put = (/** @type {string | null} */ duress) => submit(inputs, () =>
        call("PUT", store.path("/duress"), {
            passphrase: present.input.value, duress_passphrase: duress}),
    () => {
        told.textContent = duress ? t("It is set.") : t("There is none now.");
    });

    return [form({button: t("Set it"), busy: t("One moment…"),
        class: "form danger", submit: async () =>
            checkNew(first.input, again.input) ?? put(first.input.value)},
    present.node, first.node, again.node, told),
    action(t("Remove it"), () => present.input.value ? put(null)
        : Promise.resolve(t("Write your passphrase above first.")))];
}

/** @param {number | null} extra  that is chosen now */
function times(extra) {
    const all = extra && !MINUTES.includes(extra) ? [...MINUTES, extra]
        : MINUTES;
    return [...all.map((n) => ({value: String(n), label: n % 60
        ? tn(n, "After {n} minute", "After {n} minutes")
        : tn(n / 60, "After {n} hour", "After {n} hours")})),
    {value: "0", label: t("Never")}];
}

/** @param {import("./settings-frame.js").Context} context */
async function autoLock({store}) {
    const [user, daemon] = await Promise.all([
        call("GET", store.path("")), call("GET", "/v1/settings")]);
    const own = user.auto_lock_minutes;

    return [
        el("p", {class: "help"}, t("Locked, nothing can be read without the " +
            "passphrase, and no messages come.")),
        select(t("Lock when I do nothing"), [
            {value: "", label: t("As for everybody")}, ...times(own)],
        own === null ? "" : String(own), (value) =>
            call("PATCH", store.path(""), {auto_lock_minutes:
                value === "" ? null : Number(value)})).node,
        select(t("For everybody on this computer"),
            times(daemon.auto_lock_minutes), String(daemon.auto_lock_minutes),
            (value) => call("PATCH", "/v1/settings",
                {auto_lock_minutes: Number(value)})).node];
}

/** @param {import("./settings-frame.js").Context} context */
export async function security(context) {
    const {go} = context, isAdmin = go.may("admin");

    return {node: part(
        group(t("Lock"), ...(isAdmin ? await autoLock(context)
            : [elsewhere("umbel settings auto-lock 15m")]),
        action(t("Lock now"), go.lock)),
        group(t("Passphrase"), isAdmin ? changeForm(context)
            : elsewhere("umbel user passphrase")),
        group(t("A passphrase for when you are forced"),
            el("p", {}, t("Whoever is given this one instead of yours finds " +
                "an empty user. Everything of yours is destroyed at that " +
                "moment, for ever, and nothing tells that it was there.")),
            el("p", {class: "help"}, t("Nobody can see whether there is " +
                "one, not even here.")),
            ...(isAdmin ? duressForm(context)
                : [elsewhere("umbel user duress")])))};
}
