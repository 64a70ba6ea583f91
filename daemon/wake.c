/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wake.h"

#include <stddef.h>

enum {
	SLEPT_MS = 5 * 1000,
	/* A machine that is only busy may be late by some seconds. */
	STOOD_STILL_MS = WAKE_LOOK_MS + 30 * 1000,
	/* Who keeps the time sets it by less; what is tested by it is not. */
	JUMPED_MS = 60 * 1000,
};

static uint64_t distance(int64_t a, int64_t b)
{
	return (uint64_t)(a > b ? a - b : b - a);
}

const char *wake_look(struct wake *w, const struct wake_clocks *now)
{
	const struct wake_clocks was = w->last;
	bool was_known = w->is_known;
	int64_t mono_ms, awake_ms, wall_ms;

	w->last = *now;
	w->is_known = true;
	if (!was_known)
		return NULL;
	mono_ms = (int64_t)(now->mono_ms - was.mono_ms);
	awake_ms = (int64_t)(now->awake_ms - was.awake_ms);
	wall_ms = (int64_t)(now->wall_ms - was.wall_ms);
	if (mono_ms - awake_ms > SLEPT_MS)
		return "the machine slept";
	if (mono_ms > STOOD_STILL_MS)
		return "the program stood still";
	if (distance(wall_ms, mono_ms) > JUMPED_MS)
		return "the clock jumped";
	return NULL;
}
