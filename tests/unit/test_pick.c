/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/pick.h"

#include "tests/unit/check.h"

enum { KIB = 1024, CHUNK = 256 * KIB };

static void rates_are_measured(void **state)
{
	struct pick_meter m = {0};
	uint64_t ms;

	(void)state;
	assert_int_equal(pick_meter_rate(&m, 5000), 0);
	for (ms = 1000; ms <= 20000; ms += 100)
		pick_meter_add(&m, 10000, ms);
	assert_in_range(pick_meter_rate(&m, 20000), 90000, 115000);
	/* It stalls: soon there is nothing left of what it was. */
	assert_in_range(pick_meter_rate(&m, 21200), 40000, 60000);
	assert_true(pick_meter_rate(&m, 25200) < 10000);
	assert_true(pick_meter_rate(&m, 600000) < 100);
	/* Nobody asked meanwhile. */
	pick_meter_begin(&m, 60000);
	assert_in_range(pick_meter_rate(&m, 60500), 90000, 115000);
	/* After a rest it counts anew. */
	for (ms = 100000; ms <= 110000; ms += 100)
		pick_meter_add(&m, 100, ms);
	assert_in_range(pick_meter_rate(&m, 110000), 900, 2000);
}

static void windows_grow_with_rates(void **state)
{
	(void)state;
	/* Two chunks at least, however slow. */
	assert_true(pick_has_room(0, CHUNK, 0, 0));
	assert_true(pick_has_room(1, CHUNK, 1, CHUNK));
	assert_false(pick_has_room(1, CHUNK, 2, 2 * CHUNK));
	/* Two seconds of what it moves. */
	assert_true(pick_has_room(1000 * KIB, CHUNK, 6, 6 * CHUNK));
	assert_false(pick_has_room(1000 * KIB, CHUNK, 8, 8 * CHUNK));
	/* And never more than 16. */
	assert_true(pick_has_room(1 << 30, CHUNK, 15, 15 * CHUNK));
	assert_false(pick_has_room(1 << 30, CHUNK, 16, 16 * CHUNK));
	assert_true(pick_has_room(1 << 30, 4 << 20, 1, 4 << 20));
}

static void the_first_that_is_missing(void **state)
{
	static const uint8_t states[] = {5, 1, 0, 3, 0};

	(void)state;
	assert_int_equal(pick_chunk(states, 5, 0), 2);
	assert_int_equal(pick_chunk(states, 5, 3), 4);
	assert_int_equal(pick_chunk(states, 4, 3), 4);
	assert_int_equal(pick_chunk(states, 5, 5), 5);
	assert_int_equal(pick_chunk(NULL, 0, 0), 0);
}

static void stealing_must_pay(void **state)
{
	(void)state;
	assert_true(pick_steals(1000, 0, 1000 * KIB, CHUNK));
	assert_true(pick_steals(0, 0, 100 * KIB, CHUNK));
	assert_false(pick_steals(1000 * KIB, 0, 1000 * KIB, CHUNK));
	/* What is not known is not faster. */
	assert_false(pick_steals(1000, 0, 0, CHUNK));
	assert_true(pick_steals(100 * KIB, 10 * CHUNK, 100 * KIB, CHUNK));
}

/* Runs a ladder for so long; how many links it wants, where rate[k] is what
 * k links move in a second. */
static unsigned climb_to(unsigned max, struct pick_ladder *p,
			 const uint64_t rate[5], uint64_t from_ms, uint64_t ms)
{
	uint64_t now_ms, bytes = 0;
	unsigned up = 0;

	for (now_ms = from_ms; now_ms < from_ms + ms; now_ms += 100) {
		bytes += rate[up] / 10;
		up = pick_links(p, max, up, bytes, now_ms);
	}
	return up;
}

static unsigned climb(struct pick_ladder *p, const uint64_t rate[5],
		      uint64_t from_ms, uint64_t ms)
{
	return climb_to(PICK_LINKS_MAX, p, rate, from_ms, ms);
}

/* How often more than two are tried. */
static unsigned tries(struct pick_ladder *p, const uint64_t rate[5],
		      uint64_t ms)
{
	uint64_t now_ms, bytes = 0;
	unsigned up = 0, n = 0;

	for (now_ms = 1000; now_ms < 1000 + ms; now_ms += 100) {
		unsigned was = up;

		bytes += rate[up] / 10;
		up = pick_links(p, PICK_LINKS_MAX, up, bytes, now_ms);
		n += up > 2 && was <= 2;
	}
	return n;
}

static void links_that_gain(void **state)
{
	static const uint64_t all[] = {0, 100, 200, 300, 400};
	static const uint64_t none[] = {0, 1000, 1000, 1000, 1000};
	static const uint64_t three[] = {0, 1000, 2000, 3000, 3100};
	struct pick_ladder p = {0};

	(void)state;
	assert_int_equal(pick_links(&p, PICK_LINKS_MAX, 0, 0, 1), 2);
	assert_int_equal(climb(&p, all, 1000, 1000), 2);
	assert_int_equal(climb(&p, all, 2000, 60000), 4);
	memset(&p, 0, sizeof(p));
	assert_int_equal(climb(&p, none, 1000, 60000), 2);
	memset(&p, 0, sizeof(p));
	assert_int_equal(climb(&p, three, 1000, 60000), 4);
	/* It does not try all the time, and less often each time. */
	memset(&p, 0, sizeof(p));
	assert_int_equal(climb(&p, none, 1000, 20000), 2);
	assert_int_equal(climb(&p, all, 21000, 20000), 2);
	assert_int_equal(climb(&p, all, 41000, 60000), 4);
	memset(&p, 0, sizeof(p));
	assert_in_range(tries(&p, none, 3600 * 1000), 5, 12);
}

static void links_that_are_allowed(void **state)
{
	static const uint64_t all[] = {0, 100, 200, 300, 400};
	unsigned max;

	(void)state;
	for (max = 1; max <= PICK_LINKS_MAX; max++) {
		struct pick_ladder p = {0};

		assert_int_equal(climb_to(max, &p, all, 1000, 60000), max);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rates_are_measured),
	    cmocka_unit_test(windows_grow_with_rates),
	    cmocka_unit_test(the_first_that_is_missing),
	    cmocka_unit_test(stealing_must_pay),
	    cmocka_unit_test(links_that_gain),
	    cmocka_unit_test(links_that_are_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
