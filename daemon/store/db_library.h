/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * db_library - the start of the database library, and whether it is one that
 * we can use.
 */
#ifndef STORE_DB_LIBRARY_H
#define STORE_DB_LIBRARY_H

#include <stdbool.h>

#include "util/err.h"

/* See store_library_start(). */
enum err db_library_start(const char **what) MUST_CHECK;
/* Whether a cipher_version text names a library that we can use. */
bool db_is_version_good(const char *cipher_version);

#endif
