/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"
#include "tests/unit/loop.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "net/listener.h"
#include "net/stream.h"
#include "net/timer.h"
#include "tests/unit/way_kit.h"
#include "util/buf.h"

struct end {
	struct stream *s;
	struct buf got;
	unsigned count[STREAM_ERROR + 1];
	size_t largest;
	enum stream_event free_on; /* frees itself in this event */
	bool has_free_on;
};

static void on_event(void *arg, struct stream *s, enum stream_event ev,
		     struct bytes data)
{
	struct end *e = arg;

	assert_true(s == e->s || !e->s);
	e->count[ev]++;
	if (data.n > e->largest)
		e->largest = data.n;
	assert_ok(buf_put(&e->got, data.p, data.n));
	if (e->has_free_on && ev == e->free_on) {
		stream_free(s);
		e->s = NULL;
	}
}

static void end_init(struct end *e)
{
	memset(e, 0, sizeof(*e));
	buf_init(&e->got, 1 << 22);
}

static void end_open(struct end *e, struct loop *l, int fd, size_t queue_max)
{
	struct stream_handler h = {on_event, e};

	end_init(e);
	e->s = stream_new(l->base, fd, h, queue_max);
}

static void end_close(struct end *e)
{
	stream_free(e->s);
	buf_clear(&e->got);
}

static void make_pair(int fd[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
}

static void bytes_arrive(void **state)
{
	struct loop l;
	struct end a, b;
	int fd[2];

	(void)state;
	loop_init(&l);
	make_pair(fd);
	end_open(&a, &l, fd[0], 100);
	end_open(&b, &l, fd[1], 100);
	assert_ok(stream_write(a.s, bytes_of("hello", 5)));
	loop_settle(&l);
	assert_int_equal(b.got.len, 5);
	assert_memory_equal(b.got.data, "hello", 5);
	/* A small quantum leaves the rest with the kernel. */
	stream_set_read_max(b.s, 2);
	b.largest = 0;
	assert_ok(stream_write(a.s, bytes_of("12345", 5)));
	loop_settle(&l);
	assert_int_equal(b.got.len, 10);
	assert_int_equal(b.largest, 2);
	stream_pause(b.s);
	assert_ok(stream_write(a.s, bytes_of("more", 4)));
	loop_settle(&l);
	assert_int_equal(b.got.len, 10);
	stream_resume(b.s);
	loop_settle(&l);
	assert_int_equal(b.got.len, 14);
	assert_int_equal(a.count[STREAM_CONNECTED], 0);
	end_close(&a);
	loop_settle(&l);
	assert_int_equal(b.count[STREAM_CLOSED], 1);
	assert_err(stream_write(b.s, bytes_of("x", 1)), ERR_CLOSED);
	loop_settle(&l);
	assert_int_equal(b.count[STREAM_CLOSED], 1);
	end_close(&b);
	loop_clear(&l);
}

static bool is_drained(void *arg)
{
	struct end *e = arg;

	return e->count[STREAM_DRAINED] > 0;
}

static void queue_has_a_cap(void **state)
{
	static uint8_t data[100000];
	struct loop l;
	struct end a, b;
	size_t sent = 0, i;
	int fd[2];
	enum err e;

	(void)state;
	loop_init(&l);
	make_pair(fd);
	end_open(&a, &l, fd[0], 300000);
	end_open(&b, &l, fd[1], 100);
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i % 251);
	while ((e = stream_write(a.s, bytes_of(data, sizeof(data)))) == OK)
		sent += sizeof(data);
	assert_err(e, ERR_FULL);
	assert_true(stream_queued_bytes(a.s) > 200000);
	assert_true(stream_room_bytes(a.s) < sizeof(data));
	assert_int_equal(a.count[STREAM_DRAINED], 0);
	loop_until(&l, is_drained, &a);
	assert_int_equal(stream_queued_bytes(a.s), 0);
	loop_settle(&l);
	while (b.got.len < sent)
		loop_settle(&l);
	assert_int_equal(b.got.len, sent);
	for (i = 0; i < sent; i++)
		assert_int_equal(b.got.data[i], i % sizeof(data) % 251);
	assert_int_equal(a.count[STREAM_DRAINED], 1);
	end_close(&a);
	end_close(&b);
	loop_clear(&l);
}

/* What was said before the other side closed is read, though writing has
 * failed already. */
static void last_words_are_heard(void **state)
{
	struct loop l;
	struct end a;
	int fd[2];

	(void)state;
	loop_init(&l);
	make_pair(fd);
	end_open(&a, &l, fd[0], 100);
	assert_int_equal(write(fd[1], "bye", 3), 3);
	close(fd[1]);
	assert_err(stream_write(a.s, bytes_of("x", 1)), ERR_CLOSED);
	assert_int_equal(a.count[STREAM_CLOSED], 0);
	loop_settle(&l);
	assert_int_equal(a.got.len, 3);
	assert_int_equal(a.count[STREAM_CLOSED], 1);
	end_close(&a);
	/* A side that only refuses to read is gone for us as well. */
	make_pair(fd);
	end_open(&a, &l, fd[0], 100);
	shutdown(fd[1], SHUT_RD);
	assert_err(stream_write(a.s, bytes_of("x", 1)), ERR_CLOSED);
	loop_settle(&l);
	assert_int_equal(a.count[STREAM_CLOSED], 1);
	end_close(&a);
	close(fd[1]);
	/* So it is when reading is paused. */
	make_pair(fd);
	end_open(&a, &l, fd[0], 100);
	stream_pause(a.s);
	close(fd[1]);
	assert_err(stream_write(a.s, bytes_of("x", 1)), ERR_CLOSED);
	loop_settle(&l);
	assert_int_equal(a.count[STREAM_CLOSED], 1);
	end_close(&a);
	loop_clear(&l);
}

static bool is_timed_out(void *arg)
{
	struct end *e = arg;

	return e->count[STREAM_TIMEOUT] > 0;
}

static void deadline_is_absolute(void **state)
{
	struct loop l;
	struct end a;
	int fd[2];

	(void)state;
	loop_init(&l);
	make_pair(fd);
	end_open(&a, &l, fd[0], 100);
	stream_set_deadline_ms(a.s, clock_mono_ms() + 1);
	loop_until(&l, is_timed_out, &a);
	assert_int_equal(a.count[STREAM_TIMEOUT], 1);
	assert_int_equal(write(fd[1], "x", 1), 1);
	loop_settle(&l);
	assert_int_equal(a.got.len, 1);
	stream_set_deadline_ms(a.s, 0);
	stream_set_deadline_ms(a.s, UINT64_MAX);
	loop_settle(&l);
	assert_int_equal(a.count[STREAM_TIMEOUT], 1);
	end_close(&a);
	close(fd[1]);
	loop_clear(&l);
}

static void may_be_freed_in_any_event(void **state)
{
	static uint8_t data[1 << 20];
	static const enum stream_event events[] = {
	    STREAM_DATA, STREAM_DRAINED, STREAM_TIMEOUT, STREAM_CLOSED};
	char byte;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(events); i++) {
		struct loop l;
		struct end a;
		int fd[2];

		loop_init(&l);
		make_pair(fd);
		end_open(&a, &l, fd[0], sizeof(data));
		a.has_free_on = true;
		a.free_on = events[i];
		if (events[i] == STREAM_DRAINED) {
			assert_ok(
			    stream_write(a.s, bytes_of(data, sizeof(data))));
			assert_int_equal(write(fd[1], "x", 1), 1);
		}
		if (events[i] == STREAM_DATA)
			assert_int_equal(write(fd[1], "x", 1), 1);
		if (events[i] == STREAM_TIMEOUT)
			stream_set_deadline_ms(a.s, 0);
		if (events[i] == STREAM_CLOSED)
			shutdown(fd[1], SHUT_WR);
		fcntl(fd[1], F_SETFL, O_NONBLOCK);
		while (a.s) {
			event_base_loop(l.base, EVLOOP_ONCE);
			while (events[i] == STREAM_DRAINED &&
			       recv(fd[1], data, sizeof(data), 0) > 0)
				;
		}
		assert_int_equal(a.count[events[i]], 1);
		while (recv(fd[1], &byte, 1, 0) > 0)
			;
		close(fd[1]);
		end_close(&a);
		loop_clear(&l);
	}
}

struct door {
	struct listener *l;
	int fd[64];
	size_t count;
	bool free_in_turn;
};

static void on_accept(void *arg, int fd)
{
	struct door *d = arg;

	assert_true(d->count < ARRAY_SIZE(d->fd));
	d->fd[d->count++] = fd;
	if (d->free_in_turn) {
		listener_free(d->l);
		d->l = NULL;
	}
}

static void door_clear(struct door *d)
{
	while (d->count > 0)
		close(d->fd[--d->count]);
	listener_free(d->l);
	d->l = NULL;
}

static void listener_takes_connections(void **state)
{
	struct door d = {0};
	struct listener_handler h = {on_accept, &d};
	struct loop l;
	struct end a;
	struct stream_handler sh = {on_event, &a};
	struct stat st;
	struct listener *second;
	char path[108];
	FILE *f;

	(void)state;
	loop_init(&l);
	end_init(&a);
	loop_path(&l, "s", path);
	/* Nobody is there: told from the loop. */
	assert_ok(stream_connect(l.base, way_to_path(path), WAY_SOCKS, sh, 100,
				 &a.s));
	loop_settle(&l);
	assert_int_equal(a.count[STREAM_CONNECTED], 0);
	assert_int_equal(a.count[STREAM_CLOSED], 1);
	end_close(&a);
	end_init(&a);
	assert_ok(listener_new(l.base, path, 0600, h, &d.l));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(stream_connect(l.base, way_to_path(path), WAY_SOCKS, sh, 100,
				 &a.s));
	assert_int_equal(a.count[STREAM_CONNECTED], 0);
	loop_settle(&l);
	assert_int_equal(a.count[STREAM_CONNECTED], 1);
	assert_int_equal(d.count, 1);
	assert_int_equal(fcntl(d.fd[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(d.fd[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	/* A stale socket is replaced, and the first listener does not remove
	 * what is not its own any more. */
	assert_ok(listener_new(l.base, path, 0660, h, &second));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	door_clear(&d);
	assert_int_equal(stat(path, &st), 0);
	listener_free(second);
	assert_int_equal(stat(path, &st), -1);
	f = fopen(path, "w");
	fclose(f);
	assert_err(listener_new(l.base, path, 0600, h, &d.l), ERR_EXISTS);
	unlink(path);
	end_close(&a);
	loop_clear(&l);
}

static bool has_all(void *arg)
{
	struct door *d = arg;

	return d->count == 8;
}

/* N-12 in small: without descriptors the listener rests, and goes on. */
static void listener_survives_lack_of_descriptors(void **state)
{
	struct door d = {0};
	struct listener_handler h = {on_accept, &d};
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct rlimit old, tight;
	struct loop l;
	int client[8], i, low;

	(void)state;
	loop_init(&l);
	loop_path(&l, "s", sun.sun_path);
	assert_ok(listener_new(l.base, sun.sun_path, 0600, h, &d.l));
	for (i = 0; i < 8; i++) {
		client[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(
		    connect(client[i], (struct sockaddr *)&sun, sizeof(sun)),
		    0);
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = dup(0);
	close(low);
	tight = old;
	tight.rlim_cur = (rlim_t)low + 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	loop_settle(&l);
	assert_int_equal(d.count, 3);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	loop_until(&l, has_all, &d);
	for (i = 0; i < 8; i++)
		close(client[i]);
	door_clear(&d);
	/* Freed in its own callback. */
	d.free_in_turn = true;
	assert_ok(listener_new(l.base, sun.sun_path, 0600, h, &d.l));
	client[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
	    connect(client[0], (struct sockaddr *)&sun, sizeof(sun)), 0);
	loop_settle(&l);
	assert_null(d.l);
	close(client[0]);
	door_clear(&d);
	loop_clear(&l);
}

static void paths_are_checked(void **state)
{
	char path[200];
	struct listener *lst;
	struct listener_handler h = {on_accept, NULL};
	struct loop l;

	(void)state;
	loop_init(&l);
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[LISTENER_PATH_MAX] = '\0';
	assert_true(listener_path_is_valid(path));
	path[LISTENER_PATH_MAX] = 'a';
	path[LISTENER_PATH_MAX + 1] = '\0';
	assert_false(listener_path_is_valid(path));
	assert_err(listener_new(l.base, path, 0600, h, &lst), ERR_RANGE);
	assert_false(listener_path_is_valid("/a b"));
	assert_false(listener_path_is_valid("/a\r\nQUIT"));
	assert_false(listener_path_is_valid("/a,b"));
	assert_false(listener_path_is_valid("/a\"b"));
	assert_false(listener_path_is_valid("a"));
	assert_false(listener_path_is_valid(""));
	assert_err(listener_new(l.base, "/nowhere/at/all", 0600, h, &lst),
		   ERR_IO);
	loop_clear(&l);
}

static void count_up(void *arg)
{
	++*(unsigned *)arg;
}

static void timer_fires_once(void **state)
{
	unsigned count = 0;
	struct timer *t;
	struct loop l;

	(void)state;
	loop_init(&l);
	t = timer_new(l.base, count_up, &count);
	loop_settle(&l);
	assert_int_equal(count, 0);
	assert_true(timer_get_ms(t) == TIMER_NEVER);
	timer_set_ms(t, 0);
	loop_settle(&l);
	assert_int_equal(count, 1);
	assert_true(timer_get_ms(t) == TIMER_NEVER);
	timer_set_ms(t, clock_mono_ms() + 1000000);
	loop_settle(&l);
	assert_int_equal(count, 1);
	timer_set_ms(t, 0);
	timer_set_ms(t, TIMER_NEVER);
	loop_settle(&l);
	assert_int_equal(count, 1);
	timer_free(t);
	loop_clear(&l);
}

#define IDLE_COUNT 2000

/* HOSTILE X-01: an idle connection costs far less than 4 KiB of ours. */
static void idle_streams_are_small(void **state)
{
	static struct end ends[IDLE_COUNT];
	static int other[IDLE_COUNT];
	struct stream_handler h = {on_event, NULL};
	struct rlimit lim;
	struct mallinfo2 before, after;
	struct loop l;
	int i, fd[2];

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &lim), 0);
	lim.rlim_cur = lim.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &lim), 0);
	if (lim.rlim_cur < 2 * IDLE_COUNT + 100)
		skip();
	loop_init(&l);
	before = mallinfo2();
	for (i = 0; i < IDLE_COUNT; i++) {
		make_pair(fd);
		memset(&ends[i], 0, sizeof(ends[i]));
		buf_init(&ends[i].got, 1 << 20);
		h.arg = &ends[i];
		ends[i].s = stream_new(l.base, fd[0], h, 65536);
		other[i] = fd[1];
		stream_set_deadline_ms(ends[i].s, clock_mono_ms() + 1000000);
		assert_int_equal(write(fd[1], "x", 1), 1);
	}
	loop_settle(&l);
	after = mallinfo2();
	/* Zero with a sanitizer's allocator. */
	assert_true((after.uordblks - before.uordblks) / IDLE_COUNT < 1024);
	for (i = 0; i < IDLE_COUNT; i++) {
		end_close(&ends[i]);
		close(other[i]);
	}
	loop_clear(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bytes_arrive),
	    cmocka_unit_test(queue_has_a_cap),
	    cmocka_unit_test(last_words_are_heard),
	    cmocka_unit_test(deadline_is_absolute),
	    cmocka_unit_test(may_be_freed_in_any_event),
	    cmocka_unit_test(listener_takes_connections),
	    cmocka_unit_test(listener_survives_lack_of_descriptors),
	    cmocka_unit_test(paths_are_checked),
	    cmocka_unit_test(timer_fires_once),
	    cmocka_unit_test(idle_streams_are_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
