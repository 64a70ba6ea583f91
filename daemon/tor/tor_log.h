/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tor_log - what our own tor says, as lines of our log: tor's levels are ours,
 * its time is left away, and words with an address, the name of an onion or
 * the fingerprint of a relay in them become "[scrubbed]".  tor does that for
 * most, by SafeLogging, but not for the addresses of bridges.
 */
#ifndef TOR_TOR_LOG_H
#define TOR_TOR_LOG_H

#include "util/buf.h"
#include "util/log_level.h"

enum { TOR_LOG_LINE = 400 };

struct tor_log {
	char line[TOR_LOG_LINE + 1];
	size_t n; /* more than TOR_LOG_LINE: the rest is cut */
};

/* Takes what came of tor's output; logs each line that is whole. */
void tor_log_take(struct tor_log *l, struct bytes data);
/* One line, without its time and level: in place, never longer. */
enum log_level tor_log_clean(char *line);

#endif
