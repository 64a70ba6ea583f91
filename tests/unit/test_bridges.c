/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which bridge lines get into tor's configuration, and which do not.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "tor/bridges.h"
#include "tor/torrc.h"

#define FINGERPRINT "4352E58420E68F5E40BF7C74FADDCCD9D1349413"

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static struct transports known(void)
{
	struct transports t;

	transports_read(
	    text("# a comment\n"
		 "UseBridges 1\n"
		 "ClientTransportPlugin obfs4,webtunnel exec /x\n"
		 "  +clienttransportplugin snow_2 socks5 127.0.0.1:9"),
	    &t);
	return t;
}

static void transports_come_from_the_configuration(void **state)
{
	struct transports t = known(), again;
	char out[TRANSPORTS_TEXT_MAX];
	size_t n = transports_encode(&t, out);

	(void)state;
	assert_int_equal(n, strlen("obfs4 webtunnel snow_2"));
	assert_memory_equal(out, "obfs4 webtunnel snow_2", n);
	transports_decode(bytes_of(out, n), &again);
	assert_int_equal(again.count, 3);
	assert_string_equal(again.names[2], "snow_2");
	transports_read(text("ClientTransportPlug x exec /y\n"
			     "ClientTransportPlugin\nClientTransportPlugin "
			     "9x,a-b,,x\nClientTransportPlugin x exec"),
			&t);
	assert_int_equal(t.count, 1);
	assert_string_equal(t.names[0], "x");
}

static void good_lines(void **state)
{
	static const char *const good[] = {
	    "192.0.2.1:443",
	    "192.0.2.1:1 " FINGERPRINT,
	    "[2001:db8::1]:65535 4352e58420e68f5e40bf7c74faddccd9d1349413",
	    "obfs4 192.0.2.1:443 " FINGERPRINT " cert=aB+/0 iat-mode=0",
	    "webtunnel [2001:db8::1]:443 " FINGERPRINT
	    " url=https://example.org/a?b=c&d ver=0.0.1",
	    "snow_2 192.0.2.3:80",
	    "obfs4 127.0.0.1:443 cert==",
	};
	struct transports t = known();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_null(bridge_check(text(good[i]), &t));
}

/* Whatever would be another line, another option, a comment, a program. */
static void bad_lines(void **state)
{
	static const char *const bad[] = {
	    "",
	    " 192.0.2.1:443",
	    "192.0.2.1:443 ",
	    "192.0.2.1:443  " FINGERPRINT,
	    "192.0.2.1",
	    "192.0.2.1:",
	    "192.0.2.1:0",
	    "192.0.2.1:65536",
	    "192.0.2.1:000443",
	    "192.0.2.1:+443",
	    "192.0.2.256:443",
	    "192.0.2:443",
	    "2001:db8::1:443",
	    "[2001:db8::1]",
	    "[192.0.2.1]:443",
	    "example.org:443",
	    "Bridge 192.0.2.1:443",
	    "obfs4",
	    "obfs4 " FINGERPRINT,
	    "meek 192.0.2.1:443",
	    "OBFS4 192.0.2.1:443",
	    "192.0.2.1:443 " FINGERPRINT " cert=x",
	    "192.0.2.1:443 cert=x",
	    "obfs4 192.0.2.1:443 =x",
	    "obfs4 192.0.2.1:443 exec",
	    "obfs4 192.0.2.1:443 x=1 " FINGERPRINT,
	    "192.0.2.1:443\nControlPort 9051",
	    "192.0.2.1:443\r",
	    "192.0.2.1:443\t" FINGERPRINT,
	    "192.0.2.1:443 # " FINGERPRINT,
	    "obfs4 192.0.2.1:443 cert=\"x\"",
	    "obfs4 192.0.2.1:443 cert=x\\",
	    "obfs4 192.0.2.1:443 cert=\xc3\xab",
	};
	struct transports t = known();
	char big[BRIDGE_LINE_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (!bridge_check(text(bad[i]), &t))
			fail_msg("taken: %s", bad[i]);
	memset(big, 'x', sizeof(big));
	memcpy(big, "obfs4 192.0.2.1:443 k=", 22);
	assert_null(bridge_check(bytes_of(big, BRIDGE_LINE_MAX), &t));
	assert_non_null(bridge_check(bytes_of(big, BRIDGE_LINE_MAX + 1), &t));
	assert_non_null(bridge_check(bytes_of("1.2.3.4:5\0", 10), &t));
}

static enum err decode_bytes(struct bytes s, struct bridges *out)
{
	struct transports t = known();
	const char *why = NULL;
	enum err e = bridges_decode(s, &t, out, &why);

	if (e != OK)
		assert_non_null(why);
	return e;
}

static enum err decode(const char *s, struct bridges *out)
{
	return decode_bytes(text(s), out);
}

static void a_list_goes_there_and_back(void **state)
{
	static const char *const bad[] = {
	    "",
	    "use 1",
	    "use 2\n",
	    "use 1\n", /* nothing to use */
	    "use 0\n\n",
	    "use 0\n192.0.2.1:443",
	    "use 0\nmeek 192.0.2.1:443\n",
	    "Use 0\n",
	    "192.0.2.1:443\n",
	};
	static const char good[] = "use 1\n192.0.2.1:443\nobfs4 192.0.2.2:1 "
				   "cert=x\n";
	char out[BRIDGES_TEXT_MAX], many[1024];
	struct bridges b;
	size_t n;

	(void)state;
	assert_ok(decode("use 0\n", &b));
	assert_int_equal(b.count, 0);
	assert_ok(decode(good, &b));
	assert_true(b.use);
	assert_int_equal(b.count, 2);
	n = bridges_encode(&b, out);
	assert_int_equal(n, sizeof(good) - 1);
	assert_memory_equal(out, good, n);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_err(decode(bad[i], &b), ERR_SYNTAX);
	assert_err(decode_bytes(bytes_of("use 0\n192.0.2.1:1\0"
					 "192.0.2.2:2\n",
					 30),
				&b),
		   ERR_SYNTAX);
	n = (size_t)sprintf(many, "use 0\n");
	for (size_t i = 0; i < BRIDGES_MAX; i++)
		n += (size_t)sprintf(many + n, "192.0.2.1:%zu\n", i + 1);
	assert_ok(decode(many, &b));
	sprintf(many + n, "192.0.2.1:99\n");
	assert_err(decode(many, &b), ERR_SYNTAX);
}

static void torrc_has_those_in_use(void **state)
{
	struct torrc_config cfg = {.data_dir = "/d",
				   .run_dir = "/r",
				   .owner_pid = 42,
				   .extra = text("# no line feed at the end")};
	char why[TORRC_WHY];
	struct bridges b;
	struct buf out;

	(void)state;
	assert_ok(decode("use 1\n192.0.2.1:443\n192.0.2.2:443\n", &b));
	cfg.bridges = &b;
	buf_init(&out, 65536);
	assert_ok(torrc_put(&out, &cfg, why));
	assert_ok(buf_put(&out, "", 1));
	assert_non_null(strstr((char *)out.data,
			       "\nUseBridges 1\nBridge 192.0.2.1:443\nBridge "
			       "192.0.2.2:443\n"));
	buf_clear(&out);
	b.use = false;
	assert_ok(torrc_put(&out, &cfg, why));
	assert_ok(buf_put(&out, "", 1));
	assert_null(strstr((char *)out.data, "ridge"));
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(transports_come_from_the_configuration),
	    cmocka_unit_test(good_lines),
	    cmocka_unit_test(bad_lines),
	    cmocka_unit_test(a_list_goes_there_and_back),
	    cmocka_unit_test(torrc_has_those_in_use),
	};

	return cmocka_run_group_tests_name("bridges", tests, NULL, NULL);
}
