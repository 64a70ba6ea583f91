/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tick - what time itself brings, and when it does.
 */
#ifndef CORE_TICK_H
#define CORE_TICK_H

#include "core/state.h"

/* After EV_START. */
void tick_start(struct step *st);
/* Does what is due, once. */
void tick_timers(struct step *st);
/* As node_deadline(). */
uint64_t tick_deadline(const struct node *n);

#endif
