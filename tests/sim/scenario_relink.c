/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scenario_relink - a relation takes the place of another (PROTOCOL 8.8).
 */
#include "tests/sim/places.h"
#include "tests/sim/scenarios.h"

/* What both have of the old relation. */
struct old {
	struct uid id[2], conversation[2];
	struct psk psk;
};

static struct old look(struct world *w)
{
	struct old old;
	int i;

	for (i = 0; i < 2; i++) {
		const struct contact_row *c = &w->hosts[i].disk->contacts[0];

		old.id[i] = c->id;
		old.conversation[i] = c->conversation_id;
		old.psk = c->psk;
	}
	return old;
}

/* 1 is told to use an invite of 0, each for the contact he has. */
static void start(struct world *w, const struct old *old)
{
	struct uid invite = world_invite_for(w, 0, &old->id[0]);

	assert_ok(w->hosts[0].last_reply);
	assert_ok(world_connect_for(w, 1, 0, &invite, &old->id[1]));
}

static bool is_done(struct world *w, void *ctx)
{
	const struct old *old = ctx;
	int i;

	for (i = 0; i < 2; i++) {
		const struct disk *d = w->hosts[i].disk;

		if (d->contact_count != 1 ||
		    memcmp(&d->contacts[0].psk, &old->psk, sizeof(old->psk)) ==
			0 ||
		    !is_online(w, i, 1 - i))
			return false;
	}
	return true;
}

/* One contact each, who is whom he was, by another relation. */
static void expect(struct world *w, struct old *old)
{
	int i;

	world_heal(w);
	assert_true(world_until(w, is_done, old, 6 * HOUR));
	for (i = 0; i < 2; i++) {
		const struct contact_row *c = &w->hosts[i].disk->contacts[0];

		assert_memory_equal(&c->id, &old->id[i], sizeof(c->id));
		assert_memory_equal(&c->conversation_id, &old->conversation[i],
				    sizeof(c->id));
		assert_int_equal(c->state, CONTACT_ACTIVE);
		assert_int_equal(c->epoch, 0);
		assert_false(c->alarm || c->verified);
		assert_int_equal(w->hosts[i].disk->invite_count, 0);
		/* A cell and a door. */
		assert_int_equal(w->hosts[i].service_count, 2);
	}
	assert_memory_equal(&w->hosts[0].disk->contacts[0].psk,
			    &w->hosts[1].disk->contacts[0].psk,
			    sizeof(old->psk));
}

/* All that is said from here on arrives. */
static void talk(struct world *w, unsigned before)
{
	world_say(w, 0, 1, 3);
	world_say(w, 1, 0, 2);
	world_heal(w);
	assert_true(world_is_settled(w, NULL));
	assert_int_equal(received(w, 0, 1), before + 3);
	assert_int_equal(received(w, 1, 0), before + 2);
	assert_false(has_alarm(w, 0, 1) || has_alarm(w, 1, 0));
}

static void verify(struct world *w, int host)
{
	const struct cmd_contact_set cmd = {.fields = CONTACT_VERIFIED |
						      CONTACT_ALIAS,
					    .verified = true,
					    .alias = {"Mine"}};

	world_set(w, host, 1 - host, &cmd);
}

void relink_at_both_ends(void **state)
{
	struct world *w = paired_world(9001);
	struct old old = look(w);

	(void)state;
	world_say(w, 0, 1, 4);
	world_say(w, 1, 0, 4);
	world_heal(w);
	verify(w, 0);
	start(w, &old);
	expect(w, &old);
	assert_string_equal(w->hosts[0].disk->contacts[0].alias.s, "Mine");
	talk(w, 4);
	end_world(w);
}

/* And once more by the relation that came of it. */
void relink_twice(void **state)
{
	struct world *w = paired_world(9002);
	struct old old = look(w);

	(void)state;
	start(w, &old);
	expect(w, &old);
	talk(w, 0);
	old = look(w);
	start(w, &old);
	expect(w, &old);
	world_say(w, 0, 1, 1);
	end_world(w);
}

/* The other does not know whom he links with: to him it is somebody new, and
 * the old one does not answer any more. */
void relink_at_one_end(void **state)
{
	struct world *w = paired_world(9003);
	struct old old = look(w);
	struct uid invite = world_invite_for(w, 0, &old.id[0]);
	const struct disk *d = w->hosts[1].disk;

	(void)state;
	assert_ok(world_connect(w, 1, 0, &invite));
	world_run(w, 5 * MINUTE);
	assert_int_equal(w->hosts[0].disk->contact_count, 1);
	assert_int_equal(d->contact_count, 2);
	assert_true(node_is_online(w->hosts[0].node, old.id[0]));
	assert_false(node_is_online(w->hosts[1].node, old.id[1]));
	assert_true(node_is_online(w->hosts[1].node, d->contacts[1].id));
	assert_ok(world_send(w, 1, &d->contacts[1].id));
	assert_ok(world_send(w, 0, &old.id[0]));
	world_run(w, MINUTE);
	assert_int_equal(disk_count(w->hosts[0].disk, &old.id[0], MESSAGE_IN),
			 1);
	assert_int_equal(disk_count(d, &d->contacts[1].id, MESSAGE_IN), 1);
	world_free(w);
}

/* What an import leaves of a contact. */
static void detach(struct world *w, int host)
{
	struct contact_row *c = &w->hosts[host].disk->contacts[0];
	uint64_t last = c->n.send_next - 1;
	struct contact_row bare = {.id = c->id,
				   .conversation_id = c->conversation_id,
				   .state = CONTACT_DETACHED,
				   .n = {.send_next = last + 1,
					 .send_high = last,
					 .peer_acked = last,
					 .recv_next = 1},
				   .name = c->name,
				   .alias = c->alias,
				   .created_ms = c->created_ms};

	world_crash(w, host);
	*c = bare;
	world_start(w, host);
	world_run(w, MINUTE);
}

static void after_an_import(int imported, uint64_t seed)
{
	struct world *w = paired_world(seed);
	struct old old = look(w);
	const struct disk *d = w->hosts[1 - imported].disk;
	struct uid id = old.id[imported];
	size_t i, failed = 0;

	world_say(w, 0, 1, 3);
	world_say(w, 1, 0, 3);
	world_heal(w);
	detach(w, imported);
	/* Neither a service for him nor a dial, and nothing to send. */
	assert_int_equal(w->hosts[imported].service_count, 1);
	assert_err(world_send(w, imported, &id), ERR_STATE);
	/* The other knows nothing of it. */
	assert_ok(world_send(w, 1 - imported, &old.id[1 - imported]));
	world_run(w, HOUR);
	assert_int_equal(w->hosts[imported].service_count, 1);
	start(w, &old);
	expect(w, &old);
	for (i = 0; i < d->message_count; i++)
		failed += d->messages[i].state == MESSAGE_FAILED;
	assert_int_equal(failed, 1);
	talk(w, 3);
	end_world(w);
}

void relink_after_an_import(void **state)
{
	(void)state;
	after_an_import(0, 9004);
}

void relink_by_the_imported(void **state)
{
	(void)state;
	after_an_import(1, 9005);
}

static void crash_once(int host, uint64_t step, enum crash crash)
{
	struct world *w = paired_world(9100 + step % 3);
	struct old old = look(w);
	struct uid invite;

	world_say(w, 0, 1, 2);
	world_say(w, 1, 0, 2);
	world_heal(w);
	w->faults.at_host = host;
	w->faults.at_step = w->hosts[host].steps + step;
	w->faults.at_kind = crash;
	/* Who was told that it failed says it again. */
	do {
		world_run(w, MINUTE);
		invite = world_invite_for(w, 0, &old.id[0]);
	} while (w->hosts[0].last_reply != OK &&
		 w->hosts[0].disk->invite_count == 0);
	do {
		world_run(w, 100);
	} while (w->hosts[1].disk->request_count < 2 &&
		 world_connect_for(w, 1, 0, &invite, &old.id[1]) != OK);
	world_run(w, 5 * MINUTE);
	expect(w, &old);
	talk(w, 2);
	end_world(w);
}

void relink_with_a_crash_at_each_step(void **state)
{
	uint64_t step;
	int host, crash;

	(void)state;
	for (host = 0; host < 2; host++)
		for (step = 1; step <= 30; step++)
			for (crash = CRASH_BEFORE_COMMIT; crash < CRASH_KINDS;
			     crash++)
				crash_once(host, step, (enum crash)crash);
}

void relink_cut_at_each_frame(void **state)
{
	uint64_t k;

	(void)state;
	for (k = 1; k <= 16; k++) {
		struct world *w = paired_world(9200 + k % 3);
		struct old old = look(w);

		world_heal(w);
		w->faults.at_send = w->sends + k;
		w->faults.at_send_tenths = (unsigned)(5 * (k % 3));
		start(w, &old);
		world_run(w, 5 * MINUTE);
		expect(w, &old);
		talk(w, 0);
		end_world(w);
	}
}

void relink_is_checked(void **state)
{
	struct world *w = paired_world(9006);
	const struct cmd_contact_set block = {.fields = CONTACT_BLOCKED,
					      .blocked = true};
	struct old old = look(w);
	struct uid nobody = {{1}}, invite;

	(void)state;
	world_invite_for(w, 0, &nobody);
	assert_err(w->hosts[0].last_reply, ERR_NOT_FOUND);
	invite = world_invite(w, 0);
	assert_err(world_connect_for(w, 1, 0, &invite, &nobody), ERR_NOT_FOUND);
	world_set(w, 1, 0, &block);
	assert_err(world_connect_for(w, 1, 0, &invite, &old.id[1]), ERR_STATE);
	world_set(w, 0, 1, &block);
	world_invite_for(w, 0, &old.id[0]);
	assert_err(w->hosts[0].last_reply, ERR_STATE);
	world_free(w);
}

/* Who was deleted does not come back by what was meant for him. */
void nobody_takes_the_place_of_the_deleted(void **state)
{
	struct world *w = paired_world(9007);
	struct event ev = {.type = EV_CMD_CONTACT_DELETE, .cmd = 9};
	struct old old = look(w);

	(void)state;
	world_set_tor(w, 1, false);
	start(w, &old);
	ev.target = old.id[0];
	host_event(w, 0, &ev);
	assert_int_equal(w->hosts[0].disk->invite_count, 0);
	ev.target = old.id[1];
	host_event(w, 1, &ev);
	world_set_tor(w, 1, true);
	world_run(w, HOUR);
	assert_int_equal(w->hosts[0].disk->contact_count, 0);
	assert_int_equal(w->hosts[1].disk->contact_count, 0);
	world_free(w);
}

/* Nor is he to see that somebody is there, by the link that he has. */
void nobody_takes_the_place_of_the_blocked(void **state)
{
	struct world *w = paired_world(9008);
	const struct cmd_contact_set block = {.fields = CONTACT_BLOCKED,
					      .blocked = true};
	struct old old = look(w);
	size_t before = w->hosts[1].disk->request_count;
	int i;

	(void)state;
	world_set_tor(w, 1, false);
	start(w, &old);
	assert_int_equal(w->hosts[1].disk->request_count, before + 1);
	world_set(w, 0, 1, &block);
	assert_int_equal(w->hosts[0].disk->invite_count, 0);
	world_set(w, 1, 0, &block);
	assert_int_equal(w->hosts[1].disk->request_count, before);
	world_set_tor(w, 1, true);
	world_run(w, HOUR);
	for (i = 0; i < 2; i++)
		assert_memory_equal(&w->hosts[i].disk->contacts[0].psk,
				    &old.psk, sizeof(old.psk));
	/* The door is left. */
	assert_int_equal(w->hosts[0].service_count, 1);
	world_free(w);
}
