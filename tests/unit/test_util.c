/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "util/buf.h"
#include "util/fdpass.h"
#include "util/file.h"
#include "util/text.h"

static void buf_keeps_its_cap(void **state)
{
	struct buf b;
	char data[100] = {7};

	(void)state;
	buf_init(&b, 150);
	assert_ok(buf_put(&b, data, 100));
	assert_err(buf_put(&b, data, 51), ERR_FULL);
	assert_int_equal(b.len, 100);
	assert_ok(buf_put(&b, data, 50));
	buf_drop(&b, 149);
	assert_int_equal(b.len, 1);
	buf_clear(&b);
}

/* It may be kept for long after what was in it. */
static void buf_forgets_what_is_dropped(void **state)
{
	struct buf b;
	char data[100];
	size_t i;

	(void)state;
	memset(data, 7, sizeof(data));
	buf_init(&b, 150);
	assert_ok(buf_put(&b, data, 100));
	buf_drop(&b, 30);
	buf_drop(&b, 0);
	assert_int_equal(b.len, 70);
	for (i = 0; i < 100; i++)
		assert_int_equal(b.data[i], i < 70 ? 7 : 0);
	buf_drop(&b, 70);
	assert_true(sodium_is_zero(b.data, 100));
	buf_clear(&b);
}

/* RFC 4648 section 10, in lower case and without padding. */
static void base32_vectors(void **state)
{
	static const char *const v[] = {
	    "", "my", "mzxq", "mzxw6", "mzxw6yq", "mzxw6ytb", "mzxw6ytboi"};
	uint8_t back[8];
	char text[16];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		base32_encode((const uint8_t *)"foobar", i, text);
		assert_string_equal(text, v[i]);
		assert_ok(base32_decode(text, strlen(text), back, i));
		assert_memory_equal(back, "foobar", i);
	}
	assert_err(base32_decode("MY", 2, back, 1), ERR_SYNTAX);
	assert_err(base32_decode("mz", 2, back, 1), ERR_SYNTAX);
	assert_err(base32_decode("m1", 2, back, 1), ERR_SYNTAX);
}

static void uid_round_trip(void **state)
{
	uint8_t id[UID_BYTES], back[UID_BYTES];
	char text[UID_TEXT + 1];
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		randombytes_buf(id, sizeof(id));
		uid_encode(id, text);
		assert_ok(uid_decode(text, UID_TEXT, back));
		assert_memory_equal(id, back, sizeof(id));
	}
	memset(id, 0xff, sizeof(id));
	uid_encode(id, text);
	assert_string_equal(text, "7zzzzzzzzzzzzzzzzzzzzzzzzz");
	text[0] = '8';
	assert_err(uid_decode(text, UID_TEXT, back), ERR_SYNTAX);
}

static void utf8_is_strict(void **state)
{
	static const struct {
		const char *s;
		bool valid, label;
	} v[] = {
	    {"plain", true, true},
	    {"gr\xc3\xbc\xc3\x9f", true, true},
	    {"\xf0\x9f\x8c\xb1", true, true},
	    {"two\nlines", true, false},
	    {"\x1b]52", true, false},
	    {"\xc2\x9b", true, false},
	    {"\xe2\x80\xa8", true, false},
	    {"gnp.\xe2\x80\xaejs", true, false},
	    {"\xe2\x81\xa6", true, false},
	    {"\xd8\x9c", true, false},
	    {"\xd7\x90", true, true},
	    {"\xc0\xaf", false, false},
	    {"\xe0\x80\xaf", false, false},
	    {"\xed\xa0\x80", false, false},
	    {"\xf4\x90\x80\x80", false, false},
	    {"\xc3", false, false},
	    {"\x80", false, false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		const uint8_t *p = (const uint8_t *)v[i].s;

		assert_int_equal(utf8_is_valid(p, strlen(v[i].s)), v[i].valid);
		assert_int_equal(utf8_is_label(p, strlen(v[i].s)), v[i].label);
	}
	assert_false(utf8_is_valid((const uint8_t *)"a\0b", 3));
}

static void rfc3339_form(void **state)
{
	char text[RFC3339_TEXT + 1];

	(void)state;
	rfc3339_encode(1700000000123, text);
	assert_string_equal(text, "2023-11-14T22:13:20.123Z");
	rfc3339_encode(UINT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

static void rfc3339_is_read(void **state)
{
	static const struct {
		const char *s;
		uint64_t ms;
	} v[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"2023-11-14T22:13:20.123Z", 1700000000123},
	    {"2023-11-14t22:13:20.123z", 1700000000123},
	    {"2023-11-14 22:13:20.123Z", 1700000000123},
	    {"2023-11-14T23:13:20.1239999+01:00", 1700000000123},
	    {"2023-11-14T16:43:20.123456789-05:30", 1700000000123},
	    {"2023-11-14T22:13:20.1Z", 1700000000100},
	    {"2000-02-29T00:00:00Z", 951782400000},
	    {"2016-12-31T23:59:60Z", 1483228800000},
	    {"9999-12-31T23:59:59.999Z", 253402300799999},
	};
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		assert_ok(rfc3339_decode(v[i].s, strlen(v[i].s), &ms));
		assert_int_equal(ms, v[i].ms);
	}
	/* Every day there is, and back. */
	for (uint64_t day = 0; day < 2932896; day += 97) {
		char text[RFC3339_TEXT + 1];

		rfc3339_encode(day * 86400000 + 1, text);
		assert_ok(rfc3339_decode(text, RFC3339_TEXT, &ms));
		assert_int_equal(ms, day * 86400000 + 1);
	}
}

static void rfc3339_is_strict(void **state)
{
	static const struct {
		const char *s;
		enum err e;
	} v[] = {
	    {"", ERR_SYNTAX},
	    {"2023-11-14", ERR_SYNTAX},
	    {"2023-11-14T22:13:20", ERR_SYNTAX},
	    {"2023-11-14T22:13Z", ERR_SYNTAX},
	    {"2023-11-14T22:13:20.Z", ERR_SYNTAX},
	    {"2023-11-14T22:13:20.0123456789Z", ERR_SYNTAX},
	    {"2023-11-14T22:13:20Z ", ERR_SYNTAX},
	    {"2023-11-14T22:13:20+0100", ERR_SYNTAX},
	    {"2023-11-14T22:13:20+24:00", ERR_SYNTAX},
	    {"+023-11-14T22:13:20Z", ERR_SYNTAX},
	    {"2023-1-14T22:13:20Z", ERR_SYNTAX},
	    {"0000-11-14T22:13:20Z", ERR_RANGE},
	    {"2023-00-14T22:13:20Z", ERR_RANGE},
	    {"2023-13-14T22:13:20Z", ERR_RANGE},
	    {"2023-11-31T22:13:20Z", ERR_RANGE},
	    {"2023-02-29T22:13:20Z", ERR_RANGE},
	    {"1900-02-29T22:13:20Z", ERR_RANGE},
	    {"2023-11-14T24:13:20Z", ERR_RANGE},
	    {"2023-11-14T22:60:20Z", ERR_RANGE},
	    {"2023-11-14T22:13:61Z", ERR_RANGE},
	    {"1969-12-31T23:59:59Z", ERR_RANGE},
	    {"1970-01-01T00:30:00+01:00", ERR_RANGE},
	};
	uint64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		assert_err(rfc3339_decode(v[i].s, strlen(v[i].s), &ms), v[i].e);
	assert_err(rfc3339_decode("2023-11-14T22:13:20\0Z", 21, &ms),
		   ERR_SYNTAX);
}

static void file_is_replaced_whole(void **state)
{
	char dir[] = "/tmp/umbel-test-XXXXXX";
	char path[64], link[64];
	struct buf b;
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/f", dir);
	snprintf(link, sizeof(link), "%s/l", dir);
	buf_init(&b, 8);
	assert_err(file_read(path, &b), ERR_NOT_FOUND);
	assert_ok(file_replace(path, "one", 3, 0600));
	assert_ok(file_replace(path, "three", 5, 0600));
	assert_ok(file_read(path, &b));
	assert_int_equal(b.len, 5);
	assert_err(file_read(path, &b), ERR_FULL);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(symlink(path, link), 0);
	assert_err(file_read(link, &b), ERR_IO);
	assert_err(file_make_dir(path), ERR_STATE);
	buf_clear(&b);
	unlink(path);
	unlink(link);
	rmdir(dir);
}

static void fdpass_carries_a_descriptor(void **state)
{
	int s[2], p[2], fd;
	char data[8], c = 'x';
	size_t n;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	assert_int_equal(pipe(p), 0);
	assert_ok(fdpass_send(s[0], "hi", 2, p[1]));
	assert_ok(fdpass_send(s[0], "too long to fit", 15, p[1]));
	assert_ok(fdpass_recv(s[1], data, sizeof(data), &n, &fd));
	assert_int_equal(n, 2);
	assert_int_equal(write(fd, &c, 1), 1);
	assert_int_equal(read(p[0], &c, 1), 1);
	close(fd);
	assert_err(fdpass_recv(s[1], data, sizeof(data), &n, &fd), ERR_RANGE);
	close(s[0]);
	assert_err(fdpass_recv(s[1], data, sizeof(data), &n, &fd), ERR_CLOSED);
	close(s[1]);
	close(p[0]);
	close(p[1]);
}

static void send_many(int sock, size_t n, const int *fds, size_t count)
{
	char text[] = "hi";
	struct iovec iov = {text, n};
	union {
		char space[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control = {.space = ""};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.space,
			     .msg_controllen = CMSG_SPACE(count * sizeof(int))};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	assert_int_equal(sendmsg(sock, &msg, 0), n);
}

static int next_fd(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* As one sends who wants to fill up the other's table of them. */
static void fdpass_keeps_no_other_descriptor(void **state)
{
	const int fds[] = {0, 0, 0, 0};
	int s[2], fd, before;
	char data[8];
	size_t n, i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	before = next_fd();
	for (i = 2; i <= ARRAY_SIZE(fds); i++) {
		send_many(s[0], 2, fds, i);
		assert_err(fdpass_recv(s[1], data, sizeof(data), &n, &fd),
			   ERR_RANGE);
		assert_int_equal(fd, -1);
		assert_int_equal(next_fd(), before);
	}
	send_many(s[0], 0, fds, 1);
	assert_err(fdpass_recv(s[1], data, sizeof(data), &n, &fd), ERR_CLOSED);
	assert_int_equal(fd, -1);
	assert_int_equal(next_fd(), before);
	close(s[0]);
	close(s[1]);
}

static void fdpass_waits_for_nobody(void **state)
{
	int s[2], sent = 0;
	enum err e;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s), 0);
	while ((e = fdpass_send_now(s[0], "hi", 2, 0)) == OK)
		sent++;
	assert_err(e, ERR_FULL);
	assert_true(sent > 0);
	close(s[1]);
	assert_err(fdpass_send_now(s[0], "hi", 2, 0), ERR_CLOSED);
	close(s[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(buf_keeps_its_cap),
	    cmocka_unit_test(buf_forgets_what_is_dropped),
	    cmocka_unit_test(base32_vectors),
	    cmocka_unit_test(uid_round_trip),
	    cmocka_unit_test(utf8_is_strict),
	    cmocka_unit_test(rfc3339_form),
	    cmocka_unit_test(rfc3339_is_read),
	    cmocka_unit_test(rfc3339_is_strict),
	    cmocka_unit_test(file_is_replaced_whole),
	    cmocka_unit_test(fdpass_carries_a_descriptor),
	    cmocka_unit_test(fdpass_keeps_no_other_descriptor),
	    cmocka_unit_test(fdpass_waits_for_nobody),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
