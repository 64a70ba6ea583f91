// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Lets nothing of that through until it is told to; see `asked`, `go`.  With
 * `times`: no more than so many calls are held.  The route stays, for one that
 * is taken away, as by Playwright's own `times`, lets go of calls that wait.
 */
export async function hold(page, url, method, answer, times = Infinity) {
    const later = () => {
        let resolve;
        return {promise: new Promise((r) => {
            resolve = r;
        }), resolve};
    };
    const [asked, go] = [later(), later()];
    const held = [];
    let isOpen = false;
    const answerLate = async (route) => {
        const response = answer ? undefined : await route.fetch();
        asked.resolve();
        await go.promise;
        await route.fulfill(response ? {response} : answer);
    };
    await page.route(url, async (route) => {
        if (isOpen || held.length >= times ||
            route.request().method() !== method)
            await route.fallback();
        else
            await held[held.push(answerLate(route)) - 1];
    });
    return {asked: asked.promise, go: async () => {
        isOpen = true;
        go.resolve();
        await Promise.all(held);
        // Whoever waits for it has seen it.
        await page.evaluate(() => fetch("icon.svg").then((r) => r.text()));
    }};
}
