/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launch.h"
#include "spawn.h"
#include "util/fdpass.h"
#include "util/log.h"
#include "util/mem.h"

#define OUT_BYTES 4096

void child_init(struct child *c, const struct supervise_child *plan,
		const char *units, bool has_ctl)
{
	*c = (struct child){.plan = plan,
			    .units = units,
			    .has_ctl = has_ctl,
			    .ctl = -1,
			    .out = -1,
			    .pidfd = -1};
}

void child_close_ctl(struct child *c)
{
	if (c->ctl >= 0)
		close(c->ctl);
	c->ctl = -1;
}

void child_close_out(struct child *c)
{
	if (c->out >= 0)
		close(c->out);
	c->out = -1;
}

void child_hear(struct child *c)
{
	uint8_t text[OUT_BYTES];
	ssize_t n = read(c->out, text, sizeof(text));

	if (n > 0)
		c->plan->hear(c->plan->hear_arg, bytes_of(text, (size_t)n));
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		child_close_out(c);
}

/* For what it prints, if that is for us: the end that it gets; -1: none. */
static int open_out(struct child *c)
{
	int ends[2];

	child_close_out(c);
	if (!c->plan->hear || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
		return -1;
	/* Its end is no concern of ours. */
	fcntl(ends[1], F_SETFL, 0);
	c->out = ends[0];
	return ends[1];
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
	c->join_ms = 0;
	c->is_ready = false;
}

enum err child_tell(struct child *c, const void *text, size_t n, int fd)
{
	enum err e = OK;

	if (c->ctl >= 0 && c->has_ctl && c->pid > 0)
		e = fdpass_send(c->ctl, text, n, fd);
	if (e != OK)
		log_debug("%s does not listen", c->plan->name);
	return e;
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
			    .out = open_out(c),
			    .prepare = c->plan->prepare,
			    .arg = c->plan->arg};
	int pair[2] = {-1, -1};
	enum err e;

	if (c->has_ctl) {
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			       pair) != 0) {
			if (how.out >= 0)
				close(how.out);
			return ERR_IO;
		}
		how.fds[how.fd_count++] = pair[1];
	}
	memcpy(&how.fds[how.fd_count], c->plan->fds, sizeof(c->plan->fds));
	how.fd_count += c->plan->fd_count;
	e = spawn_start(&how, &c->pid);
	if (pair[1] >= 0)
		close(pair[1]);
	if (how.out >= 0)
		close(how.out);
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
	int fds[SUPERVISE_FDS_MAX + 1], out;
	size_t count = c->plan->fd_count;
	pid_t pid;
	enum err e = launch_take_hello(c->ctl, &pid, &c->pidfd);

	if (e != OK)
		return e;
	c->pid = pid;
	memcpy(fds, c->plan->fds, sizeof(c->plan->fds));
	out = open_out(c);
	if (out >= 0)
		fds[count++] = out;
	e = launch_tell(
	    c->ctl, c->plan->unit_words ? c->plan->unit_words : c->plan->argv,
	    fds, count);
	if (out >= 0)
		close(out);
	return e;
}

void child_describe(char *text, size_t cap, int status)
{
	if (status == -1)
		snprintf(text, cap, "has ended");
	else
		spawn_describe_end(text, cap, status);
}
