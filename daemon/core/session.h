/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * session - an open link with a contact: HELLO, signs of life, messages and
 * their acknowledgements, renewal.
 */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "core/state.h"

/* A link came in that no key of the contact opened. */
void session_refused(struct step *st, struct link *l);
/* The link has just become OPEN. */
void session_open(struct step *st, struct link *l);
/* An error: the peer broke a rule, hang up. */
enum err session_frame(struct step *st, struct link *l,
		       const struct frame *f) MUST_CHECK;
/* As the contact's row says. */
void session_set_cover(struct step *st, struct link *l);
void session_timers(struct step *st, struct link *l);
uint64_t session_deadline(const struct link *l);

#endif
