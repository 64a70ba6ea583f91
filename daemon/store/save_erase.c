/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save_erase - messages that go, and what must stay of them.
 *
 * Of one of ours its number, chain value and content hash, since the peer may
 * still have to be told that it is withdrawn; of one of the contact's a mark
 * of its mid, so that it does not come again.
 */
#include <string.h>

#include <sodium.h>

#include "core/message.h"
#include "store/save.h"

/* Under a key of ours: a contact who could compute the mark of a mid that he
 * chose could send a message with the mark for its mid. */
struct mid save_mark_of(const struct save *v, const struct mid *mid)
{
	static const uint8_t
	    personal[crypto_generichash_blake2b_PERSONALBYTES] = "umbl.gone";
	struct mid mark;

	crypto_generichash_blake2b_salt_personal(mark.b, sizeof(mark.b), mid->b,
						 sizeof(mid->b), v->store->key,
						 DB_KEY_BYTES, NULL, personal);
	return mark;
}

enum err save_is_gone(struct save *v, uint64_t contact, const struct mid *mid,
		      bool *is_gone)
{
	struct stmt *q = db_stmt(v->db, SQL_GONE_KNOWN);
	struct mid mark = save_mark_of(v, mid);

	stmt_put_u64(q, contact);
	stmt_put_blob(q, mark.b, sizeof(mark.b));
	return stmt_has_row(q, is_gone);
}

static void hash_row(struct stmt *q, struct hash32 *out)
{
	struct message m = {.kind = (uint16_t)stmt_take_u64(q)};

	stmt_take_blob(q, m.mid.b, sizeof(m.mid.b));
	m.body = stmt_take_bytes(q, TEXT_MAX);
	m.extra = stmt_take_bytes(q, MESSAGE_EXTRA_MAX);
	if (stmt_check(q) == OK)
		message_content_hash(&m, out);
}

/* Of one of ours that is still whole. */
static enum err hash_content(struct save *v, uint64_t id, struct hash32 *out)
{
	struct stmt *q = db_stmt(v->db, SQL_MESSAGE_CONTENT);
	bool row = false;
	enum err e;

	stmt_put_u64(q, id);
	if (stmt_step(q, &row) == OK && row)
		hash_row(q, out);
	e = stmt_end(q);
	if (e != OK)
		return e;
	return row ? OK : ERR_NOT_FOUND;
}

/* PROTOCOL 6.5: Who wipes or deletes a message of his own that is not
 * acknowledged MUST send it withdrawn from then on. */
static enum err wipe_row(struct save *v, const struct found *m, bool hide)
{
	bool withdraw = m->dir == MESSAGE_OUT && !m->withdrawn;
	struct mid mark = save_mark_of(v, &m->mid);
	struct hash32 content;
	struct stmt *q;
	enum err e = OK;

	if (withdraw)
		e = hash_content(v, m->id, &content);
	if (e == OK)
		e = indexing_forget(v->store, m->id);
	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_MESSAGE_WIPE);
	stmt_put_u64(q, m->id);
	stmt_put_u64(q, hide);
	stmt_put_u64(q, !hide);
	/* A mark has no other mark. */
	stmt_put_blob(q, m->deleted ? m->mid.b : mark.b, sizeof(mark.b));
	e = stmt_run(q);
	if (e != OK || !withdraw)
		return e;
	q = db_stmt(v->db, SQL_MESSAGE_WITHDRAW);
	stmt_put_u64(q, m->id);
	stmt_put_blob(q, content.b, sizeof(content.b));
	return stmt_run(q);
}

/* Edits hold its text, and a reaction that comes later would be kept by the
 * peer for a message that will not come. */
static enum err withdraw_about(struct save *v, uint64_t contact,
			       const struct mid *mid, uint64_t up_to)
{
	struct found m;
	bool more = true;
	enum err e = OK;

	while (e == OK && more) {
		struct stmt *q = db_stmt(v->db, SQL_FIND_ABOUT);

		stmt_put_u64(q, contact);
		stmt_put_blob(q, mid->b, sizeof(mid->b));
		stmt_put_u64(q, up_to);
		e = save_take_found(q, &m, &more);
		if (e == OK && more)
			e = wipe_row(v, &m, true);
	}
	return e;
}

/* What is not in the row itself. */
static enum err erase_around(struct save *v, uint64_t contact,
			     const struct found *m)
{
	enum err e = save_note_erasure(v);
	struct stmt *q;

	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_REACTIONS_DELETE);
	stmt_put_u64(q, m->id);
	e = stmt_run(q);
	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_PARKED_DELETE);
	stmt_put_u64(q, contact);
	stmt_put_blob(q, m->mid.b, sizeof(m->mid.b));
	e = stmt_run(q);
	return e == OK ? withdraw_about(v, contact, &m->mid, INT64_MAX) : e;
}

static enum err count_less(struct save *v, uint64_t conversation,
			   const struct found *m)
{
	struct stmt *q;

	if (m->dir != MESSAGE_IN || m->deleted)
		return OK;
	q = db_stmt(v->db, SQL_CONVERSATION_LESS);
	stmt_put_u64(q, conversation);
	stmt_put_u64(q, m->id);
	return stmt_run(q);
}

enum err save_erase_mark(struct save *v, const struct place *p,
			 const struct found *m)
{
	enum err e = erase_around(v, p->row.contact, m);

	if (e == OK)
		e = save_delete_files(v, SQL_FILE_OF_MESSAGE, m->id);
	if (e == OK)
		e = count_less(v, p->row.conversation, m);
	return e == OK ? wipe_row(v, m, false) : e;
}

enum err save_erase_sent(struct save *v, const struct found *m)
{
	enum err e = save_note_erasure(v);

	return e == OK ? wipe_row(v, m, true) : e;
}

static enum err put_gone(struct save *v, uint64_t contact,
			 const struct found *m)
{
	struct stmt *q = db_stmt(v->db, SQL_GONE_PUT);
	/* In a row that was deleted the mark is there already. */
	struct mid mark = m->deleted ? m->mid : save_mark_of(v, &m->mid);
	enum err e;

	stmt_put_u64(q, contact);
	stmt_put_blob(q, mark.b, sizeof(mark.b));
	e = stmt_run(q);
	if (e == OK)
		e = indexing_forget(v->store, m->id);
	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_MESSAGE_DELETE);
	stmt_put_u64(q, m->id);
	return stmt_run(q);
}

/* The message that was the last one that is shown may not be it any more. */
static enum err find_last(struct save *v, uint64_t conversation, uint64_t id)
{
	struct stmt *q = db_stmt(v->db, SQL_CONVERSATION_LAST);
	enum err e;

	stmt_put_u64(q, conversation);
	stmt_put_u64(q, id);
	e = stmt_run(q);
	if (e != OK || db_changes(v->db) == 0)
		return e;
	q = db_stmt(v->db, SQL_CONVERSATION_LAST_TIME);
	stmt_put_u64(q, conversation);
	return stmt_run(q);
}

static enum err hide(struct save *v, const struct place *p,
		     const struct found *m)
{
	enum err e = erase_around(v, p->row.contact, m);

	if (e == OK)
		e = save_delete_files(v, SQL_FILE_OF_MESSAGE, m->id);
	if (e == OK)
		e = count_less(v, p->row.conversation, m);
	if (e == OK)
		e = m->dir == MESSAGE_OUT ? wipe_row(v, m, true)
					  : put_gone(v, p->row.contact, m);
	return e == OK ? find_last(v, p->row.conversation, m->id) : e;
}

static bool may_fail(const struct found *m)
{
	return m->dir == MESSAGE_OUT && !m->deleted && !m->withdrawn &&
	       m->state < MESSAGE_DELIVERED;
}

static enum err fail(struct save *v, const struct place *p, struct found *m)
{
	struct hash32 content;
	struct stmt *q;
	enum err e = hash_content(v, m->id, &content);

	if (e == OK)
		e = erase_around(v, p->row.contact, m);
	if (e != OK)
		return e;
	m->state = MESSAGE_FAILED;
	q = db_stmt(v->db, SQL_MESSAGE_FAIL);
	stmt_put_u64(q, m->id);
	stmt_put_u64(q, m->state);
	stmt_put_u64(q, v->fx->erase.problem);
	stmt_put_blob(q, content.b, sizeof(content.b));
	return stmt_run(q);
}

/* A message that is shown. */
static enum err erase(struct save *v, const struct place *p, struct found *m)
{
	bool changed = true;
	enum err e = OK;

	switch (v->fx->erase.how) {
	case ERASE_HIDE: e = hide(v, p, m); break;
	case ERASE_MARK:
		changed = !m->deleted;
		e = changed ? save_erase_mark(v, p, m) : OK;
		break;
	case ERASE_FAIL:
		changed = may_fail(m);
		e = changed ? fail(v, p, m) : OK;
		break;
	}
	if (e != OK || !changed)
		return e;
	return save_journal_message(v, v->fx->journal, p, m);
}

enum err save_erase(struct save *v)
{
	struct place place;
	struct found m;
	struct stmt *q;
	bool is_there;
	enum err e = save_find_place(v, &v->fx->erase.contact_id, &place);

	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_FIND_BY_UID);
	rowio_put_uid(q, &v->fx->erase.message_id);
	stmt_put_u64(q, place.row.conversation);
	e = save_take_found(q, &m, &is_there);
	/* Two reasons to erase it may have been on their way. */
	if (e != OK || !is_there || m.hidden)
		return e;
	return erase(v, &place, &m);
}

enum err save_erase_cleared(struct save *v, uint64_t contact,
			    const struct found *m, uint64_t cleared_to)
{
	struct stmt *q = db_stmt(v->db, SQL_REACTIONS_DELETE);
	enum err e;

	stmt_put_u64(q, m->id);
	e = stmt_run(q);
	/* What came since then is about a message that was not here. */
	if (e == OK)
		e = withdraw_about(v, contact, &m->mid, cleared_to);
	if (e != OK)
		return e;
	return m->dir == MESSAGE_OUT ? wipe_row(v, m, true)
				     : put_gone(v, contact, m);
}
