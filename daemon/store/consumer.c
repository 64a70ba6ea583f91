/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/consumer.h"

#include <string.h>

#include "store/inside.h"

static void take(struct stmt *q, struct consumer_info *out)
{
	out->id = stmt_take_u64(q);
	stmt_take_text(q, out->name.s, sizeof(out->name.s));
	out->acked = stmt_take_u64(q);
	out->created_ms = stmt_take_u64(q);
	out->updated_ms = stmt_take_u64(q);
}

static struct stmt *start_named(struct store *s, enum sql which,
				const struct consumer_name *name)
{
	struct stmt *q = db_stmt(s->db, which);

	stmt_put_text(q, name->s);
	return q;
}

enum err consumer_find(struct store *s, const struct consumer_name *name,
		       struct consumer_info *out)
{
	struct stmt *q = start_named(s, SQL_CONSUMER, name);
	bool row = false;

	if (stmt_step(q, &row) == OK && row)
		take(q, out);
	return query_end(q, row);
}

static bool is_own(const struct consumer_name *name)
{
	return strchr(name->s, ':') != NULL;
}

/* Is there room for one more? */
static enum err check_count(struct store *s, const struct consumer_name *name)
{
	struct stmt *q = db_stmt(s->db, SQL_CONSUMER_COUNT);
	uint64_t count = 0;
	bool row = false;
	enum err e;

	if (stmt_step(q, &row) == OK && row)
		count = stmt_take_u64(q);
	e = stmt_end(q);
	if (e != OK)
		return e;
	return is_own(name) || count < CONSUMERS_MAX ? OK : ERR_FULL;
}

static enum err make(struct store *s, const struct consumer_name *name,
		     uint64_t seq, uint64_t wall_ms)
{
	struct stmt *q;
	enum err e = check_count(s, name);

	if (e != OK)
		return e;
	q = start_named(s, SQL_CONSUMER_INSERT, name);
	stmt_put_u64(q, seq);
	stmt_put_u64(q, wall_ms);
	return stmt_run(q);
}

static enum err move(struct store *s, const struct consumer_name *name,
		     uint64_t seq, uint64_t wall_ms)
{
	struct stmt *q = start_named(s, SQL_CONSUMER_ACK, name);

	stmt_put_u64(q, seq);
	stmt_put_u64(q, wall_ms);
	return stmt_run(q);
}

/* In a transaction of its own. */
static enum err put(struct store *s, const struct consumer_name *name,
		    bool is_new, uint64_t seq, uint64_t wall_ms)
{
	enum err e = store_begin(s);

	if (e != OK)
		return e;
	e = is_new ? make(s, name, seq, wall_ms) : move(s, name, seq, wall_ms);
	if (e == OK)
		return store_commit(s);
	store_rollback(s);
	return e;
}

enum err consumer_ack(struct store *s, const struct consumer_name *name,
		      uint64_t seq, uint64_t wall_ms, struct consumer_info *out)
{
	struct journal_range range;
	struct consumer_info c = {.acked = 0};
	enum err e = query_journal_range(s, &range);
	bool is_new;

	if (e != OK)
		return e;
	if (seq > range.last)
		return ERR_RANGE;
	e = consumer_find(s, name, &c);
	is_new = e == ERR_NOT_FOUND;
	if (is_new && seq == 0 && range.first_available > 0)
		seq = range.first_available - 1;
	if (is_new || (e == OK && seq > c.acked))
		e = put(s, name, is_new, seq, wall_ms);
	return e == OK ? consumer_find(s, name, out) : e;
}

enum err consumer_delete(struct store *s, const struct consumer_name *name)
{
	uint64_t count;
	struct stmt *q;
	enum err e = store_begin(s);

	if (e != OK)
		return e;
	q = start_named(s, SQL_CONSUMER_DELETE, name);
	e = stmt_run(q);
	count = db_changes(s->db);
	if (e == OK && count > 0)
		return store_commit(s);
	store_rollback(s);
	return e == OK ? ERR_NOT_FOUND : e;
}

static enum err list(struct stmt *q, uint64_t after_id, size_t limit,
		     consumer_fn *fn, void *ctx)
{
	struct consumer_info c;
	bool more;

	stmt_put_u64(q, after_id);
	stmt_put_u64(q, limit);
	while (stmt_step(q, &more) == OK && more) {
		take(q, &c);
		if (stmt_check(q) != OK || !fn(ctx, &c))
			break;
	}
	return stmt_end(q);
}

enum err consumer_list(struct store *s, uint64_t after_id, size_t limit,
		       consumer_fn *fn, void *ctx)
{
	return list(db_stmt(s->db, SQL_CONSUMERS), after_id, limit, fn, ctx);
}

enum err consumer_list_own(struct store *s, uint64_t after_id, size_t limit,
			   consumer_fn *fn, void *ctx)
{
	return list(db_stmt(s->db, SQL_CONSUMERS_OWN), after_id, limit, fn,
		    ctx);
}
