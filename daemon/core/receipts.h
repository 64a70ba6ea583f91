/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * receipts - what our user has read, told to the contact if he may know.
 *
 * A receipt that was not yet composed when the daemon ended is not made up
 * for: the next one says the same and more.
 */
#ifndef CORE_RECEIPTS_H
#define CORE_RECEIPTS_H

#include "core/state.h"

/* EV_CMD_READ. */
void receipts_read(struct step *st, const struct event *ev);
void receipts_timers(struct step *st, struct contact *c);
uint64_t receipts_deadline(const struct contact *c);

#endif
