/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/invite.h"

#include <string.h>

#include <sodium.h>

#include "core/kdf.h"
#include "core/noise.h"
#include "core/onion.h"
#include "core/wire.h"
#include "util/text.h"

enum {
	INVITE_VERSION = 1,
	CHECK_BYTES = 4,
	BODY_BYTES = INVITE_BYTES - CHECK_BYTES,
	PREFIX = sizeof(INVITE_PREFIX) - 1,
};

void invite_clear(struct invite *inv)
{
	sodium_memzero(inv, sizeof(*inv));
}

static void checksum(const uint8_t *body, uint8_t out[static CHECK_BYTES])
{
	uint8_t hash[32];

	kdf_hash(LABEL_INV_CHECK, bytes_of(body, BODY_BYTES), bytes_of(NULL, 0),
		 hash, sizeof(hash));
	memcpy(out, hash, CHECK_BYTES);
}

void invite_pack(const struct invite *inv, uint8_t out[static INVITE_BYTES])
{
	struct wire_writer w;

	wire_write_init(&w, out, INVITE_BYTES);
	wire_write_u8(&w, INVITE_VERSION);
	wire_write_u8(&w, inv->flags);
	wire_write_u32(&w, inv->expiry_min);
	wire_write_bytes(&w, bytes_of(inv->onion.b, sizeof(inv->onion.b)));
	wire_write_bytes(&w, bytes_of(inv->secret.b, sizeof(inv->secret.b)));
	checksum(out, out + BODY_BYTES);
}

enum err invite_unpack(const uint8_t in[static INVITE_BYTES],
		       struct invite *out)
{
	uint8_t check[CHECK_BYTES];
	struct onion_pk onion;

	checksum(in, check);
	if (memcmp(check, in + BODY_BYTES, CHECK_BYTES) != 0)
		return ERR_CORRUPT;
	/* PROTOCOL 3.1: A reader MUST refuse a version other than 1, and any
	 * of the flags 16, 32, 64 and 128. */
	if (in[0] != INVITE_VERSION || (in[1] & INVITE_MUST_ZERO))
		return ERR_VERSION;
	memcpy(onion.b, in + 6, sizeof(onion.b));
	if (!onion_pk_is_usable(&onion))
		return ERR_AUTH;
	out->flags = in[1];
	out->expiry_min = be32_get(in + 2);
	out->onion = onion;
	memcpy(out->secret.b, in + 38, sizeof(out->secret.b));
	return OK;
}

void invite_encode(const struct invite *inv, char out[static INVITE_TEXT + 1])
{
	uint8_t b[INVITE_BYTES];

	invite_pack(inv, b);
	memcpy(out, INVITE_PREFIX, PREFIX);
	base32_encode(b, sizeof(b), out + PREFIX);
	sodium_memzero(b, sizeof(b));
}

void invite_encode_upper(const struct invite *inv,
			 char out[static INVITE_TEXT + 1])
{
	size_t i;

	invite_encode(inv, out);
	for (i = 0; i < INVITE_TEXT; i++)
		if (out[i] >= 'a' && out[i] <= 'z')
			out[i] = (char)(out[i] - 'a' + 'A');
}

/* PROTOCOL 3.1: A reader MUST accept the text in lower case and in upper
 * case, and MUST refuse a mixture. */
static enum err fold(const char *s, char out[static INVITE_TEXT])
{
	bool lower = false, upper = false;
	size_t i;

	for (i = 0; i < INVITE_TEXT; i++) {
		char c = s[i];

		lower |= c >= 'a' && c <= 'z';
		if (c >= 'A' && c <= 'Z') {
			upper = true;
			c = (char)(c - 'A' + 'a');
		}
		out[i] = c;
	}
	return lower && upper ? ERR_SYNTAX : OK;
}

uint64_t invite_expires_ms(const uint8_t in[static INVITE_BYTES])
{
	return (uint64_t)be32_get(in + 2) * 60000;
}

bool invite_is_expired(const struct invite *inv, uint64_t now_ms)
{
	return now_ms / 60000 >= inv->expiry_min;
}

enum err invite_decode(const char *s, size_t len, uint64_t now_ms,
		       struct invite *out)
{
	char text[INVITE_TEXT];
	uint8_t b[INVITE_BYTES] = {0};
	struct invite inv = {0};
	enum err e;

	if (len != INVITE_TEXT || fold(s, text) != OK ||
	    memcmp(text, INVITE_PREFIX, PREFIX) != 0 ||
	    base32_decode(text + PREFIX, INVITE_TEXT - PREFIX, b, sizeof(b)))
		return ERR_SYNTAX;
	e = invite_unpack(b, &inv);
	if (e == OK && invite_is_expired(&inv, now_ms))
		e = ERR_STATE;
	if (e == OK)
		*out = inv;
	sodium_memzero(text, sizeof(text));
	sodium_memzero(b, sizeof(b));
	invite_clear(&inv);
	return e;
}

void invite_keys_derive(const struct psk *secret, struct invite_keys *out)
{
	struct bytes none = {NULL, 0};

	kdf(secret->b, LABEL_INV_AUTH, none, out->client_auth.b);
	kdf(secret->b, LABEL_INV_PSK, none, out->psk.b);
	noise_public(&out->client_auth, &out->client_auth_pub);
}

void invite_keys_clear(struct invite_keys *k)
{
	sodium_memzero(k, sizeof(*k));
}

void invite_claim_psk(const struct psk *k_psk, const struct nonce32 *nonce,
		      struct psk *out)
{
	kdf(k_psk->b, LABEL_INV_CLAIM, bytes_of(nonce->b, sizeof(nonce->b)),
	    out->b);
}
