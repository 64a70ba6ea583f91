/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/file_story.h"

#include "tests/sim/files_world.h"
#include "tests/sim/scenarios.h"

const struct file_row *story_coming(struct world *w)
{
	return world_file(w, 1, MESSAGE_IN, 0);
}

const struct file_row *story_going(struct world *w)
{
	return world_file(w, 0, MESSAGE_OUT, 0);
}

bool story_has_offer(struct world *w, void *unused)
{
	(void)unused;
	return story_coming(w) != NULL;
}

/* 0 offers 1 a file, who has heard of it. */
struct world *story_offered(uint64_t seed, uint64_t size)
{
	struct world *w = paired_world(seed);

	assert_int_equal(world_offer(w, 0, 1, size), OK);
	assert_true(world_until(w, story_has_offer, NULL, HOUR));
	return w;
}

void story_wish(struct world *w, int host, enum file_wish wish)
{
	const struct file_row *row = host ? story_coming(w) : story_going(w);

	assert_non_null(row);
	assert_int_equal(world_file_set(w, host, &row->id, wish), OK);
}

/* The same, and 1 said yes. */
struct world *story_accepted(uint64_t seed, uint64_t size)
{
	struct world *w = story_offered(seed, size);

	story_wish(w, 1, FILE_RUN);
	return w;
}

bool story_is_whole(struct world *w)
{
	return story_coming(w)->state == FILE_DONE &&
	       story_going(w)->state == FILE_DONE &&
	       disk_file_is_whole(w->hosts[1].disk, story_coming(w));
}

bool story_has_some(struct world *w, void *unused)
{
	(void)unused;
	return story_coming(w)->have_count > 0;
}
