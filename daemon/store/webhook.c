/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/webhook.h"

#include <string.h>

#include <sodium.h>

#include "store/inside.h"
#include "store/rowio.h"

static void take(struct stmt *q, struct webhook_row *out)
{
	struct bytes secret;

	out->id = rowio_take_uid(q);
	stmt_take_text(q, out->url, sizeof(out->url));
	out->types = (uint32_t)stmt_take_u64(q);
	secret = stmt_take_bytes(q, sizeof(out->secret.b));
	out->secret.n = secret.n;
	if (secret.n)
		memcpy(out->secret.b, secret.p, secret.n);
	out->created_ms = stmt_take_u64(q);
	out->failing_ms = stmt_take_u64(q);
	out->last_status = (unsigned)stmt_take_u64(q);
}

enum err webhook_list(struct store *s, webhook_fn *fn, void *ctx)
{
	struct stmt *q = db_stmt(s->db, SQL_WEBHOOKS);
	struct webhook_row row;
	bool more;

	while (stmt_step(q, &more) == OK && more) {
		take(q, &row);
		if (stmt_check(q) != OK || !fn(ctx, &row))
			break;
	}
	sodium_memzero(&row, sizeof(row));
	return stmt_end(q);
}

/* Runs it in a transaction of its own; *changed: how many rows. */
static enum err run(struct store *s, struct stmt *q, uint64_t *changed)
{
	enum err e = stmt_run(q);

	*changed = db_changes(s->db);
	if (e == OK)
		return store_commit(s);
	store_rollback(s);
	return e;
}

enum err webhook_insert(struct store *s, const struct webhook_row *row)
{
	uint64_t changed = 0;
	struct stmt *q;
	enum err e = store_begin(s);

	if (e != OK)
		return e;
	q = db_stmt(s->db, SQL_WEBHOOK_INSERT);
	rowio_put_uid(q, &row->id);
	stmt_put_text(q, row->url);
	stmt_put_u64(q, row->types);
	stmt_put_blob(q, row->secret.b, row->secret.n);
	stmt_put_u64(q, row->created_ms);
	stmt_put_u64(q, WEBHOOKS_MAX);
	e = run(s, q, &changed);
	return e == OK && changed == 0 ? ERR_FULL : e;
}

enum err webhook_delete(struct store *s, struct uid id)
{
	uint64_t changed = 0;
	enum err e = store_begin(s);

	if (e == OK)
		e = run(s, query_start(s, SQL_WEBHOOK_DELETE, &id), &changed);
	return e == OK && changed == 0 ? ERR_NOT_FOUND : e;
}

enum err webhook_note(struct store *s, const struct webhook_row *row)
{
	uint64_t changed = 0;
	struct stmt *q;
	enum err e = store_begin(s);

	if (e != OK)
		return e;
	q = query_start(s, SQL_WEBHOOK_NOTE, &row->id);
	stmt_put_u64(q, row->failing_ms);
	stmt_put_u64(q, row->last_status);
	return run(s, q, &changed);
}
