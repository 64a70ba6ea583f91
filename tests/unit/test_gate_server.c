/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gate_server.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <sodium.h>

#include "api_kit.h"
#include "check.h"
#include "util/fdpass.h"
#include "util/log.h"

/* What umbel-httpd would be. */
struct bench {
	struct world w;
	struct event_base *base;
	struct gate_server *server;
	int channel;
};

struct line {
	int fd;
	struct gate_parser in;
	unsigned status;
	struct buf body;
	bool is_done, is_closed;
};

static void set_channel(struct bench *b)
{
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	gate_server_set_channel(b->server, pair[0]);
	b->channel = pair[1];
}

static void start(struct bench *b)
{
	world_start(&b->w);
	b->base = event_base_new();
	b->server = gate_server_new(b->base, b->w.api);
	set_channel(b);
}

static void end(struct bench *b)
{
	close(b->channel);
	gate_server_free(b->server);
	event_base_free(b->base);
	world_end(&b->w);
}

/* Turns the loop until nothing is left to be done at once. */
static void turn(struct bench *b)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(b->base, EVLOOP_NONBLOCK);
}

static void line_open(struct line *l, struct bench *b)
{
	int pair[2];

	memset(l, 0, sizeof(*l));
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_ok(fdpass_send(b->channel, "G", 1, pair[0]));
	close(pair[0]);
	l->fd = pair[1];
	assert_int_equal(fcntl(l->fd, F_SETFL, O_NONBLOCK), 0);
	gate_parser_init(&l->in, GATE_ANSWERS);
	buf_init(&l->body, 64 << 20);
}

static void line_close(struct line *l)
{
	close(l->fd);
	gate_parser_clear(&l->in);
	buf_clear(&l->body);
}

static void line_write(struct line *l, struct buf *b)
{
	assert_int_equal(write(l->fd, b->data, b->len), b->len);
	buf_clear(b);
}

static void put_call(struct buf *b, enum gate_method method, const char *target,
		     const char *body, const char *accept)
{
	struct gate_request head = {
	    .method = method,
	    .listener = GATE_TCP,
	    .content_length = body ? (int64_t)strlen(body) : -1,
	    .target = bytes_of(target, strlen(target)),
	    .authorization = bytes_of("Bearer " ADMIN, strlen(ADMIN) + 7),
	    .accept = bytes_of(accept, accept ? strlen(accept) : 0),
	    .request_id = bytes_of("req-00000001", 12),
	};

	if (body)
		head.content_type = bytes_of("application/json", 16);
	assert_ok(gate_put_request(b, &head));
	if (body)
		assert_ok(gate_put_data(b, GATE_BODY, body, strlen(body)));
	assert_ok(gate_put_end(b, GATE_END));
}

static void line_call(struct line *l, enum gate_method method,
		      const char *target, const char *body, const char *accept)
{
	struct buf b;

	l->is_done = false;
	buf_drop(&l->body, l->body.len);
	buf_init(&b, 1 << 20);
	put_call(&b, method, target, body, accept);
	line_write(l, &b);
}

static void take_frames(struct line *l)
{
	struct gate_frame f;

	while (gate_parser_take(&l->in, &f) == OK) {
		if (f.type == GATE_ANSWER)
			l->status = f.answer.status;
		else if (f.type == GATE_DATA)
			assert_ok(buf_put(&l->body, f.data.p, f.data.n));
		else
			l->is_done = true;
	}
}

static void line_read(struct line *l, struct bench *b)
{
	static uint8_t piece[16384];
	ssize_t n;

	turn(b);
	while ((n = read(l->fd, piece, sizeof(piece))) > 0) {
		assert_ok(gate_parser_put(&l->in, piece, (size_t)n));
		take_frames(l);
		turn(b);
	}
	l->is_closed = n == 0;
	assert_ok(buf_put(&l->body, "", 1));
	l->body.len--;
}

static void line_expect(struct line *l, struct bench *b, unsigned status,
			const char *part)
{
	line_read(l, b);
	assert_int_equal(l->status, status);
	assert_non_null(strstr((char *)l->body.data, part));
	assert_true(l->is_done);
	assert_false(l->is_closed);
}

static const char *messages(struct bench *b)
{
	return alice(&b->w, "/conversations/%s/messages",
		     text_id("cnv", kit_uid('v', 1)));
}

static const char *send_body(uint32_t n, const char *text)
{
	return fmt("{\"client_id\":\"%s\",\"text\":\"%s\"}", text_uuid(n),
		   text);
}

static void test_one_after_the_other(void **state)
{
	struct bench b;
	struct line l;

	(void)state;
	start(&b);
	line_open(&l, &b);
	for (uint32_t i = 0; i < 3; i++) {
		line_call(&l, GATE_GET, "/v1/daemon", NULL, NULL);
		line_expect(&l, &b, 200, "0.0-test");
		line_call(&l, GATE_POST, messages(&b), send_body(i, "hi"),
			  NULL);
		line_expect(&l, &b, 201, "\"text\":\"hi\"");
		line_call(&l, GATE_HEAD, "/v1/daemon", NULL, NULL);
		line_expect(&l, &b, 200, "");
	}
	line_close(&l);
	turn(&b);
	end(&b);
}

/* Two requests in one piece: the second waits for the end of the first. */
static void test_at_once(void **state)
{
	struct bench b;
	struct line l;
	struct buf out;

	(void)state;
	start(&b);
	b.w.is_manual = true;
	line_open(&l, &b);
	buf_init(&out, 1 << 20);
	put_call(&out, GATE_POST, messages(&b), send_body(1, "a"), NULL);
	put_call(&out, GATE_GET, "/v1/daemon", NULL, NULL);
	line_write(&l, &out);
	line_read(&l, &b);
	assert_int_equal(l.status, 0);
	world_commit(&b.w);
	line_read(&l, &b);
	assert_int_equal(l.status, 200);
	assert_non_null(strstr((char *)l.body.data, "0.0-test"));
	line_close(&l);
	turn(&b);
	end(&b);
}

/* An answer before the end of the request; then the stream goes on. */
static void test_early_answer(void **state)
{
	struct bench b;
	struct line l;
	struct buf out;
	struct gate_request head = {
	    .method = GATE_POST,
	    .listener = GATE_TCP,
	    .content_length = 100000,
	    .target = bytes_of("/v1/users", 9),
	    .content_type = bytes_of("application/json", 16),
	    .request_id = bytes_of("req-00000001", 12),
	};
	static uint8_t body[50000];

	(void)state;
	start(&b);
	line_open(&l, &b);
	buf_init(&out, 1 << 20);
	assert_ok(gate_put_request(&out, &head));
	line_write(&l, &out);
	line_expect(&l, &b, 401, "unauthorized");
	for (int i = 0; i < 2; i++) {
		assert_ok(gate_put_data(&out, GATE_BODY, body, sizeof(body)));
		line_write(&l, &out);
		turn(&b);
	}
	assert_ok(gate_put_end(&out, GATE_END));
	line_write(&l, &out);
	turn(&b);
	line_call(&l, GATE_GET, "/healthz", NULL, NULL);
	line_expect(&l, &b, 200, "ok");
	line_close(&l);
	turn(&b);
	end(&b);
}

static void test_gone(void **state)
{
	struct bench b;
	struct line l;

	(void)state;
	start(&b);
	b.w.is_manual = true;
	line_open(&l, &b);
	line_call(&l, GATE_POST, messages(&b), send_body(1, "a"), NULL);
	turn(&b);
	assert_int_equal(b.w.pending_count, 1);
	line_close(&l);
	turn(&b);
	world_commit(&b.w);
	line_open(&l, &b);
	line_call(&l, GATE_POST, messages(&b), send_body(1, "a"), NULL);
	line_expect(&l, &b, 200, "\"text\":\"a\"");
	line_close(&l);
	end(&b);
}

static void test_event_stream(void **state)
{
	struct bench b;
	struct line l;

	(void)state;
	start(&b);
	line_open(&l, &b);
	line_call(&l, GATE_GET, alice(&b.w, "/events"), NULL,
		  "text/event-stream");
	line_read(&l, &b);
	assert_non_null(strstr((char *)l.body.data, "event: hello"));
	world_receive(&b.w, 1, "live");
	line_read(&l, &b);
	assert_non_null(strstr((char *)l.body.data, "live"));
	assert_false(l.is_done);
	/* A new channel does not disturb it. */
	close(b.channel);
	turn(&b);
	set_channel(&b);
	world_receive(&b.w, 1, "still");
	line_read(&l, &b);
	assert_non_null(strstr((char *)l.body.data, "still"));
	world_lock(&b.w, ALICE);
	line_expect(&l, &b, 200, "event: locked");
	line_call(&l, GATE_GET, "/healthz", NULL, NULL);
	line_expect(&l, &b, 200, "ok");
	line_close(&l);
	end(&b);
}

/* 200 long messages, escaped: more than any socket buffer. */
static void test_long_answer(void **state)
{
	struct bench b;
	struct line l;
	char text[6 * 1300 + 1] = "";

	(void)state;
	start(&b);
	for (size_t i = 0; i < 1300; i++)
		memcpy(text + 6 * i, "\\u0001", 7);
	line_open(&l, &b);
	for (uint32_t i = 0; i < 200; i++) {
		line_call(&l, GATE_POST, messages(&b), send_body(i, text),
			  NULL);
		line_expect(&l, &b, 201, "\\u0001");
	}
	line_call(&l, GATE_GET, fmt("%s?limit=200", messages(&b)), NULL, NULL);
	line_expect(&l, &b, 200, "next_cursor");
	assert_true(l.body.len > 200 * 6 * 1300);
	line_close(&l);
	end(&b);
}

/* Never read: what piles up has a limit, and in the end it is cut off. */
static void test_never_reads(void **state)
{
	struct bench b;
	struct line l;

	(void)state;
	start(&b);
	line_open(&l, &b);
	line_call(&l, GATE_GET, alice(&b.w, "/events"), NULL,
		  "text/event-stream");
	turn(&b);
	for (int i = 0; i < 100; i++) {
		world_receive(&b.w, 1, fmt("%08000d", i));
		turn(&b);
	}
	for (int i = 0; i < 5; i++) {
		b.w.mono_ms += 15000;
		api_tick(b.w.api);
		turn(&b);
	}
	line_read(&l, &b);
	assert_true(l.is_closed && !l.is_done);
	assert_true(l.body.len < API_STREAM_QUEUE_MAX + (1 << 20));
	line_close(&l);
	end(&b);
}

static void test_broken(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} bad[] = {
	    {"\x09\0\0\0\1x", 6},
	    {"\x01\xff\xff\xff\xff", 5},
	    {"\x03\0\0\0\0", 5},
	    {"\x04\0\0\0\0", 5},
	};
	struct bench b;
	struct line l;

	(void)state;
	start(&b);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		line_open(&l, &b);
		assert_int_equal(write(l.fd, bad[i].bytes, bad[i].n), bad[i].n);
		line_read(&l, &b);
		assert_true(l.is_closed);
		line_close(&l);
	}
	/* A message that is no hello, or has no stream with it. */
	assert_ok(fdpass_send(b.channel, "X", 1, 0));
	assert_ok(fdpass_send(b.channel, "G", 1, -1));
	turn(&b);
	line_open(&l, &b);
	line_call(&l, GATE_GET, "/healthz", NULL, NULL);
	line_expect(&l, &b, 200, "ok");
	end(&b); /* with a stream still open */
	line_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_after_the_other),
	    cmocka_unit_test(test_at_once),
	    cmocka_unit_test(test_early_answer),
	    cmocka_unit_test(test_gone),
	    cmocka_unit_test(test_event_stream),
	    cmocka_unit_test(test_long_answer),
	    cmocka_unit_test(test_never_reads),
	    cmocka_unit_test(test_broken),
	};

	if (sodium_init() < 0)
		return 1;
	log_start("test", LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
