/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wishes - relations that are to be: our knock at a door, what others ask of
 * us, and what a contact introduces.
 *
 * All of them are requests, kept by invitee.c.  Nothing happens because of
 * one that came in until our user agrees; nothing is sent if he does not.
 */
#ifndef CORE_WISHES_H
#define CORE_WISHES_H

#include "core/knock.h"
#include "core/message.h"
#include "core/state.h"

/* EV_CMD_KNOCK, EV_CMD_REQUEST_ACCEPT, EV_CMD_REQUEST_REJECT,
 * EV_CMD_INTRODUCE. */
void wishes_knock(struct step *st, const struct event *ev);
void wishes_accept(struct step *st, const struct event *ev);
void wishes_reject(struct step *st, const struct event *ev);
void wishes_introduce(struct step *st, const struct event *ev);
/* EV_STAMPED. */
void wishes_stamped(struct step *st, const struct event *ev);

/* The door that we dialled has proved itself on l. */
void wishes_door_open(struct step *st, struct link *l);
enum err wishes_door_frame(struct step *st, struct link *l,
			   const struct frame *f) MUST_CHECK;

/* Somebody used the invite that belongs to a request of ours, or has become
 * an active contact by it. */
void wishes_claimed(struct step *st, const struct uid *invite_id,
		    struct contact *c);

/* Somebody did so much work at our door to say k, whose invite was checked.
 * ERR_FULL: too many do; OK says nothing. */
enum err wishes_knocked(struct step *st, const struct knock *k,
			uint8_t work) MUST_CHECK;
/* A contact introduces somebody. */
void wishes_introduced(struct step *st, struct contact *by,
		       const struct message_fields *f);

#endif
