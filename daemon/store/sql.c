/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/sql.h"

#include "store/sql_message.h"

/* In the order of rowio.c. */
#define COUNTERS                                                               \
	"send_next, send_high, peer_acked, seq_shift, recv_next, chain_out, "  \
	"chain_in"
#define CONTACT_VALUES                                                         \
	"conversation_uid, invite_uid, state, my_static, peer_static, psk, "   \
	"epoch, my_cell, peer_auth, peer_cell, my_auth, my_r, alarm, name, "   \
	"alias, created_ms, last_seen_ms, " COUNTERS ", rekey_state, "         \
	"rekey_my_r, rekey_peer_r, rekey_other, rekey_since_ms, status, "      \
	"note, blocked, verified, policy, receipts, typing, cover, ttl_s, "    \
	"verified_ms, profile_stale"
#define CONTACT_PARAMETERS                                                     \
	"?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "  \
	"?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, "    \
	"?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40, ?41"
#define INVITE_VALUES                                                          \
	"state, onion, secret, flags, label, nonce, contact_uid, "             \
	"created_ms, expires_ms"
#define REQUEST_VALUES                                                         \
	"client_uid, state, invite, alias, greeting, my_static, my_cell, "     \
	"my_auth, my_r, nonce, contact_uid, created_ms, origin, door, seed, "  \
	"invite_uid, introducer, name, work, expires_ms"
#define REQUEST_PARAMETERS                                                     \
	"?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "  \
	"?17, ?18, ?19, ?20, ?21"
#define SELF_VALUES                                                            \
	"name, status, mode, receipts, typing, door_on, door, "                \
	"door_created_ms, difficulty, auto_accept_bytes, auto_accept_kinds"
/* The state of a contact that our user has deleted; one of the store alone. */
#define REMOVED "2"

#define CONTACT_SELECT "SELECT uid, " CONTACT_VALUES " FROM contacts"
#define INVITE_SELECT  "SELECT uid, " INVITE_VALUES " FROM invites"
#define REQUEST_SELECT "SELECT uid, " REQUEST_VALUES " FROM requests"
#define CONSUMER_SELECT                                                        \
	"SELECT id, name, acked, created_ms, updated_ms FROM consumers"

/* read_message and last_message are places in an order, and a message that
 * stood there may be gone. */
#define CONVERSATION_SELECT                                                    \
	"SELECT v.uid, c.uid, c.name, c.alias, v.unread, r.uid, l.uid, "       \
	"v.last_ms, v.muted_until_ms, v.archived, v.pinned, c.ttl_s, v.draft " \
	"FROM conversations v CROSS JOIN contacts c ON c.id = v.contact "      \
	"LEFT JOIN messages r ON r.id = (SELECT max(id) FROM messages "        \
	"INDEXED BY messages_shown WHERE conversation = v.id AND hidden = 0 "  \
	"AND id > v.cleared_to AND id <= v.read_message) "                     \
	"LEFT JOIN messages l ON l.id = v.last_message"

/* Of the conversation ?1. */
#define CLEARED_TO "(SELECT cleared_to FROM conversations WHERE id = ?1)"
/* Of the one with the contact ?1. */
#define CLEARED_WITH "(SELECT cleared_to FROM conversations WHERE contact = ?1)"

/* What save.h's struct found holds. */
#define FOUND_SELECT                                                           \
	"SELECT id, uid, mid, dir, state, seq, kind, sent_ms, hidden OR id "   \
	"<= (SELECT v.cleared_to FROM conversations v WHERE v.id = "           \
	"messages.conversation), deleted, content IS NOT NULL FROM messages "

/* ?1 is always the row's id where one row is meant.  OR FAIL: whatever an
 * UPDATE had done before an error is rolled back with its transaction.  By
 * itself the library would keep a copy of every page that it touches,
 * encrypted, to undo that one statement. */
static const char *const rest[SQL_COUNT] = {
    [SQL_SETTING_PUT] = "INSERT INTO settings(key, value) VALUES(?1, ?2)",
    [SQL_SETTING_KEEP] =
	"INSERT OR IGNORE INTO settings(key, value) VALUES(?1, ?2)",
    [SQL_SETTING_REPLACE] =
	"INSERT OR REPLACE INTO settings(key, value) VALUES(?1, ?2)",
    [SQL_SETTING_DELETE] = "DELETE FROM settings WHERE key = ?1",
    [SQL_SETTING_GET] = "SELECT value FROM settings WHERE key = ?1",

    [SQL_CONTACT_UPDATE] = "UPDATE OR FAIL contacts SET (" CONTACT_VALUES
			   ") = (" CONTACT_PARAMETERS ") WHERE uid = ?1",
    [SQL_CONTACT_INSERT] = "INSERT INTO contacts(uid, " CONTACT_VALUES
			   ") VALUES(?1, " CONTACT_PARAMETERS ")",
    /* id; takes along what refers to it */
    [SQL_CONTACT_DELETE] = "DELETE FROM contacts WHERE id = ?1",
    /* id: what is left until all that refers to it is erased.  No id is
     * known to anyone, and no key. */
    [SQL_CONTACT_REMOVE] =
	"UPDATE OR FAIL contacts SET (uid, conversation_uid, invite_uid,"
	" state, my_static, peer_static, psk, epoch, my_cell, peer_auth,"
	" peer_cell, my_auth, my_r, alarm, name, alias, created_ms,"
	" last_seen_ms, " COUNTERS ", rekey_state, rekey_my_r, rekey_peer_r,"
	" rekey_other, rekey_since_ms, status, note, verified_ms)"
	" = (randomblob(16), zeroblob(16), NULL, " REMOVED ", x'', x'', x'', 0,"
	" x'', x'', x'', x'', NULL, 0, '', '', 0, 0, 0, 0, 0, 0, 0, x'', x'',"
	" 0, NULL, NULL, NULL, 0, '', '', 0) WHERE id = ?1",
    /* conversation, all messages */
    [SQL_CONVERSATION_REMOVE] =
	"UPDATE OR FAIL conversations SET (uid, activity, last_message,"
	" last_ms, read_message, unread, draft, cleared_to)"
	" = (randomblob(16), 0, NULL, 0, NULL, 0, x'', ?2) WHERE id = ?1",
    /* conversation or contact, how many */
    [SQL_REMOVED_MESSAGES] =
	"DELETE FROM messages WHERE id IN (SELECT id FROM messages"
	" INDEXED BY messages_conversation WHERE conversation = ?1 LIMIT ?2)",
    [SQL_REMOVED_PARKED] =
	"DELETE FROM parked WHERE id IN (SELECT id FROM parked"
	" INDEXED BY parked_contact WHERE contact = ?1 LIMIT ?2)",
    [SQL_REMOVED_GONE] =
	"DELETE FROM gone WHERE contact = ?1 AND mark IN (SELECT mark FROM gone"
	" WHERE contact = ?1 LIMIT ?2)",
    /* id, conversation's id or NULL, conversation's uid */
    [SQL_CONTACT_FIND] =
	"SELECT c.id, v.id, c.conversation_uid FROM contacts c"
	" LEFT JOIN conversations v ON v.contact = c.id WHERE c.uid = ?1",
    /* uid, psk and rekey_other as they are to be */
    [SQL_CONTACT_LOSES_KEY] =
	"SELECT 1 FROM contacts WHERE uid = ?1 AND (psk NOT IN (?2, ifnull(?3,"
	" x'')) OR ifnull(rekey_other, ?2) NOT IN (?2, ifnull(?3, x'')))",
    [SQL_COUNTERS_UPDATE] = "UPDATE OR FAIL contacts SET (" COUNTERS
			    ") = (?2, ?3, ?4, ?5, ?6, ?7, ?8) WHERE uid = ?1",

    [SQL_INVITE_UPDATE] =
	"UPDATE OR FAIL invites SET (" INVITE_VALUES
	") = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) WHERE uid = ?1",
    [SQL_INVITE_INSERT] = "INSERT INTO invites(uid, " INVITE_VALUES
			  ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [SQL_INVITE_DELETE] = "DELETE FROM invites WHERE uid = ?1",

    [SQL_REQUEST_UPDATE] = "UPDATE OR FAIL requests SET (" REQUEST_VALUES
			   ") = (" REQUEST_PARAMETERS ") WHERE uid = ?1",
    [SQL_REQUEST_INSERT] = "INSERT INTO requests(uid, " REQUEST_VALUES
			   ") VALUES(?1, " REQUEST_PARAMETERS ")",
    [SQL_REQUEST_DELETE] = "DELETE FROM requests WHERE uid = ?1",

    [SQL_SELF_PUT] =
	"INSERT OR REPLACE INTO self(id, " SELF_VALUES
	") VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [SQL_SELF] = "SELECT " SELF_VALUES " FROM self WHERE id = 1",

    /* uid, contact, time */
    [SQL_CONVERSATION_INSERT] =
	"INSERT INTO conversations(uid, contact, activity, last_ms)"
	" VALUES(?1, ?2,"
	" ifnull((SELECT max(activity) FROM conversations), 0), ?3)",
    /* conversation, message, time, added to unread */
    [SQL_CONVERSATION_NEWS] =
	"UPDATE OR FAIL conversations SET activity = ?2, last_message = ?2,"
	" last_ms = ?3, unread = unread + ?4 WHERE id = ?1",
    /* conversation, message; only forwards */
    [SQL_CONVERSATION_READ] =
	"UPDATE OR FAIL conversations SET read_message = ?2, unread ="
	" (SELECT count(*) FROM messages INDEXED BY messages_theirs"
	" WHERE conversation = ?1 AND id > ?2 AND dir = 0 AND hidden = 0"
	" AND deleted = 0) WHERE id = ?1 AND ifnull(read_message, 0) < ?2",
    /* conversation, one of the contact's messages that no longer counts */
    [SQL_CONVERSATION_LESS] =
	"UPDATE OR FAIL conversations SET unread = unread - 1"
	" WHERE id = ?1 AND ifnull(read_message, 0) < ?2",
    /* conversation, its last message, which is no longer shown */
    [SQL_CONVERSATION_LAST] =
	"UPDATE OR FAIL conversations SET last_message = (SELECT max(id)"
	" FROM messages INDEXED BY messages_shown WHERE conversation = ?1"
	" AND hidden = 0 AND id > cleared_to)"
	" WHERE id = ?1 AND last_message = ?2",
    [SQL_CONVERSATION_LAST_TIME] =
	"UPDATE OR FAIL conversations SET last_ms = ifnull((SELECT CASE dir"
	" WHEN 0 THEN received_ms ELSE sent_ms END FROM messages"
	" WHERE id = last_message), last_ms) WHERE id = ?1",
    /* conversation, enum conversation_field, their values */
    [SQL_CONVERSATION_SET] =
	"UPDATE OR FAIL conversations SET"
	" muted_until_ms = CASE WHEN ?2 & 1 THEN ?3 ELSE muted_until_ms END,"
	" archived = CASE WHEN ?2 & 2 THEN ?4 ELSE archived END,"
	" pinned = CASE WHEN ?2 & 4 THEN ?5 ELSE pinned END,"
	" draft = CASE WHEN ?2 & 8 THEN ?6 ELSE draft END WHERE id = ?1"
	" AND ((?2 & 1 AND muted_until_ms <> ?3) OR (?2 & 2 AND archived <> ?4)"
	" OR (?2 & 4 AND pinned <> ?5) OR (?2 & 8 AND draft <> ?6))",

    [SQL_MESSAGE_INSERT] =
	"INSERT INTO messages(uid, conversation, contact, client_uid, dir,"
	" state, seq, mid, chain, kind, hidden, deleted, content, body, extra,"
	" ttl_s, deadline_ms, sent_ms, received_ms, ref, reply_to) VALUES(?1,"
	" ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
	" ?17, ?18, ?19, ?20, ?21)",
    /* contact, mark of a mid */
    [SQL_GONE_KNOWN] = "SELECT 1 FROM gone WHERE contact = ?1 AND mark = ?2",
    [SQL_GONE_PUT] = "INSERT OR IGNORE INTO gone(contact, mark) VALUES(?1, ?2)",
    /* uid, conversation */
    [SQL_MESSAGE_PLACE] =
	"SELECT id FROM messages WHERE uid = ?1 AND +conversation = ?2"
	" AND hidden = 0 AND +id > (SELECT cleared_to FROM conversations"
	" WHERE id = ?2)",
    [SQL_FIND_BY_UID] = FOUND_SELECT "WHERE uid = ?1 AND +conversation = ?2",
    /* contact, dir, mid, its mark */
    [SQL_FIND_BY_MID] =
	FOUND_SELECT "WHERE contact = ?1 AND dir = ?2 AND mid IN (?3, ?4)",
    /* contact, mid of what it is about, up to which */
    [SQL_FIND_ABOUT] = FOUND_SELECT "INDEXED BY messages_ref WHERE contact = ?1"
				    " AND ref = ?2 AND id <= ?3 LIMIT 1",
    /* contact, first and last seq, limit */
    [SQL_STATE_RANGE] =
	"SELECT m.id, m.uid, m.mid, m.state, m.seq, m.kind,"
	" m.hidden OR m.id <= v.cleared_to,"
	" m.content IS NOT NULL OR (" MESSAGE_CLEARED "), m.ttl_s"
	" FROM messages m CROSS JOIN conversations v ON v.id = m.conversation"
	" WHERE m.contact = ?1 AND m.dir = 1 AND m.seq BETWEEN ?2 AND ?3"
	" ORDER BY m.seq LIMIT ?4",
    [SQL_STATE_UPDATE] = "UPDATE OR FAIL messages SET state = ?2 WHERE id = ?1",
    /* id, state, problem; withdrawn it stays, if it was */
    [SQL_STATE_GIVEN_UP] =
	"UPDATE OR FAIL messages SET (state, problem) = (?2, ?3) WHERE id = ?1",
    /* id, state, time, when it is over */
    [SQL_STATE_DELIVERED] =
	"UPDATE OR FAIL messages SET (state, delivered_ms, expires_ms)"
	" = (?2, ?3, ?4) WHERE id = ?1",
    /* conversation, message up to which, the time now */
    [SQL_EXPIRY_START] =
	"UPDATE OR FAIL messages SET expires_ms = ?3 + ttl_s * 1000"
	" WHERE id IN (SELECT id FROM messages INDEXED BY messages_timed"
	" WHERE conversation = ?1 AND id > " CLEARED_TO " AND id <= ?2"
	" AND dir = 0 AND ttl_s > 0 AND expires_ms = 0)",

    /* contact, seq up to which, how many: the first of them */
    [SQL_UNCONFIRMED_START] =
	"SELECT min(seq) FROM (SELECT seq FROM messages"
	" INDEXED BY messages_unconfirmed WHERE contact = ?1 AND dir = 1"
	" AND state = 3 AND hidden = 0 AND content IS NULL AND seq <= ?2"
	" AND id > " CLEARED_WITH " ORDER BY seq DESC LIMIT ?3)",
    /* contact, first and last seq, limit */
    [SQL_UNCONFIRMED] =
	"SELECT id, uid FROM messages INDEXED BY messages_unconfirmed"
	" WHERE contact = ?1 AND dir = 1 AND state = 3 AND hidden = 0"
	" AND content IS NULL AND seq BETWEEN ?2 AND ?3"
	" AND id > " CLEARED_WITH " ORDER BY seq LIMIT ?4",
    /* id, state, time */
    [SQL_STATE_READ] =
	"UPDATE OR FAIL messages SET (state, read_ms) = (?2, ?3) WHERE id = ?1",
    /* id, text, time */
    [SQL_EDIT_THEIRS] = "UPDATE OR FAIL messages SET (body, edited_ms)"
			" = (?2, ?3) WHERE id = ?1",
    [SQL_EDIT_OURS] = "UPDATE OR FAIL messages SET (shown, edited_ms)"
		      " = (?2, ?3) WHERE id = ?1",
    /* message, side, emoji */
    [SQL_REACTION_KNOWN] = "SELECT 1 FROM reactions WHERE message = ?1"
			   " AND side = ?2 AND emoji = ?3",
    [SQL_REACTION_PUT] = "INSERT OR REPLACE INTO reactions(message, side,"
			 " emoji, at_ms) VALUES(?1, ?2, ?3, ?4)",
    [SQL_REACTION_DELETE] =
	"DELETE FROM reactions WHERE message = ?1 AND side = ?2",
    [SQL_REACTIONS_DELETE] = "DELETE FROM reactions WHERE message = ?1",
    [SQL_PARKED_PUT] = "INSERT INTO parked(contact, mid, kind, body, emoji,"
		       " at_ms, parked_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    /* contact, how many may stay */
    [SQL_PARKED_LIMIT] =
	"DELETE FROM parked WHERE contact = ?1 AND id <= (SELECT id"
	" FROM parked INDEXED BY parked_contact WHERE contact = ?1"
	" ORDER BY id DESC LIMIT 1 OFFSET ?2)",
    /* what was parked before that time */
    [SQL_PARKED_OLD] = "DELETE FROM parked WHERE parked_ms < ?1",
    /* contact, mid, after which, since when */
    [SQL_PARKED_NEXT] =
	"SELECT id, kind, body, emoji, at_ms FROM parked INDEXED BY parked_mid"
	" WHERE contact = ?1 AND mid = ?2 AND id > ?3 AND parked_ms >= ?4"
	" ORDER BY id LIMIT 1",
    [SQL_PARKED_DELETE] = "DELETE FROM parked WHERE contact = ?1 AND mid = ?2",

    /* What the content hash is made of. */
    [SQL_MESSAGE_CONTENT] =
	"SELECT kind, mid, body, extra FROM messages WHERE id = ?1",
    /* id, hidden, deleted, mark in the place of the mid */
    [SQL_MESSAGE_WIPE] =
	"UPDATE OR FAIL messages SET hidden = ?2, deleted = ?3, mid = ?4,"
	" body = x'', shown = NULL, extra = x'', ref = NULL, reply_to = NULL,"
	" deadline_ms = 0, edited_ms = 0, problem = 0,"
	" delivered_ms = CASE WHEN ?2 THEN 0 ELSE delivered_ms END,"
	" read_ms = CASE WHEN ?2 THEN 0 ELSE read_ms END,"
	" ttl_s = CASE WHEN ?2 THEN 0 ELSE ttl_s END,"
	" expires_ms = CASE WHEN ?2 THEN 0 ELSE expires_ms END WHERE id = ?1",
    /* id, content hash */
    [SQL_MESSAGE_WITHDRAW] =
	"UPDATE OR FAIL messages SET content = ?2 WHERE id = ?1",
    /* id, state, problem, content hash */
    [SQL_MESSAGE_FAIL] = "UPDATE OR FAIL messages SET (state, problem, content)"
			 " = (?2, ?3, ?4) WHERE id = ?1",
    [SQL_MESSAGE_DELETE] = "DELETE FROM messages WHERE id = ?1",

    /* conversation; none if it shows nothing */
    [SQL_CLEAR] =
	"UPDATE OR FAIL conversations SET cleared_to = (SELECT max(id)"
	" FROM messages INDEXED BY messages_conversation"
	" WHERE conversation = ?1), last_message = NULL, unread = 0"
	" WHERE id = ?1 AND EXISTS(SELECT 1 FROM messages"
	" INDEXED BY messages_shown WHERE conversation = ?1 AND hidden = 0"
	" AND id > cleared_to)",
    /* contact: what waits under the mid of a message that is cleared */
    [SQL_CLEAR_PARKED] =
	"DELETE FROM parked WHERE contact = ?1 AND EXISTS(SELECT 1"
	" FROM messages a WHERE a.contact = ?1 AND a.dir IN (0, 1)"
	" AND a.mid = parked.mid AND a.hidden = 0"
	" AND +a.id <= " CLEARED_WITH ")",
    /* conversation */
    [SQL_CLEARED_TO] = "SELECT cleared_to FROM conversations WHERE id = ?1",
    /* the next one: conversation, contact, up to which, is it removed */
    [SQL_CLEARED_NEXT] =
	"SELECT v.id, v.contact, v.cleared_to, c.state = " REMOVED
	" FROM conversations v INDEXED BY conversations_cleared"
	" CROSS JOIN contacts c ON c.id = v.contact"
	" WHERE v.cleared_to > 0 ORDER BY v.cleared_to LIMIT 1",
    /* conversation, up to which */
    [SQL_FIND_CLEARED] =
	FOUND_SELECT "INDEXED BY messages_shown WHERE conversation = ?1"
		     " AND hidden = 0 AND id <= ?2 ORDER BY id LIMIT 1",
    /* conversation */
    [SQL_CLEARED_END] =
	"UPDATE OR FAIL conversations SET cleared_to = 0 WHERE id = ?1",

    [SQL_JOURNAL_INSERT] =
	"INSERT INTO journal(at_ms, type, object, conversation_uid, state)"
	" VALUES(?1, ?2, ?3, ?4, ?5)",
    [SQL_JOURNAL_START] =
	"INSERT INTO journal(seq, at_ms, type, object, conversation_uid, state)"
	" VALUES(?1, 0, 0, zeroblob(16), NULL, 0)",
    [SQL_JOURNAL_OLDEST] = "SELECT seq, at_ms FROM journal WHERE seq > 0"
			   " ORDER BY seq LIMIT ?1",
    [SQL_JOURNAL_PRUNE] = "DELETE FROM journal WHERE seq <= ?1",

    [SQL_LOAD_CONTACTS] =
	CONTACT_SELECT " WHERE state <> " REMOVED " ORDER BY id",
    [SQL_LOAD_INVITES] = INVITE_SELECT " ORDER BY id",
    [SQL_LOAD_REQUESTS] = REQUEST_SELECT " ORDER BY id",
    /* contact's uid, first seq, limit */
    [SQL_FETCH] = MESSAGE_FETCH
    " WHERE m.contact = (SELECT id FROM contacts WHERE uid = ?1)"
    " AND m.dir = 1 AND m.seq >= ?2 ORDER BY m.seq LIMIT ?3",
    /* limit */
    [SQL_DUE_EXPIRES] =
	"SELECT m.expires_ms, m.id <= v.cleared_to, c.uid, m.uid, m.mid, m.dir,"
	" m.seq FROM messages m INDEXED BY messages_expires"
	" CROSS JOIN contacts c ON c.id = m.contact"
	" CROSS JOIN conversations v ON v.id = m.conversation"
	" WHERE m.expires_ms > 0 ORDER BY m.expires_ms LIMIT ?1",
    [SQL_DUE_DEADLINES] =
	"SELECT m.deadline_ms, m.id <= v.cleared_to, c.uid, m.uid, m.mid,"
	" m.dir, m.seq FROM messages m INDEXED BY messages_deadline"
	" CROSS JOIN contacts c ON c.id = m.contact"
	" CROSS JOIN conversations v ON v.id = m.conversation"
	" WHERE m.deadline_ms > 0 AND m.state < 3"
	" ORDER BY m.deadline_ms LIMIT ?1",
    [SQL_DUE_CLEARED] = "SELECT 1 FROM conversations"
			" INDEXED BY conversations_cleared"
			" WHERE cleared_to > 0 LIMIT 1",

    /* after, limit */
    [SQL_CONTACTS] = CONTACT_SELECT
    " WHERE uid > ?1 AND state IN (1, 3) ORDER BY uid LIMIT ?2",
    [SQL_CONTACT] = CONTACT_SELECT " WHERE uid = ?1",
    [SQL_INVITES] = INVITE_SELECT " WHERE uid > ?1 ORDER BY uid LIMIT ?2",
    [SQL_INVITE] = INVITE_SELECT " WHERE uid = ?1",
    [SQL_REQUESTS] = REQUEST_SELECT " WHERE uid > ?1 ORDER BY uid LIMIT ?2",
    [SQL_REQUEST] = REQUEST_SELECT " WHERE uid = ?1",
    [SQL_REQUEST_BY_CLIENT] = REQUEST_SELECT " WHERE client_uid = ?1",

    /* activity and id before which, limit */
    [SQL_CONVERSATIONS] = CONVERSATION_SELECT
    " WHERE (v.activity, v.id) < (?1, ?2)"
    " AND c.state <> " REMOVED " ORDER BY v.activity DESC, v.id DESC LIMIT ?3",
    [SQL_CONVERSATION_POSITION] =
	"SELECT id, activity FROM conversations WHERE uid = ?1",
    [SQL_CONVERSATION] = CONVERSATION_SELECT " WHERE v.uid = ?1",

    /* conversation, message before which, how many: the first of them */
    [SQL_MESSAGES_START] =
	"SELECT min(id) FROM (SELECT id FROM messages INDEXED BY messages_shown"
	" WHERE conversation = ?1 AND hidden = 0 AND id > " CLEARED_TO
	" AND id < ?2 ORDER BY id DESC LIMIT ?3)",
    /* conversation, first, before which, limit; "+": the index is entered at
     * the first one, not where the history was cleared */
    [SQL_MESSAGES_FROM] =
	MESSAGE_SEEN "messages m INDEXED BY messages_shown" MESSAGE_JOINS
		     " WHERE m.conversation = ?1 AND m.hidden = 0"
		     " AND +m.id > " CLEARED_TO
		     " AND m.id >= ?2 AND m.id < ?3 ORDER BY m.id LIMIT ?4",
    [SQL_MESSAGE] = MESSAGE_SELECT " WHERE m.uid = ?1 AND m.hidden = 0"
				   " AND +m.id > v.cleared_to",
    /* conversation's uid, client_id */
    [SQL_MESSAGE_BY_CLIENT] = MESSAGE_SELECT
    " WHERE m.conversation = (SELECT id FROM conversations WHERE uid = ?1)"
    " AND m.client_uid = ?2",
    [SQL_TARGET] =
	"SELECT c.uid, m.uid, m.mid, m.dir, m.state, m.seq, m.kind, m.deleted,"
	" m.sent_ms FROM messages m CROSS JOIN contacts c ON c.id = m.contact"
	" CROSS JOIN conversations v ON v.id = m.conversation"
	" WHERE m.uid = ?1 AND m.hidden = 0 AND +m.id > v.cleared_to",
    /* conversation, message up to which */
    [SQL_LAST_INCOMING] =
	"SELECT mid FROM messages INDEXED BY messages_theirs"
	" WHERE conversation = ?1 AND id > " CLEARED_TO " AND id <= ?2"
	" AND dir = 0 AND hidden = 0 AND deleted = 0"
	" ORDER BY id DESC LIMIT 1",

    /* after, limit */
    [SQL_JOURNAL] = "SELECT seq, at_ms, type, object, conversation_uid, state"
		    " FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    [SQL_JOURNAL_FIRST] = "SELECT min(seq) FROM journal",
    [SQL_JOURNAL_LAST] = "SELECT max(seq) FROM journal",
    [SQL_UNREAD] = "SELECT total(unread) FROM conversations",

    /* What our user sees of all conversations, in the order in which it
     * came. */
    [SQL_EXPORT_MESSAGES] =
	"SELECT m.uid, c.uid, m.client_uid, m.dir, m.state, m.kind, m.mid,"
	" m.deleted, ifnull(m.shown, m.body), m.ttl_s, m.sent_ms,"
	" m.received_ms, m.delivered_ms, m.read_ms, m.edited_ms, m.expires_ms,"
	" m.problem, m.reply_to, m.extra, x.emoji, x.at_ms, y.emoji, y.at_ms"
	" FROM messages m" MESSAGE_JOINS " WHERE m.hidden = 0"
	" AND m.id > v.cleared_to AND c.state <> " REMOVED " ORDER BY m.id",
    /* uid, times: delivered, read, edited, over; problem */
    [SQL_IMPORT_MESSAGE] =
	"UPDATE OR FAIL messages SET (delivered_ms, read_ms, edited_ms,"
	" expires_ms, problem) = (?2, ?3, ?4, ?5, ?6) WHERE uid = ?1",
    /* name */
    [SQL_CONSUMER] = CONSUMER_SELECT " WHERE name = ?1",
    /* id, how many; without the daemon's own */
    [SQL_CONSUMERS] = CONSUMER_SELECT " WHERE id > ?1 AND instr(name, ':') = 0"
				      " ORDER BY id LIMIT ?2",
    [SQL_CONSUMER_COUNT] =
	"SELECT count(*) FROM consumers WHERE instr(name, ':') = 0",
    [SQL_CONSUMER_LOWEST] =
	"SELECT acked FROM consumers ORDER BY acked LIMIT 1",
    /* name, acked, now */
    [SQL_CONSUMER_INSERT] =
	"INSERT INTO consumers(name, acked, created_ms, updated_ms)"
	" VALUES(?1, ?2, ?3, ?3)",
    [SQL_CONSUMER_ACK] = "UPDATE OR FAIL consumers SET acked = ?2,"
			 " updated_ms = ?3 WHERE name = ?1",
    [SQL_CONSUMER_DELETE] = "DELETE FROM consumers WHERE name = ?1",
    /* the daemon's own, after that id */
    [SQL_CONSUMERS_OWN] = CONSUMER_SELECT
    " WHERE id > ?1 AND instr(name, ':') > 0 ORDER BY id LIMIT ?2",

    [SQL_WEBHOOKS] = "SELECT uid, url, types, secret, created_ms, failing_ms,"
		     " last_status FROM webhooks ORDER BY id",
    /* and how many there may be */
    [SQL_WEBHOOK_INSERT] =
	"INSERT INTO webhooks(uid, url, types, secret, created_ms)"
	" SELECT ?1, ?2, ?3, ?4, ?5"
	" WHERE (SELECT count(*) FROM webhooks) < ?6",
    [SQL_WEBHOOK_DELETE] = "DELETE FROM webhooks WHERE uid = ?1",
    [SQL_WEBHOOK_NOTE] = "UPDATE OR FAIL webhooks SET failing_ms = ?2,"
			 " last_status = ?3 WHERE uid = ?1",
};

struct db_texts sql_texts(void)
{
	return (struct db_texts){{rest, sql_of_files, sql_of_search},
				 SQL_COUNT};
}
