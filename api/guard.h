/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * guard - brakes: a token bucket per credential, and a growing pause after
 * wrong passphrases.  Pure: the time is an argument.
 */
#ifndef API_GUARD_H
#define API_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/types.h"

/* Full at first and after a minute of rest. */
struct bucket {
	uint64_t spent; /* in 1/60000 of a call */
	uint64_t at_ms;
};

/* Takes one call; per_minute 0: no limit.  On false *wait_ms says when one
 * is there again. */
bool bucket_take(struct bucket *b, unsigned per_minute, uint64_t now_ms,
		 uint64_t *wait_ms);

/* Five wrong passphrases in a minute, then pauses of 1, 2, 4, 5, 5 ...
 * minutes with one attempt after each.  An attempt that is still running
 * counts as wrong.  Each credential is counted by itself, and the login form,
 * which needs none, as well: so nobody who guesses keeps another one out. */
struct guard_key {
	struct uid user; /* whose passphrase */
	/* By whom: the first of the tokens that made it; what guard_link,
	 * guard_login say; zero: the admin. */
	struct uid by;
};
/* Of sessions that began with a link of the admin's; of the login form. */
extern const struct uid guard_link, guard_login;

struct guard {
	struct guard_row *rows;
	unsigned count, cap;
};

void guard_init(struct guard *g);
void guard_clear(struct guard *g);
/* false: not now, *wait_ms says when.  After true call guard_end() once. */
bool guard_start(struct guard *g, const struct guard_key *key, uint64_t now_ms,
		 uint64_t *wait_ms);
enum guard_result { GUARD_RIGHT, GUARD_WRONG, GUARD_UNKNOWN };
void guard_end(struct guard *g, const struct guard_key *key, uint64_t now_ms,
	       enum guard_result result);

#endif
