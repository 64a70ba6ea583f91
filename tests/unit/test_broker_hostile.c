/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the broker is asked by a core that was taken over.
 */
#include "tests/unit/broker_kit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/fdpass.h"
#include "util/mem.h"

#define FDS_MAX 24 /* that the broker may have, where they are counted */
#define ROUNDS	50

static void limit_descriptors(const struct broker_world *w)
{
	const struct rlimit few = {FDS_MAX, FDS_MAX};

	assert_int_equal(prlimit(w->pid, RLIMIT_NOFILE, &few, NULL), 0);
}

static void assert_serves(struct broker_world *w)
{
	int core, tor;

	broker_begin_talk(w, &core, &tor);
	close(core);
	broker_assert_ends(tor);
	close(tor);
	core = broker_ask(w, WAY_SOCKS);
	assert_true(core >= 0);
	tor = broker_accept(w->tor_socks);
	close(core);
	broker_assert_ends(tor);
	close(tor);
}

/* A wish with some descriptors, or none. */
static void wish(const struct broker_world *w, char letter, size_t n,
		 const int *fds, size_t count)
{
	char text[2] = {letter, letter};
	struct iovec iov = {text, n};
	union {
		char space[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control = {.space = ""};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct pollfd p = {w->channel, POLLOUT, 0};

	assert_true(count <= 4);
	if (count > 0) {
		struct cmsghdr *c;

		msg.msg_control = control.space;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	}
	assert_int_equal(poll(&p, 1, BROKER_WAIT_MS), 1);
	assert_int_equal(sendmsg(w->channel, &msg, MSG_NOSIGNAL), n);
}

/* Connections that nobody wants, lest there be no place for others. */
static void drain_listener(int listener)
{
	struct pollfd p = {listener, POLLIN, 0};

	while (poll(&p, 1, 0) == 1)
		close(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
}

/* What a core that was taken over may think of. */
static void odd_wishes_leave_nothing(void **state)
{
	struct broker_world *w = *state;
	const int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int path = open("/", O_PATH | O_CLOEXEC);
	const int lone = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int fds[] = {file, path, lone, w->tor_socks};
	size_t i, k, count = ARRAY_SIZE(fds);

	limit_descriptors(w);
	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < count; k++) {
			wish(w, WAY_SOCKS, 1, &fds[k], 1);
			wish(w, WAY_SOCKS, 1, fds, k + 1);
			wish(w, 'x', 1, &fds[k], 1);
			wish(w, WAY_SOCKS, 2, &fds[k], 1);
		}
		wish(w, WAY_SOCKS, 1, &w->channel, 1);
		wish(w, WAY_CONTROL, 1, NULL, 0);
	}
	/* The answer comes after all of these. */
	assert_int_equal(broker_ask(w, (enum way_to)'x'), -1);
	drain_listener(w->tor_socks);
	assert_serves(w);
	for (i = 0; i < ROUNDS; i++) {
		wish(w, WAY_SOCKS, 0, fds, 1);
		close(w->channel);
		broker_give_channel(w);
	}
	assert_serves(w);
	for (i = 0; i < 3; i++)
		close(fds[i]);
}

static void assert_hears_no_descriptor(int fd, char expected)
{
	struct pollfd p = {fd, POLLIN, 0};
	int got = -1;
	size_t n;
	char c;

	assert_int_equal(poll(&p, 1, BROKER_WAIT_MS), 1);
	assert_ok(fdpass_recv(fd, &c, 1, &n, &got));
	assert_int_equal(c, expected);
	assert_int_equal(got, -1);
}

/* What goes over a control connection besides its bytes. */
static void descriptors_are_not_passed_on(void **state)
{
	struct broker_world *w = *state;
	const char *line = "SIGNAL NEWNYM\r\n";
	int core, tor, i;

	limit_descriptors(w);
	broker_begin_talk(w, &core, &tor);
	for (i = 0; i < ROUNDS; i++) {
		assert_ok(fdpass_send(core, line, strlen(line), tor));
		assert_hears_no_descriptor(tor, 'S');
		broker_assert_hears(tor, line + 1);
		assert_ok(fdpass_send(tor, "2", 1, tor));
		assert_hears_no_descriptor(core, '2');
	}
	close(core);
	close(tor);
	assert_serves(w);
}

/* One that takes nothing more is not waited for: that would be for ever. */
static void full_ones_are_not_waited_for(void **state)
{
	static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
	struct broker_world *w = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		static char text[1024];
		int pair[2];

		assert_int_equal(
		    socketpair(AF_UNIX, types[i] | SOCK_CLOEXEC, 0, pair), 0);
		while (send(pair[1], text, sizeof(text), MSG_DONTWAIT) > 0)
			;
		wish(w, WAY_SOCKS, 1, &pair[1], 1);
		wish(w, WAY_CONTROL, 1, &pair[1], 1);
		close(broker_accept(w->tor_socks));
		close(broker_accept(w->tor_control));
		assert_serves(w);
		close(pair[0]);
		close(pair[1]);
	}
}

static void new_core_ends_the_talks(void **state)
{
	struct broker_world *w = *state;
	int core[4], tor[4], i;

	for (i = 0; i < 4; i++)
		broker_begin_talk(w, &core[i], &tor[i]);
	close(w->channel);
	broker_give_channel(w);
	for (i = 0; i < 4; i++) {
		broker_assert_ends(tor[i]);
		broker_assert_ends(core[i]);
		close(core[i]);
		close(tor[i]);
	}
	broker_begin_talk(w, &core[0], &tor[0]);
	close(core[0]);
	close(tor[0]);
}

static unsigned long ticks_of(pid_t pid)
{
	unsigned long user, kernel;
	char path[32];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f,
				"%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u "
				"%*u %*u %lu %lu",
				&user, &kernel),
			 2);
	fclose(f);
	return user + kernel;
}

/* Nothing that stays readable without being read keeps it awake. */
static void odd_bytes_do_not_keep_it_awake(void **state)
{
	struct broker_world *w = *state;
	unsigned long before;
	int core, tor;

	broker_begin_talk(w, &core, &tor);
	assert_int_equal(send(core, "x", 1, MSG_OOB | MSG_NOSIGNAL), 1);
	assert_int_equal(send(tor, "x", 1, MSG_OOB | MSG_NOSIGNAL), 1);
	before = ticks_of(w->pid);
	poll(NULL, 0, 300);
	assert_true(ticks_of(w->pid) - before < 10);
	broker_say(core, "SIGNAL NEWNYM\r\n");
	broker_assert_hears(tor, "SIGNAL NEWNYM\r\n");
	close(core);
	close(tor);
	assert_serves(w);
}

/* As umbeld's when `umbeld | head -1` has seen enough. */
static int set_up_unheard(void **state)
{
	int ends[2], old = fcntl(2, F_DUPFD_CLOEXEC, 3), r;

	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	dup2(ends[1], 2);
	close(ends[1]);
	r = broker_set_up(state);
	dup2(old, 2);
	close(old);
	return r;
}

static void lives_without_a_log(void **state)
{
	struct broker_world *w = *state;
	int core, tor;

	broker_begin_talk(w, &core, &tor);
	broker_say(core, "QUIT\r\n");
	broker_assert_ends(tor);
	close(core);
	close(tor);
	assert_serves(w);
}

/* How much tor would have to keep of its answers, each of them so long. */
static size_t answer_bytes_kept(int core, int tor)
{
	enum { ANSWER = 200, ENOUGH = 16 << 20, STALLED_MS = 500 };
	static const char ask[] = "SIGNAL NEWNYM\r\n";
	static char text[16384], answers[16384];
	size_t at = 0, kept = 0, lines = 0, answered = 0;

	fcntl(tor, F_SETFL, O_NONBLOCK);
	while (kept < ENOUGH) {
		struct pollfd p[] = {
		    {core, POLLOUT, 0},
		    {tor, (short)(POLLIN | (kept > 0 ? POLLOUT : 0)), 0}};
		ssize_t n;

		if (poll(p, 2, STALLED_MS) == 0)
			break;
		n = send(core, ask + at, strlen(ask) - at, MSG_NOSIGNAL);
		if (n > 0)
			at = (at + (size_t)n) % strlen(ask);
		n = recv(tor, text, sizeof(text), 0);
		while (n > 0)
			lines += text[--n] == '\n';
		n = send(tor, answers, kept < ANSWER ? kept : ANSWER,
			 MSG_NOSIGNAL);
		if (n > 0)
			answered += (size_t)n;
		kept = lines * ANSWER - answered;
	}
	return kept;
}

static void who_does_not_listen_is_not_heard(void **state)
{
	struct broker_world *w = *state;
	int core, tor;

	broker_begin_talk(w, &core, &tor);
	assert_true(answer_bytes_kept(core, tor) < 8 << 20);
	close(core);
	close(tor);
	assert_serves(w);
}

#define SERVED(f)                                                              \
	cmocka_unit_test_setup_teardown(f, broker_set_up, broker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SERVED(odd_wishes_leave_nothing),
	    SERVED(descriptors_are_not_passed_on),
	    SERVED(full_ones_are_not_waited_for),
	    SERVED(new_core_ends_the_talks),
	    SERVED(who_does_not_listen_is_not_heard),
	    SERVED(odd_bytes_do_not_keep_it_awake),
	    cmocka_unit_test_setup_teardown(lives_without_a_log, set_up_unheard,
					    broker_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
