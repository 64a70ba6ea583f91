/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A contact who sends too much, or comes too often.
 */
#include "tests/unit/check.h"

#include <malloc.h>

#include <sodium.h>

#include "core/state.h"
#include "tests/sim/puppet.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

static struct rig *rig_with(const struct limits *limits)
{
	struct rig *r = rig_new_limited(10, limits);

	rig_only_contact(r);
	rig_transport(r, true);
	rig_tick(r, MINUTE);
	return r;
}

static struct rig *plain_rig(void)
{
	struct limits limits = limits_default();

	return rig_with(&limits);
}

static void ping(struct rig *r, struct puppet *p)
{
	frame_write_ping(&p->builder.w, FRAME_PING, 7);
	puppet_flush(r, p);
}

static unsigned count_frames(struct puppet *p, enum frame_type type)
{
	struct puppet_frame f;
	unsigned n = 0;

	while (puppet_find(p, type, &f))
		n++;
	return n;
}

/* Sends pings as fast as they are read, for that long; how many. */
static unsigned flood(struct rig *r, struct puppet *p, uint64_t ms)
{
	uint64_t end_ms = r->now_ms + ms;
	unsigned n = 0;

	while (r->now_ms < end_ms) {
		for (; !p->is_paused && !p->is_ended; n++)
			ping(r, p);
		rig_tick(r, 10);
	}
	return n;
}

static void a_flood_is_left_unread(void **state)
{
	struct rig *r = plain_rig();
	struct puppet *p = puppet_session(r);
	unsigned n;

	(void)state;
	n = flood(r, p, 10);
	/* HELLO counts, and the one too many. */
	assert_in_range(n, 199, 201);
	n = flood(r, p, 10 * MINUTE);
	assert_in_range(n, 20 * 600 - 40, 20 * 600 + 40);
	/* Not a frame is lost, and the link stays. */
	assert_false(p->is_ended);
	assert_int_equal(r->count[FX_PAUSE],
			 r->count[FX_RESUME] + p->is_paused);
	assert_in_range(count_frames(p, FRAME_PONG), FRAMES_MAX - 50,
			FRAMES_MAX * 100);
	rig_free(r);
}

/* Bytes that are allocated, in a sanitized build too. */
size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static size_t allocated(void)
{
	if (__sanitizer_get_current_allocated_bytes)
		return __sanitizer_get_current_allocated_bytes();
	return mallinfo2().uordblks;
}

/* HOSTILE D-07: a contact fills nothing but his own budget. */
static void a_hundred_thousand_messages(void **state)
{
	enum { MESSAGES = 100 * 1000 };
	struct rig *r = plain_rig();
	struct puppet *p = puppet_session(r);
	struct chain chain = {{0}};
	uint64_t seq = 1, start_ms = r->now_ms;
	size_t before = 0, most = 0;

	(void)state;
	while (seq <= MESSAGES) {
		for (; !p->is_paused && seq <= MESSAGES; seq++)
			puppet_text(r, p, seq, "more", &chain, &chain);
		disk_empty(r->disk);
		if (seq > 1000 && before == 0)
			before = allocated();
		if (allocated() > most)
			most = allocated();
		rig_tick(r, 500);
	}
	assert_false(p->is_ended);
	assert_int_equal(rig_counters(r)->recv_next, MESSAGES + 1);
	/* 20 a second, and the 200 that one may have at once. */
	assert_in_range(r->now_ms - start_ms, 4980 * 1000, 5020 * 1000);
	assert_in_range(most, before / 2, before + 64 * 1024);
	assert_int_equal(r->unpublishes, 0);
	rig_free(r);
}

/* HOSTILE X-04: what all the peers of one user can have us hold. */
#define CONTACT_LINKS (SESSIONS_MAX + BULK_LINKS_MAX)
#define HELD_BYTES                                                             \
	((CELLS_MAX * CONTACT_LINKS + STRANGERS_ALL) * RECORD_WIRE_MAX +       \
	 CELLS_MAX * FLIGHT_BYTES_MAX)
_Static_assert(HELD_BYTES < 64 << 20, "it is too much for a small machine");

/* Of one contact and the strangers at two services: each link is a byte short
 * of the largest record. */
static void every_link_holds_a_record(void **state)
{
	uint8_t bytes[RECORD_WIRE_MAX] = {(RECORD_WIRE_MAX - 2) >> 8,
					  (RECORD_WIRE_MAX - 2) & 0xff};
	struct rig *r = plain_rig();
	unsigned i, open = 0, strangers = 0;
	size_t before = 0, held;

	(void)state;
	for (i = 0; i < 2 * CONTACT_LINKS; i++) {
		struct puppet *p =
		    puppet_arrive(r, i < 4 ? PUPPET_CONTACT : PUPPET_BULK);

		puppet_open(r, p);
		if (i < 4)
			puppet_hello(r, p, 1, NULL);
		else
			ping(r, p);
	}
	for (i = 0; i < 20; i++)
		puppet_arrive(r, i & 1 ? PUPPET_CONTACT : PUPPET_INVITEE);
	before = allocated();
	for (i = 0; i < r->puppet_count; i++) {
		struct puppet *p = r->puppets[i];

		if (p->is_ended || p->dialled)
			continue;
		open += p->is_open;
		strangers += !p->is_open;
		puppet_bytes(r, p, bytes_of(bytes, sizeof(bytes) - 1));
	}
	held = allocated() - before;
	printf("%zu bytes held of %u links and %u strangers\n", held, open,
	       strangers);
	assert_int_equal(open, CONTACT_LINKS);
	assert_int_equal(strangers, 2 * STRANGERS_MAX);
	assert_in_range(held, 0, (open + strangers) * RECORD_WIRE_MAX);
	rig_free(r);
}

static void all_of_his_links_are_left_unread(void **state)
{
	struct rig *r = plain_rig();
	struct puppet *a = puppet_session(r), *b = puppet_session(r), *c;
	unsigned i;

	(void)state;
	for (i = 0; !a->is_paused; i++)
		ping(r, a);
	assert_true(b->is_paused);
	/* Another one is no way around it. */
	c = puppet_session(r);
	assert_true(a->is_ended);
	assert_true(c->is_paused);
	rig_tick(r, 2000);
	assert_false(b->is_paused || c->is_paused);
	rig_free(r);
}

static void bytes_count_by_the_day(void **state)
{
	struct limits limits = limits_default();
	struct puppet *p;
	struct rig *r;
	uint64_t bytes = 0, start_ms;

	(void)state;
	limits.bytes_per_day = 100 * 1000;
	r = rig_with(&limits);
	p = puppet_session(r);
	start_ms = r->now_ms;
	/* Records without a frame: nothing but their size. */
	for (; !p->is_paused; bytes += RECORD_PLAIN_MIN)
		puppet_flush(r, p);
	assert_in_range(bytes, 99 * 1000, 101 * 1000);
	/* No silence on his side ends the link while we do not listen, but
	 * signs of life go out. */
	rig_tick(r, 80 * 1000);
	while (r->now_ms < start_ms + 6 * HOUR) {
		for (; !p->is_paused; bytes += RECORD_PLAIN_MIN)
			puppet_flush(r, p);
		rig_tick(r, 1000);
	}
	assert_false(p->is_ended);
	assert_in_range(bytes, 124 * 1000, 127 * 1000);
	assert_true(count_frames(p, FRAME_PING) >= 6 * 30);
	rig_free(r);
}

static void silence_counts_again_once_he_is_read(void **state)
{
	struct limits limits = limits_default();
	struct puppet *p;
	struct rig *r;

	(void)state;
	limits.bytes_per_day = 24 * 1000 * 1000;
	r = rig_with(&limits);
	p = puppet_session(r);
	while (!p->is_paused)
		puppet_flush(r, p);
	while (p->is_paused)
		rig_tick(r, 100);
	rig_tick(r, 179 * 1000);
	assert_false(p->is_ended);
	rig_tick(r, 2 * 1000);
	assert_true(p->is_ended);
	rig_free(r);
}

static void acknowledgements_are_free(void **state)
{
	struct rig *r = plain_rig();
	struct puppet *p = puppet_session(r);
	const struct chain zero = {{0}};
	unsigned i;

	(void)state;
	for (i = 0; i < 2000; i++)
		puppet_ack(r, p, 1, &zero);
	assert_false(p->is_paused || p->is_ended);
	rig_free(r);
}

/* HOSTILE P-09: he reconnects a hundred times a second. */
static void a_storm_of_streams_takes_the_cell_down(void **state)
{
	struct rig *r = plain_rig();
	struct puppet *p = puppet_session(r);
	struct event ev = {.type = EV_LINK_IN};
	unsigned i, let_in = 0, dials = r->dials;
	uint64_t down_ms;

	(void)state;
	ev.link.service.kind = SERVICE_CELL;
	ev.link.service.owner = r->contact.id;
	r->hangups = 0;
	for (i = 0; i < 1000; i++) {
		ev.link.id = 100000 + 2 * i;
		rig_event(r, &ev);
		let_in += r->cell_up;
		rig_tick(r, 10);
	}
	assert_int_equal(let_in, 59);
	assert_int_equal(r->unpublishes, 1);
	assert_int_equal(r->hangups, 1000 - 4);
	/* What is up stays, and he is still dialled when that ends. */
	assert_false(p->is_ended);
	puppet_down(r, p);
	rig_tick(r, 10 * MINUTE);
	assert_true(r->dials > dials);
	down_ms = r->now_ms;
	while (!r->cell_up)
		rig_tick(r, MINUTE);
	assert_in_range(r->now_ms - down_ms, HOUR - 12 * MINUTE, 6 * HOUR);
	/* It is not down for the next one. */
	assert_false(puppet_arrive(r, PUPPET_CONTACT)->is_ended);
	assert_true(r->cell_up);
	rig_free(r);
}

/* HOSTILE P-09: the same with links that prove themselves, of class BULK. */
static void a_storm_of_bulk_links_does_too(void **state)
{
	struct limits limits = limits_default();
	struct rig *r;
	unsigned i;

	(void)state;
	limits.streams_per_hour = 2;
	r = rig_with(&limits);
	for (i = 0; i < 200 && r->cell_up; i++) {
		struct puppet *p = puppet_arrive(r, PUPPET_BULK);

		puppet_open(r, p);
		frame_write_ping(&p->builder.w, FRAME_PING, i);
		puppet_flush(r, p);
		assert_true(p->frame_count > 0);
		rig_tick(r, 10);
		rig_drop_ended(r);
	}
	assert_in_range(i, 100, 130);
	assert_false(r->cell_up);
	rig_free(r);
}

static void one_a_minute_is_fine(void **state)
{
	struct rig *r = plain_rig();
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++) {
		puppet_down(r, puppet_arrive(r, PUPPET_CONTACT));
		rig_tick(r, MINUTE);
	}
	assert_true(r->cell_up);
	assert_int_equal(r->unpublishes, 0);
	rig_free(r);
}

/* Rest, policy and tor do not get in each other's way. */
static void a_cell_at_rest_stays_down(void **state)
{
	struct rig *r = plain_rig();
	struct event ev = {.type = EV_CMD_CONTACT_SET};
	unsigned i;

	(void)state;
	for (i = 0; i < 61; i++)
		puppet_down(r, puppet_arrive(r, PUPPET_CONTACT));
	assert_false(r->cell_up);
	ev.contact_set.contact_id = r->contact.id;
	ev.contact_set.fields = CONTACT_BLOCKED;
	for (i = 0; i < 2; i++) {
		ev.contact_set.blocked = i == 0;
		rig_event(r, &ev);
		rig_tick(r, MINUTE);
	}
	rig_transport(r, false);
	rig_transport(r, true);
	rig_tick(r, 30 * MINUTE);
	assert_false(r->cell_up);
	rig_transport(r, false);
	rig_tick(r, 6 * HOUR);
	assert_false(r->cell_up);
	rig_transport(r, true);
	rig_tick(r, MINUTE);
	assert_true(r->cell_up);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_flood_is_left_unread),
	    cmocka_unit_test(a_hundred_thousand_messages),
	    cmocka_unit_test(every_link_holds_a_record),
	    cmocka_unit_test(all_of_his_links_are_left_unread),
	    cmocka_unit_test(bytes_count_by_the_day),
	    cmocka_unit_test(silence_counts_again_once_he_is_read),
	    cmocka_unit_test(acknowledgements_are_free),
	    cmocka_unit_test(a_storm_of_streams_takes_the_cell_down),
	    cmocka_unit_test(a_storm_of_bulk_links_does_too),
	    cmocka_unit_test(one_a_minute_is_fine),
	    cmocka_unit_test(a_cell_at_rest_stays_down),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
