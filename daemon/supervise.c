/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "channels.h"
#include "signals.h"
#include "spawn.h"
#include "supervise_inside.h"
#include "util/clock.h"
#include "util/fdpass.h"
#include "util/log.h"
#include "util/mem.h"

/* So long may systemd take to start a unit. */
#define HELLO_MS	 30000
#define TOR_PERCENT_NONE 255
/* Where there are no descriptors for a guest: he would be seen again at once.
 */
#define GUESTS_REST_MS 1000
/* Between two looks at the folder RUN. */
#define LOOK_MS 2000
/* tor must have run for so long before it can be said to hang. */
#define HUNG_TOR_MS 50000

static void start_later(struct child *c, uint64_t now_ms)
{
	c->wait_ms = spawn_wait_ms(c->wait_ms, now_ms - c->started_ms);
	c->start_ms = now_ms + c->wait_ms;
}

/* It listens: what it has to know, and whom it talks to. */
static void greet(struct supervisor *s, struct child *c, uint64_t now_ms)
{
	c->kill_ms = 0;
	log_debug("%s is process %d", c->plan->name, (int)c->pid);
	channels_open(s->child, s->plan, c, now_ms);
	/* Stopping began while it was on its way, and it was not told. */
	if (s->stop_ms && c->has_ctl)
		child_tell(c, "S", 1, -1);
	else if (s->stop_ms)
		child_signal(c, SIGTERM);
}

static void start(struct supervisor *s, struct child *c, uint64_t now_ms)
{
	enum err e;

	c->start_ms = c->kill_ms = 0;
	c->started_ms = now_ms;
	c->is_wanted_anew = false;
	c->is_ready = false;
	e = child_start(c);
	if (e == OK) {
		greet(s, c, now_ms);
	} else if (e == ERR_SHORT) {
		c->kill_ms = now_ms + HELLO_MS;
	} else {
		log_error("%s cannot be started: %s", c->plan->name,
			  strerror(errno));
		start_later(c, now_ms);
	}
}

static void start_due(struct supervisor *s, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < SUPERVISE_ROLES; i++) {
		struct child *c = &s->child[i];

		if (c->start_ms && c->start_ms <= now_ms)
			start(s, c, now_ms);
	}
}

/* It has said itself what is wrong, and would say so again for ever.  Of a unit
 * the status is not known: systemd starts us again, and so that one. */
static bool is_refusal(const struct supervisor *s, const struct child *c,
		       int status)
{
	if ((c != &s->child[SUPERVISE_CORE] &&
	     c != &s->child[SUPERVISE_HTTPD] &&
	     c != &s->child[SUPERVISE_BROKER]) ||
	    c->was_ready)
		return false;
	return status == -1 || (WIFEXITED(status) &&
				(WEXITSTATUS(status) == SUPERVISE_REFUSED ||
				 WEXITSTATUS(status) == SPAWN_NO_PROGRAM));
}

/* The last word for `systemctl status`, made of numbers alone. */
static void tell_status(const struct supervisor *s)
{
	const struct notify *n = s->plan->notify;

	if (s->stop_ms)
		return;
	if (!s->child[SUPERVISE_CORE].is_ready)
		notify_status(n, "starting");
	else if (s->tor_percent == TOR_PERCENT_NONE)
		notify_status(n, "no Tor yet");
	else if (s->tor_percent < 100)
		notify_status(n, "Tor %u %%", s->tor_percent);
	else
		notify_status(n, "Tor is ready");
}

static void take_tor(struct supervisor *s, uint8_t percent)
{
	s->tor_percent = percent;
	tell_status(s);
}

static void bury(struct supervisor *s, struct child *c, int status,
		 uint64_t now_ms)
{
	bool refused = is_refusal(s, c, status);
	char how[64];

	child_describe(how, sizeof(how), status);
	child_clear(c);
	if (c == &s->child[SUPERVISE_CORE])
		take_tor(s, TOR_PERCENT_NONE);
	if (s->stop_ms) {
		log_debug("%s %s", c->plan->name, how);
	} else if (refused) {
		log_error("%s %s; see above", c->plan->name, how);
		s->status = SUPERVISE_REFUSED;
		supervise_stop_begin(s, now_ms);
	} else if (c->is_wanted_anew) {
		c->start_ms = c->plan->path ? now_ms : 0;
	} else {
		start_later(c, now_ms);
		log_warn("%s %s; started again in %u ms", c->plan->name, how,
			 c->wait_ms);
	}
}

static void kill_child(struct supervisor *s, struct child *c, uint64_t now_ms)
{
	c->kill_ms = 0;
	if (c->pid > 0) {
		log_warn("%s did not stop; killed", c->plan->name);
		child_signal(c, SIGKILL);
	} else {
		log_warn("%s was not started by systemd", c->plan->name);
		bury(s, c, -1, now_ms);
	}
}

static void kill_due(struct supervisor *s, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < SUPERVISE_ROLES; i++) {
		struct child *c = &s->child[i];

		if (c->pid && c->kill_ms && c->kill_ms <= now_ms)
			kill_child(s, c, now_ms);
	}
}

static void reap(struct supervisor *s, uint64_t now_ms)
{
	pid_t pid;
	size_t i;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < SUPERVISE_ROLES; i++)
			if (s->child[i].pid == pid && s->child[i].pidfd < 0)
				bury(s, &s->child[i], status, now_ms);
}

static bool has_terminal(void)
{
	int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Who closes the terminal that umbeld runs in wants it to end; that signal has
 * no other meaning there. */
static bool is_hung_up(const struct supervisor *s)
{
	return s->had_terminal && !has_terminal();
}

static void take_signals(struct supervisor *s, uint64_t now_ms)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			continue;
		if (info.ssi_signo == SIGHUP && !is_hung_up(s)) {
			supervise_reload(s, now_ms);
			continue;
		}
		log_info("stopping");
		supervise_stop_begin(s, now_ms);
	}
	reap(s, now_ms);
}

static void take_ready(struct supervisor *s, struct child *c, uint64_t now_ms)
{
	if (c->is_ready)
		return;
	c->is_ready = true;
	vigil_saw(c, now_ms);
	tell_status(s);
	if (c->was_ready)
		log_info("%s is back", c->plan->name);
	c->was_ready = true;
	if (s->was_ready || !s->child[SUPERVISE_CORE].is_ready ||
	    !s->child[SUPERVISE_HTTPD].is_ready)
		return;
	s->was_ready = true;
	notify_send(s->plan->notify, "READY=1");
	log_info("ready, listening on %s", s->plan->where);
}

static void take_stop(struct supervisor *s, uint64_t now_ms)
{
	if (s->stop_ms)
		return;
	log_info("stopping, as asked over the API");
	supervise_stop_begin(s, now_ms);
}

/* Not more than once in that time, whatever a core says that was taken over:
 * it has not been there for longer than it takes to find out. */
static void take_hung_tor(struct supervisor *s, uint64_t now_ms)
{
	struct child *tor = &s->child[SUPERVISE_TOR];

	if (tor->pid <= 0 || tor->kill_ms || s->stop_ms ||
	    now_ms < tor->started_ms + HUNG_TOR_MS)
		return;
	log_error("%s does not answer", tor->plan->name);
	tor->kill_ms = now_ms;
}

/* The first time, or after the core was started anew. */
static void take_wish(struct supervisor *s, uint64_t now_ms)
{
	struct child *c = &s->child[SUPERVISE_WEBHOOKS];

	if (c->plan->path && !c->pid && !c->start_ms && !s->stop_ms)
		c->start_ms = now_ms;
}

/* False: no message of the protocol. */
static bool obey(struct supervisor *s, struct child *c, struct bytes m,
		 uint64_t now_ms)
{
	bool is_core = c == &s->child[SUPERVISE_CORE];
	bool is_joined =
	    c == &s->child[SUPERVISE_HTTPD] || c == &s->child[SUPERVISE_BROKER];
	bool is_letter = m.n == 1;

	/* As a unit it has a channel, and nothing to say there. */
	if (c == &s->child[SUPERVISE_TOR])
		return false;
	switch (m.p[0]) {
	case 'R':
		if (is_letter)
			take_ready(s, c, now_ms);
		return is_letter;
	case 'J':
		if (!is_letter || !is_joined)
			return false;
		channels_join_again(c, now_ms);
		return true;
	case VIGIL_ANSWER:
		if (is_letter)
			vigil_saw(c, now_ms);
		return is_letter;
	case 'X':
		if (is_core && is_letter)
			take_stop(s, now_ms);
		return is_core && is_letter;
	case 'W':
		if (is_core && is_letter)
			take_wish(s, now_ms);
		return is_core && is_letter;
	case 'K':
		if (is_core && is_letter)
			take_hung_tor(s, now_ms);
		return is_core && is_letter;
	case 't':
		if (is_core && m.n == 2)
			take_tor(s, m.p[1]);
		return is_core && m.n == 2;
	case 'B':
		if (is_core)
			supervise_take_bridges(s, bytes_of(m.p + 1, m.n - 1),
					       now_ms);
		return is_core;
	default: return false;
	}
}

static void take_hello(struct supervisor *s, struct child *c, uint64_t now_ms)
{
	enum err e = child_take_hello(c);

	if (e == OK) {
		greet(s, c, now_ms);
	} else if (e != ERR_SHORT) {
		log_error("%s was not started by systemd (%s): see journalctl "
			  "-u 'umbel-%s@*'",
			  c->plan->name, err_str(e), c->plan->unit);
		child_signal(c, SIGKILL);
		bury(s, c, -1, now_ms);
	}
}

static void take_message(struct supervisor *s, struct child *c, uint64_t now_ms)
{
	uint8_t message[CHANNELS_MESSAGE_MAX];
	size_t n;
	int fd;
	enum err e;

	if (c->pid < 0) {
		take_hello(s, c, now_ms);
		return;
	}
	e = fdpass_recv(c->ctl, message, sizeof(message), &n, &fd);
	if (e == ERR_SHORT)
		return;
	if (e == OK && fd >= 0 && c == &s->child[SUPERVISE_TOR] &&
	    message[0] == 'N') {
		supervise_watch_net(s, fd, now_ms);
		return;
	}
	if (e == OK && fd >= 0)
		close(fd);
	if (e == OK && obey(s, c, bytes_of(message, n), now_ms))
		return;
	if (e != ERR_CLOSED) {
		log_warn("%s sent what is no message; killed", c->plan->name);
		c->kill_ms = now_ms;
	} else if (!s->stop_ms) {
		/* It is about to die: the next poll() must not see this end. */
		c->kill_ms = now_ms + SUPERVISE_LAST_WORDS_MS;
	}
	if (e == ERR_CLOSED)
		child_close_ctl(c);
}

/* One that hangs is killed, and so started again. */
static void watch(struct supervisor *s, uint64_t now_ms)
{
	struct child *const all[] = {&s->child[SUPERVISE_CORE],
				     &s->child[SUPERVISE_HTTPD],
				     &s->child[SUPERVISE_BROKER]};
	size_t i;

	log_tell_due();
	vigil_turn(&s->vigil, now_ms);
	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (vigil_ask(&s->vigil, all[i], now_ms)) {
			log_error("%s does not answer", all[i]->plan->name);
			all[i]->kill_ms = now_ms;
		}
	vigil_pet(&s->vigil, all[0], all[1], s->plan->notify, now_ms);
}

/* None is taken before httpd is there for it. */
static int guests_fd(const struct supervisor *s)
{
	bool is_served = s->child[SUPERVISE_HTTPD].is_ready && !s->stop_ms;

	return is_served && !s->guests_ms ? s->plan->guests->fd : -1;
}

static void take_guest(struct supervisor *s, uint64_t now_ms)
{
	int fd;
	enum err e = guests_accept(s->plan->guests, &fd);

	if (e == ERR_FULL)
		s->guests_ms = now_ms + GUESTS_REST_MS;
	if (e != OK)
		return;
	child_tell(&s->child[SUPERVISE_HTTPD], "U", 1, fd);
	close(fd);
}

static int timeout_ms(const struct supervisor *s, uint64_t now_ms)
{
	uint64_t next = UINT64_MAX;
	size_t i;

	for (i = 0; i < SUPERVISE_ROLES; i++) {
		const struct child *c = &s->child[i];

		if (c->start_ms && c->start_ms < next)
			next = c->start_ms;
		if (c->pid && c->kill_ms && c->kill_ms < next)
			next = c->kill_ms;
		if (c->join_ms && c->join_ms < next)
			next = c->join_ms;
	}
	for (i = 0; i < SUPERVISE_ROLES && !s->stop_ms; i++)
		if (vigil_next(&s->vigil, &s->child[i]) < next &&
		    (i == SUPERVISE_CORE || i == SUPERVISE_HTTPD ||
		     i == SUPERVISE_BROKER))
			next = vigil_next(&s->vigil, &s->child[i]);
	if (s->guests_ms && s->guests_ms < next)
		next = s->guests_ms;
	if (s->look_ms < next && s->plan->is_whole)
		next = s->look_ms;
	if (supervise_net_next(s) < next)
		next = supervise_net_next(s);
	if (supervise_stop_next(s) < next)
		next = supervise_stop_next(s);
	if (next == UINT64_MAX)
		return -1;
	return next > now_ms ? (int)(next - now_ms) : 0;
}

/* Without its sockets nobody comes in: neither a client nor a contact. */
static void look_at_run(struct supervisor *s, uint64_t now_ms)
{
	if (!s->plan->is_whole || now_ms < s->look_ms)
		return;
	s->look_ms = now_ms + LOOK_MS;
	if (s->stop_ms || s->plan->is_whole(s->plan->arg))
		return;
	s->status = SUPERVISE_AGAIN;
	supervise_stop_begin(s, now_ms);
}

/* Only what is there: poll() takes no more than the limit of descriptors. */
static void want(struct pollfd *fds, size_t *count, int fd)
{
	if (fd >= 0)
		fds[(*count)++] = (struct pollfd){fd, POLLIN, 0};
}

static bool is_due(const struct pollfd *fds, size_t count, int fd)
{
	size_t i;

	for (i = 0; i < count && fd >= 0; i++)
		if (fds[i].fd == fd)
			return fds[i].revents != 0;
	return false;
}

static void wait_and_take(struct supervisor *s)
{
	struct pollfd fds[2 * SUPERVISE_ROLES + 4];
	struct child *tor = &s->child[SUPERVISE_TOR];
	int guests = guests_fd(s);
	size_t i, n = 0;
	uint64_t now_ms;

	for (i = 0; i < SUPERVISE_ROLES; i++) {
		want(fds, &n, s->child[i].ctl);
		want(fds, &n, s->child[i].pidfd);
	}
	want(fds, &n, s->signals);
	want(fds, &n, guests);
	want(fds, &n, tor->out);
	want(fds, &n, s->net.fd);
	if (poll(fds, n, timeout_ms(s, clock_mono_ms())) < 0)
		return;
	now_ms = clock_mono_ms();
	for (i = 0; i < SUPERVISE_ROLES; i++) {
		int end = s->child[i].pidfd;

		if (is_due(fds, n, s->child[i].ctl))
			take_message(s, &s->child[i], now_ms);
		if (is_due(fds, n, end))
			bury(s, &s->child[i], -1, now_ms);
	}
	if (is_due(fds, n, tor->out))
		child_hear(tor);
	if (is_due(fds, n, s->net.fd))
		netwatch_read(&s->net, now_ms);
	if (is_due(fds, n, guests))
		take_guest(s, now_ms);
	if (is_due(fds, n, s->signals))
		take_signals(s, now_ms);
}

int supervise_run(const struct supervise_plan *plan)
{
	struct supervisor s = {.plan = plan,
			       .had_terminal = has_terminal(),
			       .signals = signals_open(),
			       .net = {.fd = -1},
			       .tor_percent = TOR_PERCENT_NONE};
	uint64_t now_ms = clock_mono_ms();
	size_t i;

	if (s.signals < 0) {
		log_error("no signals: %s", strerror(errno));
		return 1;
	}
	vigil_init(&s.vigil, plan->notify->watchdog_ms);
	for (i = 0; i < SUPERVISE_ROLES; i++) {
		child_init(&s.child[i], &plan->child[i], plan->units,
			   i != SUPERVISE_TOR);
		if (plan->child[i].path && !plan->child[i].on_demand)
			s.child[i].start_ms = now_ms;
	}
	/* Of units tor's alone has a network; it sends a socket of that. */
	if (!plan->units)
		supervise_watch_net(&s, netwatch_open(), now_ms);
	while (!supervise_is_stopped(&s, now_ms)) {
		if (s.guests_ms <= now_ms)
			s.guests_ms = 0;
		start_due(&s, now_ms);
		channels_join_due(s.child, now_ms);
		look_at_run(&s, now_ms);
		supervise_look_at_net(&s, now_ms);
		if (s.stop_ms)
			supervise_stop_step(&s, now_ms);
		else
			watch(&s, now_ms);
		kill_due(&s, now_ms);
		wait_and_take(&s);
		now_ms = clock_mono_ms();
	}
	child_close_out(&s.child[SUPERVISE_TOR]);
	netwatch_close(&s.net);
	close(s.signals);
	return s.status;
}
