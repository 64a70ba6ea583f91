/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flood - more of something than anybody in his right mind sends.
 */
#ifndef TOR_FLOOD_H
#define TOR_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

#define FLOOD_WINDOW_MS	 10000
#define FLOOD_WINDOW_MAX 10000

/* All 0 at first. */
struct flood {
	uint64_t window_ms;
	unsigned count;
};

/* One more; true if these are too many. */
static inline bool flood_add(struct flood *f, uint64_t now_ms)
{
	if (now_ms - f->window_ms >= FLOOD_WINDOW_MS) {
		f->window_ms = now_ms;
		f->count = 0;
	}
	return ++f->count > FLOOD_WINDOW_MAX;
}

#endif
