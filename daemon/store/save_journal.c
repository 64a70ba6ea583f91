/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save_journal - lines of the journal, and the end of old ones.
 */
#include "store/save.h"

enum {
	JOURNAL_ROWS_MAX = 100000,
	PRUNE_EVERY = 256, /* rows written */
	PRUNE_BATCH = 512, /* rows looked at: more than are written */
};
#define JOURNAL_AGE_MAX_MS (30ULL * 24 * 3600 * 1000)

static const struct uid no_uid;

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
static enum err prune(struct save *v, uint64_t newest)
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

enum err save_journal(struct save *v, struct journal_line line)
{
	const struct uid *conversation =
	    line.conversation ? line.conversation : &no_uid;
	struct stmt *q;
	uint64_t newest;
	enum err e;

	if (line.type == JOURNAL_NONE)
		return OK;
	q = db_stmt(v->db, SQL_JOURNAL_INSERT);
	stmt_put_u64(q, v->wall_ms);
	stmt_put_u64(q, line.type);
	rowio_put_uid(q, line.object ? line.object : &no_uid);
	stmt_put_id(q, conversation->b, sizeof(conversation->b));
	stmt_put_u64(q, line.state);
	e = stmt_run(q);
	if (e != OK || ++v->store->unpruned < PRUNE_EVERY)
		return e;
	v->store->unpruned = 0;
	newest = db_last_id(v->db);
	e = save_forget_parked(v);
	return e == OK ? prune(v, newest) : e;
}

enum err save_journal_message(struct save *v, enum journal_type type,
			      const struct place *p, const struct found *m)
{
	return save_journal(
	    v, (struct journal_line){.type = type,
				     .object = &m->uid,
				     .conversation = &p->conversation_id,
				     .state = m->state});
}
