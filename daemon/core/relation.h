/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * relation - what our user decides about a contact: names, blocking, how much
 * he may know, and the end of it.
 */
#ifndef CORE_RELATION_H
#define CORE_RELATION_H

#include "core/state.h"

/* EV_CMD_CONTACT_SET, EV_CMD_CONTACT_DELETE. */
void relation_set(struct step *st, const struct event *ev);
void relation_delete(struct step *st, const struct event *ev);
/* EV_CMD_CONVERSATION_SET, EV_CMD_HISTORY_DELETE. */
void relation_conversation_set(struct step *st, const struct event *ev);
void relation_history_delete(struct step *st, const struct event *ev);

#endif
