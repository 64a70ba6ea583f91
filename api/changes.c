/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * changes - what can be done to a message that is there: edit, delete,
 * cancel, send again, react.
 */
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/offer.h"
#include "api/state.h"
#include "api/views.h"
#include "core/message.h"
#include "util/mem.h"

static bool put_receipt(void *ctx, const struct message_info *m)
{
	view_receipt(ctx, m);
	return false;
}

/* All of it only to one who may read it. */
static struct reply *show(struct request *r, struct uid id, unsigned status)
{
	struct jout *j = reply_body(r);
	enum err e;

	if (auth_has_scope(r, SCOPE_MESSAGES_READ))
		e = view_message_of(j, NULL, r->api, request_user(r), id, NULL);
	else
		e = query_message(r->store, id, put_receipt, j);
	return e ? reply_err(r, e) : reply_json(r, status);
}

static struct reply *changed(struct request *r, const struct op *op, enum err e)
{
	return e ? command_error(r, op, e) : show(r, r->path[ID_MESSAGE], 200);
}

/* NULL, or 404. */
static struct reply *find(struct request *r, struct target *out)
{
	enum err e = query_target(r->store, r->path[ID_MESSAGE], out);

	return e ? reply_err(r, e) : NULL;
}

/* NULL, or 409: only the sender may do that. */
static struct reply *check_own(struct request *r, const struct target *t)
{
	if (t->dir == MESSAGE_OUT)
		return NULL;
	return reply_error(r, PROBLEM_CONFLICT,
			   "it is a message of the contact");
}

static struct reply *find_own(struct request *r, struct target *out)
{
	struct reply *bad = find(r, out);

	return bad ? bad : check_own(r, out);
}

/* What is on its way that makes of the message another one: until it is done
 * the store says what was so before.  The message's id stands in the place of
 * a conversation's, which it never equals. */
static struct op *find_op(struct request *r)
{
	const struct uid id = r->path[ID_MESSAGE];

	return op_find(r->api, request_user(r), id, id);
}

static struct op *new_op(struct request *r, op_then_fn *then)
{
	struct op *op = op_new(r, OP_COMMAND, then);

	op->place = r->path[ID_MESSAGE];
	op->client_id = r->path[ID_MESSAGE];
	return op;
}

/* NULL, or 409: what is said of it now would stay when it is gone. */
static struct reply *check_stays(struct request *r)
{
	if (!find_op(r))
		return NULL;
	return reply_error(r, PROBLEM_CONFLICT, "it is about to change");
}

struct reply *api_message_patch(struct request *r)
{
	struct event ev = {.type = EV_CMD_EDIT};
	struct reply *bad = find_own(r, &ev.edit.target);
	struct form f;

	if (bad)
		return bad;
	form_of_body(&f, r);
	ev.edit.text = form_text(&f, "text", 1, TEXT_MAX, FORM_REQUIRED);
	if ((bad = form_done(&f)))
		return bad;
	if (ev.edit.target.kind != MESSAGE_TEXT || ev.edit.target.deleted)
		return reply_error(r, PROBLEM_CONFLICT, "it is no text");
	if ((bad = check_stays(r)) || (bad = auth_take_send(r)))
		return bad;
	return op_submit(r, op_new(r, OP_COMMAND, changed), &ev);
}

struct reply *api_message_delete(struct request *r)
{
	static const char *const whose[] = {"me", "everyone", NULL};
	struct event ev = {.type = EV_CMD_DELETE};
	struct reply *bad = find(r, &ev.delete.target);
	unsigned for_all = 0;
	struct form f;

	if (bad)
		return bad;
	form_of_query(&f, r);
	form_word(&f, "for", FORM_OPTIONAL, whose, &for_all);
	if ((bad = form_done(&f)))
		return bad;
	ev.delete.how = for_all ? DELETE_FOR_ALL : DELETE_FOR_ME;
	if (for_all && (bad = check_own(r, &ev.delete.target)))
		return bad;
	return op_submit(r, new_op(r, command_deleted), &ev);
}

struct reply *api_message_cancel(struct request *r)
{
	struct event ev = {.type = EV_CMD_DELETE};
	struct reply *bad = find_own(r, &ev.delete.target);
	enum message_state state = ev.delete.target.state;

	if (bad)
		return bad;
	if (state != MESSAGE_QUEUED && state != MESSAGE_SENDING &&
	    state != MESSAGE_SENT)
		return reply_error(r, PROBLEM_CONFLICT,
				   "it does not wait to be delivered");
	ev.delete.how = DELETE_CANCEL;
	return op_submit(r, new_op(r, changed), &ev);
}

/* What is sent once more. */
struct again {
	uint8_t *text;
	size_t text_bytes;
	struct message_fields fields;
};

static bool take_again(void *ctx, const struct message_info *m)
{
	struct again *a = ctx;

	a->text_bytes = m->row.body.n;
	a->text = xmemdup(m->row.body.p, m->row.body.n);
	message_fields_read(bytes_of(m->row.extra, m->row.extra_bytes),
			    &a->fields);
	return false;
}

static struct reply *retried(struct request *r, const struct op *op, enum err e)
{
	char user[ID_TEXT + 1], id[ID_TEXT + 1];

	if (e)
		return command_error(r, op, e);
	id_encode(ID_USER, &op->user, user);
	id_encode(ID_MESSAGE, &op->object, id);
	reply_location(r, "/v1/users/%s/messages/%s", user, id);
	return show(r, op->object, 202);
}

static struct reply *submit_again(struct request *r, const struct target *t,
				  const struct again *a)
{
	struct event ev = {.type = EV_CMD_SEND};
	struct offer offer = {.descriptor = bytes_of(NULL, 0)};
	struct bytes body = bytes_of(a->text, a->text_bytes);
	bool is_file = t->kind == MESSAGE_FILE;
	struct reply *reply;
	struct op *op;

	if (is_file && (reply = offer_again(r, t->message_id, body, &offer)))
		return reply;
	op = new_op(r, retried);
	op->object = api_new_id(r->api);
	ev.send = (struct cmd_send){
	    .contact_id = t->contact_id,
	    .message_id = op->object,
	    .text = is_file ? bytes_of(NULL, 0) : body,
	    .descriptor = offer.descriptor,
	    .file = is_file ? &offer.info.row : NULL,
	    .has_reply_to = a->fields.has_reply_to,
	    .reply_to = a->fields.reply_to,
	    .replaces = t->message_id,
	};
	api_random(r->api, &ev.send.client_id, sizeof(ev.send.client_id));
	reply = op_submit(r, op, &ev);
	offer_clear(&offer);
	return reply;
}

static bool may_retry(const struct target *t)
{
	return t->state == MESSAGE_FAILED &&
	       (t->kind == MESSAGE_TEXT || t->kind == MESSAGE_FILE);
}

struct reply *api_message_retry(struct request *r)
{
	struct again again = {.text = NULL};
	struct target t;
	struct reply *reply = find_own(r, &t);
	struct op *op = find_op(r);
	enum err e;

	if (reply)
		return reply;
	if (!may_retry(&t))
		return reply_error(r, PROBLEM_CONFLICT, "it has not failed");
	if (op && op->then == retried) {
		op_join(op, r);
		return reply_later(r);
	}
	if ((reply = check_stays(r)) || (reply = auth_take_send(r)))
		return reply;
	e = query_message(r->store, t.message_id, take_again, &again);
	if (e)
		return reply_err(r, e);
	reply = submit_again(r, &t, &again);
	xfree(again.text, again.text_bytes);
	return reply;
}

static struct reply *react(struct request *r, const struct emoji *emoji)
{
	struct event ev = {.type = EV_CMD_REACT};
	struct reply *bad = find(r, &ev.react.target);

	if (bad)
		return bad;
	if (ev.react.target.deleted)
		return reply_error(r, PROBLEM_CONFLICT, "it was deleted");
	if ((bad = check_stays(r)) || (bad = auth_take_send(r)))
		return bad;
	ev.react.emoji = *emoji;
	return op_submit(r, op_new(r, OP_COMMAND, command_deleted), &ev);
}

struct reply *api_reaction_put(struct request *r)
{
	return react(r, &r->path_emoji);
}

static bool take_own(void *ctx, const struct message_info *m)
{
	struct emoji *own = ctx;

	for (size_t i = 0; i < m->reaction_count; i++)
		if (m->reactions[i].by == MESSAGE_OUT)
			*own = m->reactions[i].emoji;
	return false;
}

struct reply *api_reaction_delete(struct request *r)
{
	struct emoji own = {""}, none = {""};
	enum err e =
	    query_message(r->store, r->path[ID_MESSAGE], take_own, &own);

	if (e)
		return reply_err(r, e);
	/* Nothing to take back: it is as it shall be. */
	if (strcmp(own.s, r->path_emoji.s) != 0)
		return reply_empty(r, 204);
	return react(r, &none);
}
