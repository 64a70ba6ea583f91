/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/idle.h"

#include <stdlib.h>

#include "api/flow.h"
#include "api/job.h"
#include "api/state.h"
#include "util/mem.h"

struct idle_row {
	struct uid user;
	uint64_t used_ms;  /* monotonic */
	uint64_t limit_ms; /* how long he may be unused */
};

static struct idle_row *find(const struct api *a, const struct uid *user)
{
	for (size_t i = 0; i < a->idle_count; i++)
		if (uid_is_equal(&a->idle[i].user, user))
			return &a->idle[i];
	return NULL;
}

void idle_touch(struct api *a, const struct uid *user)
{
	struct idle_row *row = find(a, user);

	if (row)
		row->used_ms = api_mono_ms(a);
}

struct refresh {
	struct api *api;
	struct idle_row *rows;
	size_t count;
};

static bool take_user(void *ctx, const struct api_user *u)
{
	struct refresh *f = ctx;
	const struct idle_row *old = find(f->api, &u->id);

	if (u->state != API_USER_UNLOCKED || u->lock_after_minutes == 0)
		return true;
	f->rows = xrealloc(f->rows, (f->count + 1) * sizeof(*f->rows));
	f->rows[f->count++] = (struct idle_row){
	    .user = u->id,
	    .used_ms = old ? old->used_ms : api_mono_ms(f->api),
	    .limit_ms = (uint64_t)u->lock_after_minutes * 60000,
	};
	return true;
}

void idle_refresh(struct api *a)
{
	struct refresh f = {.api = a};

	a->ports.users_each(a->ports.ctx, take_user, &f);
	idle_clear(a);
	a->idle = f.rows;
	a->idle_count = f.count;
}

uint64_t idle_deadline(const struct api *a)
{
	uint64_t due_ms = UINT64_MAX;

	for (size_t i = 0; i < a->idle_count; i++) {
		const struct idle_row *row = &a->idle[i];

		if (row->used_ms + row->limit_ms < due_ms)
			due_ms = row->used_ms + row->limit_ms;
	}
	return due_ms;
}

/* One who is due; NULL if there is none. */
static struct idle_row *find_due(struct api *a, uint64_t now_ms)
{
	for (size_t i = 0; i < a->idle_count; i++) {
		struct idle_row *row = &a->idle[i];

		if (flow_is_of_user(a, &row->user) ||
		    jobs_are_running_of(a, &row->user))
			row->used_ms = now_ms;
		if (row->used_ms + row->limit_ms <= now_ms)
			return row;
	}
	return NULL;
}

/* Locking one changes the rows. */
void idle_tick(struct api *a)
{
	uint64_t now_ms = api_mono_ms(a);
	struct idle_row *row;

	while ((row = find_due(a, now_ms))) {
		struct uid user = row->user;

		*row = a->idle[--a->idle_count];
		a->ports.user_lock(a->ports.ctx, 0, user);
	}
}

void idle_clear(struct api *a)
{
	free(a->idle);
	a->idle = NULL;
	a->idle_count = 0;
}
