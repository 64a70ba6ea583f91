/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <sodium.h>

#include "api/gate.h"

#define STR(s) bytes_of(s, sizeof(s) - 1)

static struct gate_request post(int64_t content_length)
{
	return (struct gate_request){
	    .method = GATE_POST,
	    .listener = GATE_UNIX,
	    .content_length = content_length,
	    .target = STR("/v1/users?limit=1"),
	    .authorization = STR("Bearer x"),
	    .content_type = STR("application/json"),
	    .if_none_match = STR("\"e\""),
	    .range = STR("bytes=0-1"),
	    .upload_complete = STR("?1"),
	    .request_id = STR("req-00000001"),
	};
}

static void assert_str(struct bytes a, const char *s)
{
	assert_true(bytes_equal(a, bytes_of(s, strlen(s))));
}

/* Feeds b to the parser one byte at a time until a frame is whole. */
static enum err next(struct gate_parser *p, struct buf *b, struct gate_frame *f)
{
	enum err e = gate_parser_take(p, f);

	while (e == ERR_SHORT && b->len > 0) {
		assert_ok(gate_parser_put(p, b->data, 1));
		buf_drop(b, 1);
		e = gate_parser_take(p, f);
	}
	return e;
}

static void request_round_trip(void **state)
{
	struct gate_request r = post(5);
	struct gate_parser p;
	struct gate_frame f;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	gate_parser_init(&p, GATE_REQUESTS);
	assert_ok(gate_put_request(&b, &r));
	assert_ok(gate_put_data(&b, GATE_BODY, "hello", 5));
	assert_ok(gate_put_end(&b, GATE_END));
	assert_ok(next(&p, &b, &f));
	assert_int_equal(f.type, GATE_REQUEST);
	assert_int_equal(f.request.method, GATE_POST);
	assert_int_equal(f.request.listener, GATE_UNIX);
	assert_int_equal(f.request.content_length, 5);
	assert_str(f.request.target, "/v1/users?limit=1");
	assert_str(f.request.authorization, "Bearer x");
	assert_str(f.request.content_type, "application/json");
	assert_str(f.request.accept, "");
	assert_str(f.request.last_event_id, "");
	assert_str(f.request.if_none_match, "\"e\"");
	assert_str(f.request.range, "bytes=0-1");
	assert_str(f.request.if_range, "");
	assert_str(f.request.upload_offset, "");
	assert_str(f.request.upload_complete, "?1");
	assert_str(f.request.request_id, "req-00000001");
	assert_ok(next(&p, &b, &f));
	assert_int_equal(f.type, GATE_BODY);
	assert_str(f.data, "hello");
	assert_false(gate_parser_is_idle(&p));
	assert_ok(next(&p, &b, &f));
	assert_int_equal(f.type, GATE_END);
	assert_true(gate_parser_is_idle(&p));
	assert_err(next(&p, &b, &f), ERR_SHORT);
	gate_parser_clear(&p);
	buf_clear(&b);
}

static void answer_round_trip(void **state)
{
	struct gate_answer a = {
	    .status = 429,
	    .content_length = -1,
	    .content_type = STR("text/event-stream"),
	    .location = STR("/v1/x"),
	    .header_count = 1,
	    .headers = {{STR("Retry-After"), STR("3")}},
	};
	struct gate_parser p;
	struct gate_frame f;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	gate_parser_init(&p, GATE_ANSWERS);
	assert_ok(gate_put_answer(&b, &a));
	assert_ok(gate_put_data(&b, GATE_DATA, "x", 1));
	assert_ok(gate_put_end(&b, GATE_DONE));
	assert_ok(next(&p, &b, &f));
	assert_int_equal(f.type, GATE_ANSWER);
	assert_int_equal(f.answer.status, 429);
	assert_int_equal(f.answer.content_length, -1);
	assert_str(f.answer.content_type, "text/event-stream");
	assert_str(f.answer.etag, "");
	assert_str(f.answer.location, "/v1/x");
	assert_int_equal(f.answer.header_count, 1);
	assert_str(f.answer.headers[0].name, "Retry-After");
	assert_str(f.answer.headers[0].value, "3");
	assert_ok(next(&p, &b, &f));
	assert_ok(next(&p, &b, &f));
	assert_int_equal(f.type, GATE_DONE);
	gate_parser_clear(&p);
	buf_clear(&b);
}

/* The bytes are a promise to the other engineers' and Python's codecs. */
static void bytes_on_the_wire(void **state)
{
	static const char want[] = "\x01\0\0\0\x21"
				   "\x01\x01\xff\xff\xff\xff\xff\xff\xff\xff"
				   "\0\x01/\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\0\0\0\0\0\0\0\0"
				   "\x03\0\0\0\0";
	struct gate_request r = {.method = GATE_GET,
				 .listener = GATE_TCP,
				 .content_length = -1,
				 .target = STR("/")};
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	assert_ok(gate_put_request(&b, &r));
	assert_ok(gate_put_end(&b, GATE_END));
	assert_int_equal(b.len, sizeof(want) - 1);
	assert_memory_equal(b.data, want, b.len);
	buf_clear(&b);
}

static void encoder_refuses(void **state)
{
	struct gate_request r = post(-1);
	struct gate_answer a = {.status = 200, .content_length = 0};
	static char big[UINT16_MAX + 2];
	struct buf b;

	(void)state;
	buf_init(&b, 3 * GATE_FRAME_MAX);
	a.etag = STR("a\r\nSet-Cookie: x");
	assert_err(gate_put_answer(&b, &a), ERR_SYNTAX);
	a.etag = STR("");
	a.header_count = 1;
	a.headers[0].value = STR("no name");
	assert_err(gate_put_answer(&b, &a), ERR_SYNTAX);
	a.header_count = GATE_HEADERS_MAX + 1;
	assert_err(gate_put_answer(&b, &a), ERR_RANGE);
	a.header_count = 0;
	a.status = 101;
	assert_err(gate_put_answer(&b, &a), ERR_RANGE);
	r.target = STR("no slash");
	assert_err(gate_put_request(&b, &r), ERR_SYNTAX);
	memset(big, '/', sizeof(big));
	r.target = bytes_of(big, UINT16_MAX);
	assert_err(gate_put_request(&b, &r), ERR_RANGE);
	r.target = bytes_of(big, UINT16_MAX + 1);
	assert_err(gate_put_request(&b, &r), ERR_RANGE);
	assert_int_equal(b.len, 0);
	buf_clear(&b);
	buf_init(&b, 20);
	r = post(-1);
	assert_err(gate_put_request(&b, &r), ERR_FULL);
	assert_err(gate_put_data(&b, GATE_DATA, big, 16), ERR_FULL);
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

static void long_data_is_cut(void **state)
{
	static uint8_t big[GATE_FRAME_MAX * 2 + 1];
	struct gate_answer a = {.status = 200, .content_length = -1};
	struct gate_parser p;
	struct gate_frame f;
	struct buf b;
	size_t sum = 0;

	(void)state;
	buf_init(&b, sizeof(big) + 1000);
	gate_parser_init(&p, GATE_ANSWERS);
	assert_ok(gate_put_answer(&b, &a));
	assert_ok(gate_put_data(&b, GATE_DATA, big, sizeof(big)));
	while (b.len > 0 || sum < sizeof(big)) {
		size_t n = b.len < GATE_FRAME_MAX ? b.len : GATE_FRAME_MAX;
		enum err e;

		assert_ok(gate_parser_put(&p, b.data, n));
		buf_drop(&b, n);
		while ((e = gate_parser_take(&p, &f)) == OK)
			sum += f.data.n;
		assert_err(e, ERR_SHORT);
	}
	assert_int_equal(sum, sizeof(big));
	gate_parser_clear(&p);
	buf_clear(&b);
}

/* HOSTILE L-09: a stream may rest for long after a passphrase went over it. */
static void parser_forgets_what_was_taken(void **state)
{
	struct gate_request r = post(5);
	struct gate_parser p;
	struct gate_frame f;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	gate_parser_init(&p, GATE_REQUESTS);
	assert_ok(gate_put_request(&b, &r));
	assert_ok(gate_put_data(&b, GATE_BODY, "hello", 5));
	assert_ok(gate_put_end(&b, GATE_END));
	assert_ok(gate_parser_put(&p, b.data, b.len));
	assert_ok(gate_parser_take(&p, &f));
	assert_ok(gate_parser_take(&p, &f));
	assert_str(f.data, "hello");
	assert_ok(gate_parser_take(&p, &f));
	assert_err(gate_parser_take(&p, &f), ERR_SHORT);
	assert_true(p.in.cap >= b.len);
	assert_true(sodium_is_zero(p.in.data, p.in.cap));
	assert_true(gate_parser_is_idle(&p));
	gate_parser_clear(&p);
	buf_clear(&b);
}

static void put_request_of(struct buf *b, int64_t content_length)
{
	struct gate_request r = post(content_length);

	assert_ok(gate_put_request(b, &r));
}

/* Each case: what is sent, and the error at its last frame. */
static void parser_refuses(void **state)
{
	static const struct {
		const char *name;
		int64_t content_length; /* of a REQUEST in front; -2: none */
		const char *raw;
		size_t n;
		enum err want;
	} v[] = {
	    {"body without request", -2, "\2\0\0\0\1x", 6, ERR_STATE},
	    {"end without request", -2, "\3\0\0\0\0", 5, ERR_STATE},
	    {"answer to the core", -2, "\4\0\0\0\0", 5, ERR_SYNTAX},
	    {"type 0", -2, "\0\0\0\0\0", 5, ERR_SYNTAX},
	    {"type 7", -2, "\7\0\0\0\0", 5, ERR_SYNTAX},
	    {"huge", -2, "\1\0\1\0\1", 5, ERR_RANGE},
	    {"empty request", -2, "\1\0\0\0\0", 5, ERR_SYNTAX},
	    {"empty body", 1, "\2\0\0\0\0", 5, ERR_SYNTAX},
	    {"too much body", 1, "\2\0\0\0\2xx", 7, ERR_RANGE},
	    {"body of none", -1, "\2\0\0\0\1x", 6, ERR_RANGE},
	    {"too little body", 1, "\3\0\0\0\0", 5, ERR_SYNTAX},
	    {"end with content", 0, "\3\0\0\0\1x", 6, ERR_SYNTAX},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		struct gate_parser p;
		struct gate_frame f;
		struct buf b;

		buf_init(&b, 1000);
		gate_parser_init(&p, GATE_REQUESTS);
		if (v[i].content_length > -2) {
			put_request_of(&b, v[i].content_length);
			assert_ok(next(&p, &b, &f));
		}
		assert_ok(buf_put(&b, v[i].raw, v[i].n));
		if (next(&p, &b, &f) != v[i].want)
			fail_msg("%s", v[i].name);
		assert_err(gate_parser_take(&p, &f), v[i].want);
		gate_parser_clear(&p);
		buf_clear(&b);
	}
}

static void second_request_too_early(void **state)
{
	struct gate_parser p;
	struct gate_frame f;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	gate_parser_init(&p, GATE_REQUESTS);
	put_request_of(&b, -1);
	put_request_of(&b, -1);
	assert_ok(next(&p, &b, &f));
	assert_err(next(&p, &b, &f), ERR_STATE);
	gate_parser_clear(&p);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(request_round_trip),
	    cmocka_unit_test(answer_round_trip),
	    cmocka_unit_test(bytes_on_the_wire),
	    cmocka_unit_test(encoder_refuses),
	    cmocka_unit_test(long_data_is_cut),
	    cmocka_unit_test(parser_forgets_what_was_taken),
	    cmocka_unit_test(parser_refuses),
	    cmocka_unit_test(second_request_too_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
