/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * unlock - what unlocking, logging in and changing the passphrase have in
 * common: one that must not be guessed at, and a key derivation that takes a
 * while.
 */
#ifndef API_UNLOCK_H
#define API_UNLOCK_H

#include "api/op.h"

/* Asks the shell to unlock the user, or to check the passphrase of one that
 * is unlocked; answers 429 or 503 when it is too much. */
struct reply *unlock_start(struct request *r, struct uid user,
			   struct bytes passphrase, op_then_fn *then);
/* Asks the shell to change the passphrase of the user in the path; the old one
 * is guarded as for unlocking.  Ends the sessions that began with it. */
struct reply *unlock_change(struct request *r, struct bytes old,
			    struct bytes fresh, op_then_fn *then);
/* Asks the shell to destroy the user in the path; the passphrase is guarded
 * as for unlocking.  op->place is a new id; more is called like op->settle. */
struct reply *unlock_destroy(struct request *r, struct bytes passphrase,
			     op_then_fn *then, op_settle_fn *more);
/* The same to set a duress passphrase, or to remove it (p == NULL).  Ends no
 * session: the passphrase stays. */
struct reply *unlock_duress(struct request *r, struct bytes passphrase,
			    struct bytes duress, op_then_fn *then);
/* The answer for e != OK. */
struct reply *unlock_error(struct request *r, struct uid user, enum err e);
/* Is there room for one more key derivation?  NULL, or 503. */
struct reply *unlock_room(struct request *r);

enum { PASSPHRASE_MIN = 8, PASSPHRASE_MAX = 1024 };

#endif
