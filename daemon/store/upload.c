/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/upload.h"

#include <sodium.h>

#include "store/save.h"

/* A transaction of its own. */
static enum err start(struct store *s, uint64_t wall_ms, struct save *v)
{
	*v = (struct save){.store = s, .db = s->db, .wall_ms = wall_ms};
	return store_begin(s);
}

static enum err end(struct save *v, enum err e)
{
	if (e == OK)
		return store_commit(v->store);
	store_rollback(v->store);
	return e;
}

static enum err note_state(struct save *v, const struct uid *id, int state)
{
	return save_journal(v, (struct journal_line){.type = JOURNAL_FILE_STATE,
						     .object = id,
						     .state = (uint64_t)state});
}

/* What there is of an upload. */
struct upload {
	enum file_state state;
	uint64_t size;
	struct blob_name blob;
	uint8_t chunk_log2;
};

static enum err find(struct save *v, const struct uid *id,
		     enum file_state newest, struct upload *out)
{
	struct stmt *q = query_start(v->store, SQL_UPLOAD_STATE, id);
	bool row = false;
	enum err e;

	if (stmt_step(q, &row) == OK && row) {
		out->state = (enum file_state)stmt_take_u64(q);
		out->size = stmt_take_u64(q);
		stmt_take_blob(q, out->blob.b, sizeof(out->blob.b));
		out->chunk_log2 = (uint8_t)stmt_take_u64(q);
	}
	e = query_end(q, row);
	if (e != OK)
		return e;
	return out->state <= newest ? OK : ERR_STATE;
}

/* more: what comes to what is kept already. */
static enum err check_size(struct store *s, uint64_t size, uint64_t more)
{
	struct file_sums sums;
	enum err e;

	if (size > FILE_SIZE_MAX)
		return ERR_RANGE;
	e = query_file_sums(s, NULL, &sums);
	if (e != OK)
		return e;
	return more <= sums.limit_bytes && sums.bytes <= sums.limit_bytes - more
		   ? OK
		   : ERR_FULL;
}

/* PROTOCOL 12.1: fid and key MUST be random and fresh for each file, and a
 * chunk MUST NOT be sealed with the same key and number for two contents. */
static void draw_spec(uint64_t size, struct blob_spec *out)
{
	randombytes_buf(out->name.b, sizeof(out->name.b));
	randombytes_buf(out->plan.fid.b, sizeof(out->plan.fid.b));
	randombytes_buf(out->key.b, sizeof(out->key.b));
	out->plan.size = size;
	out->plan.chunk_log2 = chunk_log2_for(size);
}

static void put_spec(struct stmt *q, const struct blob_spec *spec)
{
	stmt_put_u64(q, spec->plan.size);
	stmt_put_blob(q, spec->plan.fid.b, sizeof(spec->plan.fid.b));
	stmt_put_blob(q, spec->key.b, sizeof(spec->key.b));
	stmt_put_u64(q, spec->plan.chunk_log2);
	stmt_put_blob(q, spec->name.b, sizeof(spec->name.b));
}

static void put_about(struct stmt *q, const struct file_about *a)
{
	stmt_put_text(q, a->name.s);
	stmt_put_u64(q, a->kind);
	stmt_put_text(q, a->media.s);
	stmt_put_blob(q, a->preview.p, a->preview.n);
	stmt_put_u64(q, a->width);
	stmt_put_u64(q, a->height);
	stmt_put_u64(q, a->duration_ms);
}

static enum err insert(struct save *v, const struct file_new *f,
		       const struct blob_spec *spec)
{
	struct stmt *q = db_stmt(v->db, SQL_UPLOAD_INSERT);
	enum err e;

	rowio_put_uid(q, &f->id);
	stmt_put_id(q, f->client_id.b, sizeof(f->client_id.b));
	put_spec(q, spec);
	stmt_put_u64(q, v->wall_ms);
	put_about(q, &f->about);
	stmt_put_u64(q, f->rules.strip);
	stmt_put_blob(q, f->rules.sha256.b,
		      f->rules.has_sha256 ? sizeof(f->rules.sha256.b) : 0);
	e = stmt_run(q);
	return e == OK ? note_state(v, &f->id, FILE_UPLOADING) : e;
}

enum err store_upload_create(struct store *s, const struct file_new *f,
			     uint64_t wall_ms, struct blob_spec *out)
{
	struct blob_spec spec;
	struct save v;
	enum err e = check_size(s, f->size, f->size);

	if (e == OK)
		e = start(s, wall_ms, &v);
	if (e != OK)
		return e;
	draw_spec(f->size, &spec);
	e = end(&v, insert(&v, f, &spec));
	if (e == OK)
		*out = spec;
	sodium_memzero(&spec, sizeof(spec));
	return e;
}

static enum err renew(struct save *v, const struct uid *id,
		      const struct blob_spec *spec)
{
	uint64_t size = spec->plan.size;
	struct upload old;
	struct stmt *q;
	enum err e = find(v, id, FILE_UPLOADING, &old);

	if (e == OK)
		e = check_size(v->store, size,
			       size > old.size ? size - old.size : 0);
	/* The old key was that of what lies on the disk. */
	if (e == OK)
		e = save_note_erasure(v);
	if (e != OK)
		return e;
	tidy_doom(v->store, &old.blob);
	q = db_stmt(v->db, SQL_UPLOAD_RENEW);
	rowio_put_uid(q, id);
	put_spec(q, spec);
	stmt_put_u64(q, v->wall_ms);
	return stmt_run(q);
}

enum err store_upload_renew(struct store *s, struct uid id, uint64_t size,
			    uint64_t wall_ms, struct blob_spec *out)
{
	struct blob_spec spec;
	struct save v;
	enum err e = start(s, wall_ms, &v);

	if (e != OK)
		return e;
	draw_spec(size, &spec);
	e = end(&v, renew(&v, &id, &spec));
	if (e == OK)
		*out = spec;
	sodium_memzero(&spec, sizeof(spec));
	return e;
}

static enum err note(struct save *v, const struct uid *id, uint32_t chunks)
{
	struct upload old;
	struct stmt *q;
	enum err e = find(v, id, FILE_UPLOADING, &old);

	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_UPLOAD_NOTE);
	rowio_put_uid(q, id);
	stmt_put_u64(q, chunks);
	stmt_put_u64(q, v->wall_ms);
	return stmt_run(q);
}

enum err store_upload_note(struct store *s, struct uid id, uint32_t chunks,
			   uint64_t wall_ms)
{
	struct save v;
	enum err e = start(s, wall_ms, &v);

	return e == OK ? end(&v, note(&v, &id, chunks)) : e;
}

static enum err finish(struct save *v, const struct uid *id,
		       const struct blob_sum *sum)
{
	struct chunk_plan plan = {{{0}}, 0, 0};
	struct upload old;
	struct stmt *q;
	enum err e = find(v, id, FILE_UPLOADING, &old);

	if (e != OK)
		return e;
	plan.size = old.size;
	plan.chunk_log2 = old.chunk_log2;
	q = db_stmt(v->db, SQL_UPLOAD_FINISH);
	rowio_put_uid(q, id);
	stmt_put_blob(q, sum->root.b, sizeof(sum->root.b));
	stmt_put_blob(q, sum->sha256.b, sizeof(sum->sha256.b));
	stmt_put_u64(q, v->wall_ms);
	stmt_put_u64(q, chunk_count(&plan));
	e = stmt_run(q);
	return e == OK ? note_state(v, id, FILE_READY) : e;
}

enum err store_upload_finish(struct store *s, struct uid id,
			     const struct blob_sum *sum, uint64_t wall_ms)
{
	struct save v;
	enum err e = start(s, wall_ms, &v);

	return e == OK ? end(&v, finish(&v, &id, sum)) : e;
}

static enum err describe(struct save *v, const struct uid *id,
			 const struct file_about *about)
{
	struct upload old;
	struct stmt *q;
	enum err e = find(v, id, FILE_READY, &old);

	if (e == OK)
		e = save_note_erasure(v);
	if (e != OK)
		return e;
	q = db_stmt(v->db, SQL_UPLOAD_DESCRIBE);
	rowio_put_uid(q, id);
	stmt_put_u64(q, v->wall_ms);
	put_about(q, about);
	e = stmt_run(q);
	return e == OK ? note_state(v, id, (int)old.state) : e;
}

enum err store_upload_describe(struct store *s, struct uid id,
			       const struct file_about *about, uint64_t wall_ms)
{
	struct save v;
	enum err e = start(s, wall_ms, &v);

	return e == OK ? end(&v, describe(&v, &id, about)) : e;
}

enum err store_upload_stale(struct store *s, uint64_t since_ms, struct uid *out)
{
	struct stmt *q = db_stmt(s->db, SQL_UPLOAD_STALE);
	bool row = false;

	stmt_put_u64(q, since_ms);
	if (stmt_step(q, &row) == OK && row)
		*out = rowio_take_uid(q);
	return query_end(q, row);
}

static enum err delete_upload(struct save *v, const struct uid *id)
{
	struct upload old;
	bool was_there;
	enum err e = find(v, id, FILE_READY, &old);

	if (e == OK)
		e = save_delete_file(v, id, &was_there);
	return e == OK ? note_state(v, id, FILE_STATE_DELETED) : e;
}

enum err store_upload_delete(struct store *s, struct uid id, uint64_t wall_ms)
{
	struct save v;
	enum err e = start(s, wall_ms, &v);

	return e == OK ? end(&v, delete_upload(&v, &id)) : e;
}
