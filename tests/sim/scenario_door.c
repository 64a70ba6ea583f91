/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/handshake.h"
#include "core/onion.h"
#include "core/state.h"
#include "tests/sim/scenarios.h"

#define DAY ((uint64_t)24 * HOUR)

/* Every door is up, and cheap. */
static struct world *door_world(uint64_t seed, int hosts)
{
	struct cmd_self_set cheap = {.fields = SELF_DIFFICULTY,
				     .difficulty = 3};
	struct world *w = world_new(seed, hosts);
	int i;

	for (i = 0; i < hosts; i++)
		assert_ok(world_self_set(w, i, &cheap));
	world_run(w, MINUTE);
	return w;
}

/* 1 has just been told to knock at the door of 0. */
static struct world *knock_world(uint64_t seed)
{
	struct world *w = door_world(seed, 2);

	assert_ok(world_knock(w, 1, 0));
	return w;
}

static const struct request_row *asked(struct world *w)
{
	return world_request(w, 0, REQUEST_AT_DOOR);
}

static const struct request_row *knock(struct world *w)
{
	return world_request(w, 1, REQUEST_BY_KNOCK);
}

static enum err decide(struct world *w, enum event_type what)
{
	struct uid id = asked(w)->id;

	return world_decide(w, 0, what, &id);
}

/* They have become contacts, once, and can talk. */
static void expect_pair(struct world *w)
{
	world_heal(w);
	assert_true(world_is_settled(w, NULL));
	assert_int_equal(w->hosts[0].disk->contact_count, 1);
	assert_int_equal(w->hosts[1].disk->contact_count, 1);
	assert_int_equal(w->hosts[0].disk->request_count, 1);
	assert_int_equal(asked(w)->state, REQUEST_ACCEPTED);
	assert_int_equal(knock(w)->state, REQUEST_ACCEPTED);
	assert_int_equal(w->hosts[1].disk->invite_count, 0);
	/* It was none of the user's. */
	assert_int_equal(w->hosts[1].disk->journal[JOURNAL_INVITE_USED], 0);
	world_say(w, 0, 1, 1);
	world_say(w, 1, 0, 1);
	end_world(w);
}

void knock_and_come_in(void **state)
{
	struct world *w = knock_world(61);
	const struct contact_row *a, *b;

	(void)state;
	world_run(w, MINUTE);
	assert_int_equal(asked(w)->state, REQUEST_PENDING);
	assert_string_equal(asked(w)->name.s, "host1");
	assert_string_equal(asked(w)->greeting.s, "It is me.");
	assert_in_range(asked(w)->work, 3, 255);
	assert_int_equal(w->hosts[0].disk->journal[JOURNAL_REQUEST_RECEIVED],
			 1);
	assert_int_equal(knock(w)->state, REQUEST_WAITING);
	assert_int_equal(w->hosts[0].disk->contact_count, 0);
	assert_ok(decide(w, EV_CMD_REQUEST_ACCEPT));
	assert_err(decide(w, EV_CMD_REQUEST_ACCEPT), ERR_STATE);
	world_run(w, MINUTE);
	a = world_contact(w, 0, 1);
	b = world_contact(w, 1, 0);
	assert_true(is_online(w, 0, 1) && is_online(w, 1, 0));
	assert_string_equal(a->name.s, "host1");
	assert_string_equal(a->alias.s, "the one who asked");
	assert_string_equal(b->name.s, "host0");
	assert_string_equal(b->alias.s, "the one I asked");
	assert_memory_equal(&asked(w)->contact_id, &a->id, sizeof(a->id));
	assert_memory_equal(&knock(w)->contact_id, &b->id, sizeof(b->id));
	expect_pair(w);
}

void knock_while_nobody_is_there(void **state)
{
	struct world *w = door_world(62, 2);

	(void)state;
	world_crash(w, 0);
	assert_ok(world_knock(w, 1, 0));
	world_run(w, DAY);
	assert_int_equal(knock(w)->state, REQUEST_QUEUED);
	world_start(w, 0);
	world_run(w, HOUR);
	assert_int_equal(knock(w)->state, REQUEST_WAITING);
	/* Meanwhile he who knocked is away, too. */
	world_set_tor(w, 1, false);
	assert_ok(decide(w, EV_CMD_REQUEST_ACCEPT));
	world_run(w, DAY);
	world_set_tor(w, 1, true);
	world_run(w, HOUR);
	expect_pair(w);
}

/* HOSTILE R-05 */
void second_thoughts(void **state)
{
	struct world *w = knock_world(63);

	(void)state;
	world_run(w, MINUTE);
	assert_ok(decide(w, EV_CMD_REQUEST_REJECT));
	assert_ok(decide(w, EV_CMD_REQUEST_REJECT));
	world_run(w, 2 * DAY);
	assert_int_equal(asked(w)->state, REQUEST_REJECTED);
	assert_int_equal(knock(w)->state, REQUEST_WAITING);
	world_crash(w, 0);
	world_start(w, 0);
	world_run(w, MINUTE);
	assert_ok(decide(w, EV_CMD_REQUEST_ACCEPT));
	world_run(w, 5 * MINUTE);
	expect_pair(w);
}

/* Whatever becomes of a request: from the answer on not a byte, not a stream
 * reaches him who knocked, and his request ends in the same way.  HOSTILE
 * */
void nobody_is_told(void **state)
{
	static const enum event_type what[] = {
	    EV_CMD_REQUEST_REJECT, EV_CMD_REQUEST_DELETE, EV_CMD_KNOCK};
	size_t i, bytes[2] = {0}, streams;
	uint64_t sends;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(what); i++) {
		struct world *w = knock_world(64);
		const struct stream *s;

		world_run(w, MINUTE);
		assert_int_equal(knock(w)->state, REQUEST_WAITING);
		s = w->streams[w->stream_count - 1];
		assert_int_equal(s->service.kind, SERVICE_DOOR);
		if (i == 0)
			memcpy(bytes, s->bytes, sizeof(bytes));
		assert_memory_equal(bytes, s->bytes, sizeof(bytes));
		assert_false(s->open[0] || s->open[1]);
		sends = w->sends;
		streams = w->stream_count;
		if (what[i] != EV_CMD_KNOCK)
			assert_ok(decide(w, what[i]));
		world_run(w, 3 * DAY);
		world_crash(w, 0);
		world_start(w, 0);
		world_run(w, 5 * DAY);
		assert_true(w->sends == sends && w->stream_count == streams);
		assert_int_equal(knock(w)->state, REQUEST_EXPIRED);
		assert_int_equal(w->hosts[1].disk->invite_count, 0);
		assert_int_equal(w->hosts[1].service_count, 1);
		/* Nothing stays of what a stranger began. */
		assert_int_equal(w->hosts[0].disk->request_count, 0);
		end_world(w);
	}
}

void knock_taken_back(void **state)
{
	struct world *w = knock_world(65);
	struct uid id;

	(void)state;
	world_run(w, MINUTE);
	id = knock(w)->id;
	assert_ok(world_decide(w, 1, EV_CMD_REQUEST_DELETE, &id));
	assert_int_equal(w->hosts[1].disk->request_count, 0);
	assert_int_equal(w->hosts[1].disk->invite_count, 0);
	assert_int_equal(w->hosts[1].service_count, 1);
	assert_ok(decide(w, EV_CMD_REQUEST_ACCEPT));
	world_run(w, 8 * DAY);
	assert_int_equal(asked(w)->state, REQUEST_EXPIRED);
	assert_int_equal(w->hosts[0].disk->contact_count, 0);
	/* The same the other way: without its invite a knock is nothing. */
	assert_ok(world_knock(w, 1, 0));
	world_run(w, MINUTE);
	id = w->hosts[1].disk->invites[0].id;
	assert_ok(world_decide(w, 1, EV_CMD_INVITE_DELETE, &id));
	assert_int_equal(knock(w)->state, REQUEST_FAILED);
	end_world(w);
}

void another_address(void **state)
{
	struct cmd_self_set rotate = {.fields = SELF_DOOR_NEW};
	struct world *w = door_world(66, 3);
	struct onion_pk now;
	const struct service *door;

	(void)state;
	/* Who learnt the address before it changed. */
	world_set_tor(w, 1, false);
	assert_ok(world_knock(w, 1, 0));
	assert_ok(world_self_set(w, 0, &rotate));
	assert_int_equal(w->hosts[0].service_count, 0);
	world_run(w, MINUTE);
	onion_public(&w->hosts[0].disk->self.door, &now);
	door = &w->hosts[0].services[world_service(w, 0, SERVICE_DOOR)];
	assert_memory_equal(&door->onion, &now, sizeof(now));
	assert_int_equal(w->hosts[0].service_count, 1);
	world_set_tor(w, 1, true);
	assert_ok(world_knock(w, 2, 0));
	world_run(w, 5 * MINUTE);
	assert_int_equal(w->hosts[0].disk->request_count, 1);
	assert_string_equal(asked(w)->name.s, "host2");
	assert_int_equal(knock(w)->state, REQUEST_QUEUED);
	world_free(w);
}

/* HOSTILE R-08 */
void shut_is_gone(void **state)
{
	struct cmd_self_set set = {.fields = SELF_DOOR_ON};
	struct world *w = door_world(67, 3);
	struct stream *s;

	(void)state;
	world_pair(w, 0, 1);
	s = world_stranger(w, 0, world_service(w, 0, SERVICE_DOOR), NULL, 0);
	assert_ok(world_self_set(w, 0, &set));
	assert_false(s->open[1]);
	/* The cell alone. */
	assert_int_equal(w->hosts[0].service_count, 1);
	assert_ok(world_knock(w, 2, 0));
	world_run(w, DAY);
	assert_int_equal(w->hosts[0].disk->request_count, 0);
	world_crash(w, 0);
	world_start(w, 0);
	world_set_tor(w, 1, false);
	world_set_tor(w, 1, true);
	world_run(w, MINUTE);
	assert_int_equal(w->hosts[0].service_count, 1);
	world_say(w, 1, 0, 1);
	world_run(w, MINUTE);
	assert_int_equal(received(w, 1, 0), 1);
	set.door_on = true;
	assert_ok(world_self_set(w, 0, &set));
	world_run(w, HOUR);
	assert_int_equal(asked(w)->state, REQUEST_PENDING);
	end_world(w);
}

void doors_and_modes(void **state)
{
	struct cmd_self_set set = {.fields = SELF_MODE};
	struct world *w = door_world(68, 2);

	(void)state;
	set.mode = PRESENCE_INVISIBLE;
	assert_ok(world_self_set(w, 0, &set));
	assert_int_equal(w->hosts[0].service_count, 1);
	assert_ok(world_knock(w, 1, 0));
	world_run(w, MINUTE);
	assert_int_equal(asked(w)->state, REQUEST_PENDING);
	set.mode = PRESENCE_OFFLINE;
	assert_ok(world_self_set(w, 0, &set));
	assert_int_equal(w->hosts[0].service_count, 0);
	world_crash(w, 0);
	world_start(w, 0);
	assert_ok(decide(w, EV_CMD_REQUEST_ACCEPT));
	world_run(w, HOUR);
	assert_int_equal(w->hosts[0].service_count, 0);
	assert_int_equal(asked(w)->state, REQUEST_QUEUED);
	set.mode = PRESENCE_ONLINE;
	assert_ok(world_self_set(w, 0, &set));
	world_set_tor(w, 0, false);
	world_set_tor(w, 0, true);
	world_run(w, MINUTE);
	expect_pair(w);
}

void knocks_are_checked(void **state)
{
	struct world *w = door_world(69, 2);
	struct event ev = {.type = EV_CMD_KNOCK};
	struct uid nobody = {{1}};
	int i;

	(void)state;
	/* HOSTILE D-14 */
	assert_err(world_knock(w, 0, 0), ERR_STATE);
	host_event(w, 1, &ev);
	assert_err(w->hosts[1].last_reply, ERR_AUTH);
	assert_ok(world_knock(w, 1, 0));
	assert_err(world_knock(w, 1, 0), ERR_EXISTS);
	assert_err(world_decide(w, 0, EV_CMD_REQUEST_ACCEPT, &nobody),
		   ERR_NOT_FOUND);
	assert_err(world_decide(w, 0, EV_CMD_REQUEST_REJECT, &nobody),
		   ERR_NOT_FOUND);
	/* Its own state is nothing that it decides about. */
	nobody = knock(w)->id;
	assert_err(world_decide(w, 1, EV_CMD_REQUEST_ACCEPT, &nobody),
		   ERR_STATE);
	assert_err(world_decide(w, 1, EV_CMD_REQUEST_REJECT, &nobody),
		   ERR_STATE);
	for (i = 1; i < INVITES_MAX; i++)
		world_invite(w, 1);
	assert_ok(world_decide(w, 1, EV_CMD_REQUEST_DELETE, &nobody));
	world_invite(w, 1);
	assert_err(world_knock(w, 1, 0), ERR_FULL);
	world_free(w);
}

void knock_cut_at_each_frame(void **state)
{
	uint64_t k;
	unsigned tenths;

	(void)state;
	for (k = 1; k <= 16; k++) {
		for (tenths = 0; tenths <= 10; tenths += 5) {
			struct world *w = knock_world(7000 + k % 3);

			w->faults.at_send = w->sends + k;
			w->faults.at_send_tenths = tenths;
			while (!asked(w))
				world_run(w, MINUTE);
			assert_ok(decide(w, EV_CMD_REQUEST_ACCEPT));
			world_run(w, 10 * MINUTE);
			assert_true(w->sends > w->faults.at_send);
			expect_pair(w);
		}
	}
}

static void crash_once(int host, uint64_t step, enum crash crash)
{
	struct world *w = door_world(7100 + step % 3, 2);

	w->faults.at_host = host;
	w->faults.at_step = w->hosts[host].steps + step;
	w->faults.at_kind = crash;
	/* Who was told that it failed says it again. */
	while (!knock(w)) {
		(void)!world_knock(w, 1, 0);
		world_run(w, MINUTE);
	}
	while (!asked(w) || asked(w)->state == REQUEST_PENDING) {
		if (asked(w))
			(void)!decide(w, EV_CMD_REQUEST_ACCEPT);
		world_run(w, MINUTE);
	}
	world_run(w, 5 * MINUTE);
	assert_true(w->hosts[host].life > 1);
	expect_pair(w);
}

void knock_with_a_crash_at_each_step(void **state)
{
	uint64_t step;
	int host, crash;

	(void)state;
	for (host = 0; host < 2; host++)
		for (step = 1; step <= 24; step++)
			for (crash = CRASH_BEFORE_COMMIT; crash < CRASH_KINDS;
			     crash++)
				crash_once(host, step, (enum crash)crash);
}

/* A thousand that come and do not go: there is room for a few, the door's
 * owner talks to his contact, and somebody honest gets in.  HOSTILE N-12 */
void a_crowd_at_the_door(void **state)
{
	struct world *w = door_world(70, 3);
	uint8_t bytes[600];
	int i;

	(void)state;
	world_pair(w, 0, 1);
	rng_bytes(&w->rng, bytes, sizeof(bytes));
	assert_ok(world_knock(w, 2, 0));
	for (i = 0; i < 1000; i++) {
		size_t at = world_service(w, 0, SERVICE_DOOR);

		world_stranger(w, 0, at, bytes, world_random(w, 600));
		world_run(w, 300);
		assert_in_range(w->hosts[0].link_count, 1,
				STRANGERS_DOOR + STRANGERS_LINKS_MAX);
		if (i % 100 == 0)
			world_say(w, 1, 0, 1);
	}
	world_run(w, 10 * 1000);
	assert_int_equal(received(w, 1, 0), 10);
	assert_int_equal(asked(w)->state, REQUEST_PENDING);
	end_world(w);
}
