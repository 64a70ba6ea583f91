/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/scenarios.h"

void peer_away(void **state)
{
	struct world *w = paired_world(11);

	(void)state;
	world_set_tor(w, 1, false);
	world_run(w, MINUTE);
	world_say(w, 0, 1, 3);
	world_run(w, 6 * HOUR);
	assert_int_equal(received(w, 0, 1), 0);
	assert_false(is_online(w, 0, 1));
	world_set_tor(w, 1, true);
	/* The one who comes back dials; the other need not wait. */
	world_run(w, MINUTE);
	assert_int_equal(received(w, 0, 1), 3);
	assert_true(world_all_delivered(w, 0, 1));
	end_world(w);
}

/* Says something at host 0, whose step that is does not go well. */
static struct world *unlucky_word(uint64_t seed, enum crash crash)
{
	struct world *w = paired_world(seed);

	w->faults.at_host = 0;
	w->faults.at_step = w->hosts[0].steps + 1;
	w->faults.at_kind = crash;
	(void)!world_send(w, 0, &world_contact(w, 0, 1)->id);
	return w;
}

void crash_between_commit_and_send(void **state)
{
	struct world *w = unlucky_word(12, CRASH_AFTER_COMMIT);

	(void)state;
	assert_null(w->hosts[0].node);
	assert_int_equal(received(w, 0, 1), 0);
	world_run(w, 5 * MINUTE);
	assert_int_equal(received(w, 0, 1), 1);
	assert_true(world_all_delivered(w, 0, 1));
	assert_false(has_alarm(w, 1, 0));
	end_world(w);
}

void crash_before_commit(void **state)
{
	struct world *w = unlucky_word(13, CRASH_BEFORE_COMMIT);

	(void)state;
	assert_int_equal(w->hosts[0].last_reply, ERR_IO);
	world_run(w, 5 * MINUTE);
	assert_int_equal(received(w, 0, 1), 0);
	world_say(w, 0, 1, 1);
	world_run(w, MINUTE);
	assert_int_equal(received(w, 0, 1), 1);
	assert_false(has_alarm(w, 1, 0));
	end_world(w);
}

/* HOSTILE P-09: both connect at once, again and again. */
void both_dial_at_once(void **state)
{
	unsigned most = 0;
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 30; seed++) {
		struct world *w = paired_world(1400 + seed);
		unsigned i;

		for (i = 0; i < 20; i++) {
			world_cut(w, 0, 1);
			world_say(w, 0, 1, 1);
			world_say(w, 1, 0, 1);
			world_run(w, 3000);
		}
		if (w->hosts[0].link_most > most)
			most = (unsigned)w->hosts[0].link_most;
		world_run(w, 2 * MINUTE);
		assert_int_equal(received(w, 0, 1), 20);
		assert_int_equal(received(w, 1, 0), 20);
		/* The leader has closed what was too much. */
		assert_int_equal(w->hosts[0].link_count, 1);
		assert_int_equal(w->hosts[1].link_count, 1);
		end_world(w);
	}
	assert_true(most >= 2);
}

void messages_cut_at_each_frame(void **state)
{
	uint64_t k;
	unsigned tenths;

	(void)state;
	for (k = 1; k <= 25; k++) {
		for (tenths = 0; tenths <= 10; tenths += 5) {
			struct world *w = paired_world(1500 + k % 4);

			w->faults.at_send = w->sends + k;
			w->faults.at_send_tenths = tenths;
			world_say(w, 0, 1, 3);
			world_run(w, 500);
			world_say(w, 1, 0, 2);
			world_run(w, 500);
			world_say(w, 0, 1, 2);
			world_run(w, 10 * MINUTE);
			assert_int_equal(received(w, 0, 1), 5);
			assert_int_equal(received(w, 1, 0), 2);
			end_world(w);
		}
	}
}

void acknowledgement_lost(void **state)
{
	struct world *w = paired_world(16);

	(void)state;
	world_run(w, MINUTE);
	/* The first is the message, the second its acknowledgement. */
	w->faults.at_send = w->sends + 2;
	world_say(w, 0, 1, 1);
	world_run(w, 2000);
	assert_int_equal(received(w, 0, 1), 1);
	assert_false(world_all_delivered(w, 0, 1));
	world_run(w, 5 * MINUTE);
	assert_true(world_all_delivered(w, 0, 1));
	assert_int_equal(received(w, 0, 1), 1);
	assert_int_equal(w->hosts[1].disk->journal[JOURNAL_MESSAGE_RECEIVED],
			 1);
	end_world(w);
}

void backlog_of_5000(void **state)
{
	struct world *w = paired_world(17);

	(void)state;
	world_set_tor(w, 1, false);
	world_say(w, 0, 1, 5000);
	world_set_tor(w, 1, true);
	world_run(w, 5 * MINUTE);
	assert_int_equal(received(w, 0, 1), 5000);
	end_world(w);
}

void commit_fails_at_the_receiver(void **state)
{
	struct world *w = paired_world(18);

	(void)state;
	world_run(w, MINUTE);
	w->faults.at_host = 1;
	w->faults.at_step = w->hosts[1].steps + 1;
	w->faults.at_kind = COMMIT_FAILS;
	world_say(w, 0, 1, 1);
	world_run(w, 1000);
	assert_int_equal(received(w, 0, 1), 0);
	assert_int_equal(w->hosts[1].life, 2);
	world_run(w, 5 * MINUTE);
	assert_int_equal(received(w, 0, 1), 1);
	end_world(w);
}

/* Nothing arrives on any stream any more, and nobody is told. */
static void swallow(struct world *w)
{
	size_t i;

	for (i = 0; i < w->stream_count; i++)
		w->streams[i]->cut_ms[0] = w->streams[i]->cut_ms[1] = w->now_ms;
}

void dead_link_is_found_out(void **state)
{
	struct world *w = paired_world(19);

	(void)state;
	world_run(w, MINUTE);
	swallow(w);
	world_say(w, 0, 1, 1);
	world_run(w, 2 * MINUTE);
	assert_int_equal(received(w, 0, 1), 0);
	world_run(w, 4 * MINUTE);
	assert_int_equal(received(w, 0, 1), 1);
	end_world(w);
}

static uint64_t oldest_session_ms(const struct world *w)
{
	uint64_t oldest_ms = 0;
	size_t i;

	for (i = 0; i < w->stream_count; i++) {
		const struct stream *s = w->streams[i];

		if (s->open[0] && w->now_ms - s->born_ms > oldest_ms)
			oldest_ms = w->now_ms - s->born_ms;
	}
	return oldest_ms;
}

void sessions_are_renewed(void **state)
{
	struct limits limits = limits_default();
	struct world *w;
	size_t streams;
	unsigned i;

	(void)state;
	/* By their age alone, not because an epoch ended. */
	limits.rekey_age_ms *= 1000;
	w = world_new_limits(20, 2, limits);
	world_pair(w, 0, 1);
	streams = w->stream_count;
	for (i = 0; i < 60 * 60; i++) {
		world_run(w, MINUTE);
		assert_true(is_online(w, 0, 1));
		assert_true(is_online(w, 1, 0));
		assert_true(oldest_session_ms(w) < 12 * HOUR);
	}
	/* One more about every eleven hours. */
	assert_in_range(w->stream_count - streams, 5, 11);
	assert_int_equal(w->hosts[0].link_count, 1);
	end_world(w);
}

void contact_that_never_reads(void **state)
{
	struct world *w = paired_world(21);
	size_t i, bytes = 0;

	(void)state;
	world_run(w, MINUTE);
	swallow(w);
	for (i = 0; i < w->stream_count; i++)
		w->streams[i]->cut_ms[1] = UINT64_MAX - 1;
	for (i = 0; i < 1000; i++)
		world_say(w, 0, 1, 1);
	world_run(w, MINUTE);
	for (i = 0; i < w->stream_count; i++)
		bytes += w->streams[i]->bytes[0] + w->streams[i]->bytes[1];
	assert_true(bytes < 64 * 1024);
	end_world(w);
}
