/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_raw - the database of a test behind the store's back.
 */
#ifndef TESTS_UNIT_STORE_RAW_H
#define TESTS_UNIT_STORE_RAW_H

#include <stdbool.h>

#include "store_kit.h"

/* The key that the store derives from k's master key. */
void raw_key(const struct kit *k, uint8_t key[static 32]);
/* Opens the file of k at its path, runs sql, closes; fails the test if the
 * database refuses. */
void raw_exec(const struct kit *k, const char *sql);
/* The number that a statement gives. */
uint64_t raw_number(const struct kit *k, const char *sql);
/* Whether PRAGMA integrity_check says ok. */
bool raw_is_whole(const struct kit *k);

/* Puts contact 1, an invite, a request and a few messages into k. */
void raw_sample(struct kit *k);
/* Checks all of it, whatever was added since; false if anything is missing
 * or differs.  *e tells if the store said so itself. */
bool raw_sample_is_there(struct kit *k, enum err *e);

/* The same with what version 2 added: contact 2, whose messages were changed
 * and erased, the user himself, a conversation's draft. */
void raw_sample_2(struct kit *k);
bool raw_sample_2_is_there(struct kit *k, enum err *e);

/* What version 3 added: contact 3, whose history was cleared and has still to
 * be erased, and what there is of contact 4, who was deleted.  Looking erases
 * the rest. */
void raw_sample_3(struct kit *k);
bool raw_sample_3_is_there(struct kit *k, enum err *e);

/* The first two. */
void raw_samples(struct kit *k);
bool raw_samples_are_there(struct kit *k, enum err *e);

#endif
