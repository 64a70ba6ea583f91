/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * due - messages whose time comes: those that disappear, and those that
 * are given up when they are not delivered by then.
 */
#ifndef CORE_DUE_H
#define CORE_DUE_H

#include "core/state.h"

/* Asks the store; also after the start. */
void due_look(struct node *n);
/* EV_DUE. */
void due_take(struct step *st, const struct event *ev);
void due_timers(struct step *st);
uint64_t due_deadline(const struct node *n);

#endif
