/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/upload.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "api/command.h"
#include "api/flow.h"
#include "api/reply.h"
#include "api/state.h"
#include "api/strip.h"
#include "api/work.h"
#include "store/upload.h"
#include "util/mem.h"

#define SYNC_BYTES (UINT64_C(8) << 20)
enum { IDLE_MS = 10 * 60 * 1000 };

typedef struct reply *upload_answer_fn(struct request *r, struct uid file,
				       bool is_whole);

struct upload {
	struct list_node node;
	struct api *api;
	struct uid user, file;
	char *folder;
	struct blob_writer *writer;
	struct blob_spec spec; /* for a resume, or for what it is moved to */
	struct upload_wish wish;
	uint64_t taken; /* of the client's bytes */
	uint64_t noted; /* the same, when it was last synced */
	struct strip *strip;
	bool is_judged; /* whether it needs one */
	uint8_t first[STRIP_MAGIC_BYTES];
	size_t first_bytes;
	crypto_hash_sha256_state sha; /* of what goes through the filter */
	struct request *r;	      /* that is served; NULL: none */
	upload_then_fn *then;
	upload_answer_fn *answer;
	uint64_t idle_ms; /* when it is let go if nothing comes */
	bool is_working, is_doomed, must_move;
	bool is_whole;	  /* and READY */
	bool must_forget; /* the writer is of no use any more */
	bool must_delete;
	/* what a work finds out */
	uint32_t chunks; /* that are there for good, and as they came */
	struct blob_sum sum;
};

static void upload_free(struct upload *u)
{
	list_take(&u->node);
	u->api->upload_count--;
	blob_writer_free(u->writer);
	strip_free(u->strip);
	free(u->folder);
	sodium_memzero(u, sizeof(*u));
	free(u);
}

/* What a thread works on is freed when it has done. */
static void drop(struct upload *u)
{
	u->r = NULL;
	if (u->is_working)
		u->is_doomed = true;
	else
		upload_free(u);
}

static struct store *store_of(const struct upload *u)
{
	return api_store(u->api, u->user);
}

/* Nothing of it is to be left. */
static void erase(struct upload *u)
{
	struct store *s = store_of(u);

	/* What cannot be deleted now is an upload nobody goes on with. */
	if (s && store_upload_delete(s, u->file, api_wall_ms(u->api)) != OK)
		s = NULL;
	if (s)
		api_journal_advanced(u->api, u->user);
	drop(u);
}

static struct upload *find(struct api *a, const struct uid *user,
			   const struct uid *file)
{
	struct list_node *n;

	list_for_each (n, &a->uploads) {
		struct upload *u = list_entry(n, struct upload, node);

		if (!u->is_doomed && uid_is_equal(&u->file, file) &&
		    uid_is_equal(&u->user, user))
			return u;
	}
	return NULL;
}

static bool make_room(struct api *a)
{
	struct upload *oldest = NULL;
	struct list_node *n;

	if (a->upload_count < UPLOADS_MAX)
		return true;
	list_for_each (n, &a->uploads) {
		struct upload *u = list_entry(n, struct upload, node);

		if (!u->r && !u->is_working &&
		    (!oldest || u->idle_ms < oldest->idle_ms))
			oldest = u;
	}
	if (oldest)
		upload_free(oldest);
	return oldest != NULL;
}

static struct upload *add(struct request *r, struct uid file,
			  const struct blob_spec *spec,
			  const struct upload_wish *wish)
{
	struct upload *u;
	struct api *a = r->api;

	if (!make_room(a))
		return NULL;
	u = xcalloc(1, sizeof(*u));
	u->api = a;
	u->user = request_user(r);
	u->file = file;
	u->folder = xstrdup(store_blobs(r->store));
	u->spec = *spec;
	u->wish = *wish;
	u->idle_ms = api_mono_ms(a) + IDLE_MS;
	crypto_hash_sha256_init(&u->sha);
	list_put_last(&a->uploads, &u->node);
	a->upload_count++;
	return u;
}

struct upload *upload_begin(struct request *r, struct uid file,
			    const struct blob_spec *spec,
			    const struct upload_wish *wish, enum err *e)
{
	struct upload *u = add(r, file, spec, wish);

	*e = ERR_FULL;
	if (!u)
		return NULL;
	*e = blob_writer_new(u->folder, spec,
			     store_file_limits(r->store)->keep_free_bytes,
			     &u->writer);
	sodium_memzero(&u->spec, sizeof(u->spec));
	if (*e == OK)
		return u;
	upload_free(u);
	return NULL;
}

uint64_t upload_offset(const struct upload *u)
{
	return u->taken;
}

uint64_t upload_size(const struct upload *u)
{
	return u->wish.size;
}

/* Going on after a restart. */

static enum err run_resume(void *arg)
{
	struct upload *u = arg;

	/* It may have gone through the filter, which does not remember. */
	if (u->chunks == 0)
		return ERR_STATE;
	return blob_writer_resume(u->folder, &u->spec, &u->writer);
}

/* There is nothing that could be gone on with: from the start. */
static enum err begin_anew(struct upload *u, struct store *s)
{
	enum err e = store_upload_renew(s, u->file, u->wish.size,
					api_wall_ms(u->api), &u->spec);

	if (e)
		return e;
	return blob_writer_new(u->folder, &u->spec,
			       store_file_limits(s)->keep_free_bytes,
			       &u->writer);
}

/* The end of a work: false if nobody cares any more. */
static bool come_back(struct upload *u)
{
	u->is_working = false;
	u->idle_ms = api_mono_ms(u->api) + IDLE_MS;
	if (!u->is_doomed && store_of(u))
		return true;
	if (u->r && u->r->flow)
		flow_answer(u->r, command_locked(u->r, u->user));
	upload_free(u);
	return false;
}

static void on_resumed(void *arg, enum err e)
{
	struct upload *u = arg;
	struct request *r = u->r;
	struct reply *reply;

	if (!come_back(u))
		return;
	if (e == ERR_STATE || e == ERR_NOT_FOUND)
		e = begin_anew(u, store_of(u));
	sodium_memzero(&u->spec, sizeof(u->spec));
	u->taken = u->noted = e ? 0 : blob_writer_offset(u->writer);
	/* It needs no filter: see on_synced(). */
	if (u->taken > 0)
		u->is_judged = true;
	u->r = NULL;
	if (!r) {
		if (e)
			upload_free(u);
		return;
	}
	flow_free(r);
	r->store = store_of(u);
	reply = u->then(r, e ? NULL : u, e);
	r->store = NULL;
	if (e)
		upload_free(u);
	reply_send(r, reply);
}

static void on_open_dropped(void *ctx)
{
	struct upload *u = ctx;

	if (u->r && u->is_working)
		u->r = NULL;
}

static const struct flow_kind opening = {.drop = on_open_dropped};

static void start(struct upload *u, work_run_fn *run, work_done_fn *done)
{
	u->is_working = true;
	flow_hold(u->r, true);
	work_start(u->api, run, done, u);
}

struct reply *upload_open(struct request *r, const struct file_info *f,
			  upload_then_fn *then)
{
	const struct upload_wish wish = {.size = f->row.size,
					 .rules = f->rules};
	struct upload *u = find(r->api, &request_user(r), &f->row.id);
	struct blob_spec spec;
	struct reply *reply;

	if (u && (u->r || u->is_working))
		return reply_error(r, PROBLEM_CONFLICT,
				   "another request brings this file");
	if (u)
		return then(r, u, OK);
	spec = file_info_spec(f);
	u = add(r, f->row.id, &spec, &wish);
	sodium_memzero(&spec, sizeof(spec));
	if (!u)
		return reply_error(r, PROBLEM_STORE_BUSY, "too many uploads");
	u->r = r;
	u->then = then;
	u->chunks = f->row.have_count;
	reply = flow_in(r, &opening, u);
	start(u, run_resume, on_resumed);
	return reply;
}

/* The bytes of the client. */

static enum err on_left(void *ctx, struct bytes b)
{
	struct upload *u = ctx;

	return blob_writer_put(u->writer, b);
}

static enum err pass(struct upload *u, struct bytes b)
{
	if (b.n == 0)
		return OK;
	return u->strip ? strip_put(u->strip, b) : on_left(u, b);
}

/* What it begins with is here, or all of it. */
static enum err judge(struct upload *u)
{
	struct bytes first = bytes_of(u->first, u->first_bytes);
	enum strip_kind kind;
	bool is_picture = strip_find(first, &kind);

	u->is_judged = true;
	if (!is_picture && u->wish.rules.strip == UPLOAD_STRIP_YES)
		return ERR_SYNTAX;
	if (is_picture && u->wish.rules.strip != UPLOAD_STRIP_NO)
		u->strip = strip_new(kind, on_left, u);
	return pass(u, first);
}

static enum err put(struct upload *u, struct bytes piece)
{
	size_t n = sizeof(u->first) - u->first_bytes;
	enum err e;

	u->taken += piece.n;
	if (u->wish.rules.has_sha256 && (u->strip || !u->is_judged))
		crypto_hash_sha256_update(&u->sha, piece.p, piece.n);
	if (u->is_judged)
		return pass(u, piece);
	if (n > piece.n)
		n = piece.n;
	memcpy(u->first + u->first_bytes, piece.p, n);
	u->first_bytes += n;
	if (u->first_bytes < sizeof(u->first))
		return OK;
	e = judge(u);
	return e ? e : pass(u, bytes_of(piece.p + n, piece.n - n));
}

static struct reply *fail(struct request *r, struct upload *u, enum err e)
{
	struct fault f = {.parameter = "strip_metadata",
			  .code = "not_possible",
			  .detail =
			      "it is no picture that this can be done to"};

	u->must_forget = true;
	if (e != ERR_SYNTAX)
		return reply_err(r, e);
	u->must_delete = true;
	return reply_faults(r, &f, 1);
}

static enum err run_sync(void *arg)
{
	struct upload *u = arg;

	return blob_writer_sync(u->writer, &u->chunks);
}

static void on_synced(void *arg, enum err e)
{
	struct upload *u = arg;
	struct request *r = u->r;

	if (!come_back(u))
		return;
	u->noted = u->taken;
	/* Nothing of the filter survives a restart, so neither may this. */
	if (e == OK && !u->strip)
		e = store_upload_note(store_of(u), u->file, u->chunks,
				      api_wall_ms(u->api));
	if (e)
		u->must_forget = true;
	if (r && e)
		flow_answer(r, reply_err(r, e));
	else if (r)
		flow_hold(r, false);
	else if (e)
		upload_free(u);
}

static struct reply *on_piece(struct request *r, void *ctx, struct bytes piece)
{
	struct upload *u = ctx;
	enum err e;

	if (piece.n > u->wish.size - u->taken)
		return reply_error(r, PROBLEM_TOO_LARGE, NULL);
	e = put(u, piece);
	if (e)
		return fail(r, u, e);
	if (u->taken - u->noted >= SYNC_BYTES)
		start(u, run_sync, on_synced);
	return NULL;
}

/* Its end. */

static void on_dropped(void *ctx)
{
	struct upload *u = ctx;

	u->r = NULL;
	if (u->must_delete || (u->wish.is_once && !u->is_whole))
		erase(u);
	else if (u->must_forget)
		drop(u);
}

static enum err run_finish(void *arg)
{
	struct upload *u = arg;
	struct blob_writer *moved;
	enum err e;

	if (u->must_move) {
		e = blob_writer_move(u->writer, u->folder, &u->spec, &moved);
		if (e)
			return e;
		u->writer = moved;
	}
	return blob_writer_finish(u->writer, &u->sum);
}

/* What came is what is kept, but for the filter. */
static bool is_as_promised(struct upload *u)
{
	struct hash32 got = u->sum.sha256;

	if (!u->wish.rules.has_sha256)
		return true;
	if (u->strip)
		crypto_hash_sha256_final(&u->sha, got.b);
	return memcmp(got.b, u->wish.rules.sha256.b, sizeof(got.b)) == 0;
}

static struct reply *refuse(struct request *r)
{
	struct fault f = {.pointer = "/sha256",
			  .code = "mismatch",
			  .detail = "the content has another"};

	return reply_faults(r, &f, 1);
}

static void on_finished(void *arg, enum err e)
{
	struct upload *u = arg;
	struct request *r = u->r;
	struct reply *reply;
	bool is_right;

	if (!come_back(u))
		return;
	sodium_memzero(&u->spec, sizeof(u->spec));
	is_right = e || is_as_promised(u);
	if (e == OK && is_right)
		e = store_upload_finish(store_of(u), u->file, &u->sum,
					api_wall_ms(u->api));
	u->is_whole = e == OK && is_right;
	if (u->is_whole)
		api_journal_advanced(u->api, u->user);
	u->must_forget = true;
	/* Half moved it is neither the one nor the other. */
	u->must_delete = !is_right || (e && u->must_move);
	if (!r) {
		on_dropped(u);
		return;
	}
	r->store = store_of(u);
	if (u->is_whole)
		reply = u->answer(r, u->file, true);
	else
		reply = e ? reply_err(r, e) : refuse(r);
	r->store = NULL;
	flow_answer(r, reply);
}

static struct reply *on_end(struct request *r, void *ctx)
{
	struct upload *u = ctx;
	uint64_t left;
	enum err e = OK;

	if (u->taken < u->wish.size)
		return u->answer(r, u->file, false);
	if (!u->is_judged)
		e = judge(u);
	if (e)
		return fail(r, u, e);
	left = blob_writer_offset(u->writer);
	u->must_move = left < u->wish.size;
	if (u->must_move)
		e = store_upload_renew(r->store, u->file, left,
				       api_wall_ms(u->api), &u->spec);
	if (e)
		return fail(r, u, e);
	start(u, run_finish, on_finished);
	return reply_later(r);
}

static const struct flow_kind taking = {
    .take = on_piece, .end = on_end, .drop = on_dropped};

struct reply *upload_take(struct request *r, struct upload *u,
			  upload_answer_fn *answer)
{
	u->r = r;
	u->answer = answer;
	return flow_in(r, &taking, u);
}

/* For everybody else. */

bool uploads_find(struct api *a, struct uid user, struct uid file,
		  uint64_t *offset)
{
	const struct upload *u = find(a, &user, &file);

	if (!u || !u->writer)
		return false;
	*offset = u->taken;
	return true;
}

void uploads_forget(struct api *a, struct uid user, struct uid file)
{
	struct upload *u = find(a, &user, &file);

	if (!u)
		return;
	if (u->r && u->r->flow) {
		u->must_forget = true;
		flow_answer(u->r, reply_err(u->r, ERR_NOT_FOUND));
		u = find(a, &user, &file);
	}
	if (u)
		drop(u);
}

void uploads_end_user(struct api *a, const struct uid *user)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->uploads) {
		struct upload *u = list_entry(n, struct upload, node);

		if (uid_is_equal(&u->user, user))
			drop(u);
	}
}

void uploads_free_all(struct api *a)
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->uploads)
		drop(list_entry(n, struct upload, node));
}

static bool is_idle(const struct upload *u)
{
	return !u->r && !u->is_working;
}

uint64_t uploads_deadline(const struct api *a)
{
	uint64_t due_ms = UINT64_MAX;
	struct list_node *n;

	list_for_each (n, &a->uploads) {
		const struct upload *u = list_entry(n, struct upload, node);

		if (is_idle(u) && u->idle_ms < due_ms)
			due_ms = u->idle_ms;
	}
	return due_ms;
}

void uploads_tick(struct api *a)
{
	uint64_t now_ms = api_mono_ms(a);
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->uploads) {
		struct upload *u = list_entry(n, struct upload, node);

		if (is_idle(u) && u->idle_ms <= now_ms)
			upload_free(u);
	}
}
