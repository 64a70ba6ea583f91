/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/page.h"
#include "api/state.h"
#include "api/unlock.h"
#include "api/views.h"

struct user_page {
	struct request *r;
	struct page *page;
};

static bool put_user(void *ctx, const struct api_user *u)
{
	struct user_page *up = ctx;
	struct page *p = up->page;

	if (p->has_after && memcmp(u->id.b, p->after.b, sizeof(u->id.b)) <= 0)
		return true;
	if (!auth_may_see(up->r, &u->id))
		return true;
	if (!page_take(p, &u->id))
		return false;
	view_user(p->j, NULL, up->r->api, u);
	return true;
}

struct reply *api_users_list(struct request *r)
{
	struct page p;
	struct reply *bad = page_open(&p, r, ID_USER);
	struct user_page up = {r, &p};

	if (bad)
		return bad;
	r->api->ports.users_each(r->api->ports.ctx, put_user, &up);
	return page_close(&p, r);
}

static struct reply *show_user(struct request *r, struct uid id,
			       unsigned status)
{
	struct api_user u;

	if (!api_user_find(r->api, id, &u))
		return reply_error(r, PROBLEM_NOT_FOUND, NULL);
	view_user(reply_body(r), NULL, r->api, &u);
	return reply_json(r, status);
}

static struct reply *created(struct request *r, const struct op *op, enum err e)
{
	char id[ID_TEXT + 1];

	if (e == ERR_EXISTS)
		return reply_error(r, PROBLEM_CONFLICT, "the name is taken");
	if (e == ERR_FULL)
		return reply_error(r, PROBLEM_CONFLICT, "too many users");
	if (e)
		return reply_err(r, e);
	id_encode(ID_USER, &op->object, id);
	reply_location(r, "/v1/users/%s", id);
	return show_user(r, op->object, 201);
}

struct reply *api_users_post(struct request *r)
{
	struct api *a = r->api;
	struct form f;
	struct label name = {""};
	struct bytes text, passphrase;
	struct reply *bad;
	struct op *op;

	form_of_body(&f, r);
	text = form_label(&f, "name", FORM_REQUIRED);
	passphrase = form_text(&f, "passphrase", PASSPHRASE_MIN, PASSPHRASE_MAX,
			       FORM_REQUIRED);
	if ((bad = form_done(&f)) || (bad = unlock_room(r)))
		return bad;
	memcpy(name.s, text.p, text.n);
	op = op_new(r, OP_KDF, created);
	op->object = api_new_id(a);
	a->ports.user_create(a->ports.ctx, op->ticket, op->object, &name,
			     passphrase);
	return reply_later(r);
}

struct reply *api_user_get(struct request *r)
{
	return show_user(r, request_user(r), 200);
}

static struct reply *unlocked(struct request *r, const struct op *op,
			      enum err e)
{
	if (e)
		return unlock_error(r, op->object, e);
	return show_user(r, op->object, 200);
}

struct reply *api_user_unlock(struct request *r)
{
	struct form f;
	struct bytes passphrase;
	struct api_user u;
	struct reply *bad;

	form_of_body(&f, r);
	passphrase =
	    form_text(&f, "passphrase", 1, PASSPHRASE_MAX, FORM_REQUIRED);
	if ((bad = form_done(&f)))
		return bad;
	if (api_user_find(r->api, request_user(r), &u) &&
	    u.state == API_USER_UNLOCKED)
		return reply_error(r, PROBLEM_ALREADY_UNLOCKED, NULL);
	return unlock_start(r, request_user(r), passphrase, unlocked);
}

static struct reply *changed(struct request *r, const struct op *op, enum err e)
{
	if (e == OK)
		return reply_empty(r, 204);
	if (e == ERR_AUTH || e == ERR_CORRUPT)
		return unlock_error(r, op->object, e);
	if (e == ERR_STATE)
		return reply_error(r, PROBLEM_CONFLICT,
				   "the passphrase was changed meanwhile");
	return reply_err(r, e);
}

struct reply *api_user_put_passphrase(struct request *r)
{
	struct form f;
	struct bytes old, fresh;
	struct reply *bad;

	form_of_body(&f, r);
	old = form_text(&f, "old_passphrase", 1, PASSPHRASE_MAX, FORM_REQUIRED);
	fresh = form_text(&f, "new_passphrase", PASSPHRASE_MIN, PASSPHRASE_MAX,
			  FORM_REQUIRED);
	if ((bad = form_done(&f)))
		return bad;
	return unlock_change(r, old, fresh, changed);
}

static struct reply *locked(struct request *r, const struct op *op, enum err e)
{
	if (e)
		return reply_err(r, e);
	return show_user(r, op->user, 200);
}

struct reply *api_user_lock(struct request *r)
{
	struct api *a = r->api;
	struct api_user u;
	struct op *op;

	/* One who is being unlocked can be locked: that takes it back. */
	if (!api_user_find(a, request_user(r), &u) ||
	    u.state == API_USER_LOCKED || u.state == API_USER_FAILED)
		return command_locked(r, request_user(r));
	op = op_new(r, OP_LOCK, locked);
	a->ports.user_lock(a->ports.ctx, op->ticket, op->user);
	return reply_later(r);
}
