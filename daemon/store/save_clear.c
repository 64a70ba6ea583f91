/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save_clear - whole histories that go, and contacts with all they had.
 *
 * However long one is, what clears it is a mark: nothing up to there is shown
 * again, and what is to be sent of it is sent as withdrawn.  The rows are
 * erased in lots, the first one at once, so that nobody waits for them.  Of a
 * contact a row without any value stays until then, under another id.
 */
#include "store/save.h"

/* They lie side by side, and are short. */
enum { SWEEP_MARKS_MAX = 16 * SWEEP_MAX };

/* A conversation that was cleared. */
struct cleared {
	uint64_t conversation, contact;
	uint64_t up_to; /* messages.id */
};

static enum err find_cleared(struct save *v, const struct cleared *c,
			     struct found *out, bool *is_there)
{
	struct stmt *q = db_stmt(v->db, SQL_FIND_CLEARED);

	stmt_put_u64(q, c->conversation);
	stmt_put_u64(q, c->up_to);
	return save_take_found(q, out, is_there);
}

static enum err end_cleared(struct save *v, const struct cleared *c)
{
	struct stmt *q = db_stmt(v->db, SQL_CLEARED_END);

	stmt_put_u64(q, c->conversation);
	return stmt_run(q);
}

static enum err sweep_history(struct save *v, const struct cleared *c)
{
	struct found m;
	bool more = true;
	size_t i;
	enum err e = save_note_erasure(v);

	for (i = 0; e == OK && i < SWEEP_MAX && !indexing_is_long(v->store);
	     i++) {
		e = find_cleared(v, c, &m, &more);
		if (e == OK && !more)
			return end_cleared(v, c);
		if (e == OK)
			e = save_erase_cleared(v, c->contact, &m, c->up_to);
	}
	return e;
}

/* *full: there may be more. */
static enum err delete_some(struct save *v, enum sql which, uint64_t of,
			    size_t max, bool *full)
{
	struct stmt *q = db_stmt(v->db, which);
	enum err e;

	stmt_put_u64(q, of);
	stmt_put_u64(q, max);
	e = stmt_run(q);
	*full = e == OK && db_changes(v->db) == max;
	return e;
}

static enum err delete_contact(struct save *v, uint64_t contact)
{
	struct stmt *q = db_stmt(v->db, SQL_CONTACT_DELETE);

	stmt_put_u64(q, contact);
	return stmt_run(q);
}

/* Of the first messages, as many as one lot takes. */
static enum err forget_words(struct save *v, uint64_t conversation,
			     size_t *count)
{
	struct stmt *q = db_stmt(v->db, SQL_INDEX_REMOVED);
	enum err e = OK, ended;
	bool row;

	*count = 0;
	stmt_put_u64(q, conversation);
	stmt_put_u64(q, SWEEP_MAX);
	while (e == OK && !indexing_is_long(v->store) &&
	       stmt_step(q, &row) == OK && row) {
		e = indexing_forget(v->store, stmt_take_u64(q));
		++*count;
	}
	ended = stmt_end(q);
	return e == OK ? ended : e;
}

/* What refers to a contact goes before it, as the library would otherwise
 * delete all of it in one statement. */
static enum err sweep_contact(struct save *v, uint64_t contact,
			      uint64_t conversation)
{
	bool full = false;
	size_t count = 0;
	enum err e = save_note_erasure(v);

	if (e == OK)
		e = forget_words(v, conversation, &count);
	if (e == OK && count > 0)
		e = delete_some(v, SQL_REMOVED_MESSAGES, conversation, count,
				&full);
	full = count == SWEEP_MAX || indexing_is_long(v->store);
	if (e == OK && !full)
		e = delete_some(v, SQL_REMOVED_PARKED, contact, SWEEP_MAX,
				&full);
	if (e == OK && !full)
		e = delete_some(v, SQL_REMOVED_GONE, contact, SWEEP_MARKS_MAX,
				&full);
	return e == OK && !full ? delete_contact(v, contact) : e;
}

enum err save_sweep(struct save *v)
{
	struct stmt *q = db_stmt(v->db, SQL_CLEARED_NEXT);
	struct cleared c;
	bool row = false, is_removed = false;
	enum err e;

	if (stmt_step(q, &row) == OK && row) {
		c.conversation = stmt_take_u64(q);
		c.contact = stmt_take_u64(q);
		c.up_to = stmt_take_u64(q);
		is_removed = stmt_take_u64(q) != 0;
	}
	e = stmt_end(q);
	if (e != OK || !row)
		return e;
	return is_removed ? sweep_contact(v, c.contact, c.conversation)
			  : sweep_history(v, &c);
}

static enum err forget_parked(struct save *v, uint64_t contact)
{
	struct stmt *q = db_stmt(v->db, SQL_CLEAR_PARKED);

	stmt_put_u64(q, contact);
	return stmt_run(q);
}

static enum err read_cleared(struct save *v, const struct place *p,
			     struct cleared *out)
{
	struct stmt *q = db_stmt(v->db, SQL_CLEARED_TO);
	bool row = false;

	*out = (struct cleared){p->row.conversation, p->row.contact, 0};
	stmt_put_u64(q, p->row.conversation);
	if (stmt_step(q, &row) == OK && row)
		out->up_to = stmt_take_u64(q);
	return stmt_end(q);
}

/* What little it has is erased at once. */
static enum err begin_sweep(struct save *v, const struct place *p)
{
	struct cleared c;
	enum err e = forget_parked(v, p->row.contact);

	if (e == OK)
		e = save_delete_files(v, SQL_FILE_OF_CONTACT, p->row.contact);
	if (e == OK)
		e = read_cleared(v, p, &c);
	return e == OK ? sweep_history(v, &c) : e;
}

enum err save_erase_all(struct save *v)
{
	struct place place;
	struct stmt *q;
	enum err e = save_find_place(v, &v->fx->erase_all, &place);

	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_CLEAR);
	stmt_put_u64(q, place.row.conversation);
	e = stmt_run(q);
	if (e != OK || db_changes(v->db) == 0)
		return e;
	e = begin_sweep(v, &place);
	if (e != OK)
		return e;
	return save_journal(
	    v, (struct journal_line){.type = v->fx->journal,
				     .object = &v->fx->erase_all,
				     .conversation = &place.conversation_id});
}

/* From here on nothing that has an id finds it, and no list shows it. */
static enum err remove_contact(struct save *v, const struct place *p)
{
	struct stmt *q = db_stmt(v->db, SQL_CONTACT_REMOVE);
	enum err e;

	stmt_put_u64(q, p->row.contact);
	e = stmt_run(q);
	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_CONVERSATION_REMOVE);
	stmt_put_u64(q, p->row.conversation);
	stmt_put_u64(q, INT64_MAX);
	e = stmt_run(q);
	if (e != OK)
		return e;
	return sweep_contact(v, p->row.contact, p->row.conversation);
}

enum err save_delete_contact(struct save *v)
{
	struct place place;
	enum err e = save_find_place(v, &v->fx->target, &place);

	if (e != OK)
		return e == ERR_NOT_FOUND ? OK : e;
	e = save_note_erasure(v);
	if (e == OK)
		e = save_delete_files(v, SQL_FILE_OF_CONTACT,
				      place.row.contact);
	if (e == OK)
		e = place.row.conversation == 0
			? delete_contact(v, place.row.contact)
			: remove_contact(v, &place);
	if (e != OK)
		return e;
	return save_journal(
	    v, (struct journal_line){.type = v->fx->journal,
				     .object = &v->fx->target,
				     .conversation = &place.conversation_id});
}
