/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * import - the rows of an archive into a new store, one by one and by the same
 * ways by which a node's rows come there.
 *
 * Whoever made the archive knew the passphrase and nothing else is known of
 * him: what he says is looked at as if a contact had said it.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/message.h"
#include "store/backup.h"
#include "store/backup_rows.h"
#include "store/inside.h"
#include "store/query_file.h"
#include "store/rowio.h"
#include "store/save.h"
#include "util/mem.h"

enum { BATCH = 500 /* rows of one transaction */ };

/* What has to be said of a contact when all of his messages are there. */
struct person {
	struct uid id;
	uint64_t sent, received; /* numbers given out */
	struct uid read_up_to;
};

struct importer {
	struct store *store;
	struct archive_reader *in;
	struct backup_watch *watch;
	uint64_t wall_ms;
	struct person people[CELLS_MAX];
	size_t count;
	unsigned in_batch;
	uint8_t body[RECORD_BYTES_MAX];
};

/* What does not fit what is there already is no export of ours. */
static enum err blame(enum err e)
{
	switch (e) {
	case ERR_EXISTS:
	case ERR_NOT_FOUND:
	case ERR_STATE:
	case ERR_RANGE: return ERR_CORRUPT;
	case OK:
	case ERR_SHORT:
	case ERR_SYNTAX:
	case ERR_AUTH:
	case ERR_FULL:
	case ERR_IO:
	case ERR_NO_SPACE:
	case ERR_CORRUPT:
	case ERR_VERSION:
	case ERR_CLOSED: break;
	}
	return e;
}

static enum err apply(struct importer *m, const struct effect *e)
{
	return blame(store_apply(m->store, e, m->wall_ms));
}

static struct person *find_person(struct importer *m, const struct uid *id)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		if (uid_is_equal(&m->people[i].id, id))
			return &m->people[i];
	return NULL;
}

/* The door is a service that only one copy can have: there is a new one. */
static enum err put_self(struct importer *m, const struct backup_user *v)
{
	struct effect e = {.type = FX_SAVE_SELF};
	enum err err;

	if (!v->has_self)
		return OK;
	e.self = v->self;
	randombytes_buf(e.self.door.b, sizeof(e.self.door.b));
	e.self.door_created_ms = m->wall_ms;
	err = apply(m, &e);
	sodium_memzero(&e, sizeof(e));
	return err;
}

static enum err put_settings(struct importer *m, const struct backup_contact *v)
{
	struct effect e = {.type = FX_SAVE_CONVERSATION};

	e.conversation = (struct cmd_conversation_set){
	    .contact_id = v->row.id,
	    .fields = CONVERSATION_MUTED | CONVERSATION_ARCHIVED |
		      CONVERSATION_PINNED | CONVERSATION_DRAFT,
	    .muted_until_ms = v->muted_until_ms,
	    .archived = v->archived,
	    .pinned = v->pinned,
	    .draft = v->draft,
	};
	return apply(m, &e);
}

static enum err put_contact(struct importer *m, struct bytes body)
{
	struct effect e = {.type = FX_SAVE_CONTACT};
	struct backup_contact v;
	enum err err = record_take_contact(body, &v);

	if (err == OK && (m->count == CELLS_MAX || find_person(m, &v.row.id)))
		err = ERR_CORRUPT;
	if (err != OK)
		return err;
	e.contact = v.row;
	e.contact.state = CONTACT_DETACHED;
	e.contact.n.send_next = e.contact.n.recv_next = 1;
	err = apply(m, &e);
	if (err == OK)
		err = put_settings(m, &v);
	m->people[m->count++] =
	    (struct person){.id = v.row.id, .read_up_to = v.read_up_to};
	return err;
}

static enum err put_reaction(struct importer *m, const struct backup_message *v,
			     enum message_dir side)
{
	struct effect e = {.type = FX_SAVE_CHANGE};

	if (!v->emoji[side].s[0])
		return OK;
	e.change = (struct change_row){.contact_id = v->row.contact_id,
				       .kind = CHANGE_REACTION,
				       .by = side,
				       .ref = v->row.mid,
				       .emoji = v->emoji[side],
				       .at_ms = v->emoji_ms[side]};
	return apply(m, &e);
}

static enum err put_times(struct importer *m, const struct backup_message *v)
{
	struct stmt *q = db_stmt(m->store->db, SQL_IMPORT_MESSAGE);

	rowio_put_uid(q, &v->row.id);
	stmt_put_u64(q, v->delivered_ms);
	stmt_put_u64(q, v->read_ms);
	stmt_put_u64(q, v->edited_ms);
	stmt_put_u64(q, v->expires_ms);
	stmt_put_u64(q, v->problem);
	return blame(stmt_run(q));
}

/* Numbers of its own, since those of the relation mean nothing any more; and
 * what was not delivered never will be. */
static void settle(struct person *p, struct backup_message *v)
{
	struct message_fields f = {.has_ttl = v->row.kind == MESSAGE_TIMER,
				   .ttl_s = v->timer_s,
				   .reply_to = v->reply_to};
	struct message_row *r = &v->row;

	r->seq = r->dir == MESSAGE_OUT ? ++p->sent : ++p->received;
	if (r->dir == MESSAGE_OUT && r->state < MESSAGE_DELIVERED) {
		r->state = MESSAGE_FAILED;
		v->problem = PROBLEM_DETACHED;
	}
	f.has_reply_to = !sodium_is_zero(f.reply_to.b, sizeof(f.reply_to.b));
	if (!r->deleted && message_kind_is_known(r->kind))
		r->extra_bytes = message_fields_write(&f, r->extra);
}

static enum err put_message(struct importer *m, struct bytes body)
{
	struct effect e = {.type = FX_SAVE_MESSAGE};
	struct backup_message v;
	struct person *p = NULL;
	struct target there;
	enum err err = record_take_message(body, &v);

	if (err == OK)
		p = find_person(m, &v.row.contact_id);
	if (err == OK && (!p || query_target(m->store, v.row.id, &there) == OK))
		err = ERR_CORRUPT;
	if (err != OK)
		return err;
	settle(p, &v);
	e.message = v.row;
	err = apply(m, &e);
	/* An incoming one whose mid is known is skipped without a word. */
	if (err == OK)
		err = blame(query_target(m->store, v.row.id, &there));
	if (err == OK)
		err = put_times(m, &v);
	if (err == OK)
		err = put_reaction(m, &v, MESSAGE_IN);
	if (err == OK)
		err = put_reaction(m, &v, MESSAGE_OUT);
	sodium_memzero(&v, sizeof(v));
	sodium_memzero(&e, sizeof(e));
	return err;
}

/* The bytes of a file. */

struct intake {
	struct blob *blob;
	const struct file_row *row;
	struct chunk_plan plan;
	bool is_sound; /* so far */
};

static bool is_piece_sound(const struct intake *t, uint32_t i,
			   const uint8_t *piece)
{
	struct hash32 root;

	if (i != BLOB_MANIFEST)
		return chunk_check(&t->plan, &t->row->key, i, piece) == OK;
	manifest_root(&t->plan, piece, &root);
	return memcmp(&root, &t->row->root, sizeof(root)) == 0;
}

static enum err take_piece(struct importer *m, struct intake *t, uint32_t i)
{
	size_t n = blob_piece_bytes(&t->plan, i);
	uint8_t *piece = xcalloc(1, n + 1);
	enum err e = archive_get(m->in, piece, n);

	if (e == OK && atomic_load(&m->watch->is_cancelled))
		e = ERR_CLOSED;
	if (e == OK && !is_piece_sound(t, i, piece))
		t->is_sound = false;
	if (e == OK && t->is_sound)
		e = blob_write(t->blob, &t->plan, i, bytes_of(piece, n));
	atomic_store(&m->watch->percent, archive_percent(m->in));
	xfree(piece, n + 1);
	return e;
}

static enum err take_blob(struct importer *m, struct intake *t,
			  const struct blob_name *name)
{
	uint64_t keep = m->store->file_limits.keep_free_bytes;
	uint32_t i, count = chunk_count(&t->plan);
	enum err e = blob_create(m->store->blobs, name, &t->blob);

	if (e != OK)
		return e;
	t->is_sound = true;
	e = blob_reserve(t->blob, &t->plan, keep);
	for (i = 0; i < count && e == OK; i++)
		e = take_piece(m, t, i);
	if (e == OK)
		e = take_piece(m, t, BLOB_MANIFEST);
	if (e == OK)
		e = blob_sync(t->blob);
	blob_close(t->blob);
	if (e != OK || !t->is_sound)
		blob_drop(m->store->blobs, name);
	return e;
}

/* What it is now, that its relation is gone.  had_bytes: some came, and were
 * not what they should be. */
static void settle_file(struct file_row *r, bool is_here, bool had_bytes)
{
	struct chunk_plan plan = {r->fid, r->size, r->chunk_log2};
	bool is_over = r->state == FILE_FAILED || r->state == FILE_CANCELLED;

	r->expires_ms = 0;
	r->have_count = is_here ? chunk_count(&plan) : 0;
	if (is_here ? is_over || r->state == FILE_DONE
		    : is_over && r->dir == MESSAGE_IN)
		return;
	r->state = FILE_FAILED;
	if (is_here)
		r->problem = FILE_EXPIRED;
	else if (had_bytes && r->dir == MESSAGE_IN)
		r->problem = FILE_CORRUPT;
	else
		r->problem = FILE_GONE;
}

static enum err insert_file(struct importer *m, const struct backup_file *v,
			    const struct blob_name *blob)
{
	struct effect e = {.type = FX_SAVE_FILE, .file = v->row};
	struct save s = {.store = m->store,
			 .db = m->store->db,
			 .fx = &e,
			 .wall_ms = m->wall_ms};
	const struct file_desc d = {.preview = v->preview,
				    .width = v->width,
				    .height = v->height,
				    .duration_ms = v->duration_ms};
	struct stmt *q;
	enum err err = save_insert_file(&s, &d, blob);

	sodium_memzero(&e, sizeof(e));
	if (err != OK)
		return blame(err);
	q = db_stmt(m->store->db, SQL_IMPORT_FILE);
	rowio_put_uid(q, &v->row.id);
	stmt_put_id(q, v->client_id.b, sizeof(v->client_id.b));
	stmt_put_id(q, v->sha256.b, sizeof(v->sha256.b));
	return blame(stmt_run(q));
}

static bool note_file(void *ctx, const struct file_info *f)
{
	(void)f;
	*(bool *)ctx = true;
	return false;
}

/* Is there the message that offers it, and no other? */
static enum err check_offer(struct importer *m, struct file_row *r)
{
	struct target t;
	bool has_file = false;
	enum err e = blame(query_target(m->store, r->message_id, &t));

	if (e == OK)
		e = query_message_files(m->store, r->message_id, note_file,
					&has_file);
	if (e != OK)
		return e;
	r->mid = t.mid;
	return !has_file && t.kind == MESSAGE_FILE && !t.deleted &&
		       t.dir == r->dir &&
		       uid_is_equal(&t.contact_id, &r->contact_id)
		   ? OK
		   : ERR_CORRUPT;
}

static enum err put_file(struct importer *m, struct bytes body)
{
	struct intake t = {.is_sound = false};
	struct blob_name name;
	struct backup_file v;
	enum err e = record_take_file(body, &v);

	if (e == OK)
		e = check_offer(m, &v.row);
	if (e == OK && v.blob_bytes > 0 && !file_is_here(&v.row))
		e = ERR_CORRUPT;
	if (e != OK)
		return e;
	/* The disk is asked for no more than there is. */
	if (v.blob_bytes > archive_left(m->in))
		return ERR_SHORT;
	randombytes_buf(name.b, sizeof(name.b));
	t.row = &v.row;
	t.plan = (struct chunk_plan){v.row.fid, v.row.size, v.row.chunk_log2};
	if (v.blob_bytes > 0)
		e = take_blob(m, &t, &name);
	settle_file(&v.row, t.is_sound, v.blob_bytes > 0);
	if (e == OK)
		e = insert_file(m, &v, &name);
	sodium_memzero(&v, sizeof(v));
	return e;
}

/* The stream of records. */

static enum err read_record(struct archive_reader *in, uint8_t *type,
			    uint8_t *body, struct bytes *out)
{
	uint8_t head[RECORD_HEAD_BYTES];
	enum err e = archive_get(in, head, sizeof(head));
	uint32_t n = be32_get(head + 1);

	if (e != OK)
		return e;
	if (n > RECORD_BYTES_MAX)
		return ERR_CORRUPT;
	*type = head[0];
	*out = bytes_of(body, n);
	return archive_get(in, body, n);
}

/* RECORD_USER comes once, and who wants to know the user has read it. */
static enum err take_record(struct importer *m, uint8_t type, struct bytes body)
{
	switch (type) {
	case RECORD_CONTACT: return put_contact(m, body);
	case RECORD_MESSAGE: return put_message(m, body);
	case RECORD_FILE: return put_file(m, body);
	default: return ERR_CORRUPT;
	}
}

/* A commit now and then: a transaction must not grow without end. */
static enum err pause_batch(struct importer *m)
{
	enum err e;

	if (atomic_load(&m->watch->is_cancelled))
		return ERR_CLOSED;
	if (++m->in_batch < BATCH)
		return OK;
	m->in_batch = 0;
	atomic_store(&m->watch->percent, archive_percent(m->in));
	e = store_commit(m->store);
	return e == OK ? store_begin(m->store) : e;
}

static enum err take_all(struct importer *m)
{
	struct bytes body;
	uint8_t type = 0;
	enum err e = OK;

	while (e == OK) {
		e = read_record(m->in, &type, m->body, &body);
		if (e == OK && type == RECORD_END)
			return body.n == 0 ? archive_end(m->in) : ERR_CORRUPT;
		if (e == OK)
			e = take_record(m, type, body);
		if (e == OK)
			e = pause_batch(m);
	}
	return e;
}

static enum err finish_person(struct importer *m, const struct person *p)
{
	struct effect e = {.type = FX_SAVE_COUNTERS};
	enum err err;

	e.counters.contact_id = p->id;
	e.counters.n = (struct counters){.send_next = p->sent + 1,
					 .send_high = p->sent,
					 .peer_acked = p->sent,
					 .recv_next = 1};
	err = apply(m, &e);
	if (err != OK || uid_is_zero(&p->read_up_to))
		return err;
	e = (struct effect){.type = FX_SAVE_READ};
	e.read =
	    (struct cmd_read){.contact_id = p->id, .message_id = p->read_up_to};
	return apply(m, &e);
}

static enum err take_in(struct importer *m, const struct backup_user *user)
{
	enum err e = put_self(m, user);
	size_t i;

	if (e == OK && user->preferences.s[0])
		e = blame(preferences_save(m->store, &user->preferences));
	if (e == OK)
		e = take_all(m);
	for (i = 0; i < m->count && e == OK; i++)
		e = finish_person(m, &m->people[i]);
	return e == OK ? store_commit(m->store) : e;
}

enum err import_user(struct archive_reader *r, struct backup_user *out)
{
	uint8_t *body = xcalloc(1, RECORD_BYTES_MAX), type = 0;
	struct bytes b;
	enum err e = read_record(r, &type, body, &b);

	if (e == OK && type != RECORD_USER)
		e = ERR_CORRUPT;
	if (e == OK)
		e = record_take_user(b, out);
	xfree(body, RECORD_BYTES_MAX);
	return e;
}

enum err import_all(struct store *s, struct archive_reader *r,
		    const struct backup_user *user, uint64_t wall_ms,
		    struct backup_watch *watch)
{
	struct importer *m = xcalloc(1, sizeof(*m));
	enum err e;

	*m = (struct importer){
	    .store = s, .in = r, .watch = watch, .wall_ms = wall_ms};
	e = store_begin(s);
	if (e == OK)
		e = take_in(m, user);
	store_rollback(s);
	xfree(m, sizeof(*m));
	return e;
}
