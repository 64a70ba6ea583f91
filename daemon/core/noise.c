/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/noise.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

enum {
	DH_BYTES = 32,
	BLOCK_BYTES = 128, /* of BLAKE2b */
};

const struct noise_pattern noise_kkpsk0 = {
    .protocol = "Noise_KKpsk0_25519_ChaChaPoly_BLAKE2b",
    .pre_s = true,
    .pre_rs = true,
    .has_psk = true,
    .message_count = 2,
    .messages = {{NOISE_PSK, NOISE_E, NOISE_ES, NOISE_SS},
		 {NOISE_E, NOISE_EE, NOISE_SE}},
};

const struct noise_pattern noise_nkpsk0 = {
    .protocol = "Noise_NKpsk0_25519_ChaChaPoly_BLAKE2b",
    .pre_rs = true,
    .has_psk = true,
    .message_count = 2,
    .messages = {{NOISE_PSK, NOISE_E, NOISE_ES}, {NOISE_E, NOISE_EE}},
};

const struct noise_pattern noise_kpsk0 = {
    .protocol = "Noise_Kpsk0_25519_ChaChaPoly_BLAKE2b",
    .pre_s = true,
    .pre_rs = true,
    .has_psk = true,
    .message_count = 1,
    .messages = {{NOISE_PSK, NOISE_E, NOISE_ES, NOISE_SS}},
};

static void hash2(struct bytes a, struct bytes b,
		  uint8_t out[static NOISE_HASH_BYTES])
{
	crypto_generichash_blake2b_state st;

	crypto_generichash_blake2b_init(&st, NULL, 0, NOISE_HASH_BYTES);
	crypto_generichash_blake2b_update(&st, a.p, a.n);
	crypto_generichash_blake2b_update(&st, b.p, b.n);
	crypto_generichash_blake2b_final(&st, out, NOISE_HASH_BYTES);
	sodium_memzero(&st, sizeof(st));
}

/* RFC 2104 with unkeyed BLAKE2b, as Noise wants it; key: one hash long. */
static void hmac(const uint8_t key[static NOISE_HASH_BYTES], struct bytes a,
		 struct bytes b, uint8_t out[static NOISE_HASH_BYTES])
{
	crypto_generichash_blake2b_state st;
	uint8_t pad[BLOCK_BYTES], inner[NOISE_HASH_BYTES];
	size_t i;

	memset(pad, 0x36, sizeof(pad));
	for (i = 0; i < NOISE_HASH_BYTES; i++)
		pad[i] ^= key[i];
	crypto_generichash_blake2b_init(&st, NULL, 0, NOISE_HASH_BYTES);
	crypto_generichash_blake2b_update(&st, pad, sizeof(pad));
	crypto_generichash_blake2b_update(&st, a.p, a.n);
	crypto_generichash_blake2b_update(&st, b.p, b.n);
	crypto_generichash_blake2b_final(&st, inner, sizeof(inner));
	for (i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	hash2(bytes_of(pad, sizeof(pad)), bytes_of(inner, sizeof(inner)), out);
	sodium_memzero(&st, sizeof(st));
	sodium_memzero(pad, sizeof(pad));
	sodium_memzero(inner, sizeof(inner));
}

/* HKDF of the Noise specification, section 4.3. */
static void hkdf(const uint8_t ck[static NOISE_HASH_BYTES], struct bytes in,
		 int count, uint8_t out[][NOISE_HASH_BYTES])
{
	uint8_t prk[NOISE_HASH_BYTES];
	struct bytes last = {NULL, 0};
	int i;

	hmac(ck, in, bytes_of(NULL, 0), prk);
	for (i = 0; i < count; i++) {
		uint8_t number = (uint8_t)(i + 1);

		hmac(prk, last, bytes_of(&number, 1), out[i]);
		last = bytes_of(out[i], NOISE_HASH_BYTES);
	}
	sodium_memzero(prk, sizeof(prk));
}

static void cipher_nonce(uint64_t n, uint8_t out[static 12])
{
	size_t i;

	memset(out, 0, 12);
	for (i = 0; i < 8; i++, n >>= 8)
		out[4 + i] = (uint8_t)n;
}

void noise_seal(struct noise_cipher *c, struct bytes ad, struct bytes plain,
		uint8_t *out)
{
	uint8_t nonce[12];

	assert(c->has_key && c->n < UINT64_MAX);
	cipher_nonce(c->n++, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(
	    out, NULL, plain.p, plain.n, ad.p, ad.n, NULL, nonce, c->k);
}

enum err noise_open(struct noise_cipher *c, struct bytes ad,
		    struct bytes sealed, uint8_t *out)
{
	uint8_t nonce[12];

	assert(c->has_key && c->n < UINT64_MAX);
	if (sealed.n < NOISE_TAG_BYTES)
		return ERR_SHORT;
	cipher_nonce(c->n, nonce);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(
		out, NULL, NULL, sealed.p, sealed.n, ad.p, ad.n, nonce, c->k))
		return ERR_AUTH;
	c->n++;
	return OK;
}

void noise_rekey(struct noise_cipher *c)
{
	static const uint8_t zeros[32];
	uint8_t nonce[12], sealed[32 + NOISE_TAG_BYTES];

	cipher_nonce(UINT64_MAX, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(
	    sealed, NULL, zeros, sizeof(zeros), NULL, 0, NULL, nonce, c->k);
	memcpy(c->k, sealed, sizeof(c->k));
	sodium_memzero(sealed, sizeof(sealed));
}

static void cipher_set(struct noise_cipher *c, const uint8_t k[static 32])
{
	memcpy(c->k, k, sizeof(c->k));
	c->n = 0;
	c->has_key = true;
}

static void mix_hash(struct noise *ns, struct bytes data)
{
	hash2(bytes_of(ns->h, sizeof(ns->h)), data, ns->h);
}

static void mix_key(struct noise *ns, struct bytes in)
{
	uint8_t out[2][NOISE_HASH_BYTES];

	hkdf(ns->ck, in, 2, out);
	memcpy(ns->ck, out[0], sizeof(ns->ck));
	cipher_set(&ns->cipher, out[1]);
	sodium_memzero(out, sizeof(out));
}

static void mix_psk(struct noise *ns)
{
	uint8_t out[3][NOISE_HASH_BYTES];

	hkdf(ns->ck, bytes_of(ns->psk.b, sizeof(ns->psk.b)), 3, out);
	memcpy(ns->ck, out[0], sizeof(ns->ck));
	mix_hash(ns, bytes_of(out[1], sizeof(out[1])));
	cipher_set(&ns->cipher, out[2]);
	sodium_memzero(out, sizeof(out));
}

void noise_public(const struct secret *s, struct pubkey *out)
{
	crypto_scalarmult_curve25519_base(out->b, s->b);
}

/* Which of our keys and of the peer's a DH token means, seen from the
 * initiator: first letter his, second letter the responder's. */
static enum err dh(const struct noise *ns, enum noise_token token,
		   uint8_t out[static DH_BYTES])
{
	bool e_init = token == NOISE_EE || token == NOISE_ES;
	bool e_resp = token == NOISE_EE || token == NOISE_SE;
	bool own_e = ns->initiator ? e_init : e_resp;
	bool peer_e = ns->initiator ? e_resp : e_init;

	/* PROTOCOL 1.1: An implementation MUST refuse a Diffie-Hellman result
	 * that is all zero.  crypto_scalarmult does. */
	if (crypto_scalarmult_curve25519(out, own_e ? ns->e.b : ns->s.b,
					 peer_e ? ns->re.b : ns->rs.b))
		return ERR_AUTH;
	return OK;
}

static enum err mix_dh(struct noise *ns, enum noise_token token)
{
	size_t slot = (size_t)(token - NOISE_EE);
	uint8_t out[DH_BYTES];
	enum err e;

	if (ns->memo && ns->memo->has[slot]) {
		memcpy(out, ns->memo->dh[slot], sizeof(out));
	} else {
		e = dh(ns, token, out);
		if (e != OK)
			return e;
		if (ns->memo) {
			memcpy(ns->memo->dh[slot], out, sizeof(out));
			ns->memo->has[slot] = true;
		}
	}
	mix_key(ns, bytes_of(out, sizeof(out)));
	sodium_memzero(out, sizeof(out));
	return OK;
}

void noise_memo_clear(struct noise_memo *m)
{
	sodium_memzero(m, sizeof(*m));
}

bool noise_pubkey_is_usable(const struct pubkey *p)
{
	static const uint8_t any[32] = {8};
	uint8_t out[DH_BYTES];

	return crypto_scalarmult_curve25519(out, any, p->b) == 0;
}

void noise_init(struct noise *ns, const struct noise_pattern *pattern,
		bool initiator, struct bytes prologue,
		const struct noise_keys *keys)
{
	size_t n = strlen(pattern->protocol);
	const struct pubkey *first, *second;

	memset(ns, 0, sizeof(*ns));
	ns->pattern = pattern;
	ns->initiator = initiator;
	ns->memo = keys->memo;
	if (keys->s) {
		ns->s = *keys->s;
		ns->has_s = true;
		noise_public(&ns->s, &ns->s_pub);
	}
	if (keys->rs) {
		ns->rs = *keys->rs;
		ns->has_rs = true;
	}
	assert(!pattern->has_psk == !keys->psk);
	if (keys->psk)
		ns->psk = *keys->psk;
	assert(n <= NOISE_HASH_BYTES);
	memcpy(ns->h, pattern->protocol, n);
	memcpy(ns->ck, ns->h, sizeof(ns->ck));
	mix_hash(ns, prologue);
	first = initiator ? &ns->s_pub : &ns->rs;
	second = initiator ? &ns->rs : &ns->s_pub;
	if (pattern->pre_s)
		mix_hash(ns, bytes_of(first->b, sizeof(first->b)));
	if (pattern->pre_rs)
		mix_hash(ns, bytes_of(second->b, sizeof(second->b)));
}

void noise_clear(struct noise *ns)
{
	sodium_memzero(ns, sizeof(*ns));
}

bool noise_is_done(const struct noise *ns)
{
	return ns->next == ns->pattern->message_count;
}

static bool is_our_turn(const struct noise *ns, bool to_write)
{
	bool initiator_writes = ns->next % 2 == 0;

	return ns->pattern && !noise_is_done(ns) &&
	       (initiator_writes == ns->initiator) == to_write;
}

/* EncryptAndHash() of the specification. */
static void write_sealed(struct noise *ns, struct bytes plain,
			 struct wire_writer *out)
{
	size_t n = plain.n + (ns->cipher.has_key ? NOISE_TAG_BYTES : 0);
	size_t at = out->len;

	wire_write_zeros(out, n);
	if (ns->cipher.has_key)
		noise_seal(&ns->cipher, bytes_of(ns->h, sizeof(ns->h)), plain,
			   out->p + at);
	else if (n > 0)
		memcpy(out->p + at, plain.p, n);
	mix_hash(ns, bytes_of(out->p + at, n));
}

/* DecryptAndHash(); sealed.n bytes less the tag go to out. */
static enum err read_sealed(struct noise *ns, struct bytes sealed, uint8_t *out)
{
	enum err e = OK;

	if (ns->cipher.has_key)
		e = noise_open(&ns->cipher, bytes_of(ns->h, sizeof(ns->h)),
			       sealed, out);
	else if (sealed.n > 0)
		memcpy(out, sealed.p, sealed.n);
	mix_hash(ns, sealed);
	return e;
}

static void take_e(struct noise *ns, const struct pubkey *e)
{
	mix_hash(ns, bytes_of(e->b, sizeof(e->b)));
	if (ns->pattern->has_psk)
		mix_key(ns, bytes_of(e->b, sizeof(e->b)));
}

static enum err write_token(struct noise *ns, enum noise_token token,
			    const struct secret *e, struct wire_writer *out)
{
	switch (token) {
	case NOISE_E:
		assert(e);
		ns->e = *e;
		noise_public(&ns->e, &ns->e_pub);
		wire_write_bytes(out, bytes_of(ns->e_pub.b, 32));
		take_e(ns, &ns->e_pub);
		return OK;
	case NOISE_S:
		assert(ns->has_s);
		write_sealed(ns, bytes_of(ns->s_pub.b, 32), out);
		return OK;
	case NOISE_PSK: mix_psk(ns); return OK;
	case NOISE_EE:
	case NOISE_ES:
	case NOISE_SE:
	case NOISE_SS: return mix_dh(ns, token);
	case NOISE_END: break;
	}
	assert(false);
	return ERR_STATE;
}

static enum err read_token(struct noise *ns, enum noise_token token,
			   struct wire_reader *in)
{
	struct bytes b;

	switch (token) {
	case NOISE_E:
		b = wire_read_bytes(in, 32);
		if (in->err != OK)
			return in->err;
		memcpy(ns->re.b, b.p, 32);
		take_e(ns, &ns->re);
		return OK;
	case NOISE_S:
		b = wire_read_bytes(
		    in, 32u + (ns->cipher.has_key ? NOISE_TAG_BYTES : 0));
		if (in->err != OK)
			return in->err;
		ns->has_rs = true;
		return read_sealed(ns, b, ns->rs.b);
	case NOISE_PSK: mix_psk(ns); return OK;
	case NOISE_EE:
	case NOISE_ES:
	case NOISE_SE:
	case NOISE_SS: return mix_dh(ns, token);
	case NOISE_END: break;
	}
	assert(false);
	return ERR_STATE;
}

enum err noise_write(struct noise *ns, const struct secret *e,
		     struct bytes payload, struct wire_writer *out)
{
	const uint8_t *token;
	enum err err;

	if (!is_our_turn(ns, true))
		return ERR_STATE;
	for (token = ns->pattern->messages[ns->next]; *token; token++) {
		err = write_token(ns, (enum noise_token) * token, e, out);
		if (err != OK)
			return err;
	}
	write_sealed(ns, payload, out);
	ns->next++;
	return OK;
}

enum err noise_read(struct noise *ns, struct bytes message,
		    struct wire_writer *out)
{
	struct wire_reader in;
	const uint8_t *token;
	size_t plain_bytes;
	enum err err;

	if (!is_our_turn(ns, false))
		return ERR_STATE;
	wire_read_init(&in, message);
	for (token = ns->pattern->messages[ns->next]; *token; token++) {
		err = read_token(ns, (enum noise_token) * token, &in);
		if (err != OK)
			return err;
	}
	plain_bytes = in.rest.n;
	if (ns->cipher.has_key && plain_bytes >= NOISE_TAG_BYTES)
		plain_bytes -= NOISE_TAG_BYTES;
	assert(plain_bytes <= out->cap - out->len);
	err = read_sealed(ns, in.rest, out->p + out->len);
	if (err != OK)
		return err;
	out->len += plain_bytes;
	ns->memo = NULL;
	ns->next++;
	return OK;
}

void noise_split(const struct noise *ns, struct noise_cipher *send,
		 struct noise_cipher *recv)
{
	uint8_t out[2][NOISE_HASH_BYTES];

	assert(noise_is_done(ns));
	hkdf(ns->ck, bytes_of(NULL, 0), 2, out);
	cipher_set(ns->initiator ? send : recv, out[0]);
	cipher_set(ns->initiator ? recv : send, out[1]);
	sodium_memzero(out, sizeof(out));
}
