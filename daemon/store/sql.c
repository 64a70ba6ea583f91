/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sql.h"

/* In the order of rowio.c. */
#define CONTACT_VALUES                                                         \
	"conversation_uid, invite_uid, state, my_static, peer_static, psk, "   \
	"epoch, my_cell, peer_auth, peer_cell, my_auth, my_r, alarm, name, "   \
	"alias, created_ms, last_seen_ms, send_next, peer_acked, seq_shift, "  \
	"recv_next, chain_out, chain_in"
#define INVITE_VALUES                                                          \
	"state, onion, secret, flags, label, nonce, contact_uid, "             \
	"created_ms, expires_ms"
#define REQUEST_VALUES                                                         \
	"client_uid, state, invite, alias, greeting, my_static, my_cell, "     \
	"my_auth, my_r, nonce, contact_uid, created_ms"

#define CONTACT_SELECT "SELECT uid, " CONTACT_VALUES " FROM contacts"
#define INVITE_SELECT  "SELECT uid, " INVITE_VALUES " FROM invites"
#define REQUEST_SELECT "SELECT uid, " REQUEST_VALUES " FROM requests"

#define CONVERSATION_SELECT                                                    \
	"SELECT v.uid, c.uid, c.name, c.alias, v.unread, r.uid, l.uid, "       \
	"v.last_ms FROM conversations v CROSS JOIN contacts c "                \
	"ON c.id = v.contact LEFT JOIN messages r ON r.id = v.read_message "   \
	"LEFT JOIN messages l ON l.id = v.last_message"
/* CROSS JOIN: start from the messages, whatever the planner thinks. */
#define MESSAGE_SELECT                                                         \
	"SELECT m.uid, c.uid, m.client_uid, m.dir, m.state, m.seq, m.mid, "    \
	"m.chain, m.kind, m.body, m.sent_ms, m.received_ms, v.uid, "           \
	"m.delivered_ms FROM messages m CROSS JOIN conversations v "           \
	"ON v.id = m.conversation CROSS JOIN contacts c ON c.id = m.contact"

/* ?1 is always the row's id where one row is meant. */
static const char *const texts[SQL_COUNT] = {
    [SQL_SETTING_PUT] = "INSERT INTO settings(key, value) VALUES(?1, ?2)",
    [SQL_SETTING_GET] = "SELECT value FROM settings WHERE key = ?1",

    [SQL_CONTACT_UPDATE] =
	"UPDATE contacts SET (" CONTACT_VALUES
	") = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15,"
	" ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24) WHERE uid = ?1",
    [SQL_CONTACT_INSERT] =
	"INSERT INTO contacts(uid, " CONTACT_VALUES
	") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,"
	" ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)",
    [SQL_CONTACT_DELETE] = "DELETE FROM contacts WHERE uid = ?1",
    /* id, conversation's id or NULL, conversation's uid */
    [SQL_CONTACT_FIND] =
	"SELECT c.id, v.id, c.conversation_uid FROM contacts c"
	" LEFT JOIN conversations v ON v.contact = c.id WHERE c.uid = ?1",
    [SQL_COUNTERS_UPDATE] =
	"UPDATE contacts SET (send_next, peer_acked, seq_shift, recv_next,"
	" chain_out, chain_in) = (?2, ?3, ?4, ?5, ?6, ?7) WHERE uid = ?1",

    [SQL_INVITE_UPDATE] =
	"UPDATE invites SET (" INVITE_VALUES
	") = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) WHERE uid = ?1",
    [SQL_INVITE_INSERT] = "INSERT INTO invites(uid, " INVITE_VALUES
			  ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_INVITE_DELETE] = "DELETE FROM invites WHERE uid = ?1",

    [SQL_REQUEST_UPDATE] =
	"UPDATE requests SET (" REQUEST_VALUES
	") = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
	" WHERE uid = ?1",
    [SQL_REQUEST_INSERT] =
	"INSERT INTO requests(uid, " REQUEST_VALUES
	") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    [SQL_REQUEST_DELETE] = "DELETE FROM requests WHERE uid = ?1",

    /* uid, contact, time */
    [SQL_CONVERSATION_INSERT] =
	"INSERT INTO conversations(uid, contact, activity, last_ms)"
	" VALUES(?1, ?2, ifnull((SELECT max(id) FROM messages), 0), ?3)",
    /* conversation, message, time, added to unread */
    [SQL_CONVERSATION_NEWS] =
	"UPDATE conversations SET activity = ?2, last_message = ?2,"
	" last_ms = ?3, unread = unread + ?4 WHERE id = ?1",
    /* conversation, message; only forwards */
    [SQL_CONVERSATION_READ] =
	"UPDATE conversations SET read_message = ?2, unread = (SELECT count(*)"
	" FROM messages WHERE conversation = ?1 AND id > ?2 AND dir = 0)"
	" WHERE id = ?1 AND ifnull(read_message, 0) < ?2",

    [SQL_MESSAGE_INSERT] =
	"INSERT INTO messages(uid, conversation, contact, client_uid, dir,"
	" state, seq, mid, chain, kind, body, sent_ms, received_ms)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    /* contact, mid */
    [SQL_MESSAGE_KNOWN] = "SELECT 1 FROM messages"
			  " WHERE contact = ?1 AND dir = 0 AND mid = ?2",
    /* uid, conversation */
    [SQL_MESSAGE_PLACE] = "SELECT id FROM messages"
			  " WHERE uid = ?1 AND +conversation = ?2",
    /* contact, first and last seq, limit */
    [SQL_STATE_RANGE] =
	"SELECT id, uid, state, seq FROM messages WHERE contact = ?1"
	" AND dir = 1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq LIMIT ?4",
    [SQL_STATE_UPDATE] = "UPDATE messages SET state = ?2,"
			 " delivered_ms = ?3 WHERE id = ?1",

    [SQL_JOURNAL_INSERT] =
	"INSERT INTO journal(at_ms, type, object, conversation_uid, state)"
	" VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_JOURNAL_OLDEST] = "SELECT seq, at_ms FROM journal WHERE seq > 0"
			   " ORDER BY seq LIMIT ?1",
    [SQL_JOURNAL_PRUNE] = "DELETE FROM journal WHERE seq <= ?1",

    [SQL_LOAD_CONTACTS] = CONTACT_SELECT " ORDER BY id",
    [SQL_LOAD_INVITES] = INVITE_SELECT " ORDER BY id",
    [SQL_LOAD_REQUESTS] = REQUEST_SELECT " ORDER BY id",
    /* contact's uid, first seq, limit */
    [SQL_FETCH] = MESSAGE_SELECT
    " WHERE m.contact = (SELECT id FROM contacts WHERE uid = ?1)"
    " AND m.dir = 1 AND m.seq >= ?2 ORDER BY m.seq LIMIT ?3",

    /* after, limit */
    [SQL_CONTACTS] =
	CONTACT_SELECT " WHERE uid > ?1 AND state = 1 ORDER BY uid LIMIT ?2",
    [SQL_CONTACT] = CONTACT_SELECT " WHERE uid = ?1",
    [SQL_INVITES] = INVITE_SELECT " WHERE uid > ?1 ORDER BY uid LIMIT ?2",
    [SQL_INVITE] = INVITE_SELECT " WHERE uid = ?1",
    [SQL_REQUESTS] = REQUEST_SELECT " WHERE uid > ?1 ORDER BY uid LIMIT ?2",
    [SQL_REQUEST] = REQUEST_SELECT " WHERE uid = ?1",
    [SQL_REQUEST_BY_CLIENT] = REQUEST_SELECT " WHERE client_uid = ?1",

    /* activity and id before which, limit */
    [SQL_CONVERSATIONS] =
	CONVERSATION_SELECT " WHERE (v.activity, v.id) < (?1, ?2)"
			    " ORDER BY v.activity DESC, v.id DESC LIMIT ?3",
    [SQL_CONVERSATION_POSITION] =
	"SELECT id, activity FROM conversations WHERE uid = ?1",
    [SQL_CONVERSATION] = CONVERSATION_SELECT " WHERE v.uid = ?1",

    /* conversation, message before which, how many: the first of them */
    [SQL_MESSAGES_START] =
	"SELECT min(id) FROM (SELECT id FROM messages WHERE conversation = ?1"
	" AND id < ?2 ORDER BY id DESC LIMIT ?3)",
    /* conversation, first, before which, limit */
    [SQL_MESSAGES_FROM] =
	MESSAGE_SELECT " WHERE m.conversation = ?1 AND m.id >= ?2 AND m.id < ?3"
		       " ORDER BY m.id LIMIT ?4",
    [SQL_MESSAGE] = MESSAGE_SELECT " WHERE m.uid = ?1",
    /* conversation's uid, client_id */
    [SQL_MESSAGE_BY_CLIENT] = MESSAGE_SELECT
    " WHERE m.conversation = (SELECT id FROM conversations WHERE uid = ?1)"
    " AND m.client_uid = ?2",

    /* after, limit */
    [SQL_JOURNAL] = "SELECT seq, at_ms, type, object, conversation_uid, state"
		    " FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    [SQL_JOURNAL_FIRST] = "SELECT min(seq) FROM journal",
    [SQL_JOURNAL_LAST] = "SELECT max(seq) FROM journal",
    [SQL_UNREAD] = "SELECT total(unread) FROM conversations",
};

struct db_texts sql_texts(void)
{
	return (struct db_texts){texts, SQL_COUNT};
}
