/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * feed - one client that reads events: a stream, or a long poll at rest.
 *
 * Where the events come from is the source's business (events.c for a user's
 * journal, daemon_events.c, all_events.c for both).  The feed keeps the place,
 * waits, paces a slow client and lets go of one that does not read.
 */
#ifndef API_FEED_H
#define API_FEED_H

#include "api/form.h"
#include "api/request.h"
#include "api/scope.h"

struct feed;

/* Appends up to limit events after f->after and moves f->after on, also over
 * events of other types, as far as f->effort goes.  *more: there are others to
 * be had at once, perhaps.
 * ERR_RANGE: some that were to come next are there no more. */
typedef enum err feed_read_fn(struct feed *f, struct jout *j, size_t limit,
			      size_t *count, bool *more);

struct feed_source {
	feed_read_fn *read;
	/* The text form of a place in it. */
	void (*put_id)(const struct feed *f, struct jout *j, const char *key,
		       uint64_t place);
};

/* Where a client wants to begin. */
struct feed_start {
	bool is_given;
	bool is_stale; /* given, but there is a gap after it */
	uint64_t after;
	uint64_t first, last; /* what there is */
};

/* How far a feed is in the journal of one user. */
struct feed_place {
	struct uid user;
	uint64_t after;
	bool is_away; /* he was locked when it was his turn */
};

struct feed {
	struct list_node node;
	struct request *r;
	const struct feed_source *source;
	struct uid user; /* zero: the daemon's events */
	bool is_all;	 /* these, and those of every user */
	/* is_all: the users so far (owned), and whose turn is next. */
	struct feed_place *places;
	size_t place_count, next_place;
	struct consumer_name consumer; /* is_all; "": none */
	struct uid gap;		       /* is_all, ERR_RANGE: in whose journal */
	struct caller caller;
	bool is_stream;
	bool is_behind; /* a stream that waits for its client, or its turn */
	bool goes_on;	/* there is more to look at, in the next turn */
	size_t effort;	/* rows of journals to look at in this one */
	uint64_t after;
	uint64_t first;	       /* first there was when it began */
	uint32_t types;	       /* bits of the source */
	uint32_t daemon_types; /* the same of the daemon's events */
	size_t limit;
	uint64_t due_ms; /* heartbeat, or end of the poll */
	unsigned stall_count;
};

/* What the query of both endpoints says. */
struct feed_query {
	struct bytes after;	       /* text; p == NULL: from now on */
	bool says_after;	       /* `after`, not only Last-Event-ID */
	struct consumer_name consumer; /* "": none */
	bool is_all;		       /* for the caller to fill in */
	uint64_t wait_ms;
	size_t limit;
	uint32_t types;
	uint32_t daemon_types; /* for the caller as well */
};

/* names: of the bits of types, by bit; NULL for one that has no name. */
void feed_read_query(struct form *f, const char *const *names, size_t count,
		     struct feed_query *out);
/* Of the types, those that the caller may read: scope_of says what each one
 * takes, SCOPE_NONE of what is no type.  NULL, or 403: none is left, or one
 * that was named is not for him. */
typedef enum scope feed_scope_fn(unsigned type);
struct reply *feed_permit(struct request *r, struct feed_query *q, size_t count,
			  feed_scope_fn *scope_of);
/* The fault of an `after` (or Last-Event-ID) that is no id. */
struct reply *feed_bad_after(struct request *r);

/* Answers now, or later; takes the source's view of where to begin. */
struct reply *feed_open(struct request *r, const struct feed_source *source,
			const struct feed_query *q,
			const struct feed_start *start);
/* One event: as a frame of a stream, or as an item.  place 0: without id. */
struct event_text {
	const char *type;
	uint64_t place, at_ms;
	struct bytes data; /* JSON */
	struct uid user;   /* zero: it is of the daemon */
};
void feed_put(const struct feed *f, struct jout *j, const struct event_text *e);
/* Sends it to one stream now, if it keeps up. */
void feed_hint(struct feed *f, const struct event_text *e);

/* There may be something new: goes on with every feed of this user (zero:
 * of the daemon), and with those of all. */
void feed_wake(struct api *a, const struct uid *user);
/* Ends the feeds of a user that was locked. */
void feed_end_locked(struct api *a, const struct uid *user);
/* Ends the feeds whose session is over. */
void feed_end_dead(struct api *a);
void feed_end_all(struct api *a);
/* The client is gone. */
void feed_free(struct request *r);
void feed_drained(struct request *r);

uint64_t feed_deadline(const struct api *a);
void feed_tick(struct api *a);

#endif
