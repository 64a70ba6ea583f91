// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * prefs - how a user likes the page; kept by the daemon beside his messages,
 * so that nothing of it is in the browser.
 */

/** What there is, and what it is for who never chose. */
export const DEFAULTS = Object.freeze({
    language: "",          // as the browser asks for
    scheme: "system",      // light, dark
    notify: false,
    notifyContent: false,  // names and words in notifications
    sendReceipts: true,
});
