/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

static void waits_double_while_it_dies_early(void **state)
{
	static const unsigned expected[] = {100,  200,	400,   800,  1600,
					    3200, 6400, 10000, 10000};
	unsigned wait_ms = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		wait_ms = spawn_wait_ms(wait_ms, 5);
		assert_int_equal(wait_ms, expected[i]);
	}
}

static void waits_begin_again(void **state)
{
	(void)state;
	assert_int_equal(spawn_wait_ms(100, 999), 200);
	assert_int_equal(spawn_wait_ms(100, 1000), 100);
	assert_int_equal(spawn_wait_ms(3200, 31999), 6400);
	assert_int_equal(spawn_wait_ms(3200, 32000), 100);
	assert_int_equal(spawn_wait_ms(10000, 59999), 10000);
	assert_int_equal(spawn_wait_ms(10000, 60000), 100);
}

static int run(const char *script, const int *fds, size_t count)
{
	char *const argv[] = {(char *)(uintptr_t) "sh",
			      (char *)(uintptr_t) "-c",
			      (char *)(uintptr_t)script, NULL};
	struct spawn s = {.path = "/bin/sh", .argv = argv, .out = -1};
	int status;
	pid_t pid;

	memcpy(s.fds, fds, count * sizeof(*fds));
	s.fd_count = count;
	assert_ok(spawn_start(&s, &pid));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Their order is kept even where the numbers overlap. */
static void descriptors_in_order(void **state)
{
	int a[2], b[2], fds[4], i;
	char got[4] = "";

	(void)state;
	assert_int_equal(pipe2(a, O_CLOEXEC), 0);
	assert_int_equal(pipe2(b, O_CLOEXEC), 0);
	fds[0] = b[1];
	fds[1] = a[1];
	for (i = 3; i < 10; i++) {
		assert_int_equal(run("echo x >&3; echo y >&4", fds, 2), 0);
		assert_int_equal(read(b[0], got, sizeof(got)), 2);
		assert_int_equal(got[0], 'x');
		assert_int_equal(read(a[0], got, sizeof(got)), 2);
		assert_int_equal(got[0], 'y');
		/* The same two, crossed. */
		fds[0] = fcntl(b[1], F_DUPFD_CLOEXEC, i);
		fds[1] = fcntl(a[1], F_DUPFD_CLOEXEC, 3);
		assert_true(fds[0] >= 0 && fds[1] >= 0);
	}
	for (i = 3; i < 64; i++)
		close(i);
}

static void nothing_else_is_open(void **state)
{
	int spare = dup(1);

	(void)state;
	assert_true(spare >= 0);
	assert_int_equal(run("test ! -e /proc/self/fd/3 &&"
			     "test ! -e /proc/self/fd/4 &&"
			     "test -z \"$HOME$LANG$PLANTED\"",
			     (const int[]){0}, 0),
			 0);
	close(spare);
}

static void missing_program(void **state)
{
	char *const argv[] = {(char *)(uintptr_t) "x", NULL};
	const struct spawn s = {
	    .path = "/nonexistent/x", .argv = argv, .out = -1};
	int status;
	pid_t pid;

	(void)state;
	assert_ok(spawn_start(&s, &pid));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), SPAWN_NO_PROGRAM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(waits_double_while_it_dies_early),
	    cmocka_unit_test(waits_begin_again),
	    cmocka_unit_test(nothing_else_is_open),
	    cmocka_unit_test(missing_program),
	    cmocka_unit_test(descriptors_in_order),
	};

	setenv("PLANTED", "x", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
