/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * db_memory - what the database library takes its memory from: blocks that
 * are wiped when it is done with them, its pages, keys and texts among them.
 */
#ifndef STORE_DB_MEMORY_H
#define STORE_DB_MEMORY_H

struct sqlite3_mem_methods;

const struct sqlite3_mem_methods *db_memory(void);

#endif
