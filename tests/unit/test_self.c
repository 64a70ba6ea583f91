/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The user himself: his profile, and whether he is there.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/message.h"
#include "tests/sim/puppet.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

static int set_up(void **state)
{
	*state = rig_new(11);
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static enum err set(struct rig *r, const struct cmd_self_set *cmd)
{
	struct event ev = {.type = EV_CMD_SELF_SET, .self_set = *cmd};

	r->reply = ERR_IO;
	rig_event(r, &ev);
	return r->reply;
}

static void set_mode(struct rig *r, enum presence_mode mode)
{
	struct cmd_self_set cmd = {.fields = SELF_MODE, .mode = mode};

	assert_ok(set(r, &cmd));
}

/* The next profile that the contact is sent. */
static struct message_fields profile(struct puppet *p)
{
	struct message_fields fields;
	struct puppet_frame pf;
	struct frame_msg fm;
	struct frame f;
	struct message m;

	assert_true(puppet_find(p, FRAME_MSG, &pf));
	f = (struct frame){pf.type, pf.body};
	assert_ok(frame_read_msg(&f, &fm));
	assert_ok(message_read(fm.record, &m));
	assert_int_equal(m.kind, MESSAGE_PROFILE);
	message_fields_read(m.extra, &fields);
	return fields;
}

static void settings_are_kept(void **state)
{
	struct rig *r = *state;
	const struct self_row *self = &r->disk->self;
	struct cmd_self_set cmd = {.fields = SELF_RECEIPTS | SELF_TYPING |
					     SELF_DOOR_ON | SELF_DIFFICULTY,
				   .receipts = true,
				   .typing = true,
				   .difficulty = DIFFICULTY_MAX};
	struct onion_seed door = self->door;

	assert_int_equal(self->difficulty, DIFFICULTY_DEFAULT);
	assert_true(self->door_on);
	assert_ok(set(r, &cmd));
	assert_true(self->receipts && self->typing);
	assert_false(self->door_on);
	assert_int_equal(self->difficulty, DIFFICULTY_MAX);
	assert_int_equal(r->disk->journal[JOURNAL_PROFILE_UPDATED], 1);
	cmd.difficulty++;
	assert_err(set(r, &cmd), ERR_RANGE);
	assert_memory_equal(&self->door, &door, sizeof(door));
	cmd = (struct cmd_self_set){.fields = SELF_DOOR_NEW};
	r->now_ms += 5000;
	assert_ok(set(r, &cmd));
	assert_memory_not_equal(&self->door, &door, sizeof(door));
	assert_int_equal(self->door_created_ms, 1000000000 + r->now_ms);
	assert_true(self->receipts);
	rig_reload(r);
	assert_int_equal(r->disk->self.difficulty, DIFFICULTY_MAX);
}

static void contacts_are_told(void **state)
{
	struct rig *r = *state;
	struct cmd_self_set cmd = {.fields = SELF_NAME | SELF_STATUS,
				   .name = {"Ada"},
				   .status = {"at the engine"}};
	struct puppet *p = puppet_session(r);
	struct message_fields f;
	struct puppet_frame none;

	assert_ok(set(r, &cmd));
	f = profile(p);
	assert_string_equal(f.name.s, "Ada");
	assert_string_equal(f.status.s, "at the engine");
	assert_true(r->disk->messages[0].hidden);
	/* Nothing new is no news. */
	assert_ok(set(r, &cmd));
	assert_false(puppet_find(p, FRAME_MSG, &none));
	/* Back to the name on this machine. */
	cmd = (struct cmd_self_set){.fields = SELF_NAME | SELF_STATUS};
	assert_ok(set(r, &cmd));
	f = profile(p);
	assert_string_equal(f.name.s, "rig");
	assert_string_equal(f.status.s, "");
}

static void set_blocked(struct rig *r, bool blocked)
{
	struct event ev = {.type = EV_CMD_CONTACT_SET};

	ev.contact_set.contact_id = r->contact.id;
	ev.contact_set.fields = CONTACT_BLOCKED;
	ev.contact_set.blocked = blocked;
	rig_event(r, &ev);
}

/* Not before they are let in again, and once then; a restart in between
 * forgets nothing. */
static void the_blocked_are_told_later(void **state)
{
	struct rig *r = *state;
	struct cmd_self_set cmd = {.fields = SELF_STATUS, .status = {"here"}};
	struct message_fields f;
	struct puppet *p;

	set_blocked(r, true);
	assert_ok(set(r, &cmd));
	assert_int_equal(r->disk->message_count, 0);
	strcpy(cmd.status.s, "there");
	assert_ok(set(r, &cmd));
	assert_int_equal(r->disk->message_count, 0);
	rig_reload(r);
	set_blocked(r, false);
	assert_int_equal(r->disk->message_count, 1);
	set_blocked(r, true);
	set_blocked(r, false);
	assert_int_equal(r->disk->message_count, 1);
	p = puppet_session(r);
	rig_answer_fetch(r);
	f = profile(p);
	assert_string_equal(f.status.s, "there");
}

static void a_new_contact_is_greeted(void **state)
{
	struct rig *r = *state;
	struct cmd_self_set cmd = {.fields = SELF_STATUS, .status = {"here"}};
	struct effect e = {.type = FX_SAVE_CONTACT, .contact = r->contact};
	struct message_fields f;
	struct puppet *p;

	e.contact.state = CONTACT_PAIRING;
	disk_apply(r->disk, &e);
	rig_reload(r);
	assert_ok(set(r, &cmd));
	assert_int_equal(r->disk->message_count, 0);
	/* His first session makes him active. */
	p = puppet_session(r);
	assert_int_equal(r->disk->contacts[0].state, CONTACT_ACTIVE);
	rig_answer_fetch(r);
	f = profile(p);
	assert_string_equal(f.name.s, "rig");
	assert_string_equal(f.status.s, "here");
	assert_int_equal(r->disk->message_count, 1);
}

static void a_card_says_enough_of_who_says_nothing(void **state)
{
	struct rig *r = *state;
	struct effect e = {.type = FX_SAVE_CONTACT, .contact = r->contact};

	e.contact.state = CONTACT_PAIRING;
	disk_apply(r->disk, &e);
	rig_reload(r);
	puppet_session(r);
	assert_int_equal(r->disk->contacts[0].state, CONTACT_ACTIVE);
	assert_int_equal(r->disk->message_count, 0);
}

static void invisible_to_contacts_only(void **state)
{
	struct rig *r = *state;
	struct puppet *p, *unproven;
	unsigned dials;

	rig_transport(r, true);
	rig_tick(r, MINUTE);
	p = puppet_session(r);
	unproven = puppet_arrive(r, PUPPET_CONTACT);
	set_mode(r, PRESENCE_INVISIBLE);
	assert_true(p->is_ended && unproven->is_ended);
	assert_false(r->cell_up);
	assert_true(r->invite_up);
	assert_int_equal(r->unpublishes, 1);
	dials = r->dials;
	rig_tick(r, HOUR);
	assert_null(puppet_dialled(r, PUPPET_CONTACT));
	/* The inviter. */
	assert_true(r->dials > dials);
	assert_false(puppet_arrive(r, PUPPET_INVITEE)->is_ended);
	assert_true(puppet_arrive(r, PUPPET_CONTACT)->is_ended);
	set_mode(r, PRESENCE_ONLINE);
	rig_tick(r, MINUTE);
	assert_true(r->cell_up);
	assert_non_null(puppet_dialled(r, PUPPET_CONTACT));
	assert_int_equal(r->publishes, 4);
}

static void offline_is_offline(void **state)
{
	struct rig *r = *state;
	struct puppet *p, *q;
	unsigned dials, publishes, sends;

	rig_transport(r, true);
	rig_tick(r, MINUTE);
	p = puppet_session(r);
	q = puppet_arrive(r, PUPPET_INVITEE);
	assert_true(r->cell_up && r->invite_up);
	sends = r->count[FX_SEND];
	set_mode(r, PRESENCE_OFFLINE);
	assert_true(p->is_ended && q->is_ended);
	assert_false(r->cell_up || r->invite_up);
	assert_int_equal(node_count_services(r->node), 0);
	dials = r->dials;
	publishes = r->publishes;
	rig_tick(r, 6 * HOUR);
	/* Tor's coming and going changes nothing; nor does a restart. */
	rig_transport(r, false);
	rig_transport(r, true);
	rig_tick(r, HOUR);
	rig_reload(r);
	rig_transport(r, true);
	rig_tick(r, HOUR);
	assert_true(puppet_arrive(r, PUPPET_CONTACT)->is_ended);
	assert_true(puppet_arrive(r, PUPPET_INVITEE)->is_ended);
	assert_ok(rig_say(r, "when I am back"));
	assert_int_equal(r->dials, dials);
	assert_int_equal(r->publishes, publishes);
	assert_int_equal(r->count[FX_SEND], sends);
	set_mode(r, PRESENCE_ONLINE);
	rig_tick(r, MINUTE);
	assert_true(r->cell_up && r->invite_up);
	assert_non_null(puppet_dialled(r, PUPPET_CONTACT));
}

static void online_without_tor_waits_for_it(void **state)
{
	struct rig *r = *state;

	set_mode(r, PRESENCE_OFFLINE);
	set_mode(r, PRESENCE_INVISIBLE);
	set_mode(r, PRESENCE_ONLINE);
	rig_tick(r, HOUR);
	assert_int_equal(r->publishes + r->dials, 0);
	rig_transport(r, true);
	rig_tick(r, MINUTE);
	assert_true(r->cell_up && r->invite_up);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(settings_are_kept),
	    TEST(contacts_are_told),
	    TEST(the_blocked_are_told_later),
	    TEST(a_new_contact_is_greeted),
	    TEST(a_card_says_enough_of_who_says_nothing),
	    TEST(invisible_to_contacts_only),
	    TEST(offline_is_offline),
	    TEST(online_without_tor_waits_for_it),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
