/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lookout.h"

#include <stdlib.h>

#include "net/timer.h"
#include "users.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"
#include "wake.h"

#define CIRCUITS_GAP_MS (5 * 60 * 1000)

struct lookout {
	struct control *control;
	struct users *users;
	struct timer *timer;
	struct wake wake;
	uint64_t circuits_ms; /* the last time; 0: never */
};

static void look(void *ctx)
{
	struct lookout *v = ctx;
	const struct wake_clocks now = {.mono_ms = clock_mono_ms(),
					.awake_ms = clock_awake_ms(),
					.wall_ms = clock_wall_ms()};
	const char *why = wake_look(&v->wake, &now);

	if (why) {
		log_info("%s: looking whether everything can be reached", why);
		users_on_wake(v->users);
	}
	timer_set_ms(v->timer, now.mono_ms + WAKE_LOOK_MS);
}

struct lookout *lookout_new(struct event_base *base, struct control *c,
			    struct users *us)
{
	struct lookout *v = xcalloc(1, sizeof(*v));

	v->control = c;
	v->users = us;
	v->timer = timer_new(base, look, v);
	look(v);
	return v;
}

void lookout_free(struct lookout *v)
{
	if (!v)
		return;
	timer_free(v->timer);
	free(v);
}

void lookout_new_circuits(struct lookout *v)
{
	uint64_t now_ms = clock_mono_ms();

	if (v->circuits_ms && now_ms - v->circuits_ms < CIRCUITS_GAP_MS)
		return;
	if (control_new_circuits(v->control) != OK)
		return;
	v->circuits_ms = now_ms;
	log_info("a self-test failed again: tor takes new circuits");
}
