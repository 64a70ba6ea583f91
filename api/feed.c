/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/feed.h"

#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/consumers.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/told.h"
#include "util/mem.h"

enum {
	HEARTBEAT_MS = 15 * 1000,
	STALLS_MAX = 4, /* heartbeats without any progress */
	PACE_BYTES = API_STREAM_QUEUE_MAX / 4,
	BATCH = 64,
	/* A filter may pass over a whole journal: so many rows, and others have
	 * their turn. */
	EFFORT = 4096,
	WAIT_MAX_SECONDS = 60,
	LIMIT_MAX = 200,
	LIMIT_DEFAULT = 100,
	BUSY_MS = 5000,
};

static bool is_word(struct bytes word, const char *name)
{
	return name && word.n == strlen(name) &&
	       memcmp(word.p, name, word.n) == 0;
}

static uint32_t type_bit(struct bytes word, const char *const *names,
			 size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_word(word, names[i]))
			return UINT32_C(1) << i;
	return 0;
}

/* "a,b,c"; false for a name that is not known. */
static bool read_types(struct bytes list, const char *const *names,
		       size_t count, uint32_t *out)
{
	*out = 0;
	for (;;) {
		const uint8_t *comma = memchr(list.p, ',', list.n);
		size_t n = comma ? (size_t)(comma - list.p) : list.n;
		uint32_t bit = type_bit(bytes_of(list.p, n), names, count);

		if (!bit)
			return false;
		*out |= bit;
		if (!comma)
			return true;
		list = bytes_of(list.p + n + 1, list.n - n - 1);
	}
}

static size_t queued(const struct feed *f)
{
	return f->r->sink->queued(f->r->sink_ctx);
}

static void send_out(struct feed *f)
{
	struct jout *j = &f->r->out;

	if (j->out.len)
		f->r->sink->data(f->r->sink_ctx, j->out.data, j->out.len);
	jout_clear(j);
}

static void forget(struct feed *f)
{
	struct request *r = f->r;

	list_take(&f->node);
	r->api->feed_count--;
	r->feed = NULL;
	free(f->places);
	free(f);
}

/* Writes what is in r->out, and ends. */
static void end_stream(struct feed *f)
{
	struct request *r = f->r;

	send_out(f);
	forget(f);
	r->stage = STAGE_OVER;
	r->sink->done(r->sink_ctx);
}

static void end_poll(struct feed *f, struct reply *reply)
{
	struct request *r = f->r;

	forget(f);
	reply_send(r, reply);
}

static void cut(struct feed *f)
{
	struct request *r = f->r;

	forget(f);
	r->stage = STAGE_OVER;
	r->sink->abort(r->sink_ctx);
}

/* user: whose journal does not reach back so far; zero: the daemon's. */
static struct reply *expired(struct request *r, const struct uid *user)
{
	static const char what[] = "then go on from the newest id";
	char id[ID_TEXT + 1];

	if (uid_is_zero(user))
		return reply_error(r, PROBLEM_CURSOR_EXPIRED,
				   "read the state again, %s", what);
	id_encode(ID_USER, user, id);
	return reply_error(r, PROBLEM_CURSOR_EXPIRED,
			   "read the state of %s again, %s", id, what);
}

static void put_page_end(struct feed *f, struct jout *j)
{
	jout_close(j, ']');
	f->source->put_id(f, j, "last_id", f->after);
	f->source->put_id(f, j, "first_available_id", f->first);
	jout_close(j, '}');
}

/* The answer to a poll; NULL if there is nothing to tell yet, or not all was
 * looked at. */
static struct reply *read_poll(struct feed *f, bool is_last_try)
{
	struct jout *j = reply_body(f->r);
	size_t count = 0;
	bool more = true;
	enum err e = OK;

	jout_open(j, NULL, '{');
	jout_open(j, "items", '[');
	f->effort = EFFORT;
	while (more && count == 0 && e == OK && f->effort > 0)
		e = f->source->read(f, j, f->limit, &count, &more);
	f->goes_on = more && count == 0 && e == OK;
	if (e == ERR_RANGE)
		return expired(f->r, f->is_all ? &f->gap : &f->user);
	if (e)
		return reply_err(f->r, e);
	if (f->goes_on || (count == 0 && !is_last_try))
		return NULL;
	put_page_end(f, j);
	return reply_json(f->r, 200);
}

/* Writes what there is, as far as the client keeps up. */
static void pump(struct feed *f)
{
	bool more = true;
	enum err e = OK;

	f->effort = EFFORT;
	while (more && queued(f) < PACE_BYTES && f->effort > 0) {
		size_t count = 0;

		jout_clear(&f->r->out);
		e = f->source->read(f, &f->r->out, BATCH, &count, &more);
		if (e)
			break;
		send_out(f);
	}
	f->is_behind = more;
	f->goes_on = more && queued(f) < PACE_BYTES;
	if (e)
		cut(f);
}

static void put_control(struct feed *f, const char *name,
			const struct feed_start *start)
{
	struct jout *j = &f->r->out;

	jout_plain(j, "event: ");
	jout_plain(j, name);
	jout_plain(j, "\ndata: ");
	jout_open(j, NULL, '{');
	f->source->put_id(f, j, "last_id", start->last);
	if (strcmp(name, "hello") == 0)
		f->source->put_id(f, j, "first_available_id", start->first);
	jout_close(j, '}');
	jout_plain(j, "\n\n");
}

static struct reply *start_stream(struct feed *f,
				  const struct feed_start *start)
{
	struct request *r = f->r;

	r->stage = STAGE_FEED;
	reply_stream_head(r);
	jout_clear(&r->out);
	jout_plain(&r->out, "retry: 2000\n\n");
	put_control(f, "hello", start);
	if (start->is_stale) {
		put_control(f, "reset", start);
		f->after = start->last;
	}
	send_out(f);
	f->due_ms = api_mono_ms(r->api) + HEARTBEAT_MS;
	pump(f);
	return reply_later(r);
}

static struct reply *start_poll(struct feed *f, const struct feed_query *q)
{
	struct request *r = f->r;
	struct reply *reply = read_poll(f, q->wait_ms == 0);

	if (reply) {
		forget(f);
		return reply;
	}
	r->stage = STAGE_WAIT;
	f->due_ms = api_mono_ms(r->api) + q->wait_ms;
	return reply_later(r);
}

static bool is_full(struct api *a, const struct uid *user)
{
	struct list_node *n;
	unsigned count = 0;

	list_for_each (n, &a->feeds) {
		struct feed *f = list_entry(n, struct feed, node);

		count += uid_is_equal(&f->user, user);
	}
	return count >= API_STREAMS_PER_USER ||
	       a->feed_count >= API_STREAMS_MAX;
}

static void beat(struct feed *f, uint64_t now_ms)
{
	static const char comment[] = ": still here\n\n";

	if (queued(f) == 0)
		f->stall_count = 0;
	else if (++f->stall_count >= STALLS_MAX ||
		 queued(f) > API_STREAM_QUEUE_MAX) {
		cut(f);
		return;
	}
	f->due_ms = now_ms + HEARTBEAT_MS;
	f->r->sink->data(f->r->sink_ctx, comment, sizeof(comment) - 1);
	if (f->is_behind)
		pump(f);
}

static void read_consumer(struct form *f, struct feed_query *out)
{
	struct bytes name;

	if (form_get_text(f, "consumer", FORM_OPTIONAL, &name) &&
	    !consumers_read_name(name, &out->consumer))
		form_fault(f, "consumer", "invalid_name", CONSUMERS_NAME_RULE);
}

void feed_read_query(struct form *f, const char *const *names, size_t count,
		     struct feed_query *out)
{
	const char *last_id = f->r->last_event_id;
	struct bytes types;

	*out = (struct feed_query){.types = UINT32_MAX};
	out->after = form_text(f, "after", 1, sizeof(f->r->last_event_id) - 1,
			       FORM_OPTIONAL);
	out->says_after = out->after.p != NULL;
	read_consumer(f, out);
	out->wait_ms =
	    1000 * (uint64_t)form_int(f, "wait", 0, WAIT_MAX_SECONDS, 0);
	out->limit = (size_t)form_int(f, "limit", 1, LIMIT_MAX, LIMIT_DEFAULT);
	types = form_text(f, "types", 1, 512, FORM_OPTIONAL);
	if (types.p && !read_types(types, names, count, &out->types))
		form_fault(f, "types", "unknown_type", "no such type of event");
	/* A client that comes back says so in the header; the URL is old. */
	if (last_id[0])
		out->after = bytes_of(last_id, strlen(last_id));
}

struct reply *feed_permit(struct request *r, struct feed_query *q, size_t count,
			  feed_scope_fn *scope_of)
{
	bool are_named = q->types != UINT32_MAX, is_any = false;

	for (unsigned type = 0; type < count; type++) {
		enum scope need = scope_of(type);
		uint32_t bit = UINT32_C(1) << type;

		if (need == SCOPE_NONE || !(q->types & bit))
			continue;
		if (auth_has_scope(r, need)) {
			is_any = true;
			continue;
		}
		if (are_named)
			return reply_error(r, PROBLEM_FORBIDDEN_SCOPE,
					   "such events need the scope %s",
					   scope_name(need));
		q->types &= ~bit;
	}
	if (is_any)
		return NULL;
	return reply_error(r, PROBLEM_FORBIDDEN_SCOPE,
			   "needs a scope to read what events are about");
}

struct reply *feed_bad_after(struct request *r)
{
	struct form f;

	form_of_query(&f, r);
	form_fault(&f, r->last_event_id[0] ? "Last-Event-ID" : "after",
		   "invalid_id", "not an id of an event");
	return reply_faults(r, f.faults, f.fault_count);
}

struct reply *feed_open(struct request *r, const struct feed_source *source,
			const struct feed_query *q,
			const struct feed_start *start)
{
	struct api *a = r->api;
	struct feed *f;

	if (r->is_head) {
		reply_empty(r, 200);
		r->reply.media_type =
		    r->wants_stream ? "text/event-stream" : "application/json";
		return &r->reply;
	}
	if (is_full(a, &request_user(r)))
		return reply_wait(r, BUSY_MS);
	if (start->is_stale && !r->wants_stream)
		return expired(r, &request_user(r));
	f = xcalloc(1, sizeof(*f));
	f->r = r;
	f->source = source;
	f->user = request_user(r);
	f->is_all = q->is_all;
	f->consumer = q->consumer;
	f->caller = r->caller;
	f->is_stream = r->wants_stream;
	f->after = start->is_given ? start->after : start->last;
	f->first = start->first;
	f->types = q->types;
	f->daemon_types = q->daemon_types;
	f->limit = q->limit;
	r->feed = f;
	a->feed_count++;
	list_put_last(&a->feeds, &f->node);
	return f->is_stream ? start_stream(f, start) : start_poll(f, q);
}

void feed_put(const struct feed *f, struct jout *j, const struct event_text *e)
{
	/* Of a feed of all an id names a place among the daemon's events:
	 * clients that say where they are go on by their consumers. */
	bool is_users = f->is_all && !uid_is_zero(&e->user);

	if (f->is_stream) {
		jout_plain(j, "event: ");
		jout_plain(j, e->type);
		if (e->place && !is_users) {
			jout_plain(j, "\nid: ");
			f->source->put_id(f, j, NULL, e->place);
		}
		jout_plain(j, "\ndata: ");
	}
	jout_open(j, NULL, '{');
	if (e->place && is_users)
		jout_uint(j, "id", e->place);
	else if (e->place)
		f->source->put_id(f, j, "id", e->place);
	if (f->is_all)
		jout_id(j, "user_id", ID_USER, &e->user);
	jout_str(j, "type", e->type);
	jout_time(j, "at", e->at_ms);
	jout_raw(j, "data", e->data);
	jout_close(j, '}');
	if (f->is_stream)
		jout_plain(j, "\n\n");
}

void feed_hint(struct feed *f, const struct event_text *e)
{
	if (!f->is_stream || f->is_behind || queued(f) >= PACE_BYTES)
		return;
	jout_clear(&f->r->out);
	feed_put(f, &f->r->out, e);
	send_out(f);
}

void feed_wake(struct api *a, const struct uid *user)
{
	struct list_node *n, *t;

	told_begin(a->told);
	list_for_each_safe (n, t, &a->feeds) {
		struct feed *f = list_entry(n, struct feed, node);
		struct reply *reply;

		if (!f->is_all && !uid_is_equal(&f->user, user))
			continue;
		if (f->is_stream) {
			pump(f);
			continue;
		}
		reply = read_poll(f, false);
		if (reply)
			end_poll(f, reply);
	}
	told_end(a->told);
}

void feed_end_locked(struct api *a, const struct uid *user)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->feeds) {
		struct feed *f = list_entry(n, struct feed, node);

		if (!uid_is_equal(&f->user, user))
			continue;
		if (!f->is_stream) {
			end_poll(f,
				 reply_error(f->r, PROBLEM_USER_LOCKED, NULL));
			continue;
		}
		jout_clear(&f->r->out);
		jout_plain(&f->r->out, "event: locked\ndata: {}\n\n");
		end_stream(f);
	}
}

void feed_end_dead(struct api *a)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->feeds) {
		struct feed *f = list_entry(n, struct feed, node);

		if (auth_is_live(a, &f->caller))
			continue;
		jout_clear(&f->r->out);
		if (f->is_stream)
			end_stream(f);
		else
			end_poll(f,
				 reply_error(f->r, PROBLEM_UNAUTHORIZED, NULL));
	}
}

void feed_end_all(struct api *a)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->feeds) {
		struct feed *f = list_entry(n, struct feed, node);

		jout_clear(&f->r->out);
		if (f->is_stream)
			end_stream(f);
		else
			end_poll(
			    f, reply_error(f->r, PROBLEM_SHUTTING_DOWN, NULL));
	}
}

void feed_free(struct request *r)
{
	if (r->feed)
		forget(r->feed);
}

void feed_drained(struct request *r)
{
	struct feed *f = r->feed;

	if (!f || !f->is_stream)
		return;
	f->stall_count = 0;
	if (f->is_behind)
		pump(f);
}

uint64_t feed_deadline(const struct api *a)
{
	uint64_t due_ms = UINT64_MAX;
	struct list_node *n;

	list_for_each (n, &a->feeds) {
		const struct feed *f = list_entry(n, struct feed, node);

		if (f->goes_on)
			return 0;
		if (f->due_ms < due_ms)
			due_ms = f->due_ms;
	}
	return due_ms;
}

/* Its turn, if it has one. */
static void go_on(struct feed *f, uint64_t now_ms)
{
	bool is_due = now_ms >= f->due_ms;
	struct reply *reply;

	if (!f->is_stream) {
		reply = f->goes_on || is_due ? read_poll(f, is_due) : NULL;
		if (reply)
			end_poll(f, reply);
	} else if (is_due) {
		beat(f, now_ms);
	} else if (f->goes_on) {
		pump(f);
	}
}

void feed_tick(struct api *a)
{
	uint64_t now_ms = api_mono_ms(a);
	struct list_node *n, *t;

	feed_end_dead(a);
	list_for_each_safe (n, t, &a->feeds) {
		struct feed *f = list_entry(n, struct feed, node);

		go_on(f, now_ms);
	}
}
