/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * log_ring - the last lines of this process's log, in memory.
 *
 * What log.h writes and nothing else, so nothing is in it that is not in the
 * log.  Any thread may log while another reads.
 */
#ifndef UTIL_LOG_RING_H
#define UTIL_LOG_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/log_level.h"

enum { LOG_RING_LINES = 512, LOG_RING_TEXT = 240 };

struct log_kept {
	uint64_t number; /* from 1 on; without gaps */
	uint64_t at_ms;	 /* wall clock */
	enum log_level level;
	char text[LOG_RING_TEXT + 1]; /* cut if it was longer */
};

/* From log.c alone. */
void log_ring_put(enum log_level level, uint64_t at_ms, const char *text,
		  size_t n);
/* The newest line with a number below that one, of this level or worse;
 * false if there is none any more.  UINT64_MAX: the newest of all. */
bool log_ring_find(uint64_t below, enum log_level worst, struct log_kept *out);

#endif
