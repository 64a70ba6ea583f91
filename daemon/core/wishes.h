/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * wishes - relations that are to be: our knock at a door, what others ask of
 * us, and what a contact introduces.
 */
#ifndef CORE_WISHES_H
#define CORE_WISHES_H

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
/* Somebody used the invite that belongs to a request of ours. */
void wishes_claimed(struct step *st, const struct uid *invite_id,
		    struct contact *c);
/* A contact introduces somebody. */
void wishes_introduced(struct step *st, struct contact *by,
		       const struct message_fields *f);

#endif
