/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inbox - the messages of one contact to us: once each, in order.
 *
 * A line of the conversation becomes a row; the others change rows or the
 * contact, or go to those who know what to do.
 */
#ifndef CORE_INBOX_H
#define CORE_INBOX_H

#include "core/state.h"

/* A MSG frame.  An error: the peer broke a rule, hang up. */
enum err inbox_message(struct step *st, struct link *l,
		       const struct frame *f) MUST_CHECK;

#endif
