/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * supervise_plan - what supervise.h starts, and whom it asks.
 */
#ifndef DAEMON_SUPERVISE_PLAN_H
#define DAEMON_SUPERVISE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guests.h"
#include "notify.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/log_level.h"

#define SUPERVISE_FDS_MAX 2
/* A child that is never told to start again says so by this status. */
#define SUPERVISE_REFUSED 2
/* RUN is gone, and all was stopped for that: begin anew. */
#define SUPERVISE_AGAIN -1

enum supervise_role {
	SUPERVISE_BROKER,
	SUPERVISE_CORE,
	SUPERVISE_HTTPD,
	SUPERVISE_TOR, /* knows no letters; stopped by SIGTERM */
	SUPERVISE_HOOKS,
	SUPERVISE_WEBHOOKS,
	SUPERVISE_ROLES,
};

/* Borrowed.  All but tor find their end of the control channel as
 * descriptor 3, what is in fds after it. */
struct supervise_child {
	const char *name;
	const char *path; /* NULL: there is none in this role */
	char *const *argv;
	/* As a unit of systemd (launch.h): its socket in the folder of units,
	 * and what it is told; NULL: argv. */
	const char *unit;
	char *const *unit_words;
	int fds[SUPERVISE_FDS_MAX];
	size_t fd_count;
	bool on_demand; /* started when the core asks for it */
	/* What it prints, as it comes; or NULL: it goes where ours goes. */
	void (*hear)(void *arg, struct bytes text);
	void *hear_arg;
	/* In the child, last of all before its exec; or NULL.  One that does
	 * not come back is the child. */
	bool (*prepare)(void *arg);
	void *arg;
};

/* What a configuration that was read again asks for. */
struct supervise_news {
	enum log_level log_level;
	const void *text; /* for the core, a 'G'; borrowed until the next one */
	size_t n;
	bool hooks; /* others: the plan has them */
	bool tor;   /* to be started again */
};

/* What child[].path and argv lead to may change in reload(). */
struct supervise_plan {
	struct supervise_child child[SUPERVISE_ROLES];
	const char *secret; /* the admin's, for the core */
	const char *where;  /* for the log: what it listens on */
	const char *units;  /* the folder of their sockets; NULL: fork */
	const struct notify *notify;
	/* Whose connections go to httpd; borrowed. */
	const struct guests *guests;
	/* Called once, when stopping begins. */
	void (*withdraw)(void *arg);
	/* Asked now and then: is RUN as it was made?  NULL: it is. */
	bool (*is_whole)(void *arg);
	/* Of tor's bridges (tor/bridges.h), as texts: what a new core is told,
	 * and what a core asks for, after which tor is started again.  NULL:
	 * there is no tor of ours. */
	size_t (*put_bridges)(void *arg, char *out);
	size_t (*put_transports)(void *arg, char *out);
	enum err (*set_bridges)(void *arg, struct bytes text);
	/* SIGHUP: reads the configuration; an error, which it has logged,
	 * changes nothing.  NULL: the signal has no effect. */
	enum err (*reload)(void *arg, struct supervise_news *news);
	void *arg;
};

#endif
