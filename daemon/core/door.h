/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * door - our public address: its service, and the knocks at it
 * (PROTOCOL 9).
 */
#ifndef CORE_DOOR_H
#define CORE_DOOR_H

#include "core/state.h"

void door_come_up(struct node *n, uint64_t at_ms);
/* The settings have changed: published, taken down, or another one. */
void door_changed(struct step *st);
enum err door_frame(struct step *st, struct link *l,
		    const struct frame *f) MUST_CHECK;
/* Bits of work that a knock must have now. */
uint8_t door_difficulty(const struct node *n);
void door_timers(struct step *st);
uint64_t door_deadline(const struct node *n);

#endif
