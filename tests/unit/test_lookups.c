/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <string.h>

#include "tor/lookups.h"

#define ONION "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid"

struct bench {
	struct lookups t;
	unsigned told;
	enum err last;
};

static void on_done(void *arg, enum err e)
{
	struct bench *b = arg;

	b->told++;
	b->last = e;
}

static void start(struct bench *b)
{
	const struct lookup_handler h = {on_done, b};

	*b = (struct bench){.last = ERR_IO};
	lookups_init(&b->t);
	lookups_put(&b->t, ONION, h, 1000);
	assert_string_equal(lookups_ask(&b->t), ONION);
	assert_null(lookups_ask(&b->t));
	assert_int_equal(lookups_tell(&b->t, 1000), 1000 + LOOKUP_LIMIT_MS);
}

static bool hear(struct bench *b, enum control_event_kind kind,
		 const char *reason)
{
	struct control_event ev = {.kind = kind, .onion = ONION};

	memcpy(ev.reason, reason, strlen(reason));
	return lookups_on_event(&b->t, &ev);
}

static void expect(struct bench *b, enum err e)
{
	assert_int_equal(lookups_tell(&b->t, 2000), UINT64_MAX);
	assert_int_equal(b->told, 1);
	assert_int_equal(b->last, e);
}

static void test_one_has_it(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	/* Of another service, or of an upload. */
	assert_false(hear(&b, EVENT_DESC_UPLOADED, ""));
	assert_true(hear(&b, EVENT_DESC_MISSED, "NOT_FOUND"));
	assert_string_equal(lookups_ask(&b.t), ONION);
	assert_true(hear(&b, EVENT_DESC_RECEIVED, ""));
	expect(&b, OK);
}

static void test_none_has_it(void **state)
{
	struct bench b;
	int i;

	(void)state;
	start(&b);
	for (i = 1; i < LOOKUP_DIRECTORIES; i++) {
		assert_true(hear(&b, EVENT_DESC_MISSED, "NOT_FOUND"));
		assert_string_equal(lookups_ask(&b.t), ONION);
	}
	assert_true(hear(&b, EVENT_DESC_MISSED, "NOT_FOUND"));
	assert_null(lookups_ask(&b.t));
	expect(&b, ERR_NOT_FOUND);
	start(&b);
	assert_true(hear(&b, EVENT_DESC_MISSED, "NOT_FOUND"));
	assert_true(hear(&b, EVENT_DESC_MISSED, "QUERY_NO_HSDIR"));
	expect(&b, ERR_NOT_FOUND);
}

/* What was not found out is no failure: the dial will show it. */
static void test_not_known(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	assert_true(hear(&b, EVENT_DESC_MISSED, "QUERY_RATE_LIMITED"));
	expect(&b, OK);
	start(&b);
	lookups_give_up(&b.t);
	expect(&b, OK);
	start(&b);
	lookups_tell(&b.t, 1000 + LOOKUP_LIMIT_MS);
	assert_int_equal(b.told, 1);
	assert_int_equal(b.last, OK);
}

static void test_gone(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	lookups_fail(&b.t);
	expect(&b, ERR_CLOSED);
	start(&b);
	lookups_cancel(&b.t, &b);
	assert_false(hear(&b, EVENT_DESC_RECEIVED, ""));
	assert_int_equal(b.told, 0);
	start(&b);
	lookups_clear(&b.t);
	assert_int_equal(b.told, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_has_it),
	    cmocka_unit_test(test_none_has_it),
	    cmocka_unit_test(test_not_known),
	    cmocka_unit_test(test_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
