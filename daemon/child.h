/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * child - one process of a daemon, as umbeld holds it: forked, or a unit of
 * systemd that umbeld has asked for (launch.h).  Knows nothing of the others;
 * supervise.c decides.
 */
#ifndef DAEMON_CHILD_H
#define DAEMON_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "supervise_plan.h"

struct child {
	const struct supervise_child *plan;
	const char *units; /* NULL: forked */
	bool has_ctl;	   /* speaks the letters of doc/INTERNAL.md */
	/* 0: not running; -1: a unit that has not said hello yet. */
	pid_t pid;
	int pidfd;	     /* of a unit that has; -1: none */
	int ctl;	     /* -1: none */
	int out;	     /* what it prints; -1: not for us */
	uint64_t started_ms; /* the last time */
	uint64_t start_ms;   /* when to start it; 0: not planned */
	uint64_t kill_ms;    /* when to kill it; 0: not planned */
	uint64_t join_ms;    /* when to join it anew; 0: not planned */
	unsigned wait_ms;    /* before the last start */
	bool is_wanted_anew; /* we have asked it to go */
	bool is_ready;
	bool was_ready; /* at any time */
	/* Of vigil.h. */
	uint64_t life_ms;  /* when it last showed life; 0: never */
	uint64_t asked_ms; /* whether it lives; 0: it has answered */
};

void child_init(struct child *c, const struct supervise_child *plan,
		const char *units, bool has_ctl);

/* Started, and it can be told something (it has a pid): OK.  A unit that is on
 * its way: ERR_SHORT, and child_take_hello() is to follow.  Else an error, of
 * which errno tells more. */
enum err child_start(struct child *c) MUST_CHECK;
/* Its ctl can be read, and its pid is -1.  ERR_SHORT: not yet; OK: it is told
 * what to become, and has a pid.  Anything else: it is to be given up. */
enum err child_take_hello(struct child *c) MUST_CHECK;

/* One message.  An error, which is logged: it is lost.  Nobody there, or a unit
 * that has not said hello, which will be told what is in force then: OK. */
enum err child_tell(struct child *c, const void *text, size_t n, int fd);
void child_signal(const struct child *c, int number);
void child_close_ctl(struct child *c);
/* Its out can be read. */
void child_hear(struct child *c);
void child_close_out(struct child *c);
/* It is dead: nothing of it is left. */
void child_clear(struct child *c);

/* How it ended, for the log.  status: of waitpid(); -1: of a unit, which
 * systemd alone knows. */
void child_describe(char *text, size_t cap, int status);

#endif
