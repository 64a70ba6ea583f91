/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/events.h"

#include <stdlib.h>

#include "api/feed.h"
#include "api/handlers.h"
#include "api/narrow.h"
#include "api/progress.h"
#include "api/state.h"
#include "api/views.h"
#include "util/mem.h"

enum {
	SCAN_MAX = 512,
	TYPE_PRESENCE = JOURNAL_FILE_STATE + 1,
	TYPE_TYPING,
	TYPE_PROGRESS,
	TYPE_COUNT,
};

/* Journal types, and hints, which are not kept there. */
static const char *const type_names[TYPE_COUNT] = {
    [JOURNAL_MESSAGE_RECEIVED] = "message.received",
    [JOURNAL_MESSAGE_SENT] = "message.sent",
    [JOURNAL_MESSAGE_STATE] = "message.state",
    [JOURNAL_CONVERSATION_CREATED] = "conversation.created",
    [JOURNAL_CONVERSATION_READ] = "conversation.read",
    [JOURNAL_CONTACT_ADDED] = "contact.added",
    [JOURNAL_CONTACT_UPDATED] = "contact.updated",
    [JOURNAL_REQUEST_STATE] = "request.state",
    [JOURNAL_INVITE_USED] = "invite.used",
    [JOURNAL_MESSAGE_EDITED] = "message.edited",
    [JOURNAL_MESSAGE_DELETED] = "message.deleted",
    [JOURNAL_MESSAGE_REACTION] = "message.reaction",
    [JOURNAL_CONTACT_REMOVED] = "contact.removed",
    [JOURNAL_REQUEST_RECEIVED] = "request.received",
    [JOURNAL_CONVERSATION_UPDATED] = "conversation.updated",
    [JOURNAL_PROFILE_UPDATED] = "profile.updated",
    [JOURNAL_FILE_STATE] = "file.state",
    [TYPE_PRESENCE] = "presence",
    [TYPE_TYPING] = "typing",
    [TYPE_PROGRESS] = "file.progress",
};

/* What reads the same as an answer needs. */
static enum scope scope_of(unsigned type)
{
	if (type == TYPE_PROGRESS)
		return SCOPE_FILES_READ;
	if (type >= TYPE_PRESENCE)
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

static struct sight feed_sight(const struct feed *f)
{
	return (struct sight){f->r->api, &f->caller, f->user};
}

/* Does it concern a conversation that the reader may see? */
static bool is_in_sight(const struct feed *f, const struct journal_info *row)
{
	struct sight s = feed_sight(f);

	if (!sight_is_narrow(&s))
		return true;
	if (!uid_is_zero(&row->conversation_id))
		return sight_has_conversation(&s, &row->conversation_id);
	return row->type == JOURNAL_FILE_STATE &&
	       sight_has(&s, ID_FILE, row->object);
}

struct journal_batch {
	struct journal_info *rows;
	size_t count, cap;
};

static bool take_row(void *ctx, const struct journal_info *row)
{
	struct journal_batch *b = ctx;

	b->rows[b->count++] = *row;
	return b->count < b->cap;
}

static bool has_type(const struct feed *f, unsigned type)
{
	return f->types & (UINT32_C(1) << type);
}

/* What the event is about may be gone by now: then only its id. */
static void put_gone(struct jout *j, enum id_kind kind, const struct uid *id)
{
	jout_open(j, NULL, '{');
	jout_id(j, "id", kind, id);
	jout_close(j, '}');
}

static enum err put_object(struct jout *j, struct api *a, struct uid user,
			   const struct journal_info *row)
{
	struct store *s = api_store(a, user);
	enum id_kind kind = ID_MESSAGE;
	const struct uid *id = &row->object;
	enum err e = ERR_NOT_FOUND;

	switch (row->type) {
	case JOURNAL_NONE: break;
	case JOURNAL_FILE_STATE:
		return view_file_event(j, a, user, *id, row->state);
	case JOURNAL_PROFILE_UPDATED: return view_profile(j, a, user);
	case JOURNAL_MESSAGE_RECEIVED:
	case JOURNAL_MESSAGE_SENT:
	case JOURNAL_MESSAGE_STATE:
	case JOURNAL_MESSAGE_EDITED:
	case JOURNAL_MESSAGE_DELETED:
	case JOURNAL_MESSAGE_REACTION:
		e = view_message_of(j, NULL, a, user, *id, &row->state);
		break;
	case JOURNAL_CONVERSATION_CREATED:
	case JOURNAL_CONVERSATION_READ:
	case JOURNAL_CONVERSATION_UPDATED:
		kind = ID_CONVERSATION;
		id = &row->conversation_id;
		e = view_conversation_of(j, NULL, a, user, *id);
		break;
	case JOURNAL_CONTACT_ADDED:
	case JOURNAL_CONTACT_UPDATED:
	case JOURNAL_CONTACT_REMOVED:
		kind = ID_CONTACT;
		e = view_contact_of(j, NULL, a, user, *id);
		break;
	case JOURNAL_REQUEST_STATE:
	case JOURNAL_REQUEST_RECEIVED:
		kind = ID_REQUEST;
		e = view_request_of(j, NULL, s, *id, &row->state);
		break;
	case JOURNAL_INVITE_USED:
		kind = ID_INVITE;
		e = view_invite_of(j, NULL, s, *id);
		break;
	}
	if (e != ERR_NOT_FOUND)
		return e;
	put_gone(j, kind, id);
	return OK;
}

static enum err put_row(struct feed *f, struct jout *j,
			const struct journal_info *row)
{
	struct event_text text = {
	    .type = type_names[row->type],
	    .place = row->seq,
	    .at_ms = row->at_ms,
	};
	struct jout data;
	enum err e;

	jout_init(&data);
	e = put_object(&data, f->r->api, f->user, row);
	if (e == OK) {
		text.data = buf_view(&data.out);
		feed_put(f, j, &text);
	}
	jout_clear(&data);
	return e;
}

static enum err put_batch(struct feed *f, struct jout *j,
			  const struct journal_batch *b, size_t limit,
			  size_t *count)
{
	for (size_t i = 0; i < b->count && *count < limit; i++) {
		const struct journal_info *row = &b->rows[i];

		if (row->type > JOURNAL_NONE &&
		    (unsigned)row->type < TYPE_PRESENCE &&
		    has_type(f, row->type) && is_in_sight(f, row)) {
			enum err e = put_row(f, j, row);

			if (e)
				return e;
			(*count)++;
		}
		f->after = row->seq;
	}
	return OK;
}

static enum err read_journal(struct feed *f, struct jout *j, size_t limit,
			     size_t *count, bool *more)
{
	struct store *s = api_store(f->r->api, f->user);
	struct sight sight = feed_sight(f);
	struct journal_batch b = {.cap = limit};
	enum err e;

	if (!s)
		return ERR_STATE;
	/* With a filter most rows may be passed over. */
	if (f->types != UINT32_MAX || sight_is_narrow(&sight))
		b.cap = SCAN_MAX;
	b.rows = xcalloc(b.cap, sizeof(*b.rows));
	e = query_journal(s, f->after, b.cap, take_row, &b);
	if (e == OK)
		e = put_batch(f, j, &b, limit, count);
	*more = b.count == b.cap || *count == limit;
	free(b.rows);
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

struct reply *api_user_events(struct request *r)
{
	struct journal_range range = {0, 0};
	struct feed_start start = {.is_given = false};
	struct feed_query q;
	struct reply *bad = feed_read_query(r, type_names, TYPE_COUNT, &q);
	enum err e;

	if (bad || (bad = feed_permit(r, &q, TYPE_COUNT, scope_of)))
		return bad;
	if (q.after.p && !read_seq(q.after, &start.after))
		return feed_bad_after(r);
	e = query_journal_range(r->store, &range);
	if (e)
		return reply_err(r, e);
	start.is_given = q.after.p != NULL;
	start.first = range.first_available;
	start.last = range.last;
	/* One from the future belongs to a database that is gone. */
	start.is_stale =
	    start.is_given && (start.after > range.last ||
			       (range.first_available > start.after + 1));
	return feed_open(r, &journal_source, &q, &start);
}

/* What is told, and about whose thing. */
struct hint {
	struct uid user;
	unsigned type;
	enum id_kind kind;
	struct uid object;
};

/* To all streams of a user that ask for this type. */
static void tell_hint(struct api *a, const struct hint *h, struct bytes data)
{
	struct event_text text = {
	    .type = type_names[h->type],
	    .at_ms = api_wall_ms(a),
	    .data = data,
	};
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->feeds) {
		struct feed *f = list_entry(n, struct feed, node);
		struct sight s = feed_sight(f);

		if (uid_is_equal(&f->user, &h->user) && has_type(f, h->type) &&
		    sight_has(&s, h->kind, h->object))
			feed_hint(f, &text);
	}
}

void events_presence(struct api *a, struct uid user, struct uid contact,
		     bool online)
{
	const struct hint h = {user, TYPE_PRESENCE, ID_CONTACT, contact};
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
	const struct hint h = {user, TYPE_TYPING, ID_CONTACT, contact};
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
	const struct hint h = {user, TYPE_PROGRESS, ID_FILE, file};
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
