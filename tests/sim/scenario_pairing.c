/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/invite.h"
#include "tests/sim/scenarios.h"

/* A world in which 1 has just been told to use an invite of 0. */
static struct world *pairing_world(uint64_t seed)
{
	struct world *w = world_new(seed, 2);
	struct uid invite = world_invite(w, 0);

	assert_ok(w->hosts[0].last_reply);
	assert_ok(world_connect(w, 1, 0, &invite));
	return w;
}

void pairing_plain(void **state)
{
	struct world *w = pairing_world(31);
	const struct contact_row *a, *b;
	const struct request_row *r;
	static const struct secret zero;

	(void)state;
	world_run(w, MINUTE);
	a = world_contact(w, 0, 1);
	b = world_contact(w, 1, 0);
	assert_true(is_online(w, 0, 1) && is_online(w, 1, 0));
	assert_string_equal(a->name.s, "host1");
	assert_string_equal(b->name.s, "host0");
	assert_memory_equal(&a->psk, &b->psk, sizeof(a->psk));
	assert_int_equal(w->hosts[0].disk->invite_count, 0);
	/* A cell and a door. */
	assert_int_equal(w->hosts[0].service_count, 2);
	assert_int_equal(w->hosts[1].service_count, 2);
	r = &w->hosts[1].disk->requests[0];
	assert_int_equal(r->state, REQUEST_ACCEPTED);
	assert_memory_equal(&r->contact_id, &b->id, sizeof(b->id));
	assert_memory_equal(&r->my_static, &zero, sizeof(zero));
	assert_int_equal(w->hosts[0].disk->journal[JOURNAL_CONTACT_ADDED], 1);
	assert_int_equal(w->hosts[1].disk->journal[JOURNAL_CONTACT_ADDED], 1);
	end_world(w);
}

/* Whatever happened: they end up paired, and can talk. */
static void expect_pair(struct world *w)
{
	world_heal(w);
	assert_true(world_is_settled(w, NULL));
	assert_non_null(world_contact(w, 0, 1));
	assert_int_equal(w->hosts[0].disk->contact_count, 1);
	assert_int_equal(w->hosts[1].disk->contact_count, 1);
	world_say(w, 0, 1, 1);
	world_say(w, 1, 0, 1);
	end_world(w);
}

void pairing_cut_at_each_frame(void **state)
{
	uint64_t k;
	unsigned tenths;

	(void)state;
	for (k = 1; k <= 16; k++) {
		for (tenths = 0; tenths <= 10; tenths += 5) {
			struct world *w = pairing_world(3200 + k % 3);

			w->faults.at_send = k;
			w->faults.at_send_tenths = tenths;
			world_run(w, 5 * MINUTE);
			assert_true(w->sends > k);
			expect_pair(w);
		}
	}
}

static void crash_once(int host, uint64_t step, enum crash crash)
{
	struct world *w = world_new(3300 + step % 3, 2);
	struct uid invite;

	w->faults.at_host = host;
	w->faults.at_step = step;
	w->faults.at_kind = crash;
	/* Who was told that it failed says it again. */
	do {
		world_run(w, MINUTE);
		invite = world_invite(w, 0);
	} while (w->hosts[0].last_reply != OK &&
		 w->hosts[0].disk->invite_count == 0);
	do {
		world_run(w, 100);
	} while (w->hosts[1].disk->request_count == 0 &&
		 world_connect(w, 1, 0, &invite) != OK);
	world_run(w, 5 * MINUTE);
	expect_pair(w);
}

void pairing_with_a_crash_at_each_step(void **state)
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

void pairing_with_tor_away(void **state)
{
	struct world *w = pairing_world(34);

	(void)state;
	world_run(w, 200);
	world_set_tor(w, 0, false);
	world_run(w, 5 * HOUR);
	assert_null(world_contact(w, 0, 1));
	world_set_tor(w, 1, false);
	world_set_tor(w, 0, true);
	world_run(w, 5 * HOUR);
	assert_null(world_contact(w, 0, 1));
	world_set_tor(w, 1, true);
	world_run(w, MINUTE);
	expect_pair(w);
}

void invite_expires(void **state)
{
	struct world *w = pairing_world(35);

	(void)state;
	world_set_tor(w, 0, false);
	world_run(w, 23 * HOUR);
	assert_int_equal(w->hosts[0].disk->invite_count, 1);
	world_run(w, 2 * HOUR);
	assert_int_equal(w->hosts[0].disk->invite_count, 0);
	assert_int_equal(w->hosts[1].disk->requests[0].state, REQUEST_EXPIRED);
	world_set_tor(w, 0, true);
	world_run(w, 8 * 24 * HOUR);
	assert_int_equal(w->hosts[0].service_count, 1);
	assert_int_equal(w->hosts[0].disk->contact_count, 0);
	world_free(w);
}

static bool is_claimed(struct world *w, void *unused)
{
	(void)unused;
	return w->hosts[0].disk->contact_count > 0;
}

void claimant_vanishes(void **state)
{
	struct world *w = pairing_world(39);

	(void)state;
	assert_true(world_until(w, is_claimed, NULL, MINUTE));
	world_crash(w, 1);
	world_run(w, 7 * 24 * HOUR);
	assert_int_equal(w->hosts[0].disk->invite_count, 1);
	world_run(w, 25 * HOUR);
	assert_int_equal(w->hosts[0].disk->invite_count, 0);
	assert_int_equal(w->hosts[0].disk->contact_count, 0);
	assert_int_equal(w->hosts[0].service_count, 1);
	world_free(w);
}

void invite_is_good_for_one(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < 4; seed++) {
		struct world *w = world_new(3600 + seed, 3);
		struct uid invite = world_invite(w, 0);

		assert_ok(world_connect(w, 1, 0, &invite));
		assert_ok(world_connect(w, 2, 0, &invite));
		world_run(w, 26 * HOUR);
		assert_int_equal(w->hosts[0].disk->contact_count, 1);
		assert_int_equal(w->hosts[1].disk->contact_count +
				     w->hosts[2].disk->contact_count,
				 1);
		world_run(w, 8 * 24 * HOUR);
		end_world(w);
	}
}

void invite_deleted(void **state)
{
	struct world *w = pairing_world(37);
	struct event ev = {.type = EV_CMD_INVITE_DELETE};

	(void)state;
	ev.target = w->hosts[0].disk->invites[0].id;
	host_event(w, 0, &ev);
	assert_ok(w->hosts[0].last_reply);
	host_event(w, 0, &ev);
	assert_err(w->hosts[0].last_reply, ERR_NOT_FOUND);
	world_run(w, HOUR);
	assert_int_equal(w->hosts[0].disk->contact_count, 0);
	assert_int_equal(w->hosts[0].service_count, 1);
	ev.type = EV_CMD_REQUEST_DELETE;
	ev.target = w->hosts[1].disk->requests[0].id;
	host_event(w, 1, &ev);
	assert_int_equal(w->hosts[1].disk->request_count, 0);
	assert_int_equal(w->hosts[1].link_count, 0);
	end_world(w);
}

static enum err connect_by(struct world *w, int host, const struct invite *inv)
{
	struct event ev = {.type = EV_CMD_CONNECT};

	rng_bytes(&w->rng, ev.connect.request_id.b, 16);
	invite_pack(inv, ev.connect.invite);
	host_event(w, host, &ev);
	return w->hosts[host].last_reply;
}

void commands_are_checked(void **state)
{
	struct world *w = pairing_world(38);
	struct event ev = {.type = EV_CMD_CONNECT};
	struct event send = {.type = EV_CMD_SEND};
	struct uid invite;
	struct invite inv;
	int i;

	(void)state;
	memcpy(ev.connect.invite, w->hosts[1].disk->requests[0].invite,
	       INVITE_BYTES);
	assert_ok(invite_unpack(ev.connect.invite, &inv));
	assert_err(connect_by(w, 1, &inv), ERR_EXISTS);
	assert_err(connect_by(w, 0, &inv), ERR_STATE);
	inv.flags = INVITE_MULTI_USE;
	assert_err(connect_by(w, 1, &inv), ERR_VERSION);
	inv.flags = 0;
	inv.expiry_min = 1;
	assert_err(connect_by(w, 1, &inv), ERR_STATE);
	ev.connect.invite[20] ^= 1;
	host_event(w, 1, &ev);
	assert_err(w->hosts[1].last_reply, ERR_CORRUPT);
	for (i = 1; i < INVITES_MAX; i++)
		invite = world_invite(w, 0);
	assert_ok(w->hosts[0].last_reply);
	world_invite(w, 0);
	assert_err(w->hosts[0].last_reply, ERR_FULL);
	assert_err(world_send(w, 0, &invite), ERR_NOT_FOUND);
	world_run(w, MINUTE);
	send.send.contact_id = world_contact(w, 0, 1)->id;
	host_event(w, 0, &send);
	assert_err(w->hosts[0].last_reply, ERR_RANGE);
	send.send.text = bytes_of("\xff", 1);
	host_event(w, 0, &send);
	assert_err(w->hosts[0].last_reply, ERR_RANGE);
	end_world(w);
}
