/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/lookalike.h"
#include "api/page.h"
#include "api/state.h"
#include "api/views.h"
#include "core/invite.h"

enum { LINK_MAX = 512 };

struct request_page {
	struct page *page;
	struct lookalikes names;
};

static bool put_request(void *ctx, const struct request_row *row)
{
	struct request_page *rp = ctx;

	if (!page_take(rp->page, &row->id))
		return false;
	view_request(rp->page->j, NULL, row, &rp->names);
	return true;
}

struct reply *api_requests_list(struct request *r)
{
	struct page p;
	struct reply *bad = page_open(&p, r, ID_REQUEST);
	struct request_page rp = {.page = &p};
	enum err e;

	if (bad)
		return bad;
	e = lookalikes_load(&rp.names, r->store);
	if (e == OK)
		e = query_requests(r->store, page_after(&p), p.limit + 1,
				   put_request, &rp);
	lookalikes_clear(&rp.names);
	return page_close_err(&p, r, e);
}

/* What POST asks for: to use an invite, or to knock at an address. */
struct wish {
	bool is_knock;
	uint8_t invite[INVITE_BYTES];
	struct onion_pk door; /* is_knock */
	struct uid client_id;
	struct label alias;
	struct greeting greeting;
	struct uid contact_id; /* whose place is to be taken, or zero */
};

static bool is_invite(struct bytes link)
{
	static const char prefix[] = INVITE_PREFIX;
	size_t n = sizeof(prefix) - 1;

	return link.n >= n && strncasecmp((const char *)link.p, prefix, n) == 0;
}

static enum err read_invite(struct bytes link, uint64_t now_ms,
			    struct wish *out)
{
	struct invite inv;
	enum err e = invite_decode((const char *)link.p, link.n, now_ms, &inv);

	if (e)
		return e;
	invite_pack(&inv, out->invite);
	invite_clear(&inv);
	return OK;
}

static void read_link(struct form *f, struct bytes link, uint64_t now_ms,
		      struct wish *out)
{
	enum err e;

	out->is_knock = !is_invite(link);
	if (out->is_knock)
		e = address_decode((const char *)link.p, link.n, &out->door);
	else
		e = read_invite(link, now_ms, out);
	if (e == ERR_CORRUPT)
		form_fault(f, "link", "mistyped_link",
			   "cut or changed on its way");
	else if (e == ERR_STATE)
		form_fault(f, "link", "expired_link",
			   "it is too old: ask for another one");
	else if (e == ERR_VERSION)
		form_fault(f, "link", "unsupported_link",
			   "made by a newer program");
	else if (e)
		form_fault(f, "link", "invalid_link",
			   "neither an invite nor an address");
}

/* now_ms 0: an invite that expired since then is all right. */
static struct reply *read_wish(struct request *r, uint64_t now_ms,
			       struct wish *out)
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
	form_id(&f, "contact_id", ID_CONTACT, FORM_OPTIONAL, &out->contact_id);
	if (f.fault_count == 0)
		read_link(&f, link, now_ms, out);
	if (f.fault_count == 0 && out->is_knock &&
	    !uid_is_zero(&out->contact_id))
		form_fault(&f, "contact_id", "not_possible",
			   "only with an invite");
	if (f.fault_count == 0) {
		memcpy(out->alias.s, alias.p ? (const char *)alias.p : "",
		       alias.n);
		memcpy(out->greeting.s,
		       greeting.p ? (const char *)greeting.p : "", greeting.n);
	}
	return form_done(&f);
}

static bool is_same(const struct request_row *row, const struct wish *w)
{
	if (strcmp(row->alias.s, w->alias.s) != 0 ||
	    strcmp(row->greeting.s, w->greeting.s) != 0)
		return false;
	if (w->is_knock)
		return row->origin == REQUEST_BY_KNOCK &&
		       memcmp(&row->door, &w->door, sizeof(w->door)) == 0;
	return row->origin == REQUEST_BY_INVITE &&
	       (uid_is_zero(&w->contact_id) ||
		uid_is_equal(&row->contact_id, &w->contact_id)) &&
	       sodium_memcmp(row->invite, w->invite, INVITE_BYTES) == 0;
}

static struct reply *show(struct request *r, struct uid id, unsigned status)
{
	char user[ID_TEXT + 1], text[ID_TEXT + 1];
	enum err e = view_request_of(reply_body(r), NULL, r->store, id, NULL);

	if (e)
		return reply_err(r, e);
	id_encode(ID_USER, &request_user(r), user);
	id_encode(ID_REQUEST, &id, text);
	if (status == 201)
		reply_location(r, "/v1/users/%s/requests/%s", user, text);
	return reply_json(r, status);
}

static struct reply *find_same(struct request *r, const struct wish *w,
			       bool is_first)
{
	struct request_row row;
	struct reply *reply;
	enum err e = query_request_by_client(r->store, w->client_id, &row);

	if (e == ERR_NOT_FOUND)
		return NULL;
	if (e)
		return reply_err(r, e);
	if (is_same(&row, w))
		reply = show(r, row.id, is_first ? 201 : 200);
	else
		reply = reply_error(r, PROBLEM_CLIENT_ID_REUSED, NULL);
	sodium_memzero(&row, sizeof(row));
	return reply;
}

/* What a repeat gets; NULL if there is no such request yet. */
static struct reply *find_known(struct request *r, bool is_first)
{
	struct wish w;
	struct reply *reply = read_wish(r, 0, &w);

	if (!reply)
		reply = find_same(r, &w, is_first);
	sodium_memzero(&w, sizeof(w));
	return reply;
}

static struct reply *created(struct request *r, const struct op *op, enum err e)
{
	struct reply *reply;

	if (e == ERR_EXISTS)
		return reply_error(r, PROBLEM_CONFLICT,
				   "this link is in use already");
	if (e)
		return command_error(r, op, e);
	reply = find_known(r, r == op->first);
	return reply ? reply : reply_err(r, ERR_NOT_FOUND);
}

static void fill_knock(struct api *a, const struct wish *w, struct uid id,
		       struct event *ev)
{
	ev->type = EV_CMD_KNOCK;
	ev->knock = (struct cmd_knock){
	    .request_id = id,
	    .client_id = w->client_id,
	    .invite_id = api_new_id(a),
	    .door = w->door,
	    .alias = w->alias,
	    .text = w->greeting,
	};
}

static void fill_connect(const struct wish *w, struct uid id, struct event *ev)
{
	ev->type = EV_CMD_CONNECT;
	ev->connect = (struct cmd_connect){
	    .request_id = id,
	    .client_id = w->client_id,
	    .alias = w->alias,
	    .greeting = w->greeting,
	    .contact_id = w->contact_id,
	};
	memcpy(ev->connect.invite, w->invite, INVITE_BYTES);
}

/* NULL, unless it is the user's own door. */
static struct reply *check_door(struct request *r, const struct wish *w)
{
	struct self_row self;
	struct onion_pk own;
	enum err e;

	if (!w->is_knock)
		return NULL;
	e = query_self(r->store, &self);
	/* One who was made a moment ago has told nobody where he is. */
	if (e)
		return e == ERR_NOT_FOUND ? NULL : reply_err(r, e);
	onion_public(&self.door, &own);
	sodium_memzero(&self, sizeof(self));
	if (memcmp(&own, &w->door, sizeof(own)) != 0)
		return NULL;
	return reply_error(r, PROBLEM_CONFLICT, "it is your own address");
}

static struct reply *submit_wish(struct request *r, const struct wish *w)
{
	struct event ev = {.type = EV_CMD_CONNECT};
	struct uid no_place = {{0}};
	struct op *op =
	    op_find(r->api, request_user(r), no_place, w->client_id);
	struct reply *reply;

	if (op) {
		op_join(op, r);
		return reply_later(r);
	}
	if ((reply = check_door(r, w)) || (reply = auth_take_send(r)))
		return reply;
	op = op_new(r, OP_COMMAND, created);
	op->object = api_new_id(r->api);
	op->client_id = w->client_id;
	if (w->is_knock)
		fill_knock(r->api, w, op->object, &ev);
	else
		fill_connect(w, op->object, &ev);
	reply = op_submit(r, op, &ev);
	sodium_memzero(&ev, sizeof(ev));
	return reply;
}

struct reply *api_requests_post(struct request *r)
{
	struct reply *reply = find_known(r, false);
	struct wish w;

	if (reply)
		return reply;
	reply = read_wish(r, api_wall_ms(r->api), &w);
	if (!reply)
		reply = submit_wish(r, &w);
	sodium_memzero(&w, sizeof(w));
	return reply;
}

struct reply *api_request_get(struct request *r)
{
	return show(r, r->path[ID_REQUEST], 200);
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

/* NULL, if it is one that the user has to decide. */
static struct reply *check_decision(struct request *r, bool again)
{
	struct request_row row;
	struct reply *bad = NULL;
	enum err e = query_request(r->store, r->path[ID_REQUEST], &row);

	if (e)
		return reply_err(r, e);
	if (!request_is_in(&row))
		bad = reply_error(r, PROBLEM_CONFLICT,
				  "it is your own: the other decides");
	else if (row.state != REQUEST_PENDING &&
		 !(again && row.state == REQUEST_REJECTED))
		bad = reply_error(r, PROBLEM_CONFLICT, "it is decided");
	sodium_memzero(&row, sizeof(row));
	return bad;
}

static struct reply *accepted(struct request *r, const struct op *op,
			      enum err e)
{
	return e ? command_error(r, op, e) : show(r, op->object, 202);
}

struct reply *api_request_accept(struct request *r)
{
	struct event ev = {.type = EV_CMD_REQUEST_ACCEPT};
	struct bytes alias;
	struct reply *bad = check_decision(r, true);
	struct form f;
	struct op *op;

	if (bad)
		return bad;
	form_of_body(&f, r);
	alias = form_label(&f, "alias", FORM_OPTIONAL);
	if ((bad = form_done(&f)))
		return bad;
	op = op_new(r, OP_COMMAND, accepted);
	op->object = r->path[ID_REQUEST];
	ev.request_accept.request_id = op->object;
	ev.request_accept.invite_id = api_new_id(r->api);
	if (alias.n)
		memcpy(ev.request_accept.alias.s, alias.p, alias.n);
	return op_submit(r, op, &ev);
}

struct reply *api_request_reject(struct request *r)
{
	struct event ev = {.type = EV_CMD_REQUEST_REJECT};
	struct reply *bad = check_decision(r, false);

	if (bad)
		return bad;
	ev.target = r->path[ID_REQUEST];
	return op_submit(r, op_new(r, OP_COMMAND, command_deleted), &ev);
}
