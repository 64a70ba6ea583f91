/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save - SAVE effects as rows: all that is no message.
 */
#include "store/save.h"

enum err save_note_erasure(struct save *v)
{
	struct stmt *q = db_stmt(v->db, SQL_SETTING_KEEP);

	v->store->erased = true;
	stmt_put_text(q, SETTING_ERASED);
	stmt_put_blob(q, NULL, 0);
	return stmt_run(q);
}

enum err save_find_place(struct save *v, const struct uid *contact_id,
			 struct place *out)
{
	struct stmt *q = db_stmt(v->db, SQL_CONTACT_FIND);
	bool row = false;
	enum err e;

	rowio_put_uid(q, contact_id);
	if (stmt_step(q, &row) == OK && row) {
		out->row.contact = stmt_take_u64(q);
		out->row.conversation = stmt_take_u64(q);
		out->conversation_id = rowio_take_uid(q);
	}
	e = stmt_end(q);
	if (e != OK)
		return e;
	return row ? OK : ERR_NOT_FOUND;
}

enum err save_need_place(struct save *v, const struct uid *contact_id,
			 struct place *out)
{
	enum err e = save_find_place(v, contact_id, out);
	struct stmt *q;

	if (e != OK || out->row.conversation != 0)
		return e;
	q = db_stmt(v->db, SQL_CONVERSATION_INSERT);
	rowio_put_uid(q, &out->conversation_id);
	stmt_put_u64(q, out->row.contact);
	stmt_put_u64(q, v->wall_ms);
	e = stmt_run(q);
	if (e != OK)
		return e;
	out->row.conversation = db_last_id(v->db);
	return save_journal(
	    v, (struct journal_line){.type = JOURNAL_CONVERSATION_CREATED,
				     .object = contact_id,
				     .conversation = &out->conversation_id});
}

enum err save_take_found(struct stmt *q, struct found *out, bool *is_there)
{
	*is_there = false;
	if (stmt_step(q, is_there) == OK && *is_there) {
		out->id = stmt_take_u64(q);
		out->uid = rowio_take_uid(q);
		stmt_take_blob(q, out->mid.b, sizeof(out->mid.b));
		out->dir = (enum message_dir)stmt_take_u64(q);
		out->state = (enum message_state)stmt_take_u64(q);
		out->seq = stmt_take_u64(q);
		out->kind = (uint16_t)stmt_take_u64(q);
		out->sent_ms = stmt_take_u64(q);
		out->hidden = stmt_take_u64(q) != 0;
		out->deleted = stmt_take_u64(q) != 0;
		out->withdrawn = stmt_take_u64(q) != 0;
	}
	return stmt_end(q);
}

enum err save_find_mid(struct save *v, uint64_t contact, enum message_dir dir,
		       const struct mid *mid, struct found *out, bool *is_there)
{
	struct stmt *q = db_stmt(v->db, SQL_FIND_BY_MID);
	struct mid mark = save_mark_of(v, mid);

	stmt_put_u64(q, contact);
	stmt_put_u64(q, dir);
	stmt_put_blob(q, mid->b, sizeof(mid->b));
	stmt_put_blob(q, mark.b, sizeof(mark.b));
	return save_take_found(q, out, is_there);
}

/* What an end forgets at the end of an epoch does not stay in the log. */
static enum err note_lost_key(struct save *v)
{
	const struct contact_row *row = &v->fx->contact;
	struct stmt *q = db_stmt(v->db, SQL_CONTACT_LOSES_KEY);
	bool loses;
	enum err e;

	rowio_put_uid(q, &row->id);
	stmt_put_blob(q, row->psk.b, sizeof(row->psk.b));
	stmt_put_id(q, row->rekey.other.b, sizeof(row->rekey.other.b));
	e = stmt_has_row(q, &loses);
	return e == OK && loses ? save_note_erasure(v) : e;
}

static enum err save_contact(struct save *v)
{
	const struct contact_row *row = &v->fx->contact;
	struct place place;
	enum journal_type type = v->fx->journal;
	struct stmt *q;
	enum err e = note_lost_key(v);

	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_CONTACT_UPDATE);
	rowio_put_contact(q, row);
	e = stmt_run(q);
	if (e == OK && db_changes(v->db) == 0) {
		q = db_stmt(v->db, SQL_CONTACT_INSERT);
		rowio_put_contact(q, row);
		e = stmt_run(q);
	}
	/* Told by save_need_place(), when it is true. */
	if (type == JOURNAL_CONVERSATION_CREATED)
		type = JOURNAL_NONE;
	if (e == OK)
		e = save_journal(v, (struct journal_line){
					.type = type,
					.object = &row->id,
					.conversation = &row->conversation_id,
					.state = row->state});
	if (e != OK || row->state == CONTACT_PAIRING)
		return e;
	return save_need_place(v, &row->id, &place);
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
	return save_journal(v, (struct journal_line){.type = v->fx->journal,
						     .object = &row->id,
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
	return save_journal(v, (struct journal_line){.type = v->fx->journal,
						     .object = &row->id,
						     .state = row->state});
}

static enum err save_self(struct save *v)
{
	struct stmt *q = db_stmt(v->db, SQL_SELF_PUT);
	enum err e;

	rowio_put_self(q, &v->fx->self);
	e = stmt_run(q);
	if (e != OK)
		return e;
	return save_journal(v, (struct journal_line){.type = v->fx->journal});
}

static enum err delete_row(struct save *v, enum sql which)
{
	struct stmt *q = db_stmt(v->db, which);
	enum err e;

	rowio_put_uid(q, &v->fx->target);
	e = stmt_run(q);
	if (e != OK || db_changes(v->db) == 0)
		return e;
	e = save_note_erasure(v);
	if (e != OK)
		return e;
	return save_journal(v, (struct journal_line){.type = v->fx->journal,
						     .object = &v->fx->target});
}

static enum err save_conversation(struct save *v)
{
	const struct cmd_conversation_set *set = &v->fx->conversation;
	struct place place;
	struct stmt *q;
	enum err e = save_need_place(v, &set->contact_id, &place);

	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_CONVERSATION_SET);
	stmt_put_u64(q, place.row.conversation);
	stmt_put_u64(q, set->fields);
	stmt_put_u64(q, set->muted_until_ms);
	stmt_put_u64(q, set->archived);
	stmt_put_u64(q, set->pinned);
	stmt_put_blob(q, set->draft.p, set->draft.n);
	e = stmt_run(q);
	if (e != OK || db_changes(v->db) == 0)
		return e;
	return save_journal(
	    v, (struct journal_line){.type = v->fx->journal,
				     .object = &set->contact_id,
				     .conversation = &place.conversation_id});
}

enum err save_effect(struct store *s, const struct effect *e, uint64_t wall_ms)
{
	struct save v = {.store = s, .db = s->db, .fx = e, .wall_ms = wall_ms};

	switch (e->type) {
	case FX_SAVE_CONTACT: return save_contact(&v);
	case FX_DELETE_CONTACT: return save_delete_contact(&v);
	case FX_SAVE_COUNTERS: return save_counters(&v);
	case FX_SAVE_INVITE: return save_invite(&v);
	case FX_DELETE_INVITE: return delete_row(&v, SQL_INVITE_DELETE);
	case FX_SAVE_REQUEST: return save_request(&v);
	case FX_DELETE_REQUEST: return delete_row(&v, SQL_REQUEST_DELETE);
	case FX_SAVE_MESSAGE: return save_message(&v);
	case FX_SAVE_STATE: return save_state(&v);
	case FX_SAVE_READ: return save_read(&v);
	case FX_SAVE_CHANGE: return save_change(&v);
	case FX_SAVE_ERASE: return save_erase(&v);
	case FX_SAVE_ERASE_ALL: return save_erase_all(&v);
	case FX_SAVE_SWEEP: return save_sweep(&v);
	case FX_SAVE_CONVERSATION: return save_conversation(&v);
	case FX_SAVE_SELF: return save_self(&v);
	case FX_SAVE_FILE: return save_file(&v);
	case FX_DELETE_FILE: return save_file_delete(&v);
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
	case FX_TYPING:
	case FX_BLOB:
	case FX_PROGRESS:
	case FX_NEW_CIRCUITS:
	case FX_SELF_TEST:
	case FX_REACH: break;
	}
	return ERR_STATE;
}
