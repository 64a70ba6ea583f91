/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tor's control protocol.  HOSTILE T-01, T-02
 */
#include "tests/unit/check.h"

#include <stdlib.h>

#include <sodium.h>

#include "tor/control_msg.h"
#include "tor/control_proto.h"

#define NAME "piceugn4yzj3u5lnpue6jwhlmpmr2rf4n5qsquxtzhybqdfjyai3yqyd"

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static struct control_parser *new_parser(void)
{
	struct control_parser *p = xcalloc(1, sizeof(*p));

	control_parser_init(p);
	return p;
}

static void free_parser(struct control_parser *p)
{
	control_parser_clear(p);
	free(p);
}

/* Parses what must be one whole reply, `step` bytes at a time. */
static struct control_parser *parse(const char *s, size_t step,
				    const struct control_reply **r)
{
	struct control_parser *p = new_parser();
	size_t n = strlen(s), at = 0;

	*r = NULL;
	while (!*r && at < n) {
		size_t len = n - at < step ? n - at : step;
		struct bytes in = bytes_of(s + at, len);

		assert_ok(control_parser_step(p, &in, r));
		assert_int_equal(in.n, 0);
		at += len;
	}
	assert_int_equal(at, n);
	assert_non_null(*r);
	return p;
}

static void replies_are_collected(void **state)
{
	static const char wire[] = "250-PROTOCOLINFO 1\r\n"
				   "250+config-text=\r\n"
				   "Nick x\r\n"
				   "..dot\r\n"
				   "\r\n"
				   ".\r\n"
				   "250 OK\r\n";
	const struct control_reply *r;
	struct control_parser *p;
	size_t step;

	(void)state;
	for (step = 1; step <= sizeof(wire); step++) {
		p = parse(wire, step, &r);
		assert_int_equal(r->code, 250);
		assert_int_equal(r->count, 3);
		assert_true(
		    control_is_word(r->lines[0].text, "PROTOCOLINFO 1"));
		assert_true(
		    control_is_word(r->lines[1].data, "Nick x\n.dot\n\n"));
		assert_true(control_is_word(r->lines[2].text, "OK"));
		assert_int_equal(r->lines[2].data.n, 0);
		free_parser(p);
	}
}

static void replies_follow_one_another(void **state)
{
	struct bytes in = text("650 A\r\n250 OK\r\n550 No\r\n25");
	static const int codes[] = {650, 250, 550};
	const struct control_reply *r;
	struct control_parser *p = new_parser();
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_ok(control_parser_step(p, &in, &r));
		assert_non_null(r);
		assert_int_equal(r->code, codes[i]);
	}
	assert_ok(control_parser_step(p, &in, &r));
	assert_null(r);
	free_parser(p);
}

static enum err parse_error(struct bytes in)
{
	struct control_parser *p = new_parser();
	const struct control_reply *r = NULL;
	enum err e = OK;

	while (e == OK && in.n > 0)
		e = control_parser_step(p, &in, &r);
	free_parser(p);
	return e;
}

static void broken_replies_are_refused(void **state)
{
	static const char *const bad[] = {
	    "\r\n",
	    "25 OK\r\n",
	    "250\r\n",
	    "250OK\r\n",
	    "250~OK\r\n",
	    "25O OK\r\n",
	    "150 OK\r\n",
	    "750 OK\r\n",
	    "250 OK\n",
	    "250 O\rK\r\n",
	    "250 OK\r\r\n",
	    "250-A\r\n551 B\r\n",
	    "250 \x1b[1m\r\n",
	    "HTTP/1.1 200 OK\r\n",
	    "250-A\r\n\r\n",
	    "250 a\tb\r\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_err(parse_error(text(bad[i])), ERR_SYNTAX);
	assert_err(parse_error(bytes_of("250 a\0b\r\n", 9)), ERR_SYNTAX);
}

/* T-01: endless line, lines, data. */
static void endless_replies_are_cut(void **state)
{
	static const char *const line[] = {"", "250-x\r\n", "x\r\n", "\r\n",
					   "650-NEWS\r\n"};
	static const char *const start[] = {"250 ", "", "250+d\r\n",
					    "250+d\r\n", ""};
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(line); i++) {
		struct control_parser *p = new_parser();
		const struct control_reply *r = NULL;
		struct bytes in = text(start[i]);
		enum err e = control_parser_step(p, &in, &r);

		for (k = 0; e == OK && k < 100000; k++) {
			in = i == 0 ? text("aaaaaaaaaaaaaaaa") : text(line[i]);
			e = control_parser_step(p, &in, &r);
			assert_null(r);
		}
		assert_err(e, ERR_FULL);
		assert_true(k <= 1100);
		free_parser(p);
	}
}

/* 900 lines of 2,000 bytes are 1.8 MB: too many bytes, though not lines. */
static void large_replies_are_cut(void **state)
{
	static char line[2000 + 3];
	struct control_parser *p = new_parser();
	const struct control_reply *r;
	struct bytes in;
	enum err e = OK;
	unsigned k;

	(void)state;
	memset(line, 'a', sizeof(line));
	memcpy(line, "250-", 4);
	memcpy(line + 2000, "\r\n", 3);
	for (k = 0; e == OK && k < 900; k++) {
		in = text(line);
		e = control_parser_step(p, &in, &r);
	}
	assert_err(e, ERR_FULL);
	assert_true(k > 500 && k < 530);
	free_parser(p);
}

static void words_are_taken(void **state)
{
	struct bytes in =
	    text("KEY A=b Q=\"x \\\"y\\\\ \\101\" E= Z=\"\" $F=x~n");
	struct control_word w;
	char out[16];

	(void)state;
	assert_ok(control_take_word(&in, &w));
	assert_true(control_is_word(w.key, "KEY"));
	assert_false(w.has_value);
	assert_ok(control_take_word(&in, &w));
	assert_true(control_is_word(w.value, "b"));
	assert_false(w.is_quoted);
	assert_ok(control_take_word(&in, &w));
	assert_true(w.is_quoted);
	control_get_text(&w, out, sizeof(out));
	assert_string_equal(out, "x \"y\\ 101");
	control_get_text(&w, out, 4);
	assert_string_equal(out, "x \"");
	assert_ok(control_take_word(&in, &w));
	assert_true(w.has_value && w.value.n == 0 && !w.is_quoted);
	assert_ok(control_take_word(&in, &w));
	assert_true(w.has_value && w.value.n == 0 && w.is_quoted);
	assert_ok(control_take_word(&in, &w));
	assert_true(control_is_word(w.key, "$F"));
	assert_err(control_take_word(&in, &w), ERR_NOT_FOUND);
}

static void broken_words_are_refused(void **state)
{
	static const char *const bad[] = {
	    " a",	"=a",	"a=\"b",  "a=\"b\\",
	    "a=\"b\"c", "a\"b", "a=b\"c", "a=\"b\\\"",
	};
	struct control_word w;
	struct bytes in;
	int64_t v;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		in = text(bad[i]);
		assert_err(control_take_word(&in, &w), ERR_SYNTAX);
	}
	assert_err(control_get_number(text(""), true, &v), ERR_SYNTAX);
	assert_err(control_get_number(text("-"), true, &v), ERR_SYNTAX);
	assert_err(control_get_number(text("-1"), false, &v), ERR_SYNTAX);
	assert_err(control_get_number(text("1x"), true, &v), ERR_SYNTAX);
	assert_err(control_get_number(text("99999999999999999999"), true, &v),
		   ERR_RANGE);
	assert_ok(control_get_number(text("-3600"), true, &v));
	assert_int_equal(v, -3600);
}

static void protocolinfo_is_read(void **state)
{
	static const char *const bad[] = {
	    "250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n250 OK\r\n",
	    "250-VERSION Tor=0.4.9.11\r\n250 OK\r\n",
	    "250-VERSION Tor=\"new\"\r\n250 OK\r\n",
	    "250-AUTH COOKIE\r\n250-VERSION Tor=\"0.4.9.11\"\r\n250 OK\r\n",
	    "250 OK\r\n",
	};
	struct control_protocolinfo info;
	const struct control_reply *r;
	struct control_parser *p;
	size_t i;

	(void)state;
	p = parse("250-PROTOCOLINFO 1\r\n"
		  "250-AUTH METHODS=COOKIE,SAFECOOKIE "
		  "COOKIEFILE=\"/etc/hostname\"\r\n"
		  "250-VERSION Tor=\"0.4.9.11\"\r\n250 OK\r\n",
		  1, &r);
	assert_ok(control_read_protocolinfo(r, &info));
	assert_true(info.has_safecookie);
	assert_string_equal(info.version_text, "0.4.9.11");
	assert_true(tor_version_is_enough(&info.version));
	free_parser(p);
	p = parse("250-AUTH METHODS=COOKIE,XSAFECOOKIE,SAFECOOKIEX,NULL\r\n"
		  "250-VERSION Tor=\"0.4.9.11\"\r\n250 OK\r\n",
		  100, &r);
	assert_ok(control_read_protocolinfo(r, &info));
	assert_false(info.has_safecookie);
	free_parser(p);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		p = parse(bad[i], 1000, &r);
		assert_err(control_read_protocolinfo(r, &info), ERR_SYNTAX);
		free_parser(p);
	}
	p = parse("514 Authentication required.\r\n", 1000, &r);
	assert_err(control_read_protocolinfo(r, &info), ERR_STATE);
	free_parser(p);
}

#define HEX64 "1567DA966275D551FF3BB65EBC1E59D9935EA08E84536B487E690008A13BA97E"

static void challenge_is_read(void **state)
{
	static const char *const bad[] = {
	    "250 AUTHCHALLENGE SERVERHASH=" HEX64 "\r\n",
	    "250 AUTHCHALLENGE SERVERHASH=" HEX64 " SERVERNONCE=12\r\n",
	    "250 AUTHCHALLENGE SERVERHASH=" HEX64 "00 SERVERNONCE=" HEX64
	    "\r\n",
	    "250 AUTHCHALLENGE SERVERHASH=\"" HEX64 "\" SERVERNONCE=" HEX64
	    "\r\n",
	    "250 OK SERVERHASH=" HEX64 " SERVERNONCE=" HEX64 "\r\n",
	    "250 AUTHCHALLENGE SERVERHASH=" HEX64 " SERVERNONCE=zz" HEX64
	    "\r\n",
	};
	struct control_challenge c;
	const struct control_reply *r;
	struct control_parser *p;
	size_t i;

	(void)state;
	p = parse("250 AUTHCHALLENGE SERVERHASH=" HEX64 " SERVERNONCE=" HEX64
		  "\r\n",
		  7, &r);
	assert_ok(control_read_challenge(r, &c));
	assert_int_equal(c.server_hash[0], 0x15);
	assert_int_equal(c.server_nonce[31], 0x7e);
	free_parser(p);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		p = parse(bad[i], 1000, &r);
		assert_err(control_read_challenge(r, &c), ERR_SYNTAX);
		free_parser(p);
	}
}

/* Made with Python's hmac from the strings in control-spec 3.24. */
static void cookie_hashes_fit_the_spec(void **state)
{
	static const char want[][65] = {
	    "3c8780ab52365c0d080750447e5f64dabc00428c6c434579c2043e18c1f85389",
	    "b47642df2d5abb84f69e6d02d41bed6b44aee33e69562528a82166fc98bc0b1e",
	};
	uint8_t cookie[32], cn[32], sn[32], out[32];
	char hex[65];
	int i;

	(void)state;
	for (i = 0; i < 32; i++) {
		cookie[i] = (uint8_t)i;
		cn[i] = (uint8_t)(i + 32);
		sn[i] = (uint8_t)(i + 64);
	}
	control_cookie_hash(CONTROL_SERVER, cookie, cn, sn, out);
	sodium_bin2hex(hex, sizeof(hex), out, sizeof(out));
	assert_string_equal(hex, want[0]);
	control_cookie_hash(CONTROL_CLIENT, cookie, cn, sn, out);
	sodium_bin2hex(hex, sizeof(hex), out, sizeof(out));
	assert_string_equal(hex, want[1]);
}

/* T-02 */
static void service_ids_are_checked(void **state)
{
	static const char *const bad[] = {
	    "250-ServiceID=" NAME "\r\n250-ServiceID=" NAME "\r\n250 OK\r\n",
	    "250-ServiceID=" NAME "\r\n250-PrivateKey=ED25519-V3:AA\r\n250 "
	    "OK\r\n",
	    "250-ServiceID=" NAME "a\r\n250 OK\r\n",
	    "250-ServiceID=" NAME " QUIT\r\n250 OK\r\n",
	    "250-ServiceID=\"" NAME "\"\r\n250 OK\r\n",
	    ("250-ServiceID="
	     "PICEUGN4YZJ3U5LNPUE6JWHLMPMR2RF4N5QSQUXTZHYBQDFJYAI3"
	     "YQYD\r\n250 OK\r\n"),
	    "250-ServiceID=\r\n250 OK\r\n",
	    "250-ServiceID=expyuzz4wqqyqhjn\r\n250 OK\r\n",
	    "250 OK\r\n",
	};
	char onion[ONION_NAME + 1];
	const struct control_reply *r;
	struct control_parser *p;
	size_t i;

	(void)state;
	p = parse("250-ServiceID=" NAME "\r\n250-ClientAuthV3=AA\r\n"
		  "250 OK\r\n",
		  3, &r);
	assert_ok(control_read_service_id(r, onion));
	assert_string_equal(onion, NAME);
	free_parser(p);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		p = parse(bad[i], 1000, &r);
		assert_err(control_read_service_id(r, onion), ERR_SYNTAX);
		free_parser(p);
	}
}

static enum err read_event(const char *wire, struct control_event *ev)
{
	const struct control_reply *r;
	struct control_parser *p = parse(wire, 1000, &r);
	enum err e = control_read_event(r, ev);

	free_parser(p);
	return e;
}

static void events_are_read(void **state)
{
	struct control_event ev;

	(void)state;
	assert_ok(read_event("650 STATUS_CLIENT NOTICE BOOTSTRAP PROGRESS=14 "
			     "TAG=handshake SUMMARY=\"Handshaking with a "
			     "relay\"\r\n",
			     &ev));
	assert_int_equal(ev.kind, EVENT_BOOTSTRAP);
	assert_int_equal(ev.bootstrap.percent, 14);
	assert_string_equal(ev.bootstrap.tag, "handshake");
	assert_string_equal(ev.bootstrap.summary, "Handshaking with a relay");
	assert_string_equal(ev.bootstrap.warning, "");
	assert_ok(read_event("650 STATUS_CLIENT WARN BOOTSTRAP PROGRESS=14 "
			     "TAG=h SUMMARY=\"S\" WARNING=\"No \\\"route\\\" "
			     "\xff\" REASON=DONE COUNT=1\r\n",
			     &ev));
	assert_string_equal(ev.bootstrap.warning, "No \"route\" ?");
	assert_ok(read_event("650 STATUS_CLIENT NOTICE CIRCUIT_ESTABLISHED\r\n",
			     &ev));
	assert_int_equal(ev.kind, EVENT_CIRCUITS);
	assert_true(ev.has_circuits);
	assert_ok(read_event("650 STATUS_CLIENT NOTICE CIRCUIT_NOT_ESTABLISHED "
			     "REASON=CLOCK_JUMPED\r\n",
			     &ev));
	assert_int_equal(ev.kind, EVENT_CIRCUITS);
	assert_false(ev.has_circuits);
	assert_ok(read_event("650 STATUS_GENERAL WARN CLOCK_SKEW SKEW=-7200 "
			     "SOURCE=OR:127.0.0.1:9001\r\n",
			     &ev));
	assert_int_equal(ev.kind, EVENT_CLOCK_SKEW);
	assert_int_equal(ev.clock_skew_s, -7200);
	assert_ok(read_event("650-CONF_CHANGED\r\n650-SocksPort=9050\r\n"
			     "650 OK\r\n",
			     &ev));
	assert_int_equal(ev.kind, EVENT_CONF_CHANGED);
	assert_ok(read_event("650 GUARD ENTRY xxxx DOWN\r\n", &ev));
	assert_int_equal(ev.kind, EVENT_GUARD_DOWN);
	assert_ok(read_event("650 GUARD ENTRY xxxx UP\r\n", &ev));
	assert_int_equal(ev.kind, EVENT_GUARD_UP);
	assert_ok(read_event("650 GUARD ENTRY xxxx NEW\r\n", &ev));
	assert_int_equal(ev.kind, EVENT_OTHER);
	assert_err(read_event("650 GUARD ENTRY xxxx\r\n", &ev), ERR_SYNTAX);
	assert_ok(read_event("650 CIRC 1 LAUNCHED\r\n", &ev));
	assert_int_equal(ev.kind, EVENT_OTHER);
	assert_err(read_event("650 STATUS_CLIENT NOTICE BOOTSTRAP "
			      "PROGRESS=101 TAG=x SUMMARY=\"\"\r\n",
			      &ev),
		   ERR_SYNTAX);
	assert_err(
	    read_event("650 STATUS_CLIENT NOTICE BOOTSTRAP TAG=x\r\n", &ev),
	    ERR_SYNTAX);
	assert_err(read_event("650 STATUS_CLIENT\r\n", &ev), ERR_SYNTAX);
}

#define FP "$0123456789ABCDEF0123456789ABCDEF01234567~relay"

static void descriptor_events_are_read(void **state)
{
	struct control_event ev;

	(void)state;
	assert_ok(read_event("650 HS_DESC UPLOAD " NAME " UNKNOWN " FP
			     " desc HSDIR_INDEX=00\r\n",
			     &ev));
	assert_int_equal(ev.kind, EVENT_DESC_UPLOAD);
	assert_string_equal(ev.onion, NAME);
	assert_ok(read_event("650 HS_DESC UPLOADED " NAME " UNKNOWN " FP "\r\n",
			     &ev));
	assert_int_equal(ev.kind, EVENT_DESC_UPLOADED);
	assert_ok(read_event("650 HS_DESC FAILED " NAME " UNKNOWN " FP
			     " REASON=UPLOAD_REJECTED\r\n",
			     &ev));
	assert_int_equal(ev.kind, EVENT_DESC_REFUSED);
	assert_string_equal(ev.reason, "UPLOAD_REJECTED");
	assert_ok(read_event(
	    "650 HS_DESC RECEIVED " NAME " NO_AUTH " FP " desc\r\n", &ev));
	assert_int_equal(ev.kind, EVENT_DESC_RECEIVED);
	assert_string_equal(ev.onion, NAME);
	/* Downloads are nothing of the service's. */
	assert_ok(read_event("650 HS_DESC FAILED " NAME " NO_AUTH " FP
			     " desc REASON=NOT_FOUND\r\n",
			     &ev));
	assert_int_equal(ev.kind, EVENT_DESC_MISSED);
	assert_string_equal(ev.reason, "NOT_FOUND");
	assert_ok(
	    read_event("650 HS_DESC UPLOADED UNKNOWN UNKNOWN " FP "\r\n", &ev));
	assert_int_equal(ev.kind, EVENT_OTHER);
	assert_err(read_event("650 HS_DESC UPLOADED\r\n", &ev), ERR_SYNTAX);
}

static void phase_is_read(void **state)
{
	struct control_bootstrap b;
	const struct control_reply *r;
	struct control_parser *p;

	(void)state;
	p = parse("250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=100 "
		  "TAG=done SUMMARY=\"Done\"\r\n250 OK\r\n",
		  1000, &r);
	assert_ok(control_read_phase(r, &b));
	assert_int_equal(b.percent, 100);
	free_parser(p);
	p = parse("250-version=NOTICE BOOTSTRAP PROGRESS=100 TAG=done "
		  "SUMMARY=\"Done\"\r\n250 OK\r\n",
		  1000, &r);
	assert_err(control_read_phase(r, &b), ERR_SYNTAX);
	free_parser(p);
}

static void commands_are_put(void **state)
{
	struct onion_service s = {.onion = NAME, .target = "/run/c/1"};
	uint8_t key[32];
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	memset(key, 0xff, sizeof(key));
	memset(s.client_pk, 0, sizeof(s.client_pk));
	s.max_streams = 8;
	s.has_client = true;
	assert_ok(control_put_add_onion(&b, &s));
	assert_true(control_is_word(
	    buf_view(&b),
	    "ADD_ONION ED25519-V3:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA== "
	    "Flags=DiscardPK,MaxStreamsCloseCircuit,V3Auth MaxStreams=8 "
	    "Port=1,unix:/run/c/1 ClientAuthV3="
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"));
	buf_clear(&b);
	s.has_client = false;
	s.has_pow = true;
	s.max_streams = 65535;
	assert_ok(control_put_add_onion(&b, &s));
	assert_true(control_is_word(
	    buf_view(&b),
	    "ADD_ONION ED25519-V3:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA== "
	    "Flags=DiscardPK,MaxStreamsCloseCircuit MaxStreams=65535 "
	    "PoWDefensesEnabled=1 Port=1,unix:/run/c/1\r\n"));
	buf_clear(&b);
	assert_ok(control_put_client_auth_add(&b, NAME, key));
	assert_true(control_is_word(buf_view(&b),
				    "ONION_CLIENT_AUTH_ADD " NAME " x25519:"
				    "//////////////////////////////////////////"
				    "8=\r\n"));
	buf_clear(&b);
	b.max = 20;
	assert_err(control_put_del_onion(&b, NAME), ERR_FULL);
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replies_are_collected),
	    cmocka_unit_test(replies_follow_one_another),
	    cmocka_unit_test(broken_replies_are_refused),
	    cmocka_unit_test(endless_replies_are_cut),
	    cmocka_unit_test(large_replies_are_cut),
	    cmocka_unit_test(words_are_taken),
	    cmocka_unit_test(broken_words_are_refused),
	    cmocka_unit_test(protocolinfo_is_read),
	    cmocka_unit_test(challenge_is_read),
	    cmocka_unit_test(cookie_hashes_fit_the_spec),
	    cmocka_unit_test(service_ids_are_checked),
	    cmocka_unit_test(events_are_read),
	    cmocka_unit_test(descriptor_events_are_read),
	    cmocka_unit_test(phase_is_read),
	    cmocka_unit_test(commands_are_put),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
