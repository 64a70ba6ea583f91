/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * disk_changes - what a disk makes of edits, deletions, reactions, receipts,
 * and of messages whose time comes.
 *
 * A message's row stays as it was sent; beside it stands what a conversation
 * shows of it.  The row of one that came and was erased stays hidden, so that
 * it is known should it come again.
 */
#ifndef TESTS_SIM_DISK_CHANGES_H
#define TESTS_SIM_DISK_CHANGES_H

#include "tests/sim/disk.h"

/* FX_SAVE_READ, FX_SAVE_CHANGE, FX_SAVE_ERASE, FX_SAVE_ERASE_ALL,
 * FX_SAVE_SWEEP; how many things changed. */
unsigned changes_apply(struct disk *d, const struct effect *e);
/* A message was saved; what waited for it is applied. */
void changes_arrived(struct disk *d, struct message_row *m);
/* One of ours is delivered. */
void changes_delivered(struct disk *d, struct message_row *m, uint64_t at_ms);

/* The rows that are due, DUE_MAX at most, and when the next one is. */
size_t disk_due(const struct disk *d, uint64_t wall_ms,
		struct due_row rows[static DUE_MAX], uint64_t *next_ms);
/* A line of the conversation, if only a mark. */
bool disk_is_shown(const struct message_row *m);
/* Of a message that stands on the disk. */
const struct seen *disk_seen(const struct disk *d, const struct message_row *m);
/* The text as it is shown; empty: none is. */
struct bytes disk_text(const struct disk *d, const struct message_row *m);
/* The message as the API would hand it to a command. */
struct target disk_target(const struct message_row *m);
/* How many of the contact's messages are shown and not read. */
size_t disk_unread(const struct disk *d, const struct uid *contact_id);
/* Our user has read up to it, or further. */
bool disk_is_read(const struct disk *d, const struct message_row *m);
/* The newest that is shown of those up to and with that one; NULL: none. */
const struct message_row *disk_shown_up_to(const struct disk *d,
					   const struct uid *contact_id,
					   uint64_t order);

#endif
