/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include "cli/amount.h"

static void check_bytes(uint64_t n, const char *wanted)
{
	char text[AMOUNT_TEXT];

	amount_bytes(n, text);
	assert_string_equal(text, wanted);
}

static void three_digits_and_a_unit(void **state)
{
	(void)state;
	check_bytes(0, "0 B");
	check_bytes(1, "1 B");
	check_bytes(999, "999 B");
	check_bytes(1000, "1.0 KiB");
	check_bytes(1023, "1.0 KiB");
	check_bytes(1536, "1.5 KiB");
	check_bytes(102348, "99.9 KiB");
	check_bytes(102349, "100 KiB");
	check_bytes(1023487, "999 KiB");
	check_bytes(1023488, "1.0 MiB");
	check_bytes(UINT64_C(64) << 30, "64.0 GiB");
	check_bytes(UINT64_MAX, "16.0 EiB");
}

static void check_time(uint64_t seconds, const char *wanted)
{
	char text[AMOUNT_TEXT];

	amount_time(seconds, text);
	assert_string_equal(text, wanted);
}

static void minutes_and_hours(void **state)
{
	(void)state;
	check_time(0, "0:00");
	check_time(7, "0:07");
	check_time(725, "12:05");
	check_time(3599, "59:59");
	check_time(3600, "1:00:00");
	check_time(360000, "100:00:00");
	check_time(UINT64_MAX, "5124095576030431:00:15");
}

static void as_people_write_it(void **state)
{
	static const char *const wrong[] = {
	    "",	   "K",	   "-1", "+1",	" 1",	   "1 K", "1k",
	    "1KB", "1.5M", "1T", "1\n", "1000000", "0x1"};
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(amount_read(wrong[i], &n));
	assert_int_equal(n, 7);
	assert_true(amount_read("0", &n) && n == 0);
	assert_true(amount_read("512", &n) && n == 512);
	assert_true(amount_read("10K", &n) && n == 10240);
	assert_true(amount_read("3M", &n) && n == 3 << 20);
	assert_true(amount_read("999999G", &n) && n == UINT64_C(999999) << 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(three_digits_and_a_unit),
	    cmocka_unit_test(minutes_and_hours),
	    cmocka_unit_test(as_people_write_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
