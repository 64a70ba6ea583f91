/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hidden - messages without a line in the conversation.
 */
#ifndef CORE_HIDDEN_H
#define CORE_HIDDEN_H

#include "core/message.h"
#include "core/state.h"

/* c is active. */
void hidden_put(struct step *st, struct contact *c, uint16_t kind,
		const struct message_fields *fields, struct bytes body);

#endif
