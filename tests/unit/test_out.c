/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <stdbool.h>
#include <stdlib.h>

#include "cli/out.h"

static void check(const char *in, bool keep_lines, const char *out)
{
	char *clean = out_clean(in, keep_lines);

	assert_string_equal(clean, out);
	free(clean);
}

/* HOSTILE-TESTS C-07 */
static void terminal_escapes_become_visible(void **state)
{
	(void)state;
	check("plain \xc3\xa9 \xf0\x9f\x8c\xb1", false,
	      "plain \xc3\xa9 \xf0\x9f\x8c\xb1");
	check("\x1b]52;c;aGk=\x07", false, "\\u{1b}]52;c;aGk=\\u{7}");
	check("\xc2\x9b"
	      "2J",
	      false, "\\u{9b}2J");
	check("a\nb\rc", false, "a\\u{a}b\\u{d}c");
	check("a\nb\rc", true, "a\nb\\u{d}c");
	check("gnp.\xe2\x80\xae"
	      "js",
	      false, "gnp.\\u{202e}js");
}

static void broken_utf8_ends_somewhere(void **state)
{
	(void)state;
	/* Alone, 0x9b is CSI to a terminal that is not in UTF-8. */
	check("\xf0", false, "\\u{fffd}");
	check("\x9b\x9bz", false, "\\u{fffd}\\u{fffd}z");
	check("\xe2\x80", true, "\\u{fffd}");
	check("\xc0\x9b", false, "\\u{fffd}\\u{fffd}");
	check("\xf5\x80\x80\x80", false,
	      "\\u{fffd}\\u{fffd}\\u{fffd}\\u{fffd}");
}

static void times_are_local(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	assert_string_equal(out_time("2026-11-23T05:33:12.123Z"),
			    "2026-11-23 05:33");
	assert_string_equal(out_time(""), "-");
}

static void a_text_that_is_no_link_has_no_code(void **state)
{
	char big[8192] = "";

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	assert_false(out_qr(""));
	assert_false(out_qr("\033[2J"));
	assert_false(out_qr(big));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(terminal_escapes_become_visible),
	    cmocka_unit_test(broken_utf8_ends_somewhere),
	    cmocka_unit_test(times_are_local),
	    cmocka_unit_test(a_text_that_is_no_link_has_no_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
