/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>

#include "api/command.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/views.h"

static struct reply *shown(struct request *r, const struct op *op, enum err e)
{
	if (e == OK)
		e = view_address(reply_body(r), r->api, request_user(r));
	return e ? command_error(r, op, e) : reply_json(r, 200);
}

struct reply *api_address_get(struct request *r)
{
	return command_self(r, shown);
}

static struct reply *drawn(struct request *r, const struct op *op, enum err e)
{
	char link[ADDRESS_TEXT + 1];
	struct self_row self;
	struct onion_pk pk;

	if (e == OK)
		e = query_self(r->store, &self);
	if (e)
		return command_error(r, op, e);
	onion_public(&self.door, &pk);
	sodium_memzero(&self, sizeof(self));
	address_encode_upper(&pk, link);
	return reply_qr(r, link);
}

struct reply *api_address_qr(struct request *r)
{
	return command_self(r, drawn);
}

struct reply *api_address_patch(struct request *r)
{
	struct event ev = {.type = EV_CMD_SELF_SET};
	struct reply *bad;
	struct form f;
	int64_t bits;

	form_of_patch(&f, r);
	if (form_bool(&f, "enabled", FORM_OPTIONAL, &ev.self_set.door_on))
		ev.self_set.fields |= SELF_DOOR_ON;
	bits = form_int(&f, "difficulty", 0, DIFFICULTY_MAX, -1);
	if (bits >= 0) {
		ev.self_set.difficulty = (uint8_t)bits;
		ev.self_set.fields |= SELF_DIFFICULTY;
	}
	if ((bad = form_done(&f)))
		return bad;
	if (!ev.self_set.fields)
		return command_self(r, shown);
	return op_submit(r, op_new(r, OP_COMMAND, shown), &ev);
}

static struct reply *begun(struct request *r, const struct op *op, enum err e)
{
	if (e == ERR_STATE && r->store)
		return reply_error(r, PROBLEM_TOR_NOT_READY,
				   "there is nothing that could be tested now");
	return e ? command_error(r, op, e) : reply_empty(r, 202);
}

struct reply *api_self_test_post(struct request *r)
{
	struct event ev = {.type = EV_CMD_SELF_TEST};

	return op_submit(r, op_new(r, OP_COMMAND, begun), &ev);
}

struct reply *api_address_rotate(struct request *r)
{
	struct event ev = {.type = EV_CMD_SELF_SET};

	ev.self_set.fields = SELF_DOOR_NEW;
	return op_submit(r, op_new(r, OP_COMMAND, shown), &ev);
}
