/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/scenarios.h"

void senders_disk_went_back(void **state)
{
	struct world *w = paired_world(41);

	(void)state;
	world_say(w, 0, 1, 2);
	world_run(w, MINUTE);
	world_backup(w, 0);
	world_say(w, 0, 1, 3);
	world_run(w, MINUTE);
	assert_int_equal(received(w, 0, 1), 5);
	world_put_back(w, 0);
	world_run(w, MINUTE);
	world_start(w, 0);
	world_run(w, 10 * MINUTE);
	assert_true(has_alarm(w, 0, 1));
	world_say(w, 0, 1, 2);
	world_run(w, 10 * MINUTE);
	/* Five from before, two that came after the backup was put back. */
	assert_int_equal(received(w, 0, 1), 7);
	assert_true(has_alarm(w, 1, 0));
	assert_true(world_all_delivered(w, 0, 1));
	end_world(w);
}

void senders_disk_went_back_unseen_by_numbers(void **state)
{
	unsigned count;

	(void)state;
	for (count = 1; count <= 7; count++) {
		struct world *w = paired_world(4200 + count);

		world_say(w, 0, 1, 2);
		world_run(w, MINUTE);
		world_backup(w, 0);
		world_say(w, 0, 1, 4);
		world_run(w, MINUTE);
		world_put_back(w, 0);
		w->hosts[0].tor_ready = false;
		world_start(w, 0);
		world_say(w, 0, 1, count);
		world_set_tor(w, 0, true);
		world_run(w, 10 * MINUTE);
		assert_int_equal(received(w, 0, 1), 6 + count);
		assert_true(has_alarm(w, 0, 1));
		assert_true(world_all_delivered(w, 0, 1));
		end_world(w);
	}
}

void receivers_disk_went_back(void **state)
{
	struct world *w = paired_world(43);

	(void)state;
	world_say(w, 0, 1, 2);
	world_run(w, MINUTE);
	world_backup(w, 1);
	world_say(w, 0, 1, 3);
	world_run(w, MINUTE);
	world_put_back(w, 1);
	world_run(w, MINUTE);
	assert_int_equal(received(w, 0, 1), 2);
	world_start(w, 1);
	world_run(w, 10 * MINUTE);
	assert_true(has_alarm(w, 0, 1));
	assert_int_equal(received(w, 0, 1), 5);
	world_say(w, 0, 1, 1);
	world_run(w, MINUTE);
	assert_int_equal(received(w, 0, 1), 6);
	end_world(w);
}

void both_disks_went_back(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 10; seed++) {
		struct world *w = paired_world(4400 + seed);

		world_say(w, 0, 1, 3);
		world_say(w, 1, 0, 2);
		world_run(w, MINUTE);
		world_backup(w, seed % 2 ? 0 : 1);
		world_say(w, 0, 1, 2);
		world_run(w, seed * 1000);
		world_backup(w, seed % 2 ? 1 : 0);
		world_say(w, 1, 0, 4);
		world_say(w, 0, 1, 4);
		world_run(w, seed * 300);
		world_put_back(w, 0);
		world_put_back(w, 1);
		world_start(w, 0);
		world_start(w, 1);
		world_say(w, 0, 1, 2);
		world_say(w, 1, 0, 2);
		world_run(w, 20 * MINUTE);
		assert_true(world_all_delivered(w, 0, 1));
		assert_true(world_all_delivered(w, 1, 0));
		end_world(w);
	}
}
