/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A hundred thousand who knock within a minute, and what is left of it on
 * a real disk.
 */
#include "tests/unit/door_kit.h"

#include <sys/stat.h>

#include <sodium.h>

#include "core/guest.h"
#include "core/link.h"
#include "core/queue.h"
#include "core/state.h"
#include "store_kit.h"

enum {
	KNOCKS = 100000,
	STORED_MAX = 200 + 60 / 5, /* the budget of queue.c in a minute */
	GROWTH_MAX = 1024 * 1024,
};

/* A knock that has just been opened on a link of its own, by who sent it at
 * random. */
static void put_flood(struct rig *r, struct step *st, struct knock *k,
		      uint64_t id)
{
	struct link_owner door = {.door = &r->node->door};
	uint8_t body[KNOCK_BYTES_MAX];
	struct frame f = {.type = FRAME_KNOCK};
	struct invite inv;
	struct wire_writer w;
	struct link *l;

	link_accept(st, id, door, false);
	l = link_find(r->node, id);
	l->state = LINK_OPEN;
	l->channel.send.has_key = true;
	l->session.hello_got = true;
	l->difficulty = queue_difficulty(r->node);
	rng_bytes(&r->rng, l->channel.h, sizeof(l->channel.h));
	assert_ok(invite_unpack(k->invite, &inv));
	rng_bytes(&r->rng, inv.secret.b, sizeof(inv.secret.b));
	invite_pack(&inv, k->invite);
	wire_write_init(&w, body, sizeof(body));
	knock_write(&w, k);
	f.body = wire_written(&w);
	if (guest_frame(st, l, &f) != OK)
		link_mute(l);
}

/* Saved where the simulator's disk has it, and where the daemon would. */
static void save(struct rig *r, struct kit *kit, const struct effects *fx)
{
	size_t i, saves = 0;

	for (i = 0; i < fx->count; i++) {
		if (!effect_is_save(&fx->list[i]))
			continue;
		disk_apply(r->disk, &fx->list[i]);
		if (saves++ == 0)
			assert_ok(store_begin(kit->store));
		assert_ok(store_apply(kit->store, &fx->list[i], KIT_WALL));
	}
	if (saves > 0)
		assert_ok(store_commit(kit->store));
}

/* Straight to where the records have been opened, since the openings would
 * take minutes; time passes as if all came within one. */
static void flood(struct rig *r, struct kit *kit, struct knock *k)
{
	struct node *n = r->node;
	uint64_t start_ms = r->now_ms;
	uint8_t entropy[32] = {7};
	struct effects fx;
	struct step st = {.node = n, .fx = &fx};
	size_t i;

	rng_init(&st.rng, entropy);
	for (i = 0; i < KNOCKS; i++) {
		r->now_ms = start_ms + i * 60000 / KNOCKS;
		st.now_ms = n->now_ms = r->now_ms;
		st.wall_ms = n->wall_ms = 1000000000 + r->now_ms;
		effects_init(&fx);
		put_flood(r, &st, k, 1000000 + 2 * i);
		save(r, kit, &fx);
		effects_clear(&fx);
		link_sweep(n);
		assert_in_range(n->invitee_count, 1, REQUESTS_IN_MAX + 1);
	}
}

static off_t size_of(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 ? s.st_size : 0;
}

/* HOSTILE R-01 */
static void a_hundred_thousand_knocks(void **state)
{
	struct rig *r = *state;
	struct puppet *p = door_arrive(r);
	struct knock k = door_fill(r, p);
	unsigned *journal = r->disk->journal;
	struct kit kit;
	off_t before;

	kit_start(&kit);
	kit_close(&kit);
	before = size_of(kit.path);
	kit_open(&kit);
	puppet_down(r, p);
	flood(r, &kit, &k);
	assert_in_range(journal[JOURNAL_REQUEST_RECEIVED], REQUESTS_IN_MAX,
			STORED_MAX);
	assert_in_range(journal[JOURNAL_REQUEST_STATE], 0,
			STORED_MAX - REQUESTS_IN_MAX + 2);
	assert_int_equal(door_count(r, REQUEST_PENDING), REQUESTS_IN_MAX);
	kit_close(&kit);
	assert_in_range(size_of(kit.path) - before, 1, GROWTH_MAX);
	kit_end(&kit);
	/* Somebody honest does what he is asked to. */
	rig_tick(r, 10 * 1000);
	p = door_arrive(r);
	assert_true(p->difficulty > DOOR_CHEAP);
	k = door_fill(r, p);
	strcpy(k.name.s, "honest");
	assert_true(door_say(r, p, &k));
	assert_string_equal(door_newest(r)->name.s, "honest");
	assert_int_equal(door_count(r, REQUEST_PENDING), REQUESTS_IN_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_hundred_thousand_knocks,
					    door_set_up, door_tear_down),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
