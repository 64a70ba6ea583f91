/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/disk_files.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/chunk.h"
#include "util/mem.h"

static struct chunk_plan plan_of(const struct file_row *row)
{
	return (struct chunk_plan){
	    .fid = row->fid, .size = row->size, .chunk_log2 = row->chunk_log2};
}

static bool is_live(const struct file_row *row)
{
	return row->state == FILE_OFFERED || row->state == FILE_RUNNING ||
	       row->state == FILE_PAUSED;
}

struct file_row *disk_file(const struct disk *d, const struct uid *file_id)
{
	size_t i;

	for (i = 0; i < d->file_count; i++)
		if (uid_is_equal(&d->files[i].id, file_id))
			return &d->files[i];
	return NULL;
}

struct blob *disk_blob_find(const struct disk *d, const struct uid *file_id)
{
	size_t i;

	for (i = 0; i < d->blob_count; i++)
		if (uid_is_equal(&d->blobs[i].file_id, file_id))
			return &d->blobs[i];
	return NULL;
}

static void drop_blob(struct disk *d, const struct uid *file_id)
{
	struct blob *b = disk_blob_find(d, file_id);

	if (!b)
		return;
	free(b->now);
	free(b->kept);
	*b = d->blobs[--d->blob_count];
}

static void drop_have(struct file_row *row)
{
	free((void *)(uintptr_t)row->have.p);
	row->have = bytes_of(NULL, 0);
}

bool disk_file_is_skipped(const struct disk *d, const struct file_row *row)
{
	size_t i;

	for (i = 0; row->dir == MESSAGE_IN && i < d->file_count; i++)
		if (d->files[i].dir == MESSAGE_IN &&
		    uid_is_equal(&d->files[i].contact_id, &row->contact_id) &&
		    memcmp(&d->files[i].fid, &row->fid, sizeof(row->fid)) ==
			0 &&
		    !uid_is_equal(&d->files[i].id, &row->id))
			return true;
	return false;
}

static void check_row(const struct disk *d, const struct file_row *row)
{
	struct chunk_plan plan = plan_of(row);

	assert(chunk_plan_is_valid(&plan));
	assert(disk_contact(d, &row->contact_id));
	assert(row->dir == MESSAGE_OUT || row->have.n == 0 ||
	       row->have.n == (chunk_count(&plan) + 7) / 8);
	assert(row->problem != FILE_NO_SPACE || row->state == FILE_PAUSED);
}

static bool is_given_up(const struct file_row *row)
{
	return row->dir == MESSAGE_IN &&
	       (row->state == FILE_FAILED || row->state == FILE_CANCELLED);
}

/* What is over stays so, unless another message offers it. */
static bool is_offered_again(const struct file_row *own,
			     const struct file_row *row)
{
	return own->dir == MESSAGE_OUT && own->state == FILE_CANCELLED &&
	       row->state == FILE_OFFERED &&
	       !uid_is_equal(&own->message_id, &row->message_id) &&
	       memcmp(&own->mid, &row->mid, sizeof(row->mid)) != 0;
}

unsigned disk_files_save(struct disk *d, const struct file_row *row)
{
	struct file_row *own = disk_file(d, &row->id);

	check_row(d, row);
	if (disk_file_is_skipped(d, row))
		return 0;
	if (!own) {
		d->files =
		    xrealloc(d->files, (d->file_count + 1) * sizeof(*d->files));
		own = &d->files[d->file_count++];
		memset(own, 0, sizeof(*own));
	}
	assert(own->state <= FILE_PAUSED || is_offered_again(own, row));
	drop_have(own);
	*own = *row;
	own->have = seen_keep(row->have);
	if (is_given_up(row))
		drop_blob(d, &row->id);
	return 1;
}

unsigned disk_files_delete(struct disk *d, const struct uid *file_id)
{
	struct file_row *row = disk_file(d, file_id);

	drop_blob(d, file_id);
	if (!row)
		return 0;
	drop_have(row);
	*row = d->files[--d->file_count];
	return 1;
}

void disk_files_drop(struct disk *d, const struct uid *contact_id,
		     const struct uid *message_id)
{
	size_t i;

	for (i = d->file_count; i-- > 0;) {
		struct uid id = d->files[i].id;

		if (uid_is_equal(&d->files[i].contact_id, contact_id) &&
		    (!message_id ||
		     uid_is_equal(&d->files[i].message_id, message_id)))
			disk_files_delete(d, &id);
	}
}

void disk_files_clone(struct disk *d)
{
	size_t i;

	d->files = xmemdup(d->files, d->file_count * sizeof(*d->files));
	for (i = 0; i < d->file_count; i++)
		d->files[i].have = seen_keep(d->files[i].have);
	d->blobs = xmemdup(d->blobs, d->blob_count * sizeof(*d->blobs));
	for (i = 0; i < d->blob_count; i++) {
		struct blob *b = &d->blobs[i];

		b->now = xmemdup(b->now, b->n);
		b->kept = xmemdup(b->kept, b->n);
	}
}

void disk_files_free(struct disk *d)
{
	while (d->file_count > 0) {
		struct uid id = d->files[d->file_count - 1].id;

		disk_files_delete(d, &id);
	}
	while (d->blob_count > 0) {
		struct uid id = d->blobs[d->blob_count - 1].file_id;

		drop_blob(d, &id);
	}
	free(d->files);
	free(d->blobs);
}

size_t disk_files_live(const struct disk *d)
{
	size_t i, n = 0;

	for (i = 0; i < d->file_count; i++)
		n += is_live(&d->files[i]);
	return n;
}

bool disk_file_equals(const struct disk *d, const struct file_row *row)
{
	const struct file_row *own = disk_file(d, &row->id);

	return own && own->state == row->state &&
	       own->problem == row->problem && own->dir == row->dir &&
	       own->have_count == row->have_count &&
	       bytes_equal(own->have, row->have) && own->size == row->size &&
	       own->kind == row->kind && own->chunk_log2 == row->chunk_log2 &&
	       own->expires_ms == row->expires_ms &&
	       own->created_ms == row->created_ms &&
	       uid_is_equal(&own->contact_id, &row->contact_id) &&
	       uid_is_equal(&own->message_id, &row->message_id) &&
	       memcmp(&own->fid, &row->fid, sizeof(row->fid)) == 0 &&
	       memcmp(&own->mid, &row->mid, sizeof(row->mid)) == 0 &&
	       memcmp(&own->key, &row->key, sizeof(row->key)) == 0 &&
	       memcmp(&own->root, &row->root, sizeof(row->root)) == 0 &&
	       strcmp(own->name.s, row->name.s) == 0;
}

/* --- bytes --- */

static enum err open_blob(struct disk *d, const struct effect *e)
{
	struct blob *b = disk_blob_find(d, &e->blob.file_id);

	if (b)
		return OK;
	if (e->blob.size > d->room)
		return ERR_NO_SPACE;
	if (d->room != UINT64_MAX)
		d->room -= e->blob.size;
	d->blobs = xrealloc(d->blobs, (d->blob_count + 1) * sizeof(*d->blobs));
	b = &d->blobs[d->blob_count++];
	memset(b, 0, sizeof(*b));
	b->file_id = e->blob.file_id;
	b->n = e->blob.size;
	b->now = xcalloc(b->n + 1, 1);
	b->kept = xcalloc(b->n + 1, 1);
	return OK;
}

static void find_place(const struct file_row *row, uint32_t index, size_t *from,
		       size_t *n)
{
	struct chunk_plan plan = plan_of(row);

	*n = manifest_bytes(&plan);
	*from = chunk_blob_bytes(&plan) - *n;
	if (index == BLOB_MANIFEST)
		return;
	assert(index < chunk_count(&plan));
	*from = chunk_offset(&plan, index);
	*n = chunk_sealed_bytes(&plan, index);
}

enum err disk_blob(struct disk *d, const struct effect *e, struct bytes *out)
{
	const struct file_row *row = disk_file(d, &e->blob.file_id);
	struct blob *b;
	size_t from, n;

	*out = bytes_of(NULL, 0);
	if (!row)
		return ERR_NOT_FOUND;
	/* Of one that ended meanwhile: the shell makes it, and drops it. */
	if (e->blob.op == BLOB_OPEN && is_given_up(row))
		return OK;
	if (e->blob.op == BLOB_OPEN)
		return open_blob(d, e);
	b = disk_blob_find(d, &e->blob.file_id);
	if (!b)
		return ERR_NOT_FOUND;
	if (e->blob.op == BLOB_SYNC) {
		memcpy(b->kept, b->now, b->n);
		return OK;
	}
	find_place(row, e->blob.index, &from, &n);
	assert(from + n <= b->n);
	if (e->blob.op == BLOB_READ) {
		*out = seen_keep(bytes_of(b->now + from, n));
		return OK;
	}
	assert(e->blob.bytes.n == n);
	memcpy(b->now + from, e->blob.bytes.p, n);
	return OK;
}

void disk_blobs_crash(struct disk *d)
{
	size_t i, k;

	for (i = 0; i < d->blob_count; i++) {
		struct blob *b = &d->blobs[i];

		b->ops = 0;
		/* Of what was written since, every other block arrived. */
		for (k = 0; k < b->n; k++)
			if ((k / 4096) % 2)
				b->kept[k] = b->now[k];
		memcpy(b->now, b->kept, b->n);
	}
}

/* --- whole files --- */

struct file_row *disk_files_make(struct disk *d, const struct file_row *like,
				 const uint8_t *content)
{
	struct file_row row = *like;
	struct chunk_plan plan = plan_of(&row);
	struct effect e = {.type = FX_BLOB};
	uint32_t i, n = chunk_count(&plan);
	struct blob *b;
	uint8_t *leaves;

	e.blob.file_id = row.id;
	e.blob.size = chunk_blob_bytes(&plan);
	assert(open_blob(d, &e) == OK);
	b = disk_blob_find(d, &row.id);
	leaves = b->now + b->n - manifest_bytes(&plan);
	for (i = 0; i < n; i++) {
		uint8_t *at = b->now + chunk_offset(&plan, i);

		chunk_seal(&plan, &row.key, i,
			   content + ((size_t)i << row.chunk_log2), at);
		chunk_leaf(i, bytes_of(at, chunk_sealed_bytes(&plan, i)),
			   leaves + (size_t)i * LEAF_BYTES);
	}
	manifest_root(&plan, leaves, &row.root);
	memcpy(b->kept, b->now, b->n);
	d->files = xrealloc(d->files, (d->file_count + 1) * sizeof(*d->files));
	d->files[d->file_count] = row;
	return &d->files[d->file_count++];
}

bool disk_file_is_whole(const struct disk *d, const struct file_row *row)
{
	struct chunk_plan plan = plan_of(row);
	const struct blob *b = disk_blob_find(d, &row->id);
	uint8_t leaf[LEAF_BYTES];
	const uint8_t *leaves;
	struct hash32 root;
	uint32_t i;

	if (!b || b->n != chunk_blob_bytes(&plan))
		return false;
	leaves = b->kept + b->n - manifest_bytes(&plan);
	manifest_root(&plan, leaves, &root);
	if (memcmp(&root, &row->root, sizeof(root)) != 0)
		return false;
	for (i = 0; i < chunk_count(&plan); i++) {
		chunk_leaf(i,
			   bytes_of(b->kept + chunk_offset(&plan, i),
				    chunk_sealed_bytes(&plan, i)),
			   leaf);
		if (memcmp(leaf, leaves + (size_t)i * LEAF_BYTES,
			   sizeof(leaf)) != 0)
			return false;
	}
	return true;
}
