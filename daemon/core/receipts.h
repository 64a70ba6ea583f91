/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * receipts - what was read: our user's marks, told to the contact if he
 * may know, and the contact's.
 *
 * A receipt that was not yet composed when the daemon ended is not made up
 * for: the next one says the same and more.
 */
#ifndef CORE_RECEIPTS_H
#define CORE_RECEIPTS_H

#include "core/state.h"

/* EV_CMD_READ. */
void receipts_read(struct step *st, const struct event *ev);
/* The contact read our message, at that time of the wall clock. */
void receipts_take(struct step *st, struct contact *c, const struct mid *mid,
		   uint64_t at_ms);
/* The contact acknowledged something. */
void receipts_acked(struct step *st, struct contact *c);
void receipts_timers(struct step *st, struct contact *c);
uint64_t receipts_deadline(const struct contact *c);

#endif
