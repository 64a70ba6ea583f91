/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/keyfile.h"

#include <string.h>

#include <sodium.h>

#include "util/file.h"
#include "util/text.h"

/* doc/STORAGE.md, "The key file".  Numbers are big-endian. */
static const uint8_t magic[8] = {'U', 'm', 'b', 'e', 'l', 'K', 'e', 'y'};

enum {
	FILE_VERSION = 1,
	DB_PROFILE = 1,
	KDF_ARGON2ID13 = 1,
	PASSES_MIN = 2,
	PASSES_MAX = 10,
	MEMORY_MIN_MIB = 64,
	MEMORY_MAX_MIB = 1024,
	CHECK_BYTES = 16,
	STACK_BYTES = 8192, /* that making a key takes, and more */
};

/* Fields from left to right; too little input sticks. */
struct cursor {
	const uint8_t *p;
	size_t left;
	bool bad;
};

static void take(struct cursor *c, void *out, size_t n)
{
	if (c->bad || c->left < n) {
		c->bad = true;
		memset(out, 0, n);
		return;
	}
	memcpy(out, c->p, n);
	c->p += n;
	c->left -= n;
}

static uint64_t take_number(struct cursor *c, size_t n)
{
	uint8_t b[8];
	uint64_t v = 0;
	size_t i;

	take(c, b, n);
	for (i = 0; i < n; i++)
		v = v << 8 | b[i];
	return v;
}

static void put(uint8_t **p, const void *from, size_t n)
{
	memcpy(*p, from, n);
	*p += n;
}

static void put_number(uint8_t **p, uint64_t v, size_t n)
{
	while (n-- > 0)
		*(*p)++ = (uint8_t)(v >> 8 * n);
}

/* What the wrapping is bound to: all that stands in front of it. */
static size_t encode_head(const struct keyfile *kf, uint8_t *out)
{
	size_t name_bytes = strlen(kf->name.s);
	uint8_t *p = out;

	put(&p, magic, sizeof(magic));
	put_number(&p, FILE_VERSION, 1);
	put_number(&p, DB_PROFILE, 1);
	put(&p, kf->user_id.b, sizeof(kf->user_id.b));
	put_number(&p, kf->created_ms, 8);
	put_number(&p, name_bytes, 1);
	put(&p, kf->name.s, name_bytes);
	put_number(&p, KDF_ARGON2ID13, 1);
	put_number(&p, kf->kdf.passes, 4);
	put_number(&p, kf->kdf.memory_mib, 4);
	put(&p, kf->salt, sizeof(kf->salt));
	put(&p, kf->nonce, sizeof(kf->nonce));
	return (size_t)(p - out);
}

/* Tells a damaged file from a wrong passphrase; protects nothing. */
static void checksum(const uint8_t *p, size_t n, uint8_t out[CHECK_BYTES])
{
	crypto_generichash(out, CHECK_BYTES, p, n, NULL, 0);
}

size_t keyfile_encode(const struct keyfile *kf,
		      uint8_t out[static KEYFILE_BYTES_MAX])
{
	uint8_t *p = out + encode_head(kf, out);

	put(&p, kf->wrapped, sizeof(kf->wrapped));
	checksum(out, (size_t)(p - out), p);
	return (size_t)(p - out) + CHECK_BYTES;
}

static bool is_kdf_good(const struct kdf_params *k)
{
	return k->passes >= PASSES_MIN && k->passes <= PASSES_MAX &&
	       k->memory_mib >= MEMORY_MIN_MIB &&
	       k->memory_mib <= MEMORY_MAX_MIB;
}

static void take_name(struct cursor *c, struct label *out)
{
	uint64_t n = take_number(c, 1);

	memset(out, 0, sizeof(*out));
	if (n > NAME_MAX_BYTES)
		c->bad = true;
	else
		take(c, out->s, n);
	if (!utf8_is_label((const uint8_t *)out->s, c->bad ? 0 : n))
		c->bad = true;
}

static void take_fields(struct cursor *c, struct keyfile *out)
{
	c->bad |= take_number(c, 1) != DB_PROFILE;
	take(c, out->user_id.b, sizeof(out->user_id.b));
	out->created_ms = take_number(c, 8);
	take_name(c, &out->name);
	c->bad |= take_number(c, 1) != KDF_ARGON2ID13;
	out->kdf.passes = (uint32_t)take_number(c, 4);
	out->kdf.memory_mib = (uint32_t)take_number(c, 4);
	take(c, out->salt, sizeof(out->salt));
	take(c, out->nonce, sizeof(out->nonce));
	take(c, out->wrapped, sizeof(out->wrapped));
}

enum err keyfile_parse(struct bytes in, struct keyfile *out)
{
	struct cursor c = {in.p, in.n, false};
	uint8_t head[sizeof(magic)], want[CHECK_BYTES], found[CHECK_BYTES];
	struct keyfile kf;
	uint64_t version;

	take(&c, head, sizeof(head));
	version = take_number(&c, 1);
	if (c.bad || memcmp(head, magic, sizeof(magic)) != 0 || version == 0)
		return ERR_CORRUPT;
	if (version > FILE_VERSION)
		return ERR_VERSION;
	take_fields(&c, &kf);
	checksum(in.p, in.n - c.left, want);
	take(&c, found, sizeof(found));
	if (c.bad || c.left > 0 || memcmp(found, want, sizeof(want)) != 0 ||
	    !is_kdf_good(&kf.kdf))
		return ERR_CORRUPT;
	*out = kf;
	return OK;
}

enum err keyfile_read(const char *path, struct keyfile *out)
{
	struct buf b;
	enum err e;

	buf_init(&b, KEYFILE_BYTES_MAX);
	e = file_read(path, &b);
	if (e == OK)
		e = keyfile_parse(buf_view(&b), out);
	else if (e == ERR_FULL)
		e = ERR_CORRUPT;
	buf_clear(&b);
	return e;
}

enum err keyfile_write(const char *path, const struct keyfile *kf)
{
	uint8_t out[KEYFILE_BYTES_MAX];

	return file_replace(path, out, keyfile_encode(kf, out), 0600);
}

enum err keyfile_derive(const struct keyfile *kf, const char *passphrase,
			size_t len, struct wrap_key *out)
{
	struct wrap_key wk;
	enum err e = OK;

	if (!is_kdf_good(&kf->kdf))
		return ERR_RANGE;
	if (crypto_pwhash(wk.b, sizeof(wk.b), passphrase, len, kf->salt,
			  kf->kdf.passes, (size_t)kf->kdf.memory_mib << 20,
			  crypto_pwhash_ALG_ARGON2ID13) != 0)
		e = ERR_FULL;
	else
		*out = wk;
	sodium_memzero(&wk, sizeof(wk));
	/* What it left below us. */
	sodium_stackzero(STACK_BYTES);
	return e;
}

enum err keyfile_unwrap(const struct keyfile *kf, const struct wrap_key *wk,
			struct master_key *out)
{
	uint8_t head[KEYFILE_BYTES_MAX];
	size_t n = encode_head(kf, head);
	struct master_key mk;
	enum err e = OK;

	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		mk.b, NULL, NULL, kf->wrapped, sizeof(kf->wrapped), head, n,
		kf->nonce, wk->b) != 0)
		e = ERR_AUTH;
	else
		*out = mk;
	sodium_memzero(&mk, sizeof(mk));
	return e;
}

void keyfile_wrap(struct keyfile *kf, const struct wrap_key *wk,
		  const struct master_key *mk)
{
	uint8_t head[KEYFILE_BYTES_MAX];
	size_t n;

	randombytes_buf(kf->nonce, sizeof(kf->nonce));
	n = encode_head(kf, head);
	crypto_aead_xchacha20poly1305_ietf_encrypt(kf->wrapped, NULL, mk->b,
						   sizeof(mk->b), head, n, NULL,
						   kf->nonce, wk->b);
}

static enum err derive(const struct keyfile *kf, struct bytes passphrase,
		       struct wrap_key *out)
{
	return keyfile_derive(kf, (const char *)passphrase.p, passphrase.n,
			      out);
}

enum err keyfile_change(const struct keyfile *kf, struct bytes passphrase,
			struct bytes fresh, struct keyfile *next)
{
	struct {
		struct wrap_key wrap;
		struct master_key master;
	} *k = sodium_malloc(sizeof(*k));
	enum err e;

	if (!k)
		return ERR_FULL;
	e = derive(kf, passphrase, &k->wrap);
	if (e == OK)
		e = keyfile_unwrap(kf, &k->wrap, &k->master);
	if (e == OK)
		e = derive(next, fresh, &k->wrap);
	if (e == OK)
		keyfile_wrap(next, &k->wrap, &k->master);
	sodium_free(k);
	return e;
}
