/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * blob_reader - a download: plaintext from any place of a blob.
 */
#include <string.h>

#include "store/blob.h"
#include "util/mem.h"

#define NO_CHUNK UINT32_MAX

struct blob_reader {
	struct blob *blob;
	struct blob_spec spec;
	uint32_t chunk;		 /* which one is in plain, or NO_CHUNK */
	uint8_t *plain, *sealed; /* a chunk each */
};

static size_t room_of(const struct blob_reader *r)
{
	return (size_t)1 << r->spec.plan.chunk_log2;
}

enum err blob_reader_new(const char *folder, const struct blob_spec *spec,
			 struct blob_reader **out)
{
	struct blob_reader *r;
	struct blob *b;
	enum err e = blob_open(folder, &spec->name, &b);

	if (e != OK)
		return e;
	r = xcalloc(1, sizeof(*r));
	r->blob = b;
	r->spec = *spec;
	r->chunk = NO_CHUNK;
	r->plain = xcalloc(1, room_of(r));
	r->sealed = xcalloc(1, room_of(r) + CHUNK_TAG_BYTES);
	*out = r;
	return OK;
}

static enum err need_chunk(struct blob_reader *r, uint32_t i)
{
	const struct chunk_plan *p = &r->spec.plan;
	enum err e;

	if (r->chunk == i)
		return OK;
	r->chunk = NO_CHUNK;
	e = blob_read(r->blob, p, i, r->sealed);
	if (e == OK &&
	    chunk_open(p, &r->spec.key, i, r->sealed, r->plain) != OK)
		e = ERR_CORRUPT;
	if (e == OK)
		r->chunk = i;
	return e;
}

enum err blob_reader_get(struct blob_reader *r, uint64_t offset, uint8_t *out,
			 size_t max, size_t *n)
{
	const struct chunk_plan *p = &r->spec.plan;
	uint32_t i = (uint32_t)(offset >> p->chunk_log2);
	size_t from = (size_t)(offset & (room_of(r) - 1)), left;
	enum err e;

	if (offset >= p->size || max == 0) {
		*n = 0;
		return OK;
	}
	e = need_chunk(r, i);
	if (e != OK)
		return e;
	left = chunk_bytes(p, i) - from;
	*n = left < max ? left : max;
	memcpy(out, r->plain + from, *n);
	return OK;
}

void blob_reader_free(struct blob_reader *r)
{
	if (!r)
		return;
	blob_close(r->blob);
	xfree(r->plain, room_of(r));
	xfree(r->sealed, room_of(r) + CHUNK_TAG_BYTES);
	xfree(r, sizeof(*r));
}
