/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/events.h"

#include <stdlib.h>

#include "api/auth.h"
#include "api/event_names.h"
#include "api/handlers.h"
#include "api/narrow.h"
#include "api/progress.h"
#include "api/state.h"
#include "api/told.h"
#include "api/views.h"
#include "store/consumer.h"
#include "util/mem.h"

enum scope events_scope_of(unsigned type)
{
	if (type == EVENT_PROGRESS)
		return SCOPE_FILES_READ;
	if (type >= EVENT_PRESENCE)
		return SCOPE_CONTACTS_READ;
	switch ((enum journal_type)type) {
	case JOURNAL_NONE: return SCOPE_NONE;
	case JOURNAL_MESSAGE_RECEIVED:
	case JOURNAL_MESSAGE_SENT:
	case JOURNAL_MESSAGE_STATE:
	case JOURNAL_MESSAGE_EDITED:
	case JOURNAL_MESSAGE_DELETED:
	case JOURNAL_MESSAGE_REACTION:
	case JOURNAL_CONVERSATION_CREATED:
	case JOURNAL_CONVERSATION_READ:
	case JOURNAL_CONVERSATION_UPDATED: return SCOPE_MESSAGES_READ;
	case JOURNAL_CONTACT_ADDED:
	case JOURNAL_CONTACT_UPDATED:
	case JOURNAL_CONTACT_REMOVED:
	case JOURNAL_REQUEST_STATE:
	case JOURNAL_REQUEST_RECEIVED:
	case JOURNAL_INVITE_USED:
	case JOURNAL_PROFILE_UPDATED: return SCOPE_CONTACTS_READ;
	case JOURNAL_FILE_STATE: return SCOPE_FILES_READ;
	}
	return SCOPE_ADMIN;
}

static struct sight feed_sight(const struct feed *f, const struct feed_place *p)
{
	return (struct sight){f->r->api, &f->caller, p->user};
}

/* Does it concern a conversation that the reader may see? */
static bool is_in_sight(const struct sight *s, const struct journal_info *row)
{
	if (!uid_is_zero(&row->conversation_id))
		return sight_has_conversation(s, &row->conversation_id);
	return row->type == JOURNAL_FILE_STATE &&
	       sight_has(s, ID_FILE, row->object);
}

static bool has_type(const struct feed *f, unsigned type)
{
	return f->types & (UINT32_C(1) << type);
}

/* What is for the reader, of the rows after `after`, which goes on. */
struct journal_batch {
	const struct feed *f;
	struct sight sight;
	bool is_narrow;
	struct journal_info *rows;
	size_t count, cap;
	uint64_t after;
	size_t looked_at;
	enum err err;
};

static bool is_for(const struct journal_batch *b,
		   const struct journal_info *row)
{
	return row->type > JOURNAL_NONE &&
	       (unsigned)row->type < EVENT_PRESENCE &&
	       has_type(b->f, row->type) &&
	       (!b->is_narrow || is_in_sight(&b->sight, row));
}

static bool take_row(void *ctx, const struct journal_info *row)
{
	struct journal_batch *b = ctx;

	/* Numbers have no gaps: what is missing was pruned while the client
	 * was slow. */
	if (row->seq != b->after + 1) {
		b->err = ERR_RANGE;
		return false;
	}
	if (is_for(b, row))
		b->rows[b->count++] = *row;
	b->after = row->seq;
	b->looked_at++;
	return b->count < b->cap;
}

static enum err put_row(struct feed *f, struct jout *j, struct uid user,
			const struct journal_info *row)
{
	struct event_text text = {
	    .type = event_names[row->type],
	    .place = row->seq,
	    .at_ms = row->at_ms,
	    .user = user,
	};
	enum err e = told_data(f->r->api, user, row, &text.data);

	if (e == OK)
		feed_put(f, j, &text);
	return e;
}

static enum err put_batch(struct feed *f, struct feed_place *p, struct jout *j,
			  const struct journal_batch *b)
{
	struct told *told = f->r->api->told;
	enum err e = OK;

	told_begin(told);
	for (size_t i = 0; i < b->count && e == OK; i++)
		e = put_row(f, j, p->user, &b->rows[i]);
	told_end(told);
	if (e == OK)
		p->after = b->after;
	return e ? e : b->err;
}

enum err events_read(struct feed *f, struct feed_place *p, struct jout *j,
		     size_t limit, size_t *count, bool *more)
{
	struct store *s = api_store(f->r->api, p->user);
	struct journal_batch b = {.f = f,
				  .sight = feed_sight(f, p),
				  .cap = limit - *count,
				  .after = p->after};
	enum err e;

	*more = true;
	if (!s)
		return ERR_STATE;
	if (f->effort == 0 || b.cap == 0)
		return OK;
	b.is_narrow = sight_is_narrow(&b.sight);
	b.rows = xcalloc(b.cap, sizeof(*b.rows));
	e = query_journal(s, p->after, f->effort, take_row, &b);
	if (e == OK)
		e = put_batch(f, p, j, &b);
	*count += b.count;
	*more = b.count == b.cap || b.looked_at == f->effort;
	f->effort -= b.looked_at;
	free(b.rows);
	return e;
}

static enum err read_journal(struct feed *f, struct jout *j, size_t limit,
			     size_t *count, bool *more)
{
	struct feed_place p = {.user = f->user, .after = f->after};
	enum err e = events_read(f, &p, j, limit, count, more);

	f->after = p.after;
	return e;
}

static void put_id(const struct feed *f, struct jout *j, const char *key,
		   uint64_t place)
{
	(void)f;
	jout_uint(j, key, place);
}

static const struct feed_source journal_source = {read_journal, put_id};

static bool read_seq(struct bytes text, uint64_t *out)
{
	uint64_t v = 0;

	if (text.n == 0 || text.n > 15)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text.p[i] - '0');
	}
	*out = v;
	return true;
}

/* One from the future belongs to a database that is gone. */
static bool is_stale(const struct feed_start *start)
{
	return start->is_given &&
	       (start->after > start->last || start->first > start->after + 1);
}

static struct reply *read_query(struct request *r, struct feed_query *q,
				struct feed_start *start)
{
	struct reply *bad;
	struct form f;

	form_of_query(&f, r);
	feed_read_query(&f, event_names, EVENT_TYPES, q);
	if (q->says_after && q->consumer.s[0])
		form_fault(&f, "after", "exclusive",
			   "only one of after, consumer");
	bad = form_done(&f);
	if (bad)
		return bad;
	start->is_given = q->after.p != NULL;
	if (start->is_given && !read_seq(q->after, &start->after))
		return feed_bad_after(r);
	return NULL;
}

/* Whoever comes back on his way is ahead of what he has acknowledged. */
static struct reply *start_at_consumer(struct request *r,
				       const struct feed_query *q,
				       struct feed_start *start)
{
	struct consumer_info c;
	enum err e = consumer_find(r->store, &q->consumer, &c);

	if (e == ERR_NOT_FOUND)
		return reply_error(r, PROBLEM_NOT_FOUND,
				   "no such consumer: make it with PUT");
	if (e)
		return reply_err(r, e);
	if (!start->is_given || start->after < c.acked)
		start->after = c.acked;
	start->is_given = true;
	return NULL;
}

struct reply *api_user_events(struct request *r)
{
	struct journal_range range = {0, 0};
	struct feed_start start = {.is_given = false};
	struct feed_query q;
	struct reply *bad = read_query(r, &q, &start);
	enum err e;

	if (!bad)
		bad = feed_permit(r, &q, EVENT_TYPES, events_scope_of);
	if (!bad && q.consumer.s[0])
		bad = start_at_consumer(r, &q, &start);
	if (bad)
		return bad;
	e = query_journal_range(r->store, &range);
	if (e)
		return reply_err(r, e);
	start.first = range.first_available;
	start.last = range.last;
	start.is_stale = is_stale(&start);
	return feed_open(r, &journal_source, &q, &start);
}

/* What is told, and about whose thing. */
struct hint {
	struct uid user;
	unsigned type;
	enum id_kind kind;
	struct uid object;
};

static bool hears(const struct feed *f, const struct hint *h)
{
	struct sight s = {f->r->api, &f->caller, h->user};

	if (!has_type(f, h->type))
		return false;
	return (f->is_all ? auth_sees_user(s.api, s.caller, &h->user)
			  : uid_is_equal(&f->user, &h->user)) &&
	       sight_has(&s, h->kind, h->object);
}

/* To all streams that ask for this type. */
static void tell_hint(struct api *a, const struct hint *h, struct bytes data)
{
	struct event_text text = {
	    .type = event_names[h->type],
	    .at_ms = api_wall_ms(a),
	    .data = data,
	    .user = h->user,
	};
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->feeds) {
		struct feed *f = list_entry(n, struct feed, node);

		if (hears(f, h))
			feed_hint(f, &text);
	}
}

void events_presence(struct api *a, struct uid user, struct uid contact,
		     bool online)
{
	const struct hint h = {user, EVENT_PRESENCE, ID_CONTACT, contact};
	struct jout data;

	jout_init(&data);
	jout_open(&data, NULL, '{');
	jout_id(&data, "contact_id", ID_CONTACT, &contact);
	jout_str(&data, "presence", online ? "online" : "offline");
	jout_close(&data, '}');
	tell_hint(a, &h, buf_view(&data.out));
	jout_clear(&data);
}

void events_typing(struct api *a, struct uid user, struct uid contact, bool on)
{
	const struct hint h = {user, EVENT_TYPING, ID_CONTACT, contact};
	struct jout data;

	jout_init(&data);
	jout_open(&data, NULL, '{');
	jout_id(&data, "contact_id", ID_CONTACT, &contact);
	jout_bool(&data, "typing", on);
	jout_close(&data, '}');
	tell_hint(a, &h, buf_view(&data.out));
	jout_clear(&data);
}

static bool take_size(void *ctx, const struct file_info *f)
{
	*(uint64_t *)ctx = f->row.size;
	return false;
}

void events_progress(struct api *a, struct uid user, struct uid file,
		     const struct file_progress *p)
{
	const struct hint h = {user, EVENT_PROGRESS, ID_FILE, file};
	struct jout data;
	uint64_t size;

	progress_note(a, user, file, p);
	/* It may have been deleted since. */
	if (query_file(api_store(a, user), file, take_size, &size) != OK)
		return;
	jout_init(&data);
	jout_open(&data, NULL, '{');
	jout_id(&data, "id", ID_FILE, &file);
	jout_uint(&data, "size", size);
	view_progress(&data, size, p);
	jout_close(&data, '}');
	tell_hint(a, &h, buf_view(&data.out));
	jout_clear(&data);
}
