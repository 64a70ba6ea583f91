/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The token bucket, against plain arithmetic.
 */
#include "tests/unit/check.h"

#include "core/budget.h"

static const struct budget_rate rate = {20, 1000, 200};

static void full_at_first(void **state)
{
	struct budget b;

	(void)state;
	budget_init(&b, &rate, 5000);
	budget_spend(&b, &rate, 200, 5000);
	assert_false(budget_is_overdrawn(&b));
	budget_spend(&b, &rate, 1, 5000);
	assert_true(budget_is_overdrawn(&b));
	/* One is owed: 50 ms pay it, 50 more bring the next. */
	assert_int_equal(budget_ready_ms(&b, &rate, 0), 5050);
	assert_int_equal(budget_ready_ms(&b, &rate, 1), 5100);
	budget_spend(&b, &rate, 0, 5049);
	assert_true(budget_is_overdrawn(&b));
	budget_spend(&b, &rate, 0, 5050);
	assert_false(budget_is_overdrawn(&b));
	budget_spend(&b, &rate, 1, 5100);
	assert_false(budget_is_overdrawn(&b));
}

static void never_more_than_most(void **state)
{
	struct budget b;

	(void)state;
	budget_init(&b, &rate, 0);
	budget_spend(&b, &rate, 200, 0);
	/* A year of silence, and a clock that stands still at its end. */
	budget_spend(&b, &rate, 200, UINT64_C(366) * 24 * 3600 * 1000);
	assert_false(budget_is_overdrawn(&b));
	budget_spend(&b, &rate, 1, UINT64_C(366) * 24 * 3600 * 1000);
	assert_true(budget_is_overdrawn(&b));
	budget_init(&b, &rate, 0);
	budget_spend(&b, &rate, 1, UINT64_MAX / 2);
	assert_int_equal(budget_ready_ms(&b, &rate, 500), UINT64_MAX / 2 + 50);
}

static void a_clock_that_goes_back_gives_nothing(void **state)
{
	struct budget b;

	(void)state;
	budget_init(&b, &rate, 1000);
	budget_spend(&b, &rate, 201, 1000);
	budget_spend(&b, &rate, 0, 10);
	assert_true(budget_is_overdrawn(&b));
}

/* However it is asked, in small pieces or large ones: exactly the rate. */
static void exact_over_a_long_time(void **state)
{
	static const struct budget_rate odd = {7, 24 * 3600 * 1000, 7};
	uint64_t at_ms = 0, taken = 0, seed = 1;
	struct budget b;

	(void)state;
	budget_init(&b, &odd, 0);
	while (at_ms < UINT64_C(1000) * 24 * 3600 * 1000) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		at_ms += 1 + (seed >> 44);
		budget_spend(&b, &odd, 0, at_ms);
		if (budget_ready_ms(&b, &odd, 1) > at_ms)
			continue;
		budget_spend(&b, &odd, 1, at_ms);
		assert_false(budget_is_overdrawn(&b));
		taken++;
	}
	assert_in_range(taken, 7000, 7007);
}

static void large_debts_are_paid(void **state)
{
	static const struct budget_rate day = {64 << 20, 24 * 3600 * 1000,
					       64 << 20};
	struct budget b;
	uint64_t at_ms;

	(void)state;
	budget_init(&b, &day, 0);
	budget_spend(&b, &day, UINT64_C(3) * (64 << 20), 0);
	at_ms = budget_ready_ms(&b, &day, 0);
	assert_int_equal(at_ms, 2 * 24 * 3600 * 1000);
	budget_spend(&b, &day, 0, at_ms - 1);
	assert_true(budget_is_overdrawn(&b));
	budget_spend(&b, &day, 0, at_ms);
	assert_false(budget_is_overdrawn(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(full_at_first),
	    cmocka_unit_test(never_more_than_most),
	    cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
	    cmocka_unit_test(exact_over_a_long_time),
	    cmocka_unit_test(large_debts_are_paid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
