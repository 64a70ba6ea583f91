/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/epochs.h"
#include "tests/sim/scenarios.h"

static struct world *young_world(uint64_t seed)
{
	struct world *w = epochs_world(seed, 2);

	world_pair(w, 0, 1);
	return w;
}

static uint64_t epoch_of(struct world *w, int host, int other)
{
	return world_contact(w, host, other)->epoch;
}

/* Both are through with what they began. */
static bool is_at_rest(struct world *w, void *unused)
{
	const struct contact_row *a = world_contact(w, 0, 1);
	const struct contact_row *b = world_contact(w, 1, 0);

	(void)unused;
	return a->rekey.state == REKEY_IDLE && b->rekey.state == REKEY_IDLE &&
	       a->epoch == b->epoch &&
	       memcmp(&a->psk, &b->psk, sizeof(a->psk)) == 0;
}

static bool is_under_way(struct world *w, void *unused)
{
	return !is_at_rest(w, unused);
}

/* They are in one epoch, go on to others, and can talk. */
static void expect_epochs(struct world *w)
{
	uint64_t before = epoch_of(w, 0, 1);

	world_heal(w);
	world_run(w, 5 * MINUTE);
	assert_true(epoch_of(w, 0, 1) > before);
	assert_true(world_until(w, is_at_rest, NULL, MINUTE));
	assert_false(has_alarm(w, 0, 1));
	assert_false(has_alarm(w, 1, 0));
	world_say(w, 0, 1, 1);
	world_say(w, 1, 0, 1);
	end_world(w);
}

void epochs_pass_while_messages_flow(void **state)
{
	struct world *w = young_world(61);
	struct psk last = world_contact(w, 0, 1)->psk;
	unsigned i, changes = 0;

	(void)state;
	for (i = 0; i < 360; i++) {
		world_say(w, (int)i % 2, 1 - (int)i % 2, 2);
		world_run(w, 5000);
		changes += memcmp(&last, &world_contact(w, 0, 1)->psk,
				  sizeof(last)) != 0;
		last = world_contact(w, 0, 1)->psk;
	}
	/* Half an hour, an epoch of a minute and a few seconds. */
	assert_in_range(epoch_of(w, 0, 1), 20, 30);
	assert_in_range(changes, 20, 30);
	world_run(w, 2000);
	assert_int_equal(received(w, 0, 1), 360);
	assert_int_equal(received(w, 1, 0), 360);
	assert_in_range(w->hosts[0].link_count, 1, 2);
	expect_epochs(w);
}

/* Nothing is said but what keeps a relation alive. */
void epochs_last_six_hours(void **state)
{
	struct world *w = paired_world(62);
	size_t i, day = 25 * 60;

	(void)state;
	while (day-- > 0) {
		world_run(w, MINUTE);
		assert_true(is_online(w, 0, 1) && is_online(w, 1, 0));
	}
	assert_int_equal(epoch_of(w, 0, 1), 4);
	assert_int_equal(epoch_of(w, 1, 0), 4);
	/* And the session of the present hour is of the present epoch. */
	for (i = 0; i < w->stream_count; i++)
		if (w->streams[i]->open[0])
			assert_true(w->now_ms - w->streams[i]->born_ms <
				    2 * HOUR);
	end_world(w);
}

/* At which step each host is when the leader has just proposed. */
static void steps_at_proposal(uint64_t seed, uint64_t steps[2], uint64_t *sends)
{
	struct world *w = young_world(seed);

	assert_true(world_until(w, is_under_way, NULL, 5 * MINUTE));
	steps[0] = w->hosts[0].steps;
	steps[1] = w->hosts[1].steps;
	*sends = w->sends;
	world_free(w);
}

void epoch_with_a_crash_at_each_step(void **state)
{
	uint64_t steps[2], sends, k;
	enum crash crash;
	int host;

	(void)state;
	steps_at_proposal(63, steps, &sends);
	for (host = 0; host < 2; host++) {
		for (crash = 1; crash < CRASH_KINDS; crash++) {
			for (k = 0; k < 14; k++) {
				struct world *w = young_world(63);

				w->faults.at_host = host;
				w->faults.at_step = steps[host] + k;
				w->faults.at_kind = crash;
				world_run(w, 3 * MINUTE);
				expect_epochs(w);
			}
		}
	}
}

void epoch_cut_at_each_frame(void **state)
{
	uint64_t steps[2], sends, k;
	unsigned tenths;

	(void)state;
	steps_at_proposal(64, steps, &sends);
	for (k = 0; k < 14; k++) {
		for (tenths = 0; tenths <= 10; tenths += 5) {
			struct world *w = young_world(64);

			w->faults.at_send = sends + k;
			w->faults.at_send_tenths = tenths;
			world_run(w, 3 * MINUTE);
			expect_epochs(w);
		}
	}
}

void epoch_with_tor_away(void **state)
{
	uint64_t seed;
	unsigned k;

	(void)state;
	for (seed = 6500; seed < 6504; seed++) {
		for (k = 0; k < 20; k++) {
			struct world *w = young_world(seed);

			assert_true(
			    world_until(w, is_under_way, NULL, 5 * MINUTE));
			world_run(w, k * 75);
			world_set_tor(w, (int)k % 2, false);
			world_run(w, k * 6000);
			world_set_tor(w, (int)k % 2, true);
			expect_epochs(w);
		}
	}
}

void epochs_while_both_dial(void **state)
{
	uint64_t seed;
	unsigned i;

	(void)state;
	for (seed = 6600; seed < 6610; seed++) {
		struct world *w = young_world(seed);

		for (i = 0; i < 60; i++) {
			world_cut(w, 0, 1);
			world_say(w, 0, 1, 1);
			world_say(w, 1, 0, 1);
			world_run(w, 1000 + world_random(w, 9000));
		}
		assert_true(epoch_of(w, 0, 1) > 2);
		world_run(w, MINUTE);
		assert_int_equal(received(w, 0, 1), 60);
		assert_int_equal(received(w, 1, 0), 60);
		expect_epochs(w);
	}
}

/* Host 2 begins with all that host has. */
static void clone_to_2(struct world *w, int host)
{
	world_crash(w, 2);
	disk_free(w->hosts[2].disk);
	w->hosts[2].disk = disk_clone(w->hosts[host].disk);
	w->hosts[2].went_back = true;
	world_start(w, 2);
}

/* Whatever was copied or put back: each session has keys of its own, by an
 * ephemeral key that was never used before. */
static void expect_fresh_openings(const struct world *w)
{
	size_t i, k;

	for (i = 0; i < w->stream_count; i++) {
		const struct stream *a = w->streams[i];

		for (k = 0; k < i; k++) {
			const struct stream *b = w->streams[k];

			if (a->bytes[1] >= 34 && b->bytes[1] >= 34)
				assert_memory_not_equal(a->opening + 2,
							b->opening + 2, 32);
		}
	}
}

/* A thief copies a disk and is online with it, beside its owner, who has
 * nothing that tells him but the other's keys.  HOSTILE K-09 */
void cloned_disk_raises_the_alarm(void **state)
{
	int host;

	(void)state;
	for (host = 0; host < 2; host++) {
		struct world *w = epochs_world(67, 3);

		world_pair(w, 0, 1);
		world_run(w, 3 * MINUTE);
		clone_to_2(w, host);
		world_run(w, 20 * MINUTE);
		assert_true(has_alarm(w, 1 - host, host));
		expect_fresh_openings(w);
		world_free(w);
	}
}

/* HOSTILE K-09 */
void disk_put_back_across_an_epoch(void **state)
{
	int host;

	(void)state;
	for (host = 0; host < 2; host++) {
		struct world *w = epochs_world(68, 3);
		int other = 1 - host;
		uint64_t epoch;

		world_pair(w, 0, 1);
		world_pair(w, other, 2);
		assert_true(world_until(w, is_at_rest, NULL, MINUTE));
		world_backup(w, host);
		world_run(w, 5 * MINUTE);
		assert_false(has_alarm(w, 0, 1) || has_alarm(w, 1, 0));
		world_put_back(w, host);
		world_start(w, host);
		world_run(w, 20 * MINUTE);
		assert_true(has_alarm(w, 0, 1));
		assert_true(has_alarm(w, 1, 0));
		assert_false(is_online(w, 0, 1) || is_online(w, 1, 0));
		expect_fresh_openings(w);
		/* That is all: who was not touched does not suffer. */
		epoch = epoch_of(w, other, 2);
		world_say(w, other, 2, 3);
		world_run(w, 5 * MINUTE);
		assert_int_equal(received(w, other, 2), 3);
		assert_true(epoch_of(w, other, 2) > epoch);
		assert_false(has_alarm(w, other, 2) || has_alarm(w, 2, other));
		end_world(w);
	}
}

/* Before anybody could have noticed: they find together again. */
void disk_put_back_within_an_epoch(void **state)
{
	int host;

	(void)state;
	for (host = 0; host < 2; host++) {
		struct world *w = young_world(69);

		assert_true(world_until(w, is_at_rest, NULL, MINUTE));
		world_backup(w, host);
		world_run(w, 1000);
		world_put_back(w, host);
		world_start(w, host);
		expect_epochs(w);
	}
}

/* The leader's disk went back to before it proposed, and the follower has
 * answered: the leader proposes anew, and that is no accident. */
void leader_forgets_that_it_proposed(void **state)
{
	struct world *w = young_world(70);
	int leader;

	(void)state;
	world_backup(w, 0);
	world_backup(w, 1);
	assert_true(world_until(w, is_under_way, NULL, 5 * MINUTE));
	leader = world_contact(w, 0, 1)->rekey.state == REKEY_PROPOSED ? 0 : 1;
	while (world_contact(w, 1 - leader, leader)->rekey.state !=
	       REKEY_ANSWERED)
		world_run(w, 1);
	world_put_back(w, leader);
	world_start(w, leader);
	world_run(w, 5 * MINUTE);
	assert_true(has_alarm(w, 1 - leader, leader));
	assert_true(epoch_of(w, 0, 1) > 1);
	assert_true(world_until(w, is_at_rest, NULL, MINUTE));
	world_say(w, 0, 1, 1);
	end_world(w);
}

/* The follower's disk went back to before it answered, and the leader has
 * taken the answer: nothing helps but a new invite.  They do not wear out
 * Tor until it comes. */
void follower_forgets_its_answer(void **state)
{
	struct world *w = young_world(73);
	int leader, follower;
	size_t streams;

	(void)state;
	world_backup(w, 0);
	world_backup(w, 1);
	assert_true(world_until(w, is_under_way, NULL, 5 * MINUTE));
	leader = world_contact(w, 0, 1)->rekey.state == REKEY_PROPOSED ? 0 : 1;
	follower = 1 - leader;
	while (world_contact(w, leader, follower)->rekey.state !=
	       REKEY_COMMITTED)
		world_run(w, 1);
	world_put_back(w, follower);
	world_start(w, follower);
	world_run(w, 10 * MINUTE);
	assert_true(has_alarm(w, follower, leader));
	assert_true(
	    epochs_parted(world_contact(w, 0, 1), world_contact(w, 1, 0)));
	streams = w->stream_count;
	world_run(w, 10 * HOUR);
	assert_in_range(w->stream_count - streams, 10, 600);
	end_world(w);
}

/* The last thing that was sent to open a link to a cell of host. */
static const struct stream *last_opening(const struct world *w, int host)
{
	size_t i;

	for (i = w->stream_count; i-- > 0;) {
		const struct stream *s = w->streams[i];

		if (s->host[1] == host && s->host[0] >= 0 &&
		    s->service.kind == SERVICE_CELL &&
		    s->bytes[1] >= HANDSHAKE_BYTES)
			return s;
	}
	return NULL;
}

/* An opening was right when it began; then the epoch ended, and perhaps the
 * process too.  HOSTILE N-07 */
void late_opening_raises_no_alarm(void **state)
{
	uint8_t bytes[HANDSHAKE_BYTES];
	struct limits limits = limits_default();
	int restart;

	(void)state;
	limits.rekey_age_ms = HOUR;
	for (restart = 0; restart < 2; restart++) {
		struct world *w = world_new_limits(71, 2, limits);

		world_pair(w, 0, 1);
		while (!last_opening(w, 0)) {
			world_cut(w, 0, 1);
			world_run(w, MINUTE);
		}
		memcpy(bytes, last_opening(w, 0)->opening, sizeof(bytes));
		assert_true(world_until(w, is_under_way, NULL, 2 * HOUR));
		assert_true(world_until(w, is_at_rest, NULL, MINUTE));
		assert_int_equal(epoch_of(w, 0, 1), 1);
		if (restart) {
			world_crash(w, 0);
			world_start(w, 0);
		}
		world_run(w, MINUTE);
		world_stranger(w, 0, world_service(w, 0, SERVICE_CELL), bytes,
			       sizeof(bytes));
		world_run(w, 8 * MINUTE);
		assert_false(has_alarm(w, 0, 1));
		/* But after so long it is nobody's mistake. */
		world_run(w, 2 * MINUTE);
		world_stranger(w, 0, world_service(w, 0, SERVICE_CELL), bytes,
			       sizeof(bytes));
		world_run(w, MINUTE);
		assert_true(has_alarm(w, 0, 1));
		assert_true(is_online(w, 0, 1));
		end_world(w);
	}
}

/* HOSTILE L-14: clocks are set while epochs pass: nothing is lost, nobody
 * alarmed. */
void epochs_while_clocks_are_set(void **state)
{
	static const int64_t jumps[] = {-500000000, 500000000, -3600000,
					3600000,    -100,      900000000,
					-900000000};
	struct world *w = young_world(72);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(jumps); i++) {
		uint64_t before = epoch_of(w, 0, 1);

		w->hosts[i % 2].skew_ms += (uint64_t)jumps[i];
		w->hosts[1 - i % 2].skew_ms += (uint64_t)(jumps[i] / 7);
		world_run(w, 3 * MINUTE);
		assert_in_range(epoch_of(w, 0, 1) - before, 1, 4);
	}
	expect_epochs(w);
}
