/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * consumer - named readers of a user's journal: up to which event each is
 * done.
 *
 * A place never goes back, nor beyond the newest event, and the journal keeps
 * what a consumer has not come to (save_journal.c says for how long).  Names
 * with a ':' are the daemon's own, for webhooks and hooks: they are in no
 * list and do not count.  Whether a name is one that a client may give is for
 * the caller to see.  What changes something is a transaction of its own
 * (never inside store_begin()), durable when it returns OK.  All of them also
 * return what store_commit() does.
 */
#ifndef STORE_CONSUMER_H
#define STORE_CONSUMER_H

#include "store/query.h"

enum {
	CONSUMER_NAME_MAX = 64, /* bytes */
	CONSUMERS_MAX = 64,	/* of a user, without the daemon's own */
};

struct consumer_name {
	char s[CONSUMER_NAME_MAX + 1];
};

struct consumer_info {
	uint64_t id; /* its place in the list; never used again */
	struct consumer_name name;
	uint64_t acked; /* the newest event it is done with; 0: none yet */
	uint64_t created_ms, updated_ms;
};

/* ERR_NOT_FOUND. */
enum err consumer_find(struct store *s, const struct consumer_name *name,
		       struct consumer_info *out) MUST_CHECK;

/* It is done with all events up to seq: its place then is in *out.  Less than
 * its place changes nothing.  One that is not there is made; if seq is 0 it
 * begins with the oldest event there is.  ERR_RANGE: there is no such event
 * yet; ERR_FULL: one too many. */
enum err consumer_ack(struct store *s, const struct consumer_name *name,
		      uint64_t seq, uint64_t wall_ms,
		      struct consumer_info *out) MUST_CHECK;

/* ERR_NOT_FOUND. */
enum err consumer_delete(struct store *s,
			 const struct consumer_name *name) MUST_CHECK;

/* In the order in which they were made, from after that id on; until fn
 * returns false. */
typedef bool consumer_fn(void *ctx, const struct consumer_info *c);
enum err consumer_list(struct store *s, uint64_t after_id, size_t limit,
		       consumer_fn *fn, void *ctx) MUST_CHECK;
/* The same of the daemon's own. */
enum err consumer_list_own(struct store *s, uint64_t after_id, size_t limit,
			   consumer_fn *fn, void *ctx) MUST_CHECK;

#endif
