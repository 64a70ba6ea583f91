/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What umbel-core may say to tor, and the process between the two.
 */
#include "tests/unit/broker_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tor/control_msg.h"
#include "tor/control_rule.h"
#include "tor/control_veil.h"
#include "util/buf.h"

#define NAME	 "piceugn4yzj3u5lnpue6jwhlmpmr2rf4n5qsquxtzhybqdfjyai3yqyd"
#define TEXT_MAX 65536

static bool allows(const char *line)
{
	return control_rule_allows(bytes_of(line, strlen(line)), CELLS);
}

/* A line as control_msg.c makes it. */
static void assert_taken(struct buf *b, enum err e)
{
	assert_ok(e);
	assert_true(b->len > 2);
	assert_true(control_rule_allows(bytes_of(b->data, b->len - 2), CELLS));
	assert_false(control_rule_allows(buf_view(b), CELLS));
	assert_false(
	    control_rule_allows(bytes_of(b->data, b->len - 2), "/run/umbel"));
	buf_clear(b);
}

static void what_the_core_says_goes_through(void **state)
{
	struct onion_service s = {.onion = NAME, .target = CELLS "/1f"};
	uint8_t some[CONTROL_HASH_BYTES] = {1};
	unsigned turn;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (turn = 0; turn < 8; turn++) {
		s.has_client = turn & 1;
		s.has_pow = turn & 2;
		s.has_test = turn & 4;
		s.max_streams = turn ? ONION_STREAMS_MAX : 1;
		assert_taken(&b, control_put_add_onion(&b, &s));
	}
	assert_ok(control_put_look_up(&b, NAME));
	assert_ok(control_put_del_onion(&b, NAME));
	assert_ok(control_put_client_auth_add(&b, NAME, some));
	assert_ok(control_put_client_auth_remove(&b, NAME));
	assert_ok(control_put_authchallenge(&b, some));
	assert_ok(control_put_authenticate(&b, some));
	for (turn = 0; turn < 6; turn++) {
		const uint8_t *end = memchr(b.data, '\r', b.len);
		size_t n = (size_t)(end - b.data);

		assert_true(control_rule_allows(bytes_of(b.data, n), CELLS));
		buf_drop(&b, n + 2);
	}
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

#define ADD   "ADD_ONION ED25519-V3:AAAA Flags=DiscardPK,MaxStreamsCloseCircuit"
#define LIMIT " MaxStreams=5"

static void nothing_else_goes_through(void **state)
{
	static const char *const lines[] = {
	    "",
	    "SETCONF ClientTransportPlugin=\"x exec /bin/sh\"",
	    "RESETCONF Log",
	    "LOADCONF",
	    "+LOADCONF",
	    "SAVECONF",
	    "SIGNAL SHUTDOWN",
	    "SIGNAL NEWNYM ",
	    "signal NEWNYM",
	    "GETINFO config-text",
	    "GETINFO status/bootstrap-phase config-text",
	    "GETCONF Bridge",
	    "SETEVENTS STATUS_CLIENT",
	    "SETEVENTS STATUS_CLIENT STATUS_GENERAL HS_DESC CONF_CHANGED "
	    "NETWORK_LIVENESS "
	    "CIRC",
	    "AUTHENTICATE \"x\"",
	    "ATTACHSTREAM 1 2",
	    "DROPOWNERSHIP",
	    "DEL_ONION " NAME " x",
	    "ONION_CLIENT_AUTH_ADD " NAME " x25519:AAAA Flags=Permanent",
	    ADD LIMIT " Port=1,unix:/run/user/1000/bus",
	    ADD LIMIT " Port=1,unix:" CELLS "/../tor/control",
	    ADD LIMIT " Port=1,unix:" CELLS "/a/b",
	    ADD LIMIT " Port=1,unix:" CELLS "/",
	    ADD LIMIT " Port=1,unix:" CELLS "x/1",
	    ADD LIMIT " Port=1,unix:" CELLS "/1 Port=2,unix:/tmp/x",
	    ADD LIMIT " Port=1,127.0.0.1:22",
	    ADD LIMIT " Port=1",
	    ADD ",V3Auth" LIMIT " Port=1,unix:" CELLS "/1 ClientAuthV3=A "
		"ClientAuthV3=B ClientAuthV3=C",
	    "HSFETCH " NAME " SERVER=x",
	    ADD ",Detach" LIMIT " Port=1,unix:" CELLS "/1",
	    ADD ",NonAnonymous" LIMIT " Port=1,unix:" CELLS "/1",
	    ADD " Port=1,unix:" CELLS "/1",
	    "ADD_ONION NEW:BEST" LIMIT " Port=1,unix:" CELLS "/1",
	    ADD LIMIT " Port=1,unix:" CELLS "/1\rSETCONF x",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (allows(lines[i]))
			fail_msg("allowed: %s", lines[i]);
	assert_true(allows(ADD LIMIT " Port=1,unix:" CELLS "/1"));
	assert_false(
	    control_rule_allows(bytes_of("SIGNAL NEWNYM\0", 14), CELLS));
	assert_false(
	    control_rule_allows(bytes_of("DEL_ONION abc\0def", 17), CELLS));
}

static void socks_is_handed_over(void **state)
{
	struct broker_world *w = *state;
	int core = broker_ask(w, WAY_SOCKS), tor = broker_accept(w->tor_socks);

	assert_true(core >= 0);
	broker_say(core, "SETCONF is no word here");
	broker_assert_hears(tor, "SETCONF is no word here");
	broker_say(tor, "nor is this");
	broker_assert_hears(core, "nor is this");
	close(core);
	broker_assert_ends(tor);
	close(tor);
	unlink(w->socks);
	assert_int_equal(broker_ask(w, WAY_SOCKS), -1);
	assert_int_equal(broker_ask(w, (enum way_to)'x'), -1);
}

static void control_is_sifted(void **state)
{
	static const char *const bad[] = {"SETCONF Log=\"debug stderr\"\r\n",
					  "SIGNAL NEWNYM\n", "\r\n",
					  "SIGNAL NEWNYM\r\r\n"};
	struct broker_world *w = *state;
	int core, tor;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		broker_begin_talk(w, &core, &tor);
		broker_say(core, bad[i]);
		broker_assert_ends(tor);
		broker_assert_ends(core);
		close(core);
		close(tor);
	}
}

/* Cut anywhere: the core hears of a guard, and not which. */
static void guards_are_veiled(void **state)
{
	static const char told[] =
	    "650 GUARD ENTRY $ABC~one DOWN\r\n250 GUARD ENTRY a b\r\n"
	    "650 GUARD ENTRY \r\n650 GUARD\r\n650 GUARD ENTRY z UP\r\n";
	static const char heard[] =
	    "650 GUARD ENTRY xxxxxxxx DOWN\r\n250 GUARD ENTRY a b\r\n"
	    "650 GUARD ENTRY \r\n650 GUARD\r\n650 GUARD ENTRY x UP\r\n";
	size_t cut;

	(void)state;
	for (cut = 0; cut < sizeof(told); cut++) {
		struct control_veil v = {0};
		uint8_t bytes[sizeof(told)];

		memcpy(bytes, told, sizeof(told));
		control_veil_put(&v, bytes, cut);
		control_veil_put(&v, bytes + cut, sizeof(told) - cut);
		assert_memory_equal(bytes, heard, sizeof(heard));
	}
}

static void the_core_does_not_hear_names(void **state)
{
	struct broker_world *w = *state;
	int core, tor;

	broker_begin_talk(w, &core, &tor);
	broker_say(tor, "\r\n650 GUARD ENTRY $A~b DOWN\r\n");
	broker_assert_hears(core, "\r\n650 GUARD ENTRY xxxx DOWN\r\n");
	close(core);
	close(tor);
}

static void long_lines_end_it(void **state)
{
	static char text[TEXT_MAX];
	struct broker_world *w = *state;
	int core, tor;

	broker_begin_talk(w, &core, &tor);
	memset(text, 'a', sizeof(text));
	(void)send(core, text, sizeof(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	broker_assert_ends(tor);
	close(core);
	close(tor);
}

/* Neither side reads: what is held back is bounded, and nothing is lost. */
static void slow_ones_are_waited_for(void **state)
{
	static char text[TEXT_MAX];
	struct broker_world *w = *state;
	size_t sent = 0, got = 0;
	int core, tor;
	ssize_t n;

	broker_begin_talk(w, &core, &tor);
	memset(text, 'x', sizeof(text));
	fcntl(tor, F_SETFL, O_NONBLOCK);
	while (sent < 100 * sizeof(text)) {
		struct pollfd p[] = {{tor, POLLOUT, 0}, {core, POLLIN, 0}};

		assert_true(poll(p, 2, BROKER_WAIT_MS) > 0);
		n = send(tor, text, sizeof(text), MSG_NOSIGNAL);
		if (n > 0) {
			sent += (size_t)n;
			continue;
		}
		assert_true(n < 0 && errno == EAGAIN);
		n = recv(core, text, sizeof(text), 0);
		assert_true(n > 0);
		got += (size_t)n;
	}
	close(tor);
	fcntl(core, F_SETFL, 0);
	while ((n = recv(core, text, sizeof(text), 0)) > 0)
		got += (size_t)n;
	/* What stands in the broker at the end may be lost. */
	assert_true(got <= sent && sent - got <= 2 * CONTROL_LINE_MAX);
	close(core);
}

static void ends_are_told(void **state)
{
	struct broker_world *w = *state;
	int core, tor, i;

	for (i = 0; i < 6; i++) {
		broker_begin_talk(w, &core, &tor);
		close(i % 2 ? core : tor);
		broker_assert_ends(i % 2 ? tor : core);
		close(i % 2 ? tor : core);
	}
	unlink(w->control);
	assert_int_equal(broker_ask(w, WAY_CONTROL), -1);
}

/* Four at a time; the fifth is told that there is none. */
static void talks_are_counted(void **state)
{
	struct broker_world *w = *state;
	int core[4], tor[4], i;

	for (i = 0; i < 4; i++)
		broker_begin_talk(w, &core[i], &tor[i]);
	assert_int_equal(broker_ask(w, WAY_CONTROL), -1);
	for (i = 0; i < 4; i++) {
		close(core[i]);
		broker_assert_ends(tor[i]);
		close(tor[i]);
	}
	broker_begin_talk(w, &core[0], &tor[0]);
	close(core[0]);
	close(tor[0]);
}

static void takes_another_core(void **state)
{
	struct broker_world *w = *state;
	int fd;

	close(w->channel);
	broker_give_channel(w);
	fd = broker_ask(w, WAY_SOCKS);
	assert_true(fd >= 0);
	close(fd);
}

#define SERVED(f)                                                              \
	cmocka_unit_test_setup_teardown(f, broker_set_up, broker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_core_says_goes_through),
	    cmocka_unit_test(nothing_else_goes_through),
	    SERVED(socks_is_handed_over),
	    SERVED(control_is_sifted),
	    cmocka_unit_test(guards_are_veiled),
	    SERVED(the_core_does_not_hear_names),
	    SERVED(long_lines_end_it),
	    SERVED(slow_ones_are_waited_for),
	    SERVED(ends_are_told),
	    SERVED(talks_are_counted),
	    SERVED(takes_another_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
