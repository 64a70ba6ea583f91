/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Dialling through a scripted SOCKS server.  HOSTILE T-09
 */
#include "tests/unit/check.h"
#include "tests/unit/loop.h"

#include <sys/socket.h>

#include "net/listener.h"
#include "net/stream.h"
#include "tests/unit/way_kit.h"
#include "tor/socks.h"
#include "util/buf.h"

#define NAME	 "piceugn4yzj3u5lnpue6jwhlmpmr2rf4n5qsquxtzhybqdfjyai3yqyd"
#define LIMIT_MS 60000

/* All that tor says in one dial; the steps end at the marks. */
static const uint8_t script[] = {5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0};
static const size_t marks[] = {2, 4, 14};
#define CODE_AT 5

struct world {
	struct loop l;
	char path[108];
	struct listener *listener;
	struct stream *conn;
	struct buf got;
	uint8_t say[sizeof(script) + 8];
	size_t say_n, said; /* what there is to say, and what was said */
	bool is_dribbling;  /* one byte in one turn */
	unsigned answers;
	/* the dial */
	unsigned count;
	enum dial_result r;
	int fd;
};

static void say_up_to(struct world *w, size_t end)
{
	if (end > w->say_n)
		end = w->say_n;
	while (w->conn && w->said < end) {
		size_t n = w->is_dribbling ? 1 : end - w->said;

		assert_ok(stream_write(w->conn, bytes_of(w->say + w->said, n)));
		w->said += n;
		if (w->is_dribbling)
			loop_settle(&w->l);
	}
	if (w->say_n < sizeof(script) && w->said == w->say_n) {
		stream_free(w->conn);
		w->conn = NULL;
	}
}

static void on_stream(void *arg, struct stream *s, enum stream_event ev,
		      struct bytes data)
{
	struct world *w = arg;

	if (ev == STREAM_DATA) {
		assert_ok(buf_put(&w->got, data.p, data.n));
		w->answers++;
	} else if (ev == STREAM_CLOSED) {
		stream_free(s);
		w->conn = NULL;
	}
}

static void on_accept(void *arg, int fd)
{
	struct world *w = arg;
	struct stream_handler h = {on_stream, w};

	assert_null(w->conn);
	w->conn = stream_new(w->l.base, fd, h, 4096);
}

static void on_dialled(void *arg, enum dial_result r, int fd)
{
	struct world *w = arg;

	w->count++;
	w->r = r;
	w->fd = fd;
}

static void world_init(struct world *w)
{
	struct listener_handler h = {on_accept, w};

	memset(w, 0, sizeof(*w));
	w->fd = -1;
	buf_init(&w->got, 4096);
	memcpy(w->say, script, sizeof(script));
	w->say_n = sizeof(script);
	loop_init(&w->l);
	loop_path(&w->l, "socks", w->path);
	assert_ok(listener_new(w->l.base, w->path, 0600, h, &w->listener));
}

static void world_clear(struct world *w)
{
	if (w->fd >= 0)
		close(w->fd);
	stream_free(w->conn);
	listener_free(w->listener);
	buf_clear(&w->got);
	loop_clear(&w->l);
}

static bool is_over(void *arg)
{
	return ((struct world *)arg)->count > 0;
}

static struct dial *dial(struct world *w, uint64_t limit_ms)
{
	struct socks_request req = {NAME, 1, "umbel", "contact-1"};
	struct dial_handler h = {on_dialled, w};
	struct dial *d =
	    socks_dial(w->l.base, way_to_path(w->path), &req, limit_ms, h);

	assert_int_equal(w->count, 0);
	return d;
}

static bool has_answered(void *arg)
{
	struct world *w = arg;

	return w->answers > 0 || w->count > 0 || (w->said > 0 && !w->conn);
}

/* Says each part after the client's part that it answers. */
static void run(struct world *w)
{
	size_t i;

	dial(w, LIMIT_MS);
	for (i = 0; i < ARRAY_SIZE(marks) && w->count == 0; i++) {
		loop_until(&w->l, has_answered, w);
		w->answers = 0;
		say_up_to(w, i + 1 == ARRAY_SIZE(marks) ? w->say_n : marks[i]);
	}
	loop_until(&w->l, is_over, w);
	assert_int_equal(w->count, 1);
}

static void dials(void **state)
{
	struct world w;
	char text[8];
	int turn;

	(void)state;
	for (turn = 0; turn < 2; turn++) {
		world_init(&w);
		w.is_dribbling = turn == 1;
		/* What the service says at once comes with the answer. */
		memcpy(w.say + w.say_n, "hello", 5);
		w.say_n += 5;
		run(&w);
		assert_int_equal(w.r, DIAL_OK);
		assert_int_equal(recv(w.fd, text, sizeof(text), 0), 5);
		assert_memory_equal(text, "hello", 5);
		assert_int_equal(recv(w.fd, text, sizeof(text), 0), -1);
		assert_int_equal(w.got.len, 3 + 17 + 4 + 1 + 62 + 2);
		assert_memory_equal(
		    w.got.data,
		    "\5\1\2\1\5umbel\11contact-1\5\1\0\3\x3e" NAME ".onion\0\1",
		    w.got.len);
		world_clear(&w);
	}
}

static void refusals_are_told(void **state)
{
	unsigned code;

	(void)state;
	for (code = 1; code < 256; code++) {
		struct world w;

		world_init(&w);
		w.say[CODE_AT] = (uint8_t)code;
		run(&w);
		assert_int_equal(w.r, dial_result_of_code((uint8_t)code));
		assert_int_equal(w.fd, -1);
		world_clear(&w);
	}
}

static void cut_answers_are_told(void **state)
{
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(script); n++) {
		struct world w;

		world_init(&w);
		w.say_n = n;
		run(&w);
		assert_int_equal(w.r, DIAL_BROKEN);
		assert_int_equal(w.fd, -1);
		world_clear(&w);
	}
}

static void silence_is_told(void **state)
{
	struct socks_request bad = {"short", 1, "u", "p"};
	struct dial_handler h;
	struct world w;
	struct dial *d;

	(void)state;
	world_init(&w);
	dial(&w, 20);
	loop_until(&w.l, is_over, &w);
	assert_int_equal(w.r, DIAL_TIMEOUT);
	world_clear(&w);
	/* Nobody there; still told from the loop. */
	world_init(&w);
	listener_free(w.listener);
	w.listener = NULL;
	dial(&w, LIMIT_MS);
	loop_until(&w.l, is_over, &w);
	assert_int_equal(w.r, DIAL_NO_TOR);
	world_clear(&w);
	world_init(&w);
	h = (struct dial_handler){on_dialled, &w};
	socks_dial(w.l.base, way_to_path(w.path), &bad, LIMIT_MS, h);
	loop_until(&w.l, is_over, &w);
	assert_int_equal(w.r, DIAL_BAD_NAME);
	world_clear(&w);
	/* Given up by the caller, at once and later. */
	world_init(&w);
	socks_cancel(dial(&w, LIMIT_MS));
	loop_settle(&w.l);
	d = dial(&w, LIMIT_MS);
	loop_until(&w.l, has_answered, &w);
	say_up_to(&w, marks[0]);
	loop_settle(&w.l);
	socks_cancel(d);
	loop_settle(&w.l);
	assert_int_equal(w.count, 0);
	world_clear(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dials),
	    cmocka_unit_test(refusals_are_told),
	    cmocka_unit_test(cut_answers_are_told),
	    cmocka_unit_test(silence_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
