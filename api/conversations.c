/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/page.h"
#include "api/views.h"
#include "util/mem.h"

/* Collected first: showing one asks the store again. */
struct conversation_batch {
	struct conversation_info *rows;
	size_t count;
};

static bool take_row(void *ctx, const struct conversation_info *row)
{
	struct conversation_batch *b = ctx;

	b->rows[b->count++] = *row;
	return true;
}

struct reply *api_conversations_list(struct request *r)
{
	struct conversation_batch b = {NULL, 0};
	struct page p;
	struct reply *bad = page_open(&p, r, ID_CONVERSATION);
	enum err e;

	if (bad)
		return bad;
	b.rows = xcalloc(p.limit + 1, sizeof(*b.rows));
	e = query_conversations(r->store, page_after(&p), p.limit + 1, take_row,
				&b);
	for (size_t i = 0; e == OK && i < b.count; i++)
		if (page_take(&p, &b.rows[i].id))
			view_conversation(p.j, NULL, r->store, &b.rows[i]);
	free(b.rows);
	return page_close_err(&p, r, e);
}

static struct reply *show(struct request *r)
{
	enum err e = view_conversation_of(reply_body(r), NULL, r->store,
					  r->path[ID_CONVERSATION]);

	return e ? reply_err(r, e) : reply_json(r, 200);
}

struct reply *api_conversation_get(struct request *r)
{
	return show(r);
}

static struct reply *marked(struct request *r, const struct op *op, enum err e)
{
	return e ? command_error(r, op, e) : show(r);
}

static bool take_place(void *ctx, const struct message_info *m)
{
	struct uid *place = ctx;

	*place = m->conversation_id;
	return false;
}

struct reply *api_conversation_put_read(struct request *r)
{
	struct event ev = {.type = EV_CMD_READ};
	struct conversation_info c;
	struct uid place = {{0}};
	struct reply *bad;
	struct form f;
	enum err e;

	e = query_conversation(r->store, r->path[ID_CONVERSATION], &c);
	if (e)
		return reply_err(r, e);
	form_of_body(&f, r);
	if (form_id(&f, "message_id", ID_MESSAGE, FORM_REQUIRED,
		    &ev.read.message_id)) {
		e = query_message(r->store, ev.read.message_id, take_place,
				  &place);
		if (e && e != ERR_NOT_FOUND)
			return reply_err(r, e);
		if (!uid_is_equal(&place, &c.id))
			form_fault(&f, "message_id", "not_found",
				   "no such message in this conversation");
	}
	if ((bad = form_done(&f)))
		return bad;
	ev.read.contact_id = c.contact_id;
	return op_submit(r, op_new(r, OP_COMMAND, marked), &ev);
}
