/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * snapshot - a copy of a user's database as it is at one moment, to be read
 * elsewhere while the user goes on.
 *
 * Made in small steps by who has the store, opened by one other thread.
 * It is sealed like the database, under the same key.
 */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include "store/store.h"

struct snapshot;

/* One of a store at a time; what is at path is replaced.  ERR_NO_SPACE,
 * ERR_IO, ERR_FULL. */
enum err snapshot_start(struct store *s, const char *path,
			struct snapshot **out) MUST_CHECK;
/* A few milliseconds' worth, until it is *done; then s is left alone.
 * ERR_STATE: the database had to be opened again meanwhile. */
enum err snapshot_step(struct snapshot *n, bool *done) MUST_CHECK;
/* Once it is done; only for reading.  The blobs are those of the store itself,
 * and may be gone. */
enum err snapshot_open(const struct snapshot *n, struct store **out) MUST_CHECK;
/* Removes the copy; before the store is closed that it is made of, and after
 * the one that it was opened as. */
void snapshot_free(struct snapshot *n);

#endif
