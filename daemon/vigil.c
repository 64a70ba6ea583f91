/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vigil.h"

/* A disk may be slow for long; a person waits no longer than this. */
#define HANG_MS 60000
/* From its start to the first word, with many users on a slow disk. */
#define READY_MS 120000

void vigil_init(struct vigil *v, uint64_t watchdog_ms)
{
	/* Half of it for one who hangs, so that he is killed and back before
	 * the other half is over. */
	*v = (struct vigil){.hang_ms = watchdog_ms ? watchdog_ms / 2 : HANG_MS};
	v->ask_ms = v->hang_ms / 4;
	v->pet_ms = watchdog_ms / 4;
}

void vigil_turn(struct vigil *v, uint64_t now_ms)
{
	v->was_away = v->turn_ms && now_ms > v->turn_ms + 2 * v->ask_ms;
	v->turn_ms = now_ms;
}

void vigil_saw(struct child *c, uint64_t now_ms)
{
	c->life_ms = now_ms;
	c->asked_ms = 0;
}

bool vigil_ask(const struct vigil *v, struct child *c, uint64_t now_ms)
{
	if (c->pid <= 0 || c->kill_ms)
		return false;
	if (!c->is_ready)
		return now_ms >= c->started_ms + READY_MS;
	/* It may have been away with us: it has its time anew. */
	if (c->asked_ms && v->was_away)
		c->asked_ms = now_ms;
	if (c->asked_ms)
		return now_ms >= c->asked_ms + v->hang_ms - v->ask_ms;
	if (now_ms >= c->life_ms + v->ask_ms) {
		c->asked_ms = now_ms;
		child_tell(c, VIGIL_ASK, 1, -1);
	}
	return false;
}

static bool is_alive(const struct vigil *v, const struct child *c,
		     uint64_t now_ms)
{
	return c->life_ms && now_ms < c->life_ms + v->hang_ms;
}

void vigil_pet(struct vigil *v, const struct child *core,
	       const struct child *httpd, const struct notify *n,
	       uint64_t now_ms)
{
	if (!v->pet_ms || now_ms < v->next_pet_ms)
		return;
	v->next_pet_ms = now_ms + v->pet_ms;
	if (is_alive(v, core, now_ms) && is_alive(v, httpd, now_ms))
		notify_send(n, "WATCHDOG=1");
}

uint64_t vigil_next(const struct vigil *v, const struct child *c)
{
	uint64_t next = v->pet_ms ? v->next_pet_ms : UINT64_MAX;
	uint64_t then;

	if (c->pid <= 0 || c->kill_ms)
		return next;
	if (!c->is_ready)
		then = c->started_ms + READY_MS;
	else if (c->asked_ms)
		then = c->asked_ms + v->hang_ms - v->ask_ms;
	else
		then = c->life_ms + v->ask_ms;
	return then < next ? then : next;
}
