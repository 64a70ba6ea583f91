/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fetch - what is kept of a file while it comes: which chunks are here, being
 * written, or missing; when what was written is made to stay.
 *
 * For transfer.c, which decides what all of it means.
 */
#ifndef CORE_FETCH_H
#define CORE_FETCH_H

#include "core/state.h"

/* Asks the disk whether there is room. */
void fetch_begin(struct step *st, struct transfer *t);
void fetch_free(struct transfer *t);
void fetch_put_blob(struct step *st, struct transfer *t, enum blob_op op,
		    uint32_t index, struct bytes bytes);
/* The manifest, from the disk or the contact; false: it is another. */
bool fetch_take_manifest(struct transfer *t, struct bytes manifest);
/* There is something WRITTEN, perhaps the last of it. */
void fetch_plan_sync(struct transfer *t, uint64_t now_ms);
/* What was SYNCING is here for good, in the row too; how many chunks. */
uint32_t fetch_note_synced(struct transfer *t);
/* goes_on: more will be asked for; else it ends when nothing is under way. */
void fetch_timers(struct step *st, struct transfer *t, bool goes_on);
uint64_t fetch_deadline(const struct transfer *t);

#endif
