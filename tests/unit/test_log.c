/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tor/tor_log.h"
#include "util/log.h"
#include "util/log_limit.h"
#include "util/mem.h"

/* HOSTILE X-09 */
static void floods_are_counted(void **state)
{
	static const char one[] = "one", other[] = "other";
	struct log_limit l = {.all = {{.held = 0}}};
	struct log_kind told;
	uint64_t now = 5000;
	int i;

	(void)state;
	for (i = 1; i < LOG_LIMIT_PER_KIND; i++)
		assert_int_equal(log_limit_take(&l, one, LOG_LEVEL_INFO, now),
				 LOG_PASS);
	assert_int_equal(log_limit_take(&l, one, LOG_LEVEL_INFO, now),
			 LOG_PASS_LAST);
	for (i = 0; i < 7; i++)
		assert_int_equal(log_limit_take(&l, one, LOG_LEVEL_INFO, now),
				 LOG_HOLD);
	/* Others are not meant, nor what is worse: all of tor's have one. */
	assert_int_equal(log_limit_take(&l, one, LOG_LEVEL_ERROR, now),
			 LOG_PASS);
	assert_int_equal(log_limit_take(&l, other, LOG_LEVEL_INFO, now),
			 LOG_PASS);
	assert_false(log_limit_tell(&l, now + LOG_LIMIT_MS - 1, false, &told));
	now += LOG_LIMIT_MS;
	assert_true(log_limit_tell(&l, now, false, &told));
	assert_ptr_equal(told.format, one);
	assert_int_equal(told.held, 7);
	assert_int_equal(told.level, LOG_LEVEL_INFO);
	/* Once; then a minute begins anew. */
	assert_false(log_limit_tell(&l, now, true, &told));
	assert_int_equal(log_limit_take(&l, one, LOG_LEVEL_INFO, now),
			 LOG_PASS);
}

static void all_kinds_together(void **state)
{
	static const char kinds[64];
	struct log_limit l = {.all = {{.held = 0}}};
	struct log_kind told;
	int i, passed = 0;

	(void)state;
	for (i = 0; i < 64 * 40; i++)
		passed += log_limit_take(&l, &kinds[i % 64], LOG_LEVEL_INFO,
					 1) != LOG_HOLD;
	assert_int_equal(passed, LOG_LIMIT_IN_ALL);
	assert_int_equal(log_limit_take(&l, "x", LOG_LEVEL_WARN, 1), LOG_PASS);
	assert_true(log_limit_tell(&l, 1, true, &told));
	assert_string_equal(told.format, "");
	assert_int_equal(told.held, 64 * 40 - LOG_LIMIT_IN_ALL);
	assert_false(log_limit_tell(&l, 1, true, &told));
}

/* A quiet line now and then passes for ever. */
static void what_is_slow_passes(void **state)
{
	struct log_limit l = {.all = {{.held = 0}}};
	uint64_t now = 0;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++, now += LOG_LIMIT_MS / 10)
		assert_int_equal(log_limit_take(&l, "x", LOG_LEVEL_INFO, now),
				 LOG_PASS);
}

static const struct {
	const char *said, *shown;
	enum log_level level;
} lines[] = {
    {"Nov 28 02:37:42.000 [notice] Bootstrapped 100% (done): Done",
     "Bootstrapped 100% (done): Done", LOG_LEVEL_INFO},
    {"Nov 28 02:37:42.000 [warn] x", "x", LOG_LEVEL_WARN},
    {"Nov 28 02:37:42.000 [err] x", "x", LOG_LEVEL_ERROR},
    {"Nov 28 02:37:42.000 [info] x", "x", LOG_LEVEL_DEBUG},
    {"Tor 0.4.9.11 running on Linux with Libevent 2.1.12-stable",
     "Tor 0.4.9.11 running on Linux with Libevent 2.1.12-stable",
     LOG_LEVEL_INFO},
    {"new bridge descriptor 'n' (fresh): "
     "$0123456789ABCDEF0123456789ABCDEF01234567~n [x] at 192.0.2.7 and "
     "[2001:db8::7]",
     "new bridge descriptor 'n' (fresh): [scrubbed] [x] at [scrubbed and "
     "[scrubbed]",
     LOG_LEVEL_INFO},
    {"to 1.2.3.4:9001, (1.2.3.4) \"198.51.100.1\" and 1.2.3",
     "to [scrubbed] [scrubbed [scrubbed] and 1.2.3", LOG_LEVEL_INFO},
    {"at fe80::1 or ::1%lo 12:30 a::b", "at [scrubb or ::1%lo 12:30 [scr",
     LOG_LEVEL_INFO},
    {"abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrstuvwx x.onion",
     "[scrubbed] [scrubb", LOG_LEVEL_INFO},
    {"(cert=ab/cd+ef,iat-mode=0) url=https://x.y z", "[scrubbed] [scrubbed] z",
     LOG_LEVEL_INFO},
    {"", "", LOG_LEVEL_INFO},
    {"[notice] ", "", LOG_LEVEL_INFO},
};

static void tor_is_cleaned(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		char *line = xstrdup(lines[i].said);

		assert_int_equal(tor_log_clean(line), lines[i].level);
		assert_string_equal(line, lines[i].shown);
		free(line);
	}
}

/* What log_shortage() puts on standard error. */
static void read_shortage(int error, char *text, size_t cap)
{
	int ends[2], kept = dup(2);
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	assert_true(kept >= 0 && dup2(ends[1], 2) == 2);
	log_shortage("it stands", error);
	assert_int_equal(dup2(kept, 2), 2);
	n = read(ends[0], text, cap - 1);
	assert_true(n > 0);
	text[n] = '\0';
	close(kept);
	close(ends[0]);
	close(ends[1]);
}

static void a_shortage_says_what_to_raise(void **state)
{
	static const struct {
		int error;
		const char *says;
	} cases[] = {{EMFILE, "LimitNOFILE="},
		     {ENFILE, "fs.file-max"},
		     {ENOBUFS, "more memory"},
		     {EIO, "tried again"}};
	char text[1024];
	size_t i;

	(void)state;
	log_start("test", LOG_LEVEL_INFO);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		read_shortage(cases[i].error, text, sizeof(text));
		assert_non_null(strstr(text, "it stands: "));
		assert_non_null(strstr(text, cases[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(floods_are_counted),
	    cmocka_unit_test(all_kinds_together),
	    cmocka_unit_test(what_is_slow_passes),
	    cmocka_unit_test(tor_is_cleaned),
	    cmocka_unit_test(a_shortage_says_what_to_raise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
