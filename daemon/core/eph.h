/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * eph - what is true now and is not kept: that somebody is writing.
 */
#ifndef CORE_EPH_H
#define CORE_EPH_H

#include "core/state.h"

/* EV_CMD_TYPING. */
void eph_typing(struct step *st, const struct event *ev);
enum err eph_frame(struct step *st, struct link *l,
		   const struct frame *f) MUST_CHECK;
/* A message came, or the session is over: nobody writes any more. */
void eph_stop(struct step *st, struct contact *c);
void eph_timers(struct step *st, struct contact *c);
uint64_t eph_deadline(const struct contact *c);

#endif
