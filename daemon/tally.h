/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tally - what all users together have done since the start, in numbers that
 * say nothing of any one of them.
 *
 * For the API's metrics.  Counted after the commit, from the effects
 * themselves.
 */
#ifndef DAEMON_TALLY_H
#define DAEMON_TALLY_H

#include "core/effect.h"
#include "util/histogram.h"

/* All 0 at first. */
struct tally {
	uint64_t messages_in, messages_out; /* lines of conversations */
	uint64_t cancelled, too_late;	    /* of ours that were given up */
	uint64_t file_bytes_in, file_bytes_out;
	uint64_t self_tests[PROBE_RESULTS], repairs[PROBE_REPAIRS];
	struct histogram commits;
};

/* One effect that has been committed. */
void tally_effect(struct tally *t, const struct effect *e);
/* Bytes of a file that the disk gave for the other side. */
void tally_blob(struct tally *t, const struct event *ev);

#endif
