/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * save_file - files that the node knows: those that are offered.
 */
#include <sodium.h>

#include "core/file.h"
#include "store/query_file.h"
#include "store/save.h"

/* files.kept: whether it takes room on the disk, now or when it is whole. */
enum { KEPT_NOT = 0, KEPT = 1, KEPT_NOT_COUNTED = 2 };

static unsigned kept_of(const struct file_row *row)
{
	switch (row->state) {
	case FILE_OFFERED:
	case FILE_FAILED:
	case FILE_CANCELLED:
		return row->dir == MESSAGE_OUT && file_is_here(row) ? KEPT
								    : KEPT_NOT;
	case FILE_PAUSED:
		/* Else it would stand in its own way, and in others'. */
		return row->problem == FILE_QUOTA ? KEPT_NOT_COUNTED : KEPT;
	case FILE_UPLOADING:
	case FILE_READY:
	case FILE_RUNNING:
	case FILE_DONE: break;
	}
	return KEPT;
}

static void put_row(struct save *v, struct stmt *q)
{
	const struct file_row *row = &v->fx->file;

	rowio_put_file(q, row);
	stmt_put_u64(q, v->wall_ms);
	stmt_put_u64(q, kept_of(row));
}

static enum err is_known(struct save *v, bool *known)
{
	const struct file_row *row = &v->fx->file;
	struct stmt *q = db_stmt(v->db, SQL_FILE_KNOWN);

	rowio_put_uid(q, &row->contact_id);
	stmt_put_blob(q, row->fid.b, sizeof(row->fid.b));
	return stmt_has_row(q, known);
}

enum err save_insert_file(struct save *v, const struct file_desc *d,
			  const struct blob_name *blob)
{
	struct stmt *q = db_stmt(v->db, SQL_FILE_INSERT);

	put_row(v, q);
	stmt_put_blob(q, blob->b, sizeof(blob->b));
	stmt_put_blob(q, d->preview.p, d->preview.n);
	stmt_put_u64(q, d->width);
	stmt_put_u64(q, d->height);
	stmt_put_u64(q, d->duration_ms);
	return stmt_run(q);
}

/* The message that offers it says more of it than the node knows.  Without
 * one that is shown here it is no file: the message came twice, or was
 * deleted meanwhile. */
static enum err insert_offered(struct save *v, bool *inserted)
{
	const struct file_row *row = &v->fx->file;
	struct stmt *q = db_stmt(v->db, SQL_FILE_OFFER);
	struct blob_name blob;
	struct file_desc d;
	bool there = false;
	enum err e = OK, end;

	rowio_put_uid(q, &row->message_id);
	rowio_put_uid(q, &row->contact_id);
	if (stmt_step(q, &there) == OK && there) {
		struct bytes body = stmt_take_bytes(q, DESCRIPTOR_MAX_BYTES);

		if (stmt_check(q) == OK && file_desc_read(body, &d) == OK) {
			randombytes_buf(blob.b, sizeof(blob.b));
			e = save_insert_file(v, &d, &blob);
			*inserted = e == OK;
		}
	}
	sodium_memzero(&d, sizeof(d));
	end = stmt_end(q);
	return e == OK ? end : e;
}

/* A contact may give two files one id: the first has it.  Ours are here
 * before the node hears of them. */
static enum err insert_new(struct save *v, bool *inserted)
{
	bool known = false;
	enum err e;

	*inserted = false;
	if (v->fx->file.dir != MESSAGE_IN)
		return OK;
	e = is_known(v, &known);
	return e == OK && !known ? insert_offered(v, inserted) : e;
}

static enum err take_file(struct stmt *q, uint64_t *id, struct blob_name *blob,
			  bool *is_there)
{
	*is_there = false;
	if (stmt_step(q, is_there) == OK && *is_there) {
		*id = stmt_take_u64(q);
		stmt_take_blob(q, blob->b, sizeof(blob->b));
	}
	return stmt_end(q);
}

static enum err find_file(struct save *v, const struct uid *uid, uint64_t *id,
			  struct blob_name *blob, bool *is_there)
{
	struct stmt *q = db_stmt(v->db, SQL_FILE_OF_UID);

	rowio_put_uid(q, uid);
	return take_file(q, id, blob, is_there);
}

static enum err doom_blob(struct save *v, const struct uid *uid)
{
	struct blob_name blob;
	bool is_there;
	uint64_t id;
	enum err e = find_file(v, uid, &id, &blob, &is_there);

	if (e == OK && is_there)
		tidy_doom(v->store, &blob);
	return e;
}

enum err save_file(struct save *v)
{
	const struct file_row *row = &v->fx->file;
	struct stmt *q;
	struct place place;
	bool there = true;
	enum err e = save_find_place(v, &row->contact_id, &place);

	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_FILE_UPDATE);
	put_row(v, q);
	e = stmt_run(q);
	if (e == OK && db_changes(v->db) == 0)
		e = insert_new(v, &there);
	if (e != OK || !there)
		return e;
	if (kept_of(row) == KEPT_NOT)
		e = doom_blob(v, &row->id);
	if (e != OK)
		return e;
	return save_journal(
	    v, (struct journal_line){.type = v->fx->journal,
				     .object = &row->id,
				     .conversation = &place.conversation_id,
				     .state = row->state});
}

static enum err delete_row(struct save *v, uint64_t id,
			   const struct blob_name *blob)
{
	struct stmt *q;
	enum err e = save_note_erasure(v);

	if (e != OK)
		return e;
	tidy_doom(v->store, blob);
	q = db_stmt(v->db, SQL_FILE_DELETE);
	stmt_put_u64(q, id);
	return stmt_run(q);
}

enum err save_delete_files(struct save *v, enum sql which, uint64_t of)
{
	struct blob_name blob;
	bool more = true;
	enum err e = OK;
	uint64_t id = 0;

	while (e == OK && more) {
		struct stmt *q = db_stmt(v->db, which);

		stmt_put_u64(q, of);
		e = take_file(q, &id, &blob, &more);
		if (e == OK && more)
			e = delete_row(v, id, &blob);
	}
	return e;
}

enum err save_delete_file(struct save *v, const struct uid *id, bool *was_there)
{
	struct blob_name blob;
	uint64_t row = 0;
	enum err e = find_file(v, id, &row, &blob, was_there);

	return e == OK && *was_there ? delete_row(v, row, &blob) : e;
}

static bool take_conversation(void *ctx, const struct file_info *f)
{
	*(struct uid *)ctx = f->conversation_id;
	return true;
}

/* Whose it was is not to be found out afterwards. */
enum err save_file_delete(struct save *v)
{
	struct uid conversation = {{0}};
	bool was_there;
	enum err e = query_file(v->store, v->fx->target, take_conversation,
				&conversation);

	if (e == ERR_NOT_FOUND)
		return OK;
	if (e == OK)
		e = save_delete_file(v, &v->fx->target, &was_there);
	if (e != OK || !was_there)
		return e;
	return save_journal(v,
			    (struct journal_line){.type = v->fx->journal,
						  .object = &v->fx->target,
						  .conversation = &conversation,
						  .state = FILE_STATE_DELETED});
}
