/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A session seen from its other end: what a contact may say, and what ends
 * the link.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/bulk_frame.h"
#include "core/message.h"
#include "tests/sim/puppet.h"

static const struct chain zero;

/* A session on which both said HELLO. */
static struct puppet *session(struct rig *r, uint64_t recv_next,
			      const struct chain *chain)
{
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);
	struct puppet_frame f;

	puppet_open(r, p);
	assert_true(p->is_open);
	puppet_hello(r, p, recv_next, chain);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_HELLO);
	assert_false(p->is_ended);
	return p;
}

static int set_up(void **state)
{
	*state = rig_new(7);
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static size_t received(struct rig *r)
{
	return disk_count(r->disk, &r->contact.id, MESSAGE_IN);
}

static bool has_alarm(struct rig *r)
{
	return disk_contact(r->disk, &r->contact.id)->alarm;
}

/* One well-formed frame of each type. */
static void write_frame(struct puppet *p, enum frame_type type)
{
	struct frame_hello h = {.recv_next = 1, .window = 1};
	struct frame_ack a = {.cum = 1};
	uint8_t record[] = {1, 2, 0, 99, 2,  16, 1,  2,	 3,  4,	 5, 6,
			    7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 3, 16,
			    0, 0, 0, 0,	 0,  0,	 0,  0,	 0,  0,	 0, 0,
			    0, 0, 0, 0,	 4,  4,	 0,  0,	 0,  0};
	struct frame_msg m = {1, bytes_of(record, sizeof(record))};
	struct frame_data d = {.bytes = bytes_of(record, 1)};
	struct wire_writer *w = &p->builder.w;

	switch (type) {
	case FRAME_HELLO: frame_write_hello(w, &h); break;
	case FRAME_PING:
	case FRAME_PONG: frame_write_ping(w, type, 5); break;
	case FRAME_CLOSE: frame_write_close(w, 0); break;
	case FRAME_MSG: frame_write_msg(w, &m); break;
	case FRAME_ACK: frame_write_ack(w, &a); break;
	/* Which says nothing. */
	case FRAME_EPH: frame_write_empty(w, type); break;
	case FRAME_WANT: frame_write_want(w, 0); break;
	case FRAME_REQ:
	case FRAME_CANCEL: frame_write_chunk(w, type, &d.at); break;
	case FRAME_NAK: frame_write_nak(w, &d.at, NAK_GONE); break;
	case FRAME_DATA: frame_write_data(w, &d); break;
	case FRAME_PAD:
	case FRAME_CLAIM:
	case FRAME_CLAIM_OK:
	case FRAME_CARD:
	case FRAME_CARD_OK:
	case FRAME_PAIRED:
	case FRAME_KNOCK:
	case FRAME_KNOCK_OK:
	case FRAME_REKEY_PROP:
	case FRAME_REKEY_ACK:
	case FRAME_REKEY_COMMIT:
	case FRAME_REKEY_DONE: frame_write_empty(w, type); break;
	}
}

static const enum frame_type all_types[] = {
    FRAME_HELLO,  FRAME_PING,	  FRAME_PONG,  FRAME_CLOSE,    FRAME_MSG,
    FRAME_ACK,	  FRAME_EPH,	  FRAME_CLAIM, FRAME_CARD,     FRAME_CARD_OK,
    FRAME_PAIRED, FRAME_CLAIM_OK, FRAME_KNOCK, FRAME_KNOCK_OK, FRAME_WANT,
    FRAME_REQ,	  FRAME_DATA,	  FRAME_NAK,   FRAME_CANCEL};

static void only_hello_comes_first(void **state)
{
	struct rig *r = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_types); i++) {
		struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);

		puppet_open(r, p);
		write_frame(p, all_types[i]);
		puppet_flush(r, p);
		assert_int_equal(p->is_ended, all_types[i] != FRAME_HELLO);
		puppet_down(r, p);
	}
	assert_int_equal(received(r), 0);
}

static void only_some_frames_come_later(void **state)
{
	struct rig *r = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all_types); i++) {
		enum frame_type t = all_types[i];
		struct puppet *p = session(r, 1, NULL);

		write_frame(p, t);
		puppet_flush(r, p);
		assert_int_equal(!p->is_ended,
				 t == FRAME_PING || t == FRAME_PONG ||
				     t == FRAME_MSG || t == FRAME_ACK ||
				     t == FRAME_EPH || t == FRAME_WANT);
		puppet_down(r, p);
	}
}

static void no_frame_of_a_bad_record_counts(void **state)
{
	struct rig *r = *state;
	struct puppet *p = session(r, 1, NULL);

	write_frame(p, FRAME_MSG);
	wire_write_u8(&p->builder.w, FRAME_PING);
	wire_write_u16(&p->builder.w, 60000);
	puppet_flush(r, p);
	assert_true(p->is_ended);
	assert_int_equal(received(r), 0);
}

static void flipped_bits_end_the_link(void **state)
{
	struct rig *r = *state;
	uint8_t wire[RECORD_WIRE_MAX];
	size_t i;

	for (i = 0; i < 488; i += 61) {
		struct puppet *p = session(r, 1, NULL);
		unsigned saves;

		write_frame(p, FRAME_MSG);
		record_seal(&p->builder, &p->channel, wire);
		wire[i] ^= 0x10;
		saves = r->saves;
		puppet_bytes(r, p, bytes_of(wire, 488));
		/* A length that grew may still wait for the rest. */
		assert_true(p->is_ended || i < 2);
		assert_int_equal(saves, r->saves);
		puppet_down(r, p);
	}
	assert_int_equal(received(r), 0);
}

static void messages_in_order_once(void **state)
{
	struct rig *r = *state;
	struct puppet *p = session(r, 1, NULL);
	struct chain c1, c2, c3;
	struct puppet_frame f;
	struct frame_ack a;

	puppet_text(r, p, 1, "one", &zero, &c1);
	puppet_text(r, p, 2, "two", &c1, &c2);
	puppet_text(r, p, 1, "one, again", &zero, &c3);
	assert_int_equal(received(r), 2);
	assert_false(puppet_next(p, &f));
	rig_tick(r, 250);
	assert_true(puppet_next(p, &f));
	assert_ok(frame_read_ack(&(struct frame){f.type, f.body}, &a));
	assert_int_equal(a.cum, 3);
	assert_memory_equal(&a.chain, &c2, sizeof(c2));
	assert_false(has_alarm(r));
	puppet_text(r, p, 4, "four", &c2, &c3);
	assert_true(p->is_ended);
	assert_int_equal(received(r), 2);
}

static void acknowledgements_wait_a_little(void **state)
{
	struct rig *r = *state;
	struct puppet *p = session(r, 1, NULL);
	struct chain c = zero;
	struct puppet_frame f;
	uint64_t i;

	puppet_text(r, p, 1, "x", &c, &c);
	rig_tick(r, 49);
	assert_false(puppet_next(p, &f));
	rig_tick(r, 201);
	assert_true(puppet_next(p, &f));
	/* But not so long that a quarter of a window is waiting. */
	for (i = 2; i < 2 + WINDOW / 4; i++)
		puppet_text(r, p, i, "x", &c, &c);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_ACK);
}

static void known_mid_is_skipped(void **state)
{
	struct rig *r = *state;
	struct puppet *p = session(r, 1, NULL);
	uint64_t seed_calls = r->rng.calls;
	struct chain c1, c2;

	puppet_text(r, p, 1, "one", &zero, &c1);
	/* The same random mid for another number. */
	r->rng.calls = seed_calls;
	puppet_text(r, p, 2, "one", &c1, &c2);
	assert_int_equal(received(r), 1);
	assert_int_equal(rig_counters(r)->recv_next, 3);
	assert_false(p->is_ended);
}

static void fork_is_taken_only_where_asked(void **state)
{
	struct rig *r = *state;
	struct puppet *p = session(r, 1, NULL);
	struct chain other = {{9}}, c;

	puppet_text(r, p, 1, "on another branch", &other, &c);
	assert_false(p->is_ended);
	assert_true(has_alarm(r));
	assert_int_equal(received(r), 1);
	puppet_text(r, p, 2, "on yet another", &other, &c);
	assert_true(p->is_ended);
	assert_int_equal(received(r), 1);
}

static void unknown_kind_is_kept(void **state)
{
	struct rig *r = *state;
	struct puppet *p = session(r, 1, NULL);
	const struct message_row *m;

	write_frame(p, FRAME_MSG);
	puppet_flush(r, p);
	m = disk_message(r->disk, &r->contact.id, MESSAGE_IN, 0);
	assert_non_null(m);
	assert_int_equal(m->kind, 99);
	assert_int_equal(m->body.n, 46);
	assert_int_equal(rig_counters(r)->recv_next, 2);
}

static void bad_text_ends_the_link(void **state)
{
	struct rig *r = *state;
	static const char *const texts[] = {"\xff", "\xc0\x80", "\xed\xa0\x80"};
	struct chain c;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		struct puppet *p = session(r, 1, NULL);

		puppet_text(r, p, 1, texts[i], &zero, &c);
		assert_true(p->is_ended);
	}
	assert_int_equal(received(r), 0);
}

/* HOSTILE P-04: of what was not sent, by another content, beyond the end,
 * twice, less than before. */
static void false_acknowledgements_are_not_believed(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	const struct message_row *m;
	struct chain c;

	assert_ok(rig_say(r, "one"));
	assert_ok(rig_say(r, "two"));
	m = disk_message(r->disk, &r->contact.id, MESSAGE_OUT, 0);
	c = m->chain;
	/* Composed, but not sent yet. */
	p = session(r, 1, NULL);
	puppet_ack(r, p, 2, &c);
	assert_true(p->is_ended);
	r->fetching = false;

	p = session(r, 1, NULL);
	r->fetching = true;
	rig_answer_fetch(r);
	puppet_ack(r, p, 2, &zero);
	assert_true(p->is_ended);
	assert_int_equal(rig_counters(r)->peer_acked, 0);

	p = session(r, 1, NULL);
	rig_answer_fetch(r);
	puppet_ack(r, p, 4, &c);
	assert_true(p->is_ended);
	assert_int_equal(m->state, MESSAGE_QUEUED);

	p = session(r, 1, NULL);
	rig_answer_fetch(r);
	puppet_ack(r, p, 2, &c);
	puppet_ack(r, p, 2, &c);
	puppet_ack(r, p, 1, &zero);
	assert_false(p->is_ended);
	m = disk_message(r->disk, &r->contact.id, MESSAGE_OUT, 0);
	assert_int_equal(m->state, MESSAGE_DELIVERED);
	m = disk_message(r->disk, &r->contact.id, MESSAGE_OUT, 1);
	assert_int_equal(m->state, MESSAGE_SENDING);
	puppet_down(r, p);
	assert_int_equal(m->state, MESSAGE_QUEUED);
}

/* How many messages the node sent on p since the last look, and the last
 * wire number. */
static unsigned count_sent(struct puppet *p, uint64_t *last)
{
	struct puppet_frame f;
	struct frame_msg m;
	unsigned n = 0;

	while (puppet_find(p, FRAME_MSG, &f)) {
		assert_ok(frame_read_msg(&(struct frame){f.type, f.body}, &m));
		*last = m.seq;
		n++;
	}
	return n;
}

static unsigned drain(struct rig *r, struct puppet *p, uint64_t *last)
{
	unsigned n = count_sent(p, last);

	while (r->fetching) {
		rig_answer_fetch(r);
		n += count_sent(p, last);
	}
	return n;
}

static void window_bounds_what_is_in_flight(void **state)
{
	struct rig *r = *state;
	struct frame_hello h = {.recv_next = 1, .window = 3};
	struct puppet *p;
	uint64_t last = 0;
	int i;

	for (i = 0; i < 300; i++)
		assert_ok(rig_say(r, "x"));
	p = session(r, 1, NULL);
	assert_int_equal(drain(r, p, &last), WINDOW);
	assert_int_equal(last, WINDOW);
	puppet_ack(
	    r, p, 101,
	    &disk_message(r->disk, &r->contact.id, MESSAGE_OUT, 99)->chain);
	assert_int_equal(drain(r, p, &last), 44);
	puppet_down(r, p);

	p = puppet_arrive(r, PUPPET_CONTACT);
	puppet_open(r, p);
	h.recv_next = 101;
	h.chain = disk_message(r->disk, &r->contact.id, MESSAGE_OUT, 99)->chain;
	frame_write_hello(&p->builder.w, &h);
	puppet_flush(r, p);
	assert_int_equal(drain(r, p, &last), 3);
	assert_int_equal(last, 103);
}

static void window_bounds_bytes_too(void **state)
{
	struct rig *r = *state;
	char text[TEXT_MAX + 1];
	struct puppet *p;
	uint64_t last = 0;
	int i;

	memset(text, 'x', TEXT_MAX);
	text[TEXT_MAX] = 0;
	for (i = 0; i < 100; i++)
		assert_ok(rig_say(r, text));
	p = session(r, 1, NULL);
	assert_in_range(drain(r, p, &last), 31, 33);
	assert_true(p->got_bytes < 600 * 1024);
}

static void position_above_ours_is_alarm_and_shift(void **state)
{
	struct rig *r = *state;
	struct chain theirs = {{3}};
	struct puppet *p;
	uint64_t last = 0;

	assert_ok(rig_say(r, "one"));
	p = session(r, 8, &theirs);
	assert_true(has_alarm(r));
	assert_int_equal(rig_counters(r)->seq_shift, 7);
	assert_int_equal(drain(r, p, &last), 1);
	assert_int_equal(last, 8);
	assert_ok(rig_say(r, "two"));
	assert_int_equal(count_sent(p, &last), 1);
	assert_int_equal(last, 9);
	puppet_down(r, p);

	p = puppet_arrive(r, PUPPET_CONTACT);
	puppet_open(r, p);
	puppet_hello(r, p, 10 + ((uint64_t)1 << 32) + 1, &theirs);
	assert_true(p->is_ended);
	assert_int_equal(rig_counters(r)->seq_shift, 7);

	/* Then the peer's disk goes back too, to before ours did. */
	p = session(r, 3, &theirs);
	assert_int_equal(rig_counters(r)->seq_shift, 2);
	assert_int_equal(drain(r, p, &last), 2);
	assert_int_equal(last, 4);
}

static void position_below_acknowledged_is_alarm_and_resend(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	struct chain c;
	uint64_t last = 0;

	p = session(r, 1, NULL);
	assert_ok(rig_say(r, "one"));
	assert_ok(rig_say(r, "two"));
	c = disk_message(r->disk, &r->contact.id, MESSAGE_OUT, 1)->chain;
	puppet_ack(r, p, 3, &c);
	assert_int_equal(rig_counters(r)->peer_acked, 2);
	puppet_down(r, p);
	p = session(r, 3, &c);
	assert_false(has_alarm(r));
	puppet_down(r, p);
	p = session(r, 2, &zero);
	assert_true(has_alarm(r));
	assert_int_equal(drain(r, p, &last), 1);
	assert_int_equal(last, 2);
}

static void late_hello_is_no_alarm(void **state)
{
	struct rig *r = *state;
	struct puppet *late = puppet_arrive(r, PUPPET_CONTACT);
	struct puppet *p;
	struct chain c;

	/* Its HELLO is written now, and arrives much later. */
	puppet_open(r, late);
	p = session(r, 1, NULL);
	assert_ok(rig_say(r, "one"));
	c = disk_message(r->disk, &r->contact.id, MESSAGE_OUT, 0)->chain;
	puppet_ack(r, p, 2, &c);
	puppet_hello(r, late, 1, &zero);
	assert_false(late->is_ended);
	assert_false(has_alarm(r));
	assert_int_equal(rig_counters(r)->peer_acked, 1);
}

static void rows_that_are_gone_are_asked_for_once(void **state)
{
	struct rig *r = *state;
	struct event ev = {.type = EV_FETCHED};
	struct puppet *p;

	assert_ok(rig_say(r, "one"));
	p = session(r, 1, NULL);
	assert_true(r->fetching);
	r->fetching = false;
	ev.fetched.contact_id = r->contact.id;
	rig_event(r, &ev);
	assert_false(r->fetching);
	rig_tick(r, 60 * 1000);
	assert_false(r->fetching);
	assert_false(p->is_ended);
}

static void newest_session_transmits(void **state)
{
	struct rig *r = *state;
	struct puppet *a = session(r, 1, NULL), *b, *c;
	uint64_t last = 0;

	assert_ok(rig_say(r, "one"));
	assert_int_equal(count_sent(a, &last), 1);
	b = session(r, 1, NULL);
	/* Again, since nobody acknowledged it. */
	assert_int_equal(drain(r, b, &last), 1);
	assert_ok(rig_say(r, "two"));
	assert_int_equal(count_sent(a, &last), 0);
	assert_int_equal(count_sent(b, &last), 1);
	c = session(r, 1, NULL);
	assert_true(a->is_ended);
	assert_int_equal(drain(r, c, &last), 2);
	puppet_down(r, c);
	assert_true(r->online);
	assert_int_equal(drain(r, b, &last), 2);
	puppet_down(r, b);
	assert_false(r->online);
}

static void only_the_leader_closes(void **state)
{
	unsigned leaders = 0;
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 16; seed++) {
		struct rig *r = rig_new(100 + seed);
		struct puppet *a = session(r, 1, NULL);
		struct puppet *b = session(r, 1, NULL);
		struct puppet_frame f;
		struct pubkey mine;
		bool leads;

		noise_public(&r->contact.my_static, &mine);
		leads = memcmp(&mine, &r->contact.peer_static, 32) < 0;
		leaders += leads;
		rig_tick(r, 7000);
		assert_int_equal(puppet_find(a, FRAME_CLOSE, &f), leads);
		assert_false(puppet_find(b, FRAME_CLOSE, &f));
		rig_tick(r, 5000);
		assert_int_equal(a->is_ended, leads);
		assert_false(b->is_ended);
		rig_free(r);
	}
	assert_in_range(leaders, 1, 15);
}

static void signs_of_life(void **state)
{
	struct rig *r = *state;
	struct puppet *p = session(r, 1, NULL);
	struct puppet_frame f;
	uint32_t v;

	write_frame(p, FRAME_PING);
	puppet_flush(r, p);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_PONG);
	assert_ok(frame_read_ping(&(struct frame){f.type, f.body}, &v));
	assert_int_equal(v, 5);
	rig_tick(r, 120 * 1000);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_PING);
	rig_tick(r, 59 * 1000);
	assert_false(p->is_ended);
	rig_tick(r, 2 * 1000);
	assert_true(p->is_ended);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(only_hello_comes_first),
	    TEST(only_some_frames_come_later),
	    TEST(no_frame_of_a_bad_record_counts),
	    TEST(flipped_bits_end_the_link),
	    TEST(messages_in_order_once),
	    TEST(acknowledgements_wait_a_little),
	    TEST(known_mid_is_skipped),
	    TEST(fork_is_taken_only_where_asked),
	    TEST(unknown_kind_is_kept),
	    TEST(bad_text_ends_the_link),
	    TEST(false_acknowledgements_are_not_believed),
	    TEST(window_bounds_what_is_in_flight),
	    TEST(window_bounds_bytes_too),
	    TEST(position_above_ours_is_alarm_and_shift),
	    TEST(position_below_acknowledged_is_alarm_and_resend),
	    TEST(late_hello_is_no_alarm),
	    TEST(rows_that_are_gone_are_asked_for_once),
	    TEST(newest_session_transmits),
	    TEST(only_the_leader_closes),
	    TEST(signs_of_life),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
