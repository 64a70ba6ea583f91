/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bulk - the links of class BULK with a contact: when they are dialled, what
 * keeps them, when they are hung up, and who gets their frames.
 */
#ifndef CORE_BULK_H
#define CORE_BULK_H

#include "core/state.h"

/* The link has just become OPEN. */
void bulk_open(struct step *st, struct link *l);
/* A record came, and its frames are next. */
void bulk_record(struct link *l);
/* An error: the contact broke a rule, hang up. */
enum err bulk_frame(struct step *st, struct link *l,
		    const struct frame *f) MUST_CHECK;
void bulk_lost(struct step *st, struct link *l);
void bulk_link_timers(struct step *st, struct link *l);
uint64_t bulk_link_deadline(const struct link *l);

/* WANT, on a session. */
enum err bulk_want(struct step *st, struct link *l,
		   const struct frame *f) MUST_CHECK;
/* EV_BLOB. */
void bulk_blob(struct step *st, const struct event *ev);

void bulk_timers(struct step *st, struct contact *c);
uint64_t bulk_deadline(const struct node *n, const struct contact *c);

#endif
