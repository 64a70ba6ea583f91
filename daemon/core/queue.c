/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/queue.h"

enum {
	STORED_BURST = 200, /* requests at once */
	STORED_GAP_MS = 5000,
};

static bool is_like(const struct request_row *a, const struct request_row *b)
{
	return (a->origin == REQUEST_AT_DOOR) == (b->origin == REQUEST_AT_DOOR);
}

struct queue queue_like(const struct node *n, const struct request_row *row,
			enum request_state state)
{
	struct queue q = {0};
	struct list_node *i;

	list_for_each (i, &n->invitees) {
		struct invitee *v = list_entry(i, struct invitee, in_node);

		if (v->row.state != state || !is_like(&v->row, row))
			continue;
		q.count++;
		q.by_introducer +=
		    uid_is_equal(&v->row.introducer, &row->introducer);
		if (!q.oldest)
			q.oldest = v;
		if (!q.least || v->row.work <= q.least->row.work)
			q.least = v;
	}
	return q;
}

bool queue_is_full(const struct queue *q)
{
	return q->count >= REQUESTS_IN_MAX;
}

/* PROTOCOL 9.2: A door names a higher difficulty when many requests wait:
 * where the queue is full, at least one bit more than the least work in it,
 * within the limit that the door's user allows. */
uint8_t queue_difficulty(const struct node *n)
{
	const struct request_row row = {.origin = REQUEST_AT_DOOR};
	struct queue q = queue_like(n, &row, REQUEST_PENDING);
	unsigned bits = n->self.difficulty, most = bits + DIFFICULTY_RISE;

	if (most > DIFFICULTY_MAX)
		most = DIFFICULTY_MAX;
	if (queue_is_full(&q) && q.least->row.work + 1u > bits)
		bits = q.least->row.work + 1u;
	return (uint8_t)(bits < most ? bits : most);
}

/* What was stored is paid for one by one, and nobody lends us more than a
 * burst. */
bool queue_pay(struct node *n, uint64_t now_ms)
{
	struct door *d = &n->door;

	if (d->paid_ms < now_ms)
		d->paid_ms = now_ms;
	if (d->paid_ms - now_ms > (uint64_t)(STORED_BURST - 1) * STORED_GAP_MS)
		return false;
	d->paid_ms += STORED_GAP_MS;
	return true;
}
