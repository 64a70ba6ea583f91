/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/door_kit.h"

#include "core/onion.h"

enum err door_set_difficulty(struct rig *r, uint8_t bits)
{
	struct event ev = {.type = EV_CMD_SELF_SET};

	ev.self_set.fields = SELF_DIFFICULTY;
	ev.self_set.difficulty = bits;
	rig_event(r, &ev);
	return r->reply;
}

int door_set_up(void **state)
{
	struct rig *r = rig_new(11);

	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	if (door_set_difficulty(r, DOOR_CHEAP) != OK)
		return -1;
	rig_drop_ended(r);
	r->saves = 0;
	*state = r;
	return 0;
}

int door_tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

void door_draw_invite(struct rig *r, struct invite *inv)
{
	struct onion_seed seed;

	memset(inv, 0, sizeof(*inv));
	inv->flags = INVITE_REPLY;
	inv->expiry_min = (uint32_t)((1000000000 + r->now_ms) / 60000) + 1000;
	rng_bytes(&r->rng, seed.b, sizeof(seed.b));
	onion_public(&seed, &inv->onion);
	rng_bytes(&r->rng, inv->secret.b, sizeof(inv->secret.b));
}

uint64_t door_stamp(const struct puppet *p, unsigned work, bool exactly)
{
	uint64_t i = 0;

	while (exactly ? knock_work(p->channel.h, i) != work
		       : knock_work(p->channel.h, i) < work)
		i++;
	return i;
}

struct knock door_fill(struct rig *r, const struct puppet *p)
{
	struct knock k = {{"mallory"}, {"Let me in"}, {0}, 0};
	struct invite inv;

	door_draw_invite(r, &inv);
	invite_pack(&inv, k.invite);
	k.counter = door_stamp(p, p->difficulty, false);
	return k;
}

struct puppet *door_arrive(struct rig *r)
{
	struct puppet *p = puppet_arrive(r, PUPPET_KNOCKER);

	puppet_open(r, p);
	assert_true(p->is_open);
	puppet_hello(r, p, 1, NULL);
	assert_false(p->is_ended);
	return p;
}

void door_put(struct puppet *p, const struct knock *k)
{
	uint8_t body[KNOCK_BYTES_MAX];
	struct wire_writer w;

	wire_write_init(&w, body, sizeof(body));
	knock_write(&w, k);
	frame_write(&p->builder.w, FRAME_KNOCK, wire_written(&w));
}

bool door_say(struct rig *r, struct puppet *p, const struct knock *k)
{
	struct puppet_frame f;

	door_put(p, k);
	puppet_flush(r, p);
	if (!puppet_next(p, &f)) {
		assert_false(p->is_ended);
		return false;
	}
	assert_int_equal(f.type, FRAME_KNOCK_OK);
	assert_int_equal(f.body.n, 0);
	assert_false(puppet_next(p, &f));
	assert_true(p->is_ended);
	return true;
}

bool door_knock(struct rig *r, unsigned work)
{
	struct puppet *p = door_arrive(r);
	struct knock k = door_fill(r, p);
	bool answered;

	k.counter = door_stamp(p, work, true);
	answered = door_say(r, p, &k);
	if (!p->is_ended)
		puppet_down(r, p);
	rig_drop_ended(r);
	return answered;
}

size_t door_count(const struct rig *r, enum request_state s)
{
	size_t i, n = 0;

	for (i = 0; i < r->disk->request_count; i++)
		n += r->disk->requests[i].origin == REQUEST_AT_DOOR &&
		     r->disk->requests[i].state == s;
	return n;
}

const struct request_row *door_newest(const struct rig *r)
{
	return &r->disk->requests[r->disk->request_count - 1];
}

enum err door_decide(struct rig *r, enum event_type what)
{
	struct event ev = {.type = what, .target = door_newest(r)->id};

	rig_event(r, &ev);
	return r->reply;
}
