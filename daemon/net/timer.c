/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/timer.h"

#include <stdlib.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "util/clock.h"
#include "util/mem.h"

/* libevent's clock stands still in suspend and ours does not: look again at
 * least this often. */
#define LONGEST_WAIT_MS 60000

struct timer {
	struct event ev;
	uint64_t deadline_ms;
	void (*fn)(void *arg);
	void *arg;
};

static void arm(struct timer *t)
{
	uint64_t now_ms = clock_mono_ms();
	uint64_t wait_ms = 0;
	struct timeval tv;

	if (t->deadline_ms > now_ms)
		wait_ms = t->deadline_ms - now_ms;
	if (wait_ms > LONGEST_WAIT_MS)
		wait_ms = LONGEST_WAIT_MS;
	tv.tv_sec = (time_t)(wait_ms / 1000);
	tv.tv_usec = (suseconds_t)(wait_ms % 1000 * 1000);
	evtimer_add(&t->ev, &tv);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;

	(void)fd;
	(void)what;
	if (clock_mono_ms() < t->deadline_ms) {
		arm(t);
		return;
	}
	t->deadline_ms = TIMER_NEVER;
	t->fn(t->arg);
}

struct timer *timer_new(struct event_base *base, void (*fn)(void *arg),
			void *arg)
{
	struct timer *t = xcalloc(1, sizeof(*t));

	t->deadline_ms = TIMER_NEVER;
	t->fn = fn;
	t->arg = arg;
	evtimer_assign(&t->ev, base, on_time, t);
	return t;
}

void timer_free(struct timer *t)
{
	if (!t)
		return;
	evtimer_del(&t->ev);
	free(t);
}

void timer_set_ms(struct timer *t, uint64_t deadline_ms)
{
	t->deadline_ms = deadline_ms;
	if (deadline_ms == TIMER_NEVER)
		evtimer_del(&t->ev);
	else
		arm(t);
}

uint64_t timer_get_ms(const struct timer *t)
{
	return t->deadline_ms;
}
