/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages whose time comes, and when the node looks for them.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "tests/sim/talk.h"

enum { HOUR_MS = 3600 * 1000 };

static int set_up(void **state)
{
	struct rig *r = rig_new(61);

	assert_true(r->due);
	rig_answer_due(r);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

/* Lets time pass, and answers what the node asks; how often it did. */
static unsigned pass(struct rig *r, uint64_t ms)
{
	uint64_t end_ms = r->now_ms + ms;
	unsigned n = 0;

	while (r->now_ms < end_ms) {
		uint64_t next_ms = node_deadline(r->node);

		if (next_ms > end_ms)
			next_ms = end_ms;
		rig_tick(r, next_ms - r->now_ms);
		for (; r->due; n++)
			rig_answer_due(r);
	}
	return n;
}

static enum err send_by(struct rig *r, uint64_t ms)
{
	struct event ev = talk_send(&r->contact.id, &r->rng, "by then");

	ev.send.deadline_ms = rig_wall_ms(r) + ms;
	return rig_cmd(r, ev);
}

static const struct message_row *ours(struct rig *r, size_t i)
{
	return rig_row(r, MESSAGE_OUT, i);
}

static void given_up_when_it_is_too_late(void **state)
{
	struct rig *r = *state;

	assert_ok(send_by(r, 3 * HOUR_MS));
	assert_ok(rig_say(r, "at any time"));
	pass(r, 3 * HOUR_MS - 1);
	assert_int_equal(ours(r, 0)->state, MESSAGE_QUEUED);
	pass(r, 2);
	assert_int_equal(ours(r, 0)->state, MESSAGE_FAILED);
	assert_int_equal(disk_seen(r->disk, ours(r, 0))->problem,
			 PROBLEM_TOO_LATE);
	assert_true(ours(r, 0)->withdrawn);
	assert_int_equal(ours(r, 1)->state, MESSAGE_QUEUED);
	/* It never left, so nothing is said of it. */
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_OUT), 2);
	/* Nothing more is to come. */
	assert_int_equal(pass(r, 5 * HOUR_MS), 0);
}

static void asked_back_if_it_may_have_left(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);

	assert_ok(send_by(r, HOUR_MS));
	puppet_down(r, p);
	pass(r, 2 * HOUR_MS);
	assert_int_equal(ours(r, 0)->state, MESSAGE_FAILED);
	assert_int_equal(ours(r, 1)->kind, MESSAGE_DELETE);
}

static void delivered_in_time(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);

	assert_ok(send_by(r, HOUR_MS));
	puppet_ack_all(r, p);
	pass(r, 2 * HOUR_MS);
	assert_int_equal(ours(r, 0)->state, MESSAGE_DELIVERED);
}

/* The store was asked a moment before the acknowledgement. */
static void the_answer_may_be_late(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct event ev = {.type = EV_DUE};
	struct due_row row = {.contact_id = r->contact.id,
			      .dir = MESSAGE_OUT,
			      .seq = 1,
			      .is_deadline = true};
	unsigned saves;

	assert_ok(send_by(r, HOUR_MS));
	row.message_id = ours(r, 0)->id;
	row.mid = ours(r, 0)->mid;
	puppet_ack_all(r, p);
	ev.due.rows = &row;
	ev.due.count = 1;
	ev.due.next_ms = UINT64_MAX;
	saves = r->saves;
	rig_event(r, &ev);
	assert_int_equal(r->saves, saves);
	assert_int_equal(ours(r, 0)->state, MESSAGE_DELIVERED);
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_OUT), 1);
	/* Nor of a contact that is gone. */
	row.contact_id.b[0] ^= 1;
	rig_event(r, &ev);
}

/* PROTOCOL 6.5: A message with a time to live MUST be wiped at both ends: at
 * the receiver's that long after it was read, at the sender's that long after
 * it was acknowledged. */
static void wiped_when_its_time_is_over(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct message_fields f = {.has_ttl = true, .ttl_s = 60};

	assert_ok(rig_cmd(r, talk_timer(&r->contact.id, &r->rng, 60)));
	assert_ok(rig_say(r, "ours"));
	puppet_say(r, p, MESSAGE_TEXT, &f, "theirs");
	pass(r, 100 * 1000);
	assert_false(ours(r, 1)->hidden);
	puppet_ack_all(r, p);
	pass(r, 59 * 1000);
	assert_false(ours(r, 1)->hidden);
	pass(r, 2 * 1000);
	assert_true(ours(r, 1)->hidden);
	assert_int_equal(ours(r, 1)->body.n, 0);
	/* The notice of the timer stays, and what is not read. */
	assert_false(ours(r, 0)->hidden);
	assert_false(rig_row(r, MESSAGE_IN, 0)->hidden);
	assert_ok(rig_cmd(r, talk_read(r->disk, rig_row(r, MESSAGE_IN, 0))));
	pass(r, 59 * 1000);
	assert_false(rig_row(r, MESSAGE_IN, 0)->hidden);
	pass(r, 2 * 1000);
	assert_true(rig_row(r, MESSAGE_IN, 0)->hidden);
	/* Nobody is told: the other end has its own clock. */
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_OUT), 2);
}

/* However much is read and delivered, the store is asked once a second. */
static void asked_now_and_then(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	unsigned i, n = 0;

	for (i = 0; i < 100; i++) {
		assert_ok(rig_say(r, "x"));
		puppet_ack_all(r, p);
		n += pass(r, 50);
	}
	n += pass(r, 2000);
	assert_in_range(n, 4, 6);
}

/* Lot by lot, with time for others in between; also after a restart. */
static void what_is_cleared_is_swept(void **state)
{
	struct rig *r = *state;
	struct event ev = {.type = EV_CMD_HISTORY_DELETE};
	unsigned i;

	for (i = 0; i < 5 * SWEEP_MAX; i++)
		assert_ok(rig_say(r, "x"));
	pass(r, 2000);
	ev.target = r->contact.id;
	assert_ok(rig_cmd(r, ev));
	assert_true(ours(r, 5 * SWEEP_MAX - 1)->withdrawn);
	assert_true(changes_has_work(&r->disk->changes));
	pass(r, 1040);
	assert_int_equal(r->count[FX_SAVE_SWEEP], 1);
	pass(r, 50);
	assert_int_equal(r->count[FX_SAVE_SWEEP], 2);
	rig_reload(r);
	for (i = 0; r->due && i < 2; i++)
		rig_answer_due(r);
	pass(r, 1000);
	assert_false(changes_has_work(&r->disk->changes));
	assert_int_equal(r->count[FX_SAVE_SWEEP], 5);
	/* Then it is quiet. */
	assert_int_equal(pass(r, 5 * HOUR_MS), 0);
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_OUT),
			 5 * SWEEP_MAX);
}

static void a_restart_looks_again(void **state)
{
	struct rig *r = *state;

	assert_ok(send_by(r, HOUR_MS));
	r->now_ms += 2 * HOUR_MS;
	rig_reload(r);
	assert_true(r->due);
	rig_answer_due(r);
	assert_int_equal(ours(r, 0)->state, MESSAGE_FAILED);
}

static void the_clock_is_set(void **state)
{
	struct rig *r = *state;

	assert_ok(send_by(r, 30 * HOUR_MS));
	pass(r, 1000);
	/* Forwards: seen within the hour. */
	r->skew_ms = (uint64_t)40 * HOUR_MS;
	pass(r, HOUR_MS);
	assert_int_equal(ours(r, 0)->state, MESSAGE_FAILED);
	/* Back: what is due soon by the new clock is not forgotten. */
	assert_ok(send_by(r, 20 * HOUR_MS));
	pass(r, 1000);
	r->skew_ms = 0;
	assert_ok(send_by(r, HOUR_MS));
	pass(r, 2 * HOUR_MS);
	assert_int_equal(ours(r, 1)->state, MESSAGE_QUEUED);
	assert_int_equal(ours(r, 2)->state, MESSAGE_FAILED);
	pass(r, (uint64_t)60 * HOUR_MS);
	assert_int_equal(ours(r, 1)->state, MESSAGE_FAILED);
}

/* More than one answer holds. */
static void many_at_once(void **state)
{
	struct rig *r = *state;
	size_t i, n = 3 * DUE_MAX + 5;

	for (i = 0; i < n; i++)
		assert_ok(send_by(r, HOUR_MS));
	pass(r, HOUR_MS + 1000); /* in lots, not all at once */
	for (i = 0; i < n; i++)
		assert_int_equal(ours(r, i)->state, MESSAGE_FAILED);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(given_up_when_it_is_too_late),
	    TEST(asked_back_if_it_may_have_left),
	    TEST(delivered_in_time),
	    TEST(the_answer_may_be_late),
	    TEST(wiped_when_its_time_is_over),
	    TEST(asked_now_and_then),
	    TEST(what_is_cleared_is_swept),
	    TEST(a_restart_looks_again),
	    TEST(the_clock_is_set),
	    TEST(many_at_once),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
