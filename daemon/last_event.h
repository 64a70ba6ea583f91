/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * last_event - the number of a user's newest event, beside his database.
 *
 * It is there for a decoy (decoy.h), whose events must go on where those of
 * the real one ended: programs know how far they have read.  Its key comes
 * from the decoy's, which comes from the real one; who has neither reads
 * nothing.  STORAGE, "The number of the last event".
 */
#ifndef DAEMON_LAST_EVENT_H
#define DAEMON_LAST_EVENT_H

#include "core/types.h"
#include "store/keyfile.h"

struct last_event;
struct store;

/* Of an unlocked user, whose store is borrowed; writes it at once.  NULL if
 * the file cannot be had: nobody but a decoy would miss it. */
struct last_event *last_event_open(const char *path,
				   const struct master_key *real,
				   struct uid user, struct store *s);
/* After each commit.  A crash of ours loses nothing of it, and of the machine
 * what the disk had not yet. */
void last_event_keep(struct last_event *l);
/* Waits for the disk. */
void last_event_close(struct last_event *l);

/* By the decoy's own key; 0: it is not known. */
uint64_t last_event_read(const char *path, const struct master_key *decoy,
			 struct uid user);

#endif
