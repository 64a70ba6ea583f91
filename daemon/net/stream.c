/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/stream.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "net/timer.h"
#include "net/way.h"
#include "util/fdpass.h"
#include "util/log.h"
#include "util/mem.h"

#define READ_MAX 16384

enum stream_state {
	STREAM_IS_CONNECTING,
	STREAM_IS_OPEN,
	STREAM_IS_MUTE, /* cannot send any more; reads what is left */
	STREAM_IS_LOST, /* the kernel does not watch it: its end is near */
	STREAM_IS_OVER, /* the last event has been told */
};

struct stream {
	struct event ev; /* both directions: a struct event is 128 bytes */
	struct timer *deadline; /* made when first needed */
	struct stream_handler h;
	struct buf queue; /* its first sent_bytes are out already */
	size_t sent_bytes;
	size_t queue_max;
	bool *freed; /* set while an event is being told */
	int fd;
	uint32_t read_max;
	enum stream_state state;
	short watched;
	bool is_paused;
};

/* One for all: a callback has used the bytes before the next read. */
static uint8_t read_buf[READ_MAX];

static void on_ready(evutil_socket_t fd, short what, void *arg);

static short wanted(const struct stream *s)
{
	short what = 0;

	switch (s->state) {
	case STREAM_IS_CONNECTING: return EV_READ;
	case STREAM_IS_OPEN:
		if (s->queue.len > 0)
			what = EV_WRITE;
		return s->is_paused ? what : what | EV_READ;
	case STREAM_IS_MUTE: return s->is_paused ? 0 : EV_READ;
	case STREAM_IS_LOST:
	case STREAM_IS_OVER: return 0;
	}
	return 0;
}

static void watch(struct stream *s)
{
	struct event_base *base = event_get_base(&s->ev);
	short what = wanted(s);

	if (what != s->watched) {
		event_del(&s->ev);
		event_assign(&s->ev, base, s->fd, what | EV_PERSIST, on_ready,
			     s);
		if (what != 0 && event_add(&s->ev, NULL) != 0)
			s->state = STREAM_IS_LOST;
		s->watched = what;
	}
	/* The end is told from the loop, whether or not the kernel has
	 * anything more to say. */
	if (s->state == STREAM_IS_MUTE || s->state == STREAM_IS_LOST)
		event_active(&s->ev, EV_READ, 0);
}

/* This and what calls it return false if the owner has freed the stream. */
static bool tell(struct stream *s, enum stream_event ev, struct bytes data)
{
	bool freed = false;

	s->freed = &freed;
	s->h.fn(s->h.arg, s, ev, data);
	if (!freed)
		s->freed = NULL;
	return !freed;
}

static bool end(struct stream *s, enum stream_event ev)
{
	s->state = STREAM_IS_OVER;
	buf_clear(&s->queue);
	s->sent_bytes = 0;
	if (s->deadline)
		timer_set_ms(s->deadline, TIMER_NEVER);
	return tell(s, ev, bytes_of(NULL, 0));
}

static bool is_hangup(int error)
{
	return error == EPIPE || error == ECONNRESET || error == ENOTCONN ||
	       error == ECONNREFUSED;
}

static bool is_later(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* Bytes taken by the kernel.  After a failure the stream is mute: what the
 * other side said last can still be read. */
static size_t send_some(struct stream *s, const uint8_t *p, size_t n)
{
	ssize_t done = send(s->fd, p, n, MSG_NOSIGNAL);

	if (done >= 0)
		return (size_t)done;
	if (!is_later(errno)) {
		s->state = STREAM_IS_MUTE;
		buf_clear(&s->queue);
		s->sent_bytes = 0;
	}
	return 0;
}

static bool flush(struct stream *s)
{
	size_t left = s->queue.len - s->sent_bytes;

	s->sent_bytes += send_some(s, s->queue.data + s->sent_bytes, left);
	if (s->state != STREAM_IS_OPEN || s->sent_bytes < s->queue.len)
		return true;
	s->sent_bytes = 0;
	buf_clear(&s->queue);
	return tell(s, STREAM_DRAINED, bytes_of(NULL, 0));
}

static bool read_some(struct stream *s)
{
	ssize_t n = recv(s->fd, read_buf, s->read_max, 0);

	if (n > 0) {
		bool is_there =
		    tell(s, STREAM_DATA, bytes_of(read_buf, (size_t)n));

		/* A request of the API may hold a passphrase. */
		explicit_bzero(read_buf, (size_t)n);
		return is_there;
	}
	if (n == 0 || is_hangup(errno))
		return end(s, STREAM_CLOSED);
	if (!is_later(errno))
		return end(s, STREAM_ERROR);
	return s->state == STREAM_IS_MUTE ? end(s, STREAM_CLOSED) : true;
}

/* The connection takes the place of what it came over. */
static bool finish_connect(struct stream *s)
{
	struct event_base *base = event_get_base(&s->ev);
	char letter;
	int fd = -1;
	size_t n;
	enum err e = fdpass_recv(s->fd, &letter, 1, &n, &fd);

	if (e == ERR_SHORT)
		return true;
	if (e != OK || fd < 0)
		return end(s, STREAM_CLOSED);
	event_del(&s->ev);
	close(s->fd);
	evutil_make_socket_nonblocking(fd);
	s->fd = fd;
	s->watched = 0;
	event_assign(&s->ev, base, fd, EV_PERSIST, on_ready, s);
	s->state = STREAM_IS_OPEN;
	return tell(s, STREAM_CONNECTED, bytes_of(NULL, 0));
}

static bool step(struct stream *s, short what)
{
	if (s->state == STREAM_IS_LOST)
		return end(s, STREAM_ERROR);
	if (s->state == STREAM_IS_CONNECTING)
		return finish_connect(s);
	if ((what & EV_WRITE) && s->queue.len > 0 && !flush(s))
		return false;
	if (s->state == STREAM_IS_MUTE)
		return s->is_paused ? end(s, STREAM_CLOSED) : read_some(s);
	if (s->state == STREAM_IS_OPEN && (what & EV_READ) && !s->is_paused)
		return read_some(s);
	return true;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	if (step(s, what))
		watch(s);
}

static void on_deadline(void *arg)
{
	struct stream *s = arg;

	if (tell(s, STREAM_TIMEOUT, bytes_of(NULL, 0)))
		watch(s);
}

static struct stream *make(struct event_base *base, int fd,
			   struct stream_handler h, size_t queue_max)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	evutil_make_socket_nonblocking(fd);
	s->fd = fd;
	s->h = h;
	s->queue_max = queue_max;
	s->read_max = READ_MAX;
	buf_init(&s->queue, SIZE_MAX);
	event_assign(&s->ev, base, fd, EV_PERSIST, on_ready, s);
	return s;
}

struct stream *stream_new(struct event_base *base, int fd,
			  struct stream_handler h, size_t queue_max)
{
	struct stream *s = make(base, fd, h, queue_max);

	s->state = STREAM_IS_OPEN;
	watch(s);
	return s;
}

enum err stream_connect(struct event_base *base, struct way way, enum way_to to,
			struct stream_handler h, size_t queue_max,
			struct stream **out)
{
	int pair[2];
	enum err e;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       0, pair) != 0) {
		log_shortage("tor cannot be asked for a connection", errno);
		return ERR_IO;
	}
	e = way.ask(way.arg, to, pair[1]);
	close(pair[1]);
	if (e != OK) {
		close(pair[0]);
		return e;
	}
	*out = make(base, pair[0], h, queue_max);
	watch(*out);
	return OK;
}

int stream_take_fd(struct stream *s)
{
	int fd = s->fd;

	assert(s->queue.len == 0);
	if (s->freed)
		*s->freed = true;
	event_del(&s->ev);
	timer_free(s->deadline);
	buf_clear(&s->queue);
	free(s);
	return fd;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	buf_clear(&s->queue);
	close(stream_take_fd(s));
}

enum err stream_write(struct stream *s, struct bytes data)
{
	size_t n = 0;

	if (s->state > STREAM_IS_OPEN)
		return ERR_CLOSED;
	if (data.n > stream_room_bytes(s))
		return ERR_FULL;
	if (s->state == STREAM_IS_OPEN && s->queue.len == 0 && data.n > 0)
		n = send_some(s, data.p, data.n);
	if (s->state == STREAM_IS_MUTE) {
		watch(s);
		return ERR_CLOSED;
	}
	if (n == data.n)
		return OK;
	if (s->sent_bytes > s->queue.len / 2) {
		buf_drop(&s->queue, s->sent_bytes);
		s->sent_bytes = 0;
	}
	if (buf_put(&s->queue, data.p + n, data.n - n) != OK)
		return ERR_FULL;
	watch(s);
	return OK;
}

size_t stream_queued_bytes(const struct stream *s)
{
	return s->queue.len - s->sent_bytes;
}

size_t stream_room_bytes(const struct stream *s)
{
	return s->queue_max - stream_queued_bytes(s);
}

void stream_set_read_max(struct stream *s, size_t n)
{
	s->read_max = n == 0 || n > READ_MAX ? READ_MAX : (uint32_t)n;
}

void stream_pause(struct stream *s)
{
	s->is_paused = true;
	watch(s);
}

void stream_resume(struct stream *s)
{
	s->is_paused = false;
	watch(s);
}

void stream_set_deadline_ms(struct stream *s, uint64_t deadline_ms)
{
	if (s->state == STREAM_IS_OVER)
		return;
	if (!s->deadline && deadline_ms == TIMER_NEVER)
		return;
	if (!s->deadline)
		s->deadline = timer_new(event_get_base(&s->ev), on_deadline, s);
	timer_set_ms(s->deadline, deadline_ms);
}
