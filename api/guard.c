/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/guard.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

enum {
	MINUTE_MS = 60 * 1000,
	FREE_FAILURES = 5,
	PAUSE_MAX_MS = 5 * MINUTE_MS,
	FORGET_MS = 60 * MINUTE_MS,
};

/* No time is that early. */
const struct uid guard_link = {.b = {[15] = 1}};
const struct uid guard_login = {.b = {[15] = 2}};

struct guard_row {
	struct guard_key key;
	unsigned failed;  /* since first_ms, or in a row once paused */
	unsigned running; /* attempts without a result */
	uint64_t first_ms, last_ms;
	uint64_t pause_ms; /* 0: not yet */
};

bool bucket_take(struct bucket *b, unsigned per_minute, uint64_t now_ms,
		 uint64_t *wait_ms)
{
	uint64_t full = (uint64_t)per_minute * MINUTE_MS, back;

	if (per_minute == 0)
		return true;
	back = now_ms - b->at_ms;
	back = back >= MINUTE_MS ? full : back * per_minute;
	b->spent = b->spent > back ? b->spent - back : 0;
	b->at_ms = now_ms;
	if (b->spent + MINUTE_MS > full) {
		uint64_t over = b->spent + MINUTE_MS - full;

		*wait_ms = (over + per_minute - 1) / per_minute;
		return false;
	}
	b->spent += MINUTE_MS;
	return true;
}

static struct guard_row *find(struct guard *g, const struct guard_key *key)
{
	for (unsigned i = 0; i < g->count; i++)
		if (memcmp(&g->rows[i].key, key, sizeof(*key)) == 0)
			return &g->rows[i];
	return NULL;
}

/* How long the row is closed yet; old failures are forgotten. */
static uint64_t closed_for(struct guard_row *row, uint64_t now_ms)
{
	uint64_t end_ms = row->last_ms + row->pause_ms;

	if (row->pause_ms) {
		if (now_ms >= row->last_ms + FORGET_MS) {
			row->pause_ms = 0;
			row->failed = 0;
			return 0;
		}
		return now_ms < end_ms ? end_ms - now_ms : 0;
	}
	if (row->failed && now_ms - row->first_ms >= MINUTE_MS)
		row->failed = 0;
	return 0;
}

/* One that has nothing to remember any more; NULL if there is none. */
static struct guard_row *find_spare(struct guard *g, uint64_t now_ms)
{
	for (unsigned i = 0; i < g->count; i++) {
		struct guard_row *row = &g->rows[i];

		if (row->running == 0 && closed_for(row, now_ms) == 0 &&
		    row->failed == 0 && row->pause_ms == 0)
			return row;
	}
	return NULL;
}

static struct guard_row *find_or_add(struct guard *g,
				     const struct guard_key *key,
				     uint64_t now_ms)
{
	struct guard_row *row = find(g, key);

	if (row)
		return row;
	row = find_spare(g, now_ms);
	if (!row && g->count == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 8;
		g->rows = xrealloc(g->rows, g->cap * sizeof(*g->rows));
	}
	if (!row)
		row = &g->rows[g->count++];
	*row = (struct guard_row){.key = *key};
	return row;
}

void guard_init(struct guard *g)
{
	*g = (struct guard){0};
}

void guard_clear(struct guard *g)
{
	free(g->rows);
	guard_init(g);
}

bool guard_start(struct guard *g, const struct guard_key *key, uint64_t now_ms,
		 uint64_t *wait_ms)
{
	struct guard_row *row = find_or_add(g, key, now_ms);
	uint64_t closed_ms = closed_for(row, now_ms);
	unsigned allowed = row->pause_ms ? 1 : FREE_FAILURES - row->failed;

	if (closed_ms || row->running >= allowed) {
		*wait_ms = closed_ms ? closed_ms : 1000;
		return false;
	}
	row->running++;
	return true;
}

void guard_end(struct guard *g, const struct guard_key *key, uint64_t now_ms,
	       enum guard_result result)
{
	struct guard_row *row = find(g, key);

	if (!row || !row->running)
		return;
	row->running--;
	if (result == GUARD_RIGHT) {
		row->failed = 0;
		row->pause_ms = 0;
	}
	if (result != GUARD_WRONG)
		return;
	if (row->failed == 0)
		row->first_ms = now_ms;
	row->last_ms = now_ms;
	if (row->pause_ms)
		row->pause_ms *= 2;
	else if (++row->failed >= FREE_FAILURES)
		row->pause_ms = MINUTE_MS;
	if (row->pause_ms > PAUSE_MAX_MS)
		row->pause_ms = PAUSE_MAX_MS;
}
