/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/unlock.h"

#include "api/auth.h"
#include "api/idle.h"
#include "api/reply.h"
#include "api/state.h"

static void settle(struct api *a, const struct op *op, enum err e)
{
	enum guard_result result = GUARD_UNKNOWN;

	if (e == OK)
		result = GUARD_RIGHT;
	else if (e == ERR_AUTH)
		result = GUARD_WRONG;
	if (e == OK)
		idle_touch(a, &op->object);
	guard_end(&a->guard, &op->guard, api_mono_ms(a), result);
}

/* Whose wrong passphrases are counted together. */
static struct uid credential_of(const struct request *r)
{
	static const struct uid admin;
	struct api *a = r->api;
	const struct session *s;
	const struct token *t;

	switch (r->caller.kind) {
	case CALLER_NOBODY: return guard_login;
	case CALLER_ADMIN: return admin;
	case CALLER_SESSION:
	case CALLER_TOKEN: break;
	}
	s = auth_session(a, &r->caller);
	t = auth_token(a, &r->caller);
	if (t)
		return tokens_first(&a->tokens, t)->id;
	return s && !s->all_users ? s->user : guard_link;
}

static unsigned room_of(const struct request *r)
{
	switch (r->caller.kind) {
	case CALLER_NOBODY: return OPS_KDF_LOGIN;
	case CALLER_SESSION:
	case CALLER_TOKEN: return OPS_KDF_TOKEN;
	case CALLER_ADMIN: break;
	}
	return OPS_KDF_MAX;
}

struct reply *unlock_room(struct request *r)
{
	if (r->api->kdf_count < room_of(r))
		return NULL;
	r->reply.retry_ms = 2000;
	return reply_error(r, PROBLEM_STORE_BUSY,
			   "too many passphrases are being checked");
}

/* An attempt that the guard lets through; NULL, and the answer, if not. */
static struct op *begin(struct request *r, struct uid user, op_then_fn *then,
			struct reply **refusal)
{
	const struct guard_key key = {.user = user, .by = credential_of(r)};
	struct api *a = r->api;
	uint64_t wait_ms;
	struct op *op;

	*refusal = unlock_room(r);
	if (*refusal)
		return NULL;
	if (!guard_start(&a->guard, &key, api_mono_ms(a), &wait_ms)) {
		*refusal = reply_wait(r, wait_ms);
		return NULL;
	}
	op = op_new(r, OP_KDF, then);
	op->object = user;
	op->guard = key;
	op->settle = settle;
	return op;
}

struct reply *unlock_start(struct request *r, struct uid user,
			   struct bytes passphrase, op_then_fn *then)
{
	struct api *a = r->api;
	struct reply *refusal;
	struct op *op = begin(r, user, then, &refusal);

	if (!op)
		return refusal;
	a->ports.user_unlock(a->ports.ctx, op->ticket, user, passphrase);
	return reply_later(r);
}

/* Who got in with the old passphrase is to know the new one. */
static void settle_change(struct api *a, const struct op *op, enum err e)
{
	settle(a, op, e);
	if (e)
		return;
	sessions_end_of(&a->sessions, &op->object);
	api_end_dead(a);
}

struct reply *unlock_change(struct request *r, struct bytes old,
			    struct bytes fresh, op_then_fn *then)
{
	struct api *a = r->api;
	struct uid user = request_user(r);
	struct reply *refusal;
	struct op *op = begin(r, user, then, &refusal);

	if (!op)
		return refusal;
	op->settle = settle_change;
	a->ports.user_passphrase(a->ports.ctx, op->ticket, user, old, fresh);
	return reply_later(r);
}

struct reply *unlock_duress(struct request *r, struct bytes passphrase,
			    struct bytes duress, op_then_fn *then)
{
	struct api *a = r->api;
	struct uid user = request_user(r);
	struct reply *refusal;
	struct op *op = begin(r, user, then, &refusal);

	if (!op)
		return refusal;
	a->ports.user_duress(a->ports.ctx, op->ticket, user, passphrase,
			     duress);
	return reply_later(r);
}

/* Nobody is let in any more by what is not there any more. */
static void settle_destroy(struct api *a, const struct op *op, enum err e)
{
	settle_change(a, op, e);
	if (op->settle_more)
		op->settle_more(a, op, e);
}

struct reply *unlock_destroy(struct request *r, struct bytes passphrase,
			     op_then_fn *then, op_settle_fn *more)
{
	struct api *a = r->api;
	struct uid user = request_user(r);
	struct reply *refusal;
	struct op *op = begin(r, user, then, &refusal);

	if (!op)
		return refusal;
	op->settle = settle_destroy;
	op->settle_more = more;
	op->place = api_new_id(a);
	a->ports.jobs.destroy(a->ports.ctx, op->ticket, user, passphrase);
	return reply_later(r);
}

struct reply *unlock_error(struct request *r, struct uid user, enum err e)
{
	struct api_user u;
	const char *why = NULL;

	if (api_user_find(r->api, user, &u))
		why = u.failure;
	if (e == ERR_AUTH)
		return reply_error(r, PROBLEM_WRONG_PASSPHRASE, NULL);
	if (why || e == ERR_CORRUPT || e == ERR_VERSION)
		return reply_error(r, PROBLEM_DAMAGED, "%s",
				   why ? why : err_str(e));
	if (e == ERR_STATE)
		return reply_error(r, PROBLEM_CONFLICT,
				   "the user was locked meanwhile or given "
				   "another passphrase, or another process has "
				   "the database open");
	return reply_err(r, e);
}
