/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * command - what handlers that change something have in common.
 */
#ifndef API_COMMAND_H
#define API_COMMAND_H

#include "api/op.h"

/* The answer for a command that ended with e != OK. */
struct reply *command_error(struct request *r, const struct op *op, enum err e);
/* op_then_fn of a DELETE, and of whatever else has nothing to show. */
struct reply *command_deleted(struct request *r, const struct op *op,
			      enum err e);
/* then(r, NULL, OK), but for a user who was made a moment ago: his node has
 * yet to save what he is, so after a command that changes nothing. */
struct reply *command_self(struct request *r, op_then_fn *then);
/* 423, with how to unlock, or why that is not possible. */
struct reply *command_locked(struct request *r, struct uid user);

#endif
