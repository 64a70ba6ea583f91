/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/event.h"
#include "core/state.h"
#include "tests/sim/inside.h"
#include "tests/sim/scenarios.h"

enum { DAY_HOURS = 24 };

/* As paired_world(), and 0 tests itself. */
static struct world *testing_world(uint64_t seed)
{
	struct world *w = paired_world(seed);

	w->self_test = true;
	world_crash(w, 0);
	world_start(w, 0);
	return w;
}

static struct probe_report report(const struct world *w)
{
	struct probe_report r;

	node_probes(w->hosts[0].node, &r);
	return r;
}

static bool is_proven(struct world *w, void *unused)
{
	struct probe_report r = report(w);

	(void)unused;
	return r.door.state == PROBE_REACHABLE &&
	       r.cells.state == PROBE_REACHABLE;
}

static bool door_is(struct world *w, void *state)
{
	return report(w).door.state == *(const enum probe_state *)state;
}

static bool cells_are(struct world *w, void *state)
{
	return report(w).cells.state == *(const enum probe_state *)state;
}

static struct world *proven_world(uint64_t seed)
{
	struct world *w = testing_world(seed);

	assert_int_equal(report(w).door.state, PROBE_WAITING);
	assert_true(world_until(w, is_proven, NULL, 2 * MINUTE));
	return w;
}

static enum err test_now(struct world *w)
{
	struct event ev = {.type = EV_CMD_SELF_TEST, .cmd = 1};

	w->hosts[0].last_reply = ERR_IO;
	host_event(w, 0, &ev);
	return w->hosts[0].last_reply;
}

static unsigned count_tests(const struct world *w)
{
	const struct host *h = &w->hosts[0];
	unsigned n = 0;
	int i;

	for (i = 0; i < PROBE_RESULTS; i++)
		n += h->tests[i];
	return n;
}

static unsigned count_repairs(const struct world *w)
{
	return w->hosts[0].repairs[REPAIR_PUBLISH] +
	       w->hosts[0].repairs[REPAIR_CIRCUITS];
}

/* HOSTILE M-11 */
void tests_itself_at_random_times(void **state)
{
	struct world *w = proven_world(201);
	uint64_t at_ms = w->now_ms, gap_ms[DAY_HOURS];
	unsigned i, n = count_tests(w), distinct = 0;

	(void)state;
	for (i = 0; i < DAY_HOURS; i++) {
		while (count_tests(w) == n)
			world_run(w, 1000);
		n = count_tests(w);
		gap_ms[i] = w->now_ms - at_ms;
		at_ms = w->now_ms;
		distinct += i > 0 && gap_ms[i] != gap_ms[i - 1];
		/* Two parts, each 30 to 90 minutes. */
		assert_in_range(gap_ms[i], 0, 92 * MINUTE);
	}
	assert_in_range(distinct, DAY_HOURS - 4, DAY_HOURS - 1);
	assert_int_equal(w->hosts[0].tests[PROBE_PASSED], n);
	assert_int_equal(count_repairs(w), 0);
	/* Nothing of it is a session, a message or a row. */
	assert_int_equal(w->hosts[0].online, 1);
	end_world(w);
}

static void lose_and_find(struct world *w, enum service_kind kind,
			  bool (*is)(struct world *, void *))
{
	enum probe_state down = PROBE_UNREACHABLE, up = PROBE_REACHABLE;
	struct host *h = &w->hosts[0];

	world_lose(w, 0, kind);
	assert_true(world_until(w, is, &down, 3 * HOUR));
	/* What is told is never better than what the last test showed. */
	assert_int_equal(h->repairs[REPAIR_PUBLISH], 1);
	assert_true(world_until(w, is, &up, 5 * MINUTE));
	assert_int_equal(h->repairs[REPAIR_PUBLISH], 1);
	assert_int_equal(h->repairs[REPAIR_CIRCUITS], 0);
	h->repairs[REPAIR_PUBLISH] = 0;
}

/* HOSTILE T-06 */
void a_lost_descriptor_is_put_up_again(void **state)
{
	struct world *w = proven_world(202);
	struct probe_report r;

	(void)state;
	/* Longer than what is proven holds. */
	world_run(w, 5 * HOUR);
	lose_and_find(w, SERVICE_DOOR, door_is);
	r = report(w);
	assert_int_equal(r.door.failure, PROBE_NO_ANSWER);
	assert_int_equal(r.door.failures, 0);
	assert_int_equal(r.door.repairs, 1);
	assert_int_equal(r.door.repair, REPAIR_PUBLISH);
	assert_true(r.door.repaired_ms >= r.door.failed_ms);
	assert_true(r.door.passed_ms > r.door.failed_ms);
	assert_int_equal(r.cells.repairs, 0);
	lose_and_find(w, SERVICE_CELL, cells_are);
	end_world(w);
}

void a_dead_guard_gets_new_circuits(void **state)
{
	struct world *w = proven_world(203);
	struct host *h = &w->hosts[0];

	(void)state;
	h->dead_guard = true;
	assert_ok(test_now(w));
	world_run(w, 10 * 1000);
	assert_false(is_proven(w, NULL));
	assert_true(world_until(w, is_proven, NULL, 10 * MINUTE));
	/* In this order, and no more than that. */
	assert_in_range(h->repairs[REPAIR_PUBLISH], 1, 2);
	assert_in_range(h->new_circuits, 1, 2);
	assert_false(h->dead_guard);
	end_world(w);
}

/* HOSTILE D-10: who keeps us from reaching ourselves makes us build no more
 * circuits than that. */
void what_cannot_be_repaired_is_tried_less_and_less(void **state)
{
	struct world *w = proven_world(204);
	struct host *h = &w->hosts[0];
	unsigned first, i, before;

	(void)state;
	world_set_mode(w, 1, PRESENCE_OFFLINE);
	assert_ok(test_now(w));
	for (i = 0; i < 60 * 60; i++) {
		h->dead_guard = true;
		world_run(w, 1000);
		assert_int_not_equal(report(w).door.state,
				     i > 30 ? PROBE_REACHABLE : PROBE_OFF);
	}
	first = count_repairs(w);
	assert_in_range(first, 4, 40);
	before = count_tests(w);
	for (i = 0; i < DAY_HOURS * 60 * 60; i++) {
		h->dead_guard = true;
		world_run(w, 1000);
	}
	/* Two parts, and two repairs in one to two hours for each. */
	assert_in_range(count_repairs(w) - first, DAY_HOURS, 6 * DAY_HOURS);
	assert_in_range(count_tests(w) - before, DAY_HOURS, 6 * DAY_HOURS);
	h->dead_guard = false;
	world_wake(w, 0);
	assert_true(world_until(w, is_proven, NULL, 2 * MINUTE));
	world_set_mode(w, 1, PRESENCE_ONLINE);
	end_world(w);
}

/* HOSTILE D-10: nor does a program that asks all the time. */
void who_asks_again_and_again_repairs_no_more(void **state)
{
	struct world *w = proven_world(210);
	struct host *h = &w->hosts[0];
	unsigned i;

	(void)state;
	world_set_mode(w, 1, PRESENCE_OFFLINE);
	for (i = 0; i < 60 * 60; i++) {
		h->dead_guard = true;
		test_now(w);
		world_run(w, 1000);
	}
	/* As many as if nobody had asked: see above. */
	assert_in_range(count_repairs(w), 4, 40);
	assert_int_equal(report(w).door.state, PROBE_UNREACHABLE);
	assert_int_equal(report(w).cells.state, PROBE_UNREACHABLE);
	/* It is seen at once that it works again, and not an hour later. */
	h->dead_guard = false;
	test_now(w);
	assert_true(world_until(w, is_proven, NULL, 2 * MINUTE));
	end_world(w);
}

/* Strangers come in all the time, our tests do not: it may be that they keep us
 * out, and it may be that others are kept out as well. */
void what_stays_unclear_is_not_reachable(void **state)
{
	struct world *w = proven_world(211);
	struct host *h = &w->hosts[0];
	const struct probe *p = &h->node->probe_door;
	size_t door = world_service(w, 0, SERVICE_DOOR);
	unsigned i;

	(void)state;
	assert_ok(test_now(w));
	for (i = 0; i < 20 * 60 * 10; i++) {
		h->dead_guard = true;
		if (p->link && p->streams == 0)
			world_stranger(w, 0, door, NULL, 0);
		world_run(w, 100);
		assert_int_equal(report(w).door.failures, 0);
		/* One of them is an accident. */
		assert_int_equal(report(w).door.state, p->unclear < 2
							   ? PROBE_REACHABLE
							   : PROBE_CHECKING);
	}
	assert_in_range(p->unclear, 3, 6);
	end_world(w);
}

void a_wake_makes_it_doubtful(void **state)
{
	struct world *w = proven_world(205);
	unsigned n = count_tests(w);

	(void)state;
	world_wake(w, 0);
	assert_int_equal(report(w).door.state, PROBE_CHECKING);
	assert_int_equal(report(w).cells.state, PROBE_CHECKING);
	assert_true(world_until(w, is_proven, NULL, 2 * MINUTE));
	assert_int_equal(count_tests(w), n + 2);
	/* The session was asked, answered, and is still the same. */
	assert_true(is_online(w, 0, 1));
	world_set_tor(w, 0, false);
	assert_int_equal(report(w).door.state, PROBE_WAITING);
	world_wake(w, 0);
	world_set_tor(w, 0, true);
	assert_int_equal(report(w).door.state, PROBE_WAITING);
	assert_true(world_until(w, is_proven, NULL, 2 * MINUTE));
	assert_int_equal(count_repairs(w), 0);
	end_world(w);
}

/* What host 0 last said to its own door. */
static const struct stream *own_stream(const struct world *w)
{
	size_t i;

	for (i = w->stream_count; i-- > 0;) {
		const struct stream *s = w->streams[i];

		if (s->host[0] == 0 && s->host[1] == 0 &&
		    s->service.kind == SERVICE_DOOR && s->bytes[1] > 0)
			return s;
	}
	return NULL;
}

/* HOSTILE D-09: what once was an answer, or any other 32 bytes, at the
 * right time and the right door. */
void nobody_answers_for_us(void **state)
{
	struct world *w = proven_world(206);
	struct host *h = &w->hosts[0];
	uint8_t old[PROBE_BYTES], other[PROBE_BYTES];
	unsigned passed = h->tests[PROBE_PASSED], i;
	size_t door = world_service(w, 0, SERVICE_DOOR);

	(void)state;
	assert_int_equal(own_stream(w)->bytes[1], PROBE_BYTES);
	/* It never got an answer: nobody learns that it was one of ours. */
	assert_int_equal(own_stream(w)->bytes[0], 0);
	memcpy(old, own_stream(w)->opening, sizeof(old));
	h->dead_guard = true;
	assert_ok(test_now(w));
	for (i = 0; i < 3 * 60; i++) {
		rng_bytes(&w->rng, other, sizeof(other));
		world_stranger(w, 0, door, i % 2 ? old : other, sizeof(old));
		world_run(w, 1000);
		h->dead_guard = true;
		door = world_service(w, 0, SERVICE_DOOR);
	}
	assert_true(count_tests(w) > passed);
	assert_int_equal(h->tests[PROBE_PASSED], passed);
	assert_int_equal(h->tests[PROBE_NOT_US], 0);
	h->dead_guard = false;
	world_wake(w, 0);
	assert_true(world_until(w, is_proven, NULL, 5 * MINUTE));
	end_world(w);
}

/* HOSTILE R-01: a door kept full by strangers is there, and is not put up
 * again and again because of them. */
void a_crowd_is_no_failure(void **state)
{
	struct world *w = proven_world(207);
	struct host *h = &w->hosts[0];
	size_t door = world_service(w, 0, SERVICE_DOOR);
	unsigned i, passed = h->tests[PROBE_PASSED];

	(void)state;
	for (i = 0; i < 20 * 60; i++) {
		if (i % 20 == 0)
			test_now(w);
		world_stranger(w, 0, door, NULL, 0);
		world_stranger(w, 0, door, NULL, 0);
		world_run(w, 1000);
	}
	assert_int_equal(count_repairs(w), 0);
	assert_true(h->tests[PROBE_PASSED] > passed + 10);
	assert_int_equal(report(w).door.state, PROBE_REACHABLE);
	/* Our own take nobody's place. */
	assert_in_range(h->link_most, STRANGERS_DOOR, STRANGERS_DOOR + 16);
	end_world(w);
}

void nothing_is_tested_while_offline(void **state)
{
	struct world *w = proven_world(208);
	struct cmd_self_set shut = {.fields = SELF_DOOR_ON};
	unsigned n = count_tests(w);

	(void)state;
	world_set_mode(w, 0, PRESENCE_OFFLINE);
	world_wake(w, 0);
	assert_err(test_now(w), ERR_STATE);
	world_run(w, 5 * HOUR);
	assert_int_equal(count_tests(w), n);
	assert_int_equal(report(w).door.state, PROBE_OFF);
	assert_int_equal(report(w).cells.state, PROBE_OFF);
	world_set_mode(w, 0, PRESENCE_ONLINE);
	assert_true(world_until(w, is_proven, NULL, 2 * MINUTE));
	/* A door that is shut is not tested, the cells are. */
	assert_ok(world_self_set(w, 0, &shut));
	assert_int_equal(report(w).door.state, PROBE_OFF);
	assert_ok(test_now(w));
	world_run(w, MINUTE);
	assert_int_equal(report(w).door.state, PROBE_OFF);
	assert_int_equal(report(w).cells.state, PROBE_REACHABLE);
	assert_int_equal(w->hosts[0].tests[PROBE_NO_DESCRIPTOR], 0);
	end_world(w);
}

void tests_do_not_count_as_streams(void **state)
{
	struct world *w = proven_world(209);
	struct host *h = &w->hosts[0];
	unsigned i, n = count_tests(w);

	(void)state;
	for (i = 0; i < 4 * 30; i++) {
		test_now(w);
		world_run(w, MINUTE / 4);
	}
	/* 60 streams an hour are too many from anybody else. */
	assert_true(count_tests(w) - n > 2 * 100);
	assert_int_equal(h->tests[PROBE_PASSED], count_tests(w));
	assert_int_equal(report(w).cells.state, PROBE_REACHABLE);
	end_world(w);
}

static bool is_door_up(struct world *w, void *unused)
{
	const struct host *h = &w->hosts[0];
	size_t i;

	(void)unused;
	for (i = 0; i < h->service_count; i++)
		if (h->services[i].id.kind == SERVICE_DOOR)
			return true;
	return false;
}

/* Whoever watches two addresses is not to see one go when the other comes;
 * the same one again has nothing to hide. */
void the_same_address_is_back_at_once(void **state)
{
	struct cmd_self_set off = {.fields = SELF_DOOR_ON};
	struct cmd_self_set on = {.fields = SELF_DOOR_ON, .door_on = true};
	struct cmd_self_set another = {.fields = SELF_DOOR_NEW};
	struct world *w = paired_world(210);
	unsigned i, late = 0;

	(void)state;
	world_run(w, MINUTE);
	for (i = 0; i < 8; i++) {
		assert_ok(world_self_set(w, 0, &off));
		assert_false(is_door_up(w, NULL));
		world_run(w, 100);
		assert_ok(world_self_set(w, 0, &on));
		assert_true(is_door_up(w, NULL));
	}
	for (i = 0; i < 8; i++) {
		assert_ok(world_self_set(w, 0, &off));
		assert_ok(world_self_set(w, 0, &another));
		assert_ok(world_self_set(w, 0, &on));
		assert_false(is_door_up(w, NULL));
		world_run(w, 5000);
		late += !is_door_up(w, NULL);
		assert_true(world_until(w, is_door_up, NULL, MINUTE));
	}
	assert_in_range(late, 3, 8);
	end_world(w);
}

static void set_blocked(struct world *w, int other, bool blocked)
{
	const struct cmd_contact_set cmd = {.fields = CONTACT_BLOCKED,
					    .blocked = blocked};

	world_set(w, 0, other, &cmd);
	assert_ok(w->hosts[0].last_reply);
}

/* What its test has shown was said of the others, too: they are tested now, and
 * not when its next one was due. */
void who_was_tested_last_goes_away(void **state)
{
	enum probe_state reachable = PROBE_REACHABLE;
	uint64_t seed;

	(void)state;
	for (seed = 220; seed < 224; seed++) {
		struct world *w = world_new(seed, 3);
		const struct uid *last;
		int other;

		world_pair(w, 0, 1);
		world_pair(w, 0, 2);
		w->self_test = true;
		world_crash(w, 0);
		world_start(w, 0);
		assert_true(world_until(w, is_proven, NULL, 2 * MINUTE));
		last = &w->hosts[0].node->probe_cells.service.owner;
		other = uid_is_equal(last, &world_contact(w, 0, 1)->id) ? 1 : 2;
		set_blocked(w, other, true);
		world_run(w, 1000);
		assert_true(world_until(w, cells_are, &reachable, 5 * MINUTE));
		set_blocked(w, other, false);
		end_world(w);
	}
}
