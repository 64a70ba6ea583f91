/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/chunk.h"

#include <assert.h>

#include <sodium.h>

#include "core/kdf.h"
#include "core/wire.h"

_Static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == CHUNK_TAG_BYTES,
	       "a sealed chunk is so much longer");

enum {
	NONCE_BYTES = crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
	AD_BYTES = 16 + 4 + 4,
};

uint8_t chunk_log2_for(uint64_t size)
{
	uint8_t log2 = CHUNK_LOG2_USUAL;

	while (log2 < CHUNK_LOG2_MAX && size > (uint64_t)CHUNKS_MAX << log2)
		log2++;
	return log2;
}

/* PROTOCOL 12.1: n MUST be 16,384 at most. */
bool chunk_plan_is_valid(const struct chunk_plan *p)
{
	return p->chunk_log2 >= CHUNK_LOG2_MIN &&
	       p->chunk_log2 <= CHUNK_LOG2_MAX && p->size <= FILE_SIZE_MAX &&
	       p->size <= (uint64_t)CHUNKS_MAX << p->chunk_log2;
}

uint32_t chunk_count(const struct chunk_plan *p)
{
	uint64_t each = UINT64_C(1) << p->chunk_log2;

	return (uint32_t)((p->size + each - 1) / each);
}

size_t chunk_bytes(const struct chunk_plan *p, uint32_t i)
{
	size_t each = (size_t)1 << p->chunk_log2;
	uint64_t from = (uint64_t)i << p->chunk_log2;

	assert(from < p->size);
	return p->size - from < each ? (size_t)(p->size - from) : each;
}

size_t chunk_sealed_bytes(const struct chunk_plan *p, uint32_t i)
{
	return chunk_bytes(p, i) + CHUNK_TAG_BYTES;
}

uint64_t chunk_offset(const struct chunk_plan *p, uint32_t i)
{
	return i * ((UINT64_C(1) << p->chunk_log2) + CHUNK_TAG_BYTES);
}

size_t manifest_bytes(const struct chunk_plan *p)
{
	return (size_t)chunk_count(p) * LEAF_BYTES;
}

uint64_t chunk_blob_bytes(const struct chunk_plan *p)
{
	return p->size + (uint64_t)chunk_count(p) * CHUNK_TAG_BYTES +
	       manifest_bytes(p);
}

static void make_nonce(uint32_t i, uint8_t nonce[static NONCE_BYTES])
{
	size_t k;

	sodium_memzero(nonce, NONCE_BYTES);
	for (k = 0; k < 4; k++)
		nonce[k] = (uint8_t)(i >> 8 * k);
}

static void make_ad(const struct chunk_plan *p, uint32_t i,
		    uint8_t ad[static AD_BYTES])
{
	struct wire_writer w;

	wire_write_init(&w, ad, AD_BYTES);
	wire_write_bytes(&w, bytes_of(p->fid.b, sizeof(p->fid.b)));
	wire_write_u32(&w, i);
	wire_write_u32(&w, chunk_count(p));
}

void chunk_seal(const struct chunk_plan *p, const struct psk *key, uint32_t i,
		const uint8_t *plain, uint8_t *out)
{
	uint8_t nonce[NONCE_BYTES], ad[AD_BYTES];

	make_nonce(i, nonce);
	make_ad(p, i, ad);
	crypto_aead_chacha20poly1305_ietf_encrypt(
	    out, NULL, plain, chunk_bytes(p, i), ad, sizeof(ad), NULL, nonce,
	    key->b);
}

enum err chunk_open(const struct chunk_plan *p, const struct psk *key,
		    uint32_t i, const uint8_t *sealed, uint8_t *plain)
{
	uint8_t nonce[NONCE_BYTES], ad[AD_BYTES];

	make_nonce(i, nonce);
	make_ad(p, i, ad);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(
		plain, NULL, NULL, sealed, chunk_sealed_bytes(p, i), ad,
		sizeof(ad), nonce, key->b) != 0)
		return ERR_AUTH;
	return OK;
}

enum err chunk_check(const struct chunk_plan *p, const struct psk *key,
		     uint32_t i, const uint8_t *sealed)
{
	return chunk_open(p, key, i, sealed, NULL);
}

void chunk_leaf(uint32_t i, struct bytes sealed, uint8_t out[static LEAF_BYTES])
{
	uint8_t number[4];

	be32_put(number, i);
	kdf_hash(LABEL_LEAF, bytes_of(number, sizeof(number)), sealed, out,
		 LEAF_BYTES);
}

void manifest_root(const struct chunk_plan *p, const uint8_t *manifest,
		   struct hash32 *out)
{
	uint8_t head[16 + 8 + 1];
	struct wire_writer w;

	wire_write_init(&w, head, sizeof(head));
	wire_write_bytes(&w, bytes_of(p->fid.b, sizeof(p->fid.b)));
	wire_write_u64(&w, p->size);
	wire_write_u8(&w, p->chunk_log2);
	kdf_hash(LABEL_ROOT, wire_written(&w),
		 bytes_of(manifest, manifest_bytes(p)), out->b, sizeof(out->b));
}
