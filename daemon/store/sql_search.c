/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sql.h"
#include "store/sql_message.h"

/* It is shown, and has a text: kinds 1 and 6 are TEXT and FILE.  What is
 * cleared is as good as erased. */
#define SEARCHED                                                               \
	"m.hidden = 0 AND m.deleted = 0 AND m.kind IN (1, 6)"                  \
	" AND m.id > v.cleared_to"
#define SEARCH_ROW                                                             \
	"CASE m.dir WHEN 0 THEN m.received_ms ELSE m.sent_ms END, m.kind,"     \
	" ifnull(m.shown, m.body) FROM messages m"                             \
	" CROSS JOIN conversations v ON v.id = m.conversation"

const char *const sql_of_search[SQL_COUNT] = {
    /* after, limit: how many, how many bytes */
    [SQL_INDEX_FRESH] =
	"SELECT count(*), total(n) FROM (SELECT length(body) AS n"
	" FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2)",
    /* after */
    [SQL_INDEX_FIRST] = "SELECT min(id) FROM messages WHERE id > ?1",
    [SQL_INDEX_NEWEST] = "SELECT max(id) FROM messages WHERE id > ?1",
    /* Also of one that is cleared: it leaves the index when it goes. */
    [SQL_INDEX_TEXT] = "SELECT kind, ifnull(shown, body) FROM messages"
		       " WHERE id = ?1 AND hidden = 0 AND deleted = 0"
		       " AND kind IN (1, 6)",
    /* from, to */
    [SQL_INDEX_TEXTS] =
	"SELECT m.id, " SEARCH_ROW " WHERE m.id BETWEEN ?1 AND ?2 AND " SEARCHED
	" ORDER BY m.id",
    /* conversation, how many */
    [SQL_INDEX_REMOVED] = "SELECT id FROM messages"
			  " INDEXED BY messages_conversation"
			  " WHERE conversation = ?1 LIMIT ?2",
    /* from, before which */
    [SQL_SEARCH_ROWS] =
	"SELECT m.id, m.conversation, " SEARCH_ROW
	" WHERE m.id >= ?1 AND m.id < ?2 AND " SEARCHED " ORDER BY m.id DESC",
    /* conversation, from, to */
    [SQL_SEARCH_PLACES] =
	"SELECT id FROM messages INDEXED BY messages_shown"
	" WHERE conversation = ?1 AND hidden = 0 AND id BETWEEN ?2 AND ?3",
    [SQL_SEARCH_FOUND] = MESSAGE_SELECT " WHERE m.id = ?1",
    [SQL_CONVERSATION_WITH] = "SELECT v.uid FROM conversations v"
			      " WHERE v.contact ="
			      " (SELECT id FROM contacts WHERE uid = ?1)",
};
