/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * queue - requests that wait for our user: how many, at what price the next
 * one is taken, and how fast.
 *
 * Only looks and counts; wishes.c puts them there and takes them away.
 */
#ifndef CORE_QUEUE_H
#define CORE_QUEUE_H

#include "core/state.h"

struct queue {
	size_t count;
	size_t by_introducer; /* of these, by the one who introduces row */
	struct invitee *oldest;
	struct invitee *least; /* with the least work; the newest of these */
};

/* Those in that state that came in the same way as row: at the door, or by a
 * contact. */
struct queue queue_like(const struct node *n, const struct request_row *row,
			enum request_state state);
bool queue_is_full(const struct queue *q);

/* Bits of work that a knock must have now. */
uint8_t queue_difficulty(const struct node *n);
/* At the start: nothing is paid yet. */
void queue_open(struct node *n);
/* One more request is to be stored; false: too many were, of late. */
bool queue_pay(struct node *n, uint64_t now_ms);

#endif
