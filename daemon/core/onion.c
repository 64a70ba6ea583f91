/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/onion.h"

#include <string.h>

#include <sodium.h>

#include "core/sha3.h"
#include "util/text.h"

enum { NAME_BYTES = 35, CHECK_BYTES = 2, ONION_VERSION = 3 };

void onion_expand(const struct onion_seed *seed, struct onion_secret *out)
{
	crypto_hash_sha512(out->b, seed->b, sizeof(seed->b));
	out->b[0] &= 248;
	out->b[31] &= 63;
	out->b[31] |= 64;
}

/* Not crypto_sign_seed_keypair(): the purity check refuses all _keypair. */
void onion_public(const struct onion_seed *seed, struct onion_pk *out)
{
	struct onion_secret full;

	onion_expand(seed, &full);
	crypto_scalarmult_ed25519_base_noclamp(out->b, full.b);
	sodium_memzero(&full, sizeof(full));
}

static void checksum(const struct onion_pk *pk, uint8_t out[static CHECK_BYTES])
{
	static const char label[] = ".onion checksum";
	uint8_t in[sizeof(label) - 1 + sizeof(pk->b) + 1];
	uint8_t hash[32];

	memcpy(in, label, sizeof(label) - 1);
	memcpy(in + sizeof(label) - 1, pk->b, sizeof(pk->b));
	in[sizeof(in) - 1] = ONION_VERSION;
	sha3_256(bytes_of(in, sizeof(in)), hash);
	memcpy(out, hash, CHECK_BYTES);
}

void onion_name_encode(const struct onion_pk *pk,
		       char out[static ONION_NAME + 1])
{
	uint8_t b[NAME_BYTES];

	memcpy(b, pk->b, sizeof(pk->b));
	checksum(pk, b + sizeof(pk->b));
	b[NAME_BYTES - 1] = ONION_VERSION;
	base32_encode(b, sizeof(b), out);
}

enum err onion_name_decode(const char *s, size_t len, struct onion_pk *out)
{
	uint8_t b[NAME_BYTES], check[CHECK_BYTES];
	struct onion_pk pk;

	if (base32_decode(s, len, b, sizeof(b)) != OK)
		return ERR_SYNTAX;
	if (b[NAME_BYTES - 1] != ONION_VERSION)
		return ERR_VERSION;
	memcpy(pk.b, b, sizeof(pk.b));
	checksum(&pk, check);
	if (memcmp(check, b + sizeof(pk.b), CHECK_BYTES) != 0)
		return ERR_CORRUPT;
	if (!onion_pk_is_usable(&pk))
		return ERR_AUTH;
	*out = pk;
	return OK;
}

/* PROTOCOL 1.1: An implementation MUST refuse an onion_pk that is no
 * canonical encoding of a point of the main subgroup. */
bool onion_pk_is_usable(const struct onion_pk *pk)
{
	return crypto_core_ed25519_is_valid_point(pk->b) == 1;
}

enum err onion_to_x25519(const struct onion_pk *pk, struct pubkey *out)
{
	struct pubkey x;

	if (!onion_pk_is_usable(pk) ||
	    crypto_sign_ed25519_pk_to_curve25519(x.b, pk->b) != 0)
		return ERR_AUTH;
	*out = x;
	return OK;
}

void onion_seed_to_x25519(const struct onion_seed *seed, struct secret *out)
{
	struct onion_secret full;

	onion_expand(seed, &full);
	memcpy(out->b, full.b, sizeof(out->b));
	sodium_memzero(&full, sizeof(full));
}
