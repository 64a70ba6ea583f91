/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A link with cover, seen by somebody who counts its records.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/noise.h"
#include "tests/sim/puppet.h"

enum {
	MINUTE = 60 * 1000,
	HOUR = 60 * MINUTE,
	STEP_MS = 5,
	SMALLEST = RECORD_PLAIN_MIN + 18,
	LOG_MAX = 4000,
};

static const struct chain zero;

/* When the node sent how much, as seen on the wire. */
struct watch {
	uint64_t last_ms;
	size_t seen_bytes;
	unsigned count;
	uint64_t gap_ms[LOG_MAX];
	size_t bytes[LOG_MAX];
};

static int set_up(void **state)
{
	*state = rig_new(13);
	rig_only_contact(*state);
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static void set_cover(struct rig *r, bool cover)
{
	struct event ev = {.type = EV_CMD_CONTACT_SET};

	ev.contact_set.contact_id = r->contact.id;
	ev.contact_set.fields = CONTACT_COVER;
	ev.contact_set.cover = cover;
	rig_event(r, &ev);
	assert_ok(r->reply);
}

static void watch_start(struct watch *w, const struct rig *r,
			const struct puppet *p)
{
	memset(w, 0, sizeof(*w));
	w->last_ms = r->now_ms;
	w->seen_bytes = p->got_bytes;
}

static void look(struct watch *w, const struct rig *r, const struct puppet *p)
{
	if (p->got_bytes == w->seen_bytes)
		return;
	assert_true(w->count < LOG_MAX);
	w->gap_ms[w->count] = r->now_ms - w->last_ms;
	w->bytes[w->count++] = p->got_bytes - w->seen_bytes;
	w->last_ms = r->now_ms;
	w->seen_bytes = p->got_bytes;
}

static void pass(struct watch *w, struct rig *r, struct puppet *p, uint64_t ms)
{
	uint64_t end_ms = r->now_ms + ms;

	while (r->now_ms < end_ms) {
		rig_tick(r, STEP_MS);
		look(w, r, p);
	}
}

/* Each record on its time, all of one size. */
static void expect_steady(const struct watch *w)
{
	unsigned i;

	for (i = 0; i < w->count; i++) {
		assert_in_range(w->gap_ms[i], 4000 - STEP_MS, 6000 + STEP_MS);
		assert_int_equal(w->bytes[i], SMALLEST);
	}
}

static uint64_t mean_ms(const struct watch *w)
{
	uint64_t sum = 0;
	unsigned i;

	for (i = 0; i < w->count; i++)
		sum += w->gap_ms[i];
	return sum / w->count;
}

/* Share of gaps below a time, in thousandths. */
static uint64_t below(const struct watch *w, uint64_t ms)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < w->count; i++)
		n += w->gap_ms[i] < ms;
	return n * 1000 / w->count;
}

static void ping(struct rig *r, struct puppet *p)
{
	frame_write_ping(&p->builder.w, FRAME_PING, 7);
	puppet_flush(r, p);
}

/* What the other end has to say to all that the node sent. */
static void acknowledge(struct rig *r, struct puppet *p)
{
	const struct message_row *m;
	size_t n = disk_count(r->disk, &r->contact.id, MESSAGE_OUT);
	struct puppet_frame f;
	uint64_t got = 0;

	while (puppet_next(p, &f))
		if (f.type == FRAME_MSG)
			got = be16_get(f.body.p + 6);
	m = got ? disk_message(r->disk, &r->contact.id, MESSAGE_OUT, got - 1)
		: NULL;
	assert_true(got <= n);
	if (m)
		puppet_ack(r, p, got + 1, &m->chain);
}

static void silence_is_steady(void **state)
{
	struct rig *r = *state;
	struct watch w;
	struct puppet *p;
	uint64_t i;

	set_cover(r, true);
	p = puppet_session(r);
	watch_start(&w, r, p);
	for (i = 0; i < 2 * 60; i++) {
		pass(&w, r, p, MINUTE);
		ping(r, p);
	}
	assert_in_range(w.count, 1400, 1480);
	expect_steady(&w);
	assert_in_range(mean_ms(&w), 4900, 5100);
	/* Uniform: no time is likelier than another. */
	assert_in_range(below(&w, 4500), 200, 300);
	assert_in_range(below(&w, 5000), 450, 550);
	assert_in_range(below(&w, 5500), 700, 800);
}

/* The same, with both talking as they like. */
static void talk_is_as_steady_as_silence(void **state)
{
	struct rig *r = *state;
	struct chain chain = zero;
	struct puppet *p;
	struct watch w;
	uint64_t seq = 1, end_ms;

	set_cover(r, true);
	p = puppet_session(r);
	watch_start(&w, r, p);
	end_ms = r->now_ms + 2 * HOUR;
	while (r->now_ms < end_ms) {
		pass(&w, r, p, 5 * rng_below(&r->rng, 4000));
		if (rng_below(&r->rng, 3) > 0)
			assert_ok(rig_say(r, "a word"));
		look(&w, r, p);
		rig_answer_fetch(r);
		look(&w, r, p);
		if (rng_below(&r->rng, 2))
			puppet_text(r, p, seq++, "another", &chain, &chain);
		if (rng_below(&r->rng, 4) == 0)
			ping(r, p);
		acknowledge(r, p);
		look(&w, r, p);
	}
	assert_false(p->is_ended);
	assert_true(seq > 100);
	assert_true(disk_count(r->disk, &r->contact.id, MESSAGE_OUT) > 200);
	assert_in_range(rig_counters(r)->peer_acked, 200, UINT64_MAX);
	assert_in_range(w.count, 1400, 1480);
	expect_steady(&w);
	assert_in_range(mean_ms(&w), 4900, 5100);
	assert_in_range(below(&w, 4500), 200, 300);
	assert_in_range(below(&w, 5000), 450, 550);
	assert_in_range(below(&w, 5500), 700, 800);
}

static void hello_does_not_wait(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	struct puppet_frame f;

	set_cover(r, true);
	p = puppet_arrive(r, PUPPET_CONTACT);
	puppet_open(r, p);
	puppet_hello(r, p, 1, NULL);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_HELLO);
	assert_int_equal(p->got_bytes, HANDSHAKE_BYTES + SMALLEST);
}

/* A text that no small record holds makes one larger, at its time. */
static void a_long_text_makes_one_record_larger(void **state)
{
	struct rig *r = *state;
	char text[3001];
	struct watch w;
	struct puppet *p;
	unsigned i, large = 0;

	memset(text, 'x', 3000);
	text[3000] = '\0';
	set_cover(r, true);
	p = puppet_session(r);
	watch_start(&w, r, p);
	pass(&w, r, p, MINUTE);
	assert_ok(rig_say(r, "short"));
	assert_ok(rig_say(r, text));
	assert_ok(rig_say(r, "short"));
	pass(&w, r, p, MINUTE);
	for (i = 0; i < w.count; i++) {
		assert_in_range(w.gap_ms[i], 4000 - STEP_MS, 6000 + STEP_MS);
		large += w.bytes[i] > SMALLEST;
	}
	assert_int_equal(large, 1);
	acknowledge(r, p);
	rig_answer_fetch(r);
	pass(&w, r, p, MINUTE);
	acknowledge(r, p);
	assert_int_equal(rig_counters(r)->peer_acked, 3);
}

static void a_backlog_takes_its_time(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	struct watch w;
	unsigned i;

	set_cover(r, true);
	for (i = 0; i < 300; i++)
		assert_ok(rig_say(r, "one of many that waited"));
	p = puppet_session(r);
	watch_start(&w, r, p);
	for (i = 0; i < 30 && rig_counters(r)->peer_acked < 300; i++) {
		unsigned k;

		for (k = 0; k < 60; k++) {
			rig_answer_fetch(r);
			pass(&w, r, p, 1000);
		}
		acknowledge(r, p);
	}
	expect_steady(&w);
	assert_int_equal(rig_counters(r)->peer_acked, 300);
}

static void on_and_off_in_a_session(void **state)
{
	struct rig *r = *state;
	struct puppet *p = puppet_session(r);
	struct puppet_frame f;
	struct watch w;
	size_t got;

	/* Nothing of it where it was not asked for. */
	got = p->got_bytes;
	rig_tick(r, 59 * 1000);
	assert_int_equal(p->got_bytes, got);
	assert_ok(rig_say(r, "at once"));
	assert_true(p->got_bytes > got);
	set_cover(r, true);
	watch_start(&w, r, p);
	pass(&w, r, p, MINUTE);
	assert_in_range(w.count, 10, 15);
	expect_steady(&w);
	got = p->got_bytes;
	assert_ok(rig_say(r, "waits"));
	assert_int_equal(p->got_bytes, got);
	/* What waits goes out when it ends. */
	set_cover(r, false);
	assert_int_equal(p->got_bytes, got + SMALLEST);
	assert_true(puppet_find(p, FRAME_MSG, &f));
	assert_true(puppet_find(p, FRAME_MSG, &f));
	assert_ok(rig_say(r, "at once"));
	assert_int_equal(p->got_bytes, got + 2 * SMALLEST);
	/* Signs of life alone. */
	rig_tick(r, 20 * 1000);
	assert_in_range(p->got_bytes, got + 2 * SMALLEST, got + 3 * SMALLEST);
}

/* Answers do not pile up without end for one who asks too much. */
static void a_flood_of_pings_ends_it(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	unsigned i;

	set_cover(r, true);
	p = puppet_session(r);
	for (i = 0; i < 100 * 1000 && !p->is_ended; i++) {
		frame_write_ping(&p->builder.w, FRAME_PING, i);
		if (i % 60 == 0)
			puppet_flush(r, p);
		if (i % 1000 == 0)
			rig_tick(r, 2);
	}
	assert_true(p->is_ended);
	assert_in_range(i, 60 * 1000 / FRAME_PING_BYTES, 12 * 1000);
}

static void a_double_is_closed_in_time(void **state)
{
	struct rig *r = *state;
	struct puppet *old, *new;
	struct puppet_frame f;
	struct pubkey mine;
	struct watch w;
	bool is_leader;

	noise_public(&r->contact.my_static, &mine);
	is_leader = memcmp(&mine, &r->contact.peer_static, sizeof(mine)) < 0;
	assert_true(is_leader); /* of this seed; only the leader closes */
	set_cover(r, true);
	old = puppet_session(r);
	watch_start(&w, r, old);
	pass(&w, r, old, 10 * 1000);
	new = puppet_session(r);
	while (!old->is_ended)
		pass(&w, r, old, STEP_MS);
	expect_steady(&w);
	assert_true(puppet_find(old, FRAME_CLOSE, &f));
	assert_false(new->is_ended);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(silence_is_steady),
	    TEST(talk_is_as_steady_as_silence),
	    TEST(hello_does_not_wait),
	    TEST(a_long_text_makes_one_record_larger),
	    TEST(a_backlog_takes_its_time),
	    TEST(on_and_off_in_a_session),
	    TEST(a_flood_of_pings_ends_it),
	    TEST(a_double_is_closed_in_time),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
