/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * loop - an event loop for a test, run until something is so.
 *
 * One generous limit for all; nothing ever sleeps.
 */
#ifndef TESTS_UNIT_LOOP_H
#define TESTS_UNIT_LOOP_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "tests/unit/check.h"
#include "util/clock.h"

#define LOOP_LIMIT_MS 60000

struct loop {
	struct event_base *base;
	char dir[32]; /* a folder of its own, with a short path */
};

static inline void loop_init(struct loop *l)
{
	l->base = event_base_new();
	assert_non_null(l->base);
	snprintf(l->dir, sizeof(l->dir), "/tmp/uXXXXXX");
	assert_non_null(mkdtemp(l->dir));
}

/* The folder must be empty again. */
static inline void loop_clear(struct loop *l)
{
	event_base_free(l->base);
	assert_int_equal(rmdir(l->dir), 0);
}

static inline void loop_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static inline void loop_until(struct loop *l, bool (*is_so)(void *), void *arg)
{
	uint64_t end_ms = clock_mono_ms() + LOOP_LIMIT_MS;
	struct timeval second = {1, 0};
	struct event *tick =
	    event_new(l->base, -1, EV_PERSIST, loop_tick, NULL);

	/* So that the limit is looked at though nothing happens. */
	event_add(tick, &second);
	while (!is_so(arg)) {
		assert_true(clock_mono_ms() < end_ms);
		event_base_loop(l->base, EVLOOP_ONCE);
	}
	event_free(tick);
}

/* What is ready now, and what that makes ready. */
static inline void loop_settle(struct loop *l)
{
	int i;

	for (i = 0; i < 8; i++)
		event_base_loop(l->base, EVLOOP_NONBLOCK);
}

static inline const char *loop_path(const struct loop *l, const char *name,
				    char path[108])
{
	snprintf(path, 108, "%s/%s", l->dir, name);
	return path;
}

#endif
