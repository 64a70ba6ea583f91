/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/card.h"

#include <string.h>

#include "core/noise.h"
#include "core/onion.h"
#include "util/mem.h"
#include "util/text.h"

/* 6 and 7 are kept for a KEM key and a mailbox. */
enum {
	CARD_STATIC = 1,
	CARD_CLIENT_AUTH = 2,
	CARD_CELL = 3,
	CARD_R = 4,
	CARD_FEATURES = 5,
	CARD_NAME = 9,
};

enum { CLAIM_NONCE = 1, CLAIM_CARD = 2, CLAIM_GREETING = 3 };

void card_write(struct wire_writer *w, const struct card *c)
{
	size_t n = strlen(c->name);

	tlv_write(w, CARD_STATIC, bytes_of(c->static_key.b, 32));
	tlv_write(w, CARD_CLIENT_AUTH, bytes_of(c->client_auth.b, 32));
	tlv_write(w, CARD_CELL, bytes_of(c->cell.b, 32));
	tlv_write(w, CARD_R, bytes_of(c->r.b, 32));
	tlv_write_u64(w, CARD_FEATURES, c->features);
	if (n > 0)
		tlv_write(w, CARD_NAME, bytes_of(c->name, n));
}

/* PROTOCOL 6.3: A receiver MUST refuse a card with a key that gives a zero
 * Diffie-Hellman result or is no point of the main subgroup. */
static enum err check_keys(const struct card *c)
{
	if (!noise_pubkey_is_usable(&c->static_key) ||
	    !noise_pubkey_is_usable(&c->client_auth) ||
	    !onion_pk_is_usable(&c->cell))
		return ERR_AUTH;
	return OK;
}

enum err card_read(struct bytes in, struct card *c)
{
	struct tlv t[] = {
	    {.type = CARD_STATIC, .min = 32, .max = 32, .required = true},
	    {.type = CARD_CLIENT_AUTH, .min = 32, .max = 32, .required = true},
	    {.type = CARD_CELL, .min = 32, .max = 32, .required = true},
	    {.type = CARD_R, .min = 32, .max = 32, .required = true},
	    {.type = CARD_FEATURES, .min = 8, .max = 8, .required = true},
	    {.type = CARD_NAME, .min = 1, .max = NAME_MAX_BYTES},
	};
	struct card got = {.features = 0};
	enum err e = tlv_read(in, t, ARRAY_SIZE(t));

	if (e != OK)
		return e;
	memcpy(got.static_key.b, t[0].value.p, 32);
	memcpy(got.client_auth.b, t[1].value.p, 32);
	memcpy(got.cell.b, t[2].value.p, 32);
	memcpy(got.r.b, t[3].value.p, 32);
	got.features = be64_get(t[4].value.p);
	if (t[5].present) {
		if (!utf8_is_label(t[5].value.p, t[5].value.n))
			return ERR_SYNTAX;
		memcpy(got.name, t[5].value.p, t[5].value.n);
	}
	e = check_keys(&got);
	if (e == OK)
		*c = got;
	return e;
}

void claim_write(struct wire_writer *w, const struct claim *c)
{
	uint8_t mem[CARD_BYTES_MAX];
	size_t n = strlen(c->greeting);
	struct wire_writer card;

	wire_write_init(&card, mem, sizeof(mem));
	card_write(&card, &c->card);
	tlv_write(w, CLAIM_NONCE, bytes_of(c->nonce.b, sizeof(c->nonce.b)));
	tlv_write(w, CLAIM_CARD, wire_written(&card));
	if (n > 0)
		tlv_write(w, CLAIM_GREETING, bytes_of(c->greeting, n));
}

enum err claim_read(struct bytes in, struct claim *c)
{
	struct tlv t[] = {
	    {.type = CLAIM_NONCE, .min = 32, .max = 32, .required = true},
	    {.type = CLAIM_CARD, .max = RECORD_PLAIN_MAX, .required = true},
	    {.type = CLAIM_GREETING, .min = 1, .max = GREETING_MAX_BYTES},
	};
	struct claim got = {.greeting = ""};
	enum err e = tlv_read(in, t, ARRAY_SIZE(t));

	if (e != OK)
		return e;
	memcpy(got.nonce.b, t[0].value.p, sizeof(got.nonce.b));
	if (t[2].present) {
		if (!utf8_is_valid(t[2].value.p, t[2].value.n))
			return ERR_SYNTAX;
		memcpy(got.greeting, t[2].value.p, t[2].value.n);
	}
	e = card_read(t[1].value, &got.card);
	if (e == OK)
		*c = got;
	return e;
}
