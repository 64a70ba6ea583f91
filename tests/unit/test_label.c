/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <string.h>

#include "util/label.h"
#include "util/text.h"

static void check(const char *label, const char *wanted)
{
	char name[LABEL_MAX_BYTES + 1];

	label_to_name(label, name);
	assert_string_equal(name, wanted);
}

static void what_is_harmless_stays(void **state)
{
	(void)state;
	check("photo.jpg", "photo.jpg");
	check("a b  c", "a b  c");
	check("x.tar.gz", "x.tar.gz");
	check("\xc3\xbc\xe6\xbc\xa2\xf0\x9f\x8c\xb1",
	      "\xc3\xbc\xe6\xbc\xa2\xf0\x9f\x8c\xb1");
	check("a-b~c..d", "a-b~c..d");
}

/* HOSTILE F-01 */
static void nothing_leads_out_of_the_folder(void **state)
{
	(void)state;
	check("", "_");
	check(".", "_");
	check("..", "_.");
	check("/", "_");
	check("../../etc/passwd", "_._.._etc_passwd");
	check("/etc/passwd", "_etc_passwd");
	check("..\\x", "_._x");
	check("C:\\x", "C__x");
	check(".bashrc", "_bashrc");
	check("-rf", "_rf");
	check("~root", "_root");
	check(" x", "_x");
}

static void nothing_writes_to_the_terminal(void **state)
{
	(void)state;
	check("a\nb", "a_b");
	check("\x1b[2J", "_[2J");
	check("a\x7f", "a_");
	check("\xc2\x9b", "_");
	check("\xe2\x80\xaegpj.exe", "_gpj.exe");
	check("\xff\xfe.x", "__.x");
	check("a\xe6\xbc", "a__");
}

static void not_too_long(void **state)
{
	char label[600], name[LABEL_MAX_BYTES + 1];

	(void)state;
	memset(label, 'a', 599);
	label[599] = '\0';
	label_to_name(label, name);
	assert_int_equal(strlen(name), LABEL_MAX_BYTES);
	/* No character is cut in two. */
	for (size_t i = 0; i < 598; i += 2)
		memcpy(label + i, "\xc3\xbc", 2);
	label[598] = '\0';
	label_to_name(label, name);
	assert_int_equal(strlen(name), LABEL_MAX_BYTES - 1);
	assert_true(utf8_is_label((const uint8_t *)name, strlen(name)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_harmless_stays),
	    cmocka_unit_test(nothing_leads_out_of_the_folder),
	    cmocka_unit_test(nothing_writes_to_the_terminal),
	    cmocka_unit_test(not_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
