/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folders.h"
#include "landlock.h"
#include "tests/unit/need.h"
#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"

struct place {
	char top[32];
	char *run, *data, *tor, *guards;
	struct folders folders;
};

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static int set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	strcpy(p->top, "/tmp/usbXXXXXX");
	assert_non_null(mkdtemp(p->top));
	p->run = xasprintf("%s/run", p->top);
	p->data = xasprintf("%s/data", p->top);
	p->tor = xasprintf("%s/tor", p->data);
	p->guards = xasprintf("%s/state", p->tor);
	assert_ok(file_make_dir(p->run));
	assert_ok(file_make_dir(p->data));
	assert_ok(file_make_dir(p->tor));
	make_file(p->guards);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char *command = xasprintf("rm -rf %s", p->top);

	folders_clear(&p->folders);
	assert_int_equal(system(command), 0);
	free(command);
	free(p->run);
	free(p->data);
	free(p->tor);
	free(p->guards);
	free(p);
	return 0;
}

static bool is_refused(int result)
{
	/* EXDEV: a rename from one tree to another. */
	return result < 0 &&
	       (errno == EPERM || errno == EACCES || errno == EXDEV);
}

static int try_open(const char *folder, const char *name, int flags)
{
	char *path = xasprintf("%s/%s", folder, name);
	int fd = open(path, flags | O_CLOEXEC, 0600), why = errno;

	free(path);
	errno = why;
	return fd;
}

static void as_core(struct place *p)
{
	const struct folders *f = &p->folders;
	const struct sandbox_paths paths = folders_allowed(f, NULL);

	log_start("test", LOG_LEVEL_WARN);
	NEED(sandbox_enter(SANDBOX_CORE, &paths) == OK);
	NEED(is_refused(try_open(p->tor, "state", O_RDONLY)));
	NEED(is_refused(try_open(p->tor, "state", O_WRONLY)));
	NEED(is_refused(try_open(p->tor, "torrc", O_WRONLY | O_CREAT)));
	NEED(is_refused(try_open(p->data, "file", O_WRONLY | O_CREAT)));
	NEED(is_refused(try_open(p->run, "file", O_WRONLY | O_CREAT)));
	NEED(is_refused(rename(f->tokens, p->guards)));
	NEED(is_refused(rename(p->guards, f->tokens)));
	NEED(is_refused(unlink(p->guards)));
	NEED(try_open(f->users, "file", O_WRONLY | O_CREAT) >= 0);
	NEED(try_open(f->jobs, "file", O_WRONLY | O_CREAT) >= 0);
	NEED(try_open(f->api, "tokens", O_RDWR) >= 0);
	_exit(0);
}

/* Who writes to DATA/tor chooses the guards, and so who learns where we are. */
static void the_core_keeps_off_tor(void **state)
{
	struct place *p = *state;
	int status;
	pid_t pid;

	if (landlock_abi() < 1)
		skip();
	assert_ok(folders_make(&p->folders, p->run, p->data, false));
	make_file(p->folders.tokens);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		as_core(p);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void of_before_is_moved(void **state)
{
	struct place *p = *state;
	char *old = xasprintf("%s/tokens", p->data);

	make_file(old);
	assert_ok(folders_make(&p->folders, p->run, p->data, false));
	assert_int_equal(access(p->folders.tokens, F_OK), 0);
	assert_int_not_equal(access(old, F_OK), 0);
	assert_int_not_equal(access(p->folders.settings, F_OK), 0);
	/* Not over what there is. */
	make_file(old);
	folders_clear(&p->folders);
	assert_ok(folders_make(&p->folders, p->run, p->data, false));
	assert_int_equal(access(old, F_OK), 0);
	free(old);
}

static void jobs_are_forgotten(void **state)
{
	struct place *p = *state;
	char *job;

	assert_ok(folders_make(&p->folders, p->run, p->data, false));
	job = xasprintf("%s/job_1", p->folders.jobs);
	make_file(job);
	folders_clear(&p->folders);
	assert_ok(folders_make(&p->folders, p->run, p->data, false));
	assert_int_not_equal(access(job, F_OK), 0);
	free(job);
}

#define PLACED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PLACED(the_core_keeps_off_tor),
	    PLACED(of_before_is_moved),
	    PLACED(jobs_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
