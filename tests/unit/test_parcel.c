/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/parcel.h"

#include <stdlib.h>

#include "api/event_names.h"
#include "api/webhook_url.h"
#include "check.h"

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static void assert_same(struct bytes a, struct bytes b)
{
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, a.n);
}

static const struct parcel run = {.type = PARCEL_RUN,
				  .id = UINT64_C(0x1122334455667788),
				  .hook = 15,
				  .body = {(const uint8_t *)"{}", 2}};
static const struct parcel drop = {.type = PARCEL_DROP, .id = 7};
static const struct parcel end = {
    .type = PARCEL_END, .id = 7, .end = PARCEL_LATE, .code = 143};

static struct parcel post(void)
{
	return (struct parcel){.type = PARCEL_POST,
			       .id = 9,
			       .url = text("http://127.0.0.1:1/"),
			       .message_id = text("evt_x_1"),
			       .timestamp = text("1700000000"),
			       .signature = text("v1,AAAA"),
			       .body = text("{\"id\":1}")};
}

static void all_kinds(void **state)
{
	const struct parcel sent[] = {run, post(), drop, end};
	struct parcel got;
	struct buf b;
	size_t i, n;

	(void)state;
	buf_init(&b, PARCEL_FRAME_MAX);
	for (i = 0; i < ARRAY_SIZE(sent); i++)
		assert_ok(parcel_put(&b, &sent[i]));
	for (i = 0; i < ARRAY_SIZE(sent); i++) {
		assert_ok(parcel_take(buf_view(&b), &n, &got));
		assert_int_equal(got.type, sent[i].type);
		assert_int_equal(got.id, sent[i].id);
		assert_int_equal(got.hook, sent[i].hook);
		assert_same(got.url, sent[i].url);
		assert_same(got.message_id, sent[i].message_id);
		assert_same(got.timestamp, sent[i].timestamp);
		assert_same(got.signature, sent[i].signature);
		assert_same(got.body, sent[i].body);
		assert_int_equal(got.end, sent[i].end);
		assert_int_equal(got.code, sent[i].code);
		buf_drop(&b, n);
	}
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

/* A frame that is cut anywhere waits; nothing is read beyond it. */
static void cut_anywhere(void **state)
{
	const struct parcel whole = post();
	struct parcel got;
	struct buf b;
	size_t i, n;

	(void)state;
	buf_init(&b, PARCEL_FRAME_MAX);
	assert_ok(parcel_put(&b, &whole));
	for (i = 0; i < b.len; i++) {
		uint8_t *part = xmemdup(b.data, i + 1);

		assert_err(parcel_take(bytes_of(part, i), &n, &got), ERR_SHORT);
		free(part);
	}
	buf_clear(&b);
}

static void refuse(const void *frame, size_t n, enum err e)
{
	struct parcel got;
	size_t used;

	assert_err(parcel_take(bytes_of(frame, n), &used, &got), e);
}

#define REFUSE(s, e) refuse(s, sizeof(s) - 1, e)

static void bad_frames(void **state)
{
	(void)state;
	REFUSE("\0\0\0\0\10AAAAAAAA", ERR_SYNTAX);
	REFUSE("\5\0\0\0\10AAAAAAAA", ERR_SYNTAX);
	/* longer than any may be */
	REFUSE("\1\377\377\377\377", ERR_RANGE);
	REFUSE("\1\0\40\0\0", ERR_RANGE);
	/* too short for what it is, or too long */
	REFUSE("\1\0\0\0\10AAAAAAAA", ERR_SYNTAX);
	REFUSE("\1\0\0\0\11AAAAAAAA\0", ERR_SYNTAX);
	REFUSE("\3\0\0\0\7AAAAAAA", ERR_SYNTAX);
	REFUSE("\3\0\0\0\11AAAAAAAAx", ERR_SYNTAX);
	REFUSE("\4\0\0\0\14AAAAAAAA\1\0\0x", ERR_SYNTAX);
	/* no such hook, end or code */
	REFUSE("\1\0\0\0\12AAAAAAAA\20x", ERR_SYNTAX);
	REFUSE("\4\0\0\0\13AAAAAAAA\0\0\0", ERR_SYNTAX);
	REFUSE("\4\0\0\0\13AAAAAAAA\6\0\0", ERR_SYNTAX);
	REFUSE("\4\0\0\0\13AAAAAAAA\1\3\350", ERR_SYNTAX);
	/* a string with a line break, one that is longer than the rest */
	REFUSE("\2\0\0\0\22AAAAAAAA\0\1\n\0\0\0\0\0\0x", ERR_SYNTAX);
	REFUSE("\2\0\0\0\22AAAAAAAA\0\11a\0\0\0\0\0\0x", ERR_SYNTAX);
}

static void bad_parcels_are_not_sent(void **state)
{
	struct parcel p = post();
	struct buf b;
	uint8_t *much = xcalloc(1, PARCEL_BODY_MAX + 1);

	(void)state;
	buf_init(&b, 2 * PARCEL_FRAME_MAX);
	p.url = text("http://127.0.0.1/\r\nHost: x");
	assert_err(parcel_put(&b, &p), ERR_SYNTAX);
	p = post();
	p.body = bytes_of(much, PARCEL_BODY_MAX + 1);
	assert_err(parcel_put(&b, &p), ERR_RANGE);
	assert_int_equal(b.len, 0);
	free(much);
	buf_clear(&b);
}

static enum err read_url(const char *s, struct webhook_url *out)
{
	return webhook_url_read(text(s), out);
}

static void good_urls(void **state)
{
	static const char *const good[] = {
	    "http://127.0.0.1",
	    "http://127.0.0.1/",
	    "http://127.0.0.1:9000/hook",
	    "http://127.255.255.254:65535/a/b?c=d&e=%20",
	    "http://[::1]:9000/x",
	    "http://[::1]",
	    "http://[0:0:0:0:0:0:0:1]/",
	};
	struct webhook_url url;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_ok(read_url(good[i], &url));
		assert_string_equal(url.http, good[i]);
		assert_string_equal(url.socket, "");
	}
	assert_ok(read_url("unix:/run/x.sock", &url));
	assert_string_equal(url.socket, "/run/x.sock");
	assert_string_equal(url.http, "http://localhost/");
	assert_ok(read_url("unix:/run/x.sock:/a?b", &url));
	assert_string_equal(url.socket, "/run/x.sock");
	assert_string_equal(url.http, "http://localhost/a?b");
}

/* Whatever else a machine may be called, or a URL may hide. */
static const struct {
	const char *url;
	enum err e;
} bad_url_list[] = {
    {"http://example.org/", ERR_RANGE},
    {"http://localhost/", ERR_RANGE},
    {"http://localhost.example.org/", ERR_RANGE},
    {"http://10.0.0.1/", ERR_RANGE},
    {"http://128.0.0.1/", ERR_RANGE},
    {"http://0.0.0.0/", ERR_RANGE},
    {"http://0/", ERR_RANGE},
    {"http://127.1/", ERR_RANGE},
    {"http://127.0.0.1.example.org/", ERR_RANGE},
    {"http://127.0.0.1@example.org/", ERR_RANGE},
    {"http://127.0.0.1:80@example.org/", ERR_SYNTAX},
    {"http://user:secret@127.0.0.1/", ERR_SYNTAX},
    {"http://2130706433/", ERR_RANGE},
    {"http://0x7f000001/", ERR_RANGE},
    {"http://0177.0.0.1/", ERR_RANGE},
    {"http://127.0.0.01/", ERR_RANGE},
    {"http://[::]/", ERR_RANGE},
    {"http://[::2]/", ERR_RANGE},
    {"http://[::1%25lo]/", ERR_RANGE},
    {"http://[::ffff:127.0.0.1]/", ERR_RANGE},
    {"http://[::1/", ERR_RANGE},
    {"http://[::1]x/", ERR_RANGE},
    {"http:///x", ERR_SYNTAX},
    {"http://:80/", ERR_SYNTAX},
    {"http://", ERR_SYNTAX},
    {"http://127.0.0.1:/", ERR_SYNTAX},
    {"http://127.0.0.1:0/", ERR_SYNTAX},
    {"http://127.0.0.1:080/", ERR_SYNTAX},
    {"http://127.0.0.1:65536/", ERR_SYNTAX},
    {"http://127.0.0.1:-1/", ERR_SYNTAX},
    {"http://127.0.0.1?x", ERR_SYNTAX},
    {"http://127.0.0.1/#x", ERR_SYNTAX},
    {"http://127.0.0.1/a b", ERR_SYNTAX},
    {"http://127.0.0.1/\r\nX: y", ERR_SYNTAX},
    {"http://127.0.0.1/\\evil", ERR_SYNTAX},
    {"http://127.0.0.1/\xc3\xa4", ERR_SYNTAX},
    {"http://127.0.0.1#@example.org/", ERR_RANGE},
    {"http://127.0.0.1\\@example.org/", ERR_RANGE},
    {"HTTP://127.0.0.1/", ERR_SYNTAX},
    {"https://127.0.0.1/", ERR_SYNTAX},
    {"ftp://127.0.0.1/", ERR_SYNTAX},
    {"file:///etc/passwd", ERR_SYNTAX},
    {"//127.0.0.1/", ERR_SYNTAX},
    {"127.0.0.1", ERR_SYNTAX},
    {"", ERR_SYNTAX},
    {"unix:", ERR_SYNTAX},
    {"unix:run/x", ERR_SYNTAX},
    {"unix:@abstract", ERR_SYNTAX},
    {"unix:/x:y", ERR_SYNTAX},
    {"unix:/x:", ERR_SYNTAX},
    {"unix:/run/\xc3\xbc.sock", ERR_SYNTAX},
    {"unix:/run/\n.sock", ERR_SYNTAX},
    {"unix://127.0.0.1:80/", ERR_SYNTAX},
    {" http://127.0.0.1/", ERR_SYNTAX},
};

static void bad_urls(void **state)
{
	struct webhook_url url;
	char path[300] = "unix:/";
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad_url_list); i++)
		if (read_url(bad_url_list[i].url, &url) != bad_url_list[i].e)
			fail_msg("%s: %s", bad_url_list[i].url,
				 err_str(read_url(bad_url_list[i].url, &url)));
	assert_err(webhook_url_read(bytes_of("http://127.0.0.1/\0x", 19), &url),
		   ERR_SYNTAX);
	memset(path + 6, 'x', 106);
	assert_ok(read_url(path, &url));
	path[112] = 'x';
	assert_err(read_url(path, &url), ERR_SYNTAX);
}

static void names(void **state)
{
	(void)state;
	assert_int_equal(event_names_read("message.received"),
			 1u << JOURNAL_MESSAGE_RECEIVED);
	assert_int_equal(event_names_read(" file.state  message.received "),
			 1u << JOURNAL_FILE_STATE |
			     1u << JOURNAL_MESSAGE_RECEIVED);
	assert_int_equal(event_names_read(""), 0);
	assert_int_equal(event_names_read("message.received presence"), 0);
	assert_int_equal(event_names_read("message.receive"), 0);
	assert_int_equal(event_names_read("message.received,file.state"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_kinds),
	    cmocka_unit_test(cut_anywhere),
	    cmocka_unit_test(bad_frames),
	    cmocka_unit_test(bad_parcels_are_not_sent),
	    cmocka_unit_test(good_urls),
	    cmocka_unit_test(bad_urls),
	    cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
