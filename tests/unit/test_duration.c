/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "cli/duration.h"

static uint32_t read(const char *text)
{
	uint32_t seconds = 0;

	assert_true(duration_read(text, &seconds));
	return seconds;
}

static void a_number_and_a_unit(void **state)
{
	(void)state;
	assert_int_equal(read("1s"), 1);
	assert_int_equal(read("30s"), 30);
	assert_int_equal(read("10m"), 600);
	assert_int_equal(read("8h"), 28800);
	assert_int_equal(read("7d"), 604800);
	assert_int_equal(read("2w"), 1209600);
	assert_int_equal(read("007d"), 604800);
}

static void up_to_366_days(void **state)
{
	uint32_t seconds;

	(void)state;
	assert_int_equal(read("366d"), DURATION_MAX_S);
	assert_int_equal(read("31622400s"), DURATION_MAX_S);
	assert_int_equal(read("52w"), 31449600);
	assert_false(duration_read("31622401s", &seconds));
	assert_false(duration_read("527041m", &seconds));
	assert_false(duration_read("367d", &seconds));
	assert_false(duration_read("53w", &seconds));
	/* Where 32 bits, or 64, are no longer enough. */
	assert_false(duration_read("4294967297s", &seconds));
	assert_false(duration_read("31622400w", &seconds));
	assert_false(duration_read("18446744073709551617s", &seconds));
	assert_false(duration_read("99999999999999999999999999d", &seconds));
}

static void nothing_else(void **state)
{
	static const char *const wrong[] = {
	    "",	   "s",	  "5",	  "0s",	 "0",	 "-5s",	      "+5s",  " 5s",
	    "5s ", "5 s", "5S",	  "5x",	 "5ss",	 "5s5m",      "1.5h", "1h30m",
	    "off", "5y",  "0x5s", "5\n", "1e3s", "\xd9\xa5s",
	};
	uint32_t seconds = 77;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(duration_read(wrong[i], &seconds));
	assert_int_equal(seconds, 77);
}

static void check(uint32_t seconds, const char *wanted)
{
	char text[DURATION_TEXT];

	duration_write(seconds, text);
	assert_string_equal(text, wanted);
}

static void written_in_the_largest_unit_that_fits(void **state)
{
	(void)state;
	check(0, "off");
	check(1, "1 second");
	check(59, "59 seconds");
	check(60, "1 minute");
	check(90, "90 seconds");
	check(3600, "1 hour");
	check(36000, "10 hours");
	check(86400, "1 day");
	check(604800, "1 week");
	check(2592000, "30 days");
	check(UINT32_MAX, "4294967295 seconds");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_number_and_a_unit),
	    cmocka_unit_test(up_to_366_days),
	    cmocka_unit_test(nothing_else),
	    cmocka_unit_test(written_in_the_largest_unit_that_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
