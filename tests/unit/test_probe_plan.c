/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "core/probe_plan.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, DRAWS = 300 };

static struct rng drawing(void)
{
	static const uint8_t entropy[32] = {7};
	struct rng r;

	rng_init(&r, entropy);
	return r;
}

static void test_order_of_repairs(void **state)
{
	static const enum probe_repair order[] = {
	    REPAIR_NONE,     REPAIR_NONE,    REPAIR_PUBLISH,
	    REPAIR_CIRCUITS, REPAIR_PUBLISH, REPAIR_CIRCUITS,
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_int_equal(probe_plan_repair(i), order[i]);
	assert_false(probe_plan_is_down(1));
	assert_true(probe_plan_is_down(2));
	assert_false(probe_plan_is_patient(4));
	assert_true(probe_plan_is_patient(5));
}

/* No two waits need be the same, and all are in their bounds. */
static void test_waits(void **state)
{
	struct rng r = drawing();
	uint64_t last_ms = 0;
	unsigned i, same = 0;

	(void)state;
	for (i = 0; i < DRAWS; i++) {
		uint64_t ms = probe_plan_calm_ms(&r, false);

		assert_in_range(ms, 30 * MINUTE, 90 * MINUTE);
		same += ms == last_ms;
		last_ms = ms;
		assert_in_range(probe_plan_calm_ms(&r, true), 5 * MINUTE,
				15 * MINUTE);
		assert_in_range(probe_plan_soon_ms(&r), 3 * SECOND,
				30 * SECOND);
		/* The cells never before the door. */
		assert_in_range(probe_plan_asked_ms(&r, true), 0, 500);
		assert_in_range(probe_plan_asked_ms(&r, false), 500,
				5 * SECOND);
	}
	assert_in_range(same, 0, 1);
}

static void test_back_off(void **state)
{
	struct rng r = drawing();
	unsigned n;

	(void)state;
	assert_in_range(probe_plan_failed_ms(&r, 1), 10 * SECOND, 20 * SECOND);
	assert_in_range(probe_plan_failed_ms(&r, 2), 20 * SECOND, 40 * SECOND);
	assert_in_range(probe_plan_failed_ms(&r, 5), 160 * SECOND,
			320 * SECOND);
	for (n = 10; n < DRAWS; n++) {
		assert_in_range(probe_plan_failed_ms(&r, n), 30 * MINUTE,
				60 * MINUTE);
		assert_in_range(probe_plan_unclear_ms(&r, n), 30 * MINUTE,
				60 * MINUTE);
	}
	assert_in_range(probe_plan_failed_ms(&r, UINT32_MAX), 30 * MINUTE,
			60 * MINUTE);
	assert_in_range(probe_plan_unclear_ms(&r, 1), MINUTE, 2 * MINUTE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_of_repairs),
	    cmocka_unit_test(test_waits),
	    cmocka_unit_test(test_back_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
