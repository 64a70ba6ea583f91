/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <sodium.h>

#include "api/state.h"
#include "api/views.h"
#include "core/file.h"
#include "core/message.h"

static const char *state_name(enum message_state s)
{
	switch (s) {
	case MESSAGE_QUEUED: return "queued";
	case MESSAGE_SENDING: return "sending";
	case MESSAGE_SENT: return "sent";
	case MESSAGE_DELIVERED: return "delivered";
	case MESSAGE_READ: return "read";
	case MESSAGE_FAILED: return "failed";
	case MESSAGE_RECEIVED: return "received";
	}
	return "unknown";
}

static const char *kind_name(const struct message_row *row)
{
	if (row->deleted)
		return "deleted";
	if (row->kind == MESSAGE_TEXT)
		return "text";
	if (row->kind == MESSAGE_FILE)
		return "file";
	return row->kind == MESSAGE_TIMER ? "timer" : "unsupported";
}

static void put_client_id(struct jout *j, const struct uid *id)
{
	char text[UUID_TEXT + 1];

	if (uid_is_zero(id)) {
		jout_null(j, "client_id");
		return;
	}
	uuid_encode(id, text);
	jout_str(j, "client_id", text);
}

static void put_reactions(struct jout *j, const struct message_info *m)
{
	jout_open(j, "reactions", '[');
	for (size_t i = 0; i < m->reaction_count; i++) {
		const struct reaction_info *one = &m->reactions[i];
		bool own = one->by == MESSAGE_OUT;
		struct uid none = {{0}};

		jout_open(j, NULL, '{');
		jout_str(j, "emoji", one->emoji.s);
		jout_id(j, "contact_id", ID_CONTACT,
			own ? &none : &m->row.contact_id);
		jout_bool(j, "own", own);
		jout_time(j, "at", one->at_ms);
		jout_close(j, '}');
	}
	jout_close(j, ']');
}

static void put_problem(struct jout *j, const struct message_info *m,
			enum message_state state)
{
	const char *code = NULL, *title = NULL;

	switch (state == MESSAGE_FAILED ? m->problem : PROBLEM_NONE) {
	case PROBLEM_NONE: break;
	case PROBLEM_CANCELLED:
		code = "cancelled";
		title = "It was cancelled";
		break;
	case PROBLEM_TOO_LATE:
		code = "too_late";
		title = "It was not delivered in time";
		break;
	case PROBLEM_DETACHED:
		code = "detached";
		title = "The contact had to be linked anew";
		break;
	}
	if (!code) {
		jout_null(j, "problem");
		return;
	}
	jout_open(j, "problem", '{');
	jout_str(j, "code", code);
	jout_str(j, "title", title);
	jout_close(j, '}');
}

/* A timer stays itself; what it sets is among its fields. */
static uint32_t ttl_of(const struct message_row *row)
{
	struct message_fields fields;

	if (row->kind != MESSAGE_TIMER || row->extra_bytes == 0)
		return row->ttl_s;
	message_fields_read(bytes_of(row->extra, row->extra_bytes), &fields);
	return fields.ttl_s;
}

static void put_times(struct jout *j, const struct message_info *m,
		      enum message_state state)
{
	const struct message_row *row = &m->row;
	bool was_delivered =
	    state == MESSAGE_DELIVERED || state == MESSAGE_READ;

	jout_time(j, "sent_at", row->sent_ms);
	jout_time(j, "received_at", row->received_ms);
	jout_time(j, "delivered_at", was_delivered ? m->delivered_ms : 0);
	jout_time(j, "read_at", state == MESSAGE_READ ? m->read_ms : 0);
	jout_time(j, "edited_at", m->edited_ms);
	jout_time(j, "expires_at", m->expires_ms);
	jout_time(j, "deliver_by", row->deadline_ms);
	jout_uint(j, "disappears_after_seconds", ttl_of(row));
}

/* What is to be read of it: of a file, what was written beside it. */
static struct bytes text_of(const struct message_row *row)
{
	struct file_desc d;

	if (row->deleted)
		return bytes_of("", 0);
	if (row->kind == MESSAGE_TEXT)
		return row->body;
	if (row->kind != MESSAGE_FILE || file_desc_read(row->body, &d) != OK)
		return bytes_of("", 0);
	sodium_memzero(&d.key, sizeof(d.key));
	return d.caption;
}

/* Who looks at what. */
struct message_view {
	struct jout *j;
	const char *key;
	struct api *a;
	struct uid user;
	const int *as_of;
};

static void put_files(const struct message_view *v,
		      const struct message_row *row)
{
	if (row->kind != MESSAGE_FILE || row->deleted ||
	    view_files_of(v->j, v->a, v->user, row->id) != OK) {
		jout_open(v->j, "files", '[');
		jout_close(v->j, ']');
	}
}

static void put_message(const struct message_view *v,
			const struct message_info *m, enum message_state state)
{
	const struct message_row *row = &m->row;
	bool is_in = row->dir == MESSAGE_IN;
	struct uid none = {{0}};
	struct jout *j = v->j;

	jout_open(j, v->key, '{');
	jout_id(j, "id", ID_MESSAGE, &row->id);
	jout_id(j, "conversation_id", ID_CONVERSATION, &m->conversation_id);
	put_client_id(j, &row->client_id);
	jout_str(j, "direction", is_in ? "in" : "out");
	jout_id(j, "sender_contact_id", ID_CONTACT,
		is_in ? &row->contact_id : &none);
	jout_str(j, "kind", kind_name(row));
	jout_text(j, "text", text_of(row));
	put_files(v, row);
	jout_id(j, "reply_to", ID_MESSAGE, &m->reply_to);
	put_reactions(j, m);
	jout_str(j, "state", state_name(state));
	put_times(j, m, state);
	put_problem(j, m, state);
	jout_close(j, '}');
}

void view_message(struct jout *j, const char *key, struct api *a,
		  struct uid user, const struct message_info *m)
{
	const struct message_view v = {j, key, a, user, NULL};

	put_message(&v, m, m->row.state);
}

void view_receipt(struct jout *j, const struct message_info *m)
{
	jout_open(j, NULL, '{');
	jout_id(j, "id", ID_MESSAGE, &m->row.id);
	put_client_id(j, &m->row.client_id);
	jout_str(j, "state", state_name(m->row.state));
	jout_close(j, '}');
}

static bool put_found(void *ctx, const struct message_info *m)
{
	const struct message_view *v = ctx;

	put_message(v, m,
		    v->as_of ? (enum message_state) * v->as_of : m->row.state);
	return false;
}

enum err view_message_of(struct jout *j, const char *key, struct api *a,
			 struct uid user, struct uid id, const int *as_of)
{
	struct message_view v = {j, key, a, user, as_of};

	return query_message(api_store(a, user), id, put_found, &v);
}

void view_conversation(struct jout *j, const char *key, struct api *a,
		       struct uid user, const struct conversation_info *c)
{
	bool empty = uid_is_zero(&c->last_message);

	jout_open(j, key, '{');
	jout_id(j, "id", ID_CONVERSATION, &c->id);
	jout_str(j, "type", "direct");
	jout_str(j, "title", c->title.s);
	jout_id(j, "contact_id", ID_CONTACT, &c->contact_id);
	jout_uint(j, "unread_count", c->unread_count);
	if (empty || view_message_of(j, "last_message", a, user,
				     c->last_message, NULL) != OK)
		jout_null(j, "last_message");
	jout_id(j, "read_up_to", ID_MESSAGE, &c->read_up_to);
	jout_time(j, "muted_until", c->muted_until_ms);
	jout_bool(j, "archived", c->archived);
	jout_bool(j, "pinned", c->pinned);
	jout_uint(j, "disappearing_seconds", c->ttl_s);
	jout_str(j, "draft", c->draft);
	jout_close(j, '}');
}

enum err view_conversation_of(struct jout *j, const char *key, struct api *a,
			      struct uid user, struct uid id)
{
	struct conversation_info c;
	enum err e = query_conversation(api_store(a, user), id, &c);

	if (e)
		return e;
	view_conversation(j, key, a, user, &c);
	return OK;
}
