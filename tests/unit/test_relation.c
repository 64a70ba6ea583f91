/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What our user decides about a contact, seen by that contact.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "tests/sim/puppet.h"

static int set_up(void **state)
{
	*state = rig_new(9);
	rig_only_contact(*state);
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

static const struct contact_row *row(struct rig *r)
{
	return disk_contact(r->disk, &r->contact.id);
}

static enum err set(struct rig *r, const struct cmd_contact_set *cmd)
{
	struct event ev = {.type = EV_CMD_CONTACT_SET, .contact_set = *cmd};

	ev.contact_set.contact_id = r->contact.id;
	r->reply = ERR_IO;
	rig_event(r, &ev);
	return r->reply;
}

static void block(struct rig *r, bool blocked)
{
	struct cmd_contact_set cmd = {.fields = CONTACT_BLOCKED,
				      .blocked = blocked};

	assert_ok(set(r, &cmd));
}

static void choose(struct rig *r, enum contact_policy policy)
{
	struct cmd_contact_set cmd = {.fields = CONTACT_POLICY,
				      .policy = policy};

	assert_ok(set(r, &cmd));
}

static enum err command(struct rig *r, enum event_type type,
			const struct uid *contact)
{
	struct event ev = {.type = type, .target = *contact};

	r->reply = ERR_IO;
	rig_event(r, &ev);
	return r->reply;
}

/* Everything that leaves the node. */
static unsigned said(const struct rig *r)
{
	return r->count[FX_SEND] + r->count[FX_DIAL] + r->count[FX_PUBLISH];
}

/* No byte, no dial, no service for days, whoever comes. */
static void expect_absence(struct rig *r)
{
	unsigned sends = r->count[FX_SEND], i;

	for (i = 0; i < 50; i++) {
		rig_tick(r, 3600 * 1000);
		assert_true(puppet_arrive(r, PUPPET_CONTACT)->is_ended);
		assert_false(r->cell_up);
	}
	rig_transport(r, false);
	rig_transport(r, true);
	rig_tick(r, 3600 * 1000);
	assert_false(r->cell_up);
	assert_null(puppet_dialled(r, PUPPET_CONTACT));
	assert_int_equal(r->count[FX_SEND], sends);
}

static void settings_are_kept(void **state)
{
	struct rig *r = *state;
	struct cmd_contact_set cmd = {
	    .fields = CONTACT_ALIAS | CONTACT_NOTE | CONTACT_RECEIPTS |
		      CONTACT_TYPING | CONTACT_VERIFIED | CONTACT_COVER,
	    .alias = {"mum"},
	    .note = {"from the sea"},
	    .receipts = CHOICE_ON,
	    .typing = CHOICE_OFF,
	    .verified = true,
	    .cover = true};

	assert_ok(set(r, &cmd));
	assert_string_equal(row(r)->alias.s, "mum");
	assert_string_equal(row(r)->note.s, "from the sea");
	assert_int_equal(row(r)->receipts, CHOICE_ON);
	assert_int_equal(row(r)->typing, CHOICE_OFF);
	assert_true(row(r)->verified && row(r)->cover);
	assert_int_equal(row(r)->verified_ms, 1000000000 + r->now_ms);
	assert_int_equal(r->disk->journal[JOURNAL_CONTACT_UPDATED], 1);
	/* What is not named stays. */
	cmd = (struct cmd_contact_set){.fields = CONTACT_VERIFIED};
	assert_ok(set(r, &cmd));
	assert_string_equal(row(r)->alias.s, "mum");
	assert_false(row(r)->verified);
	assert_int_equal(row(r)->verified_ms, 0);
	cmd.contact_id = r->invite.id;
	assert_err(command(r, EV_CMD_CONTACT_DELETE, &r->invite.id),
		   ERR_NOT_FOUND);
}

static void an_alarm_can_be_cleared(void **state)
{
	struct rig *r = *state;
	struct cmd_contact_set cmd = {.fields = CONTACT_ALARM};
	struct chain other = {{9}}, c;
	struct puppet *p = puppet_session(r);

	puppet_text(r, p, 1, "on another branch", &other, &c);
	assert_true(row(r)->alarm);
	assert_ok(set(r, &cmd));
	assert_false(row(r)->alarm);
	puppet_text(r, p, 2, "on yet another", &other, &c);
	assert_true(row(r)->alarm);
}

/* HOSTILE P-13: blocked in a session, with messages on their way. */
static void block_in_a_session(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	unsigned sends;

	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	assert_true(r->cell_up);
	p = puppet_session(r);
	assert_ok(rig_say(r, "what was said before"));
	sends = r->count[FX_SEND];
	block(r, true);
	assert_true(p->is_ended);
	assert_false(r->online);
	assert_int_equal(r->count[FX_SEND], sends);
	assert_int_equal(r->unpublishes, 1);
	/* What was on its way to us. */
	p->is_ended = false;
	puppet_hello(r, p, 1, NULL);
	p->is_ended = true;
	expect_absence(r);
	assert_int_equal(r->unpublishes, 1);
}

/* HOSTILE P-13: blocked while a stream of his, and one of ours, open. */
static void block_in_a_handshake(void **state)
{
	struct rig *r = *state;
	struct puppet *theirs, *proving, *ours;
	struct event up = {.type = EV_LINK_UP};

	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	ours = puppet_dialled(r, PUPPET_CONTACT);
	assert_non_null(ours);
	ours->up = true;
	up.link.id = ours->link;
	rig_event(r, &up);
	assert_int_equal(ours->got_bytes, HANDSHAKE_BYTES);
	theirs = puppet_arrive(r, PUPPET_CONTACT);
	proving = puppet_arrive(r, PUPPET_CONTACT);
	puppet_open(r, proving);
	assert_int_equal(proving->got_bytes, HANDSHAKE_BYTES);
	block(r, true);
	assert_true(theirs->is_ended && proving->is_ended && ours->is_ended);
	assert_int_equal(theirs->got_bytes, 0);
	expect_absence(r);
}

static void unblock_is_a_restart(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	struct puppet_frame f;

	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	puppet_session(r);
	block(r, true);
	rig_tick(r, 3600 * 1000);
	r->publishes = 0;
	block(r, false);
	rig_tick(r, 5000);
	assert_int_equal(r->publishes, 1);
	assert_true(r->cell_up);
	assert_non_null(puppet_dialled(r, PUPPET_CONTACT));
	/* What is said now arrives. */
	assert_ok(rig_say(r, "back"));
	p = puppet_dialled(r, PUPPET_CONTACT);
	puppet_open(r, p);
	puppet_hello(r, p, 1, NULL);
	rig_answer_fetch(r);
	assert_true(puppet_find(p, FRAME_MSG, &f));
}

static void the_same_again_changes_nothing(void **state)
{
	struct rig *r = *state;
	unsigned i;

	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	puppet_session(r);
	for (i = 0; i < 3; i++) {
		choose(r, POLICY_VISIBLE);
		block(r, false);
		rig_tick(r, 10 * 1000);
	}
	assert_int_equal(r->unpublishes, 0);
	assert_int_equal(r->publishes, 3); /* cell, invite, door */
	assert_true(r->online);
	for (i = 0; i < 3; i++) {
		choose(r, POLICY_DIAL_ONLY);
		rig_tick(r, 10 * 1000);
	}
	assert_int_equal(r->unpublishes, 1);
	/* Who is dialled may stay. */
	assert_true(r->online);
	for (i = 0; i < 3; i++) {
		choose(r, POLICY_MAIL_ONLY);
		rig_tick(r, 10 * 1000);
	}
	assert_false(r->online);
	assert_int_equal(r->unpublishes, 1);
	choose(r, POLICY_VISIBLE);
	choose(r, POLICY_MAIL_ONLY);
	choose(r, POLICY_VISIBLE);
	rig_tick(r, 10 * 1000);
	/* Never up in between. */
	assert_int_equal(r->unpublishes, 1);
	assert_int_equal(r->publishes, 4);
}

static void dial_only_is_not_hosted(void **state)
{
	struct rig *r = *state;
	struct puppet *p;

	choose(r, POLICY_DIAL_ONLY);
	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	assert_false(r->cell_up);
	assert_true(puppet_arrive(r, PUPPET_CONTACT)->is_ended);
	p = puppet_dialled(r, PUPPET_CONTACT);
	assert_non_null(p);
	puppet_open(r, p);
	assert_true(p->is_open);
	assert_true(r->online);
}

static void mail_only_is_absent(void **state)
{
	struct rig *r = *state;

	choose(r, POLICY_MAIL_ONLY);
	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	assert_ok(rig_say(r, "later, then"));
	expect_absence(r);
}

static void what_came_in_is_cut_off_with_its_service(void **state)
{
	struct rig *r = *state;
	struct puppet *unproven, *p;

	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	p = puppet_session(r);
	unproven = puppet_arrive(r, PUPPET_CONTACT);
	choose(r, POLICY_DIAL_ONLY);
	assert_true(unproven->is_ended);
	assert_false(p->is_ended);
}

/* HOSTILE P-13: removed with a session, an opening, a fetch and messages. */
static void removal_leaves_nothing(void **state)
{
	struct rig *r = *state;
	struct event fetched = {.type = EV_FETCHED};
	struct puppet *p, *opening;
	unsigned before;

	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	assert_ok(rig_say(r, "one"));
	assert_ok(rig_say(r, "two"));
	p = puppet_session(r);
	opening = puppet_arrive(r, PUPPET_CONTACT);
	puppet_open(r, opening);
	assert_true(r->fetching);
	before = said(r);
	assert_ok(command(r, EV_CMD_CONTACT_DELETE, &r->contact.id));
	assert_int_equal(said(r), before);
	assert_true(p->is_ended && opening->is_ended);
	assert_false(r->cell_up);
	assert_int_equal(r->unpublishes, 1);
	assert_null(row(r));
	assert_int_equal(r->disk->message_count, 0);
	assert_int_equal(r->disk->journal[JOURNAL_CONTACT_REMOVED], 1);
	fetched.fetched.contact_id = r->contact.id;
	rig_event(r, &fetched);
	assert_err(command(r, EV_CMD_CONTACT_DELETE, &r->contact.id),
		   ERR_NOT_FOUND);
	assert_err(rig_say(r, "three"), ERR_NOT_FOUND);
	expect_absence(r);
	rig_reload(r);
	rig_transport(r, true);
	expect_absence(r);
}

/* Blocked or removed before his invite is used up: that goes, too. */
static void his_invite_goes_with_him(void **state)
{
	struct rig *r = *state;
	struct effect e = {.type = FX_SAVE_INVITE};

	r->invite.state = INVITE_BOUND;
	r->invite.contact_id = r->contact.id;
	e.invite = r->invite;
	disk_apply(r->disk, &e);
	rig_reload(r);
	rig_transport(r, true);
	rig_tick(r, 60 * 1000);
	assert_true(r->invite_up && r->cell_up);
	block(r, true);
	assert_false(r->invite_up || r->cell_up);
	assert_int_equal(r->disk->invite_count, 0);
}

static void conversations_are_passed_on(void **state)
{
	struct rig *r = *state;
	struct event ev = {.type = EV_CMD_CONVERSATION_SET};
	static const char draft[TEXT_MAX + 1];

	ev.conversation_set.contact_id = r->contact.id;
	ev.conversation_set.fields = CONVERSATION_DRAFT;
	ev.conversation_set.draft = bytes_of(draft, TEXT_MAX);
	rig_event(r, &ev);
	assert_ok(r->reply);
	assert_int_equal(r->count[FX_SAVE_CONVERSATION], 1);
	ev.conversation_set.draft.n++;
	rig_event(r, &ev);
	assert_err(r->reply, ERR_RANGE);
	ev.conversation_set.contact_id = r->invite.id;
	rig_event(r, &ev);
	assert_err(r->reply, ERR_NOT_FOUND);
	assert_int_equal(r->count[FX_SAVE_CONVERSATION], 1);
	assert_ok(command(r, EV_CMD_HISTORY_DELETE, &r->contact.id));
	assert_int_equal(r->count[FX_SAVE_ERASE_ALL], 1);
	assert_err(command(r, EV_CMD_HISTORY_DELETE, &r->invite.id),
		   ERR_NOT_FOUND);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(settings_are_kept),
	    TEST(an_alarm_can_be_cleared),
	    TEST(block_in_a_session),
	    TEST(block_in_a_handshake),
	    TEST(unblock_is_a_restart),
	    TEST(the_same_again_changes_nothing),
	    TEST(dial_only_is_not_hosted),
	    TEST(mail_only_is_absent),
	    TEST(what_came_in_is_cut_off_with_its_service),
	    TEST(removal_leaves_nothing),
	    TEST(his_invite_goes_with_him),
	    TEST(conversations_are_passed_on),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
