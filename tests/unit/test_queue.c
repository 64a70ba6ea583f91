/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Requests that wait at our door: how many, which, and at what price.
 */
#include "tests/unit/door_kit.h"

#include <sodium.h>

#include "core/onion.h"
#include "core/queue.h"
#include "core/state.h"

/* HOSTILE X-05 */
static void a_full_queue_goes_by_work(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	struct uid oldest;
	unsigned i;

	for (i = 0; i < REQUESTS_IN_MAX; i++) {
		assert_true(door_knock(r, i == 50 ? 3 : 5));
		p = door_arrive(r);
		assert_int_equal(p->difficulty,
				 i + 1 < REQUESTS_IN_MAX ? DOOR_CHEAP : 4);
		puppet_down(r, p);
		rig_drop_ended(r);
	}
	oldest = r->disk->requests[1].id;
	/* Less than what is asked for now. */
	r->saves = 0;
	assert_false(door_knock(r, 3));
	assert_int_equal(r->saves, 0);
	assert_true(door_knock(r, 4));
	assert_int_equal(door_count(r, REQUEST_PENDING), REQUESTS_IN_MAX);
	assert_int_equal(door_newest(r)->work, 4);
	assert_true(door_knock(r, 6));
	assert_true(door_knock(r, 6));
	assert_int_equal(door_count(r, REQUEST_PENDING), REQUESTS_IN_MAX);
	/* Of those that did the same the newest went. */
	assert_true(uid_is_equal(&oldest, &r->disk->requests[1].id));
	for (i = 0; i < r->disk->request_count; i++)
		assert_true(r->disk->requests[i].work != 4);
	rig_reload(r);
	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	p = door_arrive(r);
	assert_int_equal(p->difficulty, 6);
}

/* Asked for less, before the queue was full: answered like all others. */
static void answered_and_forgotten(void **state)
{
	struct rig *r = *state;
	struct puppet *late = door_arrive(r);
	struct knock k = door_fill(r, late);
	unsigned i;

	k.counter = door_stamp(late, DOOR_CHEAP, true);
	for (i = 0; i < REQUESTS_IN_MAX; i++)
		assert_true(door_knock(r, 5));
	assert_false(late->is_ended);
	r->saves = 0;
	assert_true(door_say(r, late, &k));
	assert_int_equal(r->saves, 0);
}

static void the_price_has_a_limit(void **state)
{
	struct rig *r = *state;
	unsigned i;

	assert_ok(door_set_difficulty(r, 0));
	for (i = 0; i < REQUESTS_IN_MAX; i++)
		assert_true(door_knock(r, DIFFICULTY_RISE + 1));
	assert_int_equal(door_arrive(r)->difficulty, DIFFICULTY_RISE);
	assert_err(door_set_difficulty(r, DIFFICULTY_MAX + 1), ERR_RANGE);
	assert_ok(door_set_difficulty(r, DIFFICULTY_MAX));
	assert_int_equal(door_arrive(r)->difficulty, DIFFICULTY_MAX);
}

/* HOSTILE R-02 */
static void storing_has_a_budget(void **state)
{
	struct rig *r = *state;
	unsigned i, taken = 0;

	for (i = 0; i < 220; i++) {
		if (!door_knock(r, 5))
			continue;
		taken++;
		assert_ok(door_decide(r, EV_CMD_REQUEST_DELETE));
	}
	assert_int_equal(taken, 200);
	rig_tick(r, 26 * 1000);
	for (i = 0; i < 10; i++)
		taken += door_knock(r, 5);
	assert_int_equal(taken, 205);
}

/* HOSTILE R-05 */
static void the_same_again(void **state)
{
	struct rig *r = *state;
	struct puppet *p = door_arrive(r);
	struct knock k = door_fill(r, p);
	int i;

	for (i = 0; i < 4; i++) {
		k.counter = door_stamp(p, p->difficulty, false);
		assert_true(door_say(r, p, &k));
		/* Once deleted it is another one. */
		assert_int_equal(r->disk->journal[JOURNAL_REQUEST_RECEIVED],
				 i < 3 ? 1 : 2);
		if (i == 1)
			assert_ok(door_decide(r, EV_CMD_REQUEST_REJECT));
		if (i == 2)
			assert_ok(door_decide(r, EV_CMD_REQUEST_DELETE));
		p = door_arrive(r);
	}
	assert_int_equal(door_count(r, REQUEST_PENDING), 1);
}

/* An invite of our own, from whoever was given it. */
static void our_own_invite(void **state)
{
	struct rig *r = *state;
	struct puppet *p = door_arrive(r);
	struct knock k = door_fill(r, p);
	struct invite inv = {.flags = INVITE_REPLY, .expiry_min = 10000000};

	onion_public(&r->invite.onion, &inv.onion);
	inv.secret = r->invite.secret;
	invite_pack(&inv, k.invite);
	assert_true(door_say(r, p, &k));
	assert_int_equal(r->saves, 0);
}

static void rejected_ones_are_not_kept_for_ever(void **state)
{
	struct rig *r = *state;
	unsigned i;

	for (i = 0; i < REQUESTS_IN_MAX + 5; i++) {
		assert_true(door_knock(r, 5));
		assert_ok(door_decide(r, EV_CMD_REQUEST_REJECT));
	}
	assert_int_equal(door_count(r, REQUEST_REJECTED), REQUESTS_IN_MAX);
}

/* However long an invite says that it lives.  HOSTILE R-06 */
static void nothing_waits_for_ever(void **state)
{
	struct rig *r = *state;
	struct puppet *p = door_arrive(r);
	struct knock k = door_fill(r, p);
	struct invite inv;

	door_draw_invite(r, &inv);
	inv.expiry_min = UINT32_MAX;
	invite_pack(&inv, k.invite);
	assert_true(door_say(r, p, &k));
	rig_tick(r, (uint64_t)(INVITE_LIFE_MAX_MIN - 1) * 60000);
	assert_int_equal(door_count(r, REQUEST_PENDING), 1);
	rig_reload(r);
	rig_tick(r, 2 * 60000);
	assert_int_equal(door_count(r, REQUEST_PENDING), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, door_set_up, door_tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_full_queue_goes_by_work),
	    TEST(answered_and_forgotten),
	    TEST(the_price_has_a_limit),
	    TEST(storing_has_a_budget),
	    TEST(the_same_again),
	    TEST(our_own_invite),
	    TEST(rejected_ones_are_not_kept_for_ever),
	    TEST(nothing_waits_for_ever),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
