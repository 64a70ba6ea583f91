/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * delay - a SOCKS5 proxy that makes loopback as long as a real road.
 *
 *     delay MS
 *
 * Prints the port that it listens at on 127.0.0.1, and ends when its standard
 * input does.  It connects to IPv4 addresses in 127/8 alone, from the address
 * that it was asked from.  What comes is handed on MS milliseconds later, in
 * both directions, as fast as it goes; a direction in which HELD_MAX bytes wait
 * is not read on.  At the end of one direction both are closed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	DELAY_MAX_MS = 1000,
	/* One a millisecond. */
	PARTS_MAX = DELAY_MAX_MS + 1,
	READ_MAX = 1 << 17,
	HELD_MAX = 1 << 22,
	GREETING_BYTES = 3,
	REQUEST_BYTES = 10,
};

static const char greeting[GREETING_BYTES] = {5, 1, 0};
static const char greeted[] = {5, 0};
static const char connected[] = {5, 0, 0, 1, 0, 0, 0, 0, 0, 0};

/* What came in one millisecond. */
struct part {
	uint64_t due_ms;
	size_t bytes;
};

struct conn;

/* One direction: from in to out. */
struct way {
	struct conn *conn;
	struct event *in, *out, *timer;
	struct evbuffer *held;
	size_t ready;		      /* bytes of it that are due */
	struct part parts[PARTS_MAX]; /* the rest, a ring */
	unsigned first, count;
	bool is_over;
};

struct conn {
	int asking, asked;
	bool is_greeted;
	struct event *hello, *dialled;
	struct evbuffer *request;
	struct way there, back;
};

static struct event_base *base;
static uint64_t delay_ms;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void no_wait(int fd)
{
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

static struct event *new_event(int fd, short what, event_callback_fn call,
			       void *arg)
{
	struct event *e = event_new(base, fd, what, call, arg);

	if (!e)
		die("event_new");
	return e;
}

static void free_event(struct event *e)
{
	if (e)
		event_free(e);
}

/* --- a direction --- */

static void end_way(struct way *w)
{
	free_event(w->in);
	free_event(w->out);
	free_event(w->timer);
	if (w->held)
		evbuffer_free(w->held);
}

static void end(struct conn *c)
{
	free_event(c->hello);
	free_event(c->dialled);
	evbuffer_free(c->request);
	end_way(&c->there);
	end_way(&c->back);
	close(c->asking);
	if (c->asked >= 0)
		close(c->asked);
	free(c);
}

static void came(struct way *w, size_t bytes)
{
	uint64_t due_ms = now_ms() + delay_ms;
	struct part *last =
	    &w->parts[(w->first + w->count + PARTS_MAX - 1) % PARTS_MAX];

	/* Full only if this process was late. */
	if (w->count == PARTS_MAX || (w->count > 0 && last->due_ms == due_ms)) {
		last->bytes += bytes;
		return;
	}
	w->parts[(w->first + w->count) % PARTS_MAX] =
	    (struct part){.due_ms = due_ms, .bytes = bytes};
	w->count++;
}

static void take_due(struct way *w)
{
	while (w->count > 0 && w->parts[w->first].due_ms <= now_ms()) {
		w->ready += w->parts[w->first].bytes;
		w->first = (w->first + 1) % PARTS_MAX;
		w->count--;
	}
}

static void wait_for_due(struct way *w)
{
	uint64_t now = now_ms(), due_ms = w->parts[w->first].due_ms;
	uint64_t wait_ms = due_ms > now ? due_ms - now : 0;
	struct timeval tv = {.tv_sec = (time_t)(wait_ms / 1000),
			     .tv_usec = (suseconds_t)(wait_ms % 1000 * 1000)};

	if (!event_pending(w->timer, EV_TIMEOUT, NULL))
		event_add(w->timer, &tv);
}

/* False if the other end is gone. */
static bool write_ready(struct way *w)
{
	while (w->ready > 0) {
		int n = evbuffer_write_atmost(w->held, event_get_fd(w->out),
					      (ev_ssize_t)w->ready);

		if (n < 0 && errno == EAGAIN) {
			event_add(w->out, NULL);
			return true;
		}
		if (n <= 0)
			return false;
		w->ready -= (size_t)n;
	}
	return true;
}

/* The last thing that is done with a way: it may be gone then. */
static void go_on(struct way *w)
{
	size_t held;

	take_due(w);
	if (!write_ready(w)) {
		end(w->conn);
		return;
	}
	held = evbuffer_get_length(w->held);
	if (w->is_over && held == 0) {
		end(w->conn);
		return;
	}
	if (w->is_over || held >= HELD_MAX)
		event_del(w->in);
	else
		event_add(w->in, NULL);
	if (w->count > 0)
		wait_for_due(w);
}

static void on_due(evutil_socket_t fd, short what, void *way)
{
	(void)fd;
	(void)what;
	go_on(way);
}

static void on_in(evutil_socket_t fd, short what, void *way)
{
	struct way *w = way;
	int n = evbuffer_read(w->held, fd, READ_MAX);

	(void)what;
	if (n > 0)
		came(w, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		w->is_over = true;
	go_on(w);
}

static void open_way(struct way *w, struct conn *c, int from, int to)
{
	w->conn = c;
	w->in = new_event(from, EV_READ | EV_PERSIST, on_in, w);
	w->out = new_event(to, EV_WRITE, on_due, w);
	w->timer = new_event(-1, 0, on_due, w);
	w->held = evbuffer_new();
	if (!w->held)
		die("evbuffer_new");
	event_add(w->in, NULL);
}

/* --- how one begins --- */

static void on_dialled(evutil_socket_t fd, short what, void *conn)
{
	struct conn *c = conn;
	int error = 0;
	socklen_t size = sizeof(error);

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) || error) {
		end(c);
		return;
	}
	open_way(&c->there, c, c->asking, c->asked);
	open_way(&c->back, c, c->asked, c->asking);
	/* The answer takes its time too. */
	evbuffer_add(c->back.held, connected, sizeof(connected));
	came(&c->back, sizeof(connected));
	go_on(&c->back);
}

/* A socket that connects, from the address that asks; -1. */
static int dial(int asking, const struct sockaddr_in *to)
{
	struct sockaddr_in from = {0};
	socklen_t size = sizeof(from);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		die("socket");
	no_wait(fd);
	if (getpeername(asking, (struct sockaddr *)&from, &size) == 0) {
		from.sin_port = 0;
		if (bind(fd, (struct sockaddr *)&from, size) == 0 &&
		    (connect(fd, (const struct sockaddr *)to, sizeof(*to)) ==
			 0 ||
		     errno == EINPROGRESS))
			return fd;
	}
	close(fd);
	return -1;
}

/* False: not to be served. */
static bool read_request(struct conn *c)
{
	static const uint8_t head[] = {5, 1, 0, 1, 127};
	struct sockaddr_in to = {.sin_family = AF_INET};
	uint8_t r[REQUEST_BYTES];

	if (evbuffer_remove(c->request, r, sizeof(r)) != sizeof(r) ||
	    memcmp(r, head, sizeof(head)) != 0)
		return false;
	memcpy(&to.sin_addr, r + 4, 4);
	memcpy(&to.sin_port, r + 8, 2);
	c->asked = dial(c->asking, &to);
	if (c->asked < 0)
		return false;
	event_del(c->hello);
	c->dialled = new_event(c->asked, EV_WRITE, on_dialled, c);
	event_add(c->dialled, NULL);
	return true;
}

static bool read_greeting(struct conn *c)
{
	char got[GREETING_BYTES];

	c->is_greeted = true;
	return evbuffer_remove(c->request, got, sizeof(got)) == sizeof(got) &&
	       memcmp(got, greeting, sizeof(got)) == 0 &&
	       write(c->asking, greeted, sizeof(greeted)) == sizeof(greeted);
}

static void on_hello(evutil_socket_t fd, short what, void *conn)
{
	struct conn *c = conn;
	size_t need = c->is_greeted ? REQUEST_BYTES : GREETING_BYTES;
	size_t have = evbuffer_get_length(c->request);
	int n = evbuffer_read(c->request, fd, (int)(need - have));

	(void)what;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		end(c);
	else if (have + (size_t)n < need)
		return;
	else if (!(c->is_greeted ? read_request(c) : read_greeting(c)))
		end(c);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
		      struct sockaddr *from, int size, void *arg)
{
	struct conn *c = calloc(1, sizeof(*c));

	(void)listener;
	(void)from;
	(void)size;
	(void)arg;
	if (!c)
		die("calloc");
	no_wait(fd);
	c->asking = fd;
	c->asked = -1;
	c->request = evbuffer_new();
	if (!c->request)
		die("evbuffer_new");
	c->hello = new_event(fd, EV_READ | EV_PERSIST, on_hello, c);
	event_add(c->hello, NULL);
}

static void on_stdin(evutil_socket_t fd, short what, void *arg)
{
	char byte;

	(void)what;
	(void)arg;
	if (read(fd, &byte, 1) <= 0)
		event_base_loopbreak(base);
}

static void listen_here(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);
	struct evconnlistener *l = evconnlistener_new_bind(
	    base, on_accept, NULL,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1,
	    (struct sockaddr *)&at, (int)size);

	if (!l || getsockname(evconnlistener_get_fd(l), (struct sockaddr *)&at,
			      &size) != 0)
		die("listen");
	printf("%u\n", ntohs(at.sin_port));
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc != 2 || atoi(argv[1]) < 0 || atoi(argv[1]) > DELAY_MAX_MS) {
		fputs("delay MS\n", stderr);
		return 2;
	}
	delay_ms = (uint64_t)atoi(argv[1]);
	base = event_base_new();
	if (!base)
		die("event_base_new");
	signal(SIGPIPE, SIG_IGN);
	if (event_add(new_event(0, EV_READ | EV_PERSIST, on_stdin, NULL), NULL))
		die("standard input"); /* epoll knows pipes, not files */
	listen_here();
	return event_base_dispatch(base) < 0 ? 2 : 0;
}
