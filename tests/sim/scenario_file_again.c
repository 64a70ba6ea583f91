/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A file whose message failed, and is sent once more.
 */
#include "tests/sim/file_story.h"
#include "tests/sim/files_world.h"
#include "tests/sim/scenarios.h"
#include "tests/sim/talk.h"

/* 0's user takes the message back; whether it is so. */
static bool take_back(struct world *w)
{
	struct event ev = talk_delete(
	    disk_by_mid(w->hosts[0].disk, &story_going(w)->contact_id,
			MESSAGE_OUT, &story_going(w)->mid),
	    DELETE_CANCEL);

	host_event(w, 0, &ev);
	return story_going(w)->state == FILE_CANCELLED;
}

/* The offer of an earlier message is none any more. */
static bool has_this_offer(struct world *w, void *unused)
{
	(void)unused;
	return story_coming(w) && story_going(w)->state == FILE_OFFERED &&
	       memcmp(&story_coming(w)->mid, &story_going(w)->mid,
		      sizeof(struct mid)) == 0;
}

static bool are_up(struct world *w, void *unused)
{
	(void)unused;
	return w->hosts[0].node && w->hosts[1].node;
}

static void fetch_and_end(struct world *w)
{
	assert_true(world_until(w, has_this_offer, NULL, HOUR));
	assert_null(world_file(w, 1, MESSAGE_IN, 1));
	assert_null(world_file(w, 0, MESSAGE_OUT, 1));
	w->faults.at_kind = CRASH_NEVER;
	assert_true(world_until(w, are_up, NULL, HOUR));
	story_wish(w, 1, FILE_RUN);
	world_run(w, 10 * MINUTE);
	assert_true(story_is_whole(w));
	assert_int_equal(w->hosts[0].disk->blob_count, 1);
	assert_int_equal(w->hosts[1].disk->blob_count, 1);
	end_world(w);
}

/* The first had come or not, and its file was being fetched, when it was taken
 * back. */
void file_offered_once_more(void **state)
{
	unsigned had_come;

	(void)state;
	for (had_come = 0; had_come < 2; had_come++) {
		struct world *w = paired_world(3160 + had_come);
		unsigned i;

		if (!had_come)
			world_set_tor(w, 1, false);
		assert_int_equal(world_offer(w, 0, 1, 300 * KIB), OK);
		if (had_come)
			assert_true(
			    world_until(w, story_has_offer, NULL, HOUR));
		/* And again. */
		for (i = 0; i < 3; i++) {
			assert_true(take_back(w));
			assert_int_equal(story_going(w)->problem,
					 FILE_WITHDRAWN);
			if (i == 1)
				world_run(w, HOUR);
			assert_int_equal(
			    world_offer_again(w, 0, &story_going(w)->id), OK);
			assert_int_equal(story_going(w)->problem,
					 FILE_NO_PROBLEM);
		}
		world_set_tor(w, 1, true);
		fetch_and_end(w);
	}
}

/* 0's user takes it back and offers it once more, whatever dies meanwhile;
 * false: it was delivered before. */
static bool offer_once_more(struct world *w)
{
	const struct uid id = story_going(w)->id;
	unsigned i;

	for (i = 0; i < 10 && story_going(w)->state == FILE_OFFERED; i++) {
		assert_true(world_until(w, are_up, NULL, HOUR));
		(void)take_back(w);
	}
	if (story_going(w)->state == FILE_OFFERED)
		return false;
	for (i = 0; i < 10 && story_going(w)->state == FILE_CANCELLED; i++) {
		assert_true(world_until(w, are_up, NULL, HOUR));
		(void)!world_offer_again(w, 0, &id);
	}
	assert_int_equal(story_going(w)->state, FILE_OFFERED);
	return true;
}

/* Of either, at each step from the one that takes it back.  What was not done
 * when it died is done again, as its user would. */
void file_offered_once_more_with_a_crash(void **state)
{
	unsigned again = 0;
	uint64_t k;
	int host;

	(void)state;
	for (k = 0; k < 40; k++) {
		for (host = 0; host < 2; host++) {
			struct world *w = paired_world(3170 + k % 7);

			assert_int_equal(world_offer(w, 0, 1, 150 * KIB), OK);
			if (k % 2)
				world_until(w, story_has_offer, NULL, HOUR);
			w->faults.at_host = host;
			w->faults.at_step = w->hosts[host].steps + 1 + k / 2;
			w->faults.at_kind = (enum crash)(1 + k % 4);
			again += offer_once_more(w);
			fetch_and_end(w);
		}
	}
	assert_true(again > 60);
}
