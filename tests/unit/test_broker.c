/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What umbel-core may say to tor, and the process between the two.
 */
#include "tests/unit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker.h"
#include "net/way.h"
#include "spawn.h"
#include "tor/control_msg.h"
#include "tor/control_rule.h"
#include "util/buf.h"
#include "util/fdpass.h"
#include "util/log.h"

#define CELLS	 "/run/umbel/c"
#define NAME	 "piceugn4yzj3u5lnpue6jwhlmpmr2rf4n5qsquxtzhybqdfjyai3yqyd"
#define WAIT_MS	 60000
#define TEXT_MAX 65536

static bool allows(const char *line)
{
	return control_rule_allows(bytes_of(line, strlen(line)), CELLS);
}

/* A line as control_msg.c makes it. */
static void assert_taken(struct buf *b, enum err e)
{
	assert_ok(e);
	assert_true(b->len > 2);
	assert_true(control_rule_allows(bytes_of(b->data, b->len - 2), CELLS));
	assert_false(control_rule_allows(buf_view(b), CELLS));
	assert_false(
	    control_rule_allows(bytes_of(b->data, b->len - 2), "/run/umbel"));
	buf_clear(b);
}

static void what_the_core_says_goes_through(void **state)
{
	struct onion_service s = {.onion = NAME, .target = CELLS "/1f"};
	uint8_t some[CONTROL_HASH_BYTES] = {1};
	unsigned turn;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (turn = 0; turn < 4; turn++) {
		s.has_client = turn & 1;
		s.has_pow = turn & 2;
		s.max_streams = turn ? ONION_STREAMS_MAX : 1;
		assert_taken(&b, control_put_add_onion(&b, &s));
	}
	assert_ok(control_put_del_onion(&b, NAME));
	assert_ok(control_put_client_auth_add(&b, NAME, some));
	assert_ok(control_put_client_auth_remove(&b, NAME));
	assert_ok(control_put_authchallenge(&b, some));
	assert_ok(control_put_authenticate(&b, some));
	for (turn = 0; turn < 5; turn++) {
		const uint8_t *end = memchr(b.data, '\r', b.len);
		size_t n = (size_t)(end - b.data);

		assert_true(control_rule_allows(bytes_of(b.data, n), CELLS));
		buf_drop(&b, n + 2);
	}
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

#define ADD   "ADD_ONION ED25519-V3:AAAA Flags=DiscardPK,MaxStreamsCloseCircuit"
#define LIMIT " MaxStreams=5"

static void nothing_else_goes_through(void **state)
{
	static const char *const lines[] = {
	    "",
	    "SETCONF ClientTransportPlugin=\"x exec /bin/sh\"",
	    "RESETCONF Log",
	    "LOADCONF",
	    "+LOADCONF",
	    "SAVECONF",
	    "SIGNAL SHUTDOWN",
	    "SIGNAL NEWNYM ",
	    "signal NEWNYM",
	    "GETINFO config-text",
	    "GETINFO status/bootstrap-phase config-text",
	    "GETCONF Bridge",
	    "SETEVENTS STATUS_CLIENT",
	    "SETEVENTS STATUS_CLIENT STATUS_GENERAL HS_DESC CONF_CHANGED "
	    "CIRC",
	    "AUTHENTICATE \"x\"",
	    "AUTHENTICATE",
	    "ATTACHSTREAM 1 2",
	    "DROPOWNERSHIP",
	    "DEL_ONION " NAME " x",
	    "ONION_CLIENT_AUTH_ADD " NAME " x25519:AAAA Flags=Permanent",
	    ADD LIMIT " Port=1,unix:/run/user/1000/bus",
	    ADD LIMIT " Port=1,unix:" CELLS "/../tor/control",
	    ADD LIMIT " Port=1,unix:" CELLS "/a/b",
	    ADD LIMIT " Port=1,unix:" CELLS "/",
	    ADD LIMIT " Port=1,unix:" CELLS "x/1",
	    ADD LIMIT " Port=1,unix:" CELLS "/1 Port=2,unix:/tmp/x",
	    ADD LIMIT " Port=1,127.0.0.1:22",
	    ADD LIMIT " Port=1",
	    ADD ",Detach" LIMIT " Port=1,unix:" CELLS "/1",
	    ADD ",NonAnonymous" LIMIT " Port=1,unix:" CELLS "/1",
	    ADD " Port=1,unix:" CELLS "/1",
	    "ADD_ONION NEW:BEST" LIMIT " Port=1,unix:" CELLS "/1",
	    ADD LIMIT " Port=1,unix:" CELLS "/1\rSETCONF x",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (allows(lines[i]))
			fail_msg("allowed: %s", lines[i]);
	assert_true(allows(ADD LIMIT " Port=1,unix:" CELLS "/1"));
	assert_false(
	    control_rule_allows(bytes_of("SIGNAL NEWNYM\0", 14), CELLS));
	assert_false(
	    control_rule_allows(bytes_of("DEL_ONION abc\0def", 17), CELLS));
}

/* umbeld, the core and tor, all but the broker. */
struct world {
	char dir[32], control[64], socks[64];
	struct broker broker;
	int ctl, channel;
	int tor_control, tor_socks; /* listeners */
	pid_t pid;
};

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

static void give_channel(struct world *w)
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

static int set_up(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
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
	give_channel(w);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;
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

/* The connection, or -1. */
static int ask(struct world *w, enum way_to to)
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
	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	e = fdpass_recv(pair[0], &letter, 1, &n, &fd);
	close(pair[0]);
	return e == OK ? fd : -1;
}

static int accept_at(int listener)
{
	struct pollfd p = {listener, POLLIN, 0};

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

static void assert_hears(int fd, const char *text)
{
	char got[256] = "";
	size_t n = 0, all = strlen(text);
	struct pollfd p = {fd, POLLIN, 0};
	ssize_t r;

	assert_true(all < sizeof(got));
	while (n < all) {
		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		r = recv(fd, got + n, all - n, 0);
		assert_true(r > 0);
		n += (size_t)r;
	}
	assert_memory_equal(got, text, all);
}

static void assert_ends(int fd)
{
	struct pollfd p = {fd, POLLIN, 0};
	char c;

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	assert_true(recv(fd, &c, 1, 0) <= 0);
}

static void socks_is_handed_over(void **state)
{
	struct world *w = *state;
	int core = ask(w, WAY_SOCKS), tor = accept_at(w->tor_socks);

	assert_true(core >= 0);
	say(core, "SETCONF is no word here");
	assert_hears(tor, "SETCONF is no word here");
	say(tor, "nor is this");
	assert_hears(core, "nor is this");
	close(core);
	assert_ends(tor);
	close(tor);
	unlink(w->socks);
	assert_int_equal(ask(w, WAY_SOCKS), -1);
	assert_int_equal(ask(w, (enum way_to)'x'), -1);
}

static void talk_is_let_through(struct world *w, int *core, int *tor)
{
	*core = ask(w, WAY_CONTROL);
	*tor = accept_at(w->tor_control);
	assert_true(*core >= 0);
	say(*core, "PROTOCOLINFO 1\r\nSIGNAL NEW");
	assert_hears(*tor, "PROTOCOLINFO 1\r\n");
	say(*core, "NYM\r\n");
	assert_hears(*tor, "SIGNAL NEWNYM\r\n");
	say(*tor, "250 OK\r\n650 any\nthing");
	assert_hears(*core, "250 OK\r\n650 any\nthing");
}

static void control_is_sifted(void **state)
{
	static const char *const bad[] = {"SETCONF Log=\"debug stderr\"\r\n",
					  "SIGNAL NEWNYM\n", "\r\n",
					  "SIGNAL NEWNYM\r\r\n"};
	struct world *w = *state;
	int core, tor;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		talk_is_let_through(w, &core, &tor);
		say(core, bad[i]);
		assert_ends(tor);
		assert_ends(core);
		close(core);
		close(tor);
	}
}

static void long_lines_end_it(void **state)
{
	static char text[TEXT_MAX];
	struct world *w = *state;
	int core, tor;

	talk_is_let_through(w, &core, &tor);
	memset(text, 'a', sizeof(text));
	(void)send(core, text, sizeof(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	assert_ends(tor);
	close(core);
	close(tor);
}

/* Neither side reads: what is held back is bounded, and nothing is lost. */
static void slow_ones_are_waited_for(void **state)
{
	static char text[TEXT_MAX];
	struct world *w = *state;
	size_t sent = 0, got = 0;
	int core, tor;
	ssize_t n;

	talk_is_let_through(w, &core, &tor);
	memset(text, 'x', sizeof(text));
	fcntl(tor, F_SETFL, O_NONBLOCK);
	while (sent < 100 * sizeof(text)) {
		struct pollfd p[] = {{tor, POLLOUT, 0}, {core, POLLIN, 0}};

		assert_true(poll(p, 2, WAIT_MS) > 0);
		n = send(tor, text, sizeof(text), MSG_NOSIGNAL);
		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		assert_true(n < 0 && errno == EAGAIN);
		n = recv(core, text, sizeof(text), 0);
		assert_true(n > 0);
		got += (size_t)n;
	}
	close(tor);
	fcntl(core, F_SETFL, 0);
	while ((n = recv(core, text, sizeof(text), 0)) > 0)
		got += (size_t)n;
	/* What stands in the broker at the end may be lost. */
	assert_true(got <= sent && sent - got <= 2 * CONTROL_LINE_MAX);
	close(core);
}

static void ends_are_told(void **state)
{
	struct world *w = *state;
	int core, tor, i;

	for (i = 0; i < 6; i++) {
		talk_is_let_through(w, &core, &tor);
		close(i % 2 ? core : tor);
		assert_ends(i % 2 ? tor : core);
		close(i % 2 ? tor : core);
	}
	unlink(w->control);
	assert_int_equal(ask(w, WAY_CONTROL), -1);
}

/* Four at a time; the fifth is told that there is none. */
static void talks_are_counted(void **state)
{
	struct world *w = *state;
	int core[4], tor[4], i;

	for (i = 0; i < 4; i++)
		talk_is_let_through(w, &core[i], &tor[i]);
	assert_int_equal(ask(w, WAY_CONTROL), -1);
	for (i = 0; i < 4; i++) {
		close(core[i]);
		assert_ends(tor[i]);
		close(tor[i]);
	}
	talk_is_let_through(w, &core[0], &tor[0]);
	close(core[0]);
	close(tor[0]);
}

static void takes_another_core(void **state)
{
	struct world *w = *state;
	int fd;

	close(w->channel);
	give_channel(w);
	fd = ask(w, WAY_SOCKS);
	assert_true(fd >= 0);
	close(fd);
}

#define SERVED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_core_says_goes_through),
	    cmocka_unit_test(nothing_else_goes_through),
	    SERVED(socks_is_handed_over),
	    SERVED(control_is_sifted),
	    SERVED(long_lines_end_it),
	    SERVED(slow_ones_are_waited_for),
	    SERVED(ends_are_told),
	    SERVED(talks_are_counted),
	    SERVED(takes_another_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
