/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <sodium.h>

#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/page.h"
#include "api/state.h"
#include "api/views.h"
#include "core/invite.h"

enum { LIFETIME_MIN_SECONDS = 60, INVITES_ALL = 1 << 20 };

/* Those of a knock or an introduction come and go with its request; the
 * user's own have no flags. */
static bool is_shown(const struct invite_row *row)
{
	return row->flags == 0;
}

static bool put_invite(void *ctx, const struct invite_row *row)
{
	struct page *p = ctx;

	if (!is_shown(row))
		return true;
	if (!page_take(p, &row->id))
		return false;
	view_invite(p->j, NULL, row);
	return true;
}

struct reply *api_invites_list(struct request *r)
{
	struct page p;
	struct reply *bad = page_open(&p, r, ID_INVITE);

	if (bad)
		return bad;
	return page_close_err(&p, r,
			      query_invites(r->store, page_after(&p),
					    INVITES_ALL, put_invite, &p));
}

/* Wipe it. */
static enum err find(struct request *r, struct uid id, struct invite_row *out)
{
	enum err e = query_invite(r->store, id, out);

	return e == OK && !is_shown(out) ? ERR_NOT_FOUND : e;
}

static struct reply *show(struct request *r, struct uid id, unsigned status)
{
	struct invite_row row;
	enum err e = find(r, id, &row);

	if (e == OK)
		view_invite(reply_body(r), NULL, &row);
	sodium_memzero(&row, sizeof(row));
	return e ? reply_err(r, e) : reply_json(r, status);
}

static struct reply *created(struct request *r, const struct op *op, enum err e)
{
	char user[ID_TEXT + 1], id[ID_TEXT + 1];

	if (e == ERR_FULL)
		return reply_error(r, PROBLEM_CONFLICT,
				   "at most %d invites may be open",
				   INVITES_MAX);
	if (e)
		return command_error(r, op, e);
	id_encode(ID_USER, &op->user, user);
	id_encode(ID_INVITE, &op->object, id);
	reply_location(r, "/v1/users/%s/invites/%s", user, id);
	return show(r, op->object, 201);
}

struct reply *api_invites_post(struct request *r)
{
	struct event ev = {.type = EV_CMD_INVITE_NEW};
	struct form f;
	struct bytes label;
	int64_t seconds;
	struct reply *bad;
	struct op *op;

	form_of_body(&f, r);
	label = form_label(&f, "label", FORM_OPTIONAL);
	seconds = form_int(&f, "expires_in_seconds", LIFETIME_MIN_SECONDS,
			   INVITE_LIFE_MAX_MIN * 60, INVITE_DEFAULT_MIN * 60);
	form_int(&f, "max_uses", 1, 1, 1);
	form_id(&f, "contact_id", ID_CONTACT, FORM_OPTIONAL,
		&ev.invite_new.contact_id);
	if ((bad = form_done(&f)))
		return bad;
	op = op_new(r, OP_COMMAND, created);
	op->object = api_new_id(r->api);
	ev.invite_new.invite_id = op->object;
	ev.invite_new.lifetime_ms = 1000 * (uint64_t)seconds;
	if (label.n)
		memcpy(ev.invite_new.label.s, label.p, label.n);
	return op_submit(r, op, &ev);
}

struct reply *api_invite_get(struct request *r)
{
	return show(r, r->path[ID_INVITE], 200);
}

struct reply *api_invite_qr(struct request *r)
{
	struct invite_row row;
	struct invite inv;
	char link[INVITE_TEXT + 1];
	enum err e = find(r, r->path[ID_INVITE], &row);
	struct reply *reply;

	if (e)
		return reply_err(r, e);
	view_link(&row, &inv);
	invite_encode_upper(&inv, link);
	reply = reply_qr(r, link);
	invite_clear(&inv);
	sodium_memzero(&row, sizeof(row));
	sodium_memzero(link, sizeof(link));
	return reply;
}

struct reply *api_invite_delete(struct request *r)
{
	struct event ev = {.type = EV_CMD_INVITE_DELETE};
	struct invite_row row;
	enum err e = find(r, r->path[ID_INVITE], &row);

	sodium_memzero(&row, sizeof(row));
	if (e)
		return reply_err(r, e);
	ev.target = r->path[ID_INVITE];
	return op_submit(r, op_new(r, OP_COMMAND, command_deleted), &ev);
}
