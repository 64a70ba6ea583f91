/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * People who have a key, or an opening, that is not theirs; who forward,
 * repeat, reorder, or count as they like.  Cases of the hostile list that no
 * test of one module shows whole.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/kdf.h"
#include "core/message.h"
#include "core/onion.h"
#include "core/rekey.h"
#include "tests/sim/puppet.h"

enum { REPLAYS = 10000 };

static const struct chain zero;

/* Two who know each other, and the cell of the second. */
struct ends {
	struct secret s[2], e[2];
	struct pubkey p[2];
	struct onion_seed seed;
	struct psk psk;
	struct handshake_who init, resp;
	struct handshake_offer offer;
	struct handshake_answer answer;
};

static void make_ends(struct rng *g, struct ends *w)
{
	int i;

	memset(w, 0, sizeof(*w));
	for (i = 0; i < 2; i++) {
		rng_bytes(g, w->s[i].b, 32);
		rng_bytes(g, w->e[i].b, 32);
		noise_public(&w->s[i], &w->p[i]);
	}
	rng_bytes(g, w->seed.b, 32);
	rng_bytes(g, w->psk.b, 32);
	w->init = (struct handshake_who){.kind = HANDSHAKE_LINK,
					 .class = CLASS_MAIN,
					 .s = &w->s[0],
					 .rs = &w->p[1],
					 .psk = &w->psk};
	onion_public(&w->seed, &w->init.onion);
	w->resp = w->init;
	w->resp.s = &w->s[1];
	w->resp.rs = &w->p[0];
	w->offer.versions_count = 1;
	w->offer.versions[0] = PROTOCOL_VERSION;
	w->answer.version = PROTOCOL_VERSION;
}

static void make_rng(struct rng *g, uint8_t seed)
{
	uint8_t entropy[32] = {seed};

	rng_init(g, entropy);
}

/* Message 1 of somebody who claims to be end 0, whose secret he does not
 * have: but he has that of end 1, to whom he sends it. */
static void impersonate(const struct ends *w, const struct psk *psk,
			struct noise *ns, struct noise_memo *memo,
			uint8_t out[static HANDSHAKE_BYTES])
{
	uint8_t prologue[40] = "umbel1", payload[438] = {1, 1, 1, 2, 8};
	struct noise_keys keys = {
	    .s = &w->s[0], .rs = &w->p[1], .psk = psk, .memo = memo};
	struct wire_writer wr;

	prologue[6] = CLASS_MAIN;
	memcpy(prologue + 7, w->init.onion.b, 32);
	/* What the start of a handshake needs of end 0's key is public. */
	noise_init(ns, &noise_kkpsk0, true, bytes_of(prologue, 40), &keys);
	memset(&ns->s, 0x55, sizeof(ns->s));
	memset(memo, 0, sizeof(*memo));
	memo->has[NOISE_SS - NOISE_EE] = true;
	assert_int_equal(crypto_scalarmult(memo->dh[NOISE_SS - NOISE_EE],
					   w->s[1].b, w->p[0].b),
			 0);
	wire_write_init(&wr, out, HANDSHAKE_BYTES);
	wire_write_u16(&wr, 486);
	assert_ok(noise_write(ns, &w->e[0], bytes_of(payload, 438), &wr));
}

/* Our static key leaked.  Without K_n not even the opening succeeds; with K_n
 * it does, and its sender can do nothing with the answer, for that asks for
 * the contact's own key.  HOSTILE K-02 */
static void our_key_does_not_make_a_contact(void **state)
{
	uint8_t m[HANDSHAKE_BYTES], plain[HANDSHAKE_BYTES];
	struct record_channel channel;
	struct noise_memo memo;
	struct handshake hs;
	struct wire_writer wr;
	struct psk guess = {{1}};
	struct noise ns;
	struct ends w;
	struct rng g;

	(void)state;
	make_rng(&g, 1);
	make_ends(&g, &w);
	impersonate(&w, &guess, &ns, &memo, m);
	assert_err(handshake_accept(&hs, &w.resp, NULL, m), ERR_AUTH);
	impersonate(&w, &w.psk, &ns, &memo, m);
	assert_ok(handshake_accept(&hs, &w.resp, NULL, m));
	assert_ok(handshake_answer(&hs, &w.answer, &w.e[1], m, &channel));
	wire_write_init(&wr, plain, sizeof(plain));
	assert_err(noise_read(&ns, bytes_of(m + 2, 486), &wr), ERR_AUTH);
}

/* Somebody in the middle gives an opening that was meant for him to another:
 * who even has the same keys, and only another cell.  HOSTILE K-05 */
static void forwarded_openings_are_refused(void **state)
{
	uint8_t m[HANDSHAKE_BYTES];
	struct onion_seed other_cell;
	struct handshake a, b;
	struct ends w;
	struct rng g;

	(void)state;
	make_rng(&g, 2);
	make_ends(&g, &w);
	assert_ok(handshake_start(&a, &w.init, &w.offer, &w.e[0], m));
	rng_bytes(&g, other_cell.b, 32);
	onion_public(&other_cell, &w.resp.onion);
	assert_err(handshake_accept(&b, &w.resp, NULL, m), ERR_AUTH);
	w.resp.onion = w.init.onion;
	assert_ok(handshake_accept(&b, &w.resp, NULL, m));
	handshake_clear(&a);
	handshake_clear(&b);
}

/* Each message where the other, or its own sender, is: HOSTILE N-10, N-07 */
static void messages_of_the_other_role_are_refused(void **state)
{
	uint8_t m1[HANDSHAKE_BYTES], m2[HANDSHAKE_BYTES];
	struct handshake_answer got;
	struct record_channel c;
	struct handshake a, b, copy;
	struct handshake_who self;
	struct ends w;
	struct rng g;

	(void)state;
	make_rng(&g, 3);
	make_ends(&g, &w);
	assert_ok(handshake_start(&a, &w.init, &w.offer, &w.e[0], m1));
	/* Sent back to its sender, as an answer and as an opening. */
	copy = a;
	assert_err(handshake_finish(&copy, m1, &got, &c), ERR_AUTH);
	self = w.init;
	assert_err(handshake_accept(&b, &self, NULL, m1), ERR_AUTH);
	assert_ok(handshake_accept(&b, &w.resp, NULL, m1));
	assert_ok(handshake_answer(&b, &w.answer, &w.e[1], m2, &c));
	/* The answer as an opening, at both. */
	assert_err(handshake_accept(&b, &w.resp, NULL, m2), ERR_AUTH);
	assert_err(handshake_accept(&b, &self, NULL, m2), ERR_AUTH);
	/* The answer to another opening. */
	w.e[0].b[1] ^= 1;
	assert_ok(handshake_start(&copy, &w.init, &w.offer, &w.e[0], m1));
	assert_err(handshake_finish(&copy, m2, &got, &c), ERR_AUTH);
	assert_true(sodium_is_zero((uint8_t *)&copy, sizeof(copy)));
	assert_ok(handshake_finish(&a, m2, &got, &c));
}

/* What the contact of a rig opens a link with. */
struct keyring {
	struct handshake_who who;
	struct handshake_offer offer;
	struct pubkey node_static;
	struct secret e;
	struct psk psk;
};

static void keys_of_the_contact(struct rig *r, struct keyring *k)
{
	memset(k, 0, sizeof(*k));
	k->offer.versions_count = 1;
	k->offer.versions[0] = PROTOCOL_VERSION;
	noise_public(&r->contact.my_static, &k->node_static);
	kdf_link_psk(&r->contact.psk, CLASS_MAIN, &k->psk);
	rng_bytes(&r->rng, k->e.b, sizeof(k->e.b));
	k->who.kind = HANDSHAKE_LINK;
	k->who.class = CLASS_MAIN;
	onion_public(&r->contact.my_cell, &k->who.onion);
	k->who.s = &r->peer_static;
	k->who.rs = &k->node_static;
	k->who.psk = &k->psk;
}

/* The same on a stream: what comes twice is no first record, what comes before
 * the opening none either.  HOSTILE N-10 */
static void doubled_openings_are_met_with_silence(void **state)
{
	struct rig *r = rig_new(4);
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);
	uint8_t m[HANDSHAKE_BYTES];
	struct keyring k;

	(void)state;
	keys_of_the_contact(r, &k);
	assert_ok(handshake_start(&p->hs, &k.who, &k.offer, &k.e, m));
	puppet_bytes(r, p, bytes_of(m, sizeof(m)));
	assert_int_equal(p->got_bytes, HANDSHAKE_BYTES);
	puppet_bytes(r, p, bytes_of(m, sizeof(m)));
	/* Too late for the right one. */
	handshake_clear(&p->hs);
	puppet_bytes(r, p, bytes_of(m, sizeof(m)));
	assert_int_equal(p->got_bytes, HANDSHAKE_BYTES);
	assert_false(p->is_ended || r->online);
	/* Something of that size before it. */
	p = puppet_arrive(r, PUPPET_CONTACT);
	m[100] ^= 1;
	puppet_bytes(r, p, bytes_of(m, sizeof(m)));
	puppet_open(r, p);
	assert_false(p->is_open);
	assert_int_equal(p->got_bytes, 0);
	rig_free(r);
}

/* Bytes that one step of a node sends. */
static size_t sent_bytes(const struct effects *fx)
{
	size_t i, n = 0;

	for (i = 0; i < fx->count; i++) {
		assert_false(effect_is_save(&fx->list[i]));
		if (fx->list[i].type == FX_SEND)
			n += fx->list[i].send.bytes.n;
	}
	return n;
}

/* One event; nothing may be saved. */
static size_t step(struct rig *r, struct event *ev)
{
	uint8_t entropy[32];
	struct effects fx;
	size_t n;

	rng_bytes(&r->rng, entropy, sizeof(entropy));
	ev->wall_ms = 1000000000 + r->now_ms;
	effects_init(&fx);
	node_step(r->node, ev, r->now_ms, entropy, &fx);
	n = sent_bytes(&fx);
	effects_clear(&fx);
	return n;
}

/* An opening that was right once, ten thousand times: each gets 488 bytes
 * that its sender cannot read, and leaves nothing behind.  HOSTILE N-07 */
static void replays_get_nothing(void **state)
{
	struct rig *r = rig_new(5);
	struct event in = {.type = EV_LINK_IN}, bytes = {.type = EV_LINK_BYTES};
	uint8_t m[HANDSHAKE_BYTES], junk[HANDSHAKE_BYTES] = {1};
	struct handshake hs;
	struct keyring k;
	unsigned i;

	(void)state;
	keys_of_the_contact(r, &k);
	assert_ok(handshake_start(&hs, &k.who, &k.offer, &k.e, m));
	in.link.service.kind = SERVICE_CELL;
	in.link.service.owner = r->contact.id;
	for (i = 0; i < REPLAYS; i++) {
		in.link.id = bytes.link.id = 2 * i + 2;
		assert_int_equal(step(r, &in), 0);
		bytes.link.bytes = bytes_of(m, sizeof(m));
		assert_int_equal(step(r, &bytes), HANDSHAKE_BYTES);
		bytes.link.bytes = bytes_of(junk, sizeof(junk));
		assert_int_equal(step(r, &bytes), 0);
	}
	assert_false(node_is_online(r->node, r->contact.id));
	assert_true(disk_equals(r->disk, r->node));
	assert_false(disk_contact(r->disk, &r->contact.id)->alarm);
	handshake_clear(&hs);
	rig_free(r);
}

/* Versions that this node does not speak, above and below: no byte for them,
 * no session, and no alarm.  HOSTILE K-10 */
static void other_versions_are_met_with_silence(void **state)
{
	struct rig *r = rig_new(6);
	unsigned v;

	(void)state;
	for (v = 2; v <= 255; v += v < 8 ? 1 : 13) {
		struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);
		uint8_t m[HANDSHAKE_BYTES];
		struct keyring k;

		keys_of_the_contact(r, &k);
		k.offer.versions[0] = (uint8_t)v;
		assert_ok(handshake_start(&p->hs, &k.who, &k.offer, &k.e, m));
		puppet_bytes(r, p, bytes_of(m, sizeof(m)));
		assert_int_equal(p->got_bytes, 0);
		assert_false(p->is_ended);
		handshake_clear(&p->hs);
		puppet_down(r, p);
	}
	assert_false(disk_contact(r->disk, &r->contact.id)->alarm);
	rig_free(r);
}

static struct puppet *session(struct rig *r)
{
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);
	struct puppet_frame f;

	puppet_open(r, p);
	assert_true(p->is_open);
	puppet_hello(r, p, 1, &zero);
	assert_true(puppet_find(p, FRAME_HELLO, &f));
	return p;
}

/* Numbers that skip are never waited for: nothing is kept, nothing computed,
 * the link ends.  HOSTILE K-07 */
static void skipped_numbers_end_the_link(void **state)
{
	static const uint64_t skips[] = {
	    1,	      2,	  WINDOW,      WINDOW + 1, 1000,
	    1u << 31, 1ull << 32, SEQ_MAX - 1, SEQ_MAX,	   UINT64_MAX - 1};
	struct rig *r = rig_new(7);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(skips); i++) {
		struct puppet *p = session(r);
		struct rekey_frame f = {.type = FRAME_REKEY_COMMIT};
		unsigned saves = r->saves;
		struct chain chain;

		puppet_text(r, p, 1 + skips[i], "later", &zero, &chain);
		assert_true(p->is_ended);
		p = session(r);
		puppet_ack(r, p, 1 + skips[i], &chain);
		assert_true(p->is_ended);
		assert_int_equal(r->saves, saves);
		assert_int_equal(rig_counters(r)->recv_next, 1);
		assert_int_equal(rig_counters(r)->peer_acked, 0);
		p = session(r);
		f.n = skips[i];
		rekey_frame_write(&p->builder.w, &f);
		puppet_flush(r, p);
		assert_true(p->is_ended);
		assert_int_equal(disk_contact(r->disk, &r->contact.id)->epoch,
				 0);
	}
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_IN), 0);
	rig_free(r);
}

/* A HELLO that expects far more than was ever sent. */
static void far_positions_end_the_link(void **state)
{
	struct rig *r = rig_new(8);
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);

	(void)state;
	puppet_open(r, p);
	puppet_hello(r, p, ((uint64_t)1 << 32) + 2, &zero);
	assert_true(p->is_ended);
	assert_int_equal(rig_counters(r)->seq_shift, 0);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(our_key_does_not_make_a_contact),
	    cmocka_unit_test(forwarded_openings_are_refused),
	    cmocka_unit_test(messages_of_the_other_role_are_refused),
	    cmocka_unit_test(doubled_openings_are_met_with_silence),
	    cmocka_unit_test(replays_get_nothing),
	    cmocka_unit_test(other_versions_are_met_with_silence),
	    cmocka_unit_test(skipped_numbers_end_the_link),
	    cmocka_unit_test(far_positions_end_the_link),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
