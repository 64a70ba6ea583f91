/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/transfer.h"

#include <string.h>

#include "core/bulk_frame.h"
#include "core/fetch.h"
#include "core/files.h"
#include "core/offer.h"
#include "core/pairing.h"
#include "core/step.h"
#include "util/mem.h"

enum {
	BAD_MAX = 2, /* chunks that do not match, and it fails */
	BUSY_WAIT_MS = 10 * 1000,
	RETRY_MS = 60 * 1000, /* whether there is room again */
	GONE_WAIT_MS = 30 * 1000,
};

/* --- what is asked for --- */

static bool may_ask(const struct step *st, const struct transfer *t)
{
	return t->row.state == FILE_RUNNING && !t->is_over && t->in &&
	       !t->in->is_broken && step_is_due(st, t->wait_ms);
}

bool transfer_next(const struct step *st, const struct transfer *t,
		   uint32_t *index)
{
	const struct fetching *in = t->in;

	if (!may_ask(st, t))
		return false;
	if (in->stage == FETCH_MANIFEST && !in->manifest_asked) {
		*index = BLOB_MANIFEST;
		return true;
	}
	if (in->stage != FETCH_CHUNKS || in->missing == 0)
		return false;
	*index = pick_chunk(in->chunks, transfer_chunk_count(t), in->cursor);
	return true;
}

size_t transfer_answer_bytes(const struct transfer *t, uint32_t index)
{
	struct chunk_plan plan = transfer_plan(t);

	return index == BLOB_MANIFEST ? manifest_bytes(&plan)
				      : chunk_sealed_bytes(&plan, index);
}

void transfer_asked(struct transfer *t, uint32_t index)
{
	struct fetching *in = t->in;

	if (index == BLOB_MANIFEST) {
		in->manifest_asked = true;
	} else if (in->chunks[index] == CHUNK_MISSING) {
		in->chunks[index] = CHUNK_ASKED;
		in->missing--;
		in->asked++;
		if (in->cursor == index)
			in->cursor++;
	}
}

void transfer_unasked(struct transfer *t, uint32_t index)
{
	struct fetching *in = t->in;

	if (!in)
		return;
	if (index == BLOB_MANIFEST) {
		in->manifest_asked = false;
	} else if (in->chunks && in->chunks[index] == CHUNK_ASKED) {
		in->chunks[index] = CHUNK_MISSING;
		in->missing++;
		in->asked--;
		if (in->cursor > index)
			in->cursor = index;
	}
}

bool transfer_needs_links(const struct step *st, const struct contact *c)
{
	struct list_node *i;

	list_for_each (i, &c->files) {
		const struct transfer *t = transfer_at(i);

		if (t->row.dir == MESSAGE_IN && may_ask(st, t) &&
		    (t->in->stage == FETCH_MANIFEST || t->in->missing > 0 ||
		     t->in->asked > 0))
			return true;
	}
	return false;
}

unsigned transfer_ops(const struct contact *c)
{
	struct list_node *i;
	unsigned ops = 0;

	list_for_each (i, &c->files)
		if (!transfer_at(i)->is_over)
			ops += transfer_at(i)->ops;
	return ops;
}

/* --- what comes --- */

/* For good, and the sender need not wait. */
static void fail(struct step *st, struct transfer *t, enum file_problem problem)
{
	offer_tell(st, t, OFFER_DECLINED);
	files_end(st, t, FILE_FAILED, problem);
}

/* PROTOCOL 12.4: An answer that is not what was offered MUST end the link; the
 * second one fails the file. */
static enum err on_bad(struct step *st, struct transfer *t, uint32_t index)
{
	transfer_unasked(t, index);
	if (++t->bad >= BAD_MAX)
		fail(st, t, FILE_CORRUPT);
	return ERR_AUTH;
}

static enum err on_manifest(struct step *st, struct transfer *t,
			    struct bytes answer)
{
	struct fetching *in = t->in;

	if (!in || in->stage != FETCH_MANIFEST)
		return OK;
	if (!fetch_take_manifest(t, answer))
		return on_bad(st, t, BLOB_MANIFEST);
	fetch_put_blob(st, t, BLOB_WRITE, BLOB_MANIFEST, answer);
	return OK;
}

/* PROTOCOL 12.4: A receiver MUST check the manifest by the root, and MUST NOT
 * write a chunk whose leaf is not that of the manifest, or that the file's key
 * does not open. */
static enum err on_chunk(struct step *st, struct transfer *t, uint32_t index,
			 struct bytes answer)
{
	struct chunk_plan plan = transfer_plan(t);
	struct fetching *in = t->in;
	uint8_t leaf[LEAF_BYTES];

	if (!in || in->stage != FETCH_CHUNKS || in->chunks[index] > CHUNK_ASKED)
		return OK;
	chunk_leaf(index, answer, leaf);
	if (memcmp(leaf, in->manifest + (size_t)index * LEAF_BYTES,
		   sizeof(leaf)) != 0 ||
	    chunk_check(&plan, &t->row.key, index, answer.p) != OK)
		return on_bad(st, t, index);
	transfer_asked(t, index);
	in->chunks[index] = CHUNK_WRITING;
	in->asked--;
	fetch_put_blob(st, t, BLOB_WRITE, index, answer);
	t->gone_ms = 0;
	pick_meter_add(&t->meter, answer.n, st->now_ms);
	return OK;
}

enum err transfer_got(struct step *st, struct transfer *t, uint32_t index,
		      struct bytes answer)
{
	return index == BLOB_MANIFEST ? on_manifest(st, t, answer)
				      : on_chunk(st, t, index, answer);
}

/* Whoever takes a file back says so in a message, and that may come later than
 * a NAK: it is gone if it still is after a while. */
static void on_gone(struct step *st, struct transfer *t)
{
	if (t->gone_ms == 0)
		t->gone_ms = st->now_ms;
	if (st->now_ms < t->gone_ms + GONE_WAIT_MS)
		files_wait(t, t->gone_ms + GONE_WAIT_MS);
	else
		files_end(st, t, FILE_FAILED, FILE_GONE);
}

enum err transfer_refused(struct step *st, struct transfer *t, uint8_t reason)
{
	switch ((enum nak_reason)reason) {
	case NAK_GONE: on_gone(st, t); return OK;
	case NAK_CHANGED:
		files_end(st, t, FILE_FAILED, FILE_CHANGED);
		return OK;
	case NAK_PAUSED:
		files_wait(t, st->now_ms + FILE_PAUSED_WAIT_MS);
		return OK;
	case NAK_TAKEN_BACK: return ERR_STATE;
	case NAK_BUSY: break;
	}
	files_wait(t, st->now_ms + BUSY_WAIT_MS);
	return OK;
}

/* --- answers of the disk --- */

static void on_no_room(struct step *st, struct transfer *t,
		       enum file_problem problem)
{
	files_stop(t, NAK_GONE);
	files_set(st, t, FILE_PAUSED, problem);
	if (problem == FILE_NO_SPACE)
		t->retry_ms = st->now_ms + RETRY_MS;
}

static bool waits_for_room(const struct transfer *t)
{
	return t->row.state == FILE_PAUSED && t->row.problem == FILE_NO_SPACE;
}

static void on_failure(struct step *st, struct transfer *t, enum blob_op op,
		       enum err err)
{
	t->in->is_broken = true;
	/* The user may have paused it: it stays so. */
	if (err == ERR_NO_SPACE || err == ERR_FULL) {
		if (t->row.state == FILE_RUNNING || waits_for_room(t))
			on_no_room(st, t,
				   err == ERR_FULL ? FILE_QUOTA
						   : FILE_NO_SPACE);
	} else if (err == ERR_NOT_FOUND && op == BLOB_OPEN) {
		/* The store knew its fid, and left the row out. */
		files_forget(t);
	} else {
		fail(st, t, FILE_IO);
	}
}

static void on_whole(struct step *st, struct transfer *t)
{
	offer_tell(st, t, OFFER_HAVE);
	files_progress(st, t);
	files_end(st, t, FILE_DONE, FILE_NO_PROBLEM);
}

static void on_synced(struct step *st, struct transfer *t)
{
	uint32_t n = transfer_chunk_count(t);
	struct fetching *in = t->in;
	uint32_t news;

	in->syncing = false;
	news = fetch_note_synced(t);
	t->has_news = true;
	if (in->have == n)
		on_whole(st, t);
	else if (news > 0)
		files_save(st, t, JOURNAL_NONE);
}

static void on_written(struct step *st, struct transfer *t, uint32_t index)
{
	struct fetching *in = t->in;

	if (index == BLOB_MANIFEST || in->chunks[index] != CHUNK_WRITING)
		return;
	in->chunks[index] = CHUNK_WRITTEN;
	in->unsynced += transfer_answer_bytes(t, index);
	fetch_plan_sync(t, st->now_ms);
}

/* There is room for all of it. */
static void on_opened(struct step *st, struct transfer *t)
{
	struct fetching *in = t->in;

	if (waits_for_room(t))
		files_set(st, t, FILE_RUNNING, FILE_NO_PROBLEM);
	if (transfer_chunk_count(t) == 0) {
		if (!fetch_take_manifest(t, bytes_of(NULL, 0)))
			fail(st, t, FILE_CORRUPT);
	} else if (t->row.have_count > 0) {
		in->stage = FETCH_READING;
		fetch_put_blob(st, t, BLOB_READ, BLOB_MANIFEST,
			       bytes_of(NULL, 0));
	} else {
		in->stage = FETCH_MANIFEST;
	}
}

static void on_done(struct step *st, struct transfer *t, const struct event *ev)
{
	struct fetching *in = t->in;

	switch (ev->blob.op) {
	case BLOB_OPEN: on_opened(st, t); break;
	case BLOB_READ:
		if (in->stage != FETCH_READING)
			break;
		in->stage = FETCH_MANIFEST;
		(void)fetch_take_manifest(t, ev->blob.bytes);
		break;
	case BLOB_WRITE: on_written(st, t, ev->blob.index); break;
	case BLOB_SYNC: on_synced(st, t); break;
	}
}

void transfer_blob(struct step *st, struct transfer *t, const struct event *ev)
{
	if (!t->in)
		return;
	if (ev->blob.err == OK)
		on_done(st, t, ev);
	else if (ev->blob.op == BLOB_READ && t->in->stage == FETCH_READING)
		t->in->stage = FETCH_MANIFEST; /* then not from there */
	else
		on_failure(st, t, ev->blob.op, ev->blob.err);
}

/* --- time --- */

static unsigned count_active(const struct contact *c)
{
	struct list_node *i;
	unsigned n = 0;

	list_for_each (i, &c->files)
		n += transfer_at(i)->in != NULL;
	return n;
}

/* One that waits for room tries whether there is some, and is not RUNNING
 * before. */
static bool may_begin(const struct step *st, const struct transfer *t)
{
	if (t->row.dir != MESSAGE_IN || t->is_over || t->in || t->ops > 0)
		return false;
	return t->row.state == FILE_RUNNING ? step_is_due(st, t->wait_ms)
					    : step_is_due(st, t->retry_ms);
}

static void begin(struct step *st, struct contact *c)
{
	unsigned active = count_active(c);
	struct list_node *i;

	list_for_each (i, &c->files) {
		struct transfer *t = transfer_at(i);

		if (active < FILES_ACTIVE_MAX && may_begin(st, t)) {
			fetch_begin(st, t);
			t->retry_ms = NEVER;
			active++;
		} else if (step_is_due(st, t->retry_ms)) {
			t->retry_ms = st->now_ms + RETRY_MS;
		}
	}
}

/* PROTOCOL 12.1: An offer that was not accepted MUST NOT be accepted after its
 * time. */
static void expire(struct step *st, struct transfer *t)
{
	if (!file_is_offer(&t->row) || t->row.expires_ms == 0 ||
	    t->row.expires_ms > st->wall_ms)
		return;
	files_end(st, t, FILE_FAILED, FILE_EXPIRED);
}

static void work(struct step *st, struct transfer *t)
{
	expire(st, t);
	if (t->in && !t->is_over)
		fetch_timers(st, t, may_ask(st, t));
	if (!t->is_over)
		files_progress(st, t);
}

void transfer_timers(struct step *st, struct contact *c)
{
	struct list_node *i;

	list_for_each (i, &c->files)
		if (!transfer_at(i)->is_over)
			work(st, transfer_at(i));
	begin(st, c);
}

static uint64_t deadline(const struct node *n, const struct transfer *t)
{
	uint64_t at = earlier(t->retry_ms, files_progress_ms(t));

	if (file_is_offer(&t->row) && t->row.expires_ms)
		at = earlier(at, node_at_wall(n, t->row.expires_ms));
	if (t->row.dir == MESSAGE_IN && t->row.state == FILE_RUNNING &&
	    t->wait_ms > n->now_ms)
		at = earlier(at, t->wait_ms);
	return t->in ? earlier(at, fetch_deadline(t)) : at;
}

uint64_t transfer_deadline(const struct node *n, const struct contact *c)
{
	struct list_node *i;
	uint64_t at = NEVER;

	list_for_each (i, &c->files)
		if (!transfer_at(i)->is_over)
			at = earlier(at, deadline(n, transfer_at(i)));
	return at;
}
