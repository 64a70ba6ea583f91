/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "cli/stream.h"
#include "tests/unit/check.h"

static char seen[512];

static bool take(void *ctx, const char *type, const char *id, const char *data)
{
	size_t n = strlen(seen);

	(void)ctx;
	snprintf(seen + n, sizeof(seen) - n, "<%s|%s|%s>", type, id, data);
	return strcmp(data, "stop") != 0;
}

static const char text[] = "retry: 2000\n"
			   "event: hello\ndata: {\"last_id\":5}\n\n"
			   ": comment\n\n"
			   "id: 6\nevent: a\ndata: {}\n\n"
			   "event: typing\ndata:{\"x\":\ndata: 1}\n\n"
			   "id: 7\n\n"
			   "data\n"
			   "unknown: x\ndata: last\n\n";
static const char wanted[] = "<hello||{\"last_id\":5}><a|6|{}>"
			     "<typing||{\"x\":\n1}><||last>";

/* However it is cut. */
static void test_pieces(void **state)
{
	struct stream s;
	size_t step, at;

	(void)state;
	for (step = 1; step < sizeof(text); step++) {
		seen[0] = '\0';
		stream_init(&s, NULL, take);
		for (at = 0; at < sizeof(text) - 1; at += step) {
			size_t rest = sizeof(text) - 1 - at;

			assert_true(stream_feed(&s, text + at,
						rest < step ? rest : step));
		}
		stream_clear(&s);
		assert_string_equal(seen, wanted);
	}
}

static void test_half_of_one_is_forgotten(void **state)
{
	static const char half[] = "id: 5\ndata: lost\nda";
	static const char whole[] = "data: new\n\n";
	struct stream s;

	(void)state;
	seen[0] = '\0';
	stream_init(&s, NULL, take);
	assert_true(stream_feed(&s, half, strlen(half)));
	stream_restart(&s);
	assert_true(stream_feed(&s, whole, strlen(whole)));
	assert_string_equal(seen, "<||new>");
	stream_clear(&s);
}

static void test_enough(void **state)
{
	static const char stop[] = "data: stop\n\ndata: more\n\n";
	struct stream s;

	(void)state;
	stream_init(&s, NULL, take);
	assert_false(stream_feed(&s, stop, strlen(stop)));
	stream_clear(&s);
}

/* A line without an end is given up, not kept for ever. */
static void test_endless_line(void **state)
{
	static char block[64 * 1024];
	struct stream s;
	size_t total = 0;

	(void)state;
	memset(block, 'x', sizeof(block));
	stream_init(&s, NULL, take);
	while (stream_feed(&s, block, sizeof(block)))
		total += sizeof(block);
	assert_true(total <= STREAM_LINE_BYTES);
	stream_clear(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_half_of_one_is_forgotten),
	    cmocka_unit_test(test_enough),
	    cmocka_unit_test(test_endless_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
