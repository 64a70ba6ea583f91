/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fixed.h"

#include "core/handshake.h"
#include "core/invite.h"
#include "core/kdf.h"
#include "core/onion.h"
#include "core/sha3.h"
#include "tests/unit/codec_vectors.h"

/* Two ends that know each other: an initiator and a responder. */
struct world {
	struct secret s[2], e[2];
	struct pubkey p[2];
	struct onion_seed seed;
	struct psk psk;
	struct handshake_who init, resp;
	struct handshake_offer offer;
	struct handshake_answer answer;
};

static void world_link(struct world *w)
{
	int i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < 2; i++) {
		fixed_unhex(i ? VEC_S_RESPONDER : VEC_S_INITIATOR, w->s[i].b,
			    32);
		fixed_unhex(i ? VEC_E_RESPONDER : VEC_E_INITIATOR, w->e[i].b,
			    32);
		noise_public(&w->s[i], &w->p[i]);
	}
	fixed_unhex(VEC_ONION_SEED, w->seed.b, 32);
	fixed_unhex(VEC_PSK, w->psk.b, 32);
	w->init = (struct handshake_who){.kind = HANDSHAKE_LINK,
					 .class = CLASS_MAIN,
					 .s = &w->s[0],
					 .rs = &w->p[1],
					 .psk = &w->psk};
	onion_public(&w->seed, &w->init.onion);
	w->resp = w->init;
	w->resp.s = &w->s[1];
	w->resp.rs = &w->p[0];
	w->offer = (struct handshake_offer){
	    .versions_count = 2, .versions = {1, 7}, .link_nonce = {9, 8, 7}};
	w->answer = (struct handshake_answer){.version = 1,
					      .features = 0x8000000000000001};
}

static void world_invite(struct world *w)
{
	world_link(w);
	w->init.kind = w->resp.kind = HANDSHAKE_INVITE;
	w->init.s = NULL;
	w->init.rs = w->resp.rs = NULL;
	onion_seed_to_x25519(&w->seed, &w->s[1]);
}

static void start(struct world *w, struct handshake *hs,
		  uint8_t out[static HANDSHAKE_BYTES])
{
	assert_ok(handshake_start(hs, &w->init, &w->offer, &w->e[0], out));
}

/* From message 1 to a channel at both ends. */
static void shake(struct world *w, struct record_channel *a,
		  struct record_channel *b)
{
	uint8_t m[HANDSHAKE_BYTES];
	struct handshake_answer got;
	struct handshake ha, hb;

	start(w, &ha, m);
	assert_int_equal(be16_get(m), 486);
	assert_ok(handshake_accept(&hb, &w->resp, NULL, m));
	assert_memory_equal(&hb.offer, &w->offer, sizeof(w->offer));
	assert_int_equal(handshake_choose(&hb.offer), 1);
	assert_ok(handshake_answer(&hb, &w->answer, &w->e[1], m, b));
	assert_int_equal(be16_get(m), 486);
	assert_ok(handshake_finish(&ha, m, &got, a));
	assert_int_equal(got.version, 1);
	assert_true(got.features == w->answer.features);
	assert_int_equal(got.difficulty, w->answer.difficulty);
	assert_true(sodium_is_zero((uint8_t *)&ha, sizeof(ha)));
	assert_true(sodium_is_zero((uint8_t *)&hb, sizeof(hb)));
	assert_memory_equal(a->h, b->h, sizeof(a->h));
	assert_memory_equal(a->send.k, b->recv.k, 32);
	assert_memory_equal(a->recv.k, b->send.k, 32);
	assert_memory_not_equal(a->send.k, a->recv.k, 32);
}

static void contacts_meet(void **state)
{
	struct record_channel a, b;
	struct world w;

	(void)state;
	world_link(&w);
	shake(&w, &a, &b);
	/* The hash after both messages, by another implementation. */
	assert_hex(a.h, VEC_LINK_H);
	assert_memory_equal(a.h, b.h, sizeof(a.h));
}

/* 1030 records as another implementation's ciphers made them, with a new
 * key after 1024; the vector is a digest of them all. */
static void records_as_elsewhere(void **state)
{
	enum { COUNT = 1030, BYTES = 488 };
	struct record_builder *b = xcalloc(1, sizeof(*b));
	uint8_t *all = xcalloc(COUNT, BYTES), digest[32];
	uint8_t wire[RECORD_WIRE_MAX];
	struct record_channel one, two;
	struct world w;
	size_t i;

	(void)state;
	world_link(&w);
	shake(&w, &one, &two);
	record_begin(b);
	frame_write_ping(&b->w, FRAME_PING, 7);
	for (i = 0; i < COUNT; i++) {
		assert_int_equal(record_seal(b, &one, wire), BYTES);
		memcpy(all + i * BYTES, wire, BYTES);
	}
	sha3_256(bytes_of(all, (size_t)COUNT * BYTES), digest);
	assert_hex(digest, VEC_LINK_RECORDS);
	free(all);
	free(b);
}

static void invitee_meets_inviter(void **state)
{
	struct record_channel a, b;
	struct world w;

	(void)state;
	world_invite(&w);
	shake(&w, &a, &b);
	assert_hex(a.h, VEC_INVITE_H);
}

static void world_door(struct world *w)
{
	world_invite(w);
	w->init.kind = w->resp.kind = HANDSHAKE_DOOR;
	kdf_door_psk(&w->init.onion, &w->psk);
	w->answer.difficulty = 12;
}

static void knocker_meets_door(void **state)
{
	struct record_channel a, b;
	struct world w;

	(void)state;
	world_door(&w);
	assert_hex(w.psk.b, VEC_DOOR_PSK);
	shake(&w, &a, &b);
	assert_hex(a.h, VEC_DOOR_H);
}

/* Every single bit, of message 1 and of message 2; none gets through, and
 * the untouched message does afterwards.  HOSTILE K-06 */
static void flipped_bits_are_refused(void **state)
{
	uint8_t m1[HANDSHAKE_BYTES], m2[HANDSHAKE_BYTES];
	struct handshake_answer got;
	struct handshake ha, hb, copy;
	struct record_channel c;
	struct world w;
	size_t i;

	(void)state;
	world_link(&w);
	start(&w, &ha, m1);
	for (i = 0; i < 8 * sizeof(m1); i++) {
		enum err e;

		m1[i / 8] ^= (uint8_t)(1u << i % 8);
		e = handshake_accept(&hb, &w.resp, NULL, m1);
		m1[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_err(e, i < 16 ? ERR_RANGE : ERR_AUTH);
		assert_true(sodium_is_zero((uint8_t *)&hb, sizeof(hb)));
	}
	assert_ok(handshake_accept(&hb, &w.resp, NULL, m1));
	assert_ok(handshake_answer(&hb, &w.answer, &w.e[1], m2, &c));
	for (i = 0; i < 8 * sizeof(m2); i++) {
		enum err e;

		copy = ha;
		m2[i / 8] ^= (uint8_t)(1u << i % 8);
		e = handshake_finish(&copy, m2, &got, &c);
		m2[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_err(e, i < 16 ? ERR_RANGE : ERR_AUTH);
		assert_true(sodium_is_zero((uint8_t *)&copy, sizeof(copy)));
	}
	assert_ok(handshake_finish(&ha, m2, &got, &c));
}

/* Whatever the two ends do not share, message 1 fails.  HOSTILE K-05 */
static void everything_is_bound(void **state)
{
	uint8_t m[HANDSHAKE_BYTES];
	struct handshake ha, hb;
	struct secret other_s;
	struct pubkey other_p;
	struct psk other_psk;
	struct world w;
	int i;

	(void)state;
	world_link(&w);
	start(&w, &ha, m);
	fixed_bytes(other_s.b, 32, 77);
	noise_public(&other_s, &other_p);
	other_psk = w.psk;
	other_psk.b[31] ^= 0x80;
	for (i = 0; i < 5; i++) {
		struct handshake_who who = w.resp;

		if (i == 0)
			who.class = CLASS_BULK;
		else if (i == 1)
			who.onion.b[0] ^= 1;
		else if (i == 2)
			who.s = &other_s;
		else if (i == 3)
			who.rs = &other_p;
		else
			who.psk = &other_psk;
		assert_err(handshake_accept(&hb, &who, NULL, m), ERR_AUTH);
	}
	assert_ok(handshake_accept(&hb, &w.resp, NULL, m));
}

/* An invite's message is none of a contact's, and the other way round. */
static void kinds_do_not_mix(void **state)
{
	uint8_t m[HANDSHAKE_BYTES];
	struct world link, invite, door;
	struct handshake hs;

	(void)state;
	world_link(&link);
	world_invite(&invite);
	world_door(&door);
	start(&door, &hs, m);
	assert_err(handshake_accept(&hs, &link.resp, NULL, m), ERR_AUTH);
	assert_err(handshake_accept(&hs, &invite.resp, NULL, m), ERR_AUTH);
	/* The psk of a door is known to all: it is the prologue that tells. */
	invite.psk = door.psk;
	assert_err(handshake_accept(&hs, &invite.resp, NULL, m), ERR_AUTH);
	start(&invite, &hs, m);
	assert_err(handshake_accept(&hs, &door.resp, NULL, m), ERR_AUTH);
	world_invite(&invite);
	start(&link, &hs, m);
	assert_err(handshake_accept(&hs, &invite.resp, NULL, m), ERR_AUTH);
	start(&invite, &hs, m);
	assert_err(handshake_accept(&hs, &link.resp, NULL, m), ERR_AUTH);
}

static void trials_share_their_dh(void **state)
{
	static const enum link_class classes[] = {CLASS_RT, CLASS_BULK,
						  CLASS_MAIN};
	struct noise_memo memo = {.has = {false}};
	uint8_t m[HANDSHAKE_BYTES];
	struct handshake ha, hb;
	struct world w;
	struct psk old;
	size_t i;

	(void)state;
	world_link(&w);
	start(&w, &ha, m);
	fixed_bytes(old.b, 32, 6);
	for (i = 0; i < HANDSHAKE_TRIALS_MAX; i++) {
		struct handshake_who who = w.resp;
		bool fits = i == HANDSHAKE_TRIALS_MAX - 1;

		who.class = classes[i % 3];
		who.psk = i < 3 ? &old : &w.psk;
		assert_err(handshake_accept(&hb, &who, &memo, m),
			   fits ? OK : ERR_AUTH);
	}
	noise_memo_clear(&memo);
}

/* HOSTILE K-03 */
static void bad_onion_key_is_refused(void **state)
{
	uint8_t m[HANDSHAKE_BYTES];
	struct handshake hs;
	struct world w;

	(void)state;
	world_invite(&w);
	memset(w.init.onion.b, 0, sizeof(w.init.onion.b));
	assert_err(handshake_start(&hs, &w.init, &w.offer, &w.e[0], m),
		   ERR_AUTH);
}

/* Message 1 with a payload of our choice, from the right sender. */
static void forge(struct world *w, struct bytes fields,
		  uint8_t out[static HANDSHAKE_BYTES])
{
	uint8_t prologue[40] = "umbel1", payload[438] = {0};
	struct noise_keys keys = {
	    .s = w->init.s, .rs = w->init.rs, .psk = &w->psk};
	struct wire_writer wr;
	struct noise ns;

	prologue[6] = CLASS_MAIN;
	memcpy(prologue + 7, w->init.onion.b, 32);
	assert_true(fields.n <= sizeof(payload));
	memcpy(payload, fields.p, fields.n);
	noise_init(&ns, &noise_kkpsk0, true, bytes_of(prologue, 40), &keys);
	wire_write_init(&wr, out, HANDSHAKE_BYTES);
	wire_write_u16(&wr, 486);
	assert_ok(noise_write(&ns, &w->e[0], bytes_of(payload, 438), &wr));
}

/* HOSTILE N-05 */
static void payloads_are_strict(void **state)
{
	static const struct {
		const char *hex;
		enum err want;
	} v[] = {
	    {"01010102080102030405060708", OK},
	    {"010101020801020304050607080300", OK}, /* unknown odd */
	    {"01020102020801020304050607080901ff", OK},
	    {"", ERR_SYNTAX},
	    {"010101", ERR_SYNTAX},		      /* no nonce */
	    {"02080102030405060708", ERR_SYNTAX},     /* no version */
	    {"010002080102030405060708", ERR_SYNTAX}, /* empty list */
	    {"01010002080102030405060708", ERR_SYNTAX},
	    {"0102020102080102030405060708", ERR_SYNTAX},
	    {"0102010102080102030405060708", ERR_SYNTAX},
	    {"010901020304050607080902080102030405060708", ERR_SYNTAX},
	    {"0101010207010203040506070801", ERR_SYNTAX},
	    {"010101020801020304050607080400", ERR_SYNTAX}, /* even */
	    {"010101020801020304050607080001", ERR_SYNTAX}, /* padding */
	    {"0101010208010203040506070800000000000000ff", ERR_SYNTAX},
	    {"0101010208010203040506070803fd0400", ERR_SYNTAX},
	};
	uint8_t m[HANDSHAKE_BYTES], mem[64];
	struct handshake hs;
	struct world w;
	size_t i;

	(void)state;
	world_link(&w);
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		forge(&w, fixed_unhex(v[i].hex, mem, sizeof(mem)), m);
		assert_err(handshake_accept(&hs, &w.resp, NULL, m), v[i].want);
	}
}

/* Message 2 with a payload of our choice, from the right responder. */
static enum err finish_with(struct world *w, const char *hex)
{
	uint8_t m[HANDSHAKE_BYTES], payload[438] = {0}, got[HANDSHAKE_BYTES];
	struct handshake_answer answer = {.difficulty = 99};
	struct handshake ha, hb;
	struct record_channel c;
	struct wire_writer wr;
	enum err e;

	start(w, &ha, m);
	assert_ok(handshake_accept(&hb, &w->resp, NULL, m));
	fixed_unhex(hex, payload, sizeof(payload));
	wire_write_init(&wr, got, sizeof(got));
	wire_write_u16(&wr, 486);
	assert_ok(noise_write(&hb.noise, &w->e[1],
			      bytes_of(payload, sizeof(payload)), &wr));
	e = handshake_finish(&ha, got, &answer, &c);
	assert_int_equal(answer.difficulty == 99, e != OK);
	return e;
}

/* HOSTILE N-05 */
static void answers_are_strict(void **state)
{
	static const struct {
		const char *tail;
		enum err link, door;
	} v[] = {
	    {"", OK, ERR_SYNTAX},
	    {"050100", ERR_SYNTAX, OK},
	    {"050120", ERR_SYNTAX, OK},
	    {"0501200700", ERR_SYNTAX, OK},
	    {"0700", OK, ERR_SYNTAX},
	    {"050121", ERR_SYNTAX, ERR_SYNTAX},
	    {"0501ff", ERR_SYNTAX, ERR_SYNTAX},
	    {"0500", ERR_SYNTAX, ERR_SYNTAX},
	    {"05020000", ERR_SYNTAX, ERR_SYNTAX},
	    {"050101050101", ERR_SYNTAX, ERR_SYNTAX},
	    {"0501010600", ERR_SYNTAX, ERR_SYNTAX},
	    {"0501010001", ERR_SYNTAX, ERR_SYNTAX},
	};
	struct world link, invite, door;
	char hex[80];
	size_t i;

	(void)state;
	world_link(&link);
	world_invite(&invite);
	world_door(&door);
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		snprintf(hex, sizeof(hex), "01010103080000000000000000%s",
			 v[i].tail);
		assert_err(finish_with(&link, hex), v[i].link);
		assert_err(finish_with(&invite, hex), v[i].link);
		assert_err(finish_with(&door, hex), v[i].door);
	}
}

/* HOSTILE K-10 */
static void versions(void **state)
{
	struct handshake_offer o = {.versions_count = 1, .versions = {2}};
	uint8_t m[HANDSHAKE_BYTES];
	struct handshake_answer got;
	struct handshake ha, hb;
	struct record_channel c;
	struct world w;

	(void)state;
	assert_int_equal(handshake_choose(&o), 0);
	world_link(&w);
	start(&w, &ha, m);
	assert_ok(handshake_accept(&hb, &w.resp, NULL, m));
	/* A responder that names a version which was not offered. */
	hb.offer.versions[0] = 3;
	w.answer.version = 3;
	assert_ok(handshake_answer(&hb, &w.answer, &w.e[1], m, &c));
	assert_err(handshake_finish(&ha, m, &got, &c), ERR_VERSION);
}

/* A replay is accepted by design, with a new ephemeral at our side: the
 * keys differ, so whoever replays can say nothing in it.  HOSTILE N-07 */
static void replay_gets_other_keys(void **state)
{
	uint8_t m1[HANDSHAKE_BYTES], m2[HANDSHAKE_BYTES];
	struct record_channel one, two;
	struct handshake ha, hb;
	struct world w;

	(void)state;
	world_link(&w);
	start(&w, &ha, m1);
	assert_ok(handshake_accept(&hb, &w.resp, NULL, m1));
	assert_ok(handshake_answer(&hb, &w.answer, &w.e[1], m2, &one));
	fixed_bytes(w.e[1].b, 32, 99);
	assert_ok(handshake_accept(&hb, &w.resp, NULL, m1));
	assert_ok(handshake_answer(&hb, &w.answer, &w.e[1], m2, &two));
	assert_memory_not_equal(one.send.k, two.send.k, 32);
	assert_memory_not_equal(one.recv.k, two.recv.k, 32);
	assert_memory_not_equal(one.h, two.h, NOISE_HASH_BYTES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(contacts_meet),
	    cmocka_unit_test(records_as_elsewhere),
	    cmocka_unit_test(invitee_meets_inviter),
	    cmocka_unit_test(knocker_meets_door),
	    cmocka_unit_test(flipped_bits_are_refused),
	    cmocka_unit_test(everything_is_bound),
	    cmocka_unit_test(kinds_do_not_mix),
	    cmocka_unit_test(trials_share_their_dh),
	    cmocka_unit_test(bad_onion_key_is_refused),
	    cmocka_unit_test(payloads_are_strict),
	    cmocka_unit_test(answers_are_strict),
	    cmocka_unit_test(versions),
	    cmocka_unit_test(replay_gets_other_keys),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
