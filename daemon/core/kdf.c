/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/kdf.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/wire.h"

enum { LABEL_BYTES = crypto_generichash_blake2b_PERSONALBYTES };

/* PROTOCOL 2.1: A label MUST be padded with zero bytes to 16 bytes. */
static void pad_label(const char *label, uint8_t out[static LABEL_BYTES])
{
	size_t n = strlen(label);

	assert(n <= LABEL_BYTES);
	memset(out, 0, LABEL_BYTES);
	memcpy(out, label, n);
}

void kdf(const uint8_t k[static 32], const char *label, struct bytes data,
	 uint8_t out[static 32])
{
	uint8_t personal[LABEL_BYTES];

	pad_label(label, personal);
	crypto_generichash_blake2b_salt_personal(out, 32, data.p, data.n, k, 32,
						 NULL, personal);
}

void kdf_hash(const char *label, struct bytes a, struct bytes b, uint8_t *out,
	      size_t out_bytes)
{
	crypto_generichash_blake2b_state st;
	uint8_t personal[LABEL_BYTES];

	assert(out_bytes >= 16 && out_bytes <= 64);
	pad_label(label, personal);
	crypto_generichash_blake2b_init_salt_personal(&st, NULL, 0, out_bytes,
						      NULL, personal);
	crypto_generichash_blake2b_update(&st, a.p, a.n);
	crypto_generichash_blake2b_update(&st, b.p, b.n);
	crypto_generichash_blake2b_final(&st, out, out_bytes);
	sodium_memzero(&st, sizeof(st));
}

static const char *label_of(enum link_class class)
{
	switch (class) {
	case CLASS_MAIN: return LABEL_MAIN;
	case CLASS_BULK: return LABEL_BULK;
	case CLASS_RT: return LABEL_RT;
	}
	assert(false);
	return NULL;
}

void kdf_door_psk(const struct onion_pk *onion, struct psk *out)
{
	kdf(onion->b, LABEL_DOOR, bytes_of(NULL, 0), out->b);
}

void kdf_test_auth(const struct onion_seed *cell, struct secret *out)
{
	kdf(cell->b, LABEL_TEST, bytes_of(NULL, 0), out->b);
}

void kdf_link_psk(const struct psk *k_n, enum link_class class, struct psk *out)
{
	kdf(k_n->b, label_of(class), bytes_of(NULL, 0), out->b);
}

void kdf_epoch0(const struct nonce32 *r_inviter,
		const struct nonce32 *r_invitee, struct psk *out)
{
	kdf_hash(LABEL_K0, bytes_of(r_inviter->b, sizeof(r_inviter->b)),
		 bytes_of(r_invitee->b, sizeof(r_invitee->b)), out->b,
		 sizeof(out->b));
}

void kdf_epoch_next(const struct psk *k_n, uint64_t n,
		    const struct nonce32 *r_leader,
		    const struct nonce32 *r_follower, struct psk *out)
{
	uint8_t data[8 + 32 + 32];

	be64_put(data, n);
	memcpy(data + 8, r_leader->b, 32);
	memcpy(data + 40, r_follower->b, 32);
	kdf(k_n->b, LABEL_REKEY, bytes_of(data, sizeof(data)), out->b);
	sodium_memzero(data, sizeof(data));
}

/* Divides the big-endian number in n by d, returns the remainder. */
static uint32_t divide(uint8_t n[static 32], uint32_t d)
{
	uint32_t rest = 0;
	size_t i;

	for (i = 0; i < 32; i++) {
		rest = rest << 8 | n[i];
		n[i] = (uint8_t)(rest / d);
		rest %= d;
	}
	return rest;
}

void kdf_safety_number(const struct pubkey *a, const struct pubkey *b,
		       char out[static SAFETY_TEXT + 1])
{
	const struct pubkey *low = a, *high = b;
	uint8_t n[32];
	int group, digit;

	if (memcmp(a->b, b->b, sizeof(a->b)) > 0) {
		low = b;
		high = a;
	}
	kdf_hash(LABEL_SAFETY, bytes_of(low->b, sizeof(low->b)),
		 bytes_of(high->b, sizeof(high->b)), n, sizeof(n));
	memset(out, ' ', SAFETY_TEXT);
	out[SAFETY_TEXT] = '\0';
	for (group = 11; group >= 0; group--) {
		uint32_t v = divide(n, 100000);

		for (digit = 4; digit >= 0; digit--, v /= 10)
			out[group * 6 + digit] = (char)('0' + v % 10);
	}
}
