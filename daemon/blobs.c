/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "blobs.h"

#include <stdlib.h>
#include <string.h>

#include "net/timer.h"
#include "store/query.h"
#include "util/clock.h"
#include "util/list.h"
#include "util/mem.h"
#include "worker.h"

enum {
	IDLE_MS = 30 * 1000,
	OPEN_MAX = 64, /* of one user, while some are idle */
};

/* A file that is, or will be, open. */
struct file {
	struct list_node node; /* in its user */
	struct uid id;
	struct chunk_plan plan;
	struct blob_name name;
	char *folder;
	unsigned uses; /* jobs, and its user */
	uint64_t used_ms;
	/* Of the worker, while there are jobs: */
	struct blob *blob; /* NULL: not open */
	bool is_lost;	   /* a sync failed: what was written may not stay */
};

struct job {
	struct list_node node;	 /* in struct blobs */
	struct blobs_user *user; /* NULL: nobody waits for the answer */
	struct file *file;	 /* NULL: err says why */
	struct uid file_id;
	enum blob_op op;
	uint32_t index;
	uint64_t keep_free_bytes;
	uint8_t *data; /* WRITE; READ, when it is done */
	size_t n;
	enum err err;
};

struct blobs_user {
	struct list_node node;
	struct blobs *all;
	struct blobs_owner owner;
	struct list files;
	size_t count;
};

struct blobs {
	struct worker *worker;
	struct timer *timer;
	struct list users, jobs;
};

static void let_go(struct file *f)
{
	if (!f || --f->uses > 0)
		return;
	blob_close(f->blob);
	free(f->folder);
	free(f);
}

static void take_out(struct blobs_user *u, struct file *f)
{
	list_take(&f->node);
	u->count--;
	let_go(f);
}

static bool is_idle(const struct file *f)
{
	return f->uses == 1;
}

static void close_idle(struct blobs_user *u, uint64_t before_ms)
{
	struct list_node *n, *next;

	list_for_each_safe (n, next, &u->files) {
		struct file *f = list_entry(n, struct file, node);

		if (is_idle(f) && f->used_ms <= before_ms)
			take_out(u, f);
	}
}

static void on_timer(void *ctx)
{
	struct blobs *b = ctx;
	uint64_t now_ms = clock_mono_ms();
	struct list_node *n;

	for (n = b->users.head.next; n != &b->users.head; n = n->next)
		close_idle(list_entry(n, struct blobs_user, node),
			   now_ms > IDLE_MS ? now_ms - IDLE_MS : 0);
	timer_set_ms(b->timer, now_ms + IDLE_MS);
}

struct blobs *blobs_new(struct event_base *base, struct worker *w)
{
	struct blobs *b = xcalloc(1, sizeof(*b));

	b->worker = w;
	b->timer = timer_new(base, on_timer, b);
	list_init(&b->users);
	list_init(&b->jobs);
	timer_set_ms(b->timer, clock_mono_ms() + IDLE_MS);
	return b;
}

static void free_job(struct job *j)
{
	list_take(&j->node);
	let_go(j->file);
	free(j->data);
	free(j);
}

void blobs_free(struct blobs *b)
{
	struct list_node *n, *next;

	if (!b)
		return;
	list_for_each_safe (n, next, &b->jobs)
		free_job(list_entry(n, struct job, node));
	timer_free(b->timer);
	free(b);
}

struct blobs_user *blobs_add(struct blobs *b, const struct blobs_owner *owner)
{
	struct blobs_user *u = xcalloc(1, sizeof(*u));

	u->all = b;
	u->owner = *owner;
	list_init(&u->files);
	list_put_last(&b->users, &u->node);
	return u;
}

void blobs_drop_all(struct blobs_user *u)
{
	struct list_node *n, *next;

	list_for_each_safe (n, next, &u->all->jobs) {
		struct job *j = list_entry(n, struct job, node);

		if (j->user == u)
			j->user = NULL;
	}
	list_for_each_safe (n, next, &u->files)
		take_out(u, list_entry(n, struct file, node));
}

void blobs_remove(struct blobs_user *u)
{
	if (!u)
		return;
	blobs_drop_all(u);
	list_take(&u->node);
	free(u);
}

static struct file *find(struct blobs_user *u, const struct uid *id)
{
	struct list_node *n, *next;

	list_for_each_safe (n, next, &u->files) {
		struct file *f = list_entry(n, struct file, node);

		if (uid_is_equal(&f->id, id))
			return f;
	}
	return NULL;
}

void blobs_forget(struct blobs_user *u, struct uid file_id)
{
	struct file *f = find(u, &file_id);

	if (f)
		take_out(u, f);
}

static bool take_row(void *ctx, const struct file_info *info)
{
	struct file *f = ctx;

	f->plan = (struct chunk_plan){.fid = info->row.fid,
				      .size = info->row.size,
				      .chunk_log2 = info->row.chunk_log2};
	f->name = info->blob;
	return true;
}

static enum err need_file(struct blobs_user *u, const struct uid *id,
			  struct file **out)
{
	struct file *f = find(u, id);
	enum err e;

	if (f) {
		*out = f;
		return OK;
	}
	f = xcalloc(1, sizeof(*f));
	e = query_file(u->owner.store, *id, take_row, f);
	if (e != OK) {
		free(f);
		return e;
	}
	if (u->count >= OPEN_MAX)
		close_idle(u, UINT64_MAX);
	f->id = *id;
	f->folder = xstrdup(store_blobs(u->owner.store));
	f->uses = 1;
	list_put_last(&u->files, &f->node);
	u->count++;
	*out = f;
	return OK;
}

/* --- in the worker --- */

static enum err need_blob(const struct job *j)
{
	struct file *f = j->file;
	enum err e;

	/* Who opens it begins anew, from what earlier syncs made safe. */
	if (f->is_lost && j->op == BLOB_OPEN) {
		blob_close(f->blob);
		f->blob = NULL;
		f->is_lost = false;
	}
	if (f->is_lost)
		return ERR_IO;
	if (f->blob)
		return OK;
	e = blob_open(f->folder, &f->name, &f->blob);
	if (e == ERR_NOT_FOUND && j->op == BLOB_OPEN)
		e = blob_create(f->folder, &f->name, &f->blob);
	return e;
}

static enum err read_piece(struct job *j)
{
	const struct chunk_plan *p = &j->file->plan;
	enum err e;

	j->n = blob_piece_bytes(p, j->index);
	j->data = xrealloc(NULL, j->n);
	e = blob_read(j->file->blob, p, j->index, j->data);
	if (e != OK)
		j->n = 0;
	return e;
}

static enum err sync_file(struct job *j)
{
	enum err e = blob_sync(j->file->blob);

	/* The next sync would say OK of what was lost by this one. */
	if (e != OK)
		j->file->is_lost = true;
	return e;
}

static enum err carry_out(struct job *j)
{
	struct file *f = j->file;

	switch (j->op) {
	case BLOB_OPEN:
		return blob_reserve(f->blob, &f->plan, j->keep_free_bytes);
	case BLOB_READ: return read_piece(j);
	case BLOB_WRITE:
		return blob_write(f->blob, &f->plan, j->index,
				  bytes_of(j->data, j->n));
	case BLOB_SYNC: return sync_file(j);
	}
	return ERR_STATE;
}

static void run(void *arg)
{
	struct job *j = arg;

	if (j->err == OK)
		j->err = need_blob(j);
	if (j->err == OK)
		j->err = carry_out(j);
}

/* --- in the loop --- */

static bool is_unwanted(void *ctx, const struct file_info *info)
{
	*(bool *)ctx =
	    info->row.dir == MESSAGE_IN && (info->row.state == FILE_FAILED ||
					    info->row.state == FILE_CANCELLED);
	return true;
}

/* Made for a file that was deleted, or given up, in the meantime. */
static void drop_if_late(struct blobs_user *u, const struct job *j)
{
	bool unwanted = true;
	enum err e;

	if (j->op != BLOB_OPEN || j->err != OK)
		return;
	e = query_file(u->owner.store, j->file_id, is_unwanted, &unwanted);
	if ((e != OK && e != ERR_NOT_FOUND) || !unwanted)
		return;
	blob_drop(j->file->folder, &j->file->name);
	/* With its message or its contact it went unsaid: the room that was
	 * reserved for it is not given back while it is open. */
	if (find(u, &j->file_id) == j->file)
		take_out(u, j->file);
}

static void on_done(void *arg)
{
	struct job *j = arg;
	struct event ev = {.type = EV_BLOB};

	if (j->user)
		drop_if_late(j->user, j);

	ev.blob.file_id = j->file_id;
	ev.blob.op = j->op;
	ev.blob.index = j->index;
	ev.blob.err = j->err;
	if (j->op == BLOB_READ)
		ev.blob.bytes = bytes_of(j->data, j->n);
	if (j->user)
		j->user->owner.step(j->user->owner.ctx, &ev);
	free_job(j);
}

static struct job *job_of(struct blobs_user *u, const struct effect *e)
{
	const struct file_limits *limits = store_file_limits(u->owner.store);
	struct job *j = xcalloc(1, sizeof(*j));

	j->user = u;
	j->file_id = e->blob.file_id;
	j->op = e->blob.op;
	j->index = e->blob.index;
	j->keep_free_bytes = limits->keep_free_bytes;
	if (e->blob.op == BLOB_WRITE && e->blob.bytes.n > 0) {
		j->data = xmemdup(e->blob.bytes.p, e->blob.bytes.n);
		j->n = e->blob.bytes.n;
	}
	return j;
}

void blobs_do(struct blobs_user *u, const struct effect *e)
{
	struct job *j = job_of(u, e);

	j->err = need_file(u, &j->file_id, &j->file);
	if (j->file) {
		j->file->uses++;
		j->file->used_ms = clock_mono_ms();
	}
	if (j->err == OK && j->op == BLOB_OPEN)
		j->err = query_file_room(u->owner.store, j->file_id);
	list_put_last(&u->all->jobs, &j->node);
	worker_submit(u->all->worker, run, on_done, j);
}
