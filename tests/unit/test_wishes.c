/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Relations that are to be, with the test as the other side: a door at which
 * the node knocks, and contacts who introduce people.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/card.h"
#include "core/invite.h"
#include "core/knock.h"
#include "core/message.h"
#include "core/onion.h"
#include "core/state.h"
#include "tests/sim/puppet.h"

static int set_up(void **state)
{
	struct rig *r = rig_new(12);

	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	*state = r;
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

/* --- the node knocks --- */

static struct uid request_id(void)
{
	return (struct uid){{7, 7, 7}};
}

static enum err knock_at(struct rig *r, const struct onion_pk *door)
{
	struct event ev = {.type = EV_CMD_KNOCK};

	ev.knock.request_id = request_id();
	ev.knock.invite_id.b[0] = 8;
	ev.knock.door = *door;
	strcpy(ev.knock.text.s, "Do you remember me?");
	rig_event(r, &ev);
	return r->reply;
}

/* The node's dial to the door, answered. */
static struct puppet *at_door(struct rig *r)
{
	struct onion_pk onion;
	struct puppet *p;

	onion_public(&r->door_onion, &onion);
	if (knock_at(r, &onion) != OK)
		return NULL;
	p = puppet_dialled(r, PUPPET_DOOR);
	assert_non_null(p);
	puppet_open(r, p);
	assert_true(p->is_open);
	return p;
}

static const struct request_row *row(const struct rig *r)
{
	struct uid id = request_id();
	size_t i;

	for (i = 0; i < r->disk->request_count; i++)
		if (uid_is_equal(&r->disk->requests[i].id, &id))
			return &r->disk->requests[i];
	return NULL;
}

static const struct invite_row *own_invite(const struct rig *r)
{
	return &r->disk->invites[r->disk->invite_count - 1];
}

static void say_ok(struct rig *r, struct puppet *p)
{
	frame_write_empty(&p->builder.w, FRAME_KNOCK_OK);
	puppet_flush(r, p);
}

static void expect_knock(struct rig *r, struct puppet *p)
{
	struct puppet_frame f;
	struct invite inv;
	struct knock k;

	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_KNOCK);
	assert_ok(knock_read(f.body, &k));
	assert_string_equal(k.name.s, "rig");
	assert_string_equal(k.text.s, "Do you remember me?");
	assert_in_range(knock_work(p->channel.h, k.counter), r->door_difficulty,
			255);
	assert_ok(invite_unpack(k.invite, &inv));
	assert_int_equal(inv.flags, INVITE_REPLY);
	assert_int_equal(own_invite(r)->flags, INVITE_REPLY);
	assert_memory_equal(&inv.secret, &own_invite(r)->secret, 32);
	assert_int_equal(inv.expiry_min, row(r)->expires_ms / 60000);
}

static void a_knock_is_said_once(void **state)
{
	struct rig *r = *state;
	unsigned published = r->publishes;
	struct puppet_frame f;
	struct puppet *p;
	unsigned dials;

	r->door_difficulty = 10;
	p = at_door(r);
	/* Its invite is there before anybody hears of it. */
	assert_int_equal(r->publishes, published + 1);
	assert_int_equal(row(r)->state, REQUEST_QUEUED);
	assert_int_equal(row(r)->origin, REQUEST_BY_KNOCK);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_HELLO);
	assert_false(puppet_next(p, &f));
	assert_true(r->stamping);
	assert_int_equal(r->stamp.stamp.bits, 10);
	rig_tick(r, 30 * 1000);
	rig_answer_stamp(r);
	expect_knock(r, p);
	assert_false(puppet_next(p, &f));
	assert_int_equal(row(r)->state, REQUEST_QUEUED);
	say_ok(r, p);
	assert_int_equal(row(r)->state, REQUEST_WAITING);
	assert_true(p->is_ended);
	dials = r->dials;
	rig_reload(r);
	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	assert_null(puppet_dialled(r, PUPPET_DOOR));
	assert_true(r->dials > dials);
}

/* Fails each dial to the door by a cut, for that long; how many there were. */
static unsigned count_tries(struct rig *r, uint64_t ms)
{
	uint64_t end_ms = r->now_ms + ms;
	unsigned n = 0;

	while (r->now_ms < end_ms) {
		struct puppet *p = puppet_dialled(r, PUPPET_DOOR);

		rig_tick(r, 1000);
		if (!p)
			continue;
		puppet_open(r, p);
		assert_true(p->is_open);
		rig_answer_stamp(r);
		puppet_down(r, p);
		rig_drop_ended(r);
		n++;
	}
	return n;
}

static void without_an_answer_it_knocks_again(void **state)
{
	struct rig *r = *state;

	puppet_down(r, at_door(r));
	assert_in_range(count_tries(r, 10 * 60 * 1000), 4, 20);
	assert_int_equal(row(r)->state, REQUEST_QUEUED);
	/* Until its invite is over. */
	count_tries(r, (uint64_t)2 * 3600 * 1000);
	rig_tick(r, (uint64_t)INVITE_DEFAULT_MIN * 60000);
	assert_int_equal(row(r)->state, REQUEST_EXPIRED);
	assert_int_equal(r->disk->invite_count, 1);
}

static void too_dear_is_for_another_day(void **state)
{
	struct rig *r = *state;
	struct puppet *p;

	r->door_difficulty = KNOCK_BITS_MAX + 1;
	p = at_door(r);
	assert_true(p->is_ended);
	assert_false(r->stamping);
	while (!(p = puppet_dialled(r, PUPPET_DOOR)))
		rig_tick(r, 100);
	r->door_difficulty = KNOCK_BITS_MAX;
	puppet_open(r, p);
	assert_false(p->is_ended);
	assert_true(r->stamping);
	/* Nobody waits longer than a minute. */
	rig_tick(r, 61 * 1000);
	assert_true(p->is_ended);
	/* The counter is found too late, for a link that is gone. */
	r->stamp.stamp.bits = 0;
	rig_answer_stamp(r);
	assert_int_equal(row(r)->state, REQUEST_QUEUED);
}

static void a_stamp_counts_once(void **state)
{
	struct rig *r = *state;
	struct puppet_frame f;
	struct event ev = {.type = EV_STAMPED};
	struct puppet *p = at_door(r);

	ev.link.id = p->link;
	rig_event(r, &ev);
	assert_true(puppet_find(p, FRAME_KNOCK, &f));
	rig_event(r, &ev);
	assert_false(puppet_next(p, &f));
	/* Nor on a link that is none of these. */
	p = puppet_dialled(r, PUPPET_CONTACT);
	ev.link.id = p->link;
	rig_event(r, &ev);
	puppet_open(r, p);
	rig_event(r, &ev);
	assert_false(puppet_find(p, FRAME_KNOCK, &f));
	assert_false(p->is_ended);
}

/* A door that says anything but KNOCK_OK, or says it unasked. */
static void a_strange_door(void **state)
{
	static const enum frame_type types[] = {
	    FRAME_HELLO, FRAME_PING, FRAME_MSG,	   FRAME_CLAIM_OK, FRAME_CARD,
	    FRAME_KNOCK, FRAME_PONG, FRAME_PAIRED, FRAME_KNOCK_OK, FRAME_CLOSE};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct rig *r = rig_new(30 + i);
		struct puppet *p;

		rig_transport(r, true);
		rig_tick(r, 60 * 1000);
		p = at_door(r);
		if (types[i] != FRAME_KNOCK_OK)
			rig_answer_stamp(r);
		frame_write_empty(&p->builder.w, types[i]);
		puppet_flush(r, p);
		assert_true(p->is_ended);
		assert_int_equal(row(r)->state, REQUEST_QUEUED);
		rig_free(r);
	}
}

static void doors_are_checked(void **state)
{
	struct rig *r = *state;
	struct onion_pk door = {{0}};

	assert_err(knock_at(r, &door), ERR_AUTH);
	onion_public(&r->disk->self.door, &door);
	assert_err(knock_at(r, &door), ERR_STATE);
	assert_non_null(at_door(r));
	assert_null(at_door(r));
	assert_err(r->reply, ERR_EXISTS);
}

/* --- contacts introduce people --- */

/* The contact's session, HELLO said. */
static struct puppet *friend(struct rig *r)
{
	struct puppet *p = puppet_arrive(r, PUPPET_CONTACT);

	puppet_open(r, p);
	puppet_hello(r, p, 1, NULL);
	return p;
}

/* Says an introduction with these fields, as message seq. */
static void introduce(struct rig *r, struct puppet *p,
		      const struct message_fields *f)
{
	const struct counters *n = rig_counters(r);
	struct message m = {.kind = MESSAGE_INTRODUCTION};
	uint8_t record[1000], extra[MESSAGE_EXTRA_MAX];
	struct frame_msg msg = {.seq = n->recv_next};
	struct hash32 content;
	struct wire_writer w;

	rng_bytes(&r->rng, m.mid.b, sizeof(m.mid.b));
	m.extra = bytes_of(extra, message_fields_write(f, extra));
	message_content_hash(&m, &content);
	message_chain(&n->chain_in, &content, &m.chain);
	wire_write_init(&w, record, sizeof(record));
	message_write(&w, &m);
	msg.record = wire_written(&w);
	frame_write_msg(&p->builder.w, &msg);
	puppet_flush(r, p);
	assert_false(p->is_ended);
}

static void draw_introduction(struct rig *r, struct message_fields *f)
{
	struct invite inv = {.flags = INVITE_ASKS};

	memset(f, 0, sizeof(*f));
	inv.expiry_min = (uint32_t)((1000000000 + r->now_ms) / 60000) + 60;
	rng_bytes(&r->rng, f->seed.b, sizeof(f->seed.b));
	rng_bytes(&r->rng, inv.secret.b, sizeof(inv.secret.b));
	onion_public(&f->seed, &inv.onion);
	invite_pack(&inv, f->invite);
	f->has_invite = true;
	strcpy(f->name.s, "bob");
}

static size_t pending(const struct rig *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->disk->request_count; i++)
		n += r->disk->requests[i].state == REQUEST_PENDING;
	return n;
}

static void bad_introductions_are_nothing(void **state)
{
	struct rig *r = *state;
	struct puppet *p = friend(r);
	struct message_fields f;
	struct invite inv;
	int i;

	for (i = 0; i < 5; i++) {
		draw_introduction(r, &f);
		assert_ok(invite_unpack(f.invite, &inv));
		if (i == 0)
			inv.flags = INVITE_MULTI_USE;
		else if (i == 1)
			inv.expiry_min = 1;
		else if (i == 2)
			memset(inv.onion.b, 0, sizeof(inv.onion.b));
		else if (i == 3)
			onion_public(&r->invite.onion, &inv.onion);
		invite_pack(&inv, f.invite);
		if (i == 4) {
			f.has_seed = true;
			f.seed.b[0] ^= 1;
		}
		introduce(r, p, &f);
	}
	assert_int_equal(pending(r), 0);
	/* All were acknowledged, none is shown. */
	assert_int_equal(rig_counters(r)->recv_next, 6);
	assert_int_equal(r->disk->message_count, 0);
	f.seed.b[0] ^= 1;
	introduce(r, p, &f);
	introduce(r, p, &f);
	assert_int_equal(pending(r), 1);
}

static void an_introduction_is_served(void **state)
{
	struct rig *r = *state;
	struct puppet *p = friend(r);
	struct event ev = {.type = EV_CMD_REQUEST_ACCEPT};
	struct message_fields f;
	const struct request_row *q;
	struct invite inv;
	unsigned published;

	draw_introduction(r, &f);
	f.has_seed = true;
	/* As if it were the user's own invite. */
	assert_ok(invite_unpack(f.invite, &inv));
	inv.flags = 0;
	invite_pack(&inv, f.invite);
	published = r->publishes;
	introduce(r, p, &f);
	q = &r->disk->requests[r->disk->request_count - 1];
	assert_int_equal(q->origin, REQUEST_SERVED);
	assert_string_equal(q->name.s, "bob");
	assert_int_equal(r->publishes, published);
	ev.request_accept.request_id = q->id;
	ev.request_accept.invite_id = r->invite.id;
	rig_event(r, &ev);
	assert_err(r->reply, ERR_EXISTS);
	assert_int_equal(q->state, REQUEST_PENDING);
	ev.request_accept.invite_id.b[0] ^= 1;
	rig_event(r, &ev);
	assert_ok(r->reply);
	assert_int_equal(r->publishes, published + 1);
	assert_int_equal(q->state, REQUEST_WAITING);
	assert_true(sodium_is_zero(q->seed.b, sizeof(q->seed.b)));
	assert_memory_equal(&own_invite(r)->onion, &f.seed, 32);
	assert_memory_equal(&own_invite(r)->id, &q->invite_id, 16);
	assert_int_equal(own_invite(r)->flags, INVITE_ASKS);
	rig_tick(r, 61 * 60000);
	assert_int_equal(q->state, REQUEST_EXPIRED);
	assert_int_equal(r->disk->invite_count, 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(a_knock_is_said_once),
	    TEST(without_an_answer_it_knocks_again),
	    TEST(too_dear_is_for_another_day),
	    TEST(a_stamp_counts_once),
	    TEST(a_strange_door),
	    TEST(doors_are_checked),
	    TEST(bad_introductions_are_nothing),
	    TEST(an_introduction_is_served),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
