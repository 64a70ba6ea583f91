/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * opening - whom a link expects at its other end: picks the keys for the
 * handshake from the contact, invite, request or door that owns the link.
 */
#ifndef CORE_OPENING_H
#define CORE_OPENING_H

#include "core/state.h"

/* Dialled: sends message 1.  ERR_AUTH if the peer's keys are no keys. */
enum err opening_start(struct step *st, struct link *l) MUST_CHECK;
/* Dialled: message 2 is whole in l->opening. */
enum err opening_finish(struct step *st, struct link *l) MUST_CHECK;
/* Came in: message 1 is whole in l->opening; sends message 2 if it comes
 * from one who knows the keys. */
enum err opening_answer(struct step *st, struct link *l) MUST_CHECK;
/* The keys by which the link was opened have not expired since. */
bool opening_is_still_good(const struct link *l);

#endif
