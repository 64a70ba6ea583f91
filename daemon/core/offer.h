/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * offer - files as messages: kind 6 offers one, kind 7 says what became of it,
 * and with the message the file goes.
 */
#ifndef CORE_OFFER_H
#define CORE_OFFER_H

#include "core/message.h"
#include "core/state.h"

enum offer_code {
	OFFER_DECLINED = 1,  /* by its receiver, sooner or later */
	OFFER_WITHDRAWN = 2, /* by its sender */
	OFFER_HAVE = 3,	     /* its receiver has it whole */
	OFFER_CHANGED = 4,   /* its sender has something else now */
};

/* A message of kind 6 came, and was saved as row. */
void offer_received(struct step *st, struct contact *c,
		    const struct message_row *row);
/* A message of kind 7. */
void offer_state(struct step *st, struct contact *c,
		 const struct message_fields *f);
/* The contact deletes a message of his; before that is saved. */
void offer_deleted(struct step *st, struct contact *c, const struct mid *mid);

/* EV_CMD_SEND with a file: whether it may be sent. */
enum err offer_check(const struct node *n, const struct contact *c,
		     const struct cmd_send *cmd) MUST_CHECK;
/* Its message, row, was put. */
void offer_sent(struct step *st, struct contact *c, const struct cmd_send *cmd,
		const struct message_row *row);
/* Tells the contact. */
void offer_tell(struct step *st, struct transfer *t, enum offer_code code);
/* Our user ends it, or what he does to its message or to the contact does. */
void offer_cancel(struct step *st, struct transfer *t);
/* The same, and its row goes. */
void offer_delete(struct step *st, struct transfer *t);
/* Our user erases that message, or all; after that is saved. */
void offer_erased(struct step *st, struct contact *c, const struct target *t,
		  enum erase_how how);
void offer_erased_all(struct step *st, struct contact *c);
/* The contact is blocked. */
void offer_blocked(struct step *st, struct contact *c);

#endif
