/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wake - did the machine sleep, did we stand still, did the clock jump?
 *
 * Pure: told by how far three clocks have gone since they were last looked at.
 */
#ifndef DAEMON_WAKE_H
#define DAEMON_WAKE_H

#include <stdbool.h>
#include <stdint.h>

#define WAKE_LOOK_MS 15000 /* how often to look */

struct wake_clocks {
	uint64_t mono_ms;  /* counts suspended time */
	uint64_t awake_ms; /* does not */
	uint64_t wall_ms;
};

struct wake {
	struct wake_clocks last;
	bool is_known; /* last is set */
};

/* NULL, or what happened, for the log. */
const char *wake_look(struct wake *w, const struct wake_clocks *now);

#endif
