/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/lookups.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

struct lookup {
	struct list_node node;
	char onion[ONION_NAME + 1];
	struct lookup_handler h;
	uint64_t until_ms; /* 0: it has ended */
	enum err result;   /* if nothing more is heard */
	unsigned misses;   /* directories that do not have it */
	bool is_asking;	   /* tor is to ask one more */
};

static struct lookup *of_node(struct list_node *n)
{
	return list_entry(n, struct lookup, node);
}

void lookups_init(struct lookups *t)
{
	list_init(&t->all);
}

static void drop(struct lookup *l)
{
	list_take(&l->node);
	free(l);
}

void lookups_clear(struct lookups *t)
{
	while (!list_is_empty(&t->all))
		drop(of_node(t->all.head.next));
}

void lookups_put(struct lookups *t, const char *onion, struct lookup_handler h,
		 uint64_t now_ms)
{
	struct lookup *l = xcalloc(1, sizeof(*l));

	memcpy(l->onion, onion, sizeof(l->onion));
	l->h = h;
	l->until_ms = now_ms + LOOKUP_LIMIT_MS;
	l->is_asking = true;
	list_put_last(&t->all, &l->node);
}

void lookups_cancel(struct lookups *t, const void *arg)
{
	struct list_node *n, *next;

	list_for_each_safe (n, next, &t->all)
		if (of_node(n)->h.arg == arg)
			drop(of_node(n));
}

/* What one directory had, or that none is left. */
static void take(struct lookup *l, const struct control_event *ev)
{
	if (ev->kind == EVENT_DESC_RECEIVED) {
		l->result = OK;
		l->until_ms = 0;
	} else if (strcmp(ev->reason, "NOT_FOUND") == 0) {
		l->result = ERR_NOT_FOUND;
		l->is_asking = ++l->misses < LOOKUP_DIRECTORIES;
		if (!l->is_asking)
			l->until_ms = 0;
	} else {
		l->until_ms = 0;
	}
}

bool lookups_on_event(struct lookups *t, const struct control_event *ev)
{
	struct list_node *n;
	bool is_any = false;

	if (ev->kind != EVENT_DESC_RECEIVED && ev->kind != EVENT_DESC_MISSED)
		return false;
	list_for_each (n, &t->all)
		if (strcmp(of_node(n)->onion, ev->onion) == 0) {
			take(of_node(n), ev);
			is_any = true;
		}
	return is_any;
}

const char *lookups_ask(struct lookups *t)
{
	struct list_node *n;

	list_for_each (n, &t->all) {
		struct lookup *l = of_node(n);

		if (!l->is_asking)
			continue;
		l->is_asking = false;
		return l->onion;
	}
	return NULL;
}

void lookups_give_up(struct lookups *t)
{
	struct list_node *n;

	list_for_each (n, &t->all)
		of_node(n)->until_ms = 0;
}

void lookups_fail(struct lookups *t)
{
	struct list_node *n;

	list_for_each (n, &t->all) {
		of_node(n)->until_ms = 0;
		of_node(n)->result = ERR_CLOSED;
	}
}

static struct lookup *find_ended(const struct lookups *t, uint64_t now_ms)
{
	struct list_node *n;

	list_for_each (n, &t->all)
		if (of_node(n)->until_ms <= now_ms)
			return of_node(n);
	return NULL;
}

uint64_t lookups_tell(struct lookups *t, uint64_t now_ms)
{
	uint64_t at_ms = UINT64_MAX;
	struct list_node *n;
	struct lookup *l;

	while ((l = find_ended(t, now_ms))) {
		struct lookup_handler h = l->h;
		enum err e = l->result;

		drop(l);
		h.done(h.arg, e);
	}
	list_for_each (n, &t->all)
		if (of_node(n)->until_ms < at_ms)
			at_ms = of_node(n)->until_ms;
	return at_ms;
}
