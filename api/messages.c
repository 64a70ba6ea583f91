/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/page.h"
#include "api/state.h"
#include "api/views.h"

struct message_list_page {
	struct jout *j;
	struct uid first, last;
	size_t count;
};

static bool put_message(void *ctx, const struct message_info *m)
{
	struct message_list_page *p = ctx;

	if (p->count++ == 0)
		p->first = m->row.id;
	p->last = m->row.id;
	view_message(p->j, NULL, m);
	return true;
}

static bool note_one(void *ctx, const struct message_info *m)
{
	bool *found = ctx;

	(void)m;
	*found = true;
	return false;
}

/* before, after, around: one of them at most. */
static struct reply *read_page(struct request *r, struct message_page *page)
{
	static const struct {
		const char *name;
		enum page_kind kind;
	} words[] = {{"before", PAGE_BEFORE},
		     {"after", PAGE_AFTER},
		     {"around", PAGE_AROUND}};
	struct form f;
	struct uid pivot;

	form_of_query(&f, r);
	page->conversation_id = r->path[ID_CONVERSATION];
	page->kind = PAGE_LATEST;
	page->limit =
	    (size_t)form_int(&f, "limit", 1, PAGE_LIMIT_MAX, PAGE_LIMIT);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!form_id(&f, words[i].name, ID_MESSAGE, FORM_OPTIONAL,
			     &pivot))
			continue;
		if (page->kind != PAGE_LATEST)
			form_fault(&f, words[i].name, "exclusive",
				   "only one of before, after, around");
		page->kind = words[i].kind;
		page->pivot = pivot;
	}
	return form_done(&f);
}

/* Is there something beyond the page, in the direction it was read? */
static enum err look_beyond(struct store *s, struct message_page page,
			    const struct message_list_page *got,
			    struct uid *next)
{
	bool found = false;
	enum err e;

	*next = (struct uid){{0}};
	if (page.kind == PAGE_AROUND || got->count < page.limit)
		return OK;
	if (page.kind == PAGE_LATEST)
		page.kind = PAGE_BEFORE;
	page.pivot = page.kind == PAGE_BEFORE ? got->first : got->last;
	page.limit = 1;
	e = query_messages(s, &page, note_one, &found);
	if (e == OK && found)
		*next = page.pivot;
	return e;
}

struct reply *api_messages_list(struct request *r)
{
	struct message_page page = {.limit = 0};
	struct message_list_page got = {.count = 0};
	struct conversation_info c;
	struct uid next;
	struct reply *bad = read_page(r, &page);
	enum err e;

	if (bad)
		return bad;
	e = query_conversation(r->store, page.conversation_id, &c);
	if (e)
		return reply_err(r, e);
	got.j = reply_body(r);
	jout_open(got.j, NULL, '{');
	jout_open(got.j, "items", '[');
	e = query_messages(r->store, &page, put_message, &got);
	if (e == OK)
		e = look_beyond(r->store, page, &got, &next);
	if (e)
		return reply_err(r, e);
	jout_close(got.j, ']');
	jout_id(got.j, "next_cursor", ID_MESSAGE, &next);
	jout_close(got.j, '}');
	return reply_json(r, 200);
}

struct reply *api_message_get(struct request *r)
{
	enum err e = view_message_of(reply_body(r), NULL, r->store,
				     r->path[ID_MESSAGE], NULL);

	return e ? reply_err(r, e) : reply_json(r, 200);
}

static struct reply *read_send(struct request *r, struct cmd_send *out)
{
	struct form f;

	form_of_body(&f, r);
	form_uuid(&f, "client_id", FORM_REQUIRED, &out->client_id);
	out->text = form_text(&f, "text", 1, TEXT_MAX, FORM_REQUIRED);
	return form_done(&f);
}

struct known_message {
	struct request *r;
	struct bytes text;
	struct uid id;
	bool is_same;
};

static bool take_known(void *ctx, const struct message_info *m)
{
	struct known_message *k = ctx;

	k->id = m->row.id;
	k->is_same = bytes_equal(k->text, m->row.body);
	if (k->is_same)
		view_message(reply_body(k->r), NULL, m);
	return false;
}

/* What a repeat gets; NULL if there is no such message yet. */
static struct reply *find_known(struct request *r, const struct cmd_send *send,
				bool is_first)
{
	struct known_message k = {.r = r, .text = send->text};
	char user[ID_TEXT + 1], id[ID_TEXT + 1];
	enum err e = query_message_by_client(r->store, r->path[ID_CONVERSATION],
					     send->client_id, take_known, &k);

	if (e == ERR_NOT_FOUND)
		return NULL;
	if (e)
		return reply_err(r, e);
	if (!k.is_same)
		return reply_error(r, PROBLEM_CLIENT_ID_REUSED, NULL);
	if (is_first) {
		id_encode(ID_USER, &request_user(r), user);
		id_encode(ID_MESSAGE, &k.id, id);
		reply_location(r, "/v1/users/%s/messages/%s", user, id);
	}
	return reply_json(r, is_first ? 201 : 200);
}

static struct reply *sent(struct request *r, const struct op *op, enum err e)
{
	struct cmd_send send = {.client_id = op->client_id};
	struct reply *reply;

	if (e)
		return command_error(r, op, e);
	reply = read_send(r, &send);
	if (!reply)
		reply = find_known(r, &send, r == op->first);
	return reply ? reply : reply_err(r, ERR_NOT_FOUND);
}

struct reply *api_messages_post(struct request *r)
{
	struct event ev = {.type = EV_CMD_SEND};
	struct conversation_info c;
	struct reply *reply;
	struct op *op;
	enum err e;

	e = query_conversation(r->store, r->path[ID_CONVERSATION], &c);
	if (e)
		return reply_err(r, e);
	reply = read_send(r, &ev.send);
	if (reply || (reply = find_known(r, &ev.send, false)))
		return reply;
	op = op_find(r->api, request_user(r), c.id, ev.send.client_id);
	if (op) {
		op_join(op, r);
		return reply_later(r);
	}
	if ((reply = auth_take_send(r)))
		return reply;
	op = op_new(r, OP_COMMAND, sent);
	op->object = api_new_id(r->api);
	op->place = c.id;
	op->client_id = ev.send.client_id;
	ev.send.contact_id = c.contact_id;
	ev.send.message_id = op->object;
	return op_submit(r, op, &ev);
}
