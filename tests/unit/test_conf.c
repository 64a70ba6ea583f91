/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "conf.h"
#include "conf_flags.h"
#include "conf_ini.h"
#include "conf_keys.h"
#include "util/kdf_cost.h"

static const struct conf_env person = {
    .cwd = "/work",
    .home = "/home/ann",
    .xdg_runtime_dir = "/run/user/1000",
};

static enum err parse(struct conf *c, const char *text,
		      struct conf_error *error)
{
	conf_init(c);
	return conf_ini_parse(bytes_of(text, strlen(text)), "u.conf", c, error);
}

static void defaults(void **state)
{
	struct conf_error error;
	struct conf c;

	(void)state;
	conf_init(&c);
	assert_ok(conf_finish(&c, &person, &error));
	assert_string_equal(c.data, "/home/ann/.local/share/umbel");
	assert_string_equal(c.run, "/run/user/1000/umbel");
	assert_string_equal(c.listen.host, "127.0.0.1");
	assert_int_equal(c.listen.port, 7766);
	assert_int_equal(c.log_level, LOG_LEVEL_INFO);
	assert_true(c.tor_child);
	assert_int_equal(c.tor_path[0], '/');
	assert_null(c.control_socket);
	assert_int_equal(c.kdf_memory_mib, 256);
	assert_int_equal(c.kdf_passes, 3);
	assert_int_equal(c.host_count, 0);
	assert_int_equal(c.user_count, 0);
	conf_clear(&c);
}

static void defaults_of_others(void **state)
{
	const struct conf_env root = {.cwd = "/",
				      .home = "/root",
				      .is_root = true,
				      .xdg_runtime_dir = "/run/user/0"};
	struct conf_env odd = person;
	struct conf_error error;
	struct conf c;

	(void)state;
	conf_init(&c);
	assert_ok(conf_finish(&c, &root, &error));
	assert_string_equal(c.data, "/var/lib/umbel");
	assert_string_equal(c.run, "/run/umbel");
	conf_clear(&c);

	/* HOSTILE L-10: a relative XDG path means nothing. */
	odd.xdg_data_home = "data";
	odd.xdg_runtime_dir = "run";
	conf_init(&c);
	assert_ok(conf_finish(&c, &odd, &error));
	assert_string_equal(c.data, "/home/ann/.local/share/umbel");
	assert_string_equal(c.run, "/run/umbel");
	conf_clear(&c);

	odd.home = NULL;
	conf_init(&c);
	assert_err(conf_finish(&c, &odd, &error), ERR_RANGE);
	assert_non_null(strstr(error.text, "--data"));
	conf_clear(&c);
}

static void whole_file(void **state)
{
	static const char text[] = "# Umbel\n"
				   "; another kind of comment\n"
				   "\n"
				   "[daemon]\n"
				   "data = /srv/umbel/\n"
				   "run\t=\t/run/u\n"
				   "listen = [::1]:0\n"
				   "log_level = debug\n"
				   "[tor]\n"
				   "child = no\n"
				   "control_socket = /run/tor/control\n"
				   "socks_socket = /run/tor/socks\n"
				   "[kdf]\n"
				   "memory_mib = 77\n"
				   "passes = 10\n"
				   "[ api ]\n"
				   "hosts = umbel.local  chat.local:8443\n"
				   "[user \"bot = 1\"]\n";
	static const char users[] =
	    "[user \"bot\"]\n"
	    "passphrase_file = ${CREDENTIALS_DIRECTORY}/bot\n"
	    "[user \"l\xc3\xa9"
	    "a\"]\n"
	    "passphrase_file = /etc/lea";
	struct conf_env env = person;
	struct conf_error error;
	struct conf c;
	char *whole;

	(void)state;
	/* '=' in a user's name cannot be passed on. */
	assert_err(parse(&c, text, &error), ERR_SYNTAX);
	assert_non_null(strstr(error.text, "u.conf:18: expected a name"));
	conf_clear(&c);

	whole = xasprintf("%.*s%s", (int)(strstr(text, "[user") - text), text,
			  users);
	assert_ok(parse(&c, whole, &error));
	env.credentials_directory = "/run/credentials/umbel";
	assert_ok(conf_finish(&c, &env, &error));
	assert_string_equal(c.data, "/srv/umbel");
	assert_string_equal(c.run, "/run/u");
	assert_string_equal(c.listen.host, "::1");
	assert_true(c.listen.is_ipv6);
	assert_int_equal(c.listen.port, 0);
	assert_int_equal(c.log_level, LOG_LEVEL_DEBUG);
	assert_false(c.tor_child);
	assert_string_equal(c.control_socket, "/run/tor/control");
	assert_null(c.cookie_file);
	assert_int_equal(c.kdf_memory_mib, 77);
	assert_int_equal(c.kdf_passes, 10);
	assert_int_equal(c.host_count, 2);
	assert_string_equal(c.hosts[1], "chat.local:8443");
	assert_int_equal(c.user_count, 2);
	assert_string_equal(c.users[0].passphrase_file,
			    "/run/credentials/umbel/bot");
	assert_string_equal(c.users[1].name, "l\xc3\xa9"
					     "a");
	conf_clear(&c);
	free(whole);
}

static const struct {
	const char *text;
	const char *error;
} wrong[] = {
    {"data = /x", "u.conf:1: expected a [section]"},
    {"[daemon]\n\ndta = /x\n",
     "u.conf:3: expected a key of [daemon]: data, run, listen"},
    {"[kdf]\ndata = /x\n",
     "u.conf:2: expected a key of [kdf]: memory_mib, passes"},
    {"[demon]\n", "u.conf:1: expected [daemon], [tor]"},
    {"[user]\n", "u.conf:1: expected [user \"NAME\"]"},
    {"[user bot]\n", "u.conf:1: expected [user \"NAME\"]"},
    {"[user \"\"]\n", "u.conf:1: expected [user \"NAME\"]"},
    {"[user \"]\n", "u.conf:1: expected [user \"NAME\"]"},
    {"[user \"a\"]\n[user \"a\"]\n", "u.conf:2: expected each user once"},
    {"[user \"a\"]\ndata = /x\n", "u.conf:2: expected passphrase_file"},
    {"[user \"a\"]\npassphrase_file = x\n",
     "u.conf:2: expected an absolute path"},
    {"[user \"a\"]\npassphrase_file = ${HOME}/x\n",
     "u.conf:2: expected an absolute path"},
    {"[daemon\n", "u.conf:1: expected ']'"},
    {"[]\n", "u.conf:1: expected [daemon]"},
    {"[daemon]\ndata /x\n", "u.conf:2: expected key = value"},
    {"[daemon]\ndata =\n", "u.conf:2: expected a value"},
    {"[daemon]\n= /x\n", "u.conf:2: expected a key of"},
    {"[daemon]\ndata = x/y\n", "u.conf:2: expected an absolute path"},
    {"[daemon]\ndata = /x\n[tor]\n[daemon]\ndata = /y\n",
     "u.conf:5: expected each key once"},
    {"[daemon]\r\n", "u.conf:1: expected lines that end as on Unix"},
    {"[daemon]\ndata = /\x01\n", "u.conf:2: expected text in UTF-8"},
    {"[daemon]\ndata = /\xff\n", "u.conf:2: expected text in UTF-8"},
    {"[daemon]\nlisten = 7766\n",
     "u.conf:2: expected a loopback address and a port"},
    {"[tor]\nchild = true\n", "u.conf:2: expected yes or no, not 'true'"},
    {"[kdf]\nmemory_mib = 1025\n", "u.conf:2: expected a number"},
    {"[kdf]\nmemory_mib = 4294967360\n", "u.conf:2: expected a number"},
    {"[kdf]\nmemory_mib = 18446744073709551680\n",
     "u.conf:2: expected a number"},
    {"[kdf]\npasses = +3\n", "u.conf:2: expected a number"},
    {"[kdf]\npasses = 3 # three\n", "u.conf:2: expected a number"},
    {"[daemon]\nlog_level = loud\n",
     "u.conf:2: expected error, warning, info or debug, not 'loud'"},
    {"[api]\nhosts = a,b\n", "u.conf:2: expected host names"},
    {"[api]\nhosts = A\n", "u.conf:2: expected host names"},
    {"[api]\nhosts = a b c d e f g h i j k l m n o p q\n",
     "u.conf:2: expected at most 16 names"},
    {"[api.unix]\nallow = 998\n",
     "u.conf:2: expected UID:token, with the number of a user of this machine"},
    {"[api.unix]\nallow = 998:admin\n", "u.conf:2: expected UID:token"},
    {"[api.unix]\nallow = 998:tokens\n", "u.conf:2: expected UID:token"},
    {"[api.unix]\nallow = 998:token,999:token\n",
     "u.conf:2: expected UID:token"},
    {"[api.unix]\nallow = bot:token\n", "u.conf:2: expected UID:token"},
    {"[api.unix]\nallow = :token\n", "u.conf:2: expected UID:token"},
    {"[api.unix]\nallow = -1:token\n", "u.conf:2: expected UID:token"},
    {"[api.unix]\nallow = 4294967295:token\n", "u.conf:2: expected UID:token"},
    {"[api.unix]\nallow = 1:token 1:token\n", "u.conf:2: expected each user"},
    {"[api.unix]\nallow = 1:token 2:token 3:token 4:token 5:token 6:token "
     "7:token 8:token 9:token 10:token 11:token 12:token 13:token 14:token "
     "15:token 16:token 17:token\n",
     "u.conf:2: expected at most 16 users"},
    {"[api.unix]\nsocket = /x\n", "u.conf:2: expected a key of [api.unix]: "},
};

static void guests_are_read(void **state)
{
	struct conf_error error;
	struct conf c;

	(void)state;
	assert_ok(
	    parse(&c, "[api.unix]\nallow = 998:token  0:token\n", &error));
	assert_int_equal(c.guest_count, 2);
	assert_int_equal(c.guests[0], 998);
	assert_int_equal(c.guests[1], 0);
	conf_clear(&c);
}

static void wrong_lines(void **state)
{
	struct conf_error error;
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_err(parse(&c, wrong[i].text, &error), ERR_SYNTAX);
		if (!strstr(error.text, wrong[i].error))
			fail_msg("%s\ngave: %s\nnot: %s", wrong[i].text,
				 error.text, wrong[i].error);
		conf_clear(&c);
	}
}

static void hooks(void **state)
{
	static const char text[] =
	    "[hook \"log\"]\n"
	    "on = message.received file.state\n"
	    "command = /usr/bin/env  -i \"/b c/d\" \"\" a'b$(c)\n"
	    "timeout = 3600\n"
	    "user = ann = bob\n"
	    "[hook \"a.b_c-1\"]\n"
	    "command = /x\n"
	    "on = contact.added\n";
	static const char *const words[] = {"/usr/bin/env", "-i", "/b c/d", "",
					    "a'b$(c)",	    NULL};
	const struct conf_hook *h;
	struct conf_error error;
	struct conf c;
	size_t i;

	(void)state;
	assert_ok(parse(&c, text, &error));
	assert_ok(conf_finish(&c, &person, &error));
	assert_int_equal(c.hook_count, 2);
	h = &c.hooks[0];
	assert_string_equal(h->name, "log");
	assert_string_equal(h->types, "message.received file.state");
	assert_string_equal(h->user, "ann = bob");
	assert_int_equal(h->timeout_s, 3600);
	assert_int_equal(h->word_count, ARRAY_SIZE(words) - 1);
	for (i = 0; words[i]; i++)
		assert_string_equal(h->words[i], words[i]);
	assert_null(h->words[i]);
	h = &c.hooks[1];
	assert_string_equal(h->name, "a.b_c-1");
	assert_null(h->user);
	assert_int_equal(h->timeout_s, 30);
	conf_clear(&c);
}

static void a_key_costs_enough(void **state)
{
	struct conf_error error;
	struct conf c;
	char *text, *why;

	(void)state;
	text = xasprintf("[kdf]\nmemory_mib = %d\n", KDF_MIB_MIN - 1);
	why = xasprintf("u.conf:2: expected a number from %d to 1024, not '%d'",
			KDF_MIB_MIN, KDF_MIB_MIN - 1);
	assert_err(parse(&c, text, &error), ERR_SYNTAX);
	assert_string_equal(error.text, why);
	conf_clear(&c);
	free(text);
	free(why);
	text = xasprintf("[kdf]\npasses = %d\n", KDF_PASSES_MIN - 1);
	assert_err(parse(&c, text, &error), ERR_SYNTAX);
	conf_clear(&c);
	free(text);
}

static void bounds(void **state)
{
	char *text = xasprintf("[daemon]\n#%*s\n", 1023, "x");
	struct conf_error error;
	struct conf c;
	int i, n;

	(void)state;
	assert_ok(parse(&c, text, &error));
	conf_clear(&c);
	free(text);
	text = xasprintf("[daemon]\n#%*s\n", 1024, "x");
	assert_err(parse(&c, text, &error), ERR_SYNTAX);
	assert_non_null(strstr(error.text, "u.conf:2: expected a line"));
	conf_clear(&c);
	free(text);

	text = xcalloc(1, 4096);
	for (i = 0, n = 0; i < 65; i++)
		n +=
		    snprintf(text + n, 4096 - (size_t)n, "[user \"u%d\"]\n", i);
	assert_err(parse(&c, text, &error), ERR_SYNTAX);
	assert_non_null(strstr(error.text, "u.conf:65: expected at most 64"));
	assert_int_equal(c.user_count, 64);
	conf_clear(&c);
	free(text);
	/* A NUL does not hide the rest of a line. */
	conf_init(&c);
	assert_err(conf_ini_parse(bytes_of("#\0x\n", 4), "u.conf", &c, &error),
		   ERR_SYNTAX);
	conf_clear(&c);
}

/* HOSTILE W-06: nothing but loopback is listened on, and no name is looked up.
 */
static void loopback_only(void **state)
{
	static const char *const good[] = {"127.0.0.1:0", "127.0.0.1:65535",
					   "127.8.9.10:1", "[::1]:7766"};
	static const char *const bad[] = {"0.0.0.0:7766",
					  "192.168.1.1:7766",
					  "[::]:7766",
					  "[::ffff:127.0.0.1]:1",
					  "localhost:7766",
					  "127.1:7766",
					  "2130706433:7766",
					  "127.0.0.1",
					  "127.0.0.1:",
					  "127.0.0.1:65536",
					  "127.0.0.1:-1",
					  "127.0.0.1: 1",
					  "127.0.0.1:1x",
					  "::1:7766",
					  "[::1]",
					  "[::1:7766",
					  "[127.0.0.1]:7766",
					  ":7766",
					  "128.0.0.1:7766",
					  "126.255.255.255:1",
					  "",
					  "[fe80::1]:1",
					  "127.0.0.1:7766:7766"};
	const struct conf_key *listen = NULL;
	struct conf_error error;
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < conf_key_count; i++)
		if (conf_keys[i].type == CONF_LISTEN)
			listen = &conf_keys[i];
	assert_non_null(listen);
	conf_init(&c);
	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_ok(conf_set(&c, listen, good[i], &error));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (conf_set(&c, listen, bad[i], &error) == OK)
			fail_msg("took %s", bad[i]);
	assert_string_equal(c.listen.host, "::1");
	conf_clear(&c);
}

static enum err flags(struct conf *c, int argc, char *const *argv,
		      struct conf_flags *f, struct conf_error *error)
{
	enum err e = conf_flags_scan(argc, argv, f, error);

	conf_init(c);
	return e == OK ? conf_flags_apply(argc, argv, c, error) : e;
}

static void good_flags(void **state)
{
	static const char *const argv[] = {"umbeld",
					   "--data",
					   "d/e/",
					   "--run=./r",
					   "--listen",
					   "127.0.0.1:1",
					   "--no-tor-child",
					   "./c",
					   "./s",
					   "--config",
					   "file",
					   "--tor-cookie",
					   "/c/cookie",
					   "--log-level=error",
					   "--check-config"};
	struct conf_error error;
	struct conf_flags f;
	struct conf c;

	(void)state;
	assert_ok(flags(&c, ARRAY_SIZE(argv), (char *const *)(uintptr_t)argv,
			&f, &error));
	assert_ok(conf_finish(&c, &person, &error));
	assert_string_equal(c.data, "/work/d/e");
	assert_string_equal(c.run, "/work/./r");
	assert_string_equal(c.control_socket, "/work/./c");
	assert_string_equal(c.socks_socket, "/work/./s");
	assert_string_equal(c.cookie_file, "/c/cookie");
	assert_string_equal(f.file, "file");
	assert_int_equal(c.log_level, LOG_LEVEL_ERROR);
	assert_true(f.check);
	assert_false(f.help || f.version);
	conf_clear(&c);
}

static void bad_flags(void **state)
{
	static const struct {
		const char *argv[4];
		const char *error;
	} cases[] = {
	    {{"umbeld", "--frob"}, "unknown flag '--frob'"},
	    {{"umbeld", "data"}, "unknown flag 'data'"},
	    {{"umbeld", "--"}, "unknown flag '--'"},
	    {{"umbeld", "-h"}, "unknown flag '-h'"},
	    {{"umbeld", "--dat", "/x"}, "unknown flag '--dat'"},
	    {{"umbeld", "--data"}, "--data expects DIR"},
	    {{"umbeld", "--no-tor-child", "/c"},
	     "--no-tor-child expects CONTROL SOCKS"},
	    {{"umbeld", "--no-tor-child=/c", "/s"}, "takes no '='"},
	    {{"umbeld", "--help=x"}, "--help takes no '='"},
	    {{"umbeld", "--listen", "0.0.0.0:1"},
	     "--listen: expected a loopback address"},
	    {{"umbeld", "--tor", "tor"}, "--tor: expected a path"},
	    {{"umbeld", "--data", ""}, "--data: expected a path"},
	};
	struct conf_error error;
	struct conf_flags f;
	struct conf c;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (n = 0; n < 4 && cases[i].argv[n];)
			n++;
		assert_err(flags(&c, n, (char *const *)(uintptr_t)cases[i].argv,
				 &f, &error),
			   ERR_SYNTAX);
		if (!strstr(error.text, cases[i].error))
			fail_msg("gave: %s\nnot: %s", error.text,
				 cases[i].error);
		conf_clear(&c);
	}
}

static void flags_overrule_file(void **state)
{
	static const char *const argv[] = {"umbeld", "--listen", "127.0.0.1:1"};
	struct conf_error error;
	struct conf c;

	(void)state;
	assert_ok(parse(&c, "[daemon]\nlisten=127.0.0.1:2\nrun=/r\n", &error));
	assert_ok(
	    conf_flags_apply(3, (char *const *)(uintptr_t)argv, &c, &error));
	assert_int_equal(c.listen.port, 1);
	assert_string_equal(c.run, "/r");
	conf_clear(&c);
}

static void unusable_wholes(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
	    {"[daemon]\nrun = /a b\n", "has a space"},
	    {"[daemon]\nrun = /a\"b\n", "has a space, quote"},
	    {"[daemon]\nrun = "
	     "/3456789012345678901234567890123456789012345678901234567890"
	     "1234567890123456789012\n",
	     "81 bytes; sockets need one of at most 80"},
	    {"[tor]\nchild = no\n", "needs control_socket and socks_socket"},
	    {"[tor]\nchild = no\ncontrol_socket = /c\nsocks_socket = /s\n"
	     "writes = /w\n",
	     "for our own tor only"},
	    {"[tor]\nchild = no\ncontrol_socket = /c\n", "needs control_"},
	    {"[tor]\ncookie_file = /c\n", "are for child = no"},
	    {"[tor]\nchild = no\ncontrol_socket = /c\nsocks_socket = /s\n"
	     "extra = /x\n",
	     "for our own tor only"},
	    {"[user \"a\"]\n", "without a passphrase_file"},
	    {"[user \"a\"]\npassphrase_file = ${CREDENTIALS_DIRECTORY}/a\n",
	     "no credentials"},
	};
	struct conf_error error;
	struct conf c;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_ok(parse(&c, cases[i].text, &error));
		assert_err(conf_finish(&c, &person, &error), ERR_RANGE);
		if (!strstr(error.text, cases[i].error))
			fail_msg("gave: %s\nnot: %s", error.text,
				 cases[i].error);
		conf_clear(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(defaults_of_others),
	    cmocka_unit_test(whole_file),
	    cmocka_unit_test(wrong_lines),
	    cmocka_unit_test(hooks),
	    cmocka_unit_test(a_key_costs_enough),
	    cmocka_unit_test(bounds),
	    cmocka_unit_test(loopback_only),
	    cmocka_unit_test(good_flags),
	    cmocka_unit_test(bad_flags),
	    cmocka_unit_test(flags_overrule_file),
	    cmocka_unit_test(unusable_wholes),
	    cmocka_unit_test(guests_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
