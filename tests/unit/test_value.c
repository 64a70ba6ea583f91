/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>

#include "cli/option.h"
#include "cli/table.h"
#include "cli/value.h"
#include "tests/unit/check.h"

static void test_usage(void **state)
{
	const char *rest = "WHO [TIME|off]  FILE...";
	struct slot slot;
	int min, max;

	(void)state;
	assert_true(usage_next(&rest, &slot));
	assert_string_equal(slot.spec, "WHO");
	assert_false(slot.is_optional || slot.is_many);
	assert_true(usage_next(&rest, &slot));
	assert_string_equal(slot.spec, "TIME|off");
	assert_true(slot.is_optional && !slot.is_many);
	assert_true(usage_next(&rest, &slot));
	assert_string_equal(slot.spec, "FILE");
	assert_true(slot.is_many);
	assert_false(usage_next(&rest, &slot));

	usage_count("", &min, &max);
	assert_true(min == 0 && max == 0);
	usage_count("WHO [TIME|off]", &min, &max);
	assert_true(min == 1 && max == 2);
	usage_count("WHO FILE...", &min, &max);
	assert_true(min == 2 && max == INT_MAX);
	usage_count("[WORD...]", &min, &max);
	assert_true(min == 0 && max == INT_MAX);
}

static void test_slots(void **state)
{
	struct slot slot;

	(void)state;
	assert_true(usage_at("WHO FILE...", 0, &slot));
	assert_string_equal(slot.spec, "WHO");
	assert_true(usage_at("WHO FILE...", 1, &slot));
	assert_true(usage_at("WHO FILE...", 99, &slot));
	assert_string_equal(slot.spec, "FILE");
	assert_false(usage_at("WHO [TEXT]", 2, &slot));
	assert_true(usage_at("[COMMAND...]", 5, &slot));
	assert_string_equal(slot.spec, "COMMAND");
}

static void test_specs(void **state)
{
	static const struct {
		const char *spec, *text;
		bool is_right;
	} cases[] = {
	    {"on|off", "on", true},
	    {"on|off", "off", true},
	    {"on|off", "", false},
	    {"on|off", "on|off", false},
	    {"on|off", "On", false},
	    {"TIME|off", "off", true},
	    {"TIME|off", "10m", true},
	    {"TIME|off", "10", false},
	    {"TIME", "off", false},
	    {"TIME", "366d", true},
	    {"TIME", "367d", false},
	    {"MINUTES|never", "never", true},
	    {"MINUTES|never", "7d", true},
	    {"MINUTES|never", "8d", false},
	    {"MINUTES|never", "90s", false},
	    {"SIZE", "10M", true},
	    {"SIZE", "10MB", false},
	    {"N", "1", true},
	    {"N", "0", false},
	    {"N", "-1", false},
	    {"N", "1000000", true},
	    {"N", "1000001", false},
	    {"N", "99999999999999999999", false},
	    {"N", "1x", false},
	    {"N", "", false},
	    {"BITS", "0", true},
	    {"BITS", "9999", true},
	    {"BITS", "99999", false},
	    {"none|KINDS", "none", true},
	    {"none|KINDS", "file", true},
	    {"none|KINDS", "voice,file,image", true},
	    {"none|KINDS", "file,", false},
	    {"none|KINDS", ",file", false},
	    {"none|KINDS", "file,none", false},
	    {"none|KINDS", "", false},
	    {"MODE", "invisible", true},
	    {"MODE", "invisibl", false},
	    {"MODE", "online invisible", false},
	    {"WHO", "whoever", true},
	    {"TEXT", "", true},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (spec_takes(cases[i].spec, cases[i].text) !=
		    cases[i].is_right)
			fail_msg("%s: '%s'", cases[i].spec, cases[i].text);
}

/* Every spec of the tables can be read, and every name in it is known. */
static void check_spec(const char *spec)
{
	struct choice c;
	size_t count = 0;

	for (; spec_next(&spec, &c); count++)
		if (!c.value && strspn(c.word, "abcdefghijklmnopqrstuvwxyz-") !=
				    strlen(c.word))
			fail_msg("'%s' is in no table", c.word);
	assert_true(count > 0);
}

static void test_tables(void **state)
{
	const struct command *c;
	struct slot slot;
	size_t i, j;

	(void)state;
	for (i = 0; (c = table_at(i)) != NULL; i++) {
		const char *usage = c->usage ? c->usage : "";

		while (usage_next(&usage, &slot))
			check_spec(slot.spec);
		assert_true(c->run && c->help && c->text);
		assert_true(strlen(c->help) <= 50);
		assert_int_equal(c->takes[TAKES_MAX - 1], OPT_END);
		for (j = 0; c->takes[j] != OPT_END; j++)
			assert_ptr_equal(option_row(command_takes(
					     c, option_row(c->takes[j])->name)),
					 option_row(c->takes[j]));
	}
	for (i = OPT_END + 1; i < OPTION_COUNT; i++) {
		const struct option_row *o = option_row((enum option_id)i);

		assert_non_null(o->name);
		assert_non_null(o->text);
		if (o->value)
			check_spec(o->value);
		if (option_find(o->name, strlen(o->name)) == i)
			assert_non_null(o->help);
		else
			assert_null(o->help);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usage),
	    cmocka_unit_test(test_slots),
	    cmocka_unit_test(test_specs),
	    cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
