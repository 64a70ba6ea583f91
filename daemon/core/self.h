/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * self - the user himself: what contacts see of him, and his settings.
 */
#ifndef CORE_SELF_H
#define CORE_SELF_H

#include "core/state.h"

/* At the start; makes the row if there is none. */
void self_start(struct step *st);
/* EV_CMD_SELF_SET.  What another mode changes on the network is not done
 * here. */
void self_set(struct step *st, const struct event *ev);
/* The name that goes into cards and knocks. */
const struct label *self_name(const struct node *n);
/* To a new contact: what a card cannot say. */
void self_greet(struct step *st, struct contact *c);
/* He is not blocked, or not any more: what he missed. */
void self_unblocked(struct step *st, struct contact *c);

#endif
