/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * relink - a new relation in the place of an old one (PROTOCOL 8.8): the same
 * contact to the user, with his conversation, and nothing of the old keys.
 *
 * At the invitee's end that is done at the CARD.  At the inviter's the relation
 * is a contact of its own while it is PAIRING, with the conversation of the one
 * whose place it is to take; at the end of the step in which it would become
 * active it is gone, and the other has what it had.
 *
 * contact_id of an OPEN invite, or of a request that is not ACCEPTED, says
 * whose place it is; zero: nobody's.
 */
#ifndef CORE_RELINK_H
#define CORE_RELINK_H

#include "core/state.h"

/* Whether somebody's place can be taken: ERR_NOT_FOUND, ERR_STATE. */
enum err relink_check(const struct node *n, const struct uid *id) MUST_CHECK;
/* Whose place c is to take; NULL: nobody's. */
struct contact *relink_target(const struct node *n, const struct contact *c);
/* Gives old the relation of fresh, and hangs up what he had. */
void relink_take(struct step *st, struct contact *old,
		 const struct contact_row *fresh);
/* c has confirmed what its CARD said: true if it takes somebody's place, which
 * is done by replace.h. */
bool relink_confirmed(struct step *st, struct contact *c);
/* A link of c has just become open: the same, and it is hung up, since it
 * belongs to no contact that will be there. */
bool relink_opened(struct step *st, struct link *l);

#endif
