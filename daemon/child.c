/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "spawn.h"
#include "util/fdpass.h"
#include "util/log.h"

#define WAIT_FIRST_MS 100
#define WAIT_MAX_MS   10000
#define LONG_UP_MS    60000

void child_init(struct child *c, const struct supervise_child *plan,
		const char *units, bool has_ctl)
{
	*c = (struct child){.plan = plan,
			    .units = units,
			    .has_ctl = has_ctl,
			    .ctl = -1,
			    .pidfd = -1};
}

void child_close_ctl(struct child *c)
{
	if (c->ctl >= 0)
		close(c->ctl);
	c->ctl = -1;
}

void child_clear(struct child *c)
{
	child_close_ctl(c);
	if (c->pidfd >= 0)
		close(c->pidfd);
	c->pidfd = -1;
	c->pid = 0;
	c->kill_ms = 0;
	c->asked_ms = 0;
	c->is_ready = false;
}

void child_tell(struct child *c, const void *text, size_t n, int fd)
{
	if (c->ctl >= 0 && c->has_ctl && fdpass_send(c->ctl, text, n, fd) != OK)
		log_debug("%s does not listen", c->plan->name);
}

/* The number of a process that is no child of ours may be another's by now. */
void child_signal(const struct child *c, int number)
{
	if (c->pidfd >= 0)
		syscall(SYS_pidfd_send_signal, c->pidfd, number, NULL, 0);
	else if (c->pid > 0)
		kill(c->pid, number);
}

static enum err start_forked(struct child *c)
{
	struct spawn how = {.path = c->plan->path,
			    .argv = c->plan->argv,
			    .out = -1,
			    .prepare = c->plan->prepare,
			    .arg = c->plan->arg};
	int pair[2] = {-1, -1};
	enum err e;

	if (c->has_ctl) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			       pair) != 0)
			return ERR_IO;
		how.fds[how.fd_count++] = pair[1];
	}
	memcpy(&how.fds[how.fd_count], c->plan->fds, sizeof(c->plan->fds));
	how.fd_count += c->plan->fd_count;
	e = spawn_start(&how, &c->pid);
	if (pair[1] >= 0)
		close(pair[1]);
	c->ctl = pair[0];
	if (e != OK)
		child_close_ctl(c);
	else if (c->ctl >= 0)
		fcntl(c->ctl, F_SETFL, O_NONBLOCK);
	return e;
}

enum err child_start(struct child *c)
{
	if (!c->units)
		return start_forked(c);
	c->ctl = launch_connect(c->units, c->plan->unit);
	if (c->ctl < 0)
		return ERR_IO;
	c->pid = -1;
	return ERR_SHORT;
}

enum err child_take_hello(struct child *c)
{
	pid_t pid;
	enum err e = launch_take_hello(c->ctl, &pid, &c->pidfd);

	if (e != OK)
		return e;
	c->pid = pid;
	return launch_tell(
	    c->ctl, c->plan->unit_words ? c->plan->unit_words : c->plan->argv,
	    c->plan->fds, c->plan->fd_count);
}

void child_describe(char *text, size_t cap, int status)
{
	if (status == -1)
		snprintf(text, cap, "has ended");
	else if (WIFSIGNALED(status))
		snprintf(text, cap, "was killed by signal %d",
			 WTERMSIG(status));
	else
		snprintf(text, cap, "exited with status %d",
			 WEXITSTATUS(status));
}

unsigned child_wait_ms(unsigned last_ms, uint64_t up_ms)
{
	if (last_ms == 0 || up_ms >= LONG_UP_MS ||
	    up_ms >= (uint64_t)last_ms * 10)
		return WAIT_FIRST_MS;
	return last_ms * 2 < WAIT_MAX_MS ? last_ms * 2 : WAIT_MAX_MS;
}
