/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <sodium.h>

#include "api/state.h"
#include "api/views.h"

const char *const words_mode[] = {
    [PRESENCE_ONLINE] = "online",
    [PRESENCE_INVISIBLE] = "invisible",
    [PRESENCE_OFFLINE] = "offline",
    NULL,
};

static void onion_text(const struct self_row *self,
		       char out[static ONION_TEXT + 1])
{
	struct onion_pk pk;

	onion_public(&self->door, &pk);
	onion_name_encode(&pk, out);
	memcpy(out + ONION_NAME, ".onion", sizeof(".onion"));
}

enum err view_onion(struct store *s, char out[static ONION_TEXT + 1])
{
	struct self_row self;
	enum err e = query_self(s, &self);

	if (e)
		return e;
	onion_text(&self, out);
	sodium_memzero(&self, sizeof(self));
	return OK;
}

static void put_link(struct jout *j, const struct self_row *self)
{
	char link[ADDRESS_TEXT + 1];
	struct onion_pk pk;

	onion_public(&self->door, &pk);
	address_encode(&pk, link);
	jout_str(j, "link", link);
}

enum err view_address(struct jout *j, struct api *a, struct uid user)
{
	struct api_services n = {0};
	struct self_row self;
	char onion[ONION_TEXT + 1];
	enum err e = query_self(api_store(a, user), &self);

	if (e)
		return e;
	a->ports.services(a->ports.ctx, user, &n);
	onion_text(&self, onion);
	jout_open(j, NULL, '{');
	jout_str(j, "onion", onion);
	put_link(j, &self);
	jout_bool(j, "enabled", self.door_on);
	jout_bool(j, "published", n.door_is_published);
	jout_uint(j, "difficulty", self.difficulty);
	jout_time(j, "created_at", self.door_created_ms);
	jout_close(j, '}');
	sodium_memzero(&self, sizeof(self));
	return OK;
}

enum err view_profile(struct jout *j, struct api *a, struct uid user)
{
	struct self_row self;
	struct api_user u;
	enum err e = query_self(api_store(a, user), &self);

	if (e == OK && !api_user_find(a, user, &u))
		e = ERR_NOT_FOUND;
	if (e)
		return e;
	jout_open(j, NULL, '{');
	jout_str(j, "display_name", self.name.s[0] ? self.name.s : u.name.s);
	jout_str(j, "status_text", self.status.s);
	jout_null(j, "avatar_file_id");
	jout_close(j, '}');
	sodium_memzero(&self, sizeof(self));
	return OK;
}

enum err view_presence(struct jout *j, struct store *s)
{
	struct self_row self;
	enum err e = query_self(s, &self);

	if (e)
		return e;
	jout_open(j, NULL, '{');
	jout_str(j, "mode", words_mode[self.mode]);
	jout_close(j, '}');
	sodium_memzero(&self, sizeof(self));
	return OK;
}

enum err view_privacy(struct jout *j, struct store *s)
{
	struct self_row self;
	enum err e = query_self(s, &self);

	if (e)
		return e;
	jout_open(j, NULL, '{');
	jout_bool(j, "read_receipts", self.receipts);
	jout_bool(j, "typing", self.typing);
	jout_uint(j, "auto_accept_bytes", self.auto_accept_bytes);
	jout_open(j, "auto_accept_kinds", '[');
	for (unsigned i = 0; words_file_kind[i]; i++)
		if (self.auto_accept_kinds >> i & 1)
			jout_str(j, NULL, words_file_kind[i]);
	jout_close(j, ']');
	jout_close(j, '}');
	sodium_memzero(&self, sizeof(self));
	return OK;
}
