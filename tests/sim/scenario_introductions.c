/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sodium.h>

#include "tests/sim/scenarios.h"

#define DAY ((uint64_t)24 * HOUR)

/* 0 knows 1 and 2, who do not know each other. */
static struct world *friends(uint64_t seed)
{
	struct world *w = world_new(seed, 3);

	world_pair(w, 0, 1);
	world_pair(w, 0, 2);
	return w;
}

/* 1 has the seed. */
static const struct request_row *served(struct world *w)
{
	return world_request(w, 1, REQUEST_SERVED);
}

static const struct request_row *introduced(struct world *w)
{
	return world_request(w, 2, REQUEST_INTRODUCED);
}

static bool both_are_asked(struct world *w, void *unused)
{
	(void)unused;
	return served(w) && introduced(w);
}

static enum err accept(struct world *w, int host)
{
	struct uid id = host == 1 ? served(w)->id : introduced(w)->id;

	return world_decide(w, host, EV_CMD_REQUEST_ACCEPT, &id);
}

static void expect_friends(struct world *w)
{
	world_heal(w);
	assert_true(world_is_settled(w, NULL));
	assert_int_equal(w->hosts[1].disk->contact_count, 2);
	assert_int_equal(w->hosts[2].disk->contact_count, 2);
	assert_int_equal(served(w)->state, REQUEST_ACCEPTED);
	assert_int_equal(introduced(w)->state, REQUEST_ACCEPTED);
	assert_int_equal(w->hosts[1].disk->invite_count, 0);
	world_say(w, 1, 2, 1);
	world_say(w, 2, 1, 1);
	end_world(w);
}

/* Of both messages the hash is left, and no seed, no secret. */
static void expect_forgotten(struct world *w)
{
	const struct disk *d = w->hosts[0].disk;
	size_t i, found = 0;

	for (i = 0; i < d->message_count; i++) {
		const struct message_row *m = &d->messages[i];

		if (m->kind != MESSAGE_INTRODUCTION)
			continue;
		assert_true(m->withdrawn);
		assert_int_equal(m->extra_bytes, 0);
		assert_true(sodium_is_zero(m->extra, sizeof(m->extra)));
		found++;
	}
	assert_int_equal(found, 2);
}

void two_are_introduced(void **state)
{
	int first;

	(void)state;
	for (first = 1; first <= 2; first++) {
		struct world *w = friends(80 + (uint64_t)first);
		const struct contact_row *c;
		size_t streams;

		assert_ok(world_introduce(w, 0, 1, 2));
		world_run(w, MINUTE);
		assert_true(both_are_asked(w, NULL));
		assert_string_equal(served(w)->name.s, "host2");
		assert_string_equal(introduced(w)->name.s, "host1");
		c = world_contact(w, 1, 0);
		assert_memory_equal(&served(w)->introducer, &c->id, 16);
		assert_int_equal(served(w)->state, REQUEST_PENDING);
		assert_int_equal(introduced(w)->state, REQUEST_PENDING);
		/* The introducer keeps nothing of it. */
		expect_forgotten(w);
		assert_int_equal(w->hosts[0].disk->invite_count, 0);
		assert_int_equal(w->hosts[0].disk->request_count, 0);
		/* Nothing happens, after a restart neither. */
		world_crash(w, 1);
		world_start(w, 1);
		world_run(w, MINUTE);
		streams = w->hosts[1].service_count;
		world_run(w, DAY);
		assert_int_equal(w->hosts[1].service_count, streams);
		assert_int_equal(w->hosts[1].disk->invite_count, 0);
		assert_ok(accept(w, first));
		world_run(w, DAY);
		assert_null(world_contact(w, 1, 2));
		assert_ok(accept(w, 3 - first));
		world_run(w, HOUR);
		assert_true(is_online(w, 1, 2) && is_online(w, 2, 1));
		c = world_contact(w, 1, 2);
		assert_string_equal(c->alias.s, "the one who asked");
		assert_string_equal(c->name.s, "host2");
		expect_friends(w);
	}
}

void one_of_two_agrees(void **state)
{
	int who;

	(void)state;
	for (who = 0; who <= 2; who++) {
		struct world *w = friends(83 + (uint64_t)who);

		assert_ok(world_introduce(w, 0, 1, 2));
		world_run(w, MINUTE);
		if (who)
			assert_ok(accept(w, who));
		world_run(w, 9 * DAY);
		assert_null(world_contact(w, 1, 2));
		assert_null(world_contact(w, 2, 1));
		assert_int_equal(w->hosts[1].disk->invite_count, 0);
		/* Beside the one by which they met 0. */
		assert_int_equal(w->hosts[1].disk->request_count,
				 1 + (who == 1));
		assert_int_equal(w->hosts[2].disk->request_count,
				 1 + (who == 2));
		if (who == 1)
			assert_int_equal(served(w)->state, REQUEST_EXPIRED);
		if (who == 2)
			assert_int_equal(introduced(w)->state, REQUEST_EXPIRED);
		end_world(w);
	}
}

void introductions_are_checked(void **state)
{
	struct world *w = friends(86);
	struct event ev = {.type = EV_CMD_INTRODUCE};
	size_t i;

	(void)state;
	ev.introduce.contact_id[0] = world_contact(w, 0, 1)->id;
	host_event(w, 0, &ev);
	assert_err(w->hosts[0].last_reply, ERR_NOT_FOUND);
	ev.introduce.contact_id[1] = ev.introduce.contact_id[0];
	host_event(w, 0, &ev);
	assert_err(w->hosts[0].last_reply, ERR_STATE);
	/* One contact cannot fill the list with people. */
	for (i = 0; i < 15; i++)
		assert_ok(world_introduce(w, 0, 1, 2));
	world_run(w, 5 * MINUTE);
	assert_true(world_all_delivered(w, 0, 1));
	/* And the one by which they met 0. */
	assert_int_equal(w->hosts[1].disk->request_count, 11);
	assert_int_equal(w->hosts[2].disk->request_count, 11);
	end_world(w);
}

/* Says it until it is done, whatever happens meanwhile. */
static void introduce_stubbornly(struct world *w)
{
	int host;

	while (!both_are_asked(w, NULL)) {
		if (!served(w) && !introduced(w) && w->hosts[0].node)
			(void)!world_introduce(w, 0, 1, 2);
		world_until(w, both_are_asked, NULL, 10 * MINUTE);
	}
	for (host = 1; host <= 2; host++) {
		while ((host == 1 ? served(w) : introduced(w))->state ==
		       REQUEST_PENDING) {
			(void)!accept(w, host);
			world_run(w, MINUTE);
		}
	}
	world_run(w, 5 * MINUTE);
}

void introduction_with_a_crash_at_each_step(void **state)
{
	uint64_t step;
	int host, crash;

	(void)state;
	for (host = 0; host < 3; host++) {
		for (step = 1; step <= 20; step++) {
			for (crash = CRASH_BEFORE_COMMIT; crash < CRASH_KINDS;
			     crash++) {
				struct world *w = friends(8700 + step % 3);

				w->faults.at_host = host;
				w->faults.at_step = w->hosts[host].steps + step;
				w->faults.at_kind = (enum crash)crash;
				introduce_stubbornly(w);
				assert_true(w->hosts[host].life > 1);
				expect_friends(w);
			}
		}
	}
}

void introduction_cut_at_each_frame(void **state)
{
	uint64_t k;

	(void)state;
	for (k = 1; k <= 20; k++) {
		struct world *w = friends(8800 + k % 3);

		w->faults.at_send = w->sends + k;
		w->faults.at_send_tenths = (unsigned)(k % 3 * 5);
		introduce_stubbornly(w);
		expect_friends(w);
	}
}
