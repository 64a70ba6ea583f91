/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "wake.h"

enum { SECOND = 1000, HOUR = 3600 * SECOND };

/* Looks again after the three clocks have gone so far. */
static const char *after(struct wake *w, int64_t mono, int64_t awake,
			 int64_t wall)
{
	const struct wake_clocks now = {
	    .mono_ms = w->last.mono_ms + (uint64_t)mono,
	    .awake_ms = w->last.awake_ms + (uint64_t)awake,
	    .wall_ms = w->last.wall_ms + (uint64_t)wall,
	};

	return wake_look(w, &now);
}

static void start(struct wake *w)
{
	const struct wake_clocks now = {HOUR, HOUR, (uint64_t)20000 * HOUR};

	*w = (struct wake){.is_known = false};
	assert_null(wake_look(w, &now));
}

static void test_nothing_happened(void **state)
{
	struct wake w;

	(void)state;
	start(&w);
	assert_null(after(&w, WAKE_LOOK_MS, WAKE_LOOK_MS, WAKE_LOOK_MS));
	/* A busy machine, and a clock that is kept right. */
	assert_null(after(&w, 40 * SECOND, 40 * SECOND, 40 * SECOND));
	assert_null(
	    after(&w, WAKE_LOOK_MS, WAKE_LOOK_MS, WAKE_LOOK_MS + 59 * SECOND));
	assert_null(
	    after(&w, WAKE_LOOK_MS, WAKE_LOOK_MS, WAKE_LOOK_MS - 59 * SECOND));
	assert_null(after(&w, 0, 0, 0));
}

static void test_it_slept(void **state)
{
	struct wake w;

	(void)state;
	start(&w);
	assert_string_equal(after(&w, HOUR, WAKE_LOOK_MS, HOUR),
			    "the machine slept");
	assert_null(after(&w, WAKE_LOOK_MS, WAKE_LOOK_MS, WAKE_LOOK_MS));
	assert_non_null(after(&w, 10 * SECOND, 4 * SECOND, 10 * SECOND));
}

static void test_it_stood_still(void **state)
{
	struct wake w;

	(void)state;
	start(&w);
	assert_string_equal(after(&w, HOUR, HOUR, HOUR),
			    "the program stood still");
	assert_null(after(&w, WAKE_LOOK_MS, WAKE_LOOK_MS, WAKE_LOOK_MS));
}

static void test_the_clock_jumped(void **state)
{
	struct wake w;

	(void)state;
	start(&w);
	assert_string_equal(after(&w, WAKE_LOOK_MS, WAKE_LOOK_MS, HOUR),
			    "the clock jumped");
	assert_string_equal(after(&w, WAKE_LOOK_MS, WAKE_LOOK_MS, -HOUR),
			    "the clock jumped");
	assert_null(after(&w, WAKE_LOOK_MS, WAKE_LOOK_MS, WAKE_LOOK_MS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_happened),
	    cmocka_unit_test(test_it_slept),
	    cmocka_unit_test(test_it_stood_still),
	    cmocka_unit_test(test_the_clock_jumped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
