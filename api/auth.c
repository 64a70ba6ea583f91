/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/auth.h"

#include <strings.h>

#include "api/reply.h"
#include "api/route.h"
#include "api/state.h"

static struct bytes token_of(struct bytes authorization)
{
	static const char scheme[] = "Bearer ";
	size_t n = sizeof(scheme) - 1;

	if (authorization.n <= n ||
	    strncasecmp((const char *)authorization.p, scheme, n) != 0)
		return bytes_of(NULL, 0);
	return bytes_of(authorization.p + n, authorization.n - n);
}

unsigned auth_session_scopes(const struct request *r)
{
	return r->caller.all_users ? SCOPES_LINK : SCOPES_SESSION;
}

static bool has_scope(const struct request *r, enum scope need)
{
	if (r->caller.is_admin || need == SCOPE_ANY)
		return true;
	return (auth_session_scopes(r) & need) != 0;
}

static struct session *find(struct request *r)
{
	struct api *a = r->api;

	return session_get_live(&a->sessions, r->caller.session_serial,
				api_mono_ms(a));
}

/* false: nobody we know. */
static bool identify(struct request *r, struct bytes token)
{
	struct api *a = r->api;
	struct caller *c = &r->caller;
	struct session *s;

	if (token.n == 0)
		return false;
	s = session_find(&a->sessions, token, api_mono_ms(a), &c->is_admin);
	if (s) {
		c->session_serial = s->serial;
		c->all_users = s->all_users;
		c->only_user = s->user;
	}
	return s || c->is_admin;
}

struct reply *auth_check(struct request *r, struct bytes authorization)
{
	struct api *a = r->api;
	struct session *s;
	uint64_t wait_ms;

	if (r->route->scope == SCOPE_NONE)
		return NULL;
	if (!identify(r, token_of(authorization)))
		return reply_error(r, PROBLEM_UNAUTHORIZED, NULL);
	s = find(r);
	if (!bucket_take(s ? &s->calls : &a->sessions.admin_calls,
			 a->config.calls.per_minute, api_mono_ms(a), &wait_ms))
		return reply_wait(r, wait_ms);
	if (!has_scope(r, r->route->scope))
		return reply_error(r, PROBLEM_FORBIDDEN_SCOPE,
				   "needs the scope %s",
				   scope_name(r->route->scope));
	return NULL;
}

struct reply *auth_take_send(struct request *r)
{
	struct api *a = r->api;
	struct session *s = find(r);
	uint64_t wait_ms;

	if (bucket_take(s ? &s->sends : &a->sessions.admin_sends,
			a->config.sends.per_minute, api_mono_ms(a), &wait_ms))
		return NULL;
	return reply_wait(r, wait_ms);
}

bool auth_may_see(const struct request *r, const struct uid *user)
{
	const struct caller *c = &r->caller;

	return c->is_admin || c->all_users ||
	       (c->session_serial && uid_is_equal(&c->only_user, user));
}

bool auth_is_live(struct api *a, const struct caller *c)
{
	return c->is_admin || session_get_live(&a->sessions, c->session_serial,
					       api_mono_ms(a));
}

void auth_touch(struct request *r)
{
	struct session *s = find(r);

	if (s)
		s->used_ms = api_mono_ms(r->api);
}
