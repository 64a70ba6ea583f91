/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "tests/sim/scenarios.h"

static struct stream *stranger(struct world *w, enum service_kind kind,
			       const uint8_t *bytes, size_t n)
{
	return world_stranger(w, 0, world_service(w, 0, kind), bytes, n);
}

/* Waits until the host has hung up; how long that took. */
static uint64_t closed_after(struct world *w, const struct stream *s)
{
	uint64_t start_ms = w->now_ms;

	while (s->open[1] && w->now_ms - start_ms < 2 * MINUTE)
		world_run(w, 100);
	return w->now_ms - start_ms;
}

/* HOSTILE N-01, N-03, N-08 */
void strangers_get_nothing(void **state)
{
	struct world *w = paired_world(51);
	struct disk *before;
	uint8_t bytes[1500];
	size_t n;

	(void)state;
	world_run(w, MINUTE);
	before = disk_clone(w->hosts[0].disk);
	for (n = 0; n <= sizeof(bytes); n += n < 8 ? 1 : 122) {
		struct stream *s, *at_door;

		rng_bytes(&w->rng, bytes, sizeof(bytes));
		if (n % 4 == 0) {
			bytes[0] = 1;
			bytes[1] = 0xe6;
		}
		at_door = stranger(w, SERVICE_DOOR, bytes, n);
		s = stranger(w, SERVICE_CELL, bytes, n);
		/* Not a byte, or the world fails; and no sooner for this
		 * than for that. */
		assert_in_range(closed_after(w, s), 29 * 1000, 91 * 1000);
		world_run(w, 91 * 1000);
		assert_false(at_door->open[1]);
	}
	/* Nothing but the alarm: they have the key of the cell. */
	assert_true(has_alarm(w, 0, 1));
	before->journal[JOURNAL_CONTACT_UPDATED]++;
	assert_memory_equal(before->journal, w->hosts[0].disk->journal,
			    sizeof(before->journal));
	assert_true(is_online(w, 0, 1));
	disk_free(before);
	end_world(w);
}

/* The first bytes that somebody sent to a cell of host 0. */
static const uint8_t *recorded_opening(const struct world *w)
{
	size_t i;

	for (i = w->stream_count; i-- > 0;) {
		const struct stream *s = w->streams[i];

		if (s->host[1] == 0 && s->service.kind == SERVICE_CELL &&
		    s->bytes[1] >= HANDSHAKE_BYTES)
			return s->opening;
	}
	return NULL;
}

/* HOSTILE N-07 */
void strangers_cannot_replay(void **state)
{
	struct world *w = paired_world(52);
	struct disk *before;
	uint8_t bytes[1000];
	int i;

	(void)state;
	while (!recorded_opening(w)) {
		world_cut(w, 0, 1);
		world_run(w, MINUTE);
	}
	memcpy(bytes, recorded_opening(w), HANDSHAKE_BYTES);
	world_run(w, MINUTE);
	before = disk_clone(w->hosts[0].disk);
	for (i = 0; i < 300; i++) {
		struct stream *s;
		size_t n = i % 2 ? sizeof(bytes) : HANDSHAKE_BYTES;

		rng_bytes(&w->rng, bytes + HANDSHAKE_BYTES,
			  sizeof(bytes) - HANDSHAKE_BYTES);
		s = stranger(w, SERVICE_CELL, bytes, n);
		/* One answer, that only the first could read; no more. */
		s->stranger_may_get = HANDSHAKE_BYTES;
		world_run(w, 2000);
		assert_in_range(s->bytes[0], 0, HANDSHAKE_BYTES);
	}
	assert_memory_equal(before->journal, w->hosts[0].disk->journal,
			    sizeof(before->journal));
	assert_true(is_online(w, 0, 1));
	disk_free(before);
	end_world(w);
}

/* The index of the cell that host has for other. */
static size_t cell_for(struct world *w, int host, int other)
{
	const struct contact_row *c = world_contact(w, host, other);
	const struct host *h = &w->hosts[host];
	size_t i;

	for (i = 0; i < h->service_count; i++)
		if (uid_is_equal(&h->services[i].id.owner, &c->id))
			return i;
	abort();
}

/* What opens the cell for 1 is nothing at the cell for 2 of the same node, and
 * the other way round; and what it was is not told.  HOSTILE N-13 */
void key_of_another_contact(void **state)
{
	struct world *w = world_new(56, 3);
	uint8_t bytes[HANDSHAKE_BYTES];
	const struct stream *s;
	struct stream *own;
	int other;

	(void)state;
	world_pair(w, 0, 1);
	world_pair(w, 0, 2);
	for (other = 1; other < 3; other++) {
		do {
			world_cut(w, 0, other);
			world_run(w, MINUTE);
			s = w->streams[w->stream_count - 1];
		} while (s->host[0] != other || s->host[1] != 0 ||
			 s->bytes[1] < HANDSHAKE_BYTES);
		memcpy(bytes, s->opening, sizeof(bytes));
		assert_false(has_alarm(w, 0, 3 - other));
		/* A byte in answer, and the world fails. */
		world_stranger(w, 0, cell_for(w, 0, 3 - other), bytes,
			       sizeof(bytes));
		world_run(w, 2 * MINUTE);
		assert_true(has_alarm(w, 0, 3 - other));
		/* At its own it would be answered. */
		own = world_stranger(w, 0, cell_for(w, 0, other), bytes,
				     sizeof(bytes));
		own->stranger_may_get = HANDSHAKE_BYTES;
		world_run(w, 2000);
		assert_int_equal(own->bytes[0], HANDSHAKE_BYTES);
	}
	end_world(w);
}

/* HOSTILE N-12 */
void strangers_cannot_crowd_out(void **state)
{
	struct world *w = paired_world(53);
	uint8_t bytes[100] = {0};
	int i;

	(void)state;
	world_cut(w, 0, 1);
	world_run(w, 1000);
	/* Host 0 cannot dial, so that all depends on who gets in. */
	for (i = 0; i < 3000 && !is_online(w, 0, 1); i++) {
		stranger(w, SERVICE_CELL, bytes, sizeof(bytes));
		world_run(w, 300);
		assert_in_range(w->hosts[0].link_count, 0, STRANGERS_LINKS_MAX);
	}
	assert_true(is_online(w, 0, 1));
	end_world(w);
}

void one_seed_one_world(void **state)
{
	uint64_t hash[2];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct world *w = paired_world(54);

		w->faults.crash = 100;
		w->faults.cut = 200;
		world_say(w, 0, 1, 1);
		world_run(w, HOUR);
		world_heal(w);
		hash[i] = w->hash;
		world_free(w);
	}
	assert_int_equal(hash[0], hash[1]);
}

/* HOSTILE N-04 */
void bytes_come_in_pieces(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 20; seed++) {
		struct world *w = world_new(5500 + seed, 2);

		w->faults.split = 10000;
		world_pair(w, 0, 1);
		world_say(w, 0, 1, 20);
		world_run(w, MINUTE);
		assert_int_equal(received(w, 0, 1), 20);
		end_world(w);
	}
}
