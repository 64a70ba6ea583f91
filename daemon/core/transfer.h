/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * transfer - a file that comes: from the user's yes to the last chunk on the
 * disk.
 *
 * The disk is asked for room; then come the manifest and the chunks, each
 * checked before it is written, and each counted once it is there for good.
 * After a restart the bitmap in the row is all that is needed to go on.
 */
#ifndef CORE_TRANSFER_H
#define CORE_TRANSFER_H

#include "core/state.h"

/* EV_BLOB, of a file IN. */
void transfer_blob(struct step *st, struct transfer *t, const struct event *ev);

/* What is to be asked for next; false: nothing, or not now. */
bool transfer_next(const struct step *st, const struct transfer *t,
		   uint32_t *index);
size_t transfer_answer_bytes(const struct transfer *t, uint32_t index);
void transfer_asked(struct transfer *t, uint32_t index);
/* No link will bring it. */
void transfer_unasked(struct transfer *t, uint32_t index);
/* It came, whole.  An error: it is not what was offered, hang up. */
enum err transfer_got(struct step *st, struct transfer *t, uint32_t index,
		      struct bytes answer) MUST_CHECK;
/* NAK.  An error: such an answer cannot be. */
enum err transfer_refused(struct step *st, struct transfer *t,
			  uint8_t reason) MUST_CHECK;

/* Whether a link would be of use now. */
bool transfer_needs_links(const struct step *st, const struct contact *c);
/* What the disk has to do for files that come from c. */
unsigned transfer_ops(const struct contact *c);

void transfer_timers(struct step *st, struct contact *c);
uint64_t transfer_deadline(const struct node *n, const struct contact *c);

#endif
