/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * No statement of the store may walk through a table that grows.
 */
#include <stdio.h>

#include <sqlcipher/sqlite3.h>

#include "check.h"
#include "store/db_library.h"
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

/* Tables that grow with the history, and what they are called in
 * statements. */
static const char *const growing[] = {
    "messages", "journal", "reactions", "parked", "gone",  "files",
    "SCAN m",	"SCAN x",  "SCAN y",	"SCAN a", "SCAN f"};

/* Ordered walks through an index of just the rows that are wanted, with a
 * limit. */
static bool is_wanted(const char *plan)
{
	return strstr(plan, "messages_expires") ||
	       strstr(plan, "messages_deadline");
}

/* "SCAN TABLE messages AS m ..." in old releases, "SCAN m" in new ones. */
static bool is_walk(const char *plan)
{
	size_t i;

	if (strstr(plan, "TEMP B-TREE") || strstr(plan, "AUTOMATIC"))
		return true;
	if (strncmp(plan, "SCAN", 4) != 0 || is_wanted(plan))
		return false;
	for (i = 0; i < ARRAY_SIZE(growing); i++)
		if (strstr(plan, growing[i]))
			return true;
	return false;
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

/* In how many tables it is. */
static unsigned count_texts(const struct db_texts *t, size_t which)
{
	unsigned n = 0;

	for (size_t i = 0; i < DB_TABLES_MAX && t->tables[i]; i++)
		n += t->tables[i][which] != NULL;
	return n;
}

static void statements_use_indexes(void **state)
{
	sqlite3 *h = make_empty();
	struct db_texts t = sql_texts();
	size_t i;

	(void)state;
	for (i = 0; i < t.count; i++) {
		assert_int_equal(count_texts(&t, i), 1);
		/* Everything, once, and in a thread of its own. */
		if (i == SQL_EXPORT_MESSAGES)
			continue;
		explain(h, db_text(&t, i));
	}
	sqlite3_close(h);
}

/* What is hidden must not be walked over either: where a statement wants
 * what is shown, it goes by an index that has nothing else. */
static bool plan_has(sqlite3 *h, const char *sql, const char *what)
{
	char text[4096];
	sqlite3_stmt *s;
	bool found = false;

	snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", sql);
	assert_int_equal(sqlite3_prepare_v2(h, text, -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW)
		found = found ||
			strstr((const char *)sqlite3_column_text(s, 3), what);
	sqlite3_finalize(s);
	return found;
}

static void partial_indexes_are_used(void **state)
{
	static const struct {
		enum sql which;
		const char *index;
	} want[] = {
	    {SQL_MESSAGES_START, "messages_shown (conversation=?"},
	    {SQL_MESSAGES_FROM, "messages_shown (conversation=?"},
	    {SQL_CONVERSATIONS, "messages_shown (conversation=?"},
	    {SQL_FIND_CLEARED, "messages_shown (conversation=?"},
	    {SQL_CONVERSATION_LAST, "messages_shown (conversation=?"},
	    {SQL_CONVERSATION_READ, "messages_theirs (conversation=?"},
	    {SQL_LAST_INCOMING, "messages_theirs (conversation=?"},
	    {SQL_EXPIRY_START, "messages_timed (conversation=?"},
	    {SQL_UNCONFIRMED, "messages_unconfirmed (contact=? AND seq>?"},
	    {SQL_UNCONFIRMED_START,
	     "messages_unconfirmed (contact=? AND seq<?"},
	    {SQL_FIND_ABOUT, "messages_ref (contact=? AND ref=?"},
	    {SQL_FIND_BY_MID, "messages_mid (contact=? AND dir=? AND mid=?"},
	    {SQL_CLEAR, "messages_shown (conversation=? AND rowid>?"},
	    {SQL_CLEAR, "messages_conversation (conversation=?"},
	    {SQL_CLEARED_NEXT, "conversations_cleared"},
	    {SQL_DUE_CLEARED, "conversations_cleared"},
	    {SQL_MESSAGES_START,
	     "messages_shown (conversation=? AND rowid>? AND rowid<?"},
	    {SQL_FETCH, "messages_out (contact=? AND seq>?"},
	    {SQL_FETCH, "messages_mid (contact=? AND dir=? AND mid=?"},
	    {SQL_STATE_RANGE, "messages_out (contact=? AND seq>? AND seq<?"},
	    {SQL_CLEAR_PARKED, "messages_mid (contact=? AND dir=? AND mid=?"},
	    {SQL_DUE_EXPIRES, "messages_expires"},
	    {SQL_DUE_DEADLINES, "messages_deadline"},
	    {SQL_FILES_STATE, "files_state (state=? AND rowid<?"},
	    {SQL_FILES_CONVERSATION, "files_contact (contact=? AND rowid<?"},
	    {SQL_FILE_SUM, "files_kept (kept=?"},
	    {SQL_FILE_SUM_CONTACT,
	     "files_kept (kept=? AND contact=? AND dir=?"},
	};
	sqlite3 *h = make_empty();
	struct db_texts t = sql_texts();
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(want); i++)
		if (!plan_has(h, db_text(&t, want[i].which), want[i].index))
			fail_msg("%s: not by %s", db_text(&t, want[i].which),
				 want[i].index);
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
static const char *text_of(size_t which)
{
	struct db_texts t = sql_texts();

	for (size_t i = 0; i < DB_TABLES_MAX && t.tables[i]; i++)
		if (t.tables[i][which])
			return t.tables[i][which];
	return NULL;
}

/* What the library does for the page from that message on. */
static int work_of_page(sqlite3 *h, int first)
{
	sqlite3_stmt *s;
	int work;

	assert_int_equal(
	    sqlite3_prepare_v2(h, text_of(SQL_MESSAGES_FROM), -1, &s, NULL),
	    SQLITE_OK);
	sqlite3_bind_int(s, 1, 1);
	sqlite3_bind_int(s, 2, first);
	sqlite3_bind_int(s, 3, first + 50);
	sqlite3_bind_int(s, 4, 50);
	while (sqlite3_step(s) == SQLITE_ROW)
		;
	work = sqlite3_stmt_status(s, SQLITE_STMTSTATUS_VM_STEP, 0);
	sqlite3_finalize(s);
	return work;
}

/* EXPLAIN QUERY PLAN does not tell where an index is entered. */
static void a_page_costs_the_same_everywhere(void **state)
{
	static const char history[] =
	    "INSERT INTO conversations(id, uid, contact, activity, last_ms)"
	    " VALUES(1, randomblob(16), 1, 0, 0);"
	    "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL"
	    " SELECT i + 1 FROM n WHERE i < 20000)"
	    " INSERT INTO messages(id, uid, conversation, contact, dir, state,"
	    " seq, mid, chain, kind, body, sent_ms, received_ms)"
	    " SELECT i, randomblob(16), 1, 1, 1, 0, i, randomblob(16), x'', 1,"
	    " x'', 0, 0 FROM n";
	sqlite3 *h = make_empty();
	int start, end;

	(void)state;
	assert_int_equal(sqlite3_exec(h, history, NULL, NULL, NULL), SQLITE_OK);
	start = work_of_page(h, 1);
	end = work_of_page(h, 19951);
	assert_true(start > 100);
	assert_in_range(end, 0, 2 * (unsigned)start);
	sqlite3_close(h);
}

static void foreign_keys_have_indexes(void **state)
{
	sqlite3 *h = make_empty();

	(void)state;
	explain(h, "SELECT 1 FROM messages WHERE contact = 1");
	explain(h, "SELECT 1 FROM messages WHERE conversation = 1");
	explain(h, "SELECT 1 FROM reactions WHERE message = 1");
	explain(h, "SELECT 1 FROM parked WHERE contact = 1");
	explain(h, "SELECT 1 FROM gone WHERE contact = 1");
	explain(h, "SELECT 1 FROM files WHERE contact = 1");
	explain(h, "SELECT 1 FROM files WHERE message = 1");
	sqlite3_close(h);
}

/* The whole transaction goes after an error, so that no statement needs a
 * journal of its own. */
static void updates_keep_no_journal(void **state)
{
	struct db_texts t = sql_texts();
	size_t i;

	(void)state;
	for (i = 0; i < t.count; i++)
		if (strncmp(db_text(&t, i), "UPDATE ", 7) == 0 &&
		    strncmp(db_text(&t, i), "UPDATE OR FAIL ", 15) != 0)
			fail_msg("%s", db_text(&t, i));
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
	    cmocka_unit_test(partial_indexes_are_used),
	    cmocka_unit_test(walks_are_noticed),
	    cmocka_unit_test(a_page_costs_the_same_everywhere),
	    cmocka_unit_test(foreign_keys_have_indexes),
	    cmocka_unit_test(updates_keep_no_journal),
	    cmocka_unit_test(versions_are_told_apart),
	};

	return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
