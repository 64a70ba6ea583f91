/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * indexing - keeps the index of words in step with the messages.
 *
 * New messages are put into it by blocks, in lots, when nobody waits; until
 * then a search reads them.  What is erased or changed leaves the index before
 * the transaction that does so is committed.  Should anything fail here, the
 * index is thrown away and made anew: nothing of it may stop a user.
 */
#ifndef STORE_INDEXING_H
#define STORE_INDEXING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

struct store;

/* The index lies beside the database at path. */
void indexing_init(struct store *s, const char *path);
/* Once the database is known to be good. */
void indexing_open(struct store *s);
void indexing_close(struct store *s);
void indexing_free(struct store *s);

/* A message was put, with a body of so many bytes. */
void indexing_note(struct store *s, size_t bytes);
/* Before the row of a message changes or goes; after it has another text.
 * Errors are those of the database. */
enum err indexing_forget(struct store *s, uint64_t message) MUST_CHECK;
enum err indexing_renew(struct store *s, uint64_t message) MUST_CHECK;

/* So much has been changed in this transaction that the rest should wait. */
bool indexing_is_long(const struct store *s);

/* Before the database commits; after it did, or did not. */
void indexing_commit(struct store *s);
void indexing_committed(struct store *s, bool is_durable);
void indexing_rollback(struct store *s);

/* It cannot be used. */
void indexing_discard(struct store *s, enum err why);

/* For indexing_build.c: a new one; what is behind the end of it. */
enum err indexing_make(struct store *s) MUST_CHECK;
void indexing_count_fresh(struct store *s);

#endif
