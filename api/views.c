/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/views.h"

#include <sodium.h>

#include "api/auth.h"
#include "api/state.h"
#include "core/invite.h"
#include "core/onion.h"

const char *view_user_state(enum api_user_state s)
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

void view_user(struct jout *j, const char *key, struct api *a,
	       const struct api_user *u)
{
	struct store *s = api_store(a, u->id);
	char onion[ONION_TEXT + 1];
	uint64_t unread;

	jout_open(j, key, '{');
	jout_id(j, "id", ID_USER, &u->id);
	jout_str(j, "name", u->name.s);
	jout_str(j, "state", view_user_state(u->state));
	jout_str(j, "failure", u->failure);
	jout_str(j, "onion", s && view_onion(s, onion) == OK ? onion : NULL);
	/* The key file, which says it, may not be readable. */
	jout_time(j, "created_at",
		  u->created_ms ? u->created_ms : uid_time_ms(&u->id));
	if (s && query_unread(s, &unread) == OK)
		jout_uint(j, "unread_count", unread);
	else
		jout_null(j, "unread_count");
	if (u->auto_lock_minutes == KEYFILE_AS_SET)
		jout_null(j, "auto_lock_minutes");
	else
		jout_uint(j, "auto_lock_minutes", u->auto_lock_minutes);
	jout_close(j, '}');
}

struct service_list {
	struct jout *j;
	struct api *a;
	const struct caller *caller; /* or NULL */
};

static bool put_services(void *ctx, const struct api_user *u)
{
	struct service_list *l = ctx;
	struct api_services n = {.count = 0};

	if (u->state != API_USER_UNLOCKED ||
	    (l->caller && !auth_sees_user(l->a, l->caller, &u->id)))
		return true;
	l->a->ports.services(l->a->ports.ctx, u->id, &n);
	jout_open(l->j, NULL, '{');
	jout_id(l->j, "user_id", ID_USER, &u->id);
	jout_bool(l->j, "published", n.count == n.published_count);
	jout_uint(l->j, "count", n.count);
	jout_uint(l->j, "published_count", n.published_count);
	view_self_test(l->j, "self_test", &n);
	jout_close(l->j, '}');
	return true;
}

void view_tor(struct jout *j, struct api *a, const struct caller *c)
{
	struct service_list l = {j, a, c};
	struct api_tor t = {.state = API_TOR_STOPPED};
	struct api_bridges b = {.use = false};

	a->ports.tor(a->ports.ctx, &t);
	a->ports.bridges(a->ports.ctx, &b);
	jout_open(j, NULL, '{');
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
	jout_uint(j, "bridges", b.use ? b.count : 0);
	jout_open(j, "onion_services", '[');
	a->ports.users_each(a->ports.ctx, put_services, &l);
	jout_close(j, ']');
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
