/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sql_parts - the tables of statements that sql.c puts together.
 *
 * Each has the place of every statement, and a text where it is its own.
 */
#ifndef STORE_SQL_PARTS_H
#define STORE_SQL_PARTS_H

#include "store/sql.h"

extern const char *const sql_of_files[SQL_COUNT];
/* What messages say. */
extern const char *const sql_of_search[SQL_COUNT];

#endif
