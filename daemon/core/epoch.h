/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * epoch - from one epoch to the next: when the leader proposes, and the
 * frames of PROTOCOL 10, for rekey.h, which knows the order.
 */
#ifndef CORE_EPOCH_H
#define CORE_EPOCH_H

#include "core/state.h"

enum err epoch_frame(struct step *st, struct link *l,
		     const struct frame *f) MUST_CHECK;
/* A session is up, or its HELLO came: what is not done is said again. */
void epoch_session(struct step *st, struct contact *c, struct link *l);
void epoch_timers(struct step *st, struct contact *c);
uint64_t epoch_deadline(const struct contact *c);
/* 488 bytes on our cell that no key of this contact opened. */
void epoch_bad_opening(struct step *st, struct contact *c);

#endif
