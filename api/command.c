/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/command.h"

#include <sodium.h>

#include "api/reply.h"
#include "api/state.h"
#include "store/query.h"
#include "util/mem.h"

struct reply *command_locked(struct request *r, struct uid user)
{
	char id[ID_TEXT + 1];
	struct api_user u;

	if (api_user_find(r->api, user, &u) && u.state == API_USER_FAILED &&
	    u.failure)
		return reply_error(r, PROBLEM_USER_LOCKED, "%s", u.failure);
	id_encode(ID_USER, &user, id);
	return reply_error(r, PROBLEM_USER_LOCKED,
			   "unlock with POST /v1/users/%s/unlock", id);
}

/* The contact of the path, or with whom its conversation is. */
static bool is_detached(struct request *r)
{
	struct uid id = r->path[ID_CONTACT];
	struct conversation_info *info;
	struct contact_row row;
	bool is = false;

	if (uid_is_zero(&id) && !uid_is_zero(&r->path[ID_CONVERSATION])) {
		info = xcalloc(1, sizeof(*info));
		if (query_conversation(r->store, r->path[ID_CONVERSATION],
				       info) == OK)
			id = info->contact_id;
		xfree(info, sizeof(*info));
	}
	if (!uid_is_zero(&id) && query_contact(r->store, id, &row) == OK)
		is = row.state == CONTACT_DETACHED;
	sodium_memzero(&row, sizeof(row));
	return is;
}

struct reply *command_error(struct request *r, const struct op *op, enum err e)
{
	if (e == ERR_STATE && !r->store)
		return command_locked(r, op->user);
	if (e == ERR_STATE && is_detached(r))
		return reply_error(r, PROBLEM_CONFLICT,
				   "the contact is detached: he has to be "
				   "linked anew, by an invite");
	return reply_err(r, e);
}

struct reply *command_deleted(struct request *r, const struct op *op,
			      enum err e)
{
	if (e)
		return command_error(r, op, e);
	return reply_empty(r, 204);
}

struct reply *command_self(struct request *r, op_then_fn *then)
{
	struct event ev = {.type = EV_CMD_SELF_SET};
	struct self_row self;
	enum err e = query_self(r->store, &self);

	sodium_memzero(&self, sizeof(self));
	if (e == ERR_NOT_FOUND)
		return op_submit(r, op_new(r, OP_COMMAND, then), &ev);
	return e ? reply_err(r, e) : then(r, NULL, OK);
}
