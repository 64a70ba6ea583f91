/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/command.h"

#include "api/reply.h"
#include "api/state.h"

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

struct reply *command_error(struct request *r, const struct op *op, enum err e)
{
	if (e == ERR_STATE && !r->store)
		return command_locked(r, op->user);
	return reply_err(r, e);
}

struct reply *command_deleted(struct request *r, const struct op *op,
			      enum err e)
{
	if (e)
		return command_error(r, op, e);
	return reply_empty(r, 204);
}
