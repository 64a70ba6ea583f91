/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * all_events - GET /v1/events: what happens to the daemon, and, for who asks,
 * to all users.
 *
 * A feed of all has a place in the journal of each user whom it has met
 * unlocked.  One who is locked is passed over and keeps his place; one who
 * comes later gets one: where his consumer of that name is, or, without, at
 * his newest event.
 */
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/daemon_events.h"
#include "api/events.h"
#include "api/handlers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/view_event.h"
#include "store/consumer.h"
#include "util/mem.h"

/* Of one user before it is the next one's turn. */
enum { TURN = 16 };

_Static_assert((int)EVENT_TYPES + (int)DAEMON_TYPES <= 32,
	       "types of events are bits of a uint32_t");

/* Where a user who joins begins. */
static enum err find_start(const struct feed *f, struct store *s,
			   uint64_t *after)
{
	struct journal_range range;
	struct consumer_info c;
	enum err e;

	if (f->consumer.s[0]) {
		e = consumer_find(s, &f->consumer, &c);
		if (e != ERR_NOT_FOUND) {
			*after = e == OK ? c.acked : 0;
			return e;
		}
	}
	e = query_journal_range(s, &range);
	if (e != OK)
		return e;
	*after = range.last;
	/* His first events are not to be missed because the consumer is made
	 * by the first acknowledgement. */
	if (f->consumer.s[0])
		*after = range.last ? range.first_available - 1 : 0;
	return OK;
}

static bool has_place(const struct feed *f, const struct uid *user)
{
	for (size_t i = 0; i < f->place_count; i++)
		if (uid_is_equal(&f->places[i].user, user))
			return true;
	return false;
}

struct joining {
	struct feed *f;
	enum err err;
};

static bool join(void *ctx, const struct api_user *u)
{
	struct joining *w = ctx;
	struct feed *f = w->f;
	struct store *s = api_store(f->r->api, u->id);
	struct feed_place p = {.user = u->id};

	if (!s || !auth_sees_user(f->r->api, &f->caller, &u->id) ||
	    has_place(f, &u->id))
		return true;
	w->err = find_start(f, s, &p.after);
	if (w->err != OK)
		return false;
	f->places =
	    xrealloc(f->places, (f->place_count + 1) * sizeof(*f->places));
	f->places[f->place_count++] = p;
	return true;
}

static enum err join_all(struct feed *f)
{
	struct api *a = f->r->api;
	struct joining w = {f, OK};

	a->ports.users_each(a->ports.ctx, join, &w);
	return w.err;
}

/* Says so, and goes on after the gap. */
static enum err pass_gap(struct feed *f, struct feed_place *p, struct jout *j)
{
	struct journal_range range;
	enum err e = query_journal_range(api_store(f->r->api, p->user), &range);

	if (e != OK)
		return e;
	p->after = range.last;
	jout_plain(j, "event: reset\ndata: ");
	jout_open(j, NULL, '{');
	jout_id(j, "user_id", ID_USER, &p->user);
	jout_uint(j, "last_id", range.last);
	jout_close(j, '}');
	jout_plain(j, "\n\n");
	return OK;
}

/* A place beyond the end is one in a journal that is no more. */
static enum err check_place(struct store *s, const struct feed_place *p)
{
	struct journal_range range;
	enum err e = query_journal_range(s, &range);

	if (e != OK)
		return e;
	return p->after <= range.last ? OK : ERR_RANGE;
}

/* The turn of one user. */
static enum err read_user(struct feed *f, struct feed_place *p, struct jout *j,
			  size_t limit, size_t *count, bool *more)
{
	struct store *s = api_store(f->r->api, p->user);
	enum err e = OK;

	*more = false;
	if (s && p->is_away)
		e = check_place(s, p);
	p->is_away = !s;
	if (s && e == OK)
		e = events_read(f, p, j, limit, count, more);
	if (e != ERR_RANGE)
		return e;
	f->gap = p->user;
	return f->is_stream ? pass_gap(f, p, j) : e;
}

/* A turn for each of them, as far as there is room. */
static enum err read_users(struct feed *f, struct jout *j, size_t limit,
			   size_t *count, bool *more)
{
	enum err e = OK;

	*more = false;
	for (size_t n = f->place_count; e == OK && n > 0; n--) {
		size_t stop = *count + TURN < limit ? *count + TURN : limit;
		bool has_more = true;

		f->next_place %= f->place_count;
		if (stop > *count && f->effort > 0)
			e = read_user(f, &f->places[f->next_place++], j, stop,
				      count, &has_more);
		*more |= has_more;
	}
	return e;
}

static enum err read_all(struct feed *f, struct jout *j, size_t limit,
			 size_t *count, bool *more)
{
	bool is_ring_longer;
	enum err e = daemon_events_read(f, j, limit, count, &is_ring_longer);

	if (e == OK)
		e = join_all(f);
	do {
		if (e == OK)
			e = read_users(f, j, limit, count, more);
	} while (e == OK && *more && *count < limit && f->effort > 0);
	*more |= is_ring_longer;
	return e;
}

static const struct feed_source daemon_source = {daemon_events_read,
						 daemon_events_put_id};
static const struct feed_source all_source = {read_all, daemon_events_put_id};

/* The names of types that a feed of all knows, by bit. */
static void fill_names(const char *names[static EVENT_TYPES + DAEMON_TYPES])
{
	memcpy(names, event_names, sizeof(event_names));
	memcpy(names + EVENT_TYPES, daemon_event_names,
	       sizeof(daemon_event_names));
}

static void read_all_query(struct form *f, struct feed_query *q)
{
	const char *names[EVENT_TYPES + DAEMON_TYPES];

	fill_names(names);
	feed_read_query(f, names, ARRAY_SIZE(names), q);
	if (!q->consumer.s[0] && !f->r->wants_stream)
		form_fault(f, "consumer", "missing",
			   "polls over all users go on from a consumer");
}

static enum scope scope_of_any(unsigned type)
{
	return type < EVENT_TYPES ? events_scope_of(type)
				  : daemon_events_scope_of(type - EVENT_TYPES);
}

/* Leaves of the types those that are for the caller; NULL, or 403. */
static struct reply *permit(struct request *r, struct feed_query *q)
{
	struct reply *bad;

	if (q->is_all)
		bad =
		    feed_permit(r, q, EVENT_TYPES + DAEMON_TYPES, scope_of_any);
	else
		bad = feed_permit(r, q, DAEMON_TYPES, daemon_events_scope_of);
	q->daemon_types = q->is_all ? q->types >> EVENT_TYPES : q->types;
	return bad;
}

static void read_daemon_query(struct form *f, struct feed_query *q)
{
	feed_read_query(f, daemon_event_names, DAEMON_TYPES, q);
	if (q->consumer.s[0])
		form_fault(f, "consumer", "invalid", "goes with users=all");
}

struct reply *api_daemon_events(struct request *r)
{
	static const char *const whose[] = {"all", NULL};
	struct feed_start start;
	struct feed_query q;
	struct reply *bad;
	struct form f;
	unsigned word;
	bool is_all;

	form_of_query(&f, r);
	is_all = form_word(&f, "users", FORM_OPTIONAL, whose, &word);
	if (is_all)
		read_all_query(&f, &q);
	else
		read_daemon_query(&f, &q);
	q.is_all = is_all;
	bad = form_done(&f);
	if (bad || (bad = permit(r, &q)))
		return bad;
	if (!daemon_events_find(r->api, q.after, &start))
		return feed_bad_after(r);
	return feed_open(r, is_all ? &all_source : &daemon_source, &q, &start);
}
