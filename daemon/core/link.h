/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * link - one stream to or from somewhere: from the dial or the first byte to
 * the end, with records in between.
 *
 * Silence is its rule: who has not proved a key never gets a byte, and cannot
 * tell from when the stream closes what was wrong.  What frames mean is for
 * the owner of the link, who is told through struct link_hooks.
 */
#ifndef CORE_LINK_H
#define CORE_LINK_H

#include "core/state.h"

struct link *link_find(const struct node *n, uint64_t id);

/* Asks for a dial to onion; auth NULL: a door, which is for all. */
struct link *link_dial(struct step *st, struct link_owner owner,
		       const struct onion_pk *onion, const struct secret *auth,
		       const struct uid *isolation);
/* Somebody connected; where too many strangers are, one of them, picked at
 * random, is cut off.  Not if is_spared: that is one more. */
void link_accept(struct step *st, uint64_t id, struct link_owner owner,
		 bool is_spared);
/* The dial succeeded. */
void link_dialled(struct step *st, struct link *l);
void link_bytes(struct step *st, struct link *l, struct bytes in);
void link_timers(struct step *st, struct link *l);
uint64_t link_deadline(const struct node *n, const struct link *l);

/* A writer with room for a frame of that many bytes on an open link; it is
 * sent at the end of the step, with others of the same link. */
struct wire_writer *link_frame(struct step *st, struct link *l, size_t bytes);
void link_flush(struct step *st);

/* From now on a record goes out at a steady rate, PROTOCOL 7.7; or no more,
 * and what waits goes at once. */
void link_cover(struct step *st, struct link *l);
void link_uncover(struct step *st, struct link *l);
/* Sends the record that is due, if one is. */
void link_pace(struct step *st, struct link *l);

/* Ends the link and tells its owner.  The shell is told by FX_HANGUP, unless
 * the news came from there. */
void link_hangup(struct step *st, struct link *l);
void link_lost(struct step *st, struct link *l);
/* CLOSE was said: hang up at that time if the peer has not. */
void link_leave(struct link *l, uint64_t deadline_ms);
/* From now on whatever comes is read and forgotten. */
void link_mute(struct link *l);
/* Ends every link of this owner but one (or NULL). */
void link_hangup_all(struct step *st, struct link_owner owner,
		     const struct link *but);
/* Frees those that ended in this step. */
void link_sweep(struct node *n);

#endif
