/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/handshake.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "core/onion.h"
#include "util/mem.h"

enum {
	HEAD_BYTES = 2,
	NOISE_BYTES = HANDSHAKE_BYTES - HEAD_BYTES,
	PAYLOAD_BYTES = NOISE_BYTES - 32 - NOISE_TAG_BYTES,
	PROLOGUE_MAX = 48,
	LINK_NONCE_BYTES = 8,
};

/* Field types of the two payloads. */
enum { OFFER_VERSIONS = 1, OFFER_NONCE = 2 };
enum { ANSWER_VERSION = 1, ANSWER_FEATURES = 3, ANSWER_DIFFICULTY = 5 };

void handshake_clear(struct handshake *hs)
{
	sodium_memzero(hs, sizeof(*hs));
}

/* PROTOCOL 4.2: The prologue of a link MUST be "umbel1", the class, the
 * responder's onion key and a zero byte; that of an invite "umbel1 inv" and
 * the responder's onion key; that of a door "umbel1 door" and the responder's
 * onion key. */
static struct bytes write_prologue(const struct handshake_who *who,
				   uint8_t mem[static PROLOGUE_MAX])
{
	struct bytes onion = bytes_of(who->onion.b, sizeof(who->onion.b));
	struct wire_writer w;

	wire_write_init(&w, mem, PROLOGUE_MAX);
	switch (who->kind) {
	case HANDSHAKE_LINK:
		wire_write_bytes(&w, bytes_of("umbel1", 6));
		wire_write_u8(&w, (uint8_t)who->class);
		wire_write_bytes(&w, onion);
		wire_write_u8(&w, 0);
		break;
	case HANDSHAKE_INVITE:
		wire_write_bytes(&w, bytes_of("umbel1 inv", 10));
		wire_write_bytes(&w, onion);
		break;
	case HANDSHAKE_DOOR:
		wire_write_bytes(&w, bytes_of("umbel1 door", 11));
		wire_write_bytes(&w, onion);
		break;
	}
	return wire_written(&w);
}

static enum err begin(struct handshake *hs, const struct handshake_who *who,
		      bool initiator, struct noise_memo *memo)
{
	bool is_link = who->kind == HANDSHAKE_LINK;
	struct noise_keys keys = {
	    .s = who->s, .rs = who->rs, .psk = who->psk, .memo = memo};
	uint8_t mem[PROLOGUE_MAX];
	struct pubkey onion_x;
	enum err e;

	memset(hs, 0, sizeof(*hs));
	hs->kind = who->kind;
	assert(!who->rs == !is_link);
	assert(!who->s == (!is_link && initiator));
	if (!is_link && initiator) {
		e = onion_to_x25519(&who->onion, &onion_x);
		if (e != OK)
			return e;
		keys.rs = &onion_x;
	}
	noise_init(&hs->noise, is_link ? &noise_kkpsk0 : &noise_nkpsk0,
		   initiator, write_prologue(who, mem), &keys);
	return OK;
}

/* Head and one Noise message around the fields, padded with zeros. */
static enum err write_message(struct handshake *hs, const struct secret *e,
			      struct bytes fields,
			      uint8_t out[static HANDSHAKE_BYTES])
{
	uint8_t payload[PAYLOAD_BYTES] = {0};
	struct wire_writer w;

	assert(fields.n <= sizeof(payload));
	memcpy(payload, fields.p, fields.n);
	wire_write_init(&w, out, HANDSHAKE_BYTES);
	wire_write_u16(&w, NOISE_BYTES);
	return noise_write(&hs->noise, e, bytes_of(payload, sizeof(payload)),
			   &w);
}

/* Finds where the fields end: at a zero where a type would stand.
 * PROTOCOL 4.2: The rest of a handshake payload MUST be zero. */
static enum err cut_padding(struct bytes payload, struct bytes *fields)
{
	struct wire_reader r;

	wire_read_init(&r, payload);
	while (r.rest.n > 0 && r.rest.p[0] != 0) {
		wire_read_bigsize(&r);
		wire_read_bytes(&r, wire_read_bigsize(&r));
		if (r.err != OK)
			return ERR_SYNTAX;
	}
	if (r.rest.n > 0 && !sodium_is_zero(r.rest.p, r.rest.n))
		return ERR_SYNTAX;
	*fields = bytes_of(payload.p, payload.n - r.rest.n);
	return OK;
}

static enum err read_message(struct handshake *hs,
			     const uint8_t in[static HANDSHAKE_BYTES],
			     uint8_t mem[static NOISE_BYTES],
			     struct bytes *fields)
{
	struct wire_writer w;
	enum err e;

	/* PROTOCOL 4.2: The length word MUST be 486. */
	if (be16_get(in) != NOISE_BYTES)
		return ERR_RANGE;
	wire_write_init(&w, mem, NOISE_BYTES);
	e = noise_read(&hs->noise, bytes_of(in + HEAD_BYTES, NOISE_BYTES), &w);
	if (e != OK)
		return e;
	return cut_padding(wire_written(&w), fields);
}

static bool is_ascending(const uint8_t *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i] == 0 || (i > 0 && v[i] <= v[i - 1]))
			return false;
	return true;
}

static enum err read_offer(struct bytes fields, struct handshake_offer *out)
{
	struct tlv t[] = {
	    {.type = OFFER_VERSIONS,
	     .min = 1,
	     .max = VERSIONS_MAX,
	     .required = true},
	    {.type = OFFER_NONCE,
	     .min = LINK_NONCE_BYTES,
	     .max = LINK_NONCE_BYTES,
	     .required = true},
	};

	if (tlv_read(fields, t, ARRAY_SIZE(t)) != OK ||
	    !is_ascending(t[0].value.p, t[0].value.n))
		return ERR_SYNTAX;
	memset(out, 0, sizeof(*out));
	out->versions_count = (uint8_t)t[0].value.n;
	memcpy(out->versions, t[0].value.p, t[0].value.n);
	memcpy(out->link_nonce, t[1].value.p, LINK_NONCE_BYTES);
	return OK;
}

/* The difficulty is a door's only, and required there. */
static enum err read_answer(struct bytes fields, enum handshake_kind kind,
			    struct handshake_answer *out)
{
	struct tlv t[] = {
	    {.type = ANSWER_VERSION, .min = 1, .max = 1, .required = true},
	    {.type = ANSWER_FEATURES, .min = 8, .max = 8, .required = true},
	    {.type = ANSWER_DIFFICULTY, .min = 1, .max = 1},
	};

	if (tlv_read(fields, t, ARRAY_SIZE(t)) != OK ||
	    t[2].present != (kind == HANDSHAKE_DOOR))
		return ERR_SYNTAX;
	out->version = t[0].value.p[0];
	out->features = be64_get(t[1].value.p);
	if (t[2].present)
		out->difficulty = t[2].value.p[0];
	return out->difficulty <= DIFFICULTY_MAX ? OK : ERR_SYNTAX;
}

static bool is_offered(const struct handshake_offer *offer, uint8_t version)
{
	size_t i;

	for (i = 0; i < offer->versions_count; i++)
		if (offer->versions[i] == version)
			return true;
	return false;
}

static void end(struct handshake *hs, struct record_channel *channel)
{
	noise_split(&hs->noise, &channel->send, &channel->recv);
	memcpy(channel->h, hs->noise.h, sizeof(channel->h));
}

enum err handshake_start(struct handshake *hs, const struct handshake_who *who,
			 const struct handshake_offer *offer,
			 const struct secret *e,
			 uint8_t out[static HANDSHAKE_BYTES])
{
	uint8_t mem[PAYLOAD_BYTES];
	struct wire_writer w;
	enum err err;

	assert(offer->versions_count >= 1 &&
	       offer->versions_count <= VERSIONS_MAX &&
	       is_ascending(offer->versions, offer->versions_count));
	err = begin(hs, who, true, NULL);
	if (err != OK)
		return err;
	hs->offer = *offer;
	wire_write_init(&w, mem, sizeof(mem));
	tlv_write(&w, OFFER_VERSIONS,
		  bytes_of(offer->versions, offer->versions_count));
	tlv_write(&w, OFFER_NONCE,
		  bytes_of(offer->link_nonce, LINK_NONCE_BYTES));
	err = write_message(hs, e, wire_written(&w), out);
	if (err != OK)
		handshake_clear(hs);
	return err;
}

enum err handshake_accept(struct handshake *hs, const struct handshake_who *who,
			  struct noise_memo *memo,
			  const uint8_t in[static HANDSHAKE_BYTES])
{
	uint8_t mem[NOISE_BYTES];
	struct bytes fields;
	enum err err;

	err = begin(hs, who, false, memo);
	if (err == OK)
		err = read_message(hs, in, mem, &fields);
	if (err == OK)
		err = read_offer(fields, &hs->offer);
	if (err != OK)
		handshake_clear(hs);
	return err;
}

/* PROTOCOL 4.3: The responder MUST choose the highest offered version that it
 * speaks; this one speaks only one. */
uint8_t handshake_choose(const struct handshake_offer *offer)
{
	return is_offered(offer, PROTOCOL_VERSION) ? PROTOCOL_VERSION : 0;
}

enum err handshake_answer(struct handshake *hs,
			  const struct handshake_answer *answer,
			  const struct secret *e,
			  uint8_t out[static HANDSHAKE_BYTES],
			  struct record_channel *channel)
{
	uint8_t mem[PAYLOAD_BYTES];
	struct wire_writer w;
	enum err err;

	assert(is_offered(&hs->offer, answer->version));
	wire_write_init(&w, mem, sizeof(mem));
	tlv_write(&w, ANSWER_VERSION, bytes_of(&answer->version, 1));
	tlv_write_u64(&w, ANSWER_FEATURES, answer->features);
	if (hs->kind == HANDSHAKE_DOOR)
		tlv_write(&w, ANSWER_DIFFICULTY,
			  bytes_of(&answer->difficulty, 1));
	err = write_message(hs, e, wire_written(&w), out);
	if (err == OK)
		end(hs, channel);
	handshake_clear(hs);
	return err;
}

enum err handshake_finish(struct handshake *hs,
			  const uint8_t in[static HANDSHAKE_BYTES],
			  struct handshake_answer *answer,
			  struct record_channel *channel)
{
	struct handshake_answer got = {0};
	uint8_t mem[NOISE_BYTES];
	struct bytes fields;
	enum err err;

	err = read_message(hs, in, mem, &fields);
	if (err == OK)
		err = read_answer(fields, hs->kind, &got);
	/* PROTOCOL 4.3: The initiator MUST close if the answer names a
	 * version that it did not offer. */
	if (err == OK && !is_offered(&hs->offer, got.version))
		err = ERR_VERSION;
	if (err == OK) {
		end(hs, channel);
		*answer = got;
	}
	handshake_clear(hs);
	return err;
}
