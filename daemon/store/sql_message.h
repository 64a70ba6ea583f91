/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sql_message - how a statement reads messages.
 */
#ifndef STORE_SQL_MESSAGE_H
#define STORE_SQL_MESSAGE_H

#define MESSAGE_HEAD                                                           \
	"m.uid, c.uid, m.client_uid, m.dir, m.state, m.seq, m.mid, m.chain, "  \
	"m.kind, m.hidden OR m.id <= v.cleared_to, m.deleted, m.content, "
#define MESSAGE_TAIL                                                           \
	", m.extra, m.ttl_s, m.deadline_ms, m.sent_ms, m.received_ms"
/* It will be erased with the history it belongs to: a line of it, or one of
 * ours about such a line that was there when it was cleared. */
#define MESSAGE_CLEARED                                                        \
	"m.id <= v.cleared_to AND (m.hidden = 0 OR EXISTS(SELECT 1 "           \
	"FROM messages a WHERE a.contact = m.contact AND a.dir IN (0, 1) "     \
	"AND a.mid = m.ref AND a.hidden = 0 AND +a.id <= v.cleared_to))"
/* As it is sent. */
#define MESSAGE_FETCH                                                          \
	"SELECT " MESSAGE_HEAD "m.body" MESSAGE_TAIL ", " MESSAGE_CLEARED      \
	" FROM messages m CROSS JOIN contacts c ON c.id = m.contact "          \
	"CROSS JOIN conversations v ON v.id = m.conversation"
/* As our user sees it.  CROSS JOIN: start from the messages, whatever the
 * planner thinks. */
#define REPLIED(dir)                                                           \
	"(SELECT a.uid FROM messages a WHERE a.contact = m.contact "           \
	"AND a.dir = " dir " AND a.mid = m.reply_to AND a.hidden = 0 "         \
	"AND +a.id > v.cleared_to)"
#define MESSAGE_SEEN                                                           \
	"SELECT " MESSAGE_HEAD "ifnull(m.shown, m.body)" MESSAGE_TAIL          \
	", v.uid, m.delivered_ms, m.read_ms, m.edited_ms, m.expires_ms, "      \
	"m.problem, m.reply_to IS NOT NULL, "                                  \
	"ifnull(" REPLIED("0") ", " REPLIED("1") "), x.emoji, x.at_ms, "       \
						 "y.emoji, y.at_ms FROM "
#define MESSAGE_JOINS                                                          \
	" CROSS JOIN conversations v ON v.id = m.conversation "                \
	"CROSS JOIN contacts c ON c.id = m.contact "                           \
	"LEFT JOIN reactions x ON x.message = m.id AND x.side = 0 "            \
	"LEFT JOIN reactions y ON y.message = m.id AND y.side = 1"
#define MESSAGE_SELECT MESSAGE_SEEN "messages m" MESSAGE_JOINS

#endif
