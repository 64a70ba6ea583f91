/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reach - how a contact is reached: our cell for him, when to dial his, the
 * sessions there are, and which of them carries our messages.
 */
#ifndef CORE_REACH_H
#define CORE_REACH_H

#include "core/state.h"

/* Publishes the cell and dials, after that time, if the relation is so. */
void reach_come_up(struct step *st, struct contact *c, uint64_t at_ms);
void reach_transport_lost(struct contact *c);
void reach_published(struct step *st, struct contact *c);
/* Whether he is hosted or dialled may have changed: what is no more to be
 * ends now, what is to be comes up at that time. */
void reach_changed(struct step *st, struct contact *c, uint64_t at_ms);
/* His cell is up, or will be as soon as tor is. */
bool reach_is_hosted(const struct node *n, const struct contact *c);
/* A stream came in on his cell, and counts unless it is spared; false: nobody
 * may come in there. */
bool reach_stream_in(struct step *st, struct contact *c, bool is_spared);
/* EV_WAKE: sessions are asked whether they live, who is away is dialled. */
void reach_wake(struct step *st, struct contact *c);
/* Takes his cell down and puts it up again, by the same key. */
void reach_publish_again(struct step *st, struct contact *c);
/* There is something to say: do not wait out a long back-off. */
void reach_hurry(struct step *st, struct contact *c);
/* Dials now, if that makes sense. */
void reach_dial(struct step *st, struct contact *c);

void reach_session_up(struct step *st, struct contact *c, struct link *l);
/* The peer's HELLO came on it: it may carry messages. */
void reach_session_ready(struct step *st, struct contact *c);
void reach_link_lost(struct step *st, struct contact *c, struct link *l);

void reach_timers(struct step *st, struct contact *c);
uint64_t reach_deadline(const struct contact *c);

/* Forgets the contact, on the disk too, and frees it. */
void reach_delete(struct step *st, struct contact *c,
		  enum journal_type journal);

/* All links and the cell of c go; he stays, for another relation. */
void reach_detach(struct step *st, struct contact *c);

#endif
