/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/auth.h"

#include <string.h>
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

static struct token *live_token(struct api *a, const struct uid *id)
{
	return tokens_get_live(&a->tokens, id, api_wall_ms(a));
}

struct session *auth_session(struct api *a, const struct caller *c)
{
	struct session *s =
	    session_get_live(&a->sessions, c->session_serial, api_mono_ms(a));

	if (!s || uid_is_zero(&s->maker) || live_token(a, &s->maker))
		return s;
	return NULL;
}

const struct token *auth_token(struct api *a, const struct caller *c)
{
	const struct session *s = auth_session(a, c);

	return tokens_get(&a->tokens, s ? &s->maker : &c->token_id);
}

bool auth_grant(struct api *a, const struct caller *c, struct grant *out)
{
	const struct session *s;
	const struct token *t;

	*out = (struct grant){.scopes = 0};
	switch (c->kind) {
	case CALLER_NOBODY: return false;
	case CALLER_ADMIN: out->scopes = SCOPE_ADMIN; return true;
	case CALLER_SESSION:
		s = auth_session(a, c);
		if (s)
			*out = session_grant(s);
		return s != NULL;
	case CALLER_TOKEN:
		t = live_token(a, &c->token_id);
		if (t)
			*out = token_grant(t);
		return t != NULL;
	}
	return false;
}

bool auth_is_live(struct api *a, const struct caller *c)
{
	struct grant g;

	return auth_grant(a, c, &g);
}

bool auth_has_scope(const struct request *r, enum scope s)
{
	struct grant g;

	return auth_grant(r->api, &r->caller, &g) && grant_has_scope(&g, s);
}

bool auth_sees_user(struct api *a, const struct caller *c,
		    const struct uid *user)
{
	struct grant g;

	return auth_grant(a, c, &g) && grant_ids_have(g.users, user);
}

bool auth_may_see(const struct request *r, const struct uid *user)
{
	return auth_sees_user(r->api, &r->caller, user);
}

/* false: nobody we know. */
static bool identify(struct request *r, struct bytes text)
{
	struct api *a = r->api;
	struct caller *c = &r->caller;
	const struct session *s;
	const struct token *t;
	bool is_admin;

	if (text.n == 0)
		return false;
	t = tokens_find(&a->tokens, text, api_wall_ms(a));
	s = session_find(&a->sessions, text, api_mono_ms(a), &is_admin);
	if (is_admin)
		*c = (struct caller){.kind = CALLER_ADMIN};
	else if (s)
		*c = (struct caller){.kind = CALLER_SESSION,
				     .session_serial = s->serial};
	else if (t)
		*c = (struct caller){.kind = CALLER_TOKEN, .token_id = t->id};
	return auth_is_live(a, c);
}

/* Takes one call, or send, from the buckets of the caller. */
static bool take(struct request *r, enum token_rate rate, uint64_t *wait_ms)
{
	struct api *a = r->api;
	bool is_send = rate == TOKEN_SENDS;
	unsigned limit =
	    is_send ? a->config.sends.per_minute : a->config.calls.per_minute;
	uint64_t now_ms = api_mono_ms(a);
	struct session *s = auth_session(a, &r->caller);
	/* A session that a token began has no more than the token. */
	struct token *t = live_token(a, s ? &s->maker : &r->caller.token_id);
	struct bucket *b;

	if (t)
		return token_take(&a->tokens, t, rate, limit, now_ms, wait_ms);
	if (s)
		b = is_send ? &s->sends : &s->calls;
	else
		b = is_send ? &a->sessions.admin_sends
			    : &a->sessions.admin_calls;
	return bucket_take(b, limit, now_ms, wait_ms);
}

/* What goes beyond the users that a token is for: it may have the scope, but
 * not all that the operation touches.  A job is of one user, which its handler
 * looks at. */
static bool is_for_all(const struct route *route)
{
	return (route->scope == SCOPE_ADMIN ||
		route->scope == SCOPE_TOR_CONTROL ||
		route->scope == SCOPE_USERS_CREATE) &&
	       !strstr(route->pattern, "{user_id}") &&
	       !strstr(route->pattern, "{job_id}");
}

static struct reply *check_scope(struct request *r)
{
	const struct route *route = r->route;
	struct grant g;

	if (!auth_grant(r->api, &r->caller, &g))
		return reply_error(r, PROBLEM_UNAUTHORIZED, NULL);
	if (!grant_has_scope(&g, route->scope))
		return reply_error(r, PROBLEM_FORBIDDEN_SCOPE,
				   "needs the scope %s",
				   scope_name(route->scope));
	if (grant_is_narrow(&g) && !(route->flags & ROUTE_NARROW))
		return reply_error(r, PROBLEM_FORBIDDEN_SCOPE,
				   "not with a token for some conversations "
				   "only");
	if (g.users.count > 0 && is_for_all(route))
		return reply_error(r, PROBLEM_FORBIDDEN_SCOPE,
				   "not with credentials for some users only");
	return NULL;
}

struct reply *auth_check(struct request *r, struct bytes authorization,
			 bool is_guest)
{
	uint64_t wait_ms;

	if (r->route->scope == SCOPE_NONE && !is_guest)
		return NULL;
	if (!identify(r, token_of(authorization)) ||
	    (is_guest && r->caller.kind != CALLER_TOKEN))
		return reply_error(r, PROBLEM_UNAUTHORIZED, NULL);
	auth_touch(r);
	if (!take(r, TOKEN_CALLS, &wait_ms))
		return reply_wait(r, wait_ms);
	return r->route->scope == SCOPE_NONE ? NULL : check_scope(r);
}

struct reply *auth_take_send(struct request *r)
{
	uint64_t wait_ms;

	return take(r, TOKEN_SENDS, &wait_ms) ? NULL : reply_wait(r, wait_ms);
}

void auth_touch(struct request *r)
{
	struct session *s = auth_session(r->api, &r->caller);
	struct token *t = live_token(r->api, &r->caller.token_id);

	if (s)
		s->used_ms = api_mono_ms(r->api);
	if (t && token_use(t, api_wall_ms(r->api)) && !r->api->tokens_due_ms)
		r->api->tokens_due_ms = api_mono_ms(r->api) + TOKENS_REST_MS;
}
