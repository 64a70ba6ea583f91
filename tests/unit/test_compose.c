/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a user asks for: what is done here, what the contact is told, and
 * what is refused.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "tests/sim/talk.h"

static int set_up(void **state)
{
	*state = rig_new(21);
	return 0;
}

static int tear_down(void **state)
{
	rig_free(*state);
	return 0;
}

/* The next message that the puppet hears is of that kind. */
static void assert_heard(struct puppet *p, uint16_t kind, struct message *m,
			 struct message_fields *f)
{
	assert_true(puppet_heard(p, m));
	assert_int_equal(m->kind, kind);
	message_fields_read(m->extra, f);
}

static void assert_text(struct rig *r, const struct message_row *m,
			const char *text)
{
	struct bytes b = disk_text(r->disk, m);

	assert_int_equal(b.n, strlen(text));
	assert_memory_equal(b.p, text, b.n);
}

/* Says it and has it acknowledged. */
static const struct message_row *delivered(struct rig *r, struct puppet *p,
					   const char *text)
{
	struct message m;

	assert_ok(rig_say(r, text));
	puppet_ack_all(r, p);
	while (puppet_heard(p, &m))
		;
	return rig_row(r, MESSAGE_OUT,
		       disk_count(r->disk, &r->contact.id, MESSAGE_OUT) - 1);
}

static void reply_and_time_to_live_are_sent(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct message_fields f;
	struct event ev;
	struct message m;
	struct mid theirs = puppet_say(r, p, MESSAGE_TEXT, NULL, "question");

	ev = talk_send(&r->contact.id, &r->rng, "answer");
	ev.send.has_reply_to = true;
	ev.send.reply_to = theirs;
	assert_ok(rig_cmd(r, ev));
	assert_heard(p, MESSAGE_TEXT, &m, &f);
	assert_true(f.has_reply_to && !f.has_ttl);
	assert_memory_equal(&f.reply_to, &theirs, sizeof(theirs));

	assert_ok(rig_cmd(r, talk_timer(&r->contact.id, &r->rng, 3600)));
	assert_heard(p, MESSAGE_TIMER, &m, &f);
	assert_int_equal(f.ttl_s, 3600);
	assert_int_equal(disk_contact(r->disk, &r->contact.id)->ttl_s, 3600);
	assert_int_equal(r->disk->journal[JOURNAL_CONVERSATION_UPDATED], 1);
	/* The notice itself stays. */
	assert_int_equal(rig_row(r, MESSAGE_OUT, 1)->ttl_s, 0);
	assert_ok(rig_say(r, "going"));
	assert_heard(p, MESSAGE_TEXT, &m, &f);
	assert_true(f.has_ttl && f.ttl_s == 3600);
	assert_int_equal(rig_row(r, MESSAGE_OUT, 2)->ttl_s, 3600);

	assert_ok(rig_cmd(r, talk_timer(&r->contact.id, &r->rng, 0)));
	assert_heard(p, MESSAGE_TIMER, &m, &f);
	assert_true(f.has_ttl && f.ttl_s == 0);
	assert_ok(rig_say(r, "staying"));
	assert_heard(p, MESSAGE_TEXT, &m, &f);
	assert_false(f.has_ttl);
	assert_err(rig_cmd(r, talk_timer(&r->contact.id, &r->rng, 4)),
		   ERR_RANGE);
	assert_err(
	    rig_cmd(r, talk_timer(&r->contact.id, &r->rng, TTL_MAX_S + 1)),
	    ERR_RANGE);
}

static void edit_is_done_here_and_there(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	const struct message_row *row = delivered(r, p, "helo");
	struct mid mid = row->mid;
	struct message_fields f;
	struct message m;

	assert_ok(rig_cmd(r, talk_edit(row, "hello")));
	assert_heard(p, MESSAGE_EDIT, &m, &f);
	assert_memory_equal(&f.ref, &mid, sizeof(mid));
	assert_memory_equal(m.body.p, "hello", 5);
	row = rig_row(r, MESSAGE_OUT, 0);
	assert_text(r, row, "hello");
	/* What may have to be sent again is what was sent. */
	assert_memory_equal(row->body.p, "helo", row->body.n);
	assert_true(rig_row(r, MESSAGE_OUT, 1)->hidden);
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_EDITED], 1);
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_SENT], 1);

	assert_ok(rig_cmd(r, talk_edit(row, "hello!")));
	assert_text(r, rig_row(r, MESSAGE_OUT, 0), "hello!");
	assert_err(rig_cmd(r, talk_edit(rig_row(r, MESSAGE_OUT, 0), "")),
		   ERR_RANGE);
	assert_err(rig_cmd(r, talk_edit(rig_row(r, MESSAGE_OUT, 0), "\xff")),
		   ERR_RANGE);
}

/* HOSTILE P-12: our own user cannot either. */
static void not_what_is_not_ones_own(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	const struct message_row *theirs;
	struct event ev;

	puppet_say(r, p, MESSAGE_TEXT, NULL, "mine");
	theirs = rig_row(r, MESSAGE_IN, 0);
	assert_err(rig_cmd(r, talk_edit(theirs, "yours")), ERR_STATE);
	assert_err(rig_cmd(r, talk_delete(theirs, DELETE_FOR_ALL)), ERR_STATE);
	assert_err(rig_cmd(r, talk_delete(theirs, DELETE_CANCEL)), ERR_STATE);
	ev = talk_edit(theirs, "yours");
	ev.edit.target.contact_id.b[0] ^= 1;
	assert_err(rig_cmd(r, ev), ERR_NOT_FOUND);
	ev = talk_delete(theirs, DELETE_FOR_ME);
	ev.delete.target.contact_id.b[0] ^= 1;
	assert_err(rig_cmd(r, ev), ERR_NOT_FOUND);
	ev = talk_react(theirs, "x");
	ev.react.target.contact_id.b[0] ^= 1;
	assert_err(rig_cmd(r, ev), ERR_NOT_FOUND);
	assert_text(r, theirs, "mine");
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_OUT), 0);
	/* The timer is no text. */
	assert_ok(rig_cmd(r, talk_timer(&r->contact.id, &r->rng, 60)));
	assert_err(rig_cmd(r, talk_edit(rig_row(r, MESSAGE_OUT, 0), "x")),
		   ERR_STATE);
}

static void seven_days(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct event edit = talk_edit(delivered(r, p, "old"), "new");
	struct event delete =
	    talk_delete(rig_row(r, MESSAGE_OUT, 0), DELETE_FOR_ALL);

	r->skew_ms = CHANGE_AGE_MAX_MS - 1000;
	assert_ok(rig_cmd(r, edit));
	r->skew_ms = CHANGE_AGE_MAX_MS;
	assert_err(rig_cmd(r, edit), ERR_STATE);
	assert_err(rig_cmd(r, delete), ERR_STATE);
	/* A clock that went back is no reason. */
	r->skew_ms = 0;
	edit.edit.target.sent_ms += 1000 * 1000;
	assert_ok(rig_cmd(r, edit));
	/* For oneself there is no limit. */
	r->skew_ms = CHANGE_AGE_MAX_MS;
	delete.delete.how = DELETE_FOR_ME;
	assert_ok(rig_cmd(r, delete));
	assert_true(rig_row(r, MESSAGE_OUT, 0)->hidden);
}

static void deletion_for_all(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	const struct message_row *row = delivered(r, p, "oops");
	struct event again = talk_delete(row, DELETE_FOR_ALL);
	struct mid mid = row->mid;
	struct message_fields f;
	struct message m;

	assert_ok(rig_cmd(r, again));
	assert_heard(p, MESSAGE_DELETE, &m, &f);
	assert_memory_equal(&f.ref, &mid, sizeof(mid));
	assert_false(puppet_heard(p, &m));
	row = rig_row(r, MESSAGE_OUT, 0);
	assert_true(row->deleted && row->withdrawn && !row->hidden);
	assert_int_equal(row->body.n, 0);
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_DELETED], 1);
	/* Of a mark nothing can be made but nothing. */
	assert_err(rig_cmd(r, talk_delete(row, DELETE_FOR_ALL)), ERR_STATE);
	assert_err(rig_cmd(r, talk_edit(row, "back")), ERR_STATE);
	assert_err(rig_cmd(r, talk_react(row, "x")), ERR_STATE);
	assert_ok(rig_cmd(r, talk_delete(row, DELETE_FOR_ME)));
	assert_false(puppet_heard(p, &m));
	assert_true(rig_row(r, MESSAGE_OUT, 0)->hidden);
}

static void deletion_for_me(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct message m;

	puppet_say(r, p, MESSAGE_TEXT, NULL, "theirs");
	delivered(r, p, "ours");
	assert_ok(
	    rig_cmd(r, talk_delete(rig_row(r, MESSAGE_IN, 0), DELETE_FOR_ME)));
	assert_ok(
	    rig_cmd(r, talk_delete(rig_row(r, MESSAGE_OUT, 0), DELETE_FOR_ME)));
	assert_false(puppet_heard(p, &m));
	assert_true(rig_row(r, MESSAGE_IN, 0)->hidden);
	assert_true(rig_row(r, MESSAGE_OUT, 0)->hidden);
}

/* PROTOCOL 6.5: Who wipes or deletes a message of his own that is not
 * acknowledged MUST send it withdrawn from then on. */
static void what_never_left_goes_without_a_word(void **state)
{
	struct rig *r = *state;
	struct puppet *p;
	struct message m;
	struct chain last;
	const struct message_row *row;

	assert_ok(rig_say(r, "first thought"));
	assert_ok(rig_say(r, "second thought"));
	assert_ok(rig_say(r, "third thought"));
	assert_ok(rig_cmd(r, talk_edit(rig_row(r, MESSAGE_OUT, 1), "2nd")));
	assert_ok(
	    rig_cmd(r, talk_delete(rig_row(r, MESSAGE_OUT, 0), DELETE_CANCEL)));
	assert_ok(rig_cmd(
	    r, talk_delete(rig_row(r, MESSAGE_OUT, 1), DELETE_FOR_ALL)));
	assert_ok(
	    rig_cmd(r, talk_delete(rig_row(r, MESSAGE_OUT, 2), DELETE_FOR_ME)));
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_OUT), 4);
	row = rig_row(r, MESSAGE_OUT, 0);
	assert_int_equal(row->state, MESSAGE_FAILED);
	assert_int_equal(disk_seen(r->disk, row)->problem, PROBLEM_CANCELLED);
	assert_text(r, row, "first thought");
	assert_err(rig_cmd(r, talk_delete(row, DELETE_CANCEL)), ERR_STATE);
	assert_err(rig_cmd(r, talk_delete(row, DELETE_FOR_ALL)), ERR_STATE);
	assert_err(rig_cmd(r, talk_edit(row, "x")), ERR_STATE);

	p = rig_session(r);
	last = rig_counters(r)->chain_out;
	while (r->fetching)
		rig_answer_fetch(r);
	while (puppet_heard(p, &m)) {
		assert_int_equal(m.kind, MESSAGE_WITHDRAWN);
		assert_int_equal(m.body.n, 32);
	}
	assert_memory_equal(&m.chain, &last, sizeof(last));
	puppet_ack_all(r, p);
	assert_false(p->is_ended);
	assert_int_equal(rig_counters(r)->peer_acked, 4);
	assert_int_equal(rig_row(r, MESSAGE_OUT, 0)->state, MESSAGE_FAILED);
}

/* PROTOCOL 6.5: If it may have been sent before, a deletion follows. */
static void what_may_have_left_is_asked_back(void **state)
{
	static const enum delete_how hows[] = {DELETE_CANCEL, DELETE_FOR_ALL,
					       DELETE_FOR_ME};
	struct rig *r = *state;
	struct message_fields f;
	struct message m;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hows); i++) {
		struct puppet *p = rig_session(r);
		const struct message_row *row;
		struct mid mid;

		assert_ok(rig_say(r, "gone already"));
		assert_heard(p, MESSAGE_TEXT, &m, &f);
		mid = m.mid;
		puppet_down(r, p);
		row = rig_row(r, MESSAGE_OUT, 2 * i);
		assert_int_equal(row->state, MESSAGE_QUEUED);
		assert_ok(rig_cmd(r, talk_delete(row, hows[i])));
		p = rig_session(r);
		while (r->fetching)
			rig_answer_fetch(r);
		assert_heard(p, MESSAGE_WITHDRAWN, &m, &f);
		assert_heard(p, MESSAGE_DELETE, &m, &f);
		assert_memory_equal(&f.ref, &mid, sizeof(mid));
		puppet_ack_all(r, p);
		assert_false(p->is_ended);
		puppet_down(r, p);
	}
}

/* That it may have left is on the disk before it leaves. */
static void what_left_is_known_after_a_crash(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);

	assert_ok(rig_say(r, "one"));
	assert_int_equal(rig_counters(r)->send_high, 1);
	puppet_down(r, p);
	assert_ok(rig_say(r, "two"));
	assert_int_equal(rig_counters(r)->send_high, 1);
	rig_reload(r);
	assert_ok(
	    rig_cmd(r, talk_delete(rig_row(r, MESSAGE_OUT, 1), DELETE_CANCEL)));
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_OUT), 2);
	assert_ok(
	    rig_cmd(r, talk_delete(rig_row(r, MESSAGE_OUT, 0), DELETE_CANCEL)));
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_OUT), 3);
	assert_int_equal(rig_row(r, MESSAGE_OUT, 2)->kind, MESSAGE_DELETE);
}

static void delivered_is_too_late_to_cancel(void **state)
{
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct event ev = talk_delete(delivered(r, p, "there"), DELETE_CANCEL);

	assert_err(rig_cmd(r, ev), ERR_STATE);
	/* Whatever the API saw a moment ago. */
	ev.delete.target.state = MESSAGE_SENDING;
	assert_err(rig_cmd(r, ev), ERR_STATE);
	assert_int_equal(rig_row(r, MESSAGE_OUT, 0)->state, MESSAGE_DELIVERED);
}

static void a_failed_one_is_replaced(void **state)
{
	struct rig *r = *state;
	struct event ev;

	assert_ok(rig_say(r, "typo"));
	assert_ok(
	    rig_cmd(r, talk_delete(rig_row(r, MESSAGE_OUT, 0), DELETE_CANCEL)));
	ev = talk_send(&r->contact.id, &r->rng, "typed");
	ev.send.replaces = rig_row(r, MESSAGE_OUT, 0)->id;
	assert_ok(rig_cmd(r, ev));
	assert_true(rig_row(r, MESSAGE_OUT, 0)->hidden);
	assert_int_equal(rig_row(r, MESSAGE_OUT, 0)->body.n, 0);
	assert_text(r, rig_row(r, MESSAGE_OUT, 1), "typed");
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_DELETED], 1);
}

static void reactions_come_and_go(void **state)
{
	static const char thumb[] = "\xf0\x9f\x91\x8d";
	struct rig *r = *state;
	struct puppet *p = rig_session(r);
	struct mid mid = puppet_say(r, p, MESSAGE_TEXT, NULL, "theirs");
	struct message_fields f;
	struct message m;

	assert_ok(rig_cmd(r, talk_react(rig_row(r, MESSAGE_IN, 0), thumb)));
	assert_heard(p, MESSAGE_REACTION, &m, &f);
	assert_memory_equal(&f.ref, &mid, sizeof(mid));
	assert_string_equal(f.emoji.s, thumb);
	assert_string_equal(
	    disk_seen(r->disk, rig_row(r, MESSAGE_IN, 0))->emoji[MESSAGE_OUT].s,
	    thumb);
	assert_ok(rig_cmd(r, talk_react(rig_row(r, MESSAGE_IN, 0), "")));
	assert_heard(p, MESSAGE_REACTION, &m, &f);
	assert_string_equal(f.emoji.s, "");
	assert_string_equal(
	    disk_seen(r->disk, rig_row(r, MESSAGE_IN, 0))->emoji[MESSAGE_OUT].s,
	    "");
	assert_int_equal(r->disk->journal[JOURNAL_MESSAGE_REACTION], 2);
	assert_ok(rig_cmd(r, talk_react(delivered(r, p, "ours"), "!")));
	assert_heard(p, MESSAGE_REACTION, &m, &f);
	assert_err(rig_cmd(r, talk_react(rig_row(r, MESSAGE_IN, 0), "\n")),
		   ERR_RANGE);
	assert_err(rig_cmd(r, talk_react(rig_row(r, MESSAGE_OUT, 0), "")),
		   ERR_STATE);
}

/* A contact that is blocked, or not one yet. */
static void only_to_contacts(void **state)
{
	struct rig *r = *state;
	struct effect e = {.type = FX_SAVE_CONTACT};
	struct event send, edit, react, timer, erase, cancel;
	struct puppet *p = rig_session(r);
	unsigned i;

	delivered(r, p, "one");
	assert_ok(rig_say(r, "two"));
	edit = talk_edit(rig_row(r, MESSAGE_OUT, 0), "x");
	react = talk_react(rig_row(r, MESSAGE_OUT, 0), "x");
	erase = talk_delete(rig_row(r, MESSAGE_OUT, 0), DELETE_FOR_ALL);
	cancel = talk_delete(rig_row(r, MESSAGE_OUT, 1), DELETE_CANCEL);
	send = talk_send(&r->contact.id, &r->rng, "x");
	timer = talk_timer(&r->contact.id, &r->rng, 60);
	for (i = 0; i < 2; i++) {
		e.contact = *disk_contact(r->disk, &r->contact.id);
		e.contact.blocked = i == 0;
		e.contact.state = i == 0 ? CONTACT_ACTIVE : CONTACT_PAIRING;
		disk_apply(r->disk, &e);
		rig_reload(r);
		assert_err(rig_cmd(r, send), ERR_STATE);
		assert_err(rig_cmd(r, edit), ERR_STATE);
		assert_err(rig_cmd(r, react), ERR_STATE);
		assert_err(rig_cmd(r, timer), ERR_STATE);
		assert_err(rig_cmd(r, erase), ERR_STATE);
	}
	/* But to tidy up is always possible. */
	assert_ok(rig_cmd(r, cancel));
	erase.delete.how = DELETE_FOR_ME;
	assert_ok(rig_cmd(r, erase));
	send.send.contact_id.b[0] ^= 1;
	timer.timer.contact_id.b[0] ^= 1;
	assert_err(rig_cmd(r, send), ERR_NOT_FOUND);
	assert_err(rig_cmd(r, timer), ERR_NOT_FOUND);
}

static void what_cannot_be_sent(void **state)
{
	struct rig *r = *state;
	struct event ev = talk_send(&r->contact.id, &r->rng, "");

	assert_err(rig_cmd(r, ev), ERR_RANGE);
	ev = talk_send(&r->contact.id, &r->rng, "late");
	ev.send.deadline_ms = rig_wall_ms(r);
	assert_err(rig_cmd(r, ev), ERR_RANGE);
	ev.send.deadline_ms++;
	assert_ok(rig_cmd(r, ev));
	assert_int_equal(disk_count(r->disk, &r->contact.id, MESSAGE_OUT), 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(reply_and_time_to_live_are_sent),
	    TEST(edit_is_done_here_and_there),
	    TEST(not_what_is_not_ones_own),
	    TEST(seven_days),
	    TEST(deletion_for_all),
	    TEST(deletion_for_me),
	    TEST(what_never_left_goes_without_a_word),
	    TEST(what_may_have_left_is_asked_back),
	    TEST(what_left_is_known_after_a_crash),
	    TEST(delivered_is_too_late_to_cancel),
	    TEST(a_failed_one_is_replaced),
	    TEST(reactions_come_and_go),
	    TEST(only_to_contacts),
	    TEST(what_cannot_be_sent),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
