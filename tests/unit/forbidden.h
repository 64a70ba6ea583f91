/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * forbidden - what somebody who has taken over a process would try, each as
 * a function that returns 0 if it worked and errno if not.
 */
#ifndef TESTS_UNIT_FORBIDDEN_H
#define TESTS_UNIT_FORBIDDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Made ready before the sandbox closes. */
struct victim {
	pid_t pid;	     /* a process of the same user, outside */
	int tcp;	     /* an unconnected TCP socket */
	int listener;	     /* where it could connect to */
	int net_ns;	     /* a descriptor of the first network namespace */
	int file;	     /* an open file in the data folder */
	char inside[128];    /* a file in the data folder */
	char outside[128];   /* a file elsewhere that it owns */
	char elsewhere[128]; /* a folder elsewhere that it owns */
	int bus_listener;    /* at bus, of the same user */
	char bus[108];
};

struct attempt {
	const char *name;
	int (*run)(const struct victim *v);
	bool needs_landlock; /* closed by Landlock alone (core) */
};

extern const struct attempt attempts[];
extern const size_t attempt_count;

#endif
