/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/token.h"
#include "api/views.h"

void view_scopes(struct jout *j, unsigned scopes)
{
	jout_open(j, "scopes", '[');
	for (size_t i = 0; scope_words[i]; i++)
		if (scopes & (unsigned)SCOPE_ADMIN << i)
			jout_str(j, NULL, scope_words[i]);
	jout_close(j, ']');
}

void view_ids(struct jout *j, const char *key, enum id_kind kind,
	      struct grant_ids list)
{
	jout_open(j, key, '[');
	for (size_t i = 0; i < list.count; i++)
		jout_id(j, NULL, kind, &list.ids[i]);
	jout_close(j, ']');
}

void view_token(struct jout *j, const struct token *one, const char *secret)
{
	struct grant g = token_grant(one);

	jout_open(j, NULL, '{');
	jout_id(j, "id", ID_TOKEN, &one->id);
	jout_str(j, "name", one->name.s);
	jout_str(j, "secret", secret);
	view_scopes(j, g.scopes);
	view_ids(j, "user_ids", ID_USER, g.users);
	view_ids(j, "conversation_ids", ID_CONVERSATION, g.conversations);
	if (one->per_minute)
		jout_uint(j, "rate_per_minute", one->per_minute);
	else
		jout_null(j, "rate_per_minute");
	jout_id(j, "made_by", ID_TOKEN, &one->maker);
	jout_time(j, "created_at", one->created_ms);
	jout_time(j, "last_used_at", one->used_ms);
	jout_time(j, "expires_at", one->expires_ms);
	jout_close(j, '}');
}
