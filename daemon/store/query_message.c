/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * query_message - messages as our user sees them.
 */
#include <string.h>

#include "store/inside.h"
#include "store/query.h"
#include "store/rowio.h"

static void take_reaction(struct stmt *q, enum message_dir by,
			  struct message_info *out)
{
	struct reaction_info r = {.by = by};

	stmt_take_text(q, r.emoji.s, sizeof(r.emoji.s));
	r.at_ms = stmt_take_u64(q);
	if (r.emoji.s[0])
		out->reactions[out->reaction_count++] = r;
}

void query_take_message(struct stmt *q, struct message_info *out)
{
	rowio_take_message(q, &out->row);
	out->conversation_id = rowio_take_uid(q);
	out->delivered_ms = stmt_take_u64(q);
	out->read_ms = stmt_take_u64(q);
	out->edited_ms = stmt_take_u64(q);
	out->expires_ms = stmt_take_u64(q);
	out->problem = (enum message_problem)stmt_take_u64(q);
	out->is_reply = stmt_take_u64(q) != 0;
	out->reply_to = rowio_take_uid(q);
	out->reaction_count = 0;
	take_reaction(q, MESSAGE_IN, out);
	take_reaction(q, MESSAGE_OUT, out);
}

/* A page as a range of rowids and how many of them. */
struct range {
	uint64_t conversation;
	uint64_t first, before;
	size_t limit;
};

static enum err find_place(struct store *s, const struct uid *id,
			   uint64_t conversation, uint64_t *out)
{
	struct stmt *q = query_start(s, SQL_MESSAGE_PLACE, id);
	bool row = false;

	stmt_put_u64(q, conversation);
	if (stmt_step(q, &row) == OK && row)
		*out = stmt_take_u64(q);
	return query_end(q, row);
}

/* Moves the range's first to the limit-th message in front of `before`. */
static enum err find_start(struct store *s, struct range *r, uint64_t before,
			   size_t limit)
{
	struct stmt *q = db_stmt(s->db, SQL_MESSAGES_START);
	uint64_t first = 0;
	bool row = false;

	stmt_put_u64(q, r->conversation);
	stmt_put_u64(q, before);
	stmt_put_u64(q, limit);
	if (stmt_step(q, &row) == OK && row)
		first = stmt_take_u64(q);
	if (first > 0) /* the minimum of nothing is NULL */
		r->first = first;
	return stmt_end(q);
}

static enum err find_range(struct store *s, const struct message_page *page,
			   struct range *out)
{
	struct range r = {.before = INT64_MAX, .limit = page->limit};
	uint64_t activity, pivot = INT64_MAX;
	enum err e = query_position(s, &page->conversation_id, &r.conversation,
				    &activity);

	if (e == OK && page->kind != PAGE_LATEST)
		e = find_place(s, &page->pivot, r.conversation, &pivot);
	if (e != OK)
		return e;
	r.first = pivot;
	switch (page->kind) {
	case PAGE_LATEST:
	case PAGE_BEFORE:
		r.before = pivot;
		e = find_start(s, &r, pivot, page->limit);
		break;
	case PAGE_AFTER: r.first = pivot + 1; break;
	case PAGE_AROUND: e = find_start(s, &r, pivot, page->limit / 2); break;
	}
	if (e == OK)
		*out = r;
	return e;
}

enum err query_messages(struct store *s, const struct message_page *page,
			query_message_fn *fn, void *ctx)
{
	struct message_info info;
	struct range r;
	struct stmt *q;
	bool more;
	enum err e = find_range(s, page, &r);

	if (e != OK)
		return e;
	q = db_stmt(s->db, SQL_MESSAGES_FROM);
	stmt_put_u64(q, r.conversation);
	stmt_put_u64(q, r.first);
	stmt_put_u64(q, r.before);
	stmt_put_u64(q, r.limit);
	while (stmt_step(q, &more) == OK && more) {
		query_take_message(q, &info);
		if (stmt_check(q) != OK || !fn(ctx, &info))
			break;
	}
	return stmt_end(q);
}

static enum err one_message(struct stmt *q, query_message_fn *fn, void *ctx)
{
	struct message_info info;
	bool row = false;

	if (stmt_step(q, &row) == OK && row) {
		query_take_message(q, &info);
		if (stmt_check(q) == OK)
			fn(ctx, &info);
	}
	return query_end(q, row);
}

enum err query_message(struct store *s, struct uid id, query_message_fn *fn,
		       void *ctx)
{
	return one_message(query_start(s, SQL_MESSAGE, &id), fn, ctx);
}

enum err query_message_by_client(struct store *s, struct uid conversation_id,
				 struct uid client_id, query_message_fn *fn,
				 void *ctx)
{
	struct stmt *q =
	    query_start(s, SQL_MESSAGE_BY_CLIENT, &conversation_id);

	rowio_put_uid(q, &client_id);
	return one_message(q, fn, ctx);
}

enum err query_target(struct store *s, struct uid id, struct target *out)
{
	struct stmt *q = query_start(s, SQL_TARGET, &id);
	bool row = false;

	if (stmt_step(q, &row) == OK && row) {
		memset(out, 0, sizeof(*out));
		out->contact_id = rowio_take_uid(q);
		out->message_id = rowio_take_uid(q);
		stmt_take_blob(q, out->mid.b, sizeof(out->mid.b));
		out->dir = (enum message_dir)stmt_take_u64(q);
		out->state = (enum message_state)stmt_take_u64(q);
		out->seq = stmt_take_u64(q);
		out->kind = (uint16_t)stmt_take_u64(q);
		out->deleted = stmt_take_u64(q) != 0;
		out->sent_ms = stmt_take_u64(q);
	}
	return query_end(q, row);
}

static enum err last_incoming(struct store *s, uint64_t conversation,
			      uint64_t up_to, struct mid *out, bool *found)
{
	struct stmt *q = db_stmt(s->db, SQL_LAST_INCOMING);

	*found = false;
	stmt_put_u64(q, conversation);
	stmt_put_u64(q, up_to);
	if (stmt_step(q, found) == OK && *found)
		stmt_take_blob(q, out->b, sizeof(out->b));
	return stmt_end(q);
}

enum err query_last_incoming(struct store *s, struct uid conversation_id,
			     struct uid up_to, struct mid *out, bool *found)
{
	uint64_t conversation, activity, message;
	enum err e =
	    query_position(s, &conversation_id, &conversation, &activity);

	if (e == OK)
		e = find_place(s, &up_to, conversation, &message);
	if (e != OK)
		return e;
	return last_incoming(s, conversation, message, out, found);
}
