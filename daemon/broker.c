/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "broker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "net/way.h"
#include "sandbox.h"
#include "spawn.h"
#include "supervise_plan.h"
#include "tor/control_proto.h"
#include "tor/control_rule.h"
#include "tor/control_veil.h"
#include "util/buf.h"
#include "util/fdpass.h"
#include "util/log.h"
#include "util/mem.h"
#include "vigil.h"

/* The core has one at a time; those before may not have been noticed to be
 * over. */
#define TALKS_MAX 4
#define CTL	  SPAWN_FIRST_FD
#define LANE_MAX  (CONTROL_LINE_MAX + 2)
#define WORD_MAX  32

/* One direction.  What is not clear yet waits for the end of its line. */
struct lane {
	size_t have, clear;
	uint8_t data[LANE_MAX];
};

struct talk {
	int core, tor; /* -1: none */
	struct lane up, down;
	struct control_veil veil;
};

struct state {
	const struct broker *b;
	int channel; /* -1: none */
	struct talk talk[TALKS_MAX];
};

/* Many pages, and for one process only. */
static struct state state;

static int connect_to(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 &&
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The core, which may have been taken over, chose to: it may be full for ever.
 */
static void hand_over(int to, int fd)
{
	if (fdpass_send_now(to, "", 1, fd) != OK)
		log_debug("nobody takes the connection any more");
}

static void end_talk(struct talk *t)
{
	close(t->core);
	close(t->tor);
	t->core = t->tor = -1;
	explicit_bzero(&t->up, sizeof(t->up));
	explicit_bzero(&t->down, sizeof(t->down));
	t->veil = (struct control_veil){0};
}

static void end_all_talks(struct state *s)
{
	size_t i;

	for (i = 0; i < TALKS_MAX; i++)
		if (s->talk[i].core >= 0)
			end_talk(&s->talk[i]);
}

static struct talk *free_talk(struct state *s)
{
	size_t i;

	for (i = 0; i < TALKS_MAX; i++)
		if (s->talk[i].core < 0)
			return &s->talk[i];
	return NULL;
}

static void begin_talk(struct state *s, int to)
{
	struct talk *t = free_talk(s);
	int pair[2], tor;

	if (!t) {
		log_warn("too many connections to tor's control port");
		return;
	}
	tor = connect_to(s->b->control);
	if (tor < 0)
		return;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
		       pair) != 0) {
		close(tor);
		return;
	}
	hand_over(to, pair[1]);
	close(pair[1]);
	t->core = pair[0];
	t->tor = tor;
}

static void dial(const struct state *s, int to)
{
	int fd = connect_to(s->b->socks);

	if (fd < 0) {
		log_warn("tor's SOCKS socket %s cannot be reached: %s; nobody "
			 "can be dialled until it can",
			 s->b->socks, strerror(errno));
		return;
	}
	hand_over(to, fd);
	close(fd);
}

/* What cannot be done is told by the end of the descriptor that came. */
static void take_wish(struct state *s)
{
	char to;
	int fd = -1;
	size_t n;
	enum err e = fdpass_recv(s->channel, &to, 1, &n, &fd);

	if (e == ERR_CLOSED) {
		close(s->channel);
		s->channel = -1;
		/* If the core is there, umbeld makes another. */
		if (fdpass_send(CTL, "J", 1, -1) != OK)
			log_debug("umbeld does not listen");
	}
	if (e != OK || fd < 0)
		return;
	if (to == WAY_CONTROL)
		begin_talk(s, fd);
	else if (to == WAY_SOCKS)
		dial(s, fd);
	close(fd);
}

/* A new core.  The talks with the one before would be over by themselves, if
 * that was not taken over: then it can have left their ends where they stay
 * open, in what tor has not read yet. */
static void take_order(struct state *s)
{
	const char answer = VIGIL_ANSWER;
	char order[2], letter;
	int fd = -1;
	size_t n;
	enum err e = fdpass_recv(CTL, order, sizeof(order), &n, &fd);

	letter = e == OK ? order[0] : '\0';

	if (e == ERR_CLOSED || (e == OK && letter == 'S'))
		_exit(0);
	if (letter == VIGIL_ASK[0] && fdpass_send(CTL, &answer, 1, -1) != OK)
		log_debug("umbeld does not listen");
	if (letter == 'L' && n == 2)
		log_set_level((enum log_level)(order[1] - '0'));
	/* Its channel did not come, for want of descriptors. */
	if (e == ERR_RANGE && fdpass_send(CTL, "J", 1, -1) != OK)
		log_debug("umbeld does not listen");
	if (e != OK || fd < 0)
		return;
	if (letter != 'C') {
		close(fd);
		return;
	}
	end_all_talks(s);
	if (s->channel >= 0)
		close(s->channel);
	s->channel = fd;
}

static void tell_refusal(struct bytes line)
{
	size_t n = 0;

	/* What is behind the first word may be a key. */
	while (n < line.n && n < WORD_MAX && line.p[n] > ' ')
		n++;
	log_error("umbel-core has asked for what tor is not told: '%s'",
		  log_text(line.p, n).s);
}

/* False: there is a line that may not go through. */
static bool clear_lines(struct lane *l, const char *cells)
{
	const uint8_t *end;

	while ((end = memchr(l->data + l->clear, '\n', l->have - l->clear))) {
		const uint8_t *p = l->data + l->clear;
		size_t n = (size_t)(end - p);

		if (n == 0 || p[n - 1] != '\r' ||
		    !control_rule_allows(bytes_of(p, n - 1), cells)) {
			tell_refusal(bytes_of(p, n));
			return false;
		}
		l->clear += n + 1;
	}
	return l->clear > 0 || l->have < LANE_MAX;
}

/* False: there is nothing more to come. */
static bool fill(struct lane *l, int fd)
{
	ssize_t n = recv(fd, l->data + l->have, LANE_MAX - l->have, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	l->have += (size_t)n;
	return true;
}

static bool drain(struct lane *l, int fd)
{
	ssize_t n = send(fd, l->data, l->clear, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	l->have -= (size_t)n;
	l->clear -= (size_t)n;
	memmove(l->data, l->data + n, l->have);
	explicit_bzero(l->data + l->have, (size_t)n);
	return true;
}

/* Nothing at all is asked of one that has nothing to do: its end would be told
 * again and again. */
static struct pollfd wish(int fd, bool reads, const struct lane *out)
{
	short what =
	    (short)((reads ? POLLIN : 0) | (out->clear > 0 ? POLLOUT : 0));

	return (struct pollfd){what ? fd : -1, what, 0};
}

/* A core that does not take the answers may not go on asking: tor keeps them,
 * however many. */
static bool reads_core(const struct talk *t)
{
	return t->up.have < LANE_MAX && t->down.have < LANE_MAX;
}

static bool reads_tor(const struct talk *t)
{
	return t->down.have < LANE_MAX;
}

static bool move_up(const struct state *s, struct talk *t, short from, short to)
{
	if ((from & (POLLIN | POLLHUP)) && t->up.have < LANE_MAX &&
	    (!fill(&t->up, t->core) || !clear_lines(&t->up, s->b->cells)))
		return false;
	return !(to & POLLOUT) || drain(&t->up, t->tor);
}

/* tor says what it likes, but for names that are not the core's business. */
static bool move_down(struct talk *t, short from, short to)
{
	size_t had = t->down.have;
	bool is_there = true;

	if ((from & (POLLIN | POLLHUP)) && t->down.have < LANE_MAX)
		is_there = fill(&t->down, t->tor);
	control_veil_put(&t->veil, t->down.data + had, t->down.have - had);
	t->down.clear = t->down.have;
	if (t->down.clear > 0 && ((to & POLLOUT) || !is_there) &&
	    !drain(&t->down, t->core))
		return false;
	return is_there;
}

static void serve(struct state *s, struct pollfd *fds)
{
	size_t i;

	for (i = 0; i < TALKS_MAX; i++) {
		struct talk *t = &s->talk[i];
		short core = fds[2 * i].revents, tor = fds[2 * i + 1].revents;

		if (t->core < 0 || !(core | tor))
			continue;
		if (((core | tor) & (POLLERR | POLLNVAL)) ||
		    !move_up(s, t, core, tor) || !move_down(t, tor, core))
			end_talk(t);
	}
}

static void turn(struct state *s)
{
	struct pollfd fds[2 + 2 * TALKS_MAX] = {{CTL, POLLIN, 0},
						{s->channel, POLLIN, 0}};
	size_t i;

	for (i = 0; i < TALKS_MAX; i++) {
		const struct talk *t = &s->talk[i];

		fds[2 + 2 * i] = wish(t->core, reads_core(t), &t->down);
		fds[3 + 2 * i] = wish(t->tor, reads_tor(t), &t->up);
	}
	if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
		return;
	serve(s, fds + 2);
	if (fds[1].revents)
		take_wish(s);
	if (fds[0].revents)
		take_order(s);
}

/* umbel-core could have it killed: what it asks for is logged, and nobody may
 * read that any more, or a disk be full. */
static void ignore_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

/* There is no exec to do it. */
static void forget_environment(void)
{
	char **e;

	for (e = environ; *e; e++)
		explicit_bzero(*e, strlen(*e));
	clearenv();
}

bool broker_run(void *broker)
{
	size_t i;

	prctl(PR_SET_NAME, "umbel-broker");
	ignore_signals();
	state.b = broker;
	log_start("umbel-broker", state.b->log_level);
	state.channel = -1;
	for (i = 0; i < TALKS_MAX; i++)
		state.talk[i].core = state.talk[i].tor = -1;
	forget_environment();
	if (sandbox_enter(SANDBOX_BROKER, NULL) != OK)
		_exit(SUPERVISE_REFUSED);
	if (fdpass_send(CTL, "R", 1, -1) != OK)
		_exit(1);
	for (;;)
		turn(&state);
}
