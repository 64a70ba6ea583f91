/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save_message - new messages, the states of those that went out, and how
 * far our user has read.
 */
#include <sodium.h>

#include "store/save.h"

enum { STATE_BATCH = 64 };

/* It is here, or was. */
static enum err is_known(struct save *v, uint64_t contact, bool *known)
{
	const struct mid *mid = &v->fx->message.mid;
	struct found m;
	enum err e = save_find_mid(v, contact, MESSAGE_IN, mid, &m, known);

	if (e != OK || *known)
		return e;
	return save_is_gone(v, contact, mid, known);
}

static enum err insert_message(struct save *v, const struct place *p,
			       uint64_t *id)
{
	const struct message_row *row = &v->fx->message;
	struct stmt *q = db_stmt(v->db, SQL_MESSAGE_INSERT);
	struct message_links links;
	enum err e;

	rowio_find_links(row, &links);
	rowio_put_message(q, row, &p->row, &links);
	e = stmt_run(q);
	sodium_memzero(&links, sizeof(links));
	if (e == OK)
		*id = db_last_id(v->db);
	return e;
}

static enum err put_news(struct save *v, const struct place *p, uint64_t id)
{
	const struct message_row *row = &v->fx->message;
	bool in = row->dir == MESSAGE_IN;
	struct stmt *q = db_stmt(v->db, SQL_CONVERSATION_NEWS);

	stmt_put_u64(q, p->row.conversation);
	stmt_put_u64(q, id);
	stmt_put_u64(q, in ? row->received_ms : row->sent_ms);
	stmt_put_u64(q, in && !row->deleted);
	return stmt_run(q);
}

static struct found found_of(const struct message_row *row, uint64_t id)
{
	return (struct found){.id = id,
			      .uid = row->id,
			      .mid = row->mid,
			      .dir = row->dir,
			      .state = row->state,
			      .seq = row->seq,
			      .kind = row->kind,
			      .sent_ms = row->sent_ms,
			      .hidden = row->hidden,
			      .deleted = row->deleted,
			      .withdrawn = row->withdrawn};
}

enum err save_message(struct save *v)
{
	const struct message_row *row = &v->fx->message;
	struct place place;
	struct found m;
	uint64_t id = 0;
	bool known = false;
	enum err e = save_need_place(v, &row->contact_id, &place);

	if (e == OK && row->dir == MESSAGE_IN)
		e = is_known(v, place.row.contact, &known);
	if (e != OK || known)
		return e;
	e = insert_message(v, &place, &id);
	if (e != OK || row->hidden)
		return e;
	m = found_of(row, id);
	e = put_news(v, &place, id);
	if (e == OK)
		e = save_journal_message(v, v->fx->journal, &place, &m);
	return e == OK ? save_unpark(v, &place, &m) : e;
}

struct state_change {
	struct found message;
	uint32_t ttl_s;
};

static bool may_follow(enum message_state from, enum message_state to)
{
	switch (from) {
	case MESSAGE_QUEUED: return to != MESSAGE_QUEUED;
	case MESSAGE_SENDING: return to != MESSAGE_SENDING;
	case MESSAGE_SENT: return to != MESSAGE_SENDING && to != MESSAGE_SENT;
	case MESSAGE_DELIVERED: return to == MESSAGE_READ;
	/* Given up, yet it had arrived. */
	case MESSAGE_FAILED: return to == MESSAGE_DELIVERED;
	case MESSAGE_READ:
	case MESSAGE_RECEIVED: return false;
	}
	return false;
}

/* One row of SQL_STATE_RANGE; whether it changes.  One that was given up stays
 * so, whatever becomes of what is sent in its place. */
static bool take_change(struct save *v, struct stmt *q,
			struct state_change *out)
{
	struct found *m = &out->message;

	*out = (struct state_change){.message = {.dir = MESSAGE_OUT}};
	m->id = stmt_take_u64(q);
	m->uid = rowio_take_uid(q);
	stmt_take_blob(q, m->mid.b, sizeof(m->mid.b));
	m->state = (enum message_state)stmt_take_u64(q);
	m->seq = stmt_take_u64(q);
	m->kind = (uint16_t)stmt_take_u64(q);
	m->hidden = stmt_take_u64(q) != 0;
	m->withdrawn = stmt_take_u64(q) != 0;
	out->ttl_s = (uint32_t)stmt_take_u64(q);
	if (m->withdrawn && m->state == MESSAGE_FAILED)
		return false;
	return may_follow(m->state, v->fx->state.state);
}

/* The changes among the next STATE_BATCH messages from *seq on; *seq is
 * moved behind them, or to 0 at the end. */
static enum err find_changes(struct save *v, uint64_t contact, uint64_t *seq,
			     struct state_change *out, size_t *count)
{
	struct stmt *q = db_stmt(v->db, SQL_STATE_RANGE);
	uint64_t to = v->fx->state.to_seq;
	size_t rows = 0;
	uint64_t last = 0;
	bool row;

	stmt_put_u64(q, contact);
	stmt_put_u64(q, *seq);
	stmt_put_u64(q, to < INT64_MAX ? to : INT64_MAX);
	stmt_put_u64(q, STATE_BATCH);
	for (*count = 0; stmt_step(q, &row) == OK && row; rows++) {
		bool changes = take_change(v, q, &out[*count]);

		last = out[*count].message.seq;
		*count += changes;
	}
	*seq = rows == STATE_BATCH ? last + 1 : 0;
	return stmt_end(q);
}

/* PROTOCOL 6.5: A message with a time to live MUST be wiped at both ends: at
 * the receiver's that long after it was read, at the sender's that long after
 * it was acknowledged. */
static enum err update_state(struct save *v, const struct state_change *c)
{
	enum message_state state = v->fx->state.state;
	uint64_t at_ms = v->fx->state.at_ms;
	uint64_t ttl_ms = (uint64_t)c->ttl_s * 1000;
	struct stmt *q;

	if (state == MESSAGE_DELIVERED) {
		q = db_stmt(v->db, SQL_STATE_DELIVERED);
		stmt_put_u64(q, c->message.id);
		stmt_put_u64(q, state);
		stmt_put_u64(q, at_ms);
		stmt_put_u64(q, ttl_ms > 0 ? at_ms + ttl_ms : 0);
	} else if (state == MESSAGE_FAILED) {
		q = db_stmt(v->db, SQL_STATE_GIVEN_UP);
		stmt_put_u64(q, c->message.id);
		stmt_put_u64(q, state);
		stmt_put_u64(q, PROBLEM_DETACHED);
	} else {
		q = db_stmt(v->db, SQL_STATE_UPDATE);
		stmt_put_u64(q, c->message.id);
		stmt_put_u64(q, state);
	}
	return stmt_run(q);
}

static enum err change_state(struct save *v, struct state_change *c,
			     const struct place *p)
{
	enum message_state state = v->fx->state.state;
	enum err e = update_state(v, c);

	/* PROTOCOL 11: The introducer MUST forget seed and secret when both
	 * introductions are acknowledged.  Each goes with its own. */
	if (e == OK && state == MESSAGE_DELIVERED &&
	    c->message.kind == MESSAGE_INTRODUCTION)
		e = save_erase_sent(v, &c->message);
	if (e != OK || c->message.hidden)
		return e;
	c->message.state = state;
	return save_journal_message(v, v->fx->journal, p, &c->message);
}

enum err save_state(struct save *v)
{
	struct state_change changes[STATE_BATCH];
	uint64_t seq = v->fx->state.from_seq;
	struct place place;
	size_t i, count;
	enum err e = save_find_place(v, &v->fx->state.contact_id, &place);

	if (seq > INT64_MAX)
		return e;
	do {
		if (e == OK)
			e = find_changes(v, place.row.contact, &seq, changes,
					 &count);
		for (i = 0; e == OK && i < count; i++)
			e = change_state(v, &changes[i], &place);
	} while (e == OK && seq != 0);
	return e;
}

/* *id is 0 if it is not shown here (any more). */
static enum err find_shown(struct save *v, const struct uid *uid,
			   uint64_t conversation, uint64_t *id)
{
	struct stmt *q = db_stmt(v->db, SQL_MESSAGE_PLACE);
	bool row = false;

	*id = 0;
	rowio_put_uid(q, uid);
	stmt_put_u64(q, conversation);
	if (stmt_step(q, &row) == OK && row)
		*id = stmt_take_u64(q);
	return stmt_end(q);
}

static enum err move_marker(struct save *v, uint64_t conversation,
			    uint64_t message, bool *moved)
{
	struct stmt *q = db_stmt(v->db, SQL_CONVERSATION_READ);
	enum err e;

	stmt_put_u64(q, conversation);
	stmt_put_u64(q, message);
	e = stmt_run(q);
	*moved = e == OK && db_changes(v->db) > 0;
	if (!*moved)
		return e;
	q = db_stmt(v->db, SQL_EXPIRY_START);
	stmt_put_u64(q, conversation);
	stmt_put_u64(q, message);
	stmt_put_u64(q, v->wall_ms);
	return stmt_run(q);
}

enum err save_read(struct save *v)
{
	const struct cmd_read *read = &v->fx->read;
	struct place place;
	uint64_t message = 0;
	bool moved;
	enum err e = save_find_place(v, &read->contact_id, &place);

	if (e == OK)
		e = find_shown(v, &read->message_id, place.row.conversation,
			       &message);
	/* Its time may have come while the command was on its way. */
	if (e != OK || message == 0)
		return e;
	e = move_marker(v, place.row.conversation, message, &moved);
	if (e != OK || !moved)
		return e;
	return save_journal(
	    v, (struct journal_line){.type = v->fx->journal,
				     .object = &read->message_id,
				     .conversation = &place.conversation_id});
}
