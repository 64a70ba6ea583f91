/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How far a message has come, and what goes over the wire for it.
 */
#include "tests/unit/check.h"

#include <sodium.h>
#include <stdlib.h>

#include "tests/sim/talk.h"

static int set_up(void **state)
{
	*state = rig_new(71);
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static enum message_state state_of(struct rig *r, size_t i)
{
	return rig_row(r, MESSAGE_OUT, i)->state;
}

static void drained(struct rig *r, const struct puppet *p)
{
	struct event ev = {.type = EV_LINK_DRAINED};

	ev.link.id = p->link;
	rig_event(r, &ev);
}

static void sent_when_tor_has_it_and_nobody_answers(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);

	assert_ok(rig_say(r, "one"));
	rig_tick(r, 10 * 1000);
	assert_int_equal(state_of(r, 0), MESSAGE_SENDING);
	drained(r, p);
	rig_tick(r, 1999);
	assert_int_equal(state_of(r, 0), MESSAGE_SENDING);
	assert_ok(rig_say(r, "two"));
	drained(r, p);
	rig_tick(r, 1);
	assert_int_equal(state_of(r, 0), MESSAGE_SENT);
	assert_int_equal(state_of(r, 1), MESSAGE_SENDING);
	rig_tick(r, 2000);
	assert_int_equal(state_of(r, 1), MESSAGE_SENT);
	puppet_ack(r, p, 2, &rig_row(r, MESSAGE_OUT, 0)->chain);
	assert_int_equal(state_of(r, 0), MESSAGE_DELIVERED);
	assert_int_equal(state_of(r, 1), MESSAGE_SENT);
	/* Whatever was sent on a session that is no more. */
	puppet_down(r, p);
	assert_int_equal(state_of(r, 1), MESSAGE_QUEUED);
	rig_tick(r, 10 * 1000);
	assert_int_equal(state_of(r, 1), MESSAGE_QUEUED);
}

static void answered_in_time_is_never_sent(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	unsigned before;

	assert_ok(rig_say(r, "one"));
	drained(r, p);
	rig_tick(r, 1000);
	puppet_ack_all(r, p);
	before = r->disk->journal[JOURNAL_MESSAGE_STATE];
	rig_tick(r, 5000);
	assert_int_equal(state_of(r, 0), MESSAGE_DELIVERED);
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_STATE], before);
}

/* Another link's buffer says nothing of this one's. */
static void only_the_session_that_transmits(void **state)
{
	struct rig *r = *state;
	struct puppet *old = rig_session(r);
	struct puppet *p = rig_session(r);

	assert_ok(rig_say(r, "one"));
	drained(r, old);
	rig_tick(r, 3000);
	assert_int_equal(state_of(r, 0), MESSAGE_SENDING);
	drained(r, p);
	rig_tick(r, 3000);
	assert_int_equal(state_of(r, 0), MESSAGE_SENT);
	puppet_down(r, p);
	/* It goes again on the one that is left. */
	assert_int_equal(state_of(r, 0), MESSAGE_SENT);
	puppet_down(r, old);
	assert_int_equal(state_of(r, 0), MESSAGE_QUEUED);
}

/* PROTOCOL 7.7: A sender MUST NOT have more than 256 messages, or the peer's
 * window, or 256 KiB unacknowledged in flight. */
static void bytes_in_flight_have_an_end(void **state)
{
	struct rig *r = *state;
	char text[TEXT_MAX + 1];
	struct puppet *p;
	struct message m;
	size_t bytes = 0, n = 0;
	unsigned i;

	for (i = 0; i < 100; i++) {
		size_t length = 1 + i * 7919 % TEXT_MAX;

		memset(text, 'x', length);
		text[length] = 0;
		assert_ok(rig_say(r, text));
	}
	p = rig_session(r);
	while (r->fetching)
		rig_answer_fetch(r);
	while (puppet_heard(p, &m)) {
		bytes += m.raw.n;
		n++;
	}
	assert_in_range(bytes, 240 * 1024, 256 * 1024);
	/* What is acknowledged makes room for as much. */
	puppet_ack(r, p, n / 2 + 1, &rig_row(r, MESSAGE_OUT, n / 2 - 1)->chain);
	while (r->fetching)
		rig_answer_fetch(r);
	assert_true(puppet_heard(p, &m));
	assert_false(p->is_ended);
}

/* A withdrawn one is shorter than it was when it was first sent. */
static void the_count_holds_when_sizes_change(void **state)
{
	struct rig *r = *state;
	char text[TEXT_MAX + 1];
	struct puppet *p = rig_session(r);
	struct message m;
	unsigned i, n = 0;

	memset(text, 'x', TEXT_MAX);
	text[TEXT_MAX] = 0;
	for (i = 0; i < 60; i++)
		assert_ok(rig_say(r, text));
	for (i = 0; i < 60; i++)
		assert_ok(rig_cmd(
		    r, talk_delete(rig_row(r, MESSAGE_OUT, i), DELETE_CANCEL)));
	while (puppet_heard(p, &m))
		n++;
	assert_in_range(n, 28, 32);
	puppet_down(r, p);
	p = rig_session(r);
	puppet_ack_all(r, p);
	for (n = 0; puppet_heard(p, &m); n++)
		assert_true(m.kind == MESSAGE_WITHDRAWN ||
			    m.kind == MESSAGE_DELETE);
	assert_false(p->is_ended);
	assert_int_equal(rig_counters(r)->peer_acked + 1,
			 rig_counters(r)->send_next);
	assert_ok(rig_say(r, "after all"));
	assert_true(puppet_heard(p, &m));
	assert_int_equal(m.kind, MESSAGE_TEXT);
}

/* HOSTILE K-08: whatever is said, and whatever becomes of it, its length on
 * the wire is one of six. */
static void six_lengths_and_no_other(void **state)
{
	static const size_t wire[] = {488, 976, 1952, 3904, 7808, 15616};
	struct rig *r = *state;
	char text[TEXT_MAX + 1];
	struct puppet *p = rig_session(r);
	unsigned seen = 0;
	size_t i, n;

	for (n = 1; n <= TEXT_MAX; n += n < 600 ? 1 : 97) {
		size_t got = p->got_bytes;

		memset(text, 'x', n);
		text[n] = 0;
		assert_ok(rig_say(r, text));
		for (i = 0; i < ARRAY_SIZE(wire); i++)
			if (p->got_bytes - got == wire[i])
				break;
		assert_true(i < ARRAY_SIZE(wire));
		/* The smallest that it fits in. */
		assert_true(i == 0 || n + 200 > wire[i - 1]);
		seen |= 1u << i;
		puppet_ack_all(r, p);
	}
	assert_int_equal(seen, 0x3f);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(sent_when_tor_has_it_and_nobody_answers),
	    TEST(answered_in_time_is_never_sent),
	    TEST(only_the_session_that_transmits),
	    TEST(bytes_in_flight_have_an_end),
	    TEST(the_count_holds_when_sizes_change),
	    TEST(six_lengths_and_no_other),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
