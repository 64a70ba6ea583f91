/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>

#include "api/lookalike.h"
#include "api/state.h"
#include "api/views.h"

const char *const words_policy[] = {
    [POLICY_VISIBLE] = "visible",
    [POLICY_DIAL_ONLY] = "dial_only",
    [POLICY_MAIL_ONLY] = "mail_only",
    NULL,
};

const char *const words_choice[] = {
    [CHOICE_DEFAULT] = "default",
    [CHOICE_ON] = "on",
    [CHOICE_OFF] = "off",
    NULL,
};

static const char *presence_of(struct api *a, struct uid user,
			       const struct contact_row *row)
{
	struct api_tor t = {.state = API_TOR_STOPPED};

	if (a->ports.contact_is_online(a->ports.ctx, user, row->id))
		return "online";
	a->ports.tor(a->ports.ctx, &t);
	return t.state == API_TOR_READY ? "offline" : "unknown";
}

void view_contact(struct jout *j, const char *key, struct api *a,
		  struct uid user, const struct contact_row *row)
{
	jout_open(j, key, '{');
	jout_id(j, "id", ID_CONTACT, &row->id);
	jout_id(j, "conversation_id", ID_CONVERSATION, &row->conversation_id);
	jout_str(j, "alias", row->alias.s[0] ? row->alias.s : NULL);
	jout_str(j, "display_name", row->name.s);
	jout_str(j, "status_text", row->status.s);
	jout_str(j, "note", row->note.s);
	jout_str(j, "presence", presence_of(a, user, row));
	jout_time(j, "last_seen_at", row->last_seen_ms);
	jout_time(j, "created_at", row->created_ms);
	jout_bool(j, "blocked", row->blocked);
	jout_str(j, "policy", words_policy[row->policy]);
	jout_str(j, "read_receipts", words_choice[row->receipts]);
	jout_str(j, "typing", words_choice[row->typing]);
	jout_bool(j, "cover", row->cover);
	jout_bool(j, "verified", row->verified);
	jout_time(j, "verified_at", row->verified ? row->verified_ms : 0);
	jout_bool(j, "alarm", row->alarm);
	jout_str(j, "state",
		 row->state == CONTACT_DETACHED ? "detached" : "active");
	jout_close(j, '}');
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

static const char *origin_name(enum request_origin o)
{
	switch (o) {
	case REQUEST_BY_INVITE: return "invite";
	case REQUEST_BY_KNOCK: return "knock";
	case REQUEST_AT_DOOR: return "door";
	case REQUEST_INTRODUCED:
	case REQUEST_SERVED: return "introduction";
	}
	return "unknown";
}

/* Who it may be mistaken for; of one that is a contact now, nobody. */
static void put_lookalike(struct jout *j, const struct request_row *row,
			  enum request_state state, const struct lookalikes *l)
{
	struct uid who = {{0}};

	if (state != REQUEST_ACCEPTED)
		who = lookalikes_find(l, row->name.s);
	jout_id(j, "looks_like_contact_id", ID_CONTACT, &who);
}

static void put_request(struct jout *j, const char *key,
			const struct request_row *row, enum request_state state,
			const struct lookalikes *l)
{
	bool by_contact =
	    row->origin == REQUEST_INTRODUCED || row->origin == REQUEST_SERVED;
	struct uid none = {{0}};

	jout_open(j, key, '{');
	jout_id(j, "id", ID_REQUEST, &row->id);
	jout_str(j, "direction", request_is_in(row) ? "in" : "out");
	jout_str(j, "origin", origin_name(row->origin));
	jout_str(j, "state", request_state_name(state));
	jout_str(j, "display_name",
		 row->alias.s[0] ? row->alias.s : row->name.s);
	jout_str(j, "name", row->name.s);
	jout_str(j, "alias", row->alias.s[0] ? row->alias.s : NULL);
	jout_str(j, "greeting", row->greeting.s);
	if (row->origin == REQUEST_AT_DOOR)
		jout_uint(j, "work", row->work);
	else
		jout_null(j, "work");
	jout_id(j, "introduced_by", ID_CONTACT,
		by_contact ? &row->introducer : &none);
	put_lookalike(j, row, state, l);
	jout_time(j, "created_at", row->created_ms);
	jout_time(j, "expires_at", row->expires_ms);
	jout_null(j, "next_try_at");
	jout_null(j, "last_problem");
	jout_id(j, "contact_id", ID_CONTACT,
		state == REQUEST_ACCEPTED ? &row->contact_id : &none);
	jout_close(j, '}');
}

bool request_is_in(const struct request_row *row)
{
	return row->origin == REQUEST_AT_DOOR ||
	       row->origin == REQUEST_INTRODUCED ||
	       row->origin == REQUEST_SERVED;
}

void view_request(struct jout *j, const char *key,
		  const struct request_row *row, const struct lookalikes *l)
{
	put_request(j, key, row, row->state, l);
}

enum err view_request_of(struct jout *j, const char *key, struct store *s,
			 struct uid id, const int *as_of)
{
	struct lookalikes l;
	struct request_row row;
	enum err e = query_request(s, id, &row);

	if (e)
		return e;
	e = lookalikes_load(&l, s);
	if (e == OK)
		put_request(j, key, &row,
			    as_of ? (enum request_state) * as_of : row.state,
			    &l);
	lookalikes_clear(&l);
	sodium_memzero(&row, sizeof(row));
	return e;
}
