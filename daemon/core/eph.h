/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * eph - what is true now and is not kept: that somebody is writing.
 *
 * However much the user types or the contact says, little of it is passed on,
 * and nothing is written.
 */
#ifndef CORE_EPH_H
#define CORE_EPH_H

#include "core/state.h"

/* EV_CMD_TYPING. */
void eph_typing(struct step *st, const struct event *ev);
enum err eph_frame(struct step *st, struct link *l,
		   const struct frame *f) MUST_CHECK;
/* The contact is told what our user did to a file. */
enum { EPH_FILE_PAUSED = 1, EPH_FILE_GOES_ON = 2 };
void eph_file(struct step *st, struct transfer *t, uint8_t what);
/* The contact's message came: he writes no more. */
void eph_stop(struct contact *c);
/* Our message goes: he takes it that we write no more. */
void eph_sent(struct contact *c);
/* The last session is over. */
void eph_offline(struct contact *c);
void eph_timers(struct step *st, struct contact *c);
uint64_t eph_deadline(const struct contact *c);

#endif
