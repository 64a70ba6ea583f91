/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * store_pages - what someone reads in a database's file and its log who has
 * the key: every byte of every page, in use or not.
 */
#ifndef TESTS_UNIT_STORE_PAGES_H
#define TESTS_UNIT_STORE_PAGES_H

#include "store_raw.h"

/* Whether the cipher of the database library can be had. */
bool pages_can_be_read(void);
/* In how many pages of k's file, or its log, the words stand. */
size_t pages_with(const struct kit *k, const char *path, const char *words);

/* The same in another file and its log together. */
size_t pages_of_with(const char *path, const uint8_t key[static 32],
		     const char *words);

#endif
