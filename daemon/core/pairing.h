/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pairing - what inviter and invitee share.
 */
#ifndef CORE_PAIRING_H
#define CORE_PAIRING_H

#include "core/card.h"
#include "core/state.h"

/* How long a claim may take beyond the end of its invite. */
#define CLAIM_GRACE_MS ((uint64_t)7 * 24 * 3600 * 1000)

/* Our card in the relation of row; the same at every call. */
void card_of_contact(const struct label *name, const struct contact_row *row,
		     struct card *out);
void card_of_request(const struct label *name, const struct request_row *row,
		     struct card *out);

/* The monotonic time at which the wall clock will show at_wall_ms, or
 * sooner, since that clock may be set. */
uint64_t node_at_wall(const struct node *n, uint64_t at_wall_ms);

#endif
