/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "util/log.h"
#include "util/mem.h"

#define WAIT_FIRST_MS 100
#define WAIT_MAX_MS   10000
#define LONG_UP_MS    60000
/* Above every number that a child's descriptor can get. */
#define PARKED (SPAWN_FIRST_FD + SPAWN_FDS_MAX)

static const char *const kept[] = {
    "JOURNAL_STREAM", "TZ",
#ifdef SANITIZERS
    "ASAN_OPTIONS",   "UBSAN_OPTIONS",
    "LSAN_OPTIONS",
#endif
};

/* Never freed: it is made in the child only, just before its exec. */
static char **make_environment(void)
{
	char **env = xcalloc(ARRAY_SIZE(kept) + 1, sizeof(*env));
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		const char *value = getenv(kept[i]);

		if (value)
			env[n++] = xasprintf("%s=%s", kept[i], value);
	}
	return env;
}

static void reset_signals(void)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Two steps, so that no source is overwritten before its turn. */
static bool place_descriptors(const struct spawn *s)
{
	int parked[SPAWN_FDS_MAX], null, in, out;
	size_t i;

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	in = fcntl(s->is_foreign ? s->in : null, F_DUPFD_CLOEXEC, PARKED);
	out = fcntl(s->out < 0 ? 2 : s->out, F_DUPFD_CLOEXEC, PARKED);
	if (null < 0 || in < 0 || out < 0)
		return false;
	for (i = 0; i < s->fd_count; i++) {
		parked[i] = fcntl(s->fds[i], F_DUPFD_CLOEXEC, PARKED);
		if (parked[i] < 0)
			return false;
	}
	if (s->is_foreign && (dup2(null, 2) < 0 || dup2(null, out) < 0))
		return false;
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0)
		return false;
	for (i = 0; i < s->fd_count; i++)
		if (dup2(parked[i], SPAWN_FIRST_FD + (int)i) < 0)
			return false;
	return close_range(SPAWN_FIRST_FD + (unsigned)s->fd_count, ~0U, 0) == 0;
}

static void run(const struct spawn *s, pid_t parent)
{
	char **env;

	reset_signals();
	setsid();
	/* The parent may have died before it was asked for. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(SPAWN_NO_PROGRAM);
	env = s->is_foreign ? NULL : make_environment();
	if (place_descriptors(s) && (!s->prepare || s->prepare(s->arg)))
		execve(s->path, s->argv, s->is_foreign ? s->env : env);
	log_error("%s cannot be run: %s", s->path, strerror(errno));
	_exit(SPAWN_NO_PROGRAM);
}

enum err spawn_start(const struct spawn *s, pid_t *pid)
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (child < 0)
		return ERR_IO;
	if (child == 0)
		run(s, parent);
	*pid = child;
	return OK;
}

unsigned spawn_wait_ms(unsigned last_ms, uint64_t up_ms)
{
	if (last_ms == 0 || up_ms >= LONG_UP_MS ||
	    up_ms >= (uint64_t)last_ms * 10)
		return WAIT_FIRST_MS;
	return last_ms * 2 < WAIT_MAX_MS ? last_ms * 2 : WAIT_MAX_MS;
}

void spawn_describe_end(char *text, size_t cap, int status)
{
	if (WIFSIGNALED(status))
		snprintf(text, cap, "was killed by signal %d",
			 WTERMSIG(status));
	else
		snprintf(text, cap, "exited with status %d",
			 WEXITSTATUS(status));
}
