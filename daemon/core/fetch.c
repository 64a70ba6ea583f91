/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/fetch.h"

#include <string.h>

#include "core/step.h"
#include "util/mem.h"

enum {
	SYNC_BYTES = 16 << 20,
	SYNC_MS = 1000,
};

void fetch_put_blob(struct step *st, struct transfer *t, enum blob_op op,
		    uint32_t index, struct bytes bytes)
{
	struct chunk_plan plan = transfer_plan(t);
	struct effect e = {.type = FX_BLOB};

	e.blob.file_id = t->row.id;
	e.blob.op = op;
	e.blob.index = index;
	e.blob.bytes = bytes;
	if (op == BLOB_OPEN) {
		e.blob.size = chunk_blob_bytes(&plan);
		e.blob.contact_id = t->row.contact_id;
	}
	step_put(st, &e);
	if (t->row.dir == MESSAGE_IN)
		t->ops++;
}

void fetch_begin(struct step *st, struct transfer *t)
{
	t->in = xcalloc(1, sizeof(*t->in));
	t->in->stage = FETCH_OPENING;
	t->in->sync_ms = NEVER;
	fetch_put_blob(st, t, BLOB_OPEN, 0, bytes_of(NULL, 0));
}

void fetch_free(struct transfer *t)
{
	struct chunk_plan plan = transfer_plan(t);

	if (!t->in)
		return;
	xfree(t->in->manifest, manifest_bytes(&plan));
	xfree(t->in->chunks, chunk_count(&plan));
	xfree(t->in, sizeof(*t->in));
	t->in = NULL;
}

static uint8_t *have_bits(const struct transfer *t)
{
	return (uint8_t *)(uintptr_t)t->row.have.p;
}

static bool has_chunk(const struct transfer *t, uint32_t i)
{
	return i / 8 < t->row.have.n && (t->row.have.p[i / 8] >> i % 8 & 1);
}

/* What is here already, by the row. */
static void count_chunks(struct transfer *t, uint32_t n)
{
	struct fetching *in = t->in;
	uint32_t i;

	in->chunks = xcalloc(n, 1);
	for (i = 0; i < n; i++) {
		if (!has_chunk(t, i))
			continue;
		in->chunks[i] = CHUNK_HAVE;
		in->have++;
	}
	in->missing = n - in->have;
	in->cursor = pick_chunk(in->chunks, n, 0);
}

bool fetch_take_manifest(struct transfer *t, struct bytes manifest)
{
	struct chunk_plan plan = transfer_plan(t);
	struct fetching *in = t->in;
	struct hash32 root;

	if (manifest.n != manifest_bytes(&plan))
		return false;
	manifest_root(&plan, manifest.p, &root);
	if (memcmp(&root, &t->row.root, sizeof(root)) != 0)
		return false;
	in->stage = FETCH_CHUNKS;
	if (manifest.n > 0) {
		in->manifest = xmemdup(manifest.p, manifest.n);
		count_chunks(t, chunk_count(&plan));
	}
	/* Nothing to come: what is here is to stay, and that is all. */
	if (in->missing == 0)
		in->sync_ms = 0;
	return true;
}

/* Nothing is to come, nor on its way to the disk. */
static bool is_all_written(const struct transfer *t)
{
	const struct fetching *in = t->in;

	return in->missing == 0 && in->asked == 0 &&
	       t->ops == (in->syncing ? 1 : 0);
}

void fetch_plan_sync(struct transfer *t, uint64_t now_ms)
{
	struct fetching *in = t->in;

	if (in->unsynced >= SYNC_BYTES || is_all_written(t))
		in->sync_ms = now_ms;
	else if (in->sync_ms == NEVER)
		in->sync_ms = now_ms + SYNC_MS;
}

static void sync(struct step *st, struct transfer *t)
{
	struct fetching *in = t->in;
	uint32_t i, n = in->chunks ? transfer_chunk_count(t) : 0;

	for (i = 0; i < n; i++)
		if (in->chunks[i] == CHUNK_WRITTEN)
			in->chunks[i] = CHUNK_SYNCING;
	in->unsynced = 0;
	in->sync_ms = NEVER;
	in->syncing = true;
	fetch_put_blob(st, t, BLOB_SYNC, 0, bytes_of(NULL, 0));
}

uint32_t fetch_note_synced(struct transfer *t)
{
	struct fetching *in = t->in;
	uint32_t i, news = 0, n = in->chunks ? transfer_chunk_count(t) : 0;

	in->syncing = false;
	for (i = 0; i < n; i++) {
		if (in->chunks[i] != CHUNK_SYNCING)
			continue;
		in->chunks[i] = CHUNK_HAVE;
		have_bits(t)[i / 8] |= (uint8_t)(1u << i % 8);
		news++;
	}
	in->have += news;
	t->row.have_count = in->have;
	return news;
}

/* One that stopped has written all that it shall. */
static bool is_idle(const struct transfer *t)
{
	const struct fetching *in = t->in;

	return t->ops == 0 && (in->is_broken || in->sync_ms == NEVER);
}

void fetch_timers(struct step *st, struct transfer *t, bool goes_on)
{
	struct fetching *in = t->in;

	if (!in->is_broken && !in->syncing && step_is_due(st, in->sync_ms))
		sync(st, t);
	if (!goes_on && is_idle(t))
		fetch_free(t);
}

uint64_t fetch_deadline(const struct transfer *t)
{
	const struct fetching *in = t->in;

	return in->is_broken || in->syncing ? NEVER : in->sync_ms;
}
