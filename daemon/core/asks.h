/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * asks - what we ask a contact for on links of class BULK, and what comes.
 *
 * Deals with one link at a time, and shares the chunks of all files that are
 * fetched among the links; what a chunk is good for is for transfer.c.
 */
#ifndef CORE_ASKS_H
#define CORE_ASKS_H

#include "core/state.h"

/* Asks for as much as is worth it, on every link. */
void asks_fill(struct step *st, struct contact *c);
/* CANCEL, of all that is asked for of a file. */
void asks_take_back(struct step *st, struct transfer *t);
/* Frames; an error: the contact broke a rule, hang up. */
enum err asks_data(struct step *st, struct link *l,
		   const struct frame *f) MUST_CHECK;
enum err asks_nak(struct step *st, struct link *l,
		  const struct frame *f) MUST_CHECK;
/* The link is gone: what was asked for on it is in no hands. */
void asks_lost(struct link *l);

#endif
