/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What umbel-hooks closes to the commands it runs, and what umbel-core may make
 * in RUN/c; the rest of Landlock is tried by test_sandbox.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "landlock.h"
#include "tests/unit/need.h"
#include "util/file.h"

/* Children tell by their exit status. */
static char top[] = "/tmp/ullXXXXXX";

static const char *below(const char *name)
{
	static char paths[8][64];
	static unsigned at;
	char *path = paths[at++ % ARRAY_SIZE(paths)];

	snprintf(path, sizeof(paths[0]), "%s/%s", top, name);
	return path;
}

static bool can_open(const char *name, int how)
{
	int fd = open(below(name), how | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	else
		NEED(errno == EACCES);
	return fd >= 0;
}

static void look_around(const char *closed)
{
	int fd;

	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	NEED(landlock_close(closed) == OK);
	NEED(!can_open("data", O_RDONLY | O_DIRECTORY));
	NEED(!can_open("data/file", O_RDONLY));
	NEED(!can_open("data/new", O_WRONLY | O_CREAT));
	NEED(!can_open("run/link/file", O_RDONLY));
	NEED(unlink(below("data/file")) != 0 && errno == EACCES);
	NEED(rename(below("data"), below("run/data")) != 0);
	/* The rest is as it was. */
	NEED(can_open("run/file", O_RDWR));
	NEED(can_open("run/new", O_WRONLY | O_CREAT));
	NEED(rename(below("run/new"), below("run/newer")) == 0);
	fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	NEED(fd >= 0);
	NEED(system("/bin/true") == 0);
	/* All but new things on the way down. */
	NEED(!can_open("new", O_WRONLY | O_CREAT));
}

static void in_child(void (*body)(const char *), const char *arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		body(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void one_folder_is_closed(void **state)
{
	const char *ways[] = {below("data"), below("way/to/../../data"),
			      below("run/link")};
	size_t i;

	(void)state;
	if (landlock_abi() == 0)
		skip();
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		in_child(look_around, ways[i]);
}

static int bind_at(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int e = 0;

	NEED(fd >= 0);
	strcpy(sun.sun_path, path);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0)
		e = errno;
	close(fd);
	return e;
}

/* As umbel-core: what an onion service may lead to is a socket that it made
 * there, and nothing else. */
static void make_things(const char *nothing)
{
	const struct landlock_rule rules[] = {{below("data"), LANDLOCK_OWN},
					      {below("run"), LANDLOCK_BIND}};
	int abi;

	(void)nothing;
	NEED(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	NEED(landlock_enter(rules, ARRAY_SIZE(rules), false, &abi) == OK);
	NEED(bind_at(below("run/1")) == 0);
	NEED(!can_open("run/2", O_WRONLY | O_CREAT));
	NEED(!can_open("run/file", O_RDONLY));
	NEED(mkdir(below("run/2"), 0700) != 0 && errno == EACCES);
	NEED(rename(below("data/file"), below("run/2")) != 0);
	NEED(rename(below("run/1"), below("data/1")) != 0);
	NEED(bind_at(below("data/1")) == EACCES);
	NEED(can_open("run", O_RDONLY | O_DIRECTORY));
	NEED(unlink(below("run/1")) == 0);
	NEED(rename(below("data/file"), below("data/moved")) == 0);
}

static void one_folder_is_for_sockets(void **state)
{
	(void)state;
	if (landlock_abi() == 0)
		skip();
	in_child(make_things, NULL);
}

/* Rather nothing is run than with it open. */
static void one_that_is_not_there(void **state)
{
	(void)state;
	if (landlock_abi() == 0)
		skip();
	assert_err(landlock_close(below("nothing")), ERR_IO);
}

static int set_up(void **state)
{
	static const char *const folders[] = {"data", "run", "way", "way/to"};
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(top));
	for (i = 0; i < ARRAY_SIZE(folders); i++)
		assert_ok(file_make_dir(below(folders[i])));
	assert_ok(file_replace(below("data/file"), "x", 1, 0600));
	assert_ok(file_replace(below("run/file"), "x", 1, 0600));
	assert_int_equal(symlink(below("data"), below("run/link")), 0);
	return 0;
}

static int tear_down(void **state)
{
	char *command = xasprintf("rm -rf %s", top);

	(void)state;
	assert_int_equal(system(command), 0);
	free(command);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_folder_is_closed),
	    cmocka_unit_test(one_that_is_not_there),
	    cmocka_unit_test(one_folder_is_for_sockets),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
