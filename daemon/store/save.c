/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save - each SAVE effect as rows, with its line in the journal.
 */
#include <string.h>

#include "store/inside.h"
#include "store/rowio.h"

enum {
	STATE_BATCH = 64,
	JOURNAL_ROWS_MAX = 100000,
	PRUNE_EVERY = 256, /* rows written */
	PRUNE_BATCH = 512, /* rows looked at: more than are written */
};
#define JOURNAL_AGE_MAX_MS (30ULL * 24 * 3600 * 1000)

static const struct uid no_uid;

/* One step of saving: what every part of it needs. */
struct save {
	struct store *store;
	struct db *db;
	const struct effect *fx;
	uint64_t wall_ms;
};

struct journal_line {
	enum journal_type type;
	const struct uid *object;
	const struct uid *conversation;
	uint64_t state;
};

static uint64_t cut_of(struct stmt *q, uint64_t newest, uint64_t oldest_ms,
		       enum err *e)
{
	uint64_t cut =
	    newest > JOURNAL_ROWS_MAX ? newest - JOURNAL_ROWS_MAX : 0;
	uint64_t seq, last = 0;
	bool row;

	stmt_put_u64(q, PRUNE_BATCH);
	while ((*e = stmt_step(q, &row)) == OK && row) {
		seq = stmt_take_u64(q);
		if (seq > cut && stmt_take_u64(q) >= oldest_ms)
			break;
		last = seq;
	}
	*e = stmt_end(q);
	/* The newest stays, whatever the clock says. */
	return last < newest ? last : newest - 1;
}

/* A few rows each time, in order, so that no commit waits for it. */
static enum err prune_journal(struct save *v, uint64_t newest)
{
	uint64_t oldest_ms = v->wall_ms > JOURNAL_AGE_MAX_MS
				 ? v->wall_ms - JOURNAL_AGE_MAX_MS
				 : 0;
	struct stmt *q = db_stmt(v->db, SQL_JOURNAL_OLDEST);
	enum err e;
	uint64_t cut = cut_of(q, newest, oldest_ms, &e);

	if (e != OK || cut == 0)
		return e;
	q = db_stmt(v->db, SQL_JOURNAL_PRUNE);
	stmt_put_u64(q, cut);
	return stmt_run(q);
}

static enum err put_journal(struct save *v, struct journal_line line)
{
	struct stmt *q;
	enum err e;

	if (line.type == JOURNAL_NONE)
		return OK;
	q = db_stmt(v->db, SQL_JOURNAL_INSERT);
	stmt_put_u64(q, v->wall_ms);
	stmt_put_u64(q, line.type);
	rowio_put_uid(q, line.object);
	stmt_put_id(q, line.conversation->b, sizeof(line.conversation->b));
	stmt_put_u64(q, line.state);
	e = stmt_run(q);
	if (e != OK || ++v->store->unpruned < PRUNE_EVERY)
		return e;
	v->store->unpruned = 0;
	return prune_journal(v, db_last_id(v->db));
}

/* Where the messages of a contact go; conversation 0 if there is none. */
static enum err find_place(struct save *v, const struct uid *contact_id,
			   struct message_place *out,
			   struct uid *conversation_id)
{
	struct stmt *q = db_stmt(v->db, SQL_CONTACT_FIND);
	bool row = false;
	enum err e;

	rowio_put_uid(q, contact_id);
	if (stmt_step(q, &row) == OK && row) {
		out->contact = stmt_take_u64(q);
		out->conversation = stmt_take_u64(q);
		*conversation_id = rowio_take_uid(q);
	}
	e = stmt_end(q);
	if (e != OK)
		return e;
	return row ? OK : ERR_NOT_FOUND;
}

/* The same, and makes the conversation if there is none. */
static enum err need_place(struct save *v, const struct uid *contact_id,
			   struct message_place *out,
			   struct uid *conversation_id)
{
	enum err e = find_place(v, contact_id, out, conversation_id);
	struct stmt *q;

	if (e != OK || out->conversation != 0)
		return e;
	q = db_stmt(v->db, SQL_CONVERSATION_INSERT);
	rowio_put_uid(q, conversation_id);
	stmt_put_u64(q, out->contact);
	stmt_put_u64(q, v->wall_ms);
	e = stmt_run(q);
	if (e != OK)
		return e;
	out->conversation = db_last_id(v->db);
	return put_journal(
	    v, (struct journal_line){.type = JOURNAL_CONVERSATION_CREATED,
				     .object = contact_id,
				     .conversation = conversation_id});
}

static enum err save_contact(struct save *v)
{
	const struct contact_row *row = &v->fx->contact;
	struct stmt *q = db_stmt(v->db, SQL_CONTACT_UPDATE);
	struct message_place place;
	struct uid conversation_id;
	enum journal_type type = v->fx->journal;
	enum err e;

	rowio_put_contact(q, row);
	e = stmt_run(q);
	if (e == OK && db_changes(v->db) == 0) {
		q = db_stmt(v->db, SQL_CONTACT_INSERT);
		rowio_put_contact(q, row);
		e = stmt_run(q);
	}
	/* Told by need_place(), when it is true. */
	if (type == JOURNAL_CONVERSATION_CREATED)
		type = JOURNAL_NONE;
	if (e == OK)
		e = put_journal(v, (struct journal_line){
				       .type = type,
				       .object = &row->id,
				       .conversation = &row->conversation_id,
				       .state = row->state});
	if (e != OK || row->state != CONTACT_ACTIVE)
		return e;
	return need_place(v, &row->id, &place, &conversation_id);
}

static enum err save_counters(struct save *v)
{
	struct stmt *q = db_stmt(v->db, SQL_COUNTERS_UPDATE);
	enum err e;

	rowio_put_uid(q, &v->fx->counters.contact_id);
	rowio_put_counters(q, &v->fx->counters.n);
	e = stmt_run(q);
	if (e != OK)
		return e;
	return db_changes(v->db) > 0 ? OK : ERR_NOT_FOUND;
}

static enum err save_invite(struct save *v)
{
	const struct invite_row *row = &v->fx->invite;
	struct stmt *q = db_stmt(v->db, SQL_INVITE_UPDATE);
	enum err e;

	rowio_put_invite(q, row);
	e = stmt_run(q);
	if (e == OK && db_changes(v->db) == 0) {
		q = db_stmt(v->db, SQL_INVITE_INSERT);
		rowio_put_invite(q, row);
		e = stmt_run(q);
	}
	if (e != OK)
		return e;
	return put_journal(v, (struct journal_line){.type = v->fx->journal,
						    .object = &row->id,
						    .conversation = &no_uid,
						    .state = row->state});
}

static enum err save_request(struct save *v)
{
	const struct request_row *row = &v->fx->request;
	struct stmt *q = db_stmt(v->db, SQL_REQUEST_UPDATE);
	enum err e;

	rowio_put_request(q, row);
	e = stmt_run(q);
	if (e == OK && db_changes(v->db) == 0) {
		q = db_stmt(v->db, SQL_REQUEST_INSERT);
		rowio_put_request(q, row);
		e = stmt_run(q);
	}
	if (e != OK)
		return e;
	return put_journal(v, (struct journal_line){.type = v->fx->journal,
						    .object = &row->id,
						    .conversation = &no_uid,
						    .state = row->state});
}

/* A contact takes its conversation and all messages along. */
static enum err delete_row(struct save *v, enum sql which)
{
	struct stmt *q = db_stmt(v->db, which);
	enum err e;

	rowio_put_uid(q, &v->fx->target);
	e = stmt_run(q);
	if (e != OK || db_changes(v->db) == 0)
		return e;
	return put_journal(v, (struct journal_line){.type = v->fx->journal,
						    .object = &v->fx->target,
						    .conversation = &no_uid});
}

static enum err is_known(struct save *v, uint64_t contact, bool *known)
{
	const struct mid *mid = &v->fx->message.mid;
	struct stmt *q = db_stmt(v->db, SQL_MESSAGE_KNOWN);

	stmt_put_u64(q, contact);
	stmt_put_blob(q, mid->b, sizeof(mid->b));
	/* An error sticks until the end. */
	(void)!stmt_step(q, known);
	return stmt_end(q);
}

static enum err insert_message(struct save *v,
			       const struct message_place *place)
{
	const struct message_row *row = &v->fx->message;
	bool in = row->dir == MESSAGE_IN;
	struct stmt *q = db_stmt(v->db, SQL_MESSAGE_INSERT);
	enum err e;

	rowio_put_message(q, row, place);
	e = stmt_run(q);
	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_CONVERSATION_NEWS);
	stmt_put_u64(q, place->conversation);
	stmt_put_u64(q, db_last_id(v->db));
	stmt_put_u64(q, in ? row->received_ms : row->sent_ms);
	stmt_put_u64(q, in);
	return stmt_run(q);
}

static enum err save_message(struct save *v)
{
	const struct message_row *row = &v->fx->message;
	struct message_place place;
	struct uid conversation_id;
	bool known = false;
	enum err e = need_place(v, &row->contact_id, &place, &conversation_id);

	if (e == OK && row->dir == MESSAGE_IN)
		e = is_known(v, place.contact, &known);
	if (e != OK || known)
		return e;
	e = insert_message(v, &place);
	if (e != OK)
		return e;
	return put_journal(
	    v, (struct journal_line){.type = v->fx->journal,
				     .object = &row->id,
				     .conversation = &conversation_id,
				     .state = row->state});
}

struct state_change {
	uint64_t id;
	struct uid uid;
};

static bool may_follow(enum message_state from, enum message_state to)
{
	switch (from) {
	case MESSAGE_QUEUED: return to != MESSAGE_QUEUED;
	case MESSAGE_SENDING:
	case MESSAGE_SENT: return to != MESSAGE_SENDING;
	/* Given up, yet it had arrived. */
	case MESSAGE_FAILED: return to == MESSAGE_DELIVERED;
	case MESSAGE_DELIVERED:
	case MESSAGE_READ:
	case MESSAGE_RECEIVED: return false;
	}
	return false;
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
		out[*count].id = stmt_take_u64(q);
		out[*count].uid = rowio_take_uid(q);
		if (may_follow((enum message_state)stmt_take_u64(q),
			       v->fx->state.state))
			++*count;
		last = stmt_take_u64(q);
	}
	*seq = rows == STATE_BATCH ? last + 1 : 0;
	return stmt_end(q);
}

static enum err change_state(struct save *v, const struct state_change *c,
			     const struct uid *conversation_id)
{
	enum message_state state = v->fx->state.state;
	struct stmt *q = db_stmt(v->db, SQL_STATE_UPDATE);
	enum err e;

	stmt_put_u64(q, c->id);
	stmt_put_u64(q, state);
	stmt_put_u64(q, state == MESSAGE_DELIVERED ? v->fx->state.at_ms : 0);
	e = stmt_run(q);
	if (e != OK)
		return e;
	return put_journal(
	    v, (struct journal_line){.type = v->fx->journal,
				     .object = &c->uid,
				     .conversation = conversation_id,
				     .state = state});
}

static enum err save_state(struct save *v)
{
	struct state_change changes[STATE_BATCH];
	uint64_t seq = v->fx->state.from_seq;
	struct message_place place;
	struct uid conversation_id;
	size_t i, count;
	enum err e =
	    find_place(v, &v->fx->state.contact_id, &place, &conversation_id);

	if (seq > INT64_MAX)
		return e;
	do {
		if (e == OK)
			e = find_changes(v, place.contact, &seq, changes,
					 &count);
		for (i = 0; e == OK && i < count; i++)
			e = change_state(v, &changes[i], &conversation_id);
	} while (e == OK && seq != 0);
	return e;
}

static enum err find_message(struct save *v, const struct uid *id,
			     uint64_t conversation, uint64_t *out)
{
	struct stmt *q = db_stmt(v->db, SQL_MESSAGE_PLACE);
	bool row = false;
	enum err e;

	rowio_put_uid(q, id);
	stmt_put_u64(q, conversation);
	if (stmt_step(q, &row) == OK && row)
		*out = stmt_take_u64(q);
	e = stmt_end(q);
	if (e != OK)
		return e;
	return row ? OK : ERR_NOT_FOUND;
}

static enum err save_read(struct save *v)
{
	const struct cmd_read *read = &v->fx->read;
	struct message_place place;
	struct uid conversation_id;
	uint64_t message;
	struct stmt *q;
	enum err e = find_place(v, &read->contact_id, &place, &conversation_id);

	if (e == OK)
		e = find_message(v, &read->message_id, place.conversation,
				 &message);
	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_CONVERSATION_READ);
	stmt_put_u64(q, place.conversation);
	stmt_put_u64(q, message);
	e = stmt_run(q);
	if (e != OK || db_changes(v->db) == 0)
		return e;
	return put_journal(
	    v, (struct journal_line){.type = v->fx->journal,
				     .object = &read->message_id,
				     .conversation = &conversation_id});
}

enum err save_effect(struct store *s, const struct effect *e, uint64_t wall_ms)
{
	struct save v = {.store = s, .db = s->db, .fx = e, .wall_ms = wall_ms};

	switch (e->type) {
	case FX_SAVE_CONTACT: return save_contact(&v);
	case FX_DELETE_CONTACT: return delete_row(&v, SQL_CONTACT_DELETE);
	case FX_SAVE_COUNTERS: return save_counters(&v);
	case FX_SAVE_INVITE: return save_invite(&v);
	case FX_DELETE_INVITE: return delete_row(&v, SQL_INVITE_DELETE);
	case FX_SAVE_REQUEST: return save_request(&v);
	case FX_DELETE_REQUEST: return delete_row(&v, SQL_REQUEST_DELETE);
	case FX_SAVE_MESSAGE: return save_message(&v);
	case FX_SAVE_STATE: return save_state(&v);
	case FX_SAVE_READ: return save_read(&v);
	case FX_SAVE_CHANGE:
	case FX_SAVE_ERASE:
	case FX_SAVE_ERASE_ALL:
	case FX_SAVE_CONVERSATION:
	case FX_SAVE_SELF: return OK;
	case FX_SEND:
	case FX_DIAL:
	case FX_HANGUP:
	case FX_PUBLISH:
	case FX_UNPUBLISH:
	case FX_PAUSE:
	case FX_RESUME:
	case FX_FETCH:
	case FX_DUE:
	case FX_STAMP:
	case FX_REPLY:
	case FX_PRESENCE:
	case FX_TYPING: break;
	}
	return ERR_STATE;
}
