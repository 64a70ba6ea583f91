/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/queue.h"

/* Of knocks that are stored: what the disk and the user bear. */
static const struct budget_rate stored_rate = {1, 5000, 200};

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
		struct invitee *v = invitee_at(i);

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

void queue_open(struct node *n)
{
	budget_init(&n->door.stored, &stored_rate, n->now_ms);
}

bool queue_pay(struct node *n, uint64_t now_ms)
{
	struct budget *b = &n->door.stored;

	if (budget_ready_ms(b, &stored_rate, 1) > now_ms)
		return false;
	budget_spend(b, &stored_rate, 1, now_ms);
	return true;
}
