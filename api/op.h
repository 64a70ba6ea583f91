/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * op - something the shell was asked for, and the requests that wait for it.
 *
 * It outlives its requests: a client that goes away cancels nothing that was
 * begun.
 */
#ifndef API_OP_H
#define API_OP_H

#include "api/guard.h"
#include "api/request.h"

enum op_kind { OP_COMMAND, OP_KDF, OP_LOCK };

/* Called once for each request that waits, in the order they came. */
typedef struct reply *op_then_fn(struct request *r, const struct op *op,
				 enum err e);
/* Called once, before that, whether anybody waits or not. */
typedef void op_settle_fn(struct api *a, const struct op *op, enum err e);

struct op {
	struct list_node node;
	uint64_t ticket;
	enum op_kind kind;
	struct uid user;
	struct uid object; /* what is made or changed */
	/* Of a send, place: its conversation; of what makes of a message
	 * another one both are its id. */
	struct uid client_id, place;
	struct guard_key guard; /* of an unlock */
	op_then_fn *then;
	op_settle_fn *settle;	   /* or NULL */
	op_settle_fn *settle_more; /* called by settle; or NULL */
	struct request *first;	   /* who began it; NULL once gone */
	struct list waiters;
};

/* Key derivations that wait or run; the last places are for who may do more, so
 * that whoever guesses keeps nobody out who has a better right to come in. */
enum { OPS_KDF_MAX = 8, OPS_KDF_TOKEN = 6, OPS_KDF_LOGIN = 4 };

/* A new ticket, for which r waits.  After handing it to a port, do not touch
 * op any more: it may be over. */
struct op *op_new(struct request *r, enum op_kind kind, op_then_fn *then);
/* What is on its way with these two, or NULL. */
struct op *op_find(struct api *a, struct uid user, struct uid place,
		   struct uid client_id);
/* Another request waits too. */
void op_join(struct op *op, struct request *r);
/* The request does not wait any more. */
void op_leave(struct request *r);
/* Ends all commands of a user. */
void op_fail_user(struct api *a, struct uid user, enum err e);
void op_free_all(struct api *a);

/* Submits ev for the user of the path with op's ticket. */
struct reply *op_submit(struct request *r, struct op *op, struct event *ev);

#endif
