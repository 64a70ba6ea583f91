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

/* What of the journal may go. */
struct bounds {
	uint64_t newest;
	uint64_t crowd;	    /* rows up to there are too many */
	uint64_t oldest_ms; /* those from before are too old */
	uint64_t acked;	    /* every consumer is done with all up to there */
};

/* What some consumer has not come to stays until it is both. */
static bool is_over(const struct bounds *b, uint64_t seq, uint64_t at_ms)
{
	bool is_crowded = seq <= b->crowd, is_old = at_ms < b->oldest_ms;

	return seq <= b->acked ? is_crowded || is_old : is_crowded && is_old;
}

static enum err find_acked(struct save *v, uint64_t *acked)
{
	struct stmt *q = db_stmt(v->db, SQL_CONSUMER_LOWEST);
	bool row = false;

	*acked = UINT64_MAX; /* nobody to wait for */
	if (stmt_step(q, &row) == OK && row)
		*acked = stmt_take_u64(q);
	return stmt_end(q);
}

static enum err find_bounds(struct save *v, uint64_t newest, struct bounds *out)
{
	*out = (struct bounds){.newest = newest};
	if (newest > JOURNAL_ROWS_MAX)
		out->crowd = newest - JOURNAL_ROWS_MAX;
	if (v->wall_ms > JOURNAL_AGE_MAX_MS)
		out->oldest_ms = v->wall_ms - JOURNAL_AGE_MAX_MS;
	return find_acked(v, &out->acked);
}

/* The last of the oldest rows that may go, without a gap; 0: none. */
static enum err find_cut(struct save *v, const struct bounds *b, uint64_t *cut)
{
	struct stmt *q = db_stmt(v->db, SQL_JOURNAL_OLDEST);
	uint64_t seq, last = 0;
	bool row;

	stmt_put_u64(q, PRUNE_BATCH);
	while (stmt_step(q, &row) == OK && row) {
		seq = stmt_take_u64(q);
		if (!is_over(b, seq, stmt_take_u64(q)))
			break;
		last = seq;
	}
	/* The newest stays, whatever the clock says. */
	*cut = last < b->newest ? last : b->newest - 1;
	return stmt_end(q);
}

/* A few rows each time, in order, so that no commit waits for it. */
static enum err prune(struct save *v, uint64_t newest)
{
	struct bounds b;
	struct stmt *q;
	uint64_t cut = 0;
	enum err e = find_bounds(v, newest, &b);

	if (e == OK)
		e = find_cut(v, &b, &cut);
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
