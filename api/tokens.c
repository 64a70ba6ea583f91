/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tokens - making, showing and revoking them.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "api/auth.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/page.h"
#include "api/state.h"
#include "api/token_keep.h"
#include "api/views.h"
#include "store/query.h"
#include "util/mem.h"

/* NULL, unless nobody knows which tokens there are. */
static struct reply *check_file(struct request *r)
{
	if (!r->api->tokens_err)
		return NULL;
	return reply_error(r, PROBLEM_DAMAGED,
			   "the file of tokens cannot be used: %s",
			   err_str(r->api->tokens_err));
}

struct reply *api_tokens_list(struct request *r)
{
	const struct tokens *t = &r->api->tokens;
	struct page p;
	struct reply *bad = check_file(r);

	if (bad || (bad = page_open(&p, r, ID_TOKEN)))
		return bad;
	for (size_t i = 0; i < t->count; i++) {
		const struct token *one = t->list[i];

		if (p.has_after &&
		    memcmp(one->id.b, p.after.b, sizeof(one->id.b)) <= 0)
			continue;
		if (!page_take(&p, &one->id))
			break;
		view_token(p.j, one, NULL);
	}
	return page_close(&p, r);
}

/* The one in the path; NULL, and the answer, if there is none. */
static struct token *find(struct request *r, struct reply **refusal)
{
	struct token *one = tokens_get(&r->api->tokens, &r->path[ID_TOKEN]);

	*refusal = check_file(r);
	if (!*refusal && !one)
		*refusal = reply_err(r, ERR_NOT_FOUND);
	return *refusal ? NULL : one;
}

struct reply *api_token_get(struct request *r)
{
	struct reply *refusal;
	const struct token *one = find(r, &refusal);

	if (!one)
		return refusal;
	view_token(reply_body(r), one, NULL);
	return reply_json(r, 200);
}

struct reply *api_token_delete(struct request *r)
{
	struct reply *refusal;
	enum err e;

	if (!find(r, &refusal))
		return refusal;
	/* Whatever the disk says: it is not let in any more.  What could not
	 * be written is still there to be revoked once more. */
	tokens_revoke(&r->api->tokens, &r->path[ID_TOKEN]);
	e = token_keep_save(r->api);
	api_end_dead(r->api);
	return e ? reply_err(r, e) : reply_empty(r, 204);
}

/* A token that is to be, and who makes it. */
struct wish {
	struct request *r;
	struct form form;
	struct grant grant; /* of who makes it */
	const struct token *maker;
	struct token *token;
};

static void read_scopes(struct wish *w)
{
	struct form *f = &w->form;
	size_t faults = f->fault_count;
	uint32_t words = 0;

	form_words(f, "scopes", scope_words, &words);
	if (words == 0 && f->fault_count == faults)
		form_fault(f, "scopes", "missing", "it needs one at least");
	w->token->scopes = (unsigned)words * SCOPE_ADMIN;
}

static struct uid *read_ids(struct wish *w, const char *name, enum id_kind kind,
			    size_t *count)
{
	struct uid ids[TOKEN_IDS_MAX];

	form_ids_or_none(&w->form, name, kind, TOKEN_IDS_MAX, ids, count);
	return xmemdup(ids, *count * sizeof(ids[0]));
}

static void read_end(struct wish *w)
{
	uint64_t end_ms = 0;

	if (form_time(&w->form, "expires_at", FORM_OPTIONAL, &end_ms) &&
	    end_ms <= api_wall_ms(w->r->api))
		form_fault(&w->form, "expires_at", "in_the_past", "it is over");
	else if (end_ms && w->maker && w->maker->expires_ms &&
		 end_ms > w->maker->expires_ms)
		form_fault(&w->form, "expires_at", "out_of_range",
			   "not after the token that makes it");
	w->token->expires_ms = end_ms;
}

static void read_rate(struct wish *w)
{
	unsigned max = TOKEN_RATE_MAX;

	if (w->maker && w->maker->per_minute)
		max = w->maker->per_minute;
	w->token->per_minute =
	    (unsigned)form_int(&w->form, "rate_per_minute", 1, (int64_t)max, 0);
}

static void read_wish(struct wish *w)
{
	struct form *f = &w->form;
	struct token *t = w->token;
	struct bytes name;

	form_of_body(f, w->r);
	name = form_label(f, "name", FORM_REQUIRED);
	if (f->fault_count == 0)
		memcpy(t->name.s, name.p, name.n);
	read_scopes(w);
	t->users = read_ids(w, "user_ids", ID_USER, &t->user_count);
	t->conversations = read_ids(w, "conversation_ids", ID_CONVERSATION,
				    &t->conversation_count);
	read_end(w);
	read_rate(w);
}

static struct uid *copy_ids(struct grant_ids list, size_t *count)
{
	*count = list.count;
	return xmemdup(list.ids, list.count * sizeof(list.ids[0]));
}

/* What it is not told it takes from who makes it. */
static void inherit(struct wish *w)
{
	struct token *t = w->token;

	if (t->user_count == 0) {
		free(t->users);
		t->users = copy_ids(w->grant.users, &t->user_count);
	}
	if (t->conversation_count == 0) {
		free(t->conversations);
		t->conversations =
		    copy_ids(w->grant.conversations, &t->conversation_count);
	}
	if (!w->maker)
		return;
	t->maker = w->maker->id;
	if (!t->expires_ms)
		t->expires_ms = w->maker->expires_ms;
	if (!t->per_minute)
		t->per_minute = w->maker->per_minute;
}

struct owner {
	struct api *api;
	struct grant_ids among;
	struct uid conversation, user;
	bool is_found;
};

static bool look_for_owner(void *ctx, const struct api_user *u)
{
	struct owner *o = ctx;
	struct store *s = api_store(o->api, u->id);
	struct conversation_info c;

	if (!s || !grant_ids_have(o->among, &u->id) ||
	    query_conversation(s, o->conversation, &c) != OK)
		return true;
	o->user = u->id;
	o->is_found = true;
	return false;
}

/* Whose conversation it is, of the users that the token is for, or else of
 * those that its maker may see. */
static bool find_owner(const struct wish *w, const struct uid *conversation,
		       struct uid *user)
{
	const struct token *t = w->token;
	struct api *a = w->r->api;
	struct owner o = {
	    .api = a, .among = w->grant.users, .conversation = *conversation};

	if (t->user_count > 0)
		o.among = (struct grant_ids){t->users, t->user_count};
	if (grant_ids_have(w->grant.conversations, conversation))
		a->ports.users_each(a->ports.ctx, look_for_owner, &o);
	*user = o.user;
	return o.is_found;
}

static void check_users(struct wish *w)
{
	const struct token *t = w->token;
	struct api_user u;

	for (size_t i = 0; i < t->user_count; i++) {
		if (grant_ids_have(w->grant.users, &t->users[i]) &&
		    api_user_find(w->r->api, t->users[i], &u))
			continue;
		form_fault(&w->form, "user_ids", "not_found",
			   "one of them is no user");
		return;
	}
}

/* One for some conversations is for their users, and no others. */
static void check_conversations(struct wish *w)
{
	struct token *t = w->token;
	struct uid owners[TOKEN_IDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < t->conversation_count; i++) {
		struct uid user;

		if (!find_owner(w, &t->conversations[i], &user)) {
			form_fault(&w->form, "conversation_ids", "not_found",
				   "one of them is no conversation of a user "
				   "who is unlocked");
			return;
		}
		if (count == 0 ||
		    !grant_ids_have((struct grant_ids){owners, count}, &user))
			owners[count++] = user;
	}
	if (t->user_count > 0 || count == 0)
		return;
	free(t->users);
	t->users = copy_ids((struct grant_ids){owners, count}, &t->user_count);
}

/* NULL, or 403: it would do what its maker may not. */
static struct reply *check_scopes(struct wish *w)
{
	for (unsigned s = SCOPE_ADMIN; s <= SCOPE_LAST; s <<= 1)
		if ((w->token->scopes & s) &&
		    !grant_has_scope(&w->grant, (enum scope)s))
			return reply_error(w->r, PROBLEM_FORBIDDEN_SCOPE,
					   "needs the scope %s itself",
					   scope_name((enum scope)s));
	return NULL;
}

/* Puts it in, and tells its secret this once. */
static struct reply *make(struct wish *w)
{
	struct request *r = w->r;
	struct api *a = r->api;
	struct token *t = w->token;
	char text[TOKEN_TEXT + 1], id[ID_TEXT + 1];
	uint8_t random[32];
	enum err e;

	t->id = api_new_id(a);
	t->created_ms = api_wall_ms(a);
	api_random(a, random, sizeof(random));
	token_name_secret(t, random, text);
	sodium_memzero(random, sizeof(random));
	view_token(reply_body(r), t, text);
	sodium_memzero(text, sizeof(text));
	e = tokens_put(&a->tokens, t) ? OK : ERR_EXISTS;
	if (e)
		return reply_err(r, e);
	w->token = NULL;
	id_encode(ID_TOKEN, &t->id, id);
	e = token_keep_save(a);
	if (e) {
		tokens_drop(&a->tokens, &t->id);
		return reply_err(r, e);
	}
	reply_location(r, "/v1/tokens/%s", id);
	return reply_json(r, 201);
}

static struct reply *fulfil(struct wish *w)
{
	struct api *a = w->r->api;
	struct reply *bad;

	read_wish(w);
	check_users(w);
	check_conversations(w);
	if ((bad = form_done(&w->form)) || (bad = check_scopes(w)))
		return bad;
	inherit(w);
	if (!tokens_may_make(&a->tokens, w->maker, api_wall_ms(a)))
		return reply_error(w->r, PROBLEM_CONFLICT,
				   "a token may have made %d that live",
				   TOKENS_BELOW_MAX);
	if (!tokens_make_room(&a->tokens, api_wall_ms(a)))
		return reply_error(w->r, PROBLEM_CONFLICT,
				   "there may be %d tokens", TOKENS_MAX);
	return make(w);
}

struct reply *api_tokens_post(struct request *r)
{
	struct api *a = r->api;
	struct wish w = {.r = r};
	struct reply *reply = check_file(r);

	if (reply)
		return reply;
	if (!auth_grant(a, &r->caller, &w.grant))
		return reply_error(r, PROBLEM_UNAUTHORIZED, NULL);
	w.maker = auth_token(a, &r->caller);
	w.token = xcalloc(1, sizeof(*w.token));
	reply = fulfil(&w);
	token_free(w.token);
	return reply;
}
