/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * plan - which processes a daemon has, and how each is started: what main.c
 * says and supervise.c does.
 */
#ifndef DAEMON_PLAN_H
#define DAEMON_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "guests.h"
#include "notify.h"
#include "util/buf.h"
#include "util/err.h"

#define SUPERVISE_FDS_MAX 2
/* A child that is never told to start again says so by this status. */
#define SUPERVISE_REFUSED 2

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
	/* In the child, last of all before its exec; or NULL.  One that does
	 * not come back is the child. */
	bool (*prepare)(void *arg);
	void *arg;
};

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
	/* Of tor's bridges (tor/bridges.h), as texts: what a new core is told,
	 * and what a core asks for, after which tor is started again.  NULL:
	 * there is no tor of ours. */
	size_t (*put_bridges)(void *arg, char *out);
	size_t (*put_transports)(void *arg, char *out);
	enum err (*set_bridges)(void *arg, struct bytes text);
	void *arg;
};

#endif
