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
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sodium.h>

#include "signals.h"
#include "spawn.h"
#include "tor/bridges.h"
#include "util/clock.h"
#include "util/fdpass.h"
#include "util/log.h"
#include "util/mem.h"

/* Stopping: milliseconds after the signal. */
#define HTTPD_STOPS_MS 300  /* or as soon as the core is gone */
#define TOR_STOPS_MS   1000 /* the same */
#define KILL_MS	       1500
#define GIVE_UP_MS     1900
/* A child that closed its end of the channel has this long to exit. */
#define LAST_WORDS_MS 1000
/* Where there are no descriptors for a guest: he would be seen again at once.
 */
#define GUESTS_REST_MS 1000
/* Between two looks at the folder RUN. */
#define LOOK_MS 2000
/* A channel that broke, or could not be made, while both ends live. */
#define JOIN_AGAIN_MS 200
#define SECRET_MAX    128
#define MESSAGE_MAX   (1 + BRIDGES_TEXT_MAX)

struct child {
	const struct supervise_child *plan;
	pid_t pid;	     /* 0: not running */
	int ctl;	     /* -1: none */
	uint64_t started_ms; /* the last time */
	uint64_t start_ms;   /* when to start it; 0: not planned */
	uint64_t kill_ms;    /* when to kill it; 0: not planned */
	uint64_t join_ms;    /* when to join it anew; 0: not planned */
	unsigned wait_ms;    /* before the last start */
	bool is_wanted_anew; /* we have asked it to go */
	bool is_ready;
	bool was_ready; /* at any time */
};

struct supervisor {
	const struct supervise_plan *plan;
	struct child child[SUPERVISE_ROLES];
	int signals;
	uint64_t stop_ms;   /* when stopping began; 0: it has not */
	uint64_t look_ms;   /* when to look at RUN */
	uint64_t guests_ms; /* when to take guests again; 0: now */
	bool httpd_told, tor_told;
	bool was_ready;
	int status;
};

static void close_ctl(struct child *c)
{
	if (c->ctl >= 0)
		close(c->ctl);
	c->ctl = -1;
}

static enum err tell(struct child *c, const void *text, size_t n, int fd)
{
	enum err e = OK;

	if (c->ctl >= 0)
		e = fdpass_send(c->ctl, text, n, fd);
	if (e != OK)
		log_debug("%s does not listen", c->plan->name);
	return e;
}

static void tell_secret(struct supervisor *s)
{
	struct child *core = &s->child[SUPERVISE_CORE];
	char message[SECRET_MAX];
	int n = snprintf(message, sizeof(message), "A%s", s->plan->secret);

	/* Without it nobody gets in: then another core. */
	if (tell(core, message, (size_t)n, -1) != OK)
		core->kill_ms = core->started_ms;
	sodium_memzero(message, sizeof(message));
}

/* By which letter the core is handed its channel to a child. */
static const struct talk {
	enum supervise_role role;
	const char *letter;
	int type;
} talks[] = {
    {SUPERVISE_HTTPD, "C", SOCK_SEQPACKET | SOCK_NONBLOCK},
    {SUPERVISE_HOOKS, "H", SOCK_STREAM},
    {SUPERVISE_WEBHOOKS, "P", SOCK_STREAM},
    {SUPERVISE_BROKER, "D", SOCK_SEQPACKET | SOCK_NONBLOCK},
};

static void tell_bridges(struct supervisor *s)
{
	const struct supervise_plan *plan = s->plan;
	struct child *core = &s->child[SUPERVISE_CORE];
	char message[MESSAGE_MAX] = "T";

	if (!plan->put_bridges)
		return;
	tell(core, message, 1 + plan->put_transports(plan->arg, message + 1),
	     -1);
	message[0] = 'B';
	tell(core, message, 1 + plan->put_bridges(plan->arg, message + 1), -1);
}

/* A new pair whenever one of the two is new: nothing of an old talk can be
 * taken for part of the next. */
static void join(struct supervisor *s, const struct talk *t, uint64_t now_ms)
{
	struct child *core = &s->child[SUPERVISE_CORE];
	struct child *other = &s->child[t->role];
	int pair[2];

	other->join_ms = 0;
	if (core->ctl < 0 || other->ctl < 0)
		return;
	if (socketpair(AF_UNIX, t->type | SOCK_CLOEXEC, 0, pair) != 0) {
		log_error("no channel can be made: %s", strerror(errno));
		other->join_ms = now_ms + JOIN_AGAIN_MS;
		return;
	}
	if (tell(core, t->letter, 1, pair[0]) != OK ||
	    tell(other, "C", 1, pair[1]) != OK)
		other->join_ms = now_ms + JOIN_AGAIN_MS;
	close(pair[0]);
	close(pair[1]);
}

static void join_all(struct supervisor *s, const struct child *fresh,
		     uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(talks); i++)
		if (fresh == &s->child[SUPERVISE_CORE] ||
		    fresh == &s->child[talks[i].role])
			join(s, &talks[i], now_ms);
}

static void join_due(struct supervisor *s, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(talks); i++) {
		const struct child *c = &s->child[talks[i].role];

		if (c->join_ms && c->join_ms <= now_ms)
			join(s, &talks[i], now_ms);
	}
}

static bool has_ctl(const struct supervisor *s, const struct child *c)
{
	return c != &s->child[SUPERVISE_TOR];
}

static enum err spawn_child(const struct supervisor *s, struct child *c)
{
	struct spawn how = {.path = c->plan->path,
			    .argv = c->plan->argv,
			    .out = -1,
			    .prepare = c->plan->prepare,
			    .arg = c->plan->arg};
	int pair[2] = {-1, -1};
	enum err e;

	if (has_ctl(s, c)) {
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
		close_ctl(c);
	else if (c->ctl >= 0)
		fcntl(c->ctl, F_SETFL, O_NONBLOCK);
	return e;
}

static void start_later(struct child *c, uint64_t now_ms)
{
	c->wait_ms = spawn_wait_ms(c->wait_ms, now_ms - c->started_ms);
	c->start_ms = now_ms + c->wait_ms;
}

static void start(struct supervisor *s, struct child *c, uint64_t now_ms)
{
	c->start_ms = c->kill_ms = 0;
	c->started_ms = now_ms;
	c->is_wanted_anew = false;
	c->is_ready = false;
	if (spawn_child(s, c) != OK) {
		log_error("%s cannot be started: %s", c->plan->name,
			  strerror(errno));
		start_later(c, now_ms);
		return;
	}
	log_debug("%s is process %d", c->plan->name, (int)c->pid);
	if (c == &s->child[SUPERVISE_CORE]) {
		tell_secret(s);
		tell_bridges(s);
	}
	join_all(s, c, now_ms);
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

static void begin_stop(struct supervisor *s, uint64_t now_ms)
{
	size_t i;

	if (s->stop_ms)
		return;
	s->stop_ms = now_ms;
	if (s->plan->withdraw)
		s->plan->withdraw(s->plan->arg);
	for (i = 0; i < SUPERVISE_ROLES; i++)
		s->child[i].start_ms = 0;
	tell(&s->child[SUPERVISE_CORE], "S", 1, -1);
}

static void kill_child(struct child *c)
{
	log_warn("%s did not stop; killed", c->plan->name);
	kill(c->pid, SIGKILL);
	c->kill_ms = 0;
}

static void kill_due(struct supervisor *s, uint64_t now_ms)
{
	size_t i;

	for (i = 0; i < SUPERVISE_ROLES; i++) {
		struct child *c = &s->child[i];

		if (c->pid && c->kill_ms && c->kill_ms <= now_ms)
			kill_child(c);
	}
}

/* The core says goodbye to its peers through tor, and gives its last answers
 * through httpd, so these two go after it. */
static void stop_step(struct supervisor *s, uint64_t now_ms)
{
	struct child *tor = &s->child[SUPERVISE_TOR];
	size_t i;

	if (!s->httpd_told && (!s->child[SUPERVISE_CORE].pid ||
			       now_ms >= s->stop_ms + HTTPD_STOPS_MS)) {
		s->httpd_told = true;
		tell(&s->child[SUPERVISE_HTTPD], "S", 1, -1);
		tell(&s->child[SUPERVISE_HOOKS], "S", 1, -1);
		tell(&s->child[SUPERVISE_WEBHOOKS], "S", 1, -1);
	}
	if (!s->tor_told && (!s->child[SUPERVISE_CORE].pid ||
			     now_ms >= s->stop_ms + TOR_STOPS_MS)) {
		s->tor_told = true;
		tell(&s->child[SUPERVISE_BROKER], "S", 1, -1);
		if (tor->pid)
			kill(tor->pid, SIGTERM);
	}
	for (i = 0; i < SUPERVISE_ROLES; i++)
		if (s->child[i].pid && !s->child[i].kill_ms &&
		    now_ms < s->stop_ms + KILL_MS)
			s->child[i].kill_ms = s->stop_ms + KILL_MS;
}

static bool is_over(const struct supervisor *s, uint64_t now_ms)
{
	size_t i;

	if (!s->stop_ms)
		return false;
	for (i = 0; i < SUPERVISE_ROLES; i++)
		if (s->child[i].pid)
			return now_ms >= s->stop_ms + GIVE_UP_MS;
	return true;
}

/* It has said itself what is wrong, and would say so again for ever. */
static bool is_refusal(const struct supervisor *s, const struct child *c,
		       int status)
{
	return (c == &s->child[SUPERVISE_CORE] ||
		c == &s->child[SUPERVISE_HTTPD] ||
		c == &s->child[SUPERVISE_BROKER]) &&
	       !c->was_ready && WIFEXITED(status) &&
	       (WEXITSTATUS(status) == SUPERVISE_REFUSED ||
		WEXITSTATUS(status) == SPAWN_NO_PROGRAM);
}

static void bury(struct supervisor *s, struct child *c, int status,
		 uint64_t now_ms)
{
	bool refused = is_refusal(s, c, status);
	char how[64];

	spawn_describe_end(how, sizeof(how), status);
	c->pid = 0;
	c->kill_ms = 0;
	c->is_ready = false;
	close_ctl(c);
	if (s->stop_ms) {
		log_debug("%s %s", c->plan->name, how);
	} else if (refused) {
		log_error("%s %s; see above", c->plan->name, how);
		s->status = SUPERVISE_REFUSED;
		begin_stop(s, now_ms);
	} else if (c->is_wanted_anew) {
		c->start_ms = now_ms;
	} else {
		start_later(c, now_ms);
		log_warn("%s %s; started again in %u ms", c->plan->name, how,
			 c->wait_ms);
	}
}

static void reap(struct supervisor *s, uint64_t now_ms)
{
	pid_t pid;
	size_t i;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (i = 0; i < SUPERVISE_ROLES; i++)
			if (s->child[i].pid == pid)
				bury(s, &s->child[i], status, now_ms);
}

static void take_signals(struct supervisor *s, uint64_t now_ms)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD) {
			log_info("stopping");
			begin_stop(s, now_ms);
		}
	reap(s, now_ms);
}

static void take_ready(struct supervisor *s, struct child *c)
{
	if (c->is_ready)
		return;
	c->is_ready = true;
	if (c->was_ready)
		log_info("%s is back", c->plan->name);
	c->was_ready = true;
	if (s->was_ready || !s->child[SUPERVISE_CORE].is_ready ||
	    !s->child[SUPERVISE_HTTPD].is_ready)
		return;
	s->was_ready = true;
	log_info("ready, listening on %s", s->plan->where);
}

static void take_stop(struct supervisor *s, uint64_t now_ms)
{
	if (s->stop_ms)
		return;
	log_info("stopping, as asked over the API");
	begin_stop(s, now_ms);
}

/* The first time, or after the core was started anew. */
static void take_wish(struct supervisor *s, uint64_t now_ms)
{
	struct child *c = &s->child[SUPERVISE_WEBHOOKS];

	if (c->plan->path && !c->pid && !c->start_ms && !s->stop_ms)
		c->start_ms = now_ms;
}

/* Its connections must end as well: they show where tor goes without. */
static void restart_tor(struct supervisor *s, uint64_t now_ms)
{
	struct child *tor = &s->child[SUPERVISE_TOR];

	log_info("tor is started again, with other bridges");
	tor->is_wanted_anew = true;
	if (tor->pid) {
		kill(tor->pid, SIGTERM);
		tor->kill_ms = now_ms + LAST_WORDS_MS;
	} else if (!s->stop_ms) {
		tor->start_ms = now_ms;
	}
}

static void take_bridges(struct supervisor *s, struct bytes text,
			 uint64_t now_ms)
{
	const struct supervise_plan *plan = s->plan;
	struct child *core = &s->child[SUPERVISE_CORE];
	enum err e = ERR_STATE;

	if (plan->set_bridges && !s->stop_ms)
		e = plan->set_bridges(plan->arg, text);
	if (e != OK) {
		tell(core, e == ERR_NO_SPACE ? "bn" : "b",
		     1 + (e == ERR_NO_SPACE), -1);
		return;
	}
	restart_tor(s, now_ms);
	tell_bridges(s);
}

static void take_message(struct supervisor *s, struct child *c, uint64_t now_ms)
{
	char message[MESSAGE_MAX];
	size_t n;
	int fd;
	enum err e = fdpass_recv(c->ctl, message, sizeof(message), &n, &fd);

	if (e == ERR_SHORT)
		return;
	if (e == OK && fd >= 0)
		close(fd);
	if (e == OK && n == 1 && message[0] == 'R') {
		take_ready(s, c);
	} else if (e == OK && n == 1 && message[0] == 'J') {
		c->join_ms = now_ms + JOIN_AGAIN_MS;
	} else if (e == OK && n == 1 && message[0] == 'X' &&
		   c == &s->child[SUPERVISE_CORE]) {
		take_stop(s, now_ms);
	} else if (e == OK && n == 1 && message[0] == 'W' &&
		   c == &s->child[SUPERVISE_CORE]) {
		take_wish(s, now_ms);
	} else if (e == OK && message[0] == 'B' &&
		   c == &s->child[SUPERVISE_CORE]) {
		take_bridges(s, bytes_of(message + 1, n - 1), now_ms);
	} else if (e != ERR_CLOSED) {
		log_warn("%s sent what is no message; killed", c->plan->name);
		c->kill_ms = now_ms;
	} else if (!s->stop_ms) {
		/* It is about to die: the next poll() must not see this end. */
		c->kill_ms = now_ms + LAST_WORDS_MS;
	}
	if (e == ERR_CLOSED)
		close_ctl(c);
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
	tell(&s->child[SUPERVISE_HTTPD], "U", 1, fd);
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
	if (s->guests_ms && s->guests_ms < next)
		next = s->guests_ms;
	if (s->look_ms < next && s->plan->is_whole)
		next = s->look_ms;
	if (s->stop_ms && !s->httpd_told && s->stop_ms + HTTPD_STOPS_MS < next)
		next = s->stop_ms + HTTPD_STOPS_MS;
	if (s->stop_ms && !s->tor_told && s->stop_ms + TOR_STOPS_MS < next)
		next = s->stop_ms + TOR_STOPS_MS;
	if (s->stop_ms && s->stop_ms + GIVE_UP_MS < next)
		next = s->stop_ms + GIVE_UP_MS;
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
	begin_stop(s, now_ms);
}

static void wait_and_take(struct supervisor *s)
{
	struct pollfd fds[SUPERVISE_ROLES + 2];
	uint64_t now_ms;
	size_t i;

	for (i = 0; i < SUPERVISE_ROLES; i++)
		fds[i] = (struct pollfd){s->child[i].ctl, POLLIN, 0};
	fds[SUPERVISE_ROLES] = (struct pollfd){s->signals, POLLIN, 0};
	fds[SUPERVISE_ROLES + 1] = (struct pollfd){guests_fd(s), POLLIN, 0};
	if (poll(fds, ARRAY_SIZE(fds), timeout_ms(s, clock_mono_ms())) < 0)
		return;
	now_ms = clock_mono_ms();
	for (i = 0; i < SUPERVISE_ROLES; i++)
		if (fds[i].revents)
			take_message(s, &s->child[i], now_ms);
	if (fds[SUPERVISE_ROLES + 1].revents)
		take_guest(s, now_ms);
	if (fds[SUPERVISE_ROLES].revents)
		take_signals(s, now_ms);
}

int supervise_run(const struct supervise_plan *plan)
{
	struct supervisor s = {.plan = plan, .signals = signals_open()};
	uint64_t now_ms = clock_mono_ms();
	size_t i;

	if (s.signals < 0) {
		log_error("no signals: %s", strerror(errno));
		return 1;
	}
	for (i = 0; i < SUPERVISE_ROLES; i++) {
		s.child[i].plan = &plan->child[i];
		s.child[i].ctl = -1;
		if (plan->child[i].path && !plan->child[i].on_demand)
			s.child[i].start_ms = now_ms;
	}
	while (!is_over(&s, now_ms)) {
		if (s.guests_ms <= now_ms)
			s.guests_ms = 0;
		start_due(&s, now_ms);
		join_due(&s, now_ms);
		look_at_run(&s, now_ms);
		if (s.stop_ms)
			stop_step(&s, now_ms);
		kill_due(&s, now_ms);
		wait_and_take(&s);
		now_ms = clock_mono_ms();
	}
	close(s.signals);
	return s.status;
}
