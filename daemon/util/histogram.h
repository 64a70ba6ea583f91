/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * histogram - how long things took, in buckets from a millisecond to ten
 * seconds.
 */
#ifndef UTIL_HISTOGRAM_H
#define UTIL_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 12 };

/* All 0 at first. */
struct histogram {
	/* Of each bound, what was not longer than it and longer than the one
	 * before; last what was longer than all. */
	uint64_t count[HISTOGRAM_BOUNDS + 1];
	uint64_t sum_us;
};

/* The bounds from the shortest on, in milliseconds. */
extern const unsigned histogram_bounds_ms[HISTOGRAM_BOUNDS];

void histogram_add(struct histogram *h, uint64_t us);

#endif
