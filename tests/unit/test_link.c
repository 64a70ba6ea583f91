/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Streams that nobody has proved anything on, and when a node dials.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/state.h"
#include "tests/sim/puppet.h"

static int set_up(void **state)
{
	*state = rig_new(9);
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static void a_stranger_costs_little(void **state)
{
	(void)state;
	assert_true(sizeof(struct link) < 1536);
}

static size_t open_count(struct rig *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->puppet_count; i++)
		n += !r->puppets[i]->is_ended && !r->puppets[i]->dialled;
	return n;
}

/* HOSTILE N-12, X-05 */
static void the_fifth_cuts_off_another(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	int i;

	for (i = 0; i < 40; i++) {
		p = puppet_arrive(r, PUPPET_CONTACT);
		assert_false(p->is_ended);
		assert_in_range(open_count(r), 1, STRANGERS_MAX);
	}
	/* An invite has four of its own. */
	for (i = 0; i < 40; i++) {
		p = puppet_arrive(r, PUPPET_INVITEE);
		assert_false(p->is_ended);
	}
	assert_int_equal(open_count(r), 2 * STRANGERS_MAX);
	/* Those who have the invite are still many, perhaps. */
	for (i = 0; i < 20; i++) {
		p = puppet_arrive(r, PUPPET_INVITEE);
		puppet_open(r, p);
		assert_true(p->is_open);
		puppet_hello(r, p, 1, NULL);
		assert_int_equal(open_count(r), 2 * STRANGERS_MAX);
	}
	/* A session does not count, and survives. */
	p = puppet_arrive(r, PUPPET_CONTACT);
	puppet_open(r, p);
	puppet_hello(r, p, 1, NULL);
	for (i = 0; i < 20; i++)
		puppet_arrive(r, PUPPET_CONTACT);
	assert_false(p->is_ended);
}

static void all_of_them_have_a_limit(void **state)
{
	struct node_config config = {.name = {"x"}};
	struct node *n = node_new(&config);
	struct contact_row row = {.state = CONTACT_ACTIVE};
	struct event ev = {.type = EV_LINK_IN};
	uint8_t entropy[32] = {1};
	unsigned i, hangups = 0;
	size_t k;

	(void)state;
	row.n.send_next = row.n.recv_next = 1;
	for (i = 0; i < 40; i++) {
		row.id.b[0] = (uint8_t)i;
		node_load_contact(n, &row);
	}
	for (i = 0; i < 160; i++) {
		struct effects fx;

		ev.link.id = 2 * i + 2;
		ev.link.service.kind = SERVICE_CELL;
		ev.link.service.owner.b[0] = (uint8_t)(i / 4);
		entropy[0]++;
		effects_init(&fx);
		node_step(n, &ev, 1000, entropy, &fx);
		for (k = 0; k < fx.count; k++) {
			assert_int_equal(fx.list[k].type, FX_HANGUP);
			assert_int_not_equal(fx.list[k].hangup, ev.link.id);
			hangups++;
		}
		effects_clear(&fx);
	}
	assert_int_equal(hangups, 160 - STRANGERS_ALL);
	node_free(n);
}

static uint64_t closed_after_ms(struct rig *r, struct puppet *p)
{
	uint64_t start_ms = r->now_ms;

	while (!p->is_ended && r->now_ms - start_ms < 200 * 1000)
		rig_tick(r, 100);
	return r->now_ms - start_ms;
}

/* HOSTILE N-01, N-11 */
static void silence_whatever_is_wrong(void **state)
{
	struct rig *r = *state;
	uint8_t junk[HANDSHAKE_BYTES];
	struct puppet *p;
	uint64_t least = UINT64_MAX, most = 0, ms;
	unsigned saves = r->saves;
	int i;

	rng_bytes(&r->rng, junk, sizeof(junk));
	for (i = 0; i < 30; i++) {
		p = puppet_arrive(r, PUPPET_CONTACT);
		switch (i % 5) {
		case 0: break;
		case 1: puppet_bytes(r, p, bytes_of(junk, 1)); break;
		case 2: puppet_bytes(r, p, bytes_of(junk, 488)); break;
		case 3:
			puppet_open(r, p);
			puppet_bytes(r, p, bytes_of(junk, 488));
			assert_int_equal(p->got_bytes, HANDSHAKE_BYTES);
			break;
		default: puppet_open(r, p); break;
		}
		ms = closed_after_ms(r, p);
		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
		assert_in_range(p->got_bytes, 0,
				i % 5 >= 3 ? HANDSHAKE_BYTES : 0);
	}
	assert_in_range(least, SILENT_CLOSE_MIN_MS, 50 * 1000);
	assert_in_range(most, 70 * 1000, SILENT_CLOSE_MAX_MS + 100);
	/* The alarm, once: who sends such bytes has the contact's key for our
	 * cell. */
	assert_int_equal(r->saves, saves + 1);
	assert_true(disk_contact(r->disk, &r->contact.id)->alarm);
}

/* HOSTILE N-08 */
static void openings_come_in_time_or_not_at_all(void **state)
{
	struct rig *r = *state;
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);

	rig_tick(r, 29 * 1000);
	puppet_open(r, p);
	assert_true(p->is_open);
	p = puppet_arrive(r, PUPPET_CONTACT);
	rig_tick(r, 30 * 1000);
	puppet_open(r, p);
	assert_false(p->is_open);
	assert_int_equal(p->got_bytes, 0);
}

/* HOSTILE N-02 */
static void first_record_is_a_small_one(void **state)
{
	struct rig *r = *state;
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);
	uint8_t body[1000] = {0};
	struct frame_hello h = {.recv_next = 1, .window = 1};

	puppet_open(r, p);
	frame_write_hello(&p->builder.w, &h);
	frame_write(&p->builder.w, (enum frame_type)0x81,
		    bytes_of(body, sizeof(body)));
	puppet_flush(r, p);
	assert_false(p->is_ended);
	assert_false(r->online);
	assert_int_equal(p->got_bytes, HANDSHAKE_BYTES);
}

/* HOSTILE N-10 */
static void not_an_invite_for_a_cell(void **state)
{
	struct rig *r = *state;
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);

	p->kind = PUPPET_INVITEE;
	puppet_open(r, p);
	assert_false(p->is_open);
	p = puppet_arrive(r, PUPPET_INVITEE);
	p->kind = PUPPET_CONTACT;
	puppet_open(r, p);
	assert_false(p->is_open);
}

static void nobody_is_dialled_without_tor(void **state)
{
	struct rig *r = *state;

	rig_tick(r, 24 * 3600 * 1000);
	assert_ok(rig_say(r, "x"));
	rig_tick(r, 60 * 1000);
	assert_int_equal(r->dials, 0);
	assert_int_equal(r->publishes, 0);
	rig_transport(r, true);
	rig_tick(r, 13 * 1000);
	/* Cell, invite and door. */
	assert_int_equal(r->publishes, 3);
	assert_int_equal(r->dials, 2);
}

/* Fails each dial at once, for that long; how many there were. */
static unsigned fail_dials(struct rig *r, uint64_t ms)
{
	struct event ev = {.type = EV_DIAL_FAILED};
	uint64_t end_ms = r->now_ms + ms;
	unsigned n = 0;

	while (r->now_ms < end_ms) {
		struct puppet *p = puppet_dialled(r, PUPPET_CONTACT);

		rig_tick(r, 100);
		if (!p)
			continue;
		p->is_ended = true;
		ev.link.id = p->link;
		rig_event(r, &ev);
		n++;
	}
	return n;
}

static void dials_back_off(void **state)
{
	struct rig *r = *state;
	struct event ev = {.type = EV_PUBLISHED};
	unsigned i, n;

	rig_transport(r, true);
	assert_in_range(fail_dials(r, 60 * 1000), 4, 16);
	/* 30 minutes at most, 15 on average. */
	fail_dials(r, 3600 * 1000);
	assert_in_range(fail_dials(r, 4 * 3600 * 1000), 8, 32);
	/* Something to say: at once, but not a dial for each word. */
	for (i = 0, n = 0; i < 20; i++) {
		assert_ok(rig_say(r, "x"));
		n += fail_dials(r, 500);
	}
	assert_in_range(n, 1, 8);
	fail_dials(r, 2 * 3600 * 1000);
	ev.service.kind = SERVICE_CELL;
	ev.service.owner = r->contact.id;
	rig_event(r, &ev);
	assert_in_range(fail_dials(r, 3000), 1, 8);
}

/* HOSTILE D-10: a peer cannot make us build circuits as he likes. */
static void a_peer_that_hangs_up_is_not_hunted(void **state)
{
	struct rig *r = *state;
	unsigned i, n = 0;

	rig_transport(r, true);
	for (i = 0; i < 6000; i++) {
		struct puppet *p = puppet_dialled(r, PUPPET_CONTACT);

		rig_tick(r, 100);
		if (!p)
			continue;
		puppet_open(r, p);
		assert_true(p->is_open);
		puppet_down(r, p);
		n++;
	}
	assert_in_range(n, 5, 20);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_stranger_costs_little),
	    TEST(the_fifth_cuts_off_another),
	    TEST(all_of_them_have_a_limit),
	    TEST(silence_whatever_is_wrong),
	    TEST(openings_come_in_time_or_not_at_all),
	    TEST(first_record_is_a_small_one),
	    TEST(not_an_invite_for_a_cell),
	    TEST(nobody_is_dialled_without_tor),
	    TEST(dials_back_off),
	    TEST(a_peer_that_hangs_up_is_not_hunted),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
