/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * due - when to look for messages whose time has come: those that disappear,
 * those that are given up when they are not delivered by then, and the rest
 * of what was cleared.
 *
 * Which they are the store knows; expiry.c acts upon it.  All by the wall
 * clock, which may be set: so it asks once an hour at least while
 * anything is to come, and when the clock went back.
 */
#ifndef CORE_DUE_H
#define CORE_DUE_H

#include "core/state.h"

/* Asks the store in this step; also after the start. */
void due_look(struct node *n);
/* Something is due at that time of the wall clock. */
void due_at(struct node *n, uint64_t wall_ms);
/* Messages were read or delivered, and the time of some may have begun; or a
 * history was cleared, a contact deleted. */
void due_started(const struct step *st);
/* The store was asked, and knows nothing more until then. */
void due_answered(struct node *n, uint64_t next_ms);
void due_timers(struct step *st);
uint64_t due_deadline(const struct node *n);

#endif
