/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save_clear - whole histories that go.
 *
 * However long one is, what clears it is a mark: nothing up to there is shown
 * again, and what is to be sent of it is sent as withdrawn.  The rows are
 * erased in lots, the first one at once, so that nobody waits for them.
 */
#include "store/save.h"

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

	for (i = 0; e == OK && i < SWEEP_MAX; i++) {
		e = find_cleared(v, c, &m, &more);
		if (e == OK && !more)
			return end_cleared(v, c);
		if (e == OK)
			e = save_erase_cleared(v, c->contact, &m, c->up_to);
	}
	return e;
}

enum err save_sweep(struct save *v)
{
	struct stmt *q = db_stmt(v->db, SQL_CLEARED_NEXT);
	struct cleared c;
	bool row = false;
	enum err e;

	if (stmt_step(q, &row) == OK && row) {
		c.conversation = stmt_take_u64(q);
		c.contact = stmt_take_u64(q);
		c.up_to = stmt_take_u64(q);
	}
	e = stmt_end(q);
	return e == OK && row ? sweep_history(v, &c) : e;
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
