/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Messages that go, and what stays of them; messages whose time comes.
 */
#include "check.h"
#include "core/message.h"
#include "store_talk.h"

static int start(void **state)
{
	start_kit(state);
	kit_save_contact(*state, 1);
	return 0;
}

static void hidden_ones_leave_no_trace(void **state)
{
	struct kit *k = *state;
	struct effect ours = kit_message_out(1, 1, "ours");
	struct effect hide[] = {talk_erase(MESSAGE_OUT, 1, ERASE_HIDE),
				talk_erase(MESSAGE_IN, 2, ERASE_HIDE)};
	struct seen s = {.count = 0};
	struct message_row row;
	char text[64];
	size_t i;

	kit_save(k, &ours);
	talk_in(k, 2, "theirs");
	for (i = 0; i < 2; i++) {
		kit_save(k, &hide[i]);
		kit_save(k, &hide[i]); /* again: nothing */
	}
	assert_int_equal(talk_lines(k, JOURNAL_MESSAGE_DELETED), 2);
	assert_false(talk_is_shown(k, MESSAGE_OUT, 1));
	assert_false(talk_is_shown(k, MESSAGE_IN, 2));
	assert_err(
	    query_message(k->store, talk_id(MESSAGE_IN, 2), see_message, &s),
	    ERR_NOT_FOUND);
	talk_is_withdrawn(k, &ours);
	row = talk_row(k, 1, text);
	assert_true(row.hidden);
	assert_string_equal(text, "");
	assert_memory_not_equal(&row.mid, &ours.message.mid, 16);
}

/* What is in it lets two people in: it is forgotten when it is there.
 * PROTOCOL 11: The introducer MUST forget seed and secret when both
 * introductions are acknowledged. */
static void introductions_are_forgotten(void **state)
{
	struct kit *k = *state;
	struct effect ours = kit_message_out(1, 1, "");
	struct message_fields f = {.has_invite = true, .has_seed = true};
	struct message_row row;
	char text[64];

	memset(f.invite, 7, sizeof(f.invite));
	memset(f.seed.b, 8, sizeof(f.seed.b));
	strcpy(f.name.s, "somebody");
	ours.journal = JOURNAL_NONE;
	ours.message.kind = MESSAGE_INTRODUCTION;
	ours.message.hidden = true;
	ours.message.client_id = (struct uid){{0}};
	ours.message.body = bytes_of(NULL, 0);
	ours.message.extra_bytes = message_fields_write(&f, ours.message.extra);
	kit_save(k, &ours);
	talk_out(k, 2, "after it");
	talk_state(k, 1, 2, MESSAGE_SENDING);
	row = talk_row(k, 1, text);
	assert_int_equal(row.extra_bytes, ours.message.extra_bytes);
	assert_false(row.withdrawn);
	talk_state(k, 1, 2, MESSAGE_DELIVERED);
	talk_is_withdrawn(k, &ours);
	row = talk_row(k, 1, text);
	assert_int_equal(row.extra_bytes, 0);
	assert_memory_not_equal(&row.mid, &ours.message.mid, 16);
	assert_int_equal(talk_look(k, MESSAGE_OUT, 2).message.row.state,
			 MESSAGE_DELIVERED);
}

static void marks_say_that_there_was_one(void **state)
{
	struct kit *k = *state;
	struct effect ours = kit_message_out(1, 1, "ours");
	struct effect mark[] = {talk_erase(MESSAGE_OUT, 1, ERASE_MARK),
				talk_erase(MESSAGE_IN, 2, ERASE_MARK)};
	struct effect react = talk_react(MESSAGE_OUT, 2, "!");
	struct seen s;
	size_t i;

	kit_save(k, &ours);
	talk_in(k, 2, "theirs");
	kit_save(k, &react);
	for (i = 0; i < 2; i++) {
		kit_save(k, &mark[i]);
		kit_save(k, &mark[i]);
		s = talk_look(k, i == 0 ? MESSAGE_OUT : MESSAGE_IN, i + 1);
		assert_true(s.message.row.deleted);
		assert_int_equal(s.message.row.body.n, 0);
		assert_int_equal(s.message.row.extra_bytes, 0);
		assert_int_equal(s.message.reaction_count, 0);
	}
	assert_int_equal(talk_lines(k, JOURNAL_MESSAGE_DELETED), 2);
	talk_is_withdrawn(k, &ours);
	/* A mark can be hidden like any other. */
	mark[0].erase.how = mark[1].erase.how = ERASE_HIDE;
	kit_save(k, &mark[0]);
	kit_save(k, &mark[1]);
	assert_false(talk_is_shown(k, MESSAGE_OUT, 1));
	assert_false(talk_is_shown(k, MESSAGE_IN, 2));
	talk_is_withdrawn(k, &ours);
}

static void failed_ones_stay_to_be_seen(void **state)
{
	struct kit *k = *state;
	struct effect ours = kit_message_out(1, 1, "ours");
	struct effect fail = talk_erase(MESSAGE_OUT, 1, ERASE_FAIL);
	struct effect late = talk_erase(MESSAGE_OUT, 2, ERASE_FAIL);
	struct effect theirs = talk_erase(MESSAGE_IN, 3, ERASE_FAIL);
	struct effect edit = talk_edit(MESSAGE_OUT, 1, "too late", 1);
	struct seen s;

	kit_save(k, &ours);
	talk_out(k, 2, "arrived");
	talk_in(k, 3, "theirs");
	talk_state(k, 2, 2, MESSAGE_DELIVERED);
	kit_save(k, &fail);
	kit_save(k, &late);
	kit_save(k, &theirs);
	kit_save(k, &edit);
	s = talk_look(k, MESSAGE_OUT, 1);
	assert_string_equal(s.body, "ours");
	assert_int_equal(s.message.row.state, MESSAGE_FAILED);
	assert_int_equal(s.message.problem, PROBLEM_TOO_LATE);
	talk_is_withdrawn(k, &ours);
	assert_int_equal(talk_look(k, MESSAGE_OUT, 2).message.row.state,
			 MESSAGE_DELIVERED);
	assert_int_equal(talk_look(k, MESSAGE_IN, 3).message.row.state,
			 MESSAGE_RECEIVED);
	/* What is acknowledged in its place is another thing. */
	talk_state(k, 1, 2, MESSAGE_DELIVERED);
	assert_int_equal(talk_look(k, MESSAGE_OUT, 1).message.row.state,
			 MESSAGE_FAILED);
	/* Tried again: it goes, and the hash stays. */
	fail.erase.how = ERASE_HIDE;
	kit_save(k, &fail);
	assert_false(talk_is_shown(k, MESSAGE_OUT, 1));
	talk_is_withdrawn(k, &ours);
}

/* Edits hold the text, too; the deletion itself must still go. */
static void what_is_about_it_goes_too(void **state)
{
	struct kit *k = *state;
	struct mid ref = talk_mid(1), other = talk_mid(2);
	struct effect e[] = {
	    talk_about(3, MESSAGE_EDIT, &ref, "better"),
	    talk_about(4, MESSAGE_REACTION, &ref, ""),
	    talk_about(5, MESSAGE_DELETE, &ref, ""),
	    talk_about(6, MESSAGE_EDIT, &other, "another"),
	};
	struct effect hide = talk_erase(MESSAGE_OUT, 1, ERASE_HIDE);
	char text[64];
	size_t i;

	talk_out(k, 1, "ours");
	talk_out(k, 2, "other");
	for (i = 0; i < ARRAY_SIZE(e); i++)
		kit_save(k, &e[i]);
	kit_save(k, &hide);
	talk_is_withdrawn(k, &e[0]);
	talk_is_withdrawn(k, &e[1]);
	assert_int_equal(talk_row(k, 3, text).body.n, 0);
	assert_int_equal(talk_row(k, 4, text).extra_bytes, 0);
	assert_false(talk_row(k, 5, text).withdrawn);
	assert_int_equal(talk_row(k, 5, text).extra_bytes,
			 e[2].message.extra_bytes);
	assert_false(talk_row(k, 6, text).withdrawn);
}

static void erased_ones_do_not_come_again(void **state)
{
	struct kit *k = *state;
	struct effect hide = talk_erase(MESSAGE_IN, 1, ERASE_HIDE);
	struct effect mark = talk_erase(MESSAGE_IN, 2, ERASE_MARK);
	struct effect later[] = {talk_edit(MESSAGE_IN, 1, "again", 1),
				 talk_edit(MESSAGE_IN, 2, "again", 1),
				 talk_edit(MESSAGE_IN, 3, "again", 1)};
	size_t i, lines;

	for (i = 1; i <= 3; i++)
		talk_in(k, i, "once");
	kit_save(k, &hide);
	kit_save(k, &mark);
	mark = talk_erase(MESSAGE_IN, 3, ERASE_MARK);
	kit_save(k, &mark);
	mark.erase.how = ERASE_HIDE;
	kit_save(k, &mark);
	lines = read_journal(k).count;
	for (i = 1; i <= 3; i++) {
		struct effect e = kit_message_in(1, i, "once more");

		e.message.id = kit_uid('n', 77 + (uint32_t)i);
		kit_save(k, &e);
		kit_save(k, &later[i - 1]);
	}
	assert_int_equal(read_journal(k).count, lines);
	assert_false(talk_is_shown(k, MESSAGE_IN, 1));
	assert_true(talk_look(k, MESSAGE_IN, 2).message.row.deleted);
	assert_int_equal(talk_conversation(k).unread_count, 0);
}

static void counts_and_last_stay_true(void **state)
{
	struct kit *k = *state;
	struct effect e = talk_erase(MESSAGE_IN, 5, ERASE_HIDE);
	struct conversation_info c;
	uint64_t n;

	for (n = 1; n <= 5; n++)
		talk_in(k, n, "in");
	talk_read(k, talk_id(MESSAGE_IN, 2));
	assert_int_equal(talk_conversation(k).unread_count, 3);
	kit_save(k, &e);
	c = talk_conversation(k);
	assert_int_equal(c.unread_count, 2);
	assert_uid(c.last_message, talk_id(MESSAGE_IN, 4));
	assert_int_equal(c.last_ms, KIT_WALL + 10004);
	/* Read ones do not count, marks no longer. */
	e = talk_erase(MESSAGE_IN, 2, ERASE_HIDE);
	kit_save(k, &e);
	c = talk_conversation(k);
	assert_int_equal(c.unread_count, 2);
	assert_uid(c.read_up_to, talk_id(MESSAGE_IN, 1));
	e = talk_erase(MESSAGE_IN, 4, ERASE_MARK);
	kit_save(k, &e);
	c = talk_conversation(k);
	assert_int_equal(c.unread_count, 1);
	assert_uid(c.last_message, talk_id(MESSAGE_IN, 4));
	e.erase.how = ERASE_HIDE;
	kit_save(k, &e);
	assert_int_equal(talk_conversation(k).unread_count, 1);
	talk_read(k, talk_id(MESSAGE_IN, 3));
	assert_int_equal(talk_conversation(k).unread_count, 0);
	/* It is gone: reading up to it is nothing. */
	talk_read(k, talk_id(MESSAGE_IN, 4));
	assert_uid(talk_conversation(k).read_up_to, talk_id(MESSAGE_IN, 3));
}

static void history_goes_at_once(void **state)
{
	struct kit *k = *state;
	struct effect all = {.type = FX_SAVE_ERASE_ALL,
			     .journal = JOURNAL_CONVERSATION_UPDATED,
			     .erase_all = kit_uid('c', 1)};
	struct effect ours = kit_message_out(1, 1, "ours");
	struct effect other = kit_message_in(2, 1, "of another");
	struct conversation_info c;
	struct journal_info last;
	struct seen s = {.count = 0};
	uint64_t n;

	kit_save_contact(k, 2);
	kit_save(k, &other);
	kit_save(k, &ours);
	for (n = 2; n <= 9; n++)
		talk_in(k, n, "in");
	kit_save(k, &all);
	kit_save(k, &all);
	c = talk_conversation(k);
	assert_int_equal(c.unread_count, 0);
	assert_true(uid_is_zero(&c.last_message));
	assert_false(talk_is_shown(k, MESSAGE_IN, 9));
	talk_is_withdrawn(k, &ours);
	assert_int_equal(talk_lines(k, JOURNAL_CONVERSATION_UPDATED), 1);
	s = read_journal(k);
	last = s.journal[s.count - 1];
	assert_journal(&last, JOURNAL_CONVERSATION_UPDATED, kit_uid('c', 1));
	assert_uid(last.conversation_id, kit_uid('v', 1));
	s = (struct seen){.count = 0};
	assert_ok(query_message(k->store, other.message.id, see_message, &s));
	/* It goes on as before. */
	talk_in(k, 20, "new");
	assert_int_equal(talk_conversation(k).unread_count, 1);
}

static struct due_list due(struct kit *k, uint64_t at_ms)
{
	struct due_list l;

	assert_ok(store_due(k->store, KIT_WALL + at_ms, &l));
	return l;
}

static void time_runs_from_reading_and_delivery(void **state)
{
	struct kit *k = *state;
	struct due_list l;

	talk_timed(k, MESSAGE_OUT, 1, 10);
	talk_timed(k, MESSAGE_IN, 2, 20);
	talk_in(k, 3, "stays");
	assert_int_equal(due(k, 1000000).count, 0);
	assert_true(due(k, 0).next_ms == UINT64_MAX);
	talk_state(k, 1, 1, MESSAGE_DELIVERED); /* at 500 */
	talk_read(k, talk_id(MESSAGE_IN, 3));	/* at 1 */
	assert_int_equal(talk_look(k, MESSAGE_OUT, 1).message.expires_ms,
			 KIT_WALL + 10500);
	assert_int_equal(talk_look(k, MESSAGE_IN, 2).message.expires_ms,
			 KIT_WALL + 20001);
	assert_int_equal(talk_look(k, MESSAGE_IN, 3).message.expires_ms, 0);
	l = due(k, 10499);
	assert_int_equal(l.count, 0);
	assert_int_equal(l.next_ms, KIT_WALL + 10500);
	l = due(k, 10500);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.next_ms, KIT_WALL + 20001);
	assert_uid(l.rows[0].message_id, talk_id(MESSAGE_OUT, 1));
	assert_uid(l.rows[0].contact_id, kit_uid('c', 1));
	assert_int_equal(l.rows[0].dir, MESSAGE_OUT);
	assert_int_equal(l.rows[0].seq, 1);
	assert_false(l.rows[0].is_deadline);
	l = due(k, 99999);
	assert_int_equal(l.count, 2);
	assert_uid(l.rows[1].message_id, talk_id(MESSAGE_IN, 2));
	assert_true(l.next_ms == UINT64_MAX);
}

static void deadlines_count_until_it_is_delivered(void **state)
{
	struct kit *k = *state;
	struct mid mid = talk_mid(2);
	struct effect e;
	struct due_list l;
	uint64_t n;

	for (n = 1; n <= 3; n++) {
		e = kit_message_out(1, n, "by then");
		e.message.deadline_ms = KIT_WALL + 1000 * n;
		kit_save(k, &e);
	}
	talk_state(k, 1, 1, MESSAGE_DELIVERED);
	talk_state(k, 2, 2, MESSAGE_SENT);
	l = due(k, 2000);
	assert_int_equal(l.count, 1);
	assert_true(l.rows[0].is_deadline);
	assert_int_equal(l.rows[0].seq, 2);
	assert_memory_equal(&l.rows[0].mid, &mid, sizeof(mid));
	assert_int_equal(l.next_ms, KIT_WALL + 3000);
	e = talk_erase(MESSAGE_OUT, 2, ERASE_FAIL);
	kit_save(k, &e);
	assert_int_equal(due(k, 2000).count, 0);
	assert_int_equal(talk_look(k, MESSAGE_OUT, 2).message.row.deadline_ms,
			 KIT_WALL + 2000);
	e = talk_erase(MESSAGE_OUT, 3, ERASE_MARK);
	kit_save(k, &e);
	assert_true(due(k, 0).next_ms == UINT64_MAX);
}

static void due_ones_come_in_portions(void **state)
{
	struct kit *k = *state;
	struct effect e;
	struct due_list l;
	uint64_t n;

	for (n = 1; n <= DUE_MAX + 3; n++)
		talk_timed(k, MESSAGE_IN, n, 10);
	e = kit_message_out(1, 500, "by then");
	e.message.deadline_ms = KIT_WALL + 5;
	kit_save(k, &e);
	talk_read(k, talk_id(MESSAGE_IN, DUE_MAX + 3));
	l = due(k, 20000);
	assert_int_equal(l.count, DUE_MAX);
	assert_int_equal(l.next_ms, KIT_WALL + 5);
	for (n = 0; n < l.count; n++) {
		e = talk_erase(MESSAGE_IN, n + 1, ERASE_HIDE);
		e.erase.message_id = l.rows[n].message_id;
		kit_save(k, &e);
	}
	l = due(k, 20000);
	assert_int_equal(l.count, 4);
	assert_true(l.rows[3].is_deadline);
	assert_true(l.next_ms == UINT64_MAX);
}

static void conversation_keeps_what_is_set(void **state)
{
	struct kit *k = *state;
	static char draft[TEXT_MAX];
	struct effect e = {.type = FX_SAVE_CONVERSATION,
			   .journal = JOURNAL_CONVERSATION_UPDATED};
	struct conversation_info c = talk_conversation(k);

	assert_int_equal(c.muted_until_ms, 0);
	assert_false(c.archived || c.pinned);
	assert_string_equal(c.draft, "");
	assert_int_equal(c.ttl_s, kit_contact(1).ttl_s);
	memset(draft, 'd', sizeof(draft));
	e.conversation.contact_id = kit_uid('c', 1);
	e.conversation.fields = CONVERSATION_MUTED | CONVERSATION_DRAFT;
	e.conversation.muted_until_ms = KIT_WALL + 9;
	e.conversation.archived = true; /* not among the fields */
	e.conversation.draft = bytes_of(draft, sizeof(draft));
	kit_save(k, &e);
	kit_save(k, &e);
	assert_int_equal(talk_lines(k, JOURNAL_CONVERSATION_UPDATED), 1);
	c = talk_conversation(k);
	assert_int_equal(c.muted_until_ms, KIT_WALL + 9);
	assert_int_equal(strlen(c.draft), TEXT_MAX);
	assert_false(c.archived || c.pinned);
	e.conversation.fields =
	    CONVERSATION_ARCHIVED | CONVERSATION_PINNED | CONVERSATION_DRAFT;
	e.conversation.pinned = true;
	e.conversation.draft = bytes_of(NULL, 0);
	kit_save(k, &e);
	c = talk_conversation(k);
	assert_int_equal(c.muted_until_ms, KIT_WALL + 9);
	assert_string_equal(c.draft, "");
	assert_true(c.archived && c.pinned);
	e.conversation.contact_id = kit_uid('c', 7);
	assert_err(kit_try(k, &e, 1), ERR_NOT_FOUND);
}

static void save_reply(struct kit *k, enum message_dir dir, uint64_t seq,
		       uint64_t to)
{
	struct effect e = dir == MESSAGE_IN ? kit_message_in(1, seq, "reply")
					    : kit_message_out(1, seq, "reply");
	struct message_fields f = {.has_reply_to = true,
				   .reply_to = talk_mid(to)};

	e.message.extra_bytes = message_fields_write(&f, e.message.extra);
	kit_save(k, &e);
}

static void replies_name_their_message(void **state)
{
	struct kit *k = *state;
	struct effect hide = talk_erase(MESSAGE_IN, 2, ERASE_HIDE);
	struct message_info *m;
	struct seen s;

	talk_out(k, 1, "ours");
	talk_in(k, 2, "theirs");
	save_reply(k, MESSAGE_OUT, 3, 2);
	save_reply(k, MESSAGE_IN, 4, 1);
	save_reply(k, MESSAGE_IN, 5, 99);
	m = &s.message;
	s = talk_look(k, MESSAGE_OUT, 1);
	assert_false(m->is_reply);
	s = talk_look(k, MESSAGE_OUT, 3);
	assert_true(m->is_reply);
	assert_uid(m->reply_to, talk_id(MESSAGE_IN, 2));
	s = talk_look(k, MESSAGE_IN, 4);
	assert_uid(m->reply_to, talk_id(MESSAGE_OUT, 1));
	s = talk_look(k, MESSAGE_IN, 5);
	assert_true(m->is_reply);
	assert_true(uid_is_zero(&m->reply_to));
	kit_save(k, &hide);
	s = talk_look(k, MESSAGE_OUT, 3);
	assert_true(m->is_reply);
	assert_true(uid_is_zero(&m->reply_to));
}

static void targets_are_what_is_shown(void **state)
{
	struct kit *k = *state;
	struct effect e = talk_erase(MESSAGE_IN, 2, ERASE_MARK);
	struct target t;
	struct mid mid = {{0}}, want = talk_mid(1);
	bool found;

	talk_in(k, 1, "in");
	talk_in(k, 2, "in");
	talk_out(k, 3, "out");
	kit_save(k, &e);
	assert_ok(query_target(k->store, talk_id(MESSAGE_OUT, 3), &t));
	assert_uid(t.message_id, talk_id(MESSAGE_OUT, 3));
	assert_uid(t.contact_id, kit_uid('c', 1));
	assert_int_equal(t.dir, MESSAGE_OUT);
	assert_int_equal(t.state, MESSAGE_QUEUED);
	assert_int_equal(t.seq, 3);
	assert_int_equal(t.kind, MESSAGE_TEXT);
	assert_int_equal(t.sent_ms, KIT_WALL + 3);
	assert_false(t.deleted);
	assert_ok(query_target(k->store, talk_id(MESSAGE_IN, 2), &t));
	assert_true(t.deleted);
	e.erase.how = ERASE_HIDE;

	/* What a receipt would name. */
	assert_ok(query_last_incoming(k->store, kit_uid('v', 1),
				      talk_id(MESSAGE_OUT, 3), &mid, &found));
	assert_true(found);
	assert_memory_equal(&mid, &want, sizeof(mid));
	kit_save(k, &e);
	assert_err(query_target(k->store, talk_id(MESSAGE_IN, 2), &t),
		   ERR_NOT_FOUND);
	e = talk_erase(MESSAGE_IN, 1, ERASE_HIDE);
	kit_save(k, &e);
	assert_ok(query_last_incoming(k->store, kit_uid('v', 1),
				      talk_id(MESSAGE_OUT, 3), &mid, &found));
	assert_false(found);
	assert_err(query_last_incoming(k->store, kit_uid('v', 1),
				       talk_id(MESSAGE_IN, 1), &mid, &found),
		   ERR_NOT_FOUND);
}

static void contact_takes_everything_along(void **state)
{
	struct kit *k = *state;
	struct effect e[] = {
	    talk_react(MESSAGE_OUT, 1, "!"),
	    talk_edit(MESSAGE_IN, 9, "waits", 1),
	    talk_erase(MESSAGE_IN, 2, ERASE_HIDE),
	    {.type = FX_DELETE_CONTACT,
	     .journal = JOURNAL_CONTACT_REMOVED,
	     .target = kit_uid('c', 1)},
	};
	struct seen s;
	size_t i;

	talk_in(k, 1, "in");
	talk_in(k, 2, "in");
	for (i = 0; i < ARRAY_SIZE(e); i++)
		kit_save(k, &e[i]);
	kit_save(k, &e[3]); /* again: nothing */
	s = read_journal(k);
	assert_journal(&s.journal[s.count - 1], JOURNAL_CONTACT_REMOVED,
		       kit_uid('c', 1));
	assert_uid(s.journal[s.count - 1].conversation_id, kit_uid('v', 1));
	assert_int_equal(talk_lines(k, JOURNAL_CONTACT_REMOVED), 1);
	/* A new one of the same id starts from nothing. */
	kit_save_contact(k, 1);
	talk_in(k, 2, "in");
	talk_in(k, 9, "in");
	assert_string_equal(talk_look(k, MESSAGE_IN, 9).body, "in");
	assert_int_equal(talk_conversation(k).unread_count, 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(hidden_ones_leave_no_trace),
	    T(introductions_are_forgotten),
	    T(marks_say_that_there_was_one),
	    T(failed_ones_stay_to_be_seen),
	    T(what_is_about_it_goes_too),
	    T(erased_ones_do_not_come_again),
	    T(counts_and_last_stay_true),
	    T(history_goes_at_once),
	    T(time_runs_from_reading_and_delivery),
	    T(deadlines_count_until_it_is_delivered),
	    T(due_ones_come_in_portions),
	    T(conversation_keeps_what_is_set),
	    T(replies_name_their_message),
	    T(targets_are_what_is_shown),
	    T(contact_takes_everything_along),
	};

	return cmocka_run_group_tests_name("erase", tests, NULL, NULL);
}
