/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/narrow.h"

#include <sodium.h>

#include "api/auth.h"
#include "api/reply.h"
#include "api/state.h"

enum { ROWS_ALL = 1 << 20 };

struct sight sight_of(struct request *r)
{
	return (struct sight){r->api, &r->caller, request_user(r)};
}

bool sight_is_narrow(const struct sight *s)
{
	struct grant g;

	/* One who is over sees nothing any more. */
	return !auth_grant(s->api, s->caller, &g) || grant_is_narrow(&g);
}

bool sight_has_conversation(const struct sight *s, const struct uid *id)
{
	struct grant g;

	return auth_grant(s->api, s->caller, &g) &&
	       grant_ids_have(g.conversations, id);
}

bool sight_has_contact(const struct sight *s, const struct contact_row *row)
{
	return sight_has_conversation(s, &row->conversation_id);
}

static bool has_brought(const struct sight *s, const struct uid *file)
{
	for (size_t i = 0; i < OWN_UPLOADS_MAX; i++) {
		const struct own_upload *own = &s->api->own_uploads[i];

		if (uid_is_equal(&own->file, file) &&
		    uid_is_equal(&own->token_id, &s->caller->token_id))
			return true;
	}
	return false;
}

bool sight_has_file(const struct sight *s, const struct file_info *f)
{
	if (!sight_is_narrow(s))
		return true;
	if (uid_is_zero(&f->conversation_id))
		return has_brought(s, &f->row.id);
	return sight_has_conversation(s, &f->conversation_id);
}

struct look {
	const struct sight *sight;
	bool is_seen;
};

static bool look_at_message(void *ctx, const struct message_info *m)
{
	struct look *l = ctx;

	l->is_seen = sight_has_conversation(l->sight, &m->conversation_id);
	return false;
}

static bool look_at_file(void *ctx, const struct file_info *f)
{
	struct look *l = ctx;

	l->is_seen = sight_has_file(l->sight, f);
	return false;
}

static enum err look_at_contact(struct store *s, struct uid id, struct look *l)
{
	struct contact_row row;
	enum err e = query_contact(s, id, &row);

	if (e == OK)
		l->is_seen = sight_has_contact(l->sight, &row);
	sodium_memzero(&row, sizeof(row));
	return e;
}

static enum err look_at(struct look *l, enum id_kind kind, struct uid id)
{
	struct store *s = api_store(l->sight->api, l->sight->user);

	if (!s)
		return ERR_STATE;
	switch (kind) {
	case ID_CONVERSATION:
		l->is_seen = sight_has_conversation(l->sight, &id);
		return OK;
	case ID_CONTACT: return look_at_contact(s, id, l);
	case ID_MESSAGE: return query_message(s, id, look_at_message, l);
	case ID_FILE: return query_file(s, id, look_at_file, l);
	case ID_USER:
	case ID_INVITE:
	case ID_REQUEST:
	case ID_TOKEN:
	case ID_JOB:
	case ID_KINDS: break;
	}
	return ERR_NOT_FOUND;
}

bool sight_has(const struct sight *s, enum id_kind kind, struct uid id)
{
	struct look l = {s, false};

	if (!sight_is_narrow(s))
		return true;
	return look_at(&l, kind, id) == OK && l.is_seen;
}

size_t narrow_limit(const struct sight *s, size_t limit)
{
	return sight_is_narrow(s) ? ROWS_ALL : limit;
}

struct reply *narrow_check_path(struct request *r)
{
	struct sight s = sight_of(r);

	if (!sight_is_narrow(&s))
		return NULL;
	for (enum id_kind k = ID_USER + 1; k < ID_KINDS; k++) {
		struct look l = {&s, false};
		enum err e;

		if (uid_is_zero(&r->path[k]))
			continue;
		e = look_at(&l, k, r->path[k]);
		if (e == OK && !l.is_seen)
			e = ERR_NOT_FOUND;
		if (e)
			return reply_err(r, e);
	}
	return NULL;
}

void narrow_note_upload(struct request *r, struct uid file)
{
	struct api *a = r->api;

	if (r->caller.kind != CALLER_TOKEN)
		return;
	a->own_uploads[a->own_upload_next++ % OWN_UPLOADS_MAX] =
	    (struct own_upload){r->caller.token_id, file};
}
