/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * supervise_inside - what the files of supervise.h share.
 */
#ifndef DAEMON_SUPERVISE_INSIDE_H
#define DAEMON_SUPERVISE_INSIDE_H

#include <sys/types.h>

#include "supervise_plan.h"
#include "tor/bridges.h"

#define SUPERVISE_MESSAGE_MAX (1 + BRIDGES_TEXT_MAX)
/* A child that closed its end of the channel has this long to exit. */
#define SUPERVISE_LAST_WORDS_MS 1000

struct child {
	const struct supervise_child *plan;
	pid_t pid;	     /* 0: not running */
	int ctl;	     /* -1: none */
	int out;	     /* what it prints; -1: not for us */
	uint64_t started_ms; /* the last time */
	uint64_t start_ms;   /* when to start it; 0: not planned */
	uint64_t kill_ms;    /* when to kill it; 0: not planned */
	unsigned wait_ms;    /* before the last start */
	bool is_wanted_anew; /* we have asked it to go */
	bool is_ready;
	bool was_ready; /* at any time */
};

struct supervisor {
	const struct supervise_plan *plan;
	struct child child[SUPERVISE_ROLES];
	int signals;
	bool had_terminal;  /* when it was started */
	uint64_t stop_ms;   /* when stopping began; 0: it has not */
	uint64_t guests_ms; /* when to take guests again; 0: now */
	bool httpd_told, tor_told;
	bool was_ready;
	int status;
};

void supervise_tell(struct child *c, const void *text, size_t n, int fd);

/* supervise_change.c: what is changed while all of them run. */

/* To a core that is new, or after a change. */
void supervise_tell_bridges(struct supervisor *s);
/* A core asks for others. */
void supervise_take_bridges(struct supervisor *s, struct bytes text,
			    uint64_t now_ms);
/* SIGHUP. */
void supervise_reload(struct supervisor *s, uint64_t now_ms);

#endif
