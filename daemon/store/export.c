/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * export - a store's rows, and the bytes of its files, into an archive.
 */
#include <string.h>

#include <sodium.h>

#include "core/message.h"
#include "store/backup.h"
#include "store/backup_rows.h"
#include "store/inside.h"
#include "store/rowio.h"
#include "util/mem.h"

struct exporter {
	struct store *store;
	struct archive_writer *out;
	struct backup_watch *watch;
	bool with_files;
	struct buf record;
	enum err err;
	/* What there is, and how much of it is out. */
	uint64_t all, done;
};

static void note_progress(struct exporter *x, uint64_t more)
{
	x->done += more;
	if (x->all > 0 && x->done <= x->all)
		atomic_store(&x->watch->percent,
			     (unsigned)(x->done * 100 / x->all));
}

static enum err write_record(struct exporter *x)
{
	if (atomic_load(&x->watch->is_cancelled))
		return ERR_CLOSED;
	note_progress(x, x->record.len);
	return archive_put(x->out, buf_view(&x->record));
}

static enum err put_user(struct exporter *x, const struct backup_user *user)
{
	struct backup_user v = {.name = user->name,
				.created_ms = user->created_ms};
	enum err e = query_self(x->store, &v.self);

	v.has_self = e == OK;
	if (e == ERR_NOT_FOUND)
		e = OK;
	if (e == OK)
		e = preferences_get(x->store, &v.preferences);
	if (e == OK) {
		record_put_user(&x->record, &v);
		e = write_record(x);
	}
	sodium_memzero(&v, sizeof(v));
	return e;
}

static enum err put_contact(struct exporter *x, const struct contact_row *row)
{
	struct backup_contact v = {.row = *row};
	struct conversation_info info;
	enum err e = query_conversation(x->store, row->conversation_id, &info);

	if (e == OK) {
		v.muted_until_ms = info.muted_until_ms;
		v.archived = info.archived;
		v.pinned = info.pinned;
		v.draft = bytes_of(info.draft, strlen(info.draft));
		v.read_up_to = info.read_up_to;
		record_put_contact(&x->record, &v);
		e = write_record(x);
	}
	sodium_memzero(&info, sizeof(info));
	sodium_memzero(&v, sizeof(v));
	return e;
}

static enum err put_contacts(struct exporter *x)
{
	struct stmt *q = db_stmt(x->store->db, SQL_LOAD_CONTACTS);
	struct contact_row row;
	enum err e = OK, end;
	bool more;

	while (e == OK && stmt_step(q, &more) == OK && more) {
		rowio_take_contact(q, &row);
		if (stmt_check(q) == OK && row.state != CONTACT_PAIRING)
			e = put_contact(x, &row);
	}
	sodium_memzero(&row, sizeof(row));
	end = stmt_end(q);
	return e == OK ? end : e;
}

static void take_reaction(struct stmt *q, struct backup_message *v,
			  enum message_dir side)
{
	stmt_take_text(q, v->emoji[side].s, sizeof(v->emoji[side].s));
	v->emoji_ms[side] = stmt_take_u64(q);
}

static void take_timer(struct bytes extra, struct backup_message *v)
{
	struct message_fields f;

	if (v->row.kind != MESSAGE_TIMER || extra.n == 0)
		return;
	message_fields_read(extra, &f);
	v->timer_s = f.ttl_s;
}

static void take_message(struct stmt *q, struct backup_message *v)
{
	struct message_row *r = &v->row;

	memset(v, 0, sizeof(*v));
	r->id = rowio_take_uid(q);
	r->contact_id = rowio_take_uid(q);
	r->client_id = rowio_take_uid(q);
	r->dir = (enum message_dir)stmt_take_u64(q);
	r->state = (enum message_state)stmt_take_u64(q);
	r->kind = (uint16_t)stmt_take_u64(q);
	stmt_take_blob(q, r->mid.b, sizeof(r->mid.b));
	r->deleted = stmt_take_u64(q) != 0;
	r->body = stmt_take_bytes(q, MESSAGE_BYTES_MAX);
	r->ttl_s = (uint32_t)stmt_take_u64(q);
	r->sent_ms = stmt_take_u64(q);
	r->received_ms = stmt_take_u64(q);
	v->delivered_ms = stmt_take_u64(q);
	v->read_ms = stmt_take_u64(q);
	v->edited_ms = stmt_take_u64(q);
	v->expires_ms = stmt_take_u64(q);
	v->problem = (enum message_problem)stmt_take_u64(q);
	stmt_take_blob(q, v->reply_to.b, sizeof(v->reply_to.b));
	take_timer(stmt_take_bytes(q, MESSAGE_EXTRA_MAX), v);
	take_reaction(q, v, MESSAGE_IN);
	take_reaction(q, v, MESSAGE_OUT);
}

static enum err put_messages(struct exporter *x)
{
	struct stmt *q = db_stmt(x->store->db, SQL_EXPORT_MESSAGES);
	struct backup_message v;
	enum err e = OK, end;
	bool more;

	while (e == OK && stmt_step(q, &more) == OK && more) {
		take_message(q, &v);
		if (stmt_check(q) != OK)
			break;
		record_put_message(&x->record, &v);
		e = write_record(x);
	}
	sodium_memzero(&v, sizeof(v));
	end = stmt_end(q);
	return e == OK ? end : e;
}

/* Opens what is whole; one that is not here, or was deleted since the snapshot
 * was made, is left out. */
static struct blob *open_blob(struct exporter *x, const struct file_info *f,
			      const struct chunk_plan *plan)
{
	struct blob *b;
	uint64_t length;

	if (!x->with_files || !file_is_here(&f->row) ||
	    blob_open(x->store->blobs, &f->blob, &b) != OK)
		return NULL;
	if (blob_length(b, &length) == OK && length == chunk_blob_bytes(plan))
		return b;
	blob_close(b);
	return NULL;
}

static enum err put_piece(struct exporter *x, struct blob *b,
			  const struct chunk_plan *plan, uint32_t i)
{
	size_t n = blob_piece_bytes(plan, i);
	uint8_t *piece = xcalloc(1, n + 1);
	enum err e = blob_read(b, plan, i, piece);

	if (e == OK)
		e = archive_put(x->out, bytes_of(piece, n));
	if (e == OK && atomic_load(&x->watch->is_cancelled))
		e = ERR_CLOSED;
	note_progress(x, n);
	xfree(piece, n + 1);
	return e;
}

static enum err put_blob(struct exporter *x, struct blob *b,
			 const struct chunk_plan *plan)
{
	uint32_t i, count = chunk_count(plan);
	enum err e = OK;

	for (i = 0; i < count && e == OK; i++)
		e = put_piece(x, b, plan, i);
	return e == OK ? put_piece(x, b, plan, BLOB_MANIFEST) : e;
}

static struct backup_file file_of(const struct file_info *f,
				  struct bytes preview)
{
	return (struct backup_file){.row = f->row,
				    .client_id = f->client_id,
				    .preview = preview,
				    .width = f->width,
				    .height = f->height,
				    .duration_ms = f->duration_ms,
				    .sha256 = f->sha256};
}

static enum err put_file(struct exporter *x, const struct file_info *f)
{
	const struct chunk_plan plan = {f->row.fid, f->row.size,
					f->row.chunk_log2};
	struct backup_file v;
	struct buf preview;
	struct blob *b;
	enum err e;

	buf_init(&preview, PREVIEW_MAX_BYTES);
	e = query_preview(x->store, f->row.id, &preview);
	if (e != OK && e != ERR_NOT_FOUND)
		return e;
	v = file_of(f, buf_view(&preview));
	b = open_blob(x, f, &plan);
	v.blob_bytes = b ? chunk_blob_bytes(&plan) : 0;
	record_put_file(&x->record, &v);
	e = write_record(x);
	if (e == OK && b)
		e = put_blob(x, b, &plan);
	blob_close(b);
	buf_clear(&preview);
	sodium_memzero(&v, sizeof(v));
	return e;
}

/* What is on its way from a client, or not offered to anybody, is no part of a
 * history. */
static bool on_file(void *ctx, const struct file_info *f)
{
	struct exporter *x = ctx;

	if (!uid_is_zero(&f->row.contact_id))
		x->err = put_file(x, f);
	return x->err == OK;
}

static enum err put_files(struct exporter *x)
{
	const struct file_page all = {.limit = INT32_MAX};
	enum err e = query_files(x->store, &all, on_file, x);

	return x->err == OK ? e : x->err;
}

static enum err put_end(struct exporter *x)
{
	record_put_end(&x->record);
	return write_record(x);
}

/* About as much as will be written. */
static enum err measure(struct exporter *x)
{
	struct file_sums sums = {.bytes = 0};
	uint64_t pages = 0;
	enum err e = db_number(x->store->db, "PRAGMA page_count", &pages);

	if (e == OK && x->with_files)
		e = query_file_sums(x->store, NULL, &sums);
	x->all = pages * 2048 + sums.bytes;
	return e;
}

enum err export_all(struct store *s, struct archive_writer *w,
		    const struct backup_user *user, bool with_files,
		    struct backup_watch *watch)
{
	struct exporter x = {
	    .store = s, .out = w, .watch = watch, .with_files = with_files};
	enum err e;

	buf_init(&x.record, RECORD_HEAD_BYTES + RECORD_BYTES_MAX);
	e = measure(&x);
	if (e == OK)
		e = put_user(&x, user);
	if (e == OK)
		e = put_contacts(&x);
	if (e == OK)
		e = put_messages(&x);
	if (e == OK)
		e = put_files(&x);
	if (e == OK)
		e = put_end(&x);
	buf_clear(&x.record);
	return e;
}
