/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The times that files have: of links, and of offers.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/offer.h"
#include "tests/sim/talk.h"
#include "tests/unit/transfer_kit.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

#define DAY ((uint64_t)24 * HOUR)

/* How many PINGs the node sent. */
static unsigned pings(struct puppet *p)
{
	struct puppet_frame f;
	unsigned n = 0;

	while (puppet_next(p, &f))
		n += f.type == FRAME_PING;
	return n;
}

static void ping(struct kit *k, struct puppet *p)
{
	frame_write_ping(&p->builder.w, FRAME_PING, 9);
	puppet_flush(k->r, p);
}

/* PROTOCOL 12.3: On a BULK link on which something is to come or to go, each
 * end sends a PING at random intervals of 20 to 30 seconds. */
static void a_link_in_use_is_pinged(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);
	unsigned i;

	pings(p);
	for (i = 0; i < 10; i++) {
		rig_tick(k->r, MINUTE);
		assert_in_range(pings(p), 2, 3);
		ping(k, p);
		assert_false(p->is_ended);
	}
}

/* PROTOCOL 12.3: A BULK link on which something is to come and nothing was
 * heard for 90 seconds MUST be hung up, and one that was not used for 60
 * seconds SHOULD be. */
static void silence_ends_a_link(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);
	struct frame_chunk at;

	assert_true(kit_asked(p, &at));
	rig_tick(k->r, 80 * SECOND);
	ping(k, p);
	rig_tick(k->r, 89 * SECOND);
	assert_false(p->is_ended);
	rig_tick(k->r, 2 * SECOND);
	assert_true(p->is_ended);
	/* What was asked for there is asked for on the next. */
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	p = kit_bulk(k);
	rig_tick(k->r, SECOND);
	assert_true(kit_asked(p, &at));
}

/* The same where something is to go, and tor takes nothing. */
static void silence_ends_a_link_that_serves(void **state)
{
	struct kit *k = *state;
	struct puppet *p;

	kit_send(k);
	p = kit_bulk(k);
	kit_ask(k, p, 0);
	kit_ask(k, p, 1);
	kit_ask(k, p, 2);
	rig_tick(k->r, 89 * SECOND);
	assert_false(p->is_ended);
	rig_tick(k->r, 2 * SECOND);
	assert_true(p->is_ended);
}

/* PROTOCOL 12.3: It MUST NOT live longer than 12 hours. */
static void not_longer_than_12_hours(void **state)
{
	struct kit *k = *state;
	struct puppet *p;
	unsigned i;

	kit_send(k);
	p = kit_bulk(k);
	for (i = 0; i < 4; i++)
		kit_ask(k, p, i);
	for (i = 0; i < 12 * 60 - 1; i++) {
		ping(k, p);
		pings(p);
		rig_tick(k->r, MINUTE);
		assert_false(p->is_ended);
	}
	ping(k, p);
	rig_tick(k->r, MINUTE + SECOND);
	assert_true(p->is_ended);
	/* It goes on with the next. */
	p = kit_bulk(k);
	kit_ask(k, p, 0);
	assert_true(kit_data_bytes(p) > 0);
}

/* PROTOCOL 12.3: A BULK link MUST NOT be dialled without a session, and MAY
 * live on without one. */
static void no_link_without_a_session(void **state)
{
	struct kit *k = *state;
	struct puppet *p;

	kit_send(k);
	p = kit_bulk(k);
	kit_ask(k, p, 0);
	frame_write_want(&k->main->builder.w, 4);
	puppet_flush(k->r, k->main);
	while ((p = puppet_dialled(k->r, PUPPET_BULK)))
		puppet_down(k->r, p);
	puppet_down(k->r, k->main);
	rig_tick(k->r, HOUR);
	assert_null(puppet_dialled(k->r, PUPPET_BULK));
	/* What was wanted on that session is not wanted on the next. */
	k->main = rig_session(k->r);
	rig_tick(k->r, MINUTE);
	assert_null(puppet_dialled(k->r, PUPPET_BULK));
	frame_write_want(&k->main->builder.w, 1);
	puppet_flush(k->r, k->main);
	rig_tick(k->r, MINUTE);
	assert_non_null(puppet_dialled(k->r, PUPPET_BULK));
}

static void a_link_outlives_its_session(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);
	struct frame_chunk at;

	puppet_down(k->r, k->main);
	while (kit_asked(p, &at)) {
		rig_tick(k->r, 20 * SECOND);
		assert_false(p->is_ended);
		kit_answer_right(k, p, &at);
	}
	rig_tick(k->r, 2 * SECOND);
	rig_answer_blobs(k->r);
	assert_int_equal(kit_row(k)->state, FILE_DONE);
	assert_true(disk_file_is_whole(k->r->disk, kit_row(k)));
}

/* What a question for it is answered with. */
static void assert_nak(struct kit *k, enum nak_reason why)
{
	struct puppet *p = kit_bulk(k);
	struct puppet_frame f;

	kit_ask(k, p, 0);
	assert_true(puppet_find(p, FRAME_NAK, &f));
	assert_int_equal(f.body.p[20], why);
}

static void assert_expired(struct kit *k)
{
	assert_int_equal(kit_row(k)->state, FILE_FAILED);
	assert_int_equal(kit_row(k)->problem, FILE_EXPIRED);
	assert_err(kit_wish(k, FILE_RUN), ERR_NOT_FOUND);
}

/* PROTOCOL 12.1: An offer that was not accepted MUST NOT be accepted after its
 * time. */
static void offer_lasts(struct kit *k, uint32_t offer_s, uint64_t ms)
{
	k->offer_s = offer_s;
	kit_offer(k);
	assert_int_equal(kit_row(k)->state, FILE_OFFERED);
	rig_tick(k->r, ms - SECOND);
	assert_int_equal(kit_row(k)->state, FILE_OFFERED);
	rig_tick(k->r, 2 * SECOND);
	assert_expired(k);
	assert_int_equal(k->r->disk->blob_count, 0);
}

static void an_offer_has_its_time(void **state)
{
	offer_lasts(*state, 3600, HOUR);
}

static void an_offer_has_30_days_otherwise(void **state)
{
	offer_lasts(*state, 0, 30 * DAY);
}

/* The sender's end, which answers nobody after that. */
static void our_offer_has_its_time(void **state)
{
	struct kit *k = *state;

	k->offer_s = 3600;
	kit_send(k);
	rig_tick(k->r, HOUR - SECOND);
	assert_int_equal(kit_row(k)->state, FILE_OFFERED);
	rig_tick(k->r, 2 * SECOND);
	assert_expired(k);
	assert_nak(k, NAK_GONE);
}

/* It passes while nobody runs, too. */
static void an_offer_expires_in_the_dark(void **state)
{
	struct kit *k = *state;

	k->offer_s = 3600;
	kit_offer(k);
	k->r->skew_ms += 2 * HOUR;
	rig_reload(k->r);
	rig_tick(k->r, SECOND);
	assert_expired(k);
}

/* Accepted is accepted, however long it takes. */
static void what_is_accepted_has_no_time(void **state)
{
	struct kit *k = *state;

	k->offer_s = 3600;
	kit_offer(k);
	assert_ok(kit_wish(k, FILE_RUN));
	rig_tick(k->r, 40 * DAY);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	assert_ok(kit_wish(k, FILE_PAUSE));
	rig_tick(k->r, 40 * DAY);
	assert_int_equal(kit_row(k)->state, FILE_PAUSED);
}

static void what_the_contact_accepted_has_no_time(void **state)
{
	struct kit *k = *state;

	k->offer_s = 3600;
	kit_send(k);
	kit_ask(k, kit_bulk(k), BLOB_MANIFEST);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	rig_tick(k->r, 2 * HOUR);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	assert_ok(kit_wish(k, FILE_PAUSE));
	rig_tick(k->r, 2 * HOUR);
	assert_ok(kit_wish(k, FILE_RUN));
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	k->r->skew_ms += DAY;
	rig_reload(k->r);
	rig_tick(k->r, HOUR);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
}

/* The same if he asked for it while it was paused. */
static void accepted_while_it_was_paused(void **state)
{
	struct kit *k = *state;

	k->offer_s = 3600;
	kit_send(k);
	assert_ok(kit_wish(k, FILE_PAUSE));
	assert_nak(k, NAK_PAUSED);
	assert_ok(kit_wish(k, FILE_RUN));
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	rig_tick(k->r, 2 * HOUR);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
}

/* A pause of our own accepts nothing, and its time goes on. */
static void a_paused_offer_has_its_time(void **state)
{
	struct kit *k = *state;

	k->offer_s = 3600;
	kit_send(k);
	assert_ok(kit_wish(k, FILE_PAUSE));
	rig_tick(k->r, HOUR - SECOND);
	assert_int_equal(kit_row(k)->state, FILE_PAUSED);
	rig_tick(k->r, 2 * SECOND);
	assert_expired(k);
	assert_nak(k, NAK_GONE);
}

static void a_resumed_offer_has_its_time(void **state)
{
	struct kit *k = *state;
	unsigned i;

	k->offer_s = 3600;
	kit_send(k);
	for (i = 0; i < 3; i++) {
		assert_ok(kit_wish(k, FILE_PAUSE));
		rig_tick(k->r, 10 * MINUTE);
		assert_ok(kit_wish(k, FILE_RUN));
		assert_int_equal(kit_row(k)->state, FILE_OFFERED);
	}
	rig_reload(k->r);
	rig_tick(k->r, 29 * MINUTE);
	assert_int_equal(kit_row(k)->state, FILE_OFFERED);
	rig_tick(k->r, 2 * MINUTE);
	assert_expired(k);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, transfer_setup, transfer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_link_in_use_is_pinged),
	    TEST(silence_ends_a_link),
	    TEST(silence_ends_a_link_that_serves),
	    TEST(not_longer_than_12_hours),
	    TEST(no_link_without_a_session),
	    TEST(a_link_outlives_its_session),
	    TEST(an_offer_has_its_time),
	    TEST(an_offer_has_30_days_otherwise),
	    TEST(our_offer_has_its_time),
	    TEST(an_offer_expires_in_the_dark),
	    TEST(what_is_accepted_has_no_time),
	    TEST(what_the_contact_accepted_has_no_time),
	    TEST(accepted_while_it_was_paused),
	    TEST(a_paused_offer_has_its_time),
	    TEST(a_resumed_offer_has_its_time),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
