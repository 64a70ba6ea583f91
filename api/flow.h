/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flow - a long body that comes, or a long answer that goes, in pieces.
 *
 * Never more than one piece is held: what comes is taken at once, and what
 * goes is read when the sink has little left.  A flow ends with its client,
 * its user or its session.
 */
#ifndef API_FLOW_H
#define API_FLOW_H

#include "api/request.h"

enum { FLOW_PIECE = 32768 };

struct flow_kind {
	/* A body that comes: NULL, or the answer that ends it.  end() may say
	 * reply_later(), and flow_answer() follows. */
	struct reply *(*take)(struct request *r, void *ctx, struct bytes piece);
	struct reply *(*end)(struct request *r, void *ctx);
	/* An answer that goes: the next n bytes. */
	enum err (*read)(void *ctx, uint8_t *out, size_t n);
	/* Once, when it is over. */
	void (*drop)(void *ctx);
};

/* Of a BODY_RAW route: the body goes to kind, and ctx is its own. */
struct reply *flow_in(struct request *r, const struct flow_kind *kind,
		      void *ctx);
/* Answers with so many bytes from kind; the reply's body is empty. */
struct reply *flow_out(struct request *r, struct reply *reply,
		       const struct flow_kind *kind, void *ctx, uint64_t bytes);

/* Of a body: nothing more of it comes while it is on. */
void flow_hold(struct request *r, bool on);
/* Ends it, before its time too. */
void flow_answer(struct request *r, struct reply *reply);

/* Called by entry.c. */
void flow_take(struct request *r, struct bytes piece);
void flow_end(struct request *r);
void flow_drained(struct request *r);
void flow_free(struct request *r);

/* The user was locked. */
void flow_end_user(struct api *a, const struct uid *user);
/* Those whose credentials are over. */
void flow_end_dead(struct api *a);
uint64_t flow_deadline(const struct api *a);
void flow_tick(struct api *a);

#endif
