/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * schema - the tables of a user's database, as numbered steps.
 *
 * Steps are only ever added.  doc/STORAGE.md explains the tables.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <stddef.h>

#include "store/db.h"

/* "Umbl" */
#define SCHEMA_APPLICATION_ID 0x556d626cU

/* How many steps there are: the version of the newest schema. */
uint64_t schema_newest(void);
/* What leads from version n - 1 to n; 1 <= n <= newest. */
const char *schema_step(uint64_t n);

/* Takes a database of version `from` or newer to the newest, each step in a
 * transaction of its own.  ERR_VERSION if it is newer than we are,
 * ERR_CORRUPT if it is not ours or has tables of a kind we never make. */
enum err schema_migrate(struct db *d, uint64_t from) MUST_CHECK;

#endif
