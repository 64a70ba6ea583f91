/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/files.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/bulk_frame.h"
#include "core/fetch.h"
#include "core/step.h"
#include "util/mem.h"

enum { PROGRESS_GAP_MS = 250 };

static bool is_live(enum file_state s)
{
	return s == FILE_OFFERED || s == FILE_RUNNING || s == FILE_PAUSED;
}

/* --- finding them --- */

struct transfer *files_find(const struct node *n, const struct uid *file_id)
{
	struct list_node *i, *k;

	list_for_each (i, &n->contacts)
		list_for_each (k, &contact_at(i)->files) {
			struct transfer *t = transfer_at(k);

			if (!t->is_over && uid_is_equal(&t->row.id, file_id))
				return t;
		}
	return NULL;
}

struct transfer *files_find_fid(const struct contact *c, enum message_dir dir,
				const struct fid *fid)
{
	struct list_node *i;

	list_for_each (i, &c->files) {
		struct transfer *t = transfer_at(i);

		if (!t->is_over && t->row.dir == dir &&
		    memcmp(&t->row.fid, fid, sizeof(*fid)) == 0)
			return t;
	}
	return NULL;
}

struct transfer *files_find_mid(const struct contact *c, enum message_dir dir,
				const struct mid *mid)
{
	struct list_node *i;

	list_for_each (i, &c->files) {
		struct transfer *t = transfer_at(i);

		if (!t->is_over && t->row.dir == dir &&
		    memcmp(&t->row.mid, mid, sizeof(*mid)) == 0)
			return t;
	}
	return NULL;
}

bool files_has_room(const struct contact *c, enum message_dir dir,
		    const struct fid *fid)
{
	struct list_node *i;
	size_t count = 0;

	list_for_each (i, &c->files)
		count += transfer_at(i)->row.dir == dir;
	return count < FILES_LIVE_MAX && !files_find_fid(c, dir, fid);
}

/* --- beginning --- */

/* IN, and accepted: a bit a chunk.  The row on the disk may have none yet. */
static void own_have(struct transfer *t, const struct bytes *from)
{
	size_t n = (transfer_chunk_count(t) + 7) / 8;
	uint8_t *own;

	t->row.have = bytes_of(NULL, 0);
	if (t->row.dir != MESSAGE_IN || n == 0)
		return;
	own = xcalloc(n, 1);
	if (from->n == n)
		memcpy(own, from->p, n);
	else
		t->row.have_count = 0;
	t->row.have = bytes_of(own, n);
}

static void drop_have(struct transfer *t)
{
	xfree((void *)(uintptr_t)t->row.have.p, t->row.have.n);
	t->row.have = bytes_of(NULL, 0);
}

static struct transfer *transfer_new(struct contact *c,
				     const struct file_row *row)
{
	struct transfer *t = xcalloc(1, sizeof(*t));

	t->contact = c;
	t->row = *row;
	t->retry_ms = NEVER;
	if (row->state == FILE_OFFERED)
		t->row.have = bytes_of(NULL, 0);
	else
		own_have(t, &row->have);
	/* It may be there again after the restart. */
	if (row->state == FILE_PAUSED && row->problem == FILE_NO_SPACE)
		t->retry_ms = 0;
	list_put_last(&c->files, &t->in_contact);
	return t;
}

void files_load(struct contact *c, const struct file_row *row)
{
	if (is_live(row->state))
		transfer_new(c, row);
}

void files_save(struct step *st, struct transfer *t, enum journal_type journal)
{
	struct effect e = {.type = FX_SAVE_FILE, .journal = journal};

	e.file = t->row;
	step_put(st, &e);
	sodium_memzero(&e, sizeof(e));
}

struct transfer *files_add(struct step *st, struct contact *c,
			   const struct file_row *row)
{
	struct transfer *t = transfer_new(c, row);

	files_save(st, t, JOURNAL_FILE_STATE);
	return t;
}

/* --- how it goes on --- */

/* The only place that changes the state of a file. */
static void set_state(struct transfer *t, enum file_state s)
{
	assert(is_live(t->row.state));
	switch (s) {
	case FILE_UPLOADING:
	case FILE_READY: assert(false); break;
	case FILE_OFFERED: assert(file_is_offer(&t->row)); break;
	case FILE_RUNNING:
	case FILE_PAUSED:
		if (t->row.state == FILE_OFFERED)
			own_have(t, &t->row.have);
		break;
	case FILE_DONE:
	case FILE_FAILED:
	case FILE_CANCELLED: break;
	}
	t->row.state = s;
}

void files_stop(struct transfer *t, enum nak_reason why)
{
	t->take_back = t->row.dir == MESSAGE_IN;
	t->nak = t->row.dir == MESSAGE_OUT ? (uint8_t)why : 0;
}

void files_wait(struct transfer *t, uint64_t until_ms)
{
	t->wait_ms = until_ms;
	files_stop(t, NAK_PAUSED);
}

void files_set(struct step *st, struct transfer *t, enum file_state state,
	       enum file_problem problem)
{
	if (t->row.state == state && t->row.problem == problem)
		return;
	set_state(t, state);
	t->row.problem = problem;
	t->retry_ms = NEVER;
	files_save(st, t, JOURNAL_FILE_STATE);
}

void files_accepted(struct step *st, struct transfer *t)
{
	if (!file_is_offer(&t->row))
		return;
	t->row.expires_ms = 0;
	if (t->row.state == FILE_OFFERED)
		files_set(st, t, FILE_RUNNING, FILE_NO_PROBLEM);
	else
		files_save(st, t, JOURNAL_NONE);
}

/* Nothing goes on for it; those at the links are told in this step. */
static void finish(struct transfer *t, enum nak_reason why)
{
	t->is_over = true;
	t->say = 0;
	t->has_news = false;
	files_stop(t, why);
}

void files_end(struct step *st, struct transfer *t, enum file_state state,
	       enum file_problem problem)
{
	if (t->is_over)
		return;
	set_state(t, state);
	t->row.problem = problem;
	t->row.have_count =
	    state == FILE_DONE ? transfer_chunk_count(t) : t->row.have_count;
	/* Whole, or of no more use. */
	drop_have(t);
	files_save(st, t, JOURNAL_FILE_STATE);
	finish(t, problem == FILE_CHANGED ? NAK_CHANGED : NAK_GONE);
}

void files_delete(struct step *st, struct transfer *t)
{
	struct effect e = {.type = FX_DELETE_FILE,
			   .journal = JOURNAL_FILE_STATE};

	e.target = t->row.id;
	step_put(st, &e);
	files_forget(t);
}

void files_forget(struct transfer *t)
{
	if (!t->is_over)
		finish(t, NAK_GONE);
}

/* --- progress --- */

static uint64_t done_bytes(const struct transfer *t)
{
	uint64_t done = t->served;

	if (t->row.dir == MESSAGE_IN)
		done = (uint64_t)(t->in ? t->in->have : t->row.have_count)
		       << t->row.chunk_log2;
	return done < t->row.size ? done : t->row.size;
}

void files_progress(struct step *st, struct transfer *t)
{
	struct effect e = {.type = FX_PROGRESS};

	if (!step_is_due(st, files_progress_ms(t)))
		return;
	e.progress.file_id = t->row.id;
	e.progress.done = done_bytes(t);
	e.progress.bytes_per_s = pick_meter_rate(&t->meter, st->now_ms);
	step_put(st, &e);
	t->told_ms = st->now_ms;
	t->has_news = false;
}

uint64_t files_progress_ms(const struct transfer *t)
{
	return t->has_news ? t->told_ms + PROGRESS_GAP_MS : NEVER;
}

/* --- the end --- */

void files_drop_manifest(struct transfer *t)
{
	struct chunk_plan plan = transfer_plan(t);

	xfree(t->manifest, manifest_bytes(&plan));
	t->manifest = NULL;
}

static void transfer_free(struct transfer *t)
{
	list_take(&t->in_contact);
	fetch_free(t);
	files_drop_manifest(t);
	drop_have(t);
	xfree(t, sizeof(*t));
}

void files_sweep(struct contact *c)
{
	struct list_node *i, *t;

	list_for_each_safe (i, t, &c->files)
		if (transfer_at(i)->is_over)
			transfer_free(transfer_at(i));
}

void files_free_all(struct contact *c)
{
	struct list_node *i, *t;

	list_for_each_safe (i, t, &c->files)
		transfer_free(transfer_at(i));
}
