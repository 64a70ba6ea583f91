/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save_change - what somebody did to a message that is there, or will come.
 */
#include <string.h>

#include <sodium.h>

#include "store/save.h"

enum {
	/* Messages that one receipt marks as read: the newest ones.  The next
	 * receipt takes the next. */
	READ_MAX = 1000,
	READ_BATCH = 64,
};

static enum journal_type journal_of(enum change_kind kind)
{
	switch (kind) {
	case CHANGE_EDIT: return JOURNAL_MESSAGE_EDITED;
	case CHANGE_DELETE: return JOURNAL_MESSAGE_DELETED;
	case CHANGE_REACTION: return JOURNAL_MESSAGE_REACTION;
	case CHANGE_READ: return JOURNAL_MESSAGE_STATE;
	}
	return JOURNAL_NONE;
}

/* PROTOCOL 6.5: An edit or a deletion MUST have an effect only on a message of
 * the same sender in the same conversation, and only on one that is not older
 * than 7 days. */
static bool may_change(const struct change_row *c, const struct found *m)
{
	return m->dir == c->by && c->at_ms < m->sent_ms + CHANGE_AGE_MAX_MS;
}

/* PROTOCOL 6.5: An edit MUST NOT have an effect on a message that was deleted,
 * and the last edit counts. */
static enum err edit(struct save *v, const struct change_row *c,
		     const struct found *m, bool *changed)
{
	bool in = m->dir == MESSAGE_IN;
	struct stmt *q;
	enum err e;

	if (!may_change(c, m) || m->withdrawn || m->kind != MESSAGE_TEXT)
		return OK;
	e = save_note_erasure(v);
	if (e == OK)
		e = indexing_forget(v->store, m->id);
	if (e != OK)
		return e;
	*changed = true;
	q = db_stmt(v->db, in ? SQL_EDIT_THEIRS : SQL_EDIT_OURS);
	stmt_put_u64(q, m->id);
	stmt_put_blob(q, c->body.p, c->body.n);
	stmt_put_u64(q, c->at_ms);
	e = stmt_run(q);
	return e == OK ? indexing_renew(v->store, m->id) : e;
}

static enum err mark(struct save *v, const struct place *p,
		     const struct change_row *c, const struct found *m,
		     bool *changed)
{
	if (!may_change(c, m))
		return OK;
	*changed = true;
	return save_erase_mark(v, p, m);
}

static enum err has_reaction(struct save *v, const struct change_row *c,
			     const struct found *m, bool *has)
{
	struct stmt *q = db_stmt(v->db, SQL_REACTION_KNOWN);

	stmt_put_u64(q, m->id);
	stmt_put_u64(q, c->by);
	stmt_put_text(q, c->emoji.s);
	return stmt_has_row(q, has);
}

static enum err take_back(struct save *v, const struct change_row *c,
			  const struct found *m, bool *changed)
{
	struct stmt *q = db_stmt(v->db, SQL_REACTION_DELETE);
	enum err e;

	stmt_put_u64(q, m->id);
	stmt_put_u64(q, c->by);
	e = stmt_run(q);
	*changed = e == OK && db_changes(v->db) > 0;
	return e;
}

/* PROTOCOL 6.5: A reaction replaces the one that its sender gave to the same
 * message before. */
static enum err react(struct save *v, const struct change_row *c,
		      const struct found *m, bool *changed)
{
	struct stmt *q;
	bool same = false;
	enum err e;

	/* The contact will not have it. */
	if (m->withdrawn)
		return OK;
	if (c->emoji.s[0] == '\0')
		return take_back(v, c, m, changed);
	e = has_reaction(v, c, m, &same);
	if (e != OK || same)
		return e;
	*changed = true;
	q = db_stmt(v->db, SQL_REACTION_PUT);
	stmt_put_u64(q, m->id);
	stmt_put_u64(q, c->by);
	stmt_put_text(q, c->emoji.s);
	stmt_put_u64(q, c->at_ms);
	return stmt_run(q);
}

/* To a message that is there and shown. */
static enum err apply(struct save *v, const struct place *p,
		      const struct change_row *c, const struct found *m,
		      enum journal_type journal)
{
	bool changed = false;
	enum err e = OK;

	if (m->hidden || m->deleted)
		return OK;
	switch (c->kind) {
	case CHANGE_EDIT: e = edit(v, c, m, &changed); break;
	case CHANGE_DELETE: e = mark(v, p, c, m, &changed); break;
	case CHANGE_REACTION: e = react(v, c, m, &changed); break;
	case CHANGE_READ: break;
	}
	if (e != OK || !changed)
		return e;
	return save_journal_message(v, journal, p, m);
}

static enum err mark_read(struct save *v, const struct place *p,
			  struct found *m)
{
	struct stmt *q = db_stmt(v->db, SQL_STATE_READ);
	enum err e;

	m->state = MESSAGE_READ;
	stmt_put_u64(q, m->id);
	stmt_put_u64(q, m->state);
	stmt_put_u64(q, v->fx->change.at_ms);
	e = stmt_run(q);
	if (e != OK)
		return e;
	return save_journal_message(v, v->fx->journal, p, m);
}

/* The seq of the READ_MAX-th message that is delivered and not read, back
 * from `to`; 0: there is none. */
static enum err find_first(struct save *v, uint64_t contact, uint64_t to,
			   uint64_t *first)
{
	struct stmt *q = db_stmt(v->db, SQL_UNCONFIRMED_START);
	bool row = false;

	*first = 0;
	stmt_put_u64(q, contact);
	stmt_put_u64(q, to);
	stmt_put_u64(q, READ_MAX);
	if (stmt_step(q, &row) == OK && row)
		*first = stmt_take_u64(q);
	return stmt_end(q);
}

static enum err find_unread(struct save *v, uint64_t contact, uint64_t first,
			    uint64_t to, struct found out[static READ_BATCH],
			    size_t *count)
{
	struct stmt *q = db_stmt(v->db, SQL_UNCONFIRMED);
	bool row;

	*count = 0;
	stmt_put_u64(q, contact);
	stmt_put_u64(q, first);
	stmt_put_u64(q, to);
	stmt_put_u64(q, READ_BATCH);
	while (stmt_step(q, &row) == OK && row) {
		out[*count].id = stmt_take_u64(q);
		out[*count].uid = rowio_take_uid(q);
		++*count;
	}
	return stmt_end(q);
}

/* PROTOCOL 6.5: A "read" MUST NOT have an effect on messages that its sender
 * has not acknowledged. */
static enum err read_up_to(struct save *v, const struct place *p, uint64_t to)
{
	struct found batch[READ_BATCH];
	uint64_t first;
	size_t i, count;
	enum err e = find_first(v, p->row.contact, to, &first);

	if (e != OK || first == 0)
		return e;
	do {
		e = find_unread(v, p->row.contact, first, to, batch, &count);
		for (i = 0; e == OK && i < count; i++)
			e = mark_read(v, p, &batch[i]);
	} while (e == OK && count == READ_BATCH);
	return e;
}

static uint64_t oldest_parked_ms(const struct save *v)
{
	return v->wall_ms > PARKED_AGE_MAX_MS ? v->wall_ms - PARKED_AGE_MAX_MS
					      : 0;
}

enum err save_forget_parked(struct save *v)
{
	struct stmt *q = db_stmt(v->db, SQL_PARKED_OLD);

	stmt_put_u64(q, oldest_parked_ms(v));
	return stmt_run(q);
}

/* PROTOCOL 6.5: An edit, deletion or reaction whose message is not known MUST
 * be kept for 30 days, 1000 at most for one contact, and applied when the
 * message comes. */
static enum err park(struct save *v, const struct place *p,
		     const struct change_row *c)
{
	struct stmt *q = db_stmt(v->db, SQL_PARKED_PUT);
	enum err e;

	stmt_put_u64(q, p->row.contact);
	stmt_put_blob(q, c->ref.b, sizeof(c->ref.b));
	stmt_put_u64(q, c->kind);
	stmt_put_blob(q, c->body.p, c->body.n);
	stmt_put_text(q, c->emoji.s);
	stmt_put_u64(q, c->at_ms);
	stmt_put_u64(q, v->wall_ms);
	e = stmt_run(q);
	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_PARKED_LIMIT);
	stmt_put_u64(q, p->row.contact);
	stmt_put_u64(q, PARKED_MAX);
	e = stmt_run(q);
	return e == OK ? save_forget_parked(v) : e;
}

/* *is_gone: one of the contact's of a history that was cleared, which leaves
 * no row when it is erased. */
static enum err find_one(struct save *v, const struct place *p,
			 enum message_dir dir, struct found *out,
			 bool *is_there, bool *is_gone)
{
	enum err e = save_find_mid(v, p->row.contact, dir, &v->fx->change.ref,
				   out, is_there);

	if (e == OK && *is_there && dir == MESSAGE_IN && out->hidden) {
		*is_there = false;
		*is_gone = true;
	}
	return e;
}

/* Of the two directions that the change may mean, the first in which there
 * is such a message. */
static enum err find_target(struct save *v, const struct place *p,
			    struct found *out, bool *is_there, bool *is_gone)
{
	const struct change_row *c = &v->fx->change;
	enum message_dir other = c->by == MESSAGE_IN ? MESSAGE_OUT : MESSAGE_IN;
	enum err e = OK;

	*is_there = false;
	if (c->kind != CHANGE_READ)
		e = find_one(v, p, c->by, out, is_there, is_gone);
	if (e == OK && !*is_there &&
	    (c->kind == CHANGE_READ || c->kind == CHANGE_REACTION))
		e = find_one(v, p, other, out, is_there, is_gone);
	return e;
}

enum err save_change(struct save *v)
{
	const struct change_row *c = &v->fx->change;
	struct place place;
	struct found m;
	bool is_there = false, is_gone = false;
	enum err e = save_find_place(v, &c->contact_id, &place);

	if (e == OK)
		e = find_target(v, &place, &m, &is_there, &is_gone);
	if (e != OK)
		return e;
	if (c->kind == CHANGE_READ)
		return is_there && m.dir == MESSAGE_OUT
			   ? read_up_to(v, &place, m.seq)
			   : OK;
	if (is_there)
		return apply(v, &place, c, &m, v->fx->journal);
	/* What our user does he does to something that he sees. */
	if (c->by == MESSAGE_OUT || is_gone)
		return OK;
	e = save_is_gone(v, place.row.contact, &c->ref, &is_gone);
	return e == OK && !is_gone ? park(v, &place, c) : e;
}

/* A change, and the text of it. */
struct parked {
	uint64_t id;
	struct change_row change;
	uint8_t text[TEXT_MAX];
};

/* The next one after p->id; *is_there tells whether there is one. */
static enum err next_parked(struct save *v, uint64_t contact,
			    const struct mid *mid, struct parked *p,
			    bool *is_there)
{
	struct stmt *q = db_stmt(v->db, SQL_PARKED_NEXT);
	struct change_row *c = &p->change;

	*is_there = false;
	stmt_put_u64(q, contact);
	stmt_put_blob(q, mid->b, sizeof(mid->b));
	stmt_put_u64(q, p->id);
	stmt_put_u64(q, oldest_parked_ms(v));
	if (stmt_step(q, is_there) == OK && *is_there) {
		p->id = stmt_take_u64(q);
		c->kind = (enum change_kind)stmt_take_u64(q);
		c->by = MESSAGE_IN;
		c->body = stmt_take_bytes(q, sizeof(p->text));
		if (c->body.n > 0)
			memcpy(p->text, c->body.p, c->body.n);
		c->body.p = p->text;
		stmt_take_text(q, c->emoji.s, sizeof(c->emoji.s));
		c->at_ms = stmt_take_u64(q);
	}
	return stmt_end(q);
}

static enum err delete_parked(struct save *v, const struct place *p,
			      const struct mid *mid)
{
	struct stmt *q = db_stmt(v->db, SQL_PARKED_DELETE);

	stmt_put_u64(q, p->row.contact);
	stmt_put_blob(q, mid->b, sizeof(mid->b));
	return stmt_run(q);
}

enum err save_unpark(struct save *v, const struct place *p,
		     const struct found *m)
{
	struct parked parked = {.id = 0};
	bool more = true;
	enum err e = OK;

	while (e == OK && more) {
		e = next_parked(v, p->row.contact, &m->mid, &parked, &more);
		if (e == OK && more)
			e = apply(v, p, &parked.change, m,
				  journal_of(parked.change.kind));
	}
	sodium_memzero(parked.text, sizeof(parked.text));
	return e == OK && parked.id != 0 ? delete_parked(v, p, &m->mid) : e;
}
