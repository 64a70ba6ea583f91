/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * compose - the user's commands that become messages or change some: send,
 * edit, delete, react, timer; and what the node sends on his behalf.
 *
 * Builds the rows; outbox.c numbers and transmits them.  What a command does
 * here, and what the contact is told of it, is saved in one step.
 */
#ifndef CORE_COMPOSE_H
#define CORE_COMPOSE_H

#include "core/message.h"
#include "core/state.h"

/* EV_CMD_SEND, EV_CMD_EDIT, EV_CMD_DELETE, EV_CMD_REACT, EV_CMD_TIMER. */
void compose_send(struct step *st, const struct event *ev);
void compose_edit(struct step *st, const struct event *ev);
void compose_delete(struct step *st, const struct event *ev);
void compose_react(struct step *st, const struct event *ev);
void compose_timer(struct step *st, const struct event *ev);

/* Takes a message of c away; where the contact may have it without our
 * knowing it, he is asked to do the same. */
void compose_erase(struct step *st, struct contact *c, const struct target *t,
		   enum erase_how how, enum message_problem problem);

#endif
