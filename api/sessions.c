/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "api/auth.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/state.h"
#include "api/unlock.h"
#include "api/views.h"

enum {
	LOGIN_TEXT_MAX = 128,
	NOBODIES_HIGH = 4, /* times 256 */
};

struct named_user {
	struct bytes name;
	struct uid id;
	bool is_found;
};

struct user_list {
	struct request *r;
	struct jout *j;
};

static bool put_user_id(void *ctx, const struct api_user *u)
{
	struct user_list *l = ctx;

	if (auth_may_see(l->r, &u->id))
		jout_id(l->j, NULL, ID_USER, &u->id);
	return true;
}

/* Wall clock; 0: never. */
static uint64_t end_of_caller(struct request *r)
{
	struct api *a = r->api;
	const struct session *s = auth_session(a, &r->caller);
	const struct token *t = auth_token(a, &r->caller);
	uint64_t end_ms = t ? t->expires_ms : 0, session_ms;

	if (!s)
		return end_ms;
	session_ms = api_wall_ms(a) + session_end_ms(s) - api_mono_ms(a);
	return end_ms && end_ms < session_ms ? end_ms : session_ms;
}

/* token: only in the answer that makes it. */
static struct reply *show(struct request *r, const char *token, unsigned status)
{
	struct api *a = r->api;
	struct jout *j = reply_body(r);
	struct user_list l = {r, j};
	struct grant g;

	auth_grant(a, &r->caller, &g);
	jout_open(j, NULL, '{');
	jout_open(j, "user_ids", '[');
	a->ports.users_each(a->ports.ctx, put_user_id, &l);
	jout_close(j, ']');
	view_ids(j, "conversation_ids", ID_CONVERSATION, g.conversations);
	view_scopes(j, g.scopes);
	jout_time(j, "expires_at", end_of_caller(r));
	jout_id(j, "token_id", ID_TOKEN, &r->caller.token_id);
	jout_str(j, "token", token);
	jout_close(j, '}');
	return reply_json(r, status);
}

/* For one user, or for all, by this link. */
static struct reply *make(struct request *r, const struct uid *only_user,
			  const struct login_token *link)
{
	struct api *a = r->api;
	uint8_t random[32];
	char token[SESSION_TEXT + 1];
	struct session *s;
	struct reply *reply;

	api_random(a, random, sizeof(random));
	s = session_new(&a->sessions, random, api_mono_ms(a), token);
	s->all_users = !only_user;
	if (only_user)
		s->user = *only_user;
	if (link) {
		s->maker = link->maker;
		s->is_admin = link->is_admin;
	}
	/* One may have made room for it. */
	api_end_dead(a);
	r->caller = (struct caller){.kind = CALLER_SESSION,
				    .session_serial = s->serial};
	reply = show(r, token, 201);
	sodium_memzero(random, sizeof(random));
	sodium_memzero(token, sizeof(token));
	return reply;
}

static struct reply *logged_in(struct request *r, const struct op *op,
			       enum err e)
{
	if (e)
		return unlock_error(r, op->object, e);
	return make(r, &op->object, NULL);
}

static bool take_named(void *ctx, const struct api_user *u)
{
	struct named_user *want = ctx;

	want->is_found =
	    bytes_equal(want->name, bytes_of(u->name.s, strlen(u->name.s)));
	if (want->is_found)
		want->id = u->id;
	return !want->is_found;
}

/* Stands for a user that is not there, so that his door closes after wrong
 * passphrases as a real one does.  There are not too many of them. */
static struct uid nobody(const struct api *a, struct bytes who)
{
	struct uid id = {.b = {0xff, 0xff}}; /* no time is that late */
	uint8_t hash[crypto_shorthash_BYTES];

	crypto_shorthash(hash, who.p, who.n, a->sessions.nobody_key);
	id.b[14] = hash[0] % NOBODIES_HIGH;
	id.b[15] = hash[1];
	return id;
}

/* By name or id. */
static struct uid read_user(struct form *f)
{
	struct named_user want = {.is_found = false};
	struct api *a = f->r->api;
	struct api_user u;
	struct uid id = {{0}};

	want.name = form_label(f, "user_name", FORM_OPTIONAL);
	if (want.name.p) {
		a->ports.users_each(a->ports.ctx, take_named, &want);
		return want.is_found ? want.id : nobody(a, want.name);
	}
	if (form_id(f, "user_id", ID_USER, FORM_REQUIRED, &id) &&
	    !api_user_find(a, id, &u))
		id = nobody(a, bytes_of(id.b, sizeof(id.b)));
	return id;
}

static struct reply *log_in_with(struct request *r, struct bytes text)
{
	struct api *a = r->api;
	struct login_token t;

	if (!login_token_take(&a->sessions, text, api_mono_ms(a), &t) ||
	    (!uid_is_zero(&t.maker) &&
	     !tokens_get_live(&a->tokens, &t.maker, api_wall_ms(a))))
		return reply_error(r, PROBLEM_UNAUTHORIZED,
				   "the login token is used, too old or wrong");
	return make(r, NULL, &t);
}

struct reply *api_session_post(struct request *r)
{
	struct form f;
	struct bytes token, passphrase = bytes_of(NULL, 0);
	struct uid user = {{0}};
	struct reply *bad;

	form_of_body(&f, r);
	token = form_text(&f, "login_token", 1, LOGIN_TEXT_MAX, FORM_OPTIONAL);
	/* Either the token alone, or both others. */
	if (!token.p && f.fault_count == 0) {
		user = read_user(&f);
		passphrase = form_text(&f, "passphrase", 1, PASSPHRASE_MAX,
				       FORM_REQUIRED);
	}
	if ((bad = form_done(&f)))
		return bad;
	if (token.p)
		return log_in_with(r, token);
	return unlock_start(r, user, passphrase, logged_in);
}

struct reply *api_session_get(struct request *r)
{
	return show(r, NULL, 200);
}

struct reply *api_session_delete(struct request *r)
{
	struct session *s = auth_session(r->api, &r->caller);

	if (!s)
		return reply_error(r, PROBLEM_CONFLICT,
				   "these credentials are no session");
	session_free(s);
	api_end_dead(r->api);
	return reply_empty(r, 204);
}

struct reply *api_login_tokens_post(struct request *r)
{
	static const char *const rights[] = {"usual", "admin", NULL};
	struct api *a = r->api;
	const struct token *maker = auth_token(a, &r->caller);
	uint8_t random[32];
	char token[SECRET_TEXT + 1], url[64 + SECRET_TEXT];
	struct login_token *t;
	struct reply *bad;
	struct form f;
	unsigned which = 0;
	struct jout *j;

	form_of_query(&f, r);
	form_word(&f, "rights", FORM_OPTIONAL, rights, &which);
	if ((bad = form_done(&f)))
		return bad;
	j = reply_body(r);
	api_random(a, random, sizeof(random));
	t = login_token_new(&a->sessions, random, api_mono_ms(a), token);
	t->is_admin = which == 1;
	if (maker)
		t->maker = maker->id;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/ui/#t=%s",
		 a->config.port, token);
	jout_open(j, NULL, '{');
	jout_str(j, "login_token", token);
	jout_str(j, "url", url);
	jout_time(j, "expires_at", api_wall_ms(a) + LOGIN_TOKEN_MS);
	jout_close(j, '}');
	sodium_memzero(random, sizeof(random));
	sodium_memzero(token, sizeof(token));
	sodium_memzero(url, sizeof(url));
	return reply_json(r, 201);
}
