/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/query.h"

#include <string.h>

#include <sodium.h>

#include "store/inside.h"
#include "store/rowio.h"

static const struct uid no_uid;

struct stmt *query_start(struct store *s, enum sql which, const struct uid *id)
{
	struct stmt *q = db_stmt(s->db, which);

	rowio_put_uid(q, id);
	return q;
}

enum err query_end(struct stmt *q, bool found)
{
	enum err e = stmt_end(q);

	if (e != OK)
		return e;
	return found ? OK : ERR_NOT_FOUND;
}

enum err query_position(struct store *s, const struct uid *id, uint64_t *row_id,
			uint64_t *activity)
{
	struct stmt *q = query_start(s, SQL_CONVERSATION_POSITION, id);
	bool row = false;

	if (stmt_step(q, &row) == OK && row) {
		*row_id = stmt_take_u64(q);
		*activity = stmt_take_u64(q);
	}
	return query_end(q, row);
}

static struct stmt *start_list(struct store *s, enum sql which,
			       const struct uid *after, size_t limit)
{
	struct stmt *q = db_stmt(s->db, which);

	rowio_put_uid(q, after ? after : &no_uid);
	stmt_put_u64(q, limit);
	return q;
}

enum err query_contacts(struct store *s, const struct uid *after, size_t limit,
			query_contact_fn *fn, void *ctx)
{
	struct stmt *q = start_list(s, SQL_CONTACTS, after, limit);
	struct contact_row row;
	bool more;

	while (stmt_step(q, &more) == OK && more) {
		rowio_take_contact(q, &row);
		if (stmt_check(q) != OK || !fn(ctx, &row))
			break;
	}
	sodium_memzero(&row, sizeof(row));
	return stmt_end(q);
}

enum err query_contact(struct store *s, struct uid id, struct contact_row *out)
{
	struct stmt *q = query_start(s, SQL_CONTACT, &id);
	bool row = false;

	if (stmt_step(q, &row) == OK && row)
		rowio_take_contact(q, out);
	return query_end(q, row);
}

enum err query_invites(struct store *s, const struct uid *after, size_t limit,
		       query_invite_fn *fn, void *ctx)
{
	struct stmt *q = start_list(s, SQL_INVITES, after, limit);
	struct invite_row row;
	bool more;

	while (stmt_step(q, &more) == OK && more) {
		rowio_take_invite(q, &row);
		if (stmt_check(q) != OK || !fn(ctx, &row))
			break;
	}
	sodium_memzero(&row, sizeof(row));
	return stmt_end(q);
}

enum err query_invite(struct store *s, struct uid id, struct invite_row *out)
{
	struct stmt *q = query_start(s, SQL_INVITE, &id);
	bool row = false;

	if (stmt_step(q, &row) == OK && row)
		rowio_take_invite(q, out);
	return query_end(q, row);
}

enum err query_requests(struct store *s, const struct uid *after, size_t limit,
			query_request_fn *fn, void *ctx)
{
	struct stmt *q = start_list(s, SQL_REQUESTS, after, limit);
	struct request_row row;
	bool more;

	while (stmt_step(q, &more) == OK && more) {
		rowio_take_request(q, &row);
		if (stmt_check(q) != OK || !fn(ctx, &row))
			break;
	}
	sodium_memzero(&row, sizeof(row));
	return stmt_end(q);
}

static enum err one_request(struct store *s, enum sql which,
			    const struct uid *id, struct request_row *out)
{
	struct stmt *q = query_start(s, which, id);
	bool row = false;

	if (stmt_step(q, &row) == OK && row)
		rowio_take_request(q, out);
	return query_end(q, row);
}

enum err query_request(struct store *s, struct uid id, struct request_row *out)
{
	return one_request(s, SQL_REQUEST, &id, out);
}

enum err query_request_by_client(struct store *s, struct uid client_id,
				 struct request_row *out)
{
	return one_request(s, SQL_REQUEST_BY_CLIENT, &client_id, out);
}

enum err query_self(struct store *s, struct self_row *out)
{
	struct stmt *q = db_stmt(s->db, SQL_SELF);
	bool row = false;

	if (stmt_step(q, &row) == OK && row)
		rowio_take_self(q, out);
	return query_end(q, row);
}

static void take_conversation(struct stmt *q, struct conversation_info *out)
{
	struct label name, alias;

	memset(out, 0, sizeof(*out));
	out->id = rowio_take_uid(q);
	out->contact_id = rowio_take_uid(q);
	stmt_take_text(q, name.s, sizeof(name.s));
	stmt_take_text(q, alias.s, sizeof(alias.s));
	out->title = alias.s[0] ? alias : name;
	out->unread_count = stmt_take_u64(q);
	out->read_up_to = rowio_take_uid(q);
	out->last_message = rowio_take_uid(q);
	out->last_ms = stmt_take_u64(q);
	out->muted_until_ms = stmt_take_u64(q);
	out->archived = stmt_take_u64(q) != 0;
	out->pinned = stmt_take_u64(q) != 0;
	out->ttl_s = (uint32_t)stmt_take_u64(q);
	stmt_take_text(q, out->draft, sizeof(out->draft));
}

enum err query_conversations(struct store *s, const struct uid *after,
			     size_t limit, query_conversation_fn *fn, void *ctx)
{
	uint64_t row_id = INT64_MAX, activity = INT64_MAX;
	struct conversation_info info;
	struct stmt *q;
	bool more;
	enum err e = OK;

	if (after)
		e = query_position(s, after, &row_id, &activity);
	if (e != OK)
		return e;
	q = db_stmt(s->db, SQL_CONVERSATIONS);
	stmt_put_u64(q, activity);
	stmt_put_u64(q, row_id);
	stmt_put_u64(q, limit);
	while (stmt_step(q, &more) == OK && more) {
		take_conversation(q, &info);
		if (stmt_check(q) != OK || !fn(ctx, &info))
			break;
	}
	return stmt_end(q);
}

enum err query_conversation(struct store *s, struct uid id,
			    struct conversation_info *out)
{
	struct stmt *q = query_start(s, SQL_CONVERSATION, &id);
	bool row = false;

	if (stmt_step(q, &row) == OK && row)
		take_conversation(q, out);
	return query_end(q, row);
}

static void take_journal(struct stmt *q, struct journal_info *out)
{
	memset(out, 0, sizeof(*out));
	out->seq = stmt_take_u64(q);
	out->at_ms = stmt_take_u64(q);
	out->type = (enum journal_type)stmt_take_u64(q);
	out->object = rowio_take_uid(q);
	out->conversation_id = rowio_take_uid(q);
	out->state = (int)stmt_take_u64(q);
}

enum err query_journal(struct store *s, uint64_t after_seq, size_t limit,
		       query_journal_fn *fn, void *ctx)
{
	struct stmt *q = db_stmt(s->db, SQL_JOURNAL);
	struct journal_info info;
	bool more;

	stmt_put_u64(q, after_seq < INT64_MAX ? after_seq : INT64_MAX);
	stmt_put_u64(q, limit);
	while (stmt_step(q, &more) == OK && more) {
		take_journal(q, &info);
		if (stmt_check(q) != OK || !fn(ctx, &info))
			break;
	}
	return stmt_end(q);
}

/* One number; NULL reads as 0. */
static enum err one_number(struct store *s, enum sql which, uint64_t *out)
{
	struct stmt *q = db_stmt(s->db, which);
	uint64_t n = 0;
	bool row = false;
	enum err e;

	if (stmt_step(q, &row) == OK && row)
		n = stmt_take_u64(q);
	e = stmt_end(q);
	if (e == OK)
		*out = n;
	return e;
}

enum err query_journal_range(struct store *s, struct journal_range *out)
{
	struct journal_range r;
	enum err e = one_number(s, SQL_JOURNAL_FIRST, &r.first_available);

	if (e == OK)
		e = one_number(s, SQL_JOURNAL_LAST, &r.last);
	if (e == OK)
		*out = r;
	return e;
}

enum err query_unread(struct store *s, uint64_t *count)
{
	return one_number(s, SQL_UNREAD, count);
}
