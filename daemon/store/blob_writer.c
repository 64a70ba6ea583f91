/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * blob_writer - an upload: plaintext in, sealed chunks on the disk.
 */
#include <string.h>

#include <sodium.h>

#include "store/blob.h"
#include "util/mem.h"

struct blob_writer {
	struct blob *blob;
	struct blob_spec spec;
	uint32_t done;	 /* chunks that are sealed and written */
	size_t held;	 /* bytes of the next one */
	uint8_t *plain;	 /* them */
	uint8_t *sealed; /* one chunk, for a moment */
	uint8_t *leaves; /* the manifest, as far as it is known */
	crypto_hash_sha256_state sha256;
};

static size_t room_of(const struct blob_writer *w)
{
	return (size_t)1 << w->spec.plan.chunk_log2;
}

static struct blob_writer *writer_of(const struct blob_spec *spec,
				     struct blob *b OWNED)
{
	struct blob_writer *w = xcalloc(1, sizeof(*w));

	w->blob = b;
	w->spec = *spec;
	w->plain = xcalloc(1, room_of(w));
	w->sealed = xcalloc(1, room_of(w) + CHUNK_TAG_BYTES);
	w->leaves = xcalloc(1, manifest_bytes(&spec->plan) + 1);
	crypto_hash_sha256_init(&w->sha256);
	return w;
}

void blob_writer_free(struct blob_writer *w)
{
	if (!w)
		return;
	blob_close(w->blob);
	xfree(w->plain, room_of(w));
	xfree(w->sealed, room_of(w) + CHUNK_TAG_BYTES);
	xfree(w->leaves, manifest_bytes(&w->spec.plan) + 1);
	xfree(w, sizeof(*w));
}

enum err blob_writer_new(const char *folder, const struct blob_spec *spec,
			 uint64_t keep_free_bytes, struct blob_writer **out)
{
	struct blob *b;
	enum err e = blob_create(folder, &spec->name, &b);

	if (e != OK)
		return e;
	e = blob_reserve(b, &spec->plan, keep_free_bytes);
	if (e == OK) {
		*out = writer_of(spec, b);
	} else {
		blob_close(b);
		blob_drop(folder, &spec->name);
	}
	return e;
}

uint64_t blob_writer_offset(const struct blob_writer *w)
{
	const struct chunk_plan *p = &w->spec.plan;

	/* The last chunk is a short one. */
	if (w->done == chunk_count(p))
		return p->size;
	return ((uint64_t)w->done << p->chunk_log2) + w->held;
}

/* The chunk in w->sealed is on the disk, and w->plain is its content. */
static void count_chunk(struct blob_writer *w)
{
	const struct chunk_plan *p = &w->spec.plan;

	chunk_leaf(w->done, bytes_of(w->sealed, chunk_sealed_bytes(p, w->done)),
		   w->leaves + (size_t)w->done * LEAF_BYTES);
	crypto_hash_sha256_update(&w->sha256, w->plain,
				  chunk_bytes(p, w->done));
	w->done++;
	w->held = 0;
}

/* A second try after an error seals the same content. */
static enum err write_chunk(struct blob_writer *w)
{
	const struct chunk_plan *p = &w->spec.plan;
	enum err e;

	chunk_seal(p, &w->spec.key, w->done, w->plain, w->sealed);
	e = blob_write(w->blob, p, w->done,
		       bytes_of(w->sealed, chunk_sealed_bytes(p, w->done)));
	if (e == OK)
		count_chunk(w);
	return e;
}

static enum err write_if_full(struct blob_writer *w)
{
	if (w->done == chunk_count(&w->spec.plan) ||
	    w->held < chunk_bytes(&w->spec.plan, w->done))
		return OK;
	return write_chunk(w);
}

enum err blob_writer_put(struct blob_writer *w, struct bytes plain)
{
	enum err e = write_if_full(w);

	if (plain.n > w->spec.plan.size - blob_writer_offset(w))
		return ERR_RANGE;
	while (e == OK && plain.n > 0) {
		size_t n = chunk_bytes(&w->spec.plan, w->done) - w->held;

		if (n > plain.n)
			n = plain.n;
		memcpy(w->plain + w->held, plain.p, n);
		w->held += n;
		plain.p += n;
		plain.n -= n;
		e = write_if_full(w);
	}
	return e;
}

enum err blob_writer_sync(struct blob_writer *w, uint32_t *chunks)
{
	enum err e = blob_sync(w->blob);

	if (e == OK)
		*chunks = w->done;
	return e;
}

enum err blob_writer_finish(struct blob_writer *w, struct blob_sum *out)
{
	const struct chunk_plan *p = &w->spec.plan;
	crypto_hash_sha256_state sha256;
	enum err e = write_if_full(w);

	if (e != OK)
		return e;
	if (w->done < chunk_count(p))
		return ERR_SHORT;
	e = blob_write(w->blob, p, BLOB_MANIFEST,
		       bytes_of(w->leaves, manifest_bytes(p)));
	if (e == OK)
		e = blob_sync(w->blob);
	if (e != OK)
		return e;
	manifest_root(p, w->leaves, &out->root);
	sha256 = w->sha256;
	crypto_hash_sha256_final(&sha256, out->sha256.b);
	return OK;
}

/* The chunks that are there, from the first to one that is not whole. */
static enum err read_chunks(struct blob_writer *w, uint64_t length)
{
	const struct chunk_plan *p = &w->spec.plan;

	while (w->done < chunk_count(p) &&
	       chunk_offset(p, w->done) + chunk_sealed_bytes(p, w->done) <=
		   length) {
		enum err e = blob_read(w->blob, p, w->done, w->sealed);

		if (e != OK)
			return e;
		if (chunk_open(p, &w->spec.key, w->done, w->sealed, w->plain) !=
		    OK)
			return ERR_STATE;
		count_chunk(w);
	}
	if (w->done < chunk_count(p) && length > chunk_offset(p, w->done))
		return ERR_STATE;
	return OK;
}

enum err blob_writer_resume(const char *folder, const struct blob_spec *spec,
			    struct blob_writer **out)
{
	struct blob_writer *w;
	struct blob *b;
	uint64_t length;
	enum err e = blob_open(folder, &spec->name, &b);

	if (e != OK)
		return e;
	w = writer_of(spec, b);
	e = blob_length(b, &length);
	if (e == OK)
		e = read_chunks(w, length);
	if (e == OK)
		*out = w;
	else
		blob_writer_free(w);
	return e;
}

/* In w->sealed and plain, so that what is held stays as it is. */
static enum err copy_chunks(struct blob_writer *from, struct blob_writer *to,
			    uint8_t *plain)
{
	const struct chunk_plan *p = &from->spec.plan;
	enum err e = OK;
	uint32_t i;

	for (i = 0; e == OK && i < from->done; i++) {
		e = blob_read(from->blob, p, i, from->sealed);
		if (e == OK && chunk_open(p, &from->spec.key, i, from->sealed,
					  plain) != OK)
			e = ERR_CORRUPT;
		if (e == OK)
			e = blob_writer_put(to,
					    bytes_of(plain, chunk_bytes(p, i)));
	}
	if (e == OK)
		e = blob_writer_put(to, bytes_of(from->plain, from->held));
	return e;
}

enum err blob_writer_move(struct blob_writer *from, const char *folder,
			  const struct blob_spec *spec,
			  struct blob_writer **out)
{
	struct blob_writer *to;
	uint8_t *plain;
	enum err e;

	if (spec->plan.size < blob_writer_offset(from))
		return ERR_RANGE;
	e = blob_writer_new(folder, spec, 0, &to);
	if (e != OK)
		return e;
	plain = xcalloc(1, room_of(from));
	e = copy_chunks(from, to, plain);
	xfree(plain, room_of(from));
	if (e == OK) {
		blob_writer_free(from);
		*out = to;
	} else {
		blob_writer_free(to);
		blob_drop(folder, &spec->name);
	}
	return e;
}
