/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * load - what a node gets from the disk: its rows at the start, and later
 * the messages that it has to send again.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/message.h"
#include "store/inside.h"
#include "store/rowio.h"
#include "store/store.h"
#include "util/mem.h"

static enum err load_contacts(struct store *s, const struct load_sink *sink)
{
	struct stmt *q = db_stmt(s->db, SQL_LOAD_CONTACTS);
	struct contact_row row;
	bool more;

	while (stmt_step(q, &more) == OK && more) {
		rowio_take_contact(q, &row);
		if (stmt_check(q) == OK)
			sink->contact(sink->ctx, &row);
		sodium_memzero(&row, sizeof(row));
	}
	return stmt_end(q);
}

static enum err load_invites(struct store *s, const struct load_sink *sink)
{
	struct stmt *q = db_stmt(s->db, SQL_LOAD_INVITES);
	struct invite_row row;
	bool more;

	while (stmt_step(q, &more) == OK && more) {
		rowio_take_invite(q, &row);
		if (stmt_check(q) == OK)
			sink->invite(sink->ctx, &row);
		sodium_memzero(&row, sizeof(row));
	}
	return stmt_end(q);
}

static enum err load_requests(struct store *s, const struct load_sink *sink)
{
	struct stmt *q = db_stmt(s->db, SQL_LOAD_REQUESTS);
	struct request_row row;
	bool more;

	while (stmt_step(q, &more) == OK && more) {
		rowio_take_request(q, &row);
		if (stmt_check(q) == OK)
			sink->request(sink->ctx, &row);
		sodium_memzero(&row, sizeof(row));
	}
	return stmt_end(q);
}

static enum err load_self(struct store *s, const struct load_sink *sink)
{
	struct stmt *q = db_stmt(s->db, SQL_SELF);
	struct self_row row;
	bool there = false;

	if (stmt_step(q, &there) == OK && there) {
		rowio_take_self(q, &row);
		if (stmt_check(q) == OK)
			sink->self(sink->ctx, &row);
		sodium_memzero(&row, sizeof(row));
	}
	return stmt_end(q);
}

static enum err load_files(struct store *s, const struct load_sink *sink)
{
	struct stmt *q = db_stmt(s->db, SQL_LOAD_FILES);
	struct file_row row;
	bool more;

	while (stmt_step(q, &more) == OK && more) {
		rowio_take_file(q, &row);
		if (stmt_check(q) == OK)
			sink->file(sink->ctx, &row);
		sodium_memzero(&row, sizeof(row));
	}
	return stmt_end(q);
}

enum err store_load(struct store *s, const struct load_sink *sink)
{
	enum err e = db_heal(s->db);

	if (e == OK)
		e = load_contacts(s, sink);
	if (e == OK)
		e = load_invites(s, sink);
	if (e == OK)
		e = load_requests(s, sink);
	if (e == OK)
		e = load_self(s, sink);
	if (e == OK && sink->file)
		e = load_files(s, sink);
	return e;
}

/* Doubles the list when it is full.  Not realloc: it would leave secrets
 * behind. */
static void make_room(struct message_list *l)
{
	struct message_row *rows;

	if (l->count & (l->count - 1))
		return;
	rows = xcalloc(l->count ? 2 * l->count : 1, sizeof(*rows));
	if (l->count)
		memcpy(rows, l->rows, l->count * sizeof(*rows));
	xfree(l->rows, l->count * sizeof(*rows));
	l->rows = rows;
}

static void add_message(struct message_list *l, const struct message_row *row)
{
	make_room(l);
	l->rows[l->count] = *row;
	l->rows[l->count].body =
	    bytes_of(xmemdup(row->body.p, row->body.n), row->body.n);
	l->count++;
}

/* One that will be erased is sent as if it were already. */
static void erase_row(struct message_row *row)
{
	struct message m = {.kind = row->kind,
			    .mid = row->mid,
			    .body = row->body,
			    .extra = bytes_of(row->extra, row->extra_bytes)};

	if (!row->withdrawn)
		message_content_hash(&m, &row->content);
	row->withdrawn = row->hidden = true;
	row->deleted = false;
	memset(&row->mid, 0, sizeof(row->mid));
	row->body = bytes_of(NULL, 0);
	sodium_memzero(row->extra, sizeof(row->extra));
	row->extra_bytes = 0;
	row->ttl_s = 0;
	row->deadline_ms = 0;
}

enum err store_fetch(struct store *s, struct uid contact_id, uint64_t from_seq,
		     size_t max_count, size_t max_bytes,
		     struct message_list *out)
{
	struct message_list list = {NULL, 0};
	struct stmt *q = db_stmt(s->db, SQL_FETCH);
	struct message_row row;
	size_t body_bytes = 0;
	bool more;
	enum err e;

	rowio_put_uid(q, &contact_id);
	stmt_put_u64(q, from_seq < INT64_MAX ? from_seq : INT64_MAX);
	stmt_put_u64(q, max_count);
	while (stmt_step(q, &more) == OK && more) {
		rowio_take_message(q, &row);
		if (stmt_take_u64(q) != 0)
			erase_row(&row);
		body_bytes += row.body.n;
		if (list.count > 0 && body_bytes > max_bytes)
			break;
		add_message(&list, &row);
	}
	e = stmt_end(q);
	sodium_memzero(&row, sizeof(row));
	if (e == OK)
		*out = list;
	else
		message_list_clear(&list);
	return e;
}

void message_list_clear(struct message_list *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		sodium_memzero((void *)(uintptr_t)l->rows[i].body.p,
			       l->rows[i].body.n);
		free((void *)(uintptr_t)l->rows[i].body.p);
	}
	xfree(l->rows, l->count * sizeof(*l->rows));
	*l = (struct message_list){NULL, 0};
}

static void take_due(struct stmt *q, struct due_row *out)
{
	out->contact_id = rowio_take_uid(q);
	out->message_id = rowio_take_uid(q);
	stmt_take_blob(q, out->mid.b, sizeof(out->mid.b));
	out->dir = (enum message_dir)stmt_take_u64(q);
	out->seq = stmt_take_u64(q);
}

/* Rows of one kind, by time: those that are due as long as there is room,
 * and the time of the first that is not among them. */
static enum err find_due(struct store *s, enum sql which, uint64_t wall_ms,
			 struct due_list *out)
{
	struct stmt *q = db_stmt(s->db, which);
	uint64_t at_ms;
	bool more;

	stmt_put_u64(q, DUE_MAX + 1);
	while (stmt_step(q, &more) == OK && more) {
		at_ms = stmt_take_u64(q);
		/* It goes with its history, whenever its time comes. */
		if (stmt_take_u64(q) != 0)
			continue;
		if (at_ms > wall_ms || out->count == DUE_MAX) {
			if (at_ms < out->next_ms)
				out->next_ms = at_ms;
			break;
		}
		out->rows[out->count].is_deadline = which == SQL_DUE_DEADLINES;
		take_due(q, &out->rows[out->count++]);
	}
	return stmt_end(q);
}

enum err store_due(struct store *s, uint64_t wall_ms, struct due_list *out)
{
	enum err e;

	memset(out, 0, sizeof(*out));
	out->next_ms = UINT64_MAX;
	e = find_due(s, SQL_DUE_EXPIRES, wall_ms, out);
	if (e == OK)
		e = find_due(s, SQL_DUE_DEADLINES, wall_ms, out);
	if (e != OK)
		return e;
	return stmt_has_row(db_stmt(s->db, SQL_DUE_CLEARED), &out->sweep);
}
