/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/narrow.h"
#include "api/page.h"
#include "api/state.h"
#include "api/views.h"
#include "util/mem.h"

/* Collected first: showing one asks the store again. */
struct conversation_batch {
	struct sight sight;
	struct conversation_info *rows;
	size_t count, cap;
};

static bool take_row(void *ctx, const struct conversation_info *row)
{
	struct conversation_batch *b = ctx;

	if (sight_has_conversation(&b->sight, &row->id))
		b->rows[b->count++] = *row;
	return b->count < b->cap;
}

struct reply *api_conversations_list(struct request *r)
{
	struct conversation_batch b = {.sight = sight_of(r)};
	struct page p;
	struct reply *bad = page_open(&p, r, ID_CONVERSATION);
	enum err e;

	if (bad)
		return bad;
	/* A place that he may not see is none. */
	if (page_after(&p) && !sight_has_conversation(&b.sight, page_after(&p)))
		return page_close_err(&p, r, ERR_NOT_FOUND);
	b.cap = p.limit + 1;
	b.rows = xcalloc(b.cap, sizeof(*b.rows));
	e = query_conversations(r->store, page_after(&p),
				narrow_limit(&b.sight, b.cap), take_row, &b);
	for (size_t i = 0; e == OK && i < b.count; i++)
		if (page_take(&p, &b.rows[i].id))
			view_conversation(p.j, NULL, r->api, request_user(r),
					  &b.rows[i]);
	free(b.rows);
	return page_close_err(&p, r, e);
}

struct reply *api_conversation_get(struct request *r)
{
	enum err e =
	    view_conversation_of(reply_body(r), NULL, r->api, request_user(r),
				 r->path[ID_CONVERSATION]);

	return e ? reply_err(r, e) : reply_json(r, 200);
}

/* What has become of it, to one who may read it. */
static struct reply *show(struct request *r)
{
	struct jout *j;

	if (auth_has_scope(r, SCOPE_MESSAGES_READ))
		return api_conversation_get(r);
	j = reply_body(r);
	jout_open(j, NULL, '{');
	jout_id(j, "id", ID_CONVERSATION, &r->path[ID_CONVERSATION]);
	jout_close(j, '}');
	return reply_json(r, 200);
}

static struct reply *changed(struct request *r, const struct op *op, enum err e)
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
	e = query_last_incoming(r->store, c.id, ev.read.message_id,
				&ev.read.mid, &ev.read.has_mid);
	if (e)
		return reply_err(r, e);
	ev.read.contact_id = c.contact_id;
	return op_submit(r, op_new(r, OP_COMMAND, changed), &ev);
}

static void patch_view(struct form *f, struct cmd_conversation_set *set)
{
	if (form_cleared(f, "muted_until") ||
	    form_time(f, "muted_until", FORM_OPTIONAL, &set->muted_until_ms))
		set->fields |= CONVERSATION_MUTED;
	if (form_bool(f, "archived", FORM_OPTIONAL, &set->archived))
		set->fields |= CONVERSATION_ARCHIVED;
	if (form_bool(f, "pinned", FORM_OPTIONAL, &set->pinned))
		set->fields |= CONVERSATION_PINNED;
	if (form_cleared(f, "draft"))
		set->fields |= CONVERSATION_DRAFT;
	else if ((set->draft =
		      form_text(f, "draft", 0, TEXT_MAX, FORM_OPTIONAL))
		     .p)
		set->fields |= CONVERSATION_DRAFT;
}

/* -1: it is not asked for. */
static int64_t patch_timer(struct form *f, bool is_alone)
{
	size_t faults = f->fault_count;
	int64_t ttl_s = form_int(f, "disappearing_seconds", 0, TTL_MAX_S, -1);

	if (f->fault_count != faults || ttl_s < 0)
		return -1;
	if (ttl_s > 0 && ttl_s < TTL_MIN_S)
		form_fault(f, "disappearing_seconds", "out_of_range",
			   "0, or 5 and more");
	/* It is a message, the others are not: one could fail alone. */
	if (!is_alone)
		form_fault(f, "disappearing_seconds", "exclusive",
			   "cannot be changed together with other fields");
	return ttl_s;
}

static struct reply *set_timer(struct request *r,
			       const struct conversation_info *c,
			       uint32_t ttl_s)
{
	struct event ev = {.type = EV_CMD_TIMER};
	struct reply *bad;

	if (ttl_s == c->ttl_s)
		return show(r);
	if ((bad = auth_take_send(r)))
		return bad;
	ev.timer.contact_id = c->contact_id;
	ev.timer.message_id = api_new_id(r->api);
	ev.timer.ttl_s = ttl_s;
	return op_submit(r, op_new(r, OP_COMMAND, changed), &ev);
}

struct reply *api_conversation_patch(struct request *r)
{
	struct event ev = {.type = EV_CMD_CONVERSATION_SET};
	struct cmd_conversation_set *set = &ev.conversation_set;
	struct conversation_info c;
	struct reply *bad;
	struct form f;
	int64_t ttl_s;
	enum err e;

	e = query_conversation(r->store, r->path[ID_CONVERSATION], &c);
	if (e)
		return reply_err(r, e);
	form_of_patch(&f, r);
	patch_view(&f, set);
	ttl_s = patch_timer(&f, !set->fields);
	if ((bad = form_done(&f)))
		return bad;
	if (ttl_s >= 0)
		return set_timer(r, &c, (uint32_t)ttl_s);
	if (!set->fields)
		return show(r);
	set->contact_id = c.contact_id;
	return op_submit(r, op_new(r, OP_COMMAND, changed), &ev);
}

struct reply *api_conversation_delete(struct request *r)
{
	struct event ev = {.type = EV_CMD_HISTORY_DELETE};
	struct conversation_info c;
	enum err e;

	e = query_conversation(r->store, r->path[ID_CONVERSATION], &c);
	if (e)
		return reply_err(r, e);
	ev.target = c.contact_id;
	return op_submit(r, op_new(r, OP_COMMAND, command_deleted), &ev);
}

struct reply *api_conversation_put_typing(struct request *r)
{
	struct event ev = {.type = EV_CMD_TYPING};
	struct conversation_info c;
	struct reply *bad;
	struct form f;
	enum err e;

	e = query_conversation(r->store, r->path[ID_CONVERSATION], &c);
	if (e)
		return reply_err(r, e);
	form_of_body(&f, r);
	form_bool(&f, "typing", FORM_REQUIRED, &ev.typing.on);
	if ((bad = form_done(&f)))
		return bad;
	ev.typing.contact_id = c.contact_id;
	return op_submit(r, op_new(r, OP_COMMAND, command_deleted), &ev);
}
