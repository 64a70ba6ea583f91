/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * supervise_inside - what the files of supervise.h share.
 */
#ifndef DAEMON_SUPERVISE_INSIDE_H
#define DAEMON_SUPERVISE_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "child.h"
#include "netwatch.h"
#include "supervise_plan.h"
#include "vigil.h"

/* A child that closed its end of the channel has this long to exit. */
#define SUPERVISE_LAST_WORDS_MS 1000

struct supervisor {
	const struct supervise_plan *plan;
	struct child child[SUPERVISE_ROLES];
	int signals;
	bool had_terminal;  /* when it was started */
	uint64_t stop_ms;   /* when stopping began; 0: it has not */
	uint64_t look_ms;   /* when to look at RUN */
	uint64_t guests_ms; /* when to take guests again; 0: now */
	bool httpd_told, tor_told;
	bool was_ready;
	int status;
	struct vigil vigil;
	struct netwatch net;
	uint64_t net_ms;     /* not before that is it looked at again */
	uint8_t tor_percent; /* of the last letter 't' */
};

/* supervise_change.c: what is changed while all of them run. */

/* A core asks for others. */
void supervise_take_bridges(struct supervisor *s, struct bytes text,
			    uint64_t now_ms);
/* SIGHUP. */
void supervise_reload(struct supervisor *s, uint64_t now_ms);

/* Of the network that tor is in, or -1: then nothing is watched. */
void supervise_watch_net(struct supervisor *s, int fd, uint64_t now_ms);
void supervise_look_at_net(struct supervisor *s, uint64_t now_ms);
/* When that is due; UINT64_MAX: nothing has changed. */
uint64_t supervise_net_next(const struct supervisor *s);

/* supervise_stop.c: how all of them end. */

/* Once; after that it does nothing. */
void supervise_stop_begin(struct supervisor *s, uint64_t now_ms);
/* What is due while they end: they are told, then killed. */
void supervise_stop_step(struct supervisor *s, uint64_t now_ms);
/* None is left, or none is waited for any more. */
bool supervise_is_stopped(const struct supervisor *s, uint64_t now_ms);
/* When the next step is due; UINT64_MAX: nothing stops. */
uint64_t supervise_stop_next(const struct supervisor *s);

#endif
