/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/query_file.h"

#include <string.h>

#include <sodium.h>

#include "store/inside.h"
#include "store/rowio.h"

struct blob_spec file_info_spec(const struct file_info *f)
{
	return (struct blob_spec){
	    .name = f->blob,
	    .plan = {.fid = f->row.fid,
		     .size = f->row.size,
		     .chunk_log2 = f->row.chunk_log2},
	    .key = f->row.key,
	};
}

static void take_file(struct stmt *q, struct file_info *out)
{
	struct bytes promised;

	rowio_take_file(q, &out->row);
	out->client_id = rowio_take_uid(q);
	out->conversation_id = rowio_take_uid(q);
	stmt_take_blob(q, out->blob.b, sizeof(out->blob.b));
	out->preview_bytes = (size_t)stmt_take_u64(q);
	out->width = (uint16_t)stmt_take_u64(q);
	out->height = (uint16_t)stmt_take_u64(q);
	out->duration_ms = (uint32_t)stmt_take_u64(q);
	stmt_take_blob(q, out->sha256.b, sizeof(out->sha256.b));
	out->has_sha256 = !sodium_is_zero(out->sha256.b, sizeof(out->sha256.b));
	out->updated_ms = stmt_take_u64(q);
	out->rules.strip = (enum upload_strip)stmt_take_u64(q);
	promised = stmt_take_bytes(q, sizeof(out->rules.sha256.b));
	out->rules.has_sha256 = promised.n == sizeof(out->rules.sha256.b);
	if (out->rules.has_sha256)
		memcpy(out->rules.sha256.b, promised.p, promised.n);
}

/* Not cut in a way that the arithmetic of chunks could not bear, and of words
 * that there are. */
static bool is_sound(const struct file_info *f)
{
	struct blob_spec spec = file_info_spec(f);
	bool is = chunk_plan_is_valid(&spec.plan) &&
		  f->row.state <= FILE_CANCELLED && f->row.problem <= FILE_IO &&
		  f->row.kind <= FILE_VOICE;

	sodium_memzero(&spec, sizeof(spec));
	return is;
}

static enum err take_files(struct stmt *q, query_file_fn *fn, void *ctx,
			   size_t *count)
{
	struct file_info info;
	bool more, sound = true;
	enum err e;

	*count = 0;
	while (sound && stmt_step(q, &more) == OK && more) {
		take_file(q, &info);
		sound = stmt_check(q) != OK || is_sound(&info);
		if (!sound || stmt_check(q) != OK)
			break;
		++*count;
		if (!fn(ctx, &info))
			break;
	}
	sodium_memzero(&info, sizeof(info));
	e = stmt_end(q);
	return e == OK && !sound ? ERR_CORRUPT : e;
}

static enum err one_file(struct store *s, enum sql which, const struct uid *id,
			 query_file_fn *fn, void *ctx)
{
	size_t count;
	enum err e = take_files(query_start(s, which, id), fn, ctx, &count);

	if (e != OK)
		return e;
	return count > 0 ? OK : ERR_NOT_FOUND;
}

enum err query_file(struct store *s, struct uid id, query_file_fn *fn,
		    void *ctx)
{
	return one_file(s, SQL_FILE, &id, fn, ctx);
}

enum err query_file_by_client(struct store *s, struct uid client_id,
			      query_file_fn *fn, void *ctx)
{
	return one_file(s, SQL_FILE_BY_CLIENT, &client_id, fn, ctx);
}

enum err query_message_files(struct store *s, struct uid message_id,
			     query_file_fn *fn, void *ctx)
{
	size_t count;

	return take_files(query_start(s, SQL_FILES_MESSAGE, &message_id), fn,
			  ctx, &count);
}

static enum err find_place(struct store *s, const struct uid *id,
			   uint64_t *place)
{
	struct stmt *q = query_start(s, SQL_FILE_PLACE, id);
	bool row = false;

	if (stmt_step(q, &row) == OK && row)
		*place = stmt_take_u64(q);
	return query_end(q, row);
}

static enum sql list_of(const struct file_page *page)
{
	if (page->conversation_id)
		return SQL_FILES_CONVERSATION;
	return page->has_state ? SQL_FILES_STATE : SQL_FILES;
}

enum err query_files(struct store *s, const struct file_page *page,
		     query_file_fn *fn, void *ctx)
{
	uint64_t before = INT64_MAX, row_id, activity;
	size_t count;
	struct stmt *q;
	enum err e = OK;

	if (page->after)
		e = find_place(s, page->after, &before);
	if (e == OK && page->conversation_id)
		e = query_position(s, page->conversation_id, &row_id,
				   &activity);
	if (e != OK)
		return e;
	q = db_stmt(s->db, list_of(page));
	stmt_put_u64(q, before);
	stmt_put_u64(q, page->limit);
	if (page->conversation_id || page->has_state)
		stmt_put_u64(q, page->has_state ? page->state : UINT64_MAX);
	if (page->conversation_id)
		rowio_put_uid(q, page->conversation_id);
	return take_files(q, fn, ctx, &count);
}

enum err query_preview(struct store *s, struct uid id, struct buf *out)
{
	struct stmt *q = query_start(s, SQL_FILE_PREVIEW, &id);
	struct bytes preview = {NULL, 0};
	bool row = false;
	enum err e = OK;

	if (stmt_step(q, &row) == OK && row)
		preview = stmt_take_bytes(q, PREVIEW_MAX_BYTES);
	if (stmt_check(q) == OK && preview.n > 0)
		e = buf_put(out, preview.p, preview.n);
	if (e != OK) {
		(void)!stmt_end(q);
		return e;
	}
	return query_end(q, preview.n > 0);
}

/* Nothing adds up to NULL, which reads as 0. */
static enum err take_sum(struct stmt *q, uint64_t *out)
{
	bool row = false;

	if (stmt_step(q, &row) == OK && row)
		*out = stmt_take_u64(q);
	return query_end(q, row);
}

enum err query_file_sums(struct store *s, const struct uid *contact_id,
			 struct file_sums *out)
{
	struct file_sums sums = {
	    .limit_bytes = s->file_limits.user_bytes,
	    .contact_limit_bytes = s->file_limits.contact_bytes,
	};
	enum err e = take_sum(db_stmt(s->db, SQL_FILE_SUM), &sums.bytes);

	if (e == OK && contact_id)
		e = take_sum(query_start(s, SQL_FILE_SUM_CONTACT, contact_id),
			     &sums.contact_bytes);
	if (e == OK)
		*out = sums;
	return e;
}

static enum err find_room(struct store *s, const struct uid *id,
			  struct uid *contact_id, uint64_t *more)
{
	struct stmt *q = query_start(s, SQL_FILE_ROOM, id);
	bool row = false;

	if (stmt_step(q, &row) == OK && row) {
		*contact_id = rowio_take_uid(q);
		*more = stmt_take_u64(q);
		/* It is in the sums. */
		if (stmt_take_u64(q) == 1)
			*more = 0;
	}
	return query_end(q, row);
}

enum err query_file_room(struct store *s, struct uid id)
{
	struct file_sums sums;
	struct uid contact_id;
	uint64_t more = 0;
	enum err e = find_room(s, &id, &contact_id, &more);

	if (e == OK)
		e = query_file_sums(s, &contact_id, &sums);
	if (e != OK)
		return e;
	return sums.bytes + more <= sums.limit_bytes &&
		       sums.contact_bytes + more <= sums.contact_limit_bytes
		   ? OK
		   : ERR_FULL;
}
