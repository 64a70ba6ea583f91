/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <stdlib.h>

#include "api/httpd/head.h"
#include "api/httpd/target.h"

#define H "Host: h\r\n"

/* Scans in pieces of the given size, then parses. */
static enum fault read_head(const char *raw, size_t n, size_t piece,
			    struct head *h)
{
	struct head_scan s = {0};
	size_t have = 0;

	while (s.end == 0 && have < n) {
		enum fault f;

		have += n - have < piece ? n - have : piece;
		f = head_scan(&s, (const uint8_t *)raw, have);
		if (f != FAULT_NONE)
			return f;
	}
	assert_true(s.end > 0);
	return head_parse(bytes_of(raw, s.end), h);
}

static void assert_str(struct bytes a, const char *s)
{
	if (!bytes_equal(a, bytes_of(s, strlen(s))))
		fail_msg("%.*s is not %s", (int)a.n, (const char *)a.p, s);
}

static void good_head(void **state)
{
	static const char raw[] =
	    "POST /v1/a%20b?c=%2F&d=\x25\x32\x35 HTTP/1.1\r\n"
	    "host:127.0.0.1:1 \t\r\n"
	    "Authorization:  Bearer x y\r\n"
	    "CONTENT-LENGTH: 12\r\n"
	    "Expect: 100-Continue\r\n"
	    "Connection: TE, Close\r\n"
	    "TE: trailers\r\nUpgrade: x\r\n"
	    "X-Any: \xc3\xbc\t!\r\n"
	    "Empty:\r\n\r\nbody";
	size_t piece;

	(void)state;
	for (piece = 1; piece < sizeof(raw); piece += 7) {
		struct head h;

		assert_int_equal(read_head(raw, sizeof(raw) - 1, piece, &h),
				 FAULT_NONE);
		assert_true(h.is_known);
		assert_int_equal(h.method, GATE_POST);
		assert_int_equal(h.version, HEAD_VERSION_1_1);
		assert_str(h.target, "/v1/a%20b?c=%2F&d=%25");
		assert_str(h.path, "/v1/a%20b");
		assert_str(h.host, "127.0.0.1:1");
		assert_str(h.authorization, "Bearer x y");
		assert_int_equal(h.content_length, 12);
		assert_true(h.wants_continue);
		assert_true(h.wants_close);
		assert_false(h.has_origin);
	}
}

static const struct {
	const char *raw;
	enum fault want;
} heads[] = {
    {"GET / HTTP/1.1\r\n" H "\r\n", FAULT_NONE},
    {"GET / HTTP/1.0\r\n" H "\r\n", FAULT_NONE},
    {"FROB / HTTP/1.1\r\n" H "\r\n", FAULT_NONE},
    {"DELETE / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", FAULT_NONE},
    {"GET / HTTP/1.1\n" H "\r\n", FAULT_BARE_LF},
    {"GET / HTTP/1.1\r\nHost: h\n\r\n", FAULT_BARE_LF},
    {"GET / HTTP/1.1\r\n" H "\n", FAULT_BARE_LF},
    {"GET / HTTP/1.1\rX\r\n" H "\r\n", FAULT_CONTROL},
    {"GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", FAULT_CONTROL},
    {"GET / HTTP/1.1\r\nHost: h\x01\r\n\r\n", FAULT_CONTROL},
    {"GET / HTTP/1.1\r\nHost: h\x7f\r\n\r\n", FAULT_CONTROL},
    {"\r\nGET / HTTP/1.1\r\n" H "\r\n", FAULT_REQUEST_LINE},
    {"GET /\r\n\r\n", FAULT_REQUEST_LINE},
    {"GET  / HTTP/1.1\r\n" H "\r\n", FAULT_REQUEST_LINE},
    {"GET / HTTP/1.1 \r\n" H "\r\n", FAULT_REQUEST_LINE},
    {" GET / HTTP/1.1\r\n" H "\r\n", FAULT_REQUEST_LINE},
    {"GET\t/\tHTTP/1.1\r\n" H "\r\n", FAULT_REQUEST_LINE},
    {"G(T / HTTP/1.1\r\n" H "\r\n", FAULT_REQUEST_LINE},
    {"ABCDEFGHIJKLMNOPQ / HTTP/1.1\r\n" H "\r\n", FAULT_REQUEST_LINE},
    {"GET / http/1.1\r\n" H "\r\n", FAULT_REQUEST_LINE},
    {"GET / HTTP/1.1x\r\n" H "\r\n", FAULT_REQUEST_LINE},
    {"GET / HTTP/1.2\r\n" H "\r\n", FAULT_VERSION},
    {"GET / HTTP/0.9\r\n" H "\r\n", FAULT_VERSION},
    {"PRI * HTTP/2.0\r\n\r\n", FAULT_VERSION},
    {"OPTIONS * HTTP/1.1\r\n" H "\r\n", FAULT_TARGET_FORM},
    {"GET http://h/ HTTP/1.1\r\n" H "\r\n", FAULT_TARGET_FORM},
    {"CONNECT h:1 HTTP/1.1\r\n" H "\r\n", FAULT_TARGET_FORM},
    {"GET ?a HTTP/1.1\r\n" H "\r\n", FAULT_TARGET_FORM},
    {"GET /../a HTTP/1.1\r\n" H "\r\n", FAULT_TARGET_PATH},
    {"GET / HTTP/1.1\r\n\r\n", FAULT_NO_HOST},
    {"GET / HTTP/1.0\r\n\r\n", FAULT_NO_HOST},
    {"GET / HTTP/1.1\r\n" H H "\r\n", FAULT_DUPLICATE},
    {"GET / HTTP/1.1\r\n" H "hOST: h\r\n\r\n", FAULT_DUPLICATE},
    {"GET / HTTP/1.1\r\n" H "Origin: a\r\nOrigin: a\r\n\r\n", FAULT_DUPLICATE},
    {"GET / HTTP/1.1\r\n" H "Authorization: a\r\nauthorization: b\r\n\r\n",
     FAULT_DUPLICATE},
    {"PUT / HTTP/1.1\r\n" H "Content-Type: a\r\nContent-Type: a\r\n\r\n",
     FAULT_DUPLICATE},
    {"PUT / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
     FAULT_DUPLICATE},
    {"GET / HTTP/1.1\r\nHost : h\r\n\r\n", FAULT_HEADER_LINE},
    {"GET / HTTP/1.1\r\n" H ": x\r\n\r\n", FAULT_HEADER_LINE},
    {"GET / HTTP/1.1\r\n" H "no colon\r\n\r\n", FAULT_HEADER_LINE},
    {"GET / HTTP/1.1\r\n" H "b@d: x\r\n\r\n", FAULT_HEADER_LINE},
    {"GET / HTTP/1.1\r\n" H " folded\r\n\r\n", FAULT_FOLD},
    {"GET / HTTP/1.1\r\n" H "\tfolded: x\r\n\r\n", FAULT_FOLD},
    {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", FAULT_FOLD},
    {"GET / HTTP/1.1\r\nHost: h\tx\r\n\r\n", FAULT_VALUE},
    {"GET / HTTP/1.1\r\nHost: h\xff\r\n\r\n", FAULT_VALUE},
    {"PUT / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n", FAULT_LENGTH},
    {"PUT / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n", FAULT_LENGTH},
    {"PUT / HTTP/1.1\r\n" H "Content-Length: 1 2\r\n\r\n", FAULT_LENGTH},
    {"PUT / HTTP/1.1\r\n" H "Content-Length: 1,1\r\n\r\n", FAULT_LENGTH},
    {"PUT / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n", FAULT_LENGTH},
    {"PUT / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", FAULT_LENGTH},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 262144\r\n\r\n", FAULT_NONE},
    {"POST / HTTP/1.1\r\n" H "Content-Length: 262145\r\n\r\n", FAULT_BODY_SIZE},
    {"PUT / HTTP/1.1\r\n" H "Content-Length: 68719476736\r\n\r\n", FAULT_NONE},
    {"PATCH / HTTP/1.1\r\n" H "Content-Length: 68719476737\r\n\r\n",
     FAULT_BODY_SIZE},
    {"PUT / HTTP/1.1\r\n" H "Content-Length: 18446744073709551616\r\n\r\n",
     FAULT_BODY_SIZE},
    {"GET / HTTP/1.1\r\n" H "Content-Length: 1\r\n\r\n", FAULT_BODY_OF_GET},
    {"PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n", FAULT_CODING},
    {"PUT / HTTP/1.1\r\n" H "Transfer-Encoding:\r\n\r\n", FAULT_CODING},
    {"PUT / HTTP/1.1\r\n" H
     "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
     FAULT_LENGTH_AND_CODING},
    {"PUT / HTTP/1.1\r\n" H "Expect: 200-ok\r\n\r\n", FAULT_EXPECT},
};

static void heads_by_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		size_t n = strlen(heads[i].raw);
		struct head h;

		if (read_head(heads[i].raw, n, 1, &h) != heads[i].want ||
		    read_head(heads[i].raw, n, n, &h) != heads[i].want)
			fail_msg("%s", heads[i].raw);
	}
}

static void nul_is_refused(void **state)
{
	static const char raw[] = "GET / HTTP/1.1\r\nHost: h\0\r\n\r\n";
	struct head h;

	(void)state;
	assert_int_equal(read_head(raw, sizeof(raw) - 1, 3, &h), FAULT_CONTROL);
}

/* A head of this many header lines, the first of them Host. */
static enum fault read_lines(size_t count)
{
	char *raw = xcalloc(1, 64 + count * 8);
	struct head h;
	enum fault f;
	size_t i;

	strcpy(raw, "GET / HTTP/1.1\r\n" H);
	for (i = 1; i < count; i++)
		strcat(raw, "a: b\r\n");
	strcat(raw, "\r\n");
	f = read_head(raw, strlen(raw), strlen(raw), &h);
	free(raw);
	return f;
}

/* A head with one line of n times the same letter after "X: ". */
static enum fault read_padded(const char *first, size_t n, const char *last)
{
	size_t at = strlen(first);
	char *raw = xcalloc(1, at + n + strlen(last) + 1);
	struct head h;
	enum fault f;

	memcpy(raw, first, at);
	memset(raw + at, 'a', n);
	strcpy(raw + at + n, last);
	f = read_head(raw, strlen(raw), 1000, &h);
	free(raw);
	return f;
}

static void sizes_have_limits(void **state)
{
	static const char first[] = "GET / HTTP/1.1\r\n" H "X: ";
	size_t room = HEAD_BYTES_MAX - strlen(first) - 4;

	(void)state;
	assert_int_equal(read_lines(HEAD_LINES_MAX), FAULT_NONE);
	assert_int_equal(read_lines(HEAD_LINES_MAX + 1), FAULT_HEAD_SIZE);
	assert_int_equal(read_padded(first, room, "\r\n\r\n"), FAULT_NONE);
	assert_int_equal(read_padded(first, room + 1, "\r\n\r\n"),
			 FAULT_HEAD_SIZE);
	assert_int_equal(read_padded("GET /?", HEAD_TARGET_MAX - 2,
				     " HTTP/1.1\r\n" H "\r\n"),
			 FAULT_NONE);
	assert_int_equal(read_padded("GET /?", HEAD_TARGET_MAX - 1,
				     " HTTP/1.1\r\n" H "\r\n"),
			 FAULT_TARGET_SIZE);
	assert_int_equal(read_padded("GET /", 65536, ""), FAULT_TARGET_SIZE);
}

static void targets_by_table(void **state)
{
	static const char *const good[] = {
	    "/",     "/?",	    "/v1/",	      "/v1/a.b..c/...",
	    "/a%20", "/%c3%bc%2e5", "/a?b=/../%2F//", "/~!$&'()*+,;=:@-_",
	};
	static const char *const bad[] = {
	    "//",	  "/a//b",   "/.",	"/..",	 "/a/./b",    "/a/../b",
	    "/%2e",	  "/%2E%2e", "/.%2e/a", "/%00",	 "/a%2Fb",    "/a%2f",
	    "/a%5cb",	  "/a\\b",   "/%1b",	"/%7f",	 "/%c2%9b",   "/%0a",
	    "/%",	  "/%2",     "/%zz",	"/a#b",	 "/\xc3\xbc", "/%c3",
	    "/%ff",	  "/a?%00",  "/a?%1",	"/a?\"", "/a?b#c",    "/%c0%af",
	    "/%e2%80%a8", "/a b",    "/<a>",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		if (target_check(bytes_of(good[i], strlen(good[i]))) !=
		    FAULT_NONE)
			fail_msg("%s", good[i]);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (target_check(bytes_of(bad[i], strlen(bad[i]))) !=
		    FAULT_TARGET_PATH)
			fail_msg("%s", bad[i]);
}

static void faults_are_whole(void **state)
{
	char text[FAULT_TEXT_MAX];
	int f;

	(void)state;
	for (f = FAULT_NONE + 1; f <= FAULT_STREAMS; f++) {
		const struct fault_info *info = fault_info((enum fault)f);

		assert_in_range(info->status, 400, 505);
		assert_non_null(info->code);
		assert_true(fault_text((enum fault)f, "req-00000000", text) >
			    100);
		assert_null(strstr(text, "\"title\":\"Error\""));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_head),
	    cmocka_unit_test(heads_by_table),
	    cmocka_unit_test(nul_is_refused),
	    cmocka_unit_test(sizes_have_limits),
	    cmocka_unit_test(targets_by_table),
	    cmocka_unit_test(faults_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
