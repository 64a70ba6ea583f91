/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/archive.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/wire.h"
#include "util/mem.h"

#define STREAM(x) crypto_secretstream_xchacha20poly1305_##x

enum {
	VERSION = 1,
	KDF_ARGON2ID13 = 1,
	CHUNK_BYTES = 65536,
	CHECK_BYTES = 16,
	SEAL_BYTES = STREAM(ABYTES),
	HEAD_BYTES = 8 + 1 + 1 + 4 + 4 + 16 + STREAM(HEADERBYTES) + CHECK_BYTES,
};

static const uint8_t magic[8] = {'U', 'm', 'b', 'e', 'l', 'E', 'x', 'p'};

struct head {
	struct keyfile kf; /* of it: how the key is derived */
	uint8_t stream[STREAM(HEADERBYTES)];
};

/* Both directions have one; in locked memory, for the key in the state. */
struct sealer {
	STREAM(state) state;
	uint8_t plain[CHUNK_BYTES];
	uint8_t sealed[CHUNK_BYTES + SEAL_BYTES];
};

static void checksum(const uint8_t head[static HEAD_BYTES],
		     uint8_t out[static CHECK_BYTES])
{
	crypto_generichash(out, CHECK_BYTES, head, HEAD_BYTES - CHECK_BYTES,
			   NULL, 0);
}

static void encode_head(const struct head *h, uint8_t out[static HEAD_BYTES])
{
	struct wire_writer w;

	wire_write_init(&w, out, HEAD_BYTES);
	wire_write_bytes(&w, bytes_of(magic, sizeof(magic)));
	wire_write_u8(&w, VERSION);
	wire_write_u8(&w, KDF_ARGON2ID13);
	wire_write_u32(&w, h->kf.kdf.passes);
	wire_write_u32(&w, h->kf.kdf.memory_mib);
	wire_write_bytes(&w, bytes_of(h->kf.salt, sizeof(h->kf.salt)));
	wire_write_bytes(&w, bytes_of(h->stream, sizeof(h->stream)));
	checksum(out, out + w.len);
}

static void copy(struct wire_reader *r, void *out, size_t n)
{
	struct bytes b = wire_read_bytes(r, n);

	if (b.n == n)
		memcpy(out, b.p, n);
}

static enum err decode_head(const uint8_t in[static HEAD_BYTES],
			    struct head *out)
{
	uint8_t check[CHECK_BYTES];
	struct wire_reader r;
	uint8_t version;

	wire_read_init(&r, bytes_of(in, HEAD_BYTES));
	(void)wire_read_bytes(&r, sizeof(magic));
	version = wire_read_u8(&r);
	if (version > VERSION)
		return ERR_VERSION;
	checksum(in, check);
	if (memcmp(check, in + HEAD_BYTES - CHECK_BYTES, CHECK_BYTES) != 0 ||
	    version == 0 || wire_read_u8(&r) != KDF_ARGON2ID13)
		return ERR_CORRUPT;
	out->kf.kdf.passes = wire_read_u32(&r);
	out->kf.kdf.memory_mib = wire_read_u32(&r);
	copy(&r, out->kf.salt, sizeof(out->kf.salt));
	copy(&r, out->stream, sizeof(out->stream));
	return OK;
}

/* What comes from the passphrase is not used itself. */
static enum err derive(const struct keyfile *kf, struct bytes passphrase,
		       uint8_t out[static STREAM(KEYBYTES)])
{
	struct wrap_key wk;
	enum err e =
	    keyfile_derive(kf, (const char *)passphrase.p, passphrase.n, &wk);

	if (e == OK)
		crypto_kdf_derive_from_key(out, STREAM(KEYBYTES), 1, "umblexpo",
					   wk.b);
	sodium_memzero(&wk, sizeof(wk));
	return e;
}

/* Writing. */

struct archive_writer {
	struct spool *spool;
	struct sealer *s;
	size_t have; /* of plain */
	bool is_whole;
};

static enum err push(struct archive_writer *w, struct bytes ad, uint8_t tag)
{
	struct sealer *s = w->s;

	STREAM(push)
	(&s->state, s->sealed, NULL, s->plain, w->have, ad.p, ad.n, tag);
	sodium_memzero(s->plain, w->have);
	return spool_put(w->spool, bytes_of(s->sealed, w->have + SEAL_BYTES));
}

/* The header, and a seal over it without content: by that a wrong passphrase
 * is told from damage. */
static enum err begin(struct archive_writer *w, struct bytes passphrase,
		      const struct kdf_params *kdf)
{
	struct head h = {.kf = {.kdf = *kdf}};
	uint8_t key[STREAM(KEYBYTES)], text[HEAD_BYTES];
	enum err e;

	randombytes_buf(h.kf.salt, sizeof(h.kf.salt));
	e = derive(&h.kf, passphrase, key);
	if (e != OK)
		return e;
	STREAM(init_push)(&w->s->state, h.stream, key);
	sodium_memzero(key, sizeof(key));
	encode_head(&h, text);
	e = spool_put(w->spool, bytes_of(text, sizeof(text)));
	if (e == OK)
		e = push(w, bytes_of(text, sizeof(text)), STREAM(TAG_MESSAGE));
	return e;
}

enum err archive_create(const char *path, struct bytes passphrase,
			const struct kdf_params *kdf, uint64_t keep_free_bytes,
			struct archive_writer **out)
{
	struct archive_writer *w = xcalloc(1, sizeof(*w));
	enum err e;

	w->s = sodium_malloc(sizeof(*w->s));
	e = w->s ? spool_create(path, 0, keep_free_bytes, &w->spool) : ERR_FULL;
	if (e == OK)
		e = begin(w, passphrase, kdf);
	if (e == OK)
		*out = w;
	else
		archive_writer_free(w);
	return e;
}

enum err archive_put(struct archive_writer *w, struct bytes b)
{
	enum err e = OK;

	while (b.n > 0 && e == OK) {
		size_t n = CHUNK_BYTES - w->have;

		if (n > b.n)
			n = b.n;
		memcpy(w->s->plain + w->have, b.p, n);
		w->have += n;
		b = bytes_of(b.p + n, b.n - n);
		if (w->have < CHUNK_BYTES)
			break;
		e = push(w, bytes_of(NULL, 0), STREAM(TAG_MESSAGE));
		w->have = 0;
	}
	return e;
}

enum err archive_finish(struct archive_writer *w)
{
	enum err e = push(w, bytes_of(NULL, 0), STREAM(TAG_FINAL));

	if (e == OK)
		e = spool_sync(w->spool);
	w->is_whole = e == OK;
	return e;
}

void archive_writer_free(struct archive_writer *w)
{
	if (!w)
		return;
	spool_free(w->spool, w->is_whole);
	sodium_free(w->s);
	free(w);
}

/* Reading. */

struct archive_reader {
	struct spool *spool;
	struct sealer *s;
	uint64_t at;	 /* in the file */
	size_t from, to; /* what is left of plain */
	bool is_over;
};

static enum err read_head(struct archive_reader *r,
			  uint8_t text[static HEAD_BYTES], struct head *h)
{
	uint8_t start[sizeof(magic)];

	if (spool_get(r->spool, 0, start, sizeof(start)) != OK ||
	    memcmp(start, magic, sizeof(magic)) != 0)
		return ERR_SYNTAX;
	r->at = HEAD_BYTES;
	if (spool_bytes(r->spool) < HEAD_BYTES)
		return ERR_SHORT;
	if (spool_get(r->spool, 0, text, HEAD_BYTES) != OK)
		return ERR_IO;
	return decode_head(text, h);
}

enum err archive_become_noise(struct spool *spool)
{
	struct archive_reader r = {.spool = spool};
	uint8_t text[HEAD_BYTES];
	struct head h;
	enum err e = read_head(&r, text, &h);

	if (e != OK)
		return e;
	randombytes_buf(h.kf.salt, sizeof(h.kf.salt));
	randombytes_buf(h.stream, sizeof(h.stream));
	encode_head(&h, text);
	spool_become_noise(spool, bytes_of(text, sizeof(text)));
	return OK;
}

/* The next n bytes of the file, of which there are so many. */
static enum err pull(struct archive_reader *r, size_t n, struct bytes ad,
		     uint8_t *tag)
{
	struct sealer *s = r->s;
	unsigned long long got;
	enum err e = spool_get(r->spool, r->at, s->sealed, n);

	if (e != OK)
		return e;
	r->at += n;
	if (STREAM(pull)(&s->state, s->plain, &got, tag, s->sealed, n, ad.p,
			 ad.n) != 0)
		return ERR_CORRUPT;
	r->from = 0;
	r->to = (size_t)got;
	return OK;
}

static enum err unlock(struct archive_reader *r, struct bytes passphrase)
{
	uint8_t key[STREAM(KEYBYTES)], text[HEAD_BYTES], tag;
	struct head h;
	enum err e = read_head(r, text, &h);

	if (e == OK && spool_bytes(r->spool) - r->at < SEAL_BYTES)
		e = ERR_SHORT;
	if (e != OK)
		return e;
	e = derive(&h.kf, passphrase, key);
	if (e == OK && STREAM(init_pull)(&r->s->state, h.stream, key) != 0)
		e = ERR_CORRUPT;
	sodium_memzero(key, sizeof(key));
	if (e != OK)
		return e == ERR_RANGE ? ERR_CORRUPT : e;
	e = pull(r, SEAL_BYTES, bytes_of(text, sizeof(text)), &tag);
	return e == ERR_CORRUPT ? ERR_AUTH : e;
}

enum err archive_open(const char *path, struct bytes passphrase,
		      struct archive_reader **out)
{
	struct archive_reader *r = xcalloc(1, sizeof(*r));
	enum err e;

	r->s = sodium_malloc(sizeof(*r->s));
	e = r->s ? spool_open(path, &r->spool) : ERR_FULL;
	if (e == OK)
		e = unlock(r, passphrase);
	if (e == OK)
		*out = r;
	else
		archive_reader_free(r);
	return e;
}

static enum err next_chunk(struct archive_reader *r)
{
	uint64_t left = spool_bytes(r->spool) - r->at;
	size_t n = CHUNK_BYTES + SEAL_BYTES;
	uint8_t tag = 0;
	enum err e;

	if (r->is_over || left < SEAL_BYTES)
		return ERR_SHORT;
	if (left < n)
		n = (size_t)left;
	e = pull(r, n, bytes_of(NULL, 0), &tag);
	if (e != OK)
		return e;
	r->is_over = tag == STREAM(TAG_FINAL);
	return r->is_over && r->at < spool_bytes(r->spool) ? ERR_CORRUPT : OK;
}

enum err archive_get(struct archive_reader *r, void *out, size_t n)
{
	uint8_t *p = out;
	enum err e = OK;

	while (n > 0 && e == OK) {
		size_t some = r->to - r->from;

		if (some > n)
			some = n;
		memcpy(p, r->s->plain + r->from, some);
		r->from += some;
		p += some;
		n -= some;
		if (n > 0)
			e = next_chunk(r);
	}
	return e;
}

enum err archive_end(struct archive_reader *r)
{
	enum err e = OK;

	if (r->from == r->to && !r->is_over)
		e = next_chunk(r);
	if (e != OK)
		return e;
	return r->is_over && r->from == r->to ? OK : ERR_CORRUPT;
}

uint64_t archive_left(const struct archive_reader *r)
{
	uint64_t left = spool_bytes(r->spool) - r->at, seals;

	seals = (left + CHUNK_BYTES + SEAL_BYTES - 1) /
		(CHUNK_BYTES + SEAL_BYTES) * SEAL_BYTES;
	return r->to - r->from + (left > seals ? left - seals : 0);
}

unsigned archive_percent(const struct archive_reader *r)
{
	uint64_t all = spool_bytes(r->spool);

	return all > 0 ? (unsigned)(r->at * 100 / all) : 0;
}

void archive_reader_free(struct archive_reader *r)
{
	if (!r)
		return;
	spool_free(r->spool, true);
	sodium_free(r->s);
	free(r);
}
