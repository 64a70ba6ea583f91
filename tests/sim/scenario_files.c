/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/transfers.h"
#include "tests/sim/file_story.h"
#include "tests/sim/files_world.h"
#include "tests/sim/scenarios.h"
#include "tests/sim/talk.h"
#include "util/mem.h"

/* HOSTILE F-07: nothing is on the disk before the user says yes. */
void file_plain(void **state)
{
	static const uint64_t sizes[] = {0, 1, 64 * KIB, 64 * KIB + 1,
					 1000 * KIB};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct world *w = story_offered(3000 + i, sizes[i]);

		world_run(w, 10 * MINUTE);
		assert_int_equal(story_coming(w)->state, FILE_OFFERED);
		assert_int_equal(story_going(w)->state, FILE_OFFERED);
		assert_int_equal(w->hosts[1].disk->blob_count, 0);
		story_wish(w, 1, FILE_RUN);
		world_run(w, 2 * MINUTE);
		assert_true(story_is_whole(w));
		/* Idle links do not stay. */
		world_run(w, 3 * MINUTE);
		assert_int_equal(w->hosts[0].link_count, 1);
		end_world(w);
	}
}

void file_both_ways_at_once(void **state)
{
	struct world *w = story_offered(3010, 500 * KIB);
	unsigned i;

	(void)state;
	for (i = 0; i < 5; i++) {
		assert_int_equal(world_offer(w, 0, 1, 200 * KIB), OK);
		assert_int_equal(world_offer(w, 1, 0, 200 * KIB), OK);
	}
	world_run(w, MINUTE);
	assert_int_equal(world_files_set_all(w, 0, FILE_RUN), 5);
	assert_int_equal(world_files_set_all(w, 1, FILE_RUN), 6);
	world_say(w, 0, 1, 20);
	world_run(w, 10 * MINUTE);
	for (i = 0; i < 6; i++)
		assert_int_equal(world_file(w, 1, MESSAGE_IN, i)->state,
				 FILE_DONE);
	for (i = 0; i < 5; i++)
		assert_int_equal(world_file(w, 0, MESSAGE_IN, i)->state,
				 FILE_DONE);
	end_world(w);
}

void file_declined_and_withdrawn(void **state)
{
	struct world *w = story_offered(3020, 100 * KIB);

	(void)state;
	story_wish(w, 1, FILE_CANCEL);
	world_run(w, MINUTE);
	assert_int_equal(story_going(w)->state, FILE_CANCELLED);
	assert_int_equal(story_going(w)->problem, FILE_DECLINED);
	assert_int_equal(story_coming(w)->problem, FILE_DECLINED);
	end_world(w);
	w = story_accepted(3021, 2000 * KIB);
	assert_true(world_until(w, story_has_some, NULL, HOUR));
	story_wish(w, 0, FILE_CANCEL);
	world_run(w, MINUTE);
	assert_int_equal(story_coming(w)->state > FILE_DONE, true);
	assert_int_equal(story_going(w)->problem, FILE_WITHDRAWN);
	assert_int_equal(w->hosts[1].disk->blob_count, 0);
	end_world(w);
}

/* By either, for as long as it likes. */
void file_paused_and_resumed(void **state)
{
	int host;

	(void)state;
	for (host = 0; host < 2; host++) {
		struct world *w =
		    story_accepted(3030 + (uint64_t)host, 3000 * KIB);
		uint32_t had;

		assert_true(world_until(w, story_has_some, NULL, HOUR));
		story_wish(w, host, FILE_PAUSE);
		world_run(w, MINUTE);
		had = story_coming(w)->have_count;
		world_run(w, 5 * HOUR);
		assert_int_equal(story_coming(w)->have_count, had);
		assert_true(had < 47);
		/* Of a pause at the sender's the other may not have heard. */
		assert_in_range(w->hosts[0].link_count, 1, host ? 1 : 3);
		story_wish(w, host, FILE_RUN);
		world_run(w, 5 * MINUTE);
		assert_true(story_is_whole(w));
		end_world(w);
	}
}

/* HOSTILE F-11: at every place, of either. */
void file_with_a_crash_at_each_step(void **state)
{
	uint64_t k;
	int host, kind;

	(void)state;
	for (k = 1; k <= 60; k += 2) {
		for (host = 0; host < 2; host++) {
			struct world *w =
			    story_accepted(3040 + k % 5, 150 * KIB);

			kind = (int)(1 + (k / 2 + (uint64_t)host) % 4);
			w->faults.at_host = host;
			w->faults.at_step = w->hosts[host].steps + k;
			w->faults.at_kind = (enum crash)kind;
			world_run(w, 30 * MINUTE);
			world_heal(w);
			assert_true(story_is_whole(w));
			end_world(w);
		}
	}
}

void file_cut_at_each_frame(void **state)
{
	uint64_t k;

	(void)state;
	for (k = 1; k <= 60; k += 2) {
		struct world *w = story_accepted(3050 + k % 5, 150 * KIB);

		w->faults.at_send = w->sends + k;
		w->faults.at_send_tenths = (unsigned)(k % 3 * 5);
		world_run(w, 10 * MINUTE);
		assert_true(story_is_whole(w));
		end_world(w);
	}
}

/* Everything goes down for a day, in the middle. */
void file_after_a_day(void **state)
{
	struct world *w = story_accepted(3060, 3000 * KIB);
	uint32_t had;

	(void)state;
	assert_true(world_until(w, story_has_some, NULL, HOUR));
	had = story_coming(w)->have_count;
	world_crash(w, 0);
	world_crash(w, 1);
	world_run(w, 24 * HOUR);
	world_start(w, 1);
	world_run(w, HOUR);
	assert_true(story_coming(w)->have_count >= had);
	world_start(w, 0);
	world_run(w, HOUR);
	assert_true(story_is_whole(w));
	end_world(w);
}

void file_expires(void **state)
{
	struct world *w = paired_world(3070);

	(void)state;
	assert_int_equal(world_offer_for(w, 0, 1, KIB, 3600), OK);
	world_run(w, HOUR / 2);
	assert_int_equal(story_coming(w)->state, FILE_OFFERED);
	world_run(w, HOUR);
	assert_int_equal(story_coming(w)->state, FILE_FAILED);
	assert_int_equal(story_coming(w)->problem, FILE_EXPIRED);
	assert_int_equal(story_going(w)->problem, FILE_EXPIRED);
	end_world(w);
	/* Its message comes after that time. */
	w = paired_world(3072);
	world_set_tor(w, 1, false);
	world_run(w, MINUTE);
	assert_int_equal(world_offer_for(w, 0, 1, KIB, 3600), OK);
	world_run(w, 2 * HOUR);
	assert_null(story_coming(w));
	world_set_tor(w, 1, true);
	assert_true(world_until(w, story_has_offer, NULL, HOUR));
	assert_int_equal(story_coming(w)->state, FILE_FAILED);
	assert_int_equal(story_coming(w)->problem, FILE_EXPIRED);
	end_world(w);
	/* One that was accepted does not. */
	w = paired_world(3071);
	assert_int_equal(world_offer_for(w, 0, 1, 2000 * KIB, 3600), OK);
	assert_true(world_until(w, story_has_offer, NULL, HOUR));
	story_wish(w, 1, FILE_RUN);
	assert_true(world_until(w, story_has_some, NULL, HOUR));
	world_crash(w, 1);
	world_run(w, (uint64_t)30 * 24 * HOUR);
	world_start(w, 1);
	world_run(w, HOUR);
	assert_true(story_is_whole(w));
	end_world(w);
}

/* HOSTILE F-03: no byte of it before there is room for all of it. */
void file_without_room(void **state)
{
	struct world *w = story_offered(3080, 1000 * KIB);

	(void)state;
	w->hosts[1].disk->room = 500 * KIB;
	story_wish(w, 1, FILE_RUN);
	world_run(w, 10 * MINUTE);
	assert_int_equal(story_coming(w)->state, FILE_PAUSED);
	assert_int_equal(story_coming(w)->problem, FILE_NO_SPACE);
	assert_int_equal(w->hosts[1].disk->blob_count, 0);
	world_say(w, 0, 1, 3);
	world_run(w, MINUTE);
	assert_true(world_all_delivered(w, 0, 1));
	/* It goes on by itself. */
	w->hosts[1].disk->room = UINT64_MAX;
	world_run(w, 5 * MINUTE);
	assert_true(story_is_whole(w));
	end_world(w);
	/* HOSTILE F-12: the disk is full in the middle. */
	w = story_accepted(3081, 1000 * KIB);
	assert_true(world_until(w, story_has_some, NULL, HOUR));
	w->hosts[1].blob_err = ERR_NO_SPACE;
	world_run(w, 10 * MINUTE);
	assert_true(story_is_whole(w));
	end_world(w);
}

/* The sender's disk is not what it was. */
void file_changed_meanwhile(void **state)
{
	struct world *w = story_offered(3090, 1000 * KIB);
	struct blob *b = disk_blob_find(w->hosts[0].disk, &story_going(w)->id);

	(void)state;
	b->now[700 * KIB] ^= 1;
	story_wish(w, 1, FILE_RUN);
	world_run(w, 10 * MINUTE);
	assert_int_equal(story_going(w)->state, FILE_FAILED);
	assert_int_equal(story_going(w)->problem, FILE_CHANGED);
	assert_int_equal(story_coming(w)->state, FILE_FAILED);
	assert_int_equal(story_coming(w)->problem, FILE_CHANGED);
	disk_files_drop(w->hosts[0].disk, &story_going(w)->contact_id, NULL);
	disk_files_drop(w->hosts[1].disk, &story_coming(w)->contact_id, NULL);
	end_world(w);
}

/* With its message, its contact, or at the user's word. */
void file_ends_with_its_message(void **state)
{
	const struct cmd_contact_set block = {.fields = CONTACT_BLOCKED,
					      .blocked = true};
	unsigned how;

	(void)state;
	for (how = 0; how < 4; how++) {
		struct world *w = story_accepted(3100 + how, 3000 * KIB);
		struct event ev = {.type = EV_CMD_FILE_DELETE, .cmd = 1};

		assert_true(world_until(w, story_has_some, NULL, HOUR));
		ev.target = story_coming(w)->id;
		if (how == 1) {
			ev.type = EV_CMD_HISTORY_DELETE;
			ev.target = story_coming(w)->contact_id;
		}
		if (how < 2)
			host_event(w, 1, &ev);
		else
			world_set(w, how == 2, how != 2, &block);
		world_run(w, MINUTE);
		world_heal(w);
		world_run(w, 5 * MINUTE);
		assert_true(story_going(w)->state == FILE_CANCELLED);
		assert_int_equal(w->hosts[1].disk->blob_count, 0);
		assert_int_equal(story_coming(w) != NULL, how >= 2);
		end_world(w);
	}
}

/* Links are lost again and again; chunks are not. */
void file_over_bad_links(void **state)
{
	struct world *w = story_accepted(3110, 2000 * KIB);
	unsigned i;

	(void)state;
	for (i = 0; i < 40 && !story_is_whole(w); i++) {
		uint32_t had = story_coming(w)->have_count;

		world_run(w, 15 * 1000);
		assert_true(story_coming(w)->have_count >= had ||
			    story_coming(w)->state == FILE_DONE);
		world_cut(w, 0, 1);
	}
	world_run(w, 30 * MINUTE);
	assert_true(story_is_whole(w));
	end_world(w);
}

/* Nothing arrives on it any more, and nobody is told: what it was to bring
 * comes by another, long before it is found out. */
void file_over_a_link_that_died(void **state)
{
	struct world *w = story_accepted(3140, 6000 * KIB);
	size_t i, at = 0;

	(void)state;
	assert_true(world_until(w, story_has_some, NULL, HOUR));
	world_run(w, 2000);
	assert_int_equal(story_coming(w)->state, FILE_RUNNING);
	for (i = 0; i < w->stream_count; i++)
		if (w->streams[i]->open[0] && w->streams[i]->open[1])
			at = i;
	w->streams[at]->cut_ms[0] = w->streams[at]->cut_ms[1] = w->now_ms;
	world_run(w, 60 * 1000);
	assert_true(story_is_whole(w));
	end_world(w);
}

/* HOSTILE F-11: either dies at random, again and again. */
void file_through_random_kills(void **state)
{
	uint64_t seed, lives = 0;

	(void)state;
	for (seed = 0; seed < 20; seed++) {
		struct world *w = story_accepted(3200 + seed, 1000 * KIB);

		w->faults.crash = 300;
		w->faults.cut = 50;
		world_run(w, 10 * MINUTE);
		world_heal(w);
		lives += w->hosts[0].life + w->hosts[1].life;
		assert_true(story_is_whole(w));
		end_world(w);
	}
	assert_true(lives > 200);
}

/* HOSTILE F-07: what is small and of that kind, if the user said so. */
void file_accepted_beforehand(void **state)
{
	const struct cmd_self_set some = {.fields =
					      SELF_AUTO_BYTES | SELF_AUTO_KINDS,
					  .auto_accept_bytes = 100 * KIB,
					  .auto_accept_kinds = 1};
	struct world *w = paired_world(3120);

	(void)state;
	assert_int_equal(world_self_set(w, 1, &some), OK);
	assert_int_equal(world_offer(w, 0, 1, 100 * KIB), OK);
	assert_int_equal(world_offer(w, 0, 1, 100 * KIB + 1), OK);
	world_run(w, 2 * MINUTE);
	assert_true(story_is_whole(w));
	assert_int_equal(world_file(w, 1, MESSAGE_IN, 1)->state, FILE_OFFERED);
	end_world(w);
}

/* By two commands, of which the second does not see yet what the first did:
 * it is one file, which belongs to one message. */
void file_offered_to_two_at_once(void **state)
{
	struct world *w = world_new(3150, 3);
	struct file_row *made, ready;

	(void)state;
	world_pair(w, 0, 1);
	world_pair(w, 0, 2);
	made = world_bring(w, 0, 100 * KIB);
	ready = *made;
	assert_int_equal(world_offer_row(w, 0, 1, &ready, 0), OK);
	assert_int_equal(world_offer_row(w, 0, 2, &ready, 0), ERR_STATE);
	assert_true(world_until(w, story_has_offer, NULL, HOUR));
	story_wish(w, 1, FILE_RUN);
	world_run(w, 2 * MINUTE);
	assert_true(story_is_whole(w));
	end_world(w);
}

/* Accepted beforehand, and over before it came. */
void file_too_late_to_be_accepted(void **state)
{
	const struct cmd_self_set all = {.fields =
					     SELF_AUTO_BYTES | SELF_AUTO_KINDS,
					 .auto_accept_bytes = 100 * KIB,
					 .auto_accept_kinds = 1};
	struct world *w = paired_world(3160);

	(void)state;
	assert_int_equal(world_self_set(w, 1, &all), OK);
	world_crash(w, 1);
	assert_int_equal(world_offer_for(w, 0, 1, KIB, 3600), OK);
	world_run(w, 2 * HOUR);
	world_start(w, 1);
	world_run(w, HOUR);
	assert_int_equal(story_coming(w)->state, FILE_FAILED);
	assert_int_equal(story_coming(w)->problem, FILE_EXPIRED);
	end_world(w);
}

/* HOSTILE F-08, X-05: a thousand offers at once. */
void a_thousand_offers(void **state)
{
	struct world *w = paired_world(3130);
	unsigned i, refused = 0, kept = 0;

	(void)state;
	for (i = 0; i < 1000; i++) {
		enum err err = world_offer(w, 0, 1, 1);

		assert_true(err == OK || err == ERR_FULL);
		refused += err == ERR_FULL;
	}
	assert_int_equal(refused, 1000 - FILES_LIVE_MAX);
	world_run(w, 10 * MINUTE);
	while (world_file(w, 1, MESSAGE_IN, kept))
		kept++;
	assert_int_equal(kept, FILES_LIVE_MAX);
	world_files_set_all(w, 1, FILE_RUN);
	world_say(w, 0, 1, 1);
	world_run(w, MINUTE);
	assert_true(world_all_delivered(w, 0, 1));
	world_run(w, 30 * MINUTE);
	for (i = 0; i < kept; i++)
		assert_int_equal(world_file(w, 1, MESSAGE_IN, i)->state,
				 FILE_DONE);
	end_world(w);
}
