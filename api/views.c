/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/views.h"

#include <string.h>

#include <sodium.h>

#include "api/state.h"
#include "core/invite.h"
#include "core/onion.h"

static const char *user_state(enum api_user_state s)
{
	switch (s) {
	case API_USER_LOCKED: return "locked";
	case API_USER_UNLOCKING: return "unlocking";
	case API_USER_UNLOCKED: return "unlocked";
	case API_USER_FAILED: return "failed";
	}
	return "unknown";
}

static const char *tor_state(enum api_tor_state s)
{
	switch (s) {
	case API_TOR_STOPPED: return "stopped";
	case API_TOR_STARTING: return "starting";
	case API_TOR_BOOTSTRAPPING: return "bootstrapping";
	case API_TOR_READY: return "ready";
	case API_TOR_FAILED: return "failed";
	}
	return "unknown";
}

static const char *message_state_name(enum message_state s)
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

static const char *request_state_name(enum request_state s)
{
	switch (s) {
	case REQUEST_QUEUED: return "queued";
	case REQUEST_WAITING: return "waiting";
	case REQUEST_ACCEPTED: return "accepted";
	case REQUEST_EXPIRED: return "expired";
	case REQUEST_FAILED: return "failed";
	case REQUEST_PENDING: return "pending";
	case REQUEST_REJECTED: return "rejected";
	}
	return "unknown";
}

void view_user(struct jout *j, const char *key, struct api *a,
	       const struct api_user *u)
{
	struct store *s = api_store(a, u->id);
	uint64_t unread;

	jout_open(j, key, '{');
	jout_id(j, "id", ID_USER, &u->id);
	jout_str(j, "name", u->name.s);
	jout_str(j, "state", user_state(u->state));
	jout_str(j, "failure", u->failure);
	jout_null(j, "onion");
	/* The key file, which says it, may not be readable. */
	jout_time(j, "created_at",
		  u->created_ms ? u->created_ms : uid_time_ms(&u->id));
	if (s && query_unread(s, &unread) == OK)
		jout_uint(j, "unread_count", unread);
	else
		jout_null(j, "unread_count");
	jout_close(j, '}');
}

struct service_list {
	struct jout *j;
	struct api *a;
};

static bool put_services(void *ctx, const struct api_user *u)
{
	struct service_list *l = ctx;
	struct api_services n = {0, 0};

	if (u->state != API_USER_UNLOCKED)
		return true;
	l->a->ports.services(l->a->ports.ctx, u->id, &n);
	jout_open(l->j, NULL, '{');
	jout_id(l->j, "user_id", ID_USER, &u->id);
	jout_bool(l->j, "published", n.count == n.published_count);
	jout_uint(l->j, "count", n.count);
	jout_uint(l->j, "published_count", n.published_count);
	jout_close(l->j, '}');
	return true;
}

void view_tor(struct jout *j, const char *key, struct api *a)
{
	struct service_list l = {j, a};
	struct api_tor t = {.state = API_TOR_STOPPED};

	a->ports.tor(a->ports.ctx, &t);
	jout_open(j, key, '{');
	jout_str(j, "state", tor_state(t.state));
	jout_str(j, "version", t.version);
	jout_open(j, "bootstrap", '{');
	jout_uint(j, "percent", t.percent);
	jout_str(j, "tag", t.tag);
	jout_str(j, "summary", t.summary);
	jout_str(j, "warning", t.warning);
	jout_close(j, '}');
	if (t.has_skew)
		jout_int(j, "clock_skew_seconds", t.skew_seconds);
	else
		jout_null(j, "clock_skew_seconds");
	jout_open(j, "onion_services", '[');
	a->ports.users_each(a->ports.ctx, put_services, &l);
	jout_close(j, ']');
	jout_close(j, '}');
}

void view_contact(struct jout *j, const char *key, struct api *a,
		  struct uid user, const struct contact_row *row)
{
	struct api_tor t = {.state = API_TOR_STOPPED};
	const char *presence = "unknown";

	a->ports.tor(a->ports.ctx, &t);
	if (a->ports.contact_is_online(a->ports.ctx, user, row->id))
		presence = "online";
	else if (t.state == API_TOR_READY)
		presence = "offline";
	jout_open(j, key, '{');
	jout_id(j, "id", ID_CONTACT, &row->id);
	jout_id(j, "conversation_id", ID_CONVERSATION, &row->conversation_id);
	jout_str(j, "alias", row->alias.s[0] ? row->alias.s : NULL);
	jout_str(j, "display_name", row->name.s);
	jout_str(j, "presence", presence);
	jout_bool(j, "alarm", row->alarm);
	jout_time(j, "last_seen_at", row->last_seen_ms);
	jout_time(j, "created_at", row->created_ms);
	jout_close(j, '}');
}

void view_link(const struct invite_row *row, struct invite *out)
{
	out->flags = row->flags;
	out->expiry_min = (uint32_t)(row->expires_ms / 60000);
	out->secret = row->secret;
	onion_public(&row->onion, &out->onion);
}

void view_invite(struct jout *j, const char *key, const struct invite_row *row)
{
	struct invite inv;
	char link[INVITE_TEXT + 1];

	view_link(row, &inv);
	invite_encode(&inv, link);
	jout_open(j, key, '{');
	jout_id(j, "id", ID_INVITE, &row->id);
	jout_str(j, "link", link);
	jout_str(j, "label", row->label.s);
	jout_uint(j, "uses", row->state == INVITE_BOUND ? 1 : 0);
	jout_uint(j, "max_uses", 1);
	jout_time(j, "expires_at", row->expires_ms);
	jout_time(j, "created_at", row->created_ms);
	jout_close(j, '}');
	invite_clear(&inv);
	sodium_memzero(link, sizeof(link));
}

static void put_request(struct jout *j, const char *key,
			const struct request_row *row, enum request_state state)
{
	bool accepted = state == REQUEST_ACCEPTED;
	struct uid none = {{0}};

	jout_open(j, key, '{');
	jout_id(j, "id", ID_REQUEST, &row->id);
	jout_str(j, "direction", "out");
	jout_str(j, "state", request_state_name(state));
	jout_str(j, "display_name", row->alias.s);
	jout_str(j, "greeting", row->greeting.s);
	jout_id(j, "contact_id", ID_CONTACT,
		accepted ? &row->contact_id : &none);
	jout_time(j, "created_at", row->created_ms);
	jout_null(j, "next_try_at");
	jout_null(j, "last_problem");
	jout_close(j, '}');
}

void view_request(struct jout *j, const char *key,
		  const struct request_row *row)
{
	put_request(j, key, row, row->state);
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

static void put_message(struct jout *j, const char *key,
			const struct message_info *m, enum message_state state)
{
	const struct message_row *row = &m->row;
	bool is_in = row->dir == MESSAGE_IN, is_text = row->kind == 1;
	struct uid none = {{0}};

	jout_open(j, key, '{');
	jout_id(j, "id", ID_MESSAGE, &row->id);
	jout_id(j, "conversation_id", ID_CONVERSATION, &m->conversation_id);
	put_client_id(j, &row->client_id);
	jout_str(j, "direction", is_in ? "in" : "out");
	jout_id(j, "sender_contact_id", ID_CONTACT,
		is_in ? &row->contact_id : &none);
	jout_str(j, "kind", is_text ? "text" : "unknown");
	jout_text(j, "text", is_text ? row->body : bytes_of("", 0));
	jout_open(j, "files", '[');
	jout_close(j, ']');
	jout_null(j, "reply_to");
	jout_open(j, "reactions", '[');
	jout_close(j, ']');
	jout_str(j, "state", message_state_name(state));
	jout_time(j, "sent_at", row->sent_ms);
	jout_time(j, "received_at", row->received_ms);
	jout_time(j, "delivered_at",
		  state == MESSAGE_DELIVERED ? m->delivered_ms : 0);
	jout_null(j, "edited_at");
	jout_null(j, "expires_at");
	jout_null(j, "problem");
	jout_close(j, '}');
}

void view_message(struct jout *j, const char *key, const struct message_info *m)
{
	put_message(j, key, m, m->row.state);
}

enum err view_contact_of(struct jout *j, const char *key, struct api *a,
			 struct uid user, struct uid id)
{
	struct contact_row row;
	enum err e = query_contact(api_store(a, user), id, &row);

	if (e)
		return e;
	view_contact(j, key, a, user, &row);
	sodium_memzero(&row, sizeof(row));
	return OK;
}

enum err view_invite_of(struct jout *j, const char *key, struct store *s,
			struct uid id)
{
	struct invite_row row;
	enum err e = query_invite(s, id, &row);

	if (e)
		return e;
	view_invite(j, key, &row);
	sodium_memzero(&row, sizeof(row));
	return OK;
}

enum err view_request_of(struct jout *j, const char *key, struct store *s,
			 struct uid id, const int *as_of)
{
	struct request_row row;
	enum err e = query_request(s, id, &row);

	if (e)
		return e;
	put_request(j, key, &row,
		    as_of ? (enum request_state) * as_of : row.state);
	sodium_memzero(&row, sizeof(row));
	return OK;
}

struct message_view {
	struct jout *j;
	const char *key;
	const int *as_of;
};

static bool put_found(void *ctx, const struct message_info *m)
{
	const struct message_view *v = ctx;

	put_message(v->j, v->key, m,
		    v->as_of ? (enum message_state) * v->as_of : m->row.state);
	return false;
}

enum err view_message_of(struct jout *j, const char *key, struct store *s,
			 struct uid id, const int *as_of)
{
	struct message_view v = {j, key, as_of};

	return query_message(s, id, put_found, &v);
}

void view_conversation(struct jout *j, const char *key, struct store *s,
		       const struct conversation_info *c)
{
	bool empty = uid_is_zero(&c->last_message);

	jout_open(j, key, '{');
	jout_id(j, "id", ID_CONVERSATION, &c->id);
	jout_str(j, "type", "direct");
	jout_str(j, "title", c->title.s);
	jout_id(j, "contact_id", ID_CONTACT, &c->contact_id);
	jout_uint(j, "unread_count", c->unread_count);
	if (empty ||
	    view_message_of(j, "last_message", s, c->last_message, NULL) != OK)
		jout_null(j, "last_message");
	jout_id(j, "read_up_to", ID_MESSAGE, &c->read_up_to);
	jout_close(j, '}');
}

enum err view_conversation_of(struct jout *j, const char *key, struct store *s,
			      struct uid id)
{
	struct conversation_info c;
	enum err e = query_conversation(s, id, &c);

	if (e)
		return e;
	view_conversation(j, key, s, &c);
	return OK;
}
