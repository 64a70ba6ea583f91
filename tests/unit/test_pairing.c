/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Both sides of pairing, each with the test as the other side.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/card.h"
#include "core/kdf.h"
#include "core/onion.h"
#include "tests/sim/puppet.h"

static int set_up(void **state)
{
	*state = rig_new(8);
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static void make_card(struct rig *r, struct card *c)
{
	struct onion_seed seed;
	struct secret s;

	memset(c, 0, sizeof(*c));
	rng_bytes(&r->rng, s.b, 32);
	noise_public(&s, &c->static_key);
	rng_bytes(&r->rng, s.b, 32);
	noise_public(&s, &c->client_auth);
	rng_bytes(&r->rng, seed.b, 32);
	onion_public(&seed, &c->cell);
	rng_bytes(&r->rng, c->r.b, 32);
	strcpy(c->name, "somebody");
}

static void send_claim(struct rig *r, struct puppet *p)
{
	uint8_t body[CLAIM_BYTES_MAX];
	struct claim claim = {.nonce = r->nonce};
	struct wire_writer w;

	make_card(r, &claim.card);
	wire_write_init(&w, body, sizeof(body));
	claim_write(&w, &claim);
	frame_write(&p->builder.w, FRAME_CLAIM, wire_written(&w));
	puppet_flush(r, p);
}

static void send_card(struct rig *r, struct puppet *p, struct card *card)
{
	uint8_t body[CARD_BYTES_MAX];
	struct wire_writer w;

	make_card(r, card);
	wire_write_init(&w, body, sizeof(body));
	card_write(&w, card);
	frame_write(&p->builder.w, FRAME_CARD, wire_written(&w));
	puppet_flush(r, p);
}

static struct puppet *guest(struct rig *r, enum puppet_kind kind)
{
	struct puppet *p = puppet_arrive(r, kind);

	puppet_open(r, p);
	if (p->is_open)
		puppet_hello(r, p, 1, NULL);
	return p;
}

static void expect_card(struct puppet *p, struct bytes *body)
{
	struct puppet_frame f;

	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_CLAIM_OK);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_CARD);
	*body = f.body;
}

static void claim_binds_before_it_is_answered(void **state)
{
	struct rig *r = *state;
	struct puppet *p = guest(r, PUPPET_INVITEE);
	const struct contact_row *c;
	struct bytes card;

	assert_int_equal(r->disk->invites[0].state, INVITE_OPEN);
	send_claim(r, p);
	expect_card(p, &card);
	assert_int_equal(r->disk->invites[0].state, INVITE_BOUND);
	assert_memory_equal(&r->disk->invites[0].nonce, &r->nonce, 32);
	assert_int_equal(r->disk->contact_count, 2);
	c = &r->disk->contacts[1];
	assert_int_equal(c->state, CONTACT_PAIRING);
	assert_string_equal(c->name.s, "somebody");
	assert_int_equal(r->disk->journal[JOURNAL_CONTACT_ADDED], 0);
	frame_write_empty(&p->builder.w, FRAME_CARD_OK);
	puppet_flush(r, p);
	assert_true(p->is_ended);
	assert_int_equal(c->state, CONTACT_ACTIVE);
	assert_int_equal(r->disk->journal[JOURNAL_CONTACT_ADDED], 1);
	/* Until a session was up the invite stays. */
	assert_int_equal(r->disk->invite_count, 1);
}

static void bound_invite_knows_only_its_claimant(void **state)
{
	struct rig *r = *state;
	struct puppet *early = guest(r, PUPPET_INVITEE);
	struct puppet *proving = puppet_arrive(r, PUPPET_INVITEE);
	struct puppet *p = guest(r, PUPPET_INVITEE);
	struct bytes first, again;

	assert_false(guest(r, PUPPET_CLAIMANT)->is_open);
	puppet_open(r, proving);
	send_claim(r, p);
	expect_card(p, &first);
	puppet_down(r, p);
	/* Whoever else has the invite comes too late, at any stage. */
	send_claim(r, early);
	assert_true(early->is_ended);
	puppet_hello(r, proving, 1, NULL);
	assert_int_equal(proving->got_bytes, HANDSHAKE_BYTES);
	assert_false(guest(r, PUPPET_INVITEE)->is_open);
	assert_int_equal(r->disk->contact_count, 2);
	/* The claimant gets the same card again. */
	p = guest(r, PUPPET_CLAIMANT);
	expect_card(p, &again);
	assert_int_equal(first.n, again.n);
	assert_memory_equal(first.p, again.p, first.n);
	send_claim(r, p);
	assert_true(p->is_ended);
	p = guest(r, PUPPET_CLAIMANT);
	frame_write_empty(&p->builder.w, FRAME_CARD_OK);
	puppet_flush(r, p);
	assert_int_equal(r->disk->contacts[1].state, CONTACT_ACTIVE);
}

static void bound_invite_can_be_revoked(void **state)
{
	struct rig *r = *state;
	struct event ev = {.type = EV_CMD_INVITE_DELETE};
	struct puppet *p;

	rig_transport(r, true);
	p = guest(r, PUPPET_INVITEE);
	send_claim(r, p);
	assert_int_equal(r->disk->contact_count, 2);
	ev.target = r->invite.id;
	rig_event(r, &ev);
	assert_ok(r->reply);
	assert_true(p->is_ended);
	assert_int_equal(r->disk->contact_count, 1);
	assert_int_equal(r->disk->invite_count, 0);
	assert_int_equal(r->unpublishes, 2);
}

static void invites_are_checked(void **state)
{
	struct rig *r = *state;
	struct event ev = {.type = EV_CMD_INVITE_NEW};

	ev.invite_new.lifetime_ms = 59999;
	rig_event(r, &ev);
	assert_err(r->reply, ERR_RANGE);
	ev.invite_new.lifetime_ms = (uint64_t)INVITE_LIFE_MAX_MIN * 60000 + 1;
	rig_event(r, &ev);
	assert_err(r->reply, ERR_RANGE);
	ev.invite_new.lifetime_ms = 60000;
	ev.invite_new.invite_id = r->invite.id;
	rig_event(r, &ev);
	assert_err(r->reply, ERR_EXISTS);
	ev.invite_new.invite_id.b[0] ^= 1;
	rig_event(r, &ev);
	assert_ok(r->reply);
	assert_int_equal(r->disk->invite_count, 2);
	rig_tick(r, 60000);
	assert_int_equal(r->disk->invite_count, 1);
}

static const enum frame_type all_types[] = {
    FRAME_HELLO, FRAME_PING,	 FRAME_PONG, FRAME_CLOSE,   FRAME_MSG,
    FRAME_ACK,	 FRAME_CLAIM_OK, FRAME_CARD, FRAME_CARD_OK, FRAME_PAIRED,
    FRAME_KNOCK, FRAME_KNOCK_OK, FRAME_CLAIM};

/* HOSTILE N-10 */
static void inviter_refuses_everything_else(void **state)
{
	struct rig *r = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_types); i++) {
		struct puppet *p = puppet_arrive(r, PUPPET_INVITEE);

		/* As the first frame, and empty, none of them is right. */
		puppet_open(r, p);
		frame_write_empty(&p->builder.w, all_types[i]);
		puppet_flush(r, p);
		assert_true(p->is_ended);
		p = guest(r, PUPPET_INVITEE);
		assert_false(p->is_ended);
		frame_write_empty(&p->builder.w, all_types[i]);
		puppet_flush(r, p);
		assert_true(p->is_ended);
	}
	assert_int_equal(r->disk->invites[0].state, INVITE_OPEN);
	assert_int_equal(r->disk->contact_count, 1);
}

/* HOSTILE K-03 */
static void claims_with_bad_keys_are_refused(void **state)
{
	struct rig *r = *state;
	int which;

	for (which = 0; which < 3; which++) {
		struct puppet *p = guest(r, PUPPET_INVITEE);
		uint8_t body[CLAIM_BYTES_MAX];
		struct claim claim = {.nonce = r->nonce};
		struct wire_writer w;

		make_card(r, &claim.card);
		memset(which == 0   ? claim.card.static_key.b
		       : which == 1 ? claim.card.client_auth.b
				    : claim.card.cell.b,
		       0, 32);
		wire_write_init(&w, body, sizeof(body));
		claim_write(&w, &claim);
		frame_write(&p->builder.w, FRAME_CLAIM, wire_written(&w));
		puppet_flush(r, p);
		assert_true(p->is_ended);
	}
	assert_int_equal(r->disk->contact_count, 1);
	assert_int_equal(r->disk->invites[0].state, INVITE_OPEN);
}

static void guests_do_not_stay(void **state)
{
	struct rig *r = *state;
	struct puppet *p = guest(r, PUPPET_INVITEE);

	rig_tick(r, 61 * 1000);
	assert_true(p->is_ended);
}

/* The node as invitee: its dial, answered. */
static struct puppet *host(struct rig *r)
{
	struct puppet *p;

	rig_transport(r, true);
	rig_tick(r, 13 * 1000);
	p = puppet_dialled(r, PUPPET_INVITER);
	assert_non_null(p);
	puppet_open(r, p);
	assert_true(p->is_open);
	return p;
}

static void request_is_claimed_and_accepted(void **state)
{
	struct rig *r = *state;
	struct puppet *p = host(r);
	struct puppet_frame f;
	const struct contact_row *c;
	struct claim claim;
	struct card card;
	struct psk k0;

	assert_int_equal(r->disk->requests[0].state, REQUEST_WAITING);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_HELLO);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_CLAIM);
	assert_ok(claim_read(f.body, &claim));
	assert_memory_equal(&claim.nonce, &r->request.nonce, 32);
	assert_string_equal(claim.card.name, "rig");
	frame_write_empty(&p->builder.w, FRAME_CLAIM_OK);
	send_card(r, p, &card);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_CARD_OK);
	assert_int_equal(r->disk->requests[0].state, REQUEST_ACCEPTED);
	assert_int_equal(r->disk->contact_count, 2);
	c = &r->disk->contacts[1];
	assert_int_equal(c->state, CONTACT_ACTIVE);
	kdf_epoch0(&card.r, &claim.card.r, &k0);
	assert_memory_equal(&c->psk, &k0, sizeof(k0));
	assert_false(p->is_ended);
	rig_tick(r, 2 * 60 * 1000);
	assert_true(p->is_ended);
}

static void after_a_cut_both_keys_are_tried(void **state)
{
	struct rig *r = *state;
	struct puppet *p = host(r), *a, *b;
	struct puppet_frame f;

	puppet_down(r, p);
	while (!(a = puppet_dialled(r, PUPPET_INVITER)))
		rig_tick(r, 100);
	a->up = true;
	b = puppet_dialled(r, PUPPET_INVITER);
	assert_non_null(b);
	a->up = false;
	/* This test answers by K_psk alone: one of the two fits. */
	puppet_open(r, a);
	puppet_open(r, b);
	assert_int_equal(a->is_open + b->is_open, 1);
	p = a->is_open ? a : b;
	assert_true((a->is_open ? b : a)->is_ended);
	assert_true(puppet_find(p, FRAME_CLAIM, &f));
}

static void invitee_refuses_everything_else(void **state)
{
	struct card card;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_types); i++) {
		struct rig *r = rig_new(80 + i);
		struct puppet *p = host(r);

		frame_write_empty(&p->builder.w, all_types[i]);
		puppet_flush(r, p);
		assert_int_equal(p->is_ended, all_types[i] != FRAME_CLAIM_OK);
		if (!p->is_ended) {
			frame_write_empty(&p->builder.w, FRAME_CLAIM_OK);
			puppet_flush(r, p);
			assert_true(p->is_ended);
		}
		assert_int_equal(r->disk->contact_count, 1);
		rig_free(r);
	}
	/* A card before CLAIM_OK, and a second card. */
	(void)state;
	for (i = 0; i < 2; i++) {
		struct rig *r = rig_new(90 + i);
		struct puppet *p = host(r);

		if (i == 1)
			frame_write_empty(&p->builder.w, FRAME_CLAIM_OK);
		send_card(r, p, &card);
		if (i == 1)
			send_card(r, p, &card);
		assert_true(p->is_ended);
		assert_int_equal(r->disk->contact_count, 1 + i);
		rig_free(r);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(claim_binds_before_it_is_answered),
	    TEST(bound_invite_knows_only_its_claimant),
	    TEST(bound_invite_can_be_revoked),
	    TEST(invites_are_checked),
	    TEST(inviter_refuses_everything_else),
	    TEST(claims_with_bad_keys_are_refused),
	    TEST(guests_do_not_stay),
	    TEST(request_is_claimed_and_accepted),
	    TEST(after_a_cut_both_keys_are_tried),
	    TEST(invitee_refuses_everything_else),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
