/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/seen.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"

void seen_drop(struct bytes *b)
{
	free((void *)(uintptr_t)b->p);
	*b = bytes_of(NULL, 0);
}

struct bytes seen_keep(struct bytes b)
{
	return bytes_of(b.n ? xmemdup(b.p, b.n) : NULL, b.n);
}

void changes_clone(struct changes *c)
{
	size_t i;

	c->seen = xmemdup(c->seen, c->seen_count * sizeof(*c->seen));
	c->seen_cap = c->seen_count;
	c->parked = xmemdup(c->parked, c->parked_count * sizeof(*c->parked));
	c->threads = xmemdup(c->threads, c->thread_count * sizeof(*c->threads));
	for (i = 0; i < c->seen_count; i++)
		c->seen[i].text = seen_keep(c->seen[i].text);
	for (i = 0; i < c->parked_count; i++)
		c->parked[i].change.body = seen_keep(c->parked[i].change.body);
	for (i = 0; i < c->thread_count; i++)
		c->threads[i].set.draft = seen_keep(c->threads[i].set.draft);
}

void changes_free(struct changes *c)
{
	size_t i;

	for (i = 0; i < c->seen_count; i++)
		seen_drop(&c->seen[i].text);
	for (i = 0; i < c->parked_count; i++)
		seen_drop(&c->parked[i].change.body);
	for (i = 0; i < c->thread_count; i++)
		seen_drop(&c->threads[i].set.draft);
	free(c->seen);
	free(c->parked);
	free(c->threads);
}

void parked_take(struct changes *c, size_t i)
{
	seen_drop(&c->parked[i].change.body);
	c->parked_count--;
	memmove(&c->parked[i], &c->parked[i + 1],
		(c->parked_count - i) * sizeof(*c->parked));
}

bool changes_has_work(const struct changes *c)
{
	size_t i;

	for (i = 0; i < c->thread_count; i++)
		if (c->threads[i].cleared_order > 0)
			return true;
	return c->removed_lots > 0;
}

void changes_sweep_thread(struct changes *c, struct thread *t)
{
	size_t i, n = 0;

	for (i = 0; i < c->seen_count && n < SWEEP_MAX; i++) {
		struct seen *s = &c->seen[i];

		if (!s->unswept ||
		    !uid_is_equal(&s->contact_id, &t->contact_id))
			continue;
		s->unswept = false;
		n++;
	}
	if (n < SWEEP_MAX)
		t->cleared_order = 0;
}

void changes_sweep(struct changes *c)
{
	struct thread *first = NULL;
	size_t i;

	for (i = 0; i < c->thread_count; i++) {
		struct thread *t = &c->threads[i];

		if (t->cleared_order > 0 &&
		    (!first || t->cleared_order < first->cleared_order))
			first = t;
	}
	if (first)
		changes_sweep_thread(c, first);
	else if (c->removed_lots > 0)
		c->removed_lots--;
}

static void forget_thread(struct changes *c, const struct uid *contact_id)
{
	struct thread *t = thread_find(c, contact_id);

	if (!t)
		return;
	seen_drop(&t->set.draft);
	*t = c->threads[--c->thread_count];
}

void changes_forget(struct changes *c, const struct uid *contact_id)
{
	size_t i, kept = 0;

	for (i = c->parked_count; i-- > 0;)
		if (uid_is_equal(&c->parked[i].change.contact_id, contact_id))
			parked_take(c, i);
	for (i = 0; i < c->seen_count; i++) {
		if (uid_is_equal(&c->seen[i].contact_id, contact_id))
			seen_drop(&c->seen[i].text);
		else
			c->seen[kept++] = c->seen[i];
	}
	c->seen_count = kept;
	forget_thread(c, contact_id);
}

struct seen *seen_add(struct changes *c, const struct message_row *m)
{
	struct seen *s;

	if (c->seen_count == c->seen_cap) {
		c->seen_cap = 2 * c->seen_cap + 16;
		c->seen = xrealloc(c->seen, c->seen_cap * sizeof(*c->seen));
	}
	s = &c->seen[c->seen_count++];
	memset(s, 0, sizeof(*s));
	s->contact_id = m->contact_id;
	s->mid = m->mid;
	s->order = ++c->order;
	return s;
}

void parked_add(struct changes *c, const struct change_row *row)
{
	size_t i, count = 0, oldest = SIZE_MAX;

	for (i = c->parked_count; i-- > 0;) {
		if (!uid_is_equal(&c->parked[i].change.contact_id,
				  &row->contact_id))
			continue;
		count++;
		oldest = i;
	}
	if (count >= PARKED_MAX)
		parked_take(c, oldest);
	c->parked =
	    xrealloc(c->parked, (c->parked_count + 1) * sizeof(*c->parked));
	c->parked[c->parked_count].change = *row;
	c->parked[c->parked_count].change.body = seen_keep(row->body);
	c->parked[c->parked_count++].parked_ms = c->wall_ms;
}

struct thread *thread_find(const struct changes *c,
			   const struct uid *contact_id)
{
	size_t i;

	for (i = 0; i < c->thread_count; i++)
		if (uid_is_equal(&c->threads[i].contact_id, contact_id))
			return &c->threads[i];
	return NULL;
}

struct thread *thread_add(struct changes *c, const struct uid *contact_id)
{
	struct thread *t;

	c->threads =
	    xrealloc(c->threads, (c->thread_count + 1) * sizeof(*c->threads));
	t = &c->threads[c->thread_count++];
	memset(t, 0, sizeof(*t));
	t->contact_id = *contact_id;
	t->activity = c->order;
	t->last_ms = c->wall_ms;
	return t;
}

bool thread_set(struct thread *t, const struct cmd_conversation_set *set)
{
	struct cmd_conversation_set *now = &t->set;
	bool changed = false;

	if (set->fields & CONVERSATION_MUTED) {
		changed |= now->muted_until_ms != set->muted_until_ms;
		now->muted_until_ms = set->muted_until_ms;
	}
	if (set->fields & CONVERSATION_ARCHIVED) {
		changed |= now->archived != set->archived;
		now->archived = set->archived;
	}
	if (set->fields & CONVERSATION_PINNED) {
		changed |= now->pinned != set->pinned;
		now->pinned = set->pinned;
	}
	if (set->fields & CONVERSATION_DRAFT) {
		changed |= !bytes_equal(now->draft, set->draft);
		seen_drop(&now->draft);
		now->draft = seen_keep(set->draft);
	}
	return changed;
}
