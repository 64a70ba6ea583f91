/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <sodium.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/page.h"
#include "api/state.h"
#include "api/views.h"
#include "core/invite.h"

enum { LINK_MAX = 512 };

static bool put_request(void *ctx, const struct request_row *row)
{
	struct page *p = ctx;

	if (!page_take(p, &row->id))
		return false;
	view_request(p->j, NULL, row);
	return true;
}

struct reply *api_requests_list(struct request *r)
{
	struct page p;
	struct reply *bad = page_open(&p, r, ID_REQUEST);

	if (bad)
		return bad;
	return page_close_err(&p, r,
			      query_requests(r->store, page_after(&p),
					     p.limit + 1, put_request, &p));
}

static struct reply *show(struct request *r, const struct request_row *row,
			  unsigned status)
{
	char user[ID_TEXT + 1], id[ID_TEXT + 1];

	id_encode(ID_USER, &request_user(r), user);
	id_encode(ID_REQUEST, &row->id, id);
	if (status == 201)
		reply_location(r, "/v1/users/%s/requests/%s", user, id);
	view_request(reply_body(r), NULL, row);
	return reply_json(r, status);
}

static void read_link(struct form *f, struct bytes link, uint64_t now_ms,
		      uint8_t out[static INVITE_BYTES])
{
	struct invite inv;
	enum err e = invite_decode((const char *)link.p, link.n, now_ms, &inv);

	if (e == OK) {
		invite_pack(&inv, out);
		invite_clear(&inv);
	} else if (e == ERR_CORRUPT) {
		form_fault(f, "link", "mistyped_link",
			   "cut or changed on its way");
	} else if (e == ERR_STATE) {
		form_fault(f, "link", "expired_link",
			   "it is too old: ask for another one");
	} else if (e == ERR_VERSION) {
		form_fault(f, "link", "unsupported_link",
			   "made by a newer program");
	} else {
		form_fault(f, "link", "invalid_link",
			   "not a link of umbel invite");
	}
}

/* now_ms 0: an invite that expired since then is all right. */
static struct reply *read_connect(struct request *r, uint64_t now_ms,
				  struct cmd_connect *out)
{
	struct form f;
	struct bytes link, alias, greeting;

	memset(out, 0, sizeof(*out));
	form_of_body(&f, r);
	link = form_text(&f, "link", 1, LINK_MAX, FORM_REQUIRED);
	alias = form_label(&f, "alias", FORM_OPTIONAL);
	greeting =
	    form_text(&f, "greeting", 0, GREETING_MAX_BYTES, FORM_OPTIONAL);
	form_uuid(&f, "client_id", FORM_REQUIRED, &out->client_id);
	if (f.fault_count == 0)
		read_link(&f, link, now_ms, out->invite);
	if (f.fault_count == 0) {
		memcpy(out->alias.s, alias.p ? (const char *)alias.p : "",
		       alias.n);
		memcpy(out->greeting.s,
		       greeting.p ? (const char *)greeting.p : "", greeting.n);
	}
	return form_done(&f);
}

static bool is_same(const struct request_row *row, const struct cmd_connect *c)
{
	return sodium_memcmp(row->invite, c->invite, INVITE_BYTES) == 0 &&
	       strcmp(row->alias.s, c->alias.s) == 0 &&
	       strcmp(row->greeting.s, c->greeting.s) == 0;
}

/* What a repeat gets; NULL if there is no such request yet. */
static struct reply *find_known(struct request *r, bool is_first)
{
	struct cmd_connect c;
	struct request_row row;
	struct reply *reply = read_connect(r, 0, &c);
	enum err e;

	if (reply)
		return reply;
	e = query_request_by_client(r->store, c.client_id, &row);
	if (e == ERR_NOT_FOUND)
		return NULL;
	if (e)
		return reply_err(r, e);
	if (is_same(&row, &c))
		reply = show(r, &row, is_first ? 201 : 200);
	else
		reply = reply_error(r, PROBLEM_CLIENT_ID_REUSED, NULL);
	sodium_memzero(&row, sizeof(row));
	sodium_memzero(&c, sizeof(c));
	return reply;
}

static struct reply *created(struct request *r, const struct op *op, enum err e)
{
	struct reply *reply;

	if (e == ERR_EXISTS)
		return reply_error(r, PROBLEM_CONFLICT,
				   "this invite is in use already");
	if (e)
		return command_error(r, op, e);
	reply = find_known(r, r == op->first);
	return reply ? reply : reply_err(r, ERR_NOT_FOUND);
}

struct reply *api_requests_post(struct request *r)
{
	struct event ev = {.type = EV_CMD_CONNECT};
	struct uid no_place = {{0}};
	struct reply *reply = find_known(r, false);
	struct op *op;

	if (reply)
		return reply;
	reply = read_connect(r, api_wall_ms(r->api), &ev.connect);
	if (reply || (reply = auth_take_send(r)))
		return reply;
	op = op_find(r->api, request_user(r), no_place, ev.connect.client_id);
	if (op) {
		op_join(op, r);
		return reply_later(r);
	}
	op = op_new(r, OP_COMMAND, created);
	op->object = api_new_id(r->api);
	op->client_id = ev.connect.client_id;
	ev.connect.request_id = op->object;
	reply = op_submit(r, op, &ev);
	sodium_memzero(&ev, sizeof(ev));
	return reply;
}

struct reply *api_request_get(struct request *r)
{
	enum err e = view_request_of(reply_body(r), NULL, r->store,
				     r->path[ID_REQUEST], NULL);

	return e ? reply_err(r, e) : reply_json(r, 200);
}

struct reply *api_request_delete(struct request *r)
{
	struct event ev = {.type = EV_CMD_REQUEST_DELETE};
	enum err e = view_request_of(reply_body(r), NULL, r->store,
				     r->path[ID_REQUEST], NULL);

	if (e)
		return reply_err(r, e);
	ev.target = r->path[ID_REQUEST];
	return op_submit(r, op_new(r, OP_COMMAND, command_deleted), &ev);
}
