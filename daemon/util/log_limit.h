/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log_limit - which lines of a flood are written: the first of a kind, and
 * later how many there were.
 *
 * A kind is a format string, known by its address, at a level: all that tor
 * says has one format.  In a minute 50 lines of a kind pass, and 500 of all
 * kinds of a level together, so that no flood hides what is worse; what comes
 * beyond is counted.  Pure: the time is an argument.
 */
#ifndef UTIL_LOG_LIMIT_H
#define UTIL_LOG_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "util/log_level.h"

enum {
	LOG_LIMIT_KINDS = 32, /* that are watched at a time */
	LOG_LIMIT_PER_KIND = 50,
	LOG_LIMIT_IN_ALL = 500,
	LOG_LIMIT_MS = 60000,
};

struct log_kind {
	const char *format; /* NULL: free */
	enum log_level level;
	uint64_t since_ms;
	unsigned passed;
	uint64_t held;
};

/* All 0 at first. */
struct log_limit {
	/* By level; the format is "" once there was a line. */
	struct log_kind all[LOG_LEVEL_DEBUG + 1];
	struct log_kind kind[LOG_LIMIT_KINDS];
};

enum log_verdict {
	LOG_PASS,
	LOG_PASS_LAST, /* more of its kind will be held */
	LOG_HOLD,
};

enum log_verdict log_limit_take(struct log_limit *l, const char *format,
				enum log_level level, uint64_t now_ms);
/* The next kind whose minute is over, and of which lines were held; each is
 * told once.  all: those whose minute is not over too. */
bool log_limit_tell(struct log_limit *l, uint64_t now_ms, bool all,
		    struct log_kind *out);

#endif
