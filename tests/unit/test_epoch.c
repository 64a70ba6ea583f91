/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A node that changes keys with a contact, seen from the contact's end: when
 * it speaks, which keys open a link to it, and what alarms it.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/kdf.h"
#include "core/rekey.h"
#include "tests/sim/puppet.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

static const struct chain zero;

/* A node that leads, or follows, its contact. */
static struct rig *rig_of(bool leader, uint64_t seed)
{
	struct pubkey mine;
	struct rig *r;

	for (;; seed += 100) {
		r = rig_new(seed);
		noise_public(&r->contact.my_static, &mine);
		if (leader == (memcmp(mine.b, r->contact.peer_static.b,
				      sizeof(mine.b)) < 0))
			return r;
		rig_free(r);
	}
}

static const struct contact_row *row_of(struct rig *r)
{
	return disk_contact(r->disk, &r->contact.id);
}

static void greet(struct rig *r, struct puppet *p)
{
	struct puppet_frame f;

	assert_true(p->is_open);
	puppet_hello(r, p, 1, &zero);
	assert_true(puppet_find(p, FRAME_HELLO, &f));
	assert_false(p->is_ended);
}

/* A link by that key of the pair; not yet proven. */
static struct puppet *opened(struct rig *r, const struct psk *key)
{
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);

	r->contact.psk = *key;
	puppet_open(r, p);
	return p;
}

static struct puppet *session(struct rig *r, const struct psk *key)
{
	struct puppet *p = opened(r, key);

	greet(r, p);
	return p;
}

static bool opens(struct rig *r, const struct psk *key)
{
	struct puppet *p = opened(r, key);
	bool is_open = p->is_open;

	puppet_down(r, p);
	return is_open;
}

static void tell(struct rig *r, struct puppet *p, enum frame_type type,
		 uint64_t n, const struct nonce32 *nonce)
{
	struct rekey_frame f = {.type = type, .n = n};

	if (nonce)
		f.r = *nonce;
	rekey_frame_write(&p->builder.w, &f);
	puppet_flush(r, p);
}

/* The next frame of that type on p; false: there is none. */
static bool hear(struct puppet *p, enum frame_type type, struct rekey_frame *f)
{
	struct puppet_frame got;

	if (!puppet_find(p, type, &got))
		return false;
	assert_ok(rekey_frame_read(&(struct frame){type, got.body}, f));
	return true;
}

/* Lets time pass on a session that answers its PINGs. */
static void live(struct rig *r, struct puppet *p, uint64_t ms)
{
	uint64_t end_ms = r->now_ms + ms;

	while (r->now_ms < end_ms) {
		rig_tick(r, 30 * 1000);
		frame_write_ping(&p->builder.w, FRAME_PING, 1);
		puppet_flush(r, p);
	}
}

static void leader_proposes_after_six_hours(void **state)
{
	struct rig *r = rig_of(true, 1);
	struct psk k = r->contact.psk;
	struct rekey_frame prop, again;
	struct puppet *p = session(r, &k);

	(void)state;
	live(r, p, 6 * HOUR - 2 * MINUTE);
	assert_false(hear(p, FRAME_REKEY_PROP, &prop));
	live(r, p, 3 * MINUTE);
	assert_true(hear(p, FRAME_REKEY_PROP, &prop));
	assert_int_equal(prop.n, 0);
	assert_int_equal(row_of(r)->rekey.state, REKEY_PROPOSED);
	assert_memory_equal(&row_of(r)->rekey.my_r, &prop.r, sizeof(prop.r));
	/* Lost with the session, and said again on the next: the same. */
	puppet_down(r, p);
	p = session(r, &k);
	assert_true(hear(p, FRAME_REKEY_PROP, &again));
	assert_memory_equal(&again, &prop, sizeof(prop));
	/* After a start too. */
	rig_reload(r);
	p = session(r, &k);
	assert_true(hear(p, FRAME_REKEY_PROP, &again));
	assert_memory_equal(&again, &prop, sizeof(prop));
	/* And now and then where it stays. */
	live(r, p, 11 * MINUTE);
	assert_true(hear(p, FRAME_REKEY_PROP, &again));
	assert_memory_equal(&again, &prop, sizeof(prop));
	rig_free(r);
}

static void old_epoch_waits_for_a_session(void **state)
{
	struct rig *r = rig_of(true, 2);
	struct rekey_frame f;
	struct puppet *p;

	(void)state;
	rig_tick(r, 100 * HOUR);
	assert_int_equal(row_of(r)->rekey.state, REKEY_IDLE);
	p = opened(r, &r->contact.psk);
	rig_tick(r, 20 * 1000);
	assert_int_equal(row_of(r)->rekey.state, REKEY_IDLE);
	greet(r, p);
	rig_tick(r, 10 * 1000);
	assert_true(hear(p, FRAME_REKEY_PROP, &f));
	rig_free(r);
}

static void follower_never_proposes(void **state)
{
	struct rig *r = rig_of(false, 3);
	struct rekey_frame f;
	struct puppet *p = session(r, &r->contact.psk);

	(void)state;
	live(r, p, 20 * HOUR / 2);
	assert_false(hear(p, FRAME_REKEY_PROP, &f));
	assert_int_equal(row_of(r)->rekey.state, REKEY_IDLE);
	rig_free(r);
}

/* The leader's half up to COMMIT; the puppet is the follower. */
static struct puppet *up_to_commit(struct rig *r, struct psk *old,
				   struct psk *new)
{
	struct nonce32 mine = {{7}};
	struct rekey_frame prop, commit;
	struct puppet *p;

	*old = r->contact.psk;
	rig_tick(r, 7 * HOUR);
	p = session(r, old);
	rig_tick(r, 10 * 1000);
	assert_true(hear(p, FRAME_REKEY_PROP, &prop));
	kdf_epoch_next(old, 0, &prop.r, &mine, new);
	tell(r, p, FRAME_REKEY_ACK, 0, &mine);
	assert_true(hear(p, FRAME_REKEY_COMMIT, &commit));
	assert_int_equal(commit.n, 0);
	assert_int_equal(row_of(r)->epoch, 1);
	assert_memory_equal(&row_of(r)->psk, new, sizeof(*new));
	return p;
}

/* And after that there is no way back to it.  HOSTILE K-10 */
static void leader_keeps_the_old_key_until_done(void **state)
{
	struct rig *r = rig_of(true, 4);
	struct psk old, new;
	struct puppet *p = up_to_commit(r, &old, &new);

	(void)state;
	assert_true(opens(r, &old));
	assert_true(opens(r, &new));
	tell(r, p, FRAME_REKEY_DONE, 0, NULL);
	assert_false(p->is_ended);
	assert_true(opens(r, &new));
	assert_false(opens(r, &old));
	assert_int_equal(row_of(r)->rekey.state, REKEY_IDLE);
	assert_true(sodium_is_zero(row_of(r)->rekey.other.b, 32));
	rig_free(r);
}

static void leader_dials_anew_after_an_epoch(void **state)
{
	struct rig *r = rig_of(true, 5);
	struct psk old, new;
	struct puppet *p;
	unsigned dials;

	(void)state;
	rig_transport(r, true);
	p = up_to_commit(r, &old, &new);
	while (puppet_dialled(r, PUPPET_CONTACT))
		puppet_down(r, puppet_dialled(r, PUPPET_CONTACT));
	dials = r->dials;
	tell(r, p, FRAME_REKEY_DONE, 0, NULL);
	rig_tick(r, 11 * 1000);
	assert_int_equal(r->dials, dials + 1);
	p = puppet_dialled(r, PUPPET_CONTACT);
	assert_non_null(p);
	r->contact.psk = new;
	puppet_open(r, p);
	assert_true(p->is_open);
	/* It is in the present epoch: no more of them. */
	greet(r, p);
	rig_tick(r, 30 * 1000);
	assert_int_equal(r->dials, dials + 1);
	rig_free(r);
}

/* The follower's message 2 says that it knows the new key, not that it has
 * taken it: a link that ends there changes nothing. */
static void message_2_is_not_done(void **state)
{
	struct rig *r = rig_of(true, 6);
	struct psk old, new;
	struct puppet *p;
	int i;

	(void)state;
	rig_transport(r, true);
	p = up_to_commit(r, &old, &new);
	puppet_down(r, p);
	for (i = 0; i < 2; i++) {
		while (!puppet_dialled(r, PUPPET_CONTACT))
			rig_tick(r, 1000);
		p = puppet_dialled(r, PUPPET_CONTACT);
		r->contact.psk = new;
		puppet_open(r, p);
		assert_true(p->is_open);
		assert_int_equal(row_of(r)->rekey.state, REKEY_COMMITTED);
		if (i == 0)
			puppet_down(r, p);
	}
	assert_true(opens(r, &old));
	greet(r, p);
	assert_int_equal(row_of(r)->rekey.state, REKEY_IDLE);
	assert_false(opens(r, &old));
	rig_free(r);
}

/* The follower's half; the puppet is the leader. */
static void follower_answers_and_turns(void **state)
{
	struct rig *r = rig_of(false, 7);
	struct psk old = r->contact.psk, new;
	struct puppet *p = session(r, &old), *q = session(r, &old);
	struct nonce32 mine = {{8}};
	struct rekey_frame ack, again;

	(void)state;
	tell(r, p, FRAME_REKEY_PROP, 0, &mine);
	assert_true(hear(p, FRAME_REKEY_ACK, &ack));
	tell(r, q, FRAME_REKEY_PROP, 0, &mine);
	assert_true(hear(q, FRAME_REKEY_ACK, &again));
	assert_memory_equal(&ack, &again, sizeof(ack));
	kdf_epoch_next(&old, 0, &mine, &ack.r, &new);
	assert_true(opens(r, &old) && opens(r, &new));
	assert_int_equal(row_of(r)->epoch, 0);
	/* An opening is no proof. */
	assert_int_equal(row_of(r)->rekey.state, REKEY_ANSWERED);
	tell(r, p, FRAME_REKEY_COMMIT, 0, NULL);
	assert_true(hear(p, FRAME_REKEY_DONE, &again));
	assert_int_equal(row_of(r)->epoch, 1);
	assert_memory_equal(&row_of(r)->psk, &new, sizeof(new));
	assert_true(sodium_is_zero(row_of(r)->rekey.other.b, 32));
	assert_false(opens(r, &old));
	assert_true(opens(r, &new));
	tell(r, q, FRAME_REKEY_COMMIT, 0, NULL);
	assert_true(hear(q, FRAME_REKEY_DONE, &again));
	assert_false(row_of(r)->alarm);
	rig_free(r);
}

/* Answered on p; the key that follows. */
static void answer(struct rig *r, struct puppet *p, const struct psk *old,
		   struct psk *new)
{
	struct nonce32 mine = {{9}};
	struct rekey_frame ack;

	tell(r, p, FRAME_REKEY_PROP, 0, &mine);
	assert_true(hear(p, FRAME_REKEY_ACK, &ack));
	kdf_epoch_next(old, 0, &mine, &ack.r, new);
}

static void session_by_the_next_key_is_commit(void **state)
{
	struct rig *r = rig_of(false, 8);
	struct psk old = r->contact.psk, new;
	struct puppet *p = session(r, &old);

	(void)state;
	answer(r, p, &old, &new);
	session(r, &new);
	assert_int_equal(row_of(r)->epoch, 1);
	assert_false(opens(r, &old));
	rig_free(r);
}

/* Opened by a key that is dropped before the first record comes. */
static void link_of_a_dropped_key_stays_unproven(void **state)
{
	struct rig *r = rig_of(false, 9);
	struct psk old = r->contact.psk, new;
	struct puppet *p = session(r, &old), *q = opened(r, &old);

	(void)state;
	assert_true(q->is_open);
	answer(r, p, &old, &new);
	tell(r, p, FRAME_REKEY_COMMIT, 0, NULL);
	puppet_hello(r, q, 1, &zero);
	assert_int_equal(q->got_bytes, HANDSHAKE_BYTES);
	assert_false(q->is_ended);
	rig_tick(r, 91 * 1000);
	assert_true(q->is_ended);
	assert_int_equal(q->got_bytes, HANDSHAKE_BYTES);
	assert_false(row_of(r)->alarm);
	rig_free(r);
}

static void another_proposal_is_an_alarm_and_answered(void **state)
{
	struct rig *r = rig_of(false, 10);
	struct psk old = r->contact.psk, new, other;
	struct puppet *p = session(r, &old), *q = session(r, &old);
	struct nonce32 mine = {{10}};
	struct rekey_frame ack;

	(void)state;
	answer(r, p, &old, &new);
	tell(r, q, FRAME_REKEY_PROP, 0, &mine);
	assert_true(hear(q, FRAME_REKEY_ACK, &ack));
	kdf_epoch_next(&old, 0, &mine, &ack.r, &other);
	assert_true(row_of(r)->alarm);
	assert_true(p->is_ended && !q->is_ended);
	assert_true(opens(r, &old) && opens(r, &other));
	assert_false(opens(r, &new));
	rig_free(r);
}

static void breaches_end_the_link_with_an_alarm(void **state)
{
	static const struct {
		bool leader;
		enum frame_type type;
		uint64_t n;
	} v[] = {
	    {true, FRAME_REKEY_PROP, 0},
	    {true, FRAME_REKEY_ACK, 0},
	    {true, FRAME_REKEY_COMMIT, 0},
	    {true, FRAME_REKEY_DONE, 0},
	    {false, FRAME_REKEY_PROP, 1},
	    {false, FRAME_REKEY_ACK, 0},
	    {false, FRAME_REKEY_DONE, 0},
	    {false, FRAME_REKEY_COMMIT, 0},
	    {false, FRAME_REKEY_COMMIT, UINT64_MAX},
	};
	struct nonce32 nonce = {{1}};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		bool has_r = v[i].type == FRAME_REKEY_PROP ||
			     v[i].type == FRAME_REKEY_ACK;
		struct rig *r = rig_of(v[i].leader, 20 + i);
		struct puppet *p = session(r, &r->contact.psk);

		tell(r, p, v[i].type, v[i].n, has_r ? &nonce : NULL);
		assert_true(p->is_ended);
		assert_true(row_of(r)->alarm);
		assert_int_equal(row_of(r)->epoch, 0);
		assert_int_equal(row_of(r)->rekey.state, REKEY_IDLE);
		rig_free(r);
	}
}

static void malformed_frames_are_no_alarm(void **state)
{
	static const enum frame_type types[] = {
	    FRAME_REKEY_PROP, FRAME_REKEY_ACK, FRAME_REKEY_COMMIT,
	    FRAME_REKEY_DONE};
	struct rig *r = rig_of(false, 40);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct puppet *p = session(r, &r->contact.psk);

		frame_write_empty(&p->builder.w, types[i]);
		puppet_flush(r, p);
		assert_true(p->is_ended);
		assert_false(row_of(r)->alarm);
	}
	rig_free(r);
}

/* A pair that has parted does not dial every few seconds for ever. */
static void after_a_breach_it_waits_long(void **state)
{
	struct rig *r = rig_of(false, 41);
	struct puppet *p;
	unsigned i, dials;

	(void)state;
	rig_transport(r, true);
	rig_tick(r, 10 * 1000);
	dials = r->dials;
	for (i = 0; i < 60; i++) {
		p = puppet_dialled(r, PUPPET_CONTACT);
		if (p) {
			puppet_open(r, p);
			greet(r, p);
			tell(r, p, FRAME_REKEY_COMMIT, 0, NULL);
			assert_true(p->is_ended);
		}
		rig_tick(r, 5 * MINUTE);
	}
	/* Five hours; a quarter of an hour each, on average.  The rig's
	 * request to an inviter is dialled too. */
	assert_in_range(r->dials - dials, 5, 100);
	assert_true(row_of(r)->alarm);
	rig_free(r);
}

/* Bytes on the cell: which of them are somebody without the key. */
static void what_alarms_and_what_does_not(void **state)
{
	struct rig *r = rig_of(true, 42);
	uint8_t junk[HANDSHAKE_BYTES] = {0};
	struct psk other = r->contact.psk;
	struct puppet *p;

	(void)state;
	p = puppet_arrive(r, PUPPET_CONTACT);
	puppet_bytes(r, p, bytes_of(junk, sizeof(junk) - 1));
	puppet_down(r, p);
	/* The right opening and a wrong record: a replay. */
	p = opened(r, &other);
	assert_true(p->is_open);
	puppet_bytes(r, p, bytes_of(junk, sizeof(junk)));
	puppet_down(r, p);
	/* At an invite anybody may try. */
	p = puppet_arrive(r, PUPPET_INVITEE);
	puppet_bytes(r, p, bytes_of(junk, sizeof(junk)));
	puppet_down(r, p);
	assert_false(row_of(r)->alarm);
	other.b[0] ^= 1;
	p = opened(r, &other);
	assert_false(p->is_open);
	assert_int_equal(p->got_bytes, 0);
	assert_true(row_of(r)->alarm);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leader_proposes_after_six_hours),
	    cmocka_unit_test(old_epoch_waits_for_a_session),
	    cmocka_unit_test(follower_never_proposes),
	    cmocka_unit_test(leader_keeps_the_old_key_until_done),
	    cmocka_unit_test(leader_dials_anew_after_an_epoch),
	    cmocka_unit_test(message_2_is_not_done),
	    cmocka_unit_test(follower_answers_and_turns),
	    cmocka_unit_test(session_by_the_next_key_is_commit),
	    cmocka_unit_test(link_of_a_dropped_key_stays_unproven),
	    cmocka_unit_test(another_proposal_is_an_alarm_and_answered),
	    cmocka_unit_test(breaches_end_the_link_with_an_alarm),
	    cmocka_unit_test(malformed_frames_are_no_alarm),
	    cmocka_unit_test(after_a_breach_it_waits_long),
	    cmocka_unit_test(what_alarms_and_what_does_not),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
