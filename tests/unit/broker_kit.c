/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/broker_kit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"
#include "util/fdpass.h"
#include "util/log.h"
#include "util/mem.h"

static int listen_at(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(sun.sun_path, path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sun, sizeof(sun)),
			 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

void broker_give_channel(struct broker_world *w)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       0, pair),
	    0);
	assert_ok(fdpass_send(w->ctl, "C", 1, pair[1]));
	close(pair[1]);
	w->channel = pair[0];
}

int broker_set_up(void **state)
{
	struct broker_world *w = xcalloc(1, sizeof(*w));
	struct spawn how = {.path = "umbel-broker",
			    .out = -1,
			    .prepare = broker_run,
			    .arg = &w->broker};
	int pair[2], fd;
	char letter;
	size_t n;

	strcpy(w->dir, "/tmp/ubrXXXXXX");
	assert_non_null(mkdtemp(w->dir));
	snprintf(w->control, sizeof(w->control), "%s/control", w->dir);
	snprintf(w->socks, sizeof(w->socks), "%s/socks", w->dir);
	w->tor_control = listen_at(w->control);
	w->tor_socks = listen_at(w->socks);
	w->broker =
	    (struct broker){w->control, w->socks, CELLS, LOG_LEVEL_ERROR};
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	how.fds[how.fd_count++] = pair[1];
	assert_ok(spawn_start(&how, &w->pid));
	close(pair[1]);
	w->ctl = pair[0];
	assert_ok(fdpass_recv(w->ctl, &letter, 1, &n, &fd));
	assert_int_equal(letter, 'R');
	broker_give_channel(w);
	*state = w;
	return 0;
}

int broker_tear_down(void **state)
{
	struct broker_world *w = *state;
	int status;

	close(w->channel);
	close(w->ctl);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	assert_int_equal(status, 0);
	close(w->tor_control);
	close(w->tor_socks);
	unlink(w->control);
	unlink(w->socks);
	assert_int_equal(rmdir(w->dir), 0);
	free(w);
	return 0;
}

int broker_ask(struct broker_world *w, enum way_to to)
{
	struct pollfd p;
	int pair[2], fd = -1;
	char letter = (char)to;
	size_t n;
	enum err e;

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_ok(fdpass_send(w->channel, &letter, 1, pair[1]));
	close(pair[1]);
	p = (struct pollfd){pair[0], POLLIN, 0};
	assert_int_equal(poll(&p, 1, BROKER_WAIT_MS), 1);
	e = fdpass_recv(pair[0], &letter, 1, &n, &fd);
	close(pair[0]);
	return e == OK ? fd : -1;
}

int broker_accept(int listener)
{
	struct pollfd p = {listener, POLLIN, 0};

	assert_int_equal(poll(&p, 1, BROKER_WAIT_MS), 1);
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

void broker_say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

void broker_assert_hears(int fd, const char *text)
{
	char got[256] = "";
	size_t n = 0, all = strlen(text);
	struct pollfd p = {fd, POLLIN, 0};
	ssize_t r;

	assert_true(all < sizeof(got));
	while (n < all) {
		assert_int_equal(poll(&p, 1, BROKER_WAIT_MS), 1);
		r = recv(fd, got + n, all - n, 0);
		assert_true(r > 0);
		n += (size_t)r;
	}
	assert_memory_equal(got, text, all);
}

void broker_assert_ends(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	char c;

	assert_int_equal(poll(&p, 1, BROKER_WAIT_MS), 1);
	assert_true(recv(fd, &c, 1, 0) <= 0);
}

void broker_begin_talk(struct broker_world *w, int *core, int *tor)
{
	*core = broker_ask(w, WAY_CONTROL);
	*tor = broker_accept(w->tor_control);
	assert_true(*core >= 0);
	broker_say(*core, "PROTOCOLINFO 1\r\nSIGNAL NEW");
	broker_assert_hears(*tor, "PROTOCOLINFO 1\r\n");
	broker_say(*core, "NYM\r\n");
	broker_assert_hears(*tor, "SIGNAL NEWNYM\r\n");
	broker_say(*tor, "250 OK\r\n650 any\nthing");
	broker_assert_hears(*core, "250 OK\r\n650 any\nthing");
}
