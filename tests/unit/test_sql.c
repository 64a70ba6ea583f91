/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * No statement of the store may walk through a table that grows.
 */
#include <stdio.h>

#include <sqlcipher/sqlite3.h>

#include "check.h"
#include "store/schema.h"
#include "store/sql.h"

static sqlite3 *make_empty(void)
{
	sqlite3 *h;
	uint64_t n;

	assert_int_equal(sqlite3_open(":memory:", &h), SQLITE_OK);
	for (n = 1; n <= schema_newest(); n++)
		assert_int_equal(
		    sqlite3_exec(h, schema_step(n), NULL, NULL, NULL),
		    SQLITE_OK);
	return h;
}

/* "SCAN TABLE messages AS m ..." in old releases, "SCAN m" in new ones. */
static bool is_walk(const char *plan)
{
	if (strstr(plan, "TEMP B-TREE") || strstr(plan, "AUTOMATIC"))
		return true;
	return strncmp(plan, "SCAN", 4) == 0 &&
	       (strstr(plan, "messages") || strstr(plan, "journal") ||
		strcmp(plan, "SCAN m") == 0);
}

static void explain(sqlite3 *h, const char *sql)
{
	char text[4096];
	sqlite3_stmt *s;

	snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", sql);
	assert_int_equal(sqlite3_prepare_v2(h, text, -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *plan = (const char *)sqlite3_column_text(s, 3);

		if (is_walk(plan))
			fail_msg("%s: %s", sql, plan);
	}
	sqlite3_finalize(s);
}

static void statements_use_indexes(void **state)
{
	sqlite3 *h = make_empty();
	struct db_texts t = sql_texts();
	size_t i;

	(void)state;
	for (i = 0; i < t.count; i++) {
		assert_non_null(t.sql[i]);
		explain(h, t.sql[i]);
	}
	sqlite3_close(h);
}

static void walks_are_noticed(void **state)
{
	sqlite3 *h = make_empty();
	sqlite3_stmt *s;

	(void)state;
	assert_int_equal(sqlite3_prepare_v2(h,
					    "EXPLAIN QUERY PLAN SELECT uid "
					    "FROM messages AS m WHERE kind=1",
					    -1, &s, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	assert_true(is_walk((const char *)sqlite3_column_text(s, 3)));
	sqlite3_finalize(s);
	sqlite3_close(h);
}

/* Deleting a parent must not walk through its children either. */
static void foreign_keys_have_indexes(void **state)
{
	sqlite3 *h = make_empty();

	(void)state;
	explain(h, "SELECT 1 FROM messages WHERE contact = 1");
	explain(h, "SELECT 1 FROM messages WHERE conversation = 1");
	sqlite3_close(h);
}

static void versions_are_told_apart(void **state)
{
	(void)state;
	assert_true(db_is_version_good("3.4.1"));
	assert_true(db_is_version_good("4.6.1 community"));
	assert_true(db_is_version_good("4.14.0"));
	assert_true(db_is_version_good("5.0.0"));
	assert_false(db_is_version_good("3.4.0"));
	assert_false(db_is_version_good("2.9.9"));
	assert_false(db_is_version_good("4.5.0 community"));
	assert_false(db_is_version_good(""));
	assert_false(db_is_version_good("4"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(statements_use_indexes),
	    cmocka_unit_test(walks_are_noticed),
	    cmocka_unit_test(foreign_keys_have_indexes),
	    cmocka_unit_test(versions_are_told_apart),
	};

	return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
