/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is done to a message that is there, or that will come.
 */
#include <stdio.h>

#include "check.h"
#include "store_talk.h"

#define DAY_MS (24ULL * 3600 * 1000)

static int start(void **state)
{
	start_kit(state);
	kit_save_contact(*state, 1);
	return 0;
}

static void assert_text(struct kit *k, enum message_dir dir, uint64_t seq,
			const char *text)
{
	struct seen s = talk_look(k, dir, seq);

	assert_string_equal(s.body, text);
}

static void edit_changes_what_is_shown(void **state)
{
	struct kit *k = *state;
	struct effect theirs = talk_edit(MESSAGE_IN, 2, "theirs, better", 50);
	struct effect ours = talk_edit(MESSAGE_OUT, 1, "ours, better", 60);
	struct message_row row;
	char text[64];

	talk_out(k, 1, "ours");
	talk_in(k, 2, "theirs");
	kit_save(k, &ours);
	kit_save(k, &theirs);
	assert_text(k, MESSAGE_OUT, 1, "ours, better");
	assert_text(k, MESSAGE_IN, 2, "theirs, better");
	assert_int_equal(talk_look(k, MESSAGE_OUT, 1).message.edited_ms,
			 KIT_WALL + 61);
	assert_int_equal(talk_look(k, MESSAGE_IN, 2).message.edited_ms,
			 KIT_WALL + 52);
	assert_int_equal(talk_lines(k, JOURNAL_MESSAGE_EDITED), 2);
	/* The contact may not have it yet: it goes as it was. */
	row = talk_row(k, 1, text);
	assert_string_equal(text, "ours");
	assert_false(row.withdrawn);
	/* The last one counts, whatever its time. */
	theirs = talk_edit(MESSAGE_IN, 2, "theirs, best", 10);
	kit_save(k, &theirs);
	assert_text(k, MESSAGE_IN, 2, "theirs, best");
}

/* HOSTILE P-12 */
static void only_the_sender_edits_and_deletes(void **state)
{
	struct kit *k = *state;
	struct effect e[] = {
	    talk_edit(MESSAGE_IN, 1, "not his", 5),
	    talk_delete(MESSAGE_IN, 1, 5),
	    talk_edit(MESSAGE_OUT, 2, "not ours", 5),
	    talk_delete(MESSAGE_OUT, 2, 5),
	};
	size_t i, lines;

	talk_out(k, 1, "ours");
	talk_in(k, 2, "theirs");
	lines = read_journal(k).count;
	for (i = 0; i < ARRAY_SIZE(e); i++)
		kit_save(k, &e[i]);
	assert_text(k, MESSAGE_OUT, 1, "ours");
	assert_text(k, MESSAGE_IN, 2, "theirs");
	assert_int_equal(read_journal(k).count, lines);
	/* Nor is it kept until our message comes, which is there. */
	assert_int_equal(talk_look(k, MESSAGE_OUT, 1).message.row.deleted, 0);
}

static void old_messages_stay_as_they_are(void **state)
{
	struct kit *k = *state;
	struct effect late[] = {
	    talk_edit(MESSAGE_IN, 1, "late", 7 * DAY_MS),
	    talk_delete(MESSAGE_IN, 1, 7 * DAY_MS),
	};
	struct effect just = talk_edit(MESSAGE_IN, 1, "just", 7 * DAY_MS - 1);
	struct effect react = talk_react(MESSAGE_OUT, 1, "!");

	talk_in(k, 1, "theirs");
	kit_save(k, &late[0]);
	kit_save(k, &late[1]);
	assert_text(k, MESSAGE_IN, 1, "theirs");
	kit_save(k, &just);
	assert_text(k, MESSAGE_IN, 1, "just");
	react.change.at_ms += 100 * DAY_MS;
	kit_save(k, &react);
	assert_int_equal(talk_look(k, MESSAGE_IN, 1).message.reaction_count, 1);
}

static void edit_needs_a_text(void **state)
{
	struct kit *k = *state;
	struct effect e = kit_message_in(1, 1, "a timer");
	struct effect edit = talk_edit(MESSAGE_IN, 1, "text", 1);
	struct effect delete = talk_delete(MESSAGE_IN, 1, 1);
	struct seen s;

	e.message.kind = MESSAGE_TIMER;
	kit_save(k, &e);
	kit_save(k, &edit);
	assert_text(k, MESSAGE_IN, 1, "a timer");
	kit_save(k, &delete);
	s = talk_look(k, MESSAGE_IN, 1);
	assert_true(s.message.row.deleted);
	/* A mark is not edited, not reacted to, not deleted again. */
	e = kit_message_in(1, 2, "a text");
	kit_save(k, &e);
	delete = talk_delete(MESSAGE_IN, 2, 1);
	kit_save(k, &delete);
	edit = talk_edit(MESSAGE_IN, 2, "text", 1);
	kit_save(k, &edit);
	kit_save(k, &delete);
	edit = talk_react(MESSAGE_OUT, 2, "?");
	kit_save(k, &edit);
	s = talk_look(k, MESSAGE_IN, 2);
	assert_int_equal(s.message.row.body.n, 0);
	assert_int_equal(s.message.reaction_count, 0);
	assert_int_equal(s.message.edited_ms, 0);
	assert_int_equal(talk_lines(k, JOURNAL_MESSAGE_DELETED), 2);
	assert_int_equal(talk_lines(k, JOURNAL_MESSAGE_EDITED), 0);
}

static void one_reaction_of_each_side(void **state)
{
	struct kit *k = *state;
	struct effect e[] = {
	    talk_react(MESSAGE_IN, 1, "a"),  talk_react(MESSAGE_OUT, 1, "b"),
	    talk_react(MESSAGE_OUT, 1, "c"), talk_react(MESSAGE_OUT, 1, "c"),
	    talk_react(MESSAGE_IN, 1, ""),   talk_react(MESSAGE_IN, 1, ""),
	};
	struct seen s;

	talk_out(k, 1, "ours");
	kit_save(k, &e[0]);
	kit_save(k, &e[1]);
	s = talk_look(k, MESSAGE_OUT, 1);
	assert_int_equal(s.message.reaction_count, 2);
	assert_int_equal(s.message.reactions[0].by, MESSAGE_IN);
	assert_string_equal(s.message.reactions[0].emoji.s, "a");
	assert_int_equal(s.message.reactions[0].at_ms, KIT_WALL + 1);
	assert_int_equal(s.message.reactions[1].by, MESSAGE_OUT);
	assert_string_equal(s.message.reactions[1].emoji.s, "b");
	kit_save(k, &e[2]);
	kit_save(k, &e[3]);
	kit_save(k, &e[4]);
	kit_save(k, &e[5]);
	s = talk_look(k, MESSAGE_OUT, 1);
	assert_int_equal(s.message.reaction_count, 1);
	assert_string_equal(s.message.reactions[0].emoji.s, "c");
	/* Twice the same, and twice nothing, are one. */
	assert_int_equal(talk_lines(k, JOURNAL_MESSAGE_REACTION), 4);
}

static void early_changes_wait_for_their_message(void **state)
{
	struct kit *k = *state;
	struct effect e[] = {
	    talk_edit(MESSAGE_IN, 1, "first", 1),
	    talk_edit(MESSAGE_IN, 1, "second", 2),
	    talk_react(MESSAGE_IN, 1, "a"),
	    talk_edit(MESSAGE_IN, 2, "to be deleted", 1),
	    talk_delete(MESSAGE_IN, 2, 2),
	    talk_edit(MESSAGE_IN, 2, "after that", 3),
	};
	struct conversation_info c;
	struct seen s;
	size_t i, lines = read_journal(k).count;

	for (i = 0; i < ARRAY_SIZE(e); i++)
		kit_save(k, &e[i]);
	assert_int_equal(read_journal(k).count, lines);
	kit_close(k);
	kit_open(k);
	talk_in(k, 1, "one");
	talk_in(k, 2, "two");
	s = talk_look(k, MESSAGE_IN, 1);
	assert_string_equal(s.body, "second");
	assert_int_equal(s.message.reaction_count, 1);
	s = talk_look(k, MESSAGE_IN, 2);
	assert_true(s.message.row.deleted);
	assert_int_equal(s.message.row.body.n, 0);
	assert_int_equal(talk_lines(k, JOURNAL_MESSAGE_EDITED), 3);
	assert_int_equal(talk_lines(k, JOURNAL_MESSAGE_DELETED), 1);
	assert_int_equal(talk_lines(k, JOURNAL_MESSAGE_REACTION), 1);
	c = talk_conversation(k);
	assert_int_equal(c.unread_count, 1);
	assert_uid(c.last_message, talk_id(MESSAGE_IN, 2));
}

static void waiting_has_an_end(void **state)
{
	struct kit *k = *state;
	struct effect e = talk_edit(MESSAGE_IN, 1, "waited", 1);
	struct effect m = kit_message_in(1, 1, "one");

	kit_save(k, &e);
	e = talk_edit(MESSAGE_IN, 2, "waited", 1);
	kit_save(k, &e);
	assert_ok(store_begin(k->store));
	assert_ok(store_apply(k->store, &m, KIT_WALL + 1 + 30 * DAY_MS));
	m = kit_message_in(1, 2, "two");
	assert_ok(store_apply(k->store, &m, KIT_WALL + 2 + 30 * DAY_MS));
	assert_ok(store_commit(k->store));
	assert_text(k, MESSAGE_IN, 1, "waited");
	assert_text(k, MESSAGE_IN, 2, "two");
}

static void so_many_wait_and_no_more(void **state)
{
	struct kit *k = *state;
	struct effect e;
	uint64_t n;

	assert_ok(store_begin(k->store));
	for (n = 1; n <= PARKED_MAX + 2; n++) {
		e = talk_edit(MESSAGE_IN, n, "waited", 1);
		assert_ok(store_apply(k->store, &e, KIT_WALL));
	}
	assert_ok(store_commit(k->store));
	for (n = 1; n <= 4; n++)
		talk_in(k, n, "came");
	talk_in(k, PARKED_MAX + 2, "came");
	assert_text(k, MESSAGE_IN, 2, "came");
	assert_text(k, MESSAGE_IN, 3, "waited");
	assert_text(k, MESSAGE_IN, PARKED_MAX + 2, "waited");
	/* Ours is about something that we see, or about nothing. */
	e = talk_edit(MESSAGE_OUT, 50, "waited", 1);
	kit_save(k, &e);
	talk_out(k, 50, "went");
	assert_text(k, MESSAGE_OUT, 50, "went");
}

static struct effect receipt(uint64_t ref)
{
	struct effect e = talk_react(MESSAGE_IN, ref, "");

	e.change.kind = CHANGE_READ;
	e.journal = JOURNAL_MESSAGE_STATE;
	e.change.at_ms = KIT_WALL + 700;
	return e;
}

static void receipt_marks_what_was_delivered(void **state)
{
	struct kit *k = *state;
	struct effect e = receipt(4);
	size_t lines, n;

	for (n = 1; n <= 5; n++)
		talk_out(k, n, "ours");
	talk_in(k, 6, "theirs");
	talk_state(k, 1, 3, MESSAGE_DELIVERED);
	talk_state(k, 4, 4, MESSAGE_SENT);
	talk_state(k, 5, 5, MESSAGE_DELIVERED);
	lines = read_journal(k).count;
	kit_save(k, &e);
	assert_int_equal(read_journal(k).count, lines + 3);
	for (n = 1; n <= 3; n++) {
		struct seen s = talk_look(k, MESSAGE_OUT, n);

		assert_int_equal(s.message.row.state, MESSAGE_READ);
		assert_int_equal(s.message.read_ms, KIT_WALL + 700);
		assert_int_equal(s.message.delivered_ms, KIT_WALL + 500);
	}
	assert_int_equal(talk_look(k, MESSAGE_OUT, 4).message.row.state,
			 MESSAGE_SENT);
	assert_int_equal(talk_look(k, MESSAGE_OUT, 5).message.row.state,
			 MESSAGE_DELIVERED);
	/* One of his own, or of nobody, says nothing; read stays read. */
	e = receipt(6);
	kit_save(k, &e);
	e = receipt(99);
	kit_save(k, &e);
	talk_state(k, 1, 5, MESSAGE_DELIVERED);
	assert_int_equal(talk_look(k, MESSAGE_OUT, 1).message.row.state,
			 MESSAGE_READ);
	assert_int_equal(talk_look(k, MESSAGE_IN, 6).message.row.state,
			 MESSAGE_RECEIVED);
}

/* A receipt after years takes the newest, and the next one goes on. */
static void receipts_take_bounded_steps(void **state)
{
	struct kit *k = *state;
	struct effect e;
	uint64_t n;

	assert_ok(store_begin(k->store));
	for (n = 1; n <= 1500; n++) {
		e = kit_message_out(1, n, "x");
		assert_ok(store_apply(k->store, &e, KIT_WALL));
	}
	assert_ok(store_commit(k->store));
	talk_state(k, 1, 1500, MESSAGE_DELIVERED);
	e = receipt(1500);
	kit_save(k, &e);
	assert_int_equal(talk_look(k, MESSAGE_OUT, 501).message.row.state,
			 MESSAGE_READ);
	assert_int_equal(talk_look(k, MESSAGE_OUT, 500).message.row.state,
			 MESSAGE_DELIVERED);
	kit_save(k, &e);
	assert_int_equal(talk_look(k, MESSAGE_OUT, 1).message.row.state,
			 MESSAGE_READ);
}

static void what_is_not_shown_has_no_lines(void **state)
{
	struct kit *k = *state;
	struct mid ref = talk_mid(1);
	struct effect e = talk_about(2, MESSAGE_EDIT, &ref, "better");
	struct conversation_info before, after;
	struct seen s = {.count = 0};
	size_t lines;
	char text[64];

	talk_out(k, 1, "ours");
	before = talk_conversation(k);
	lines = read_journal(k).count;
	kit_save(k, &e);
	talk_state(k, 2, 2, MESSAGE_SENDING);
	talk_state(k, 2, 2, MESSAGE_DELIVERED);
	assert_int_equal(read_journal(k).count, lines);
	after = talk_conversation(k);
	assert_uid(before.last_message, after.last_message);
	assert_int_equal(before.last_ms, after.last_ms);
	assert_false(talk_is_shown(k, MESSAGE_OUT, 2));
	assert_err(query_message(k->store, e.message.id, see_message, &s),
		   ERR_NOT_FOUND);
	/* But it is there to be sent, whole. */
	assert_int_equal(talk_row(k, 2, text).extra_bytes,
			 e.message.extra_bytes);
	assert_string_equal(text, "better");
	assert_true(talk_row(k, 2, text).hidden);
}

static void pages_leave_out_what_is_hidden(void **state)
{
	struct kit *k = *state;
	struct message_page page = {kit_uid('v', 1), PAGE_LATEST, {{0}}, 3};
	struct seen s = {.count = 0};
	struct mid ref = talk_mid(1);
	uint64_t n;

	for (n = 1; n <= 5; n++) {
		struct effect e = talk_about(2 * n, MESSAGE_REACTION, &ref, "");

		talk_out(k, 2 * n - 1, "shown");
		kit_save(k, &e);
	}
	assert_ok(query_messages(k->store, &page, see_message, &s));
	assert_int_equal(s.count, 3);
	assert_uid(s.id[0], talk_id(MESSAGE_OUT, 5));
	page.kind = PAGE_BEFORE;
	page.pivot = s.id[0];
	s = (struct seen){.count = 0};
	assert_ok(query_messages(k->store, &page, see_message, &s));
	assert_int_equal(s.count, 2);
	assert_uid(s.id[1], talk_id(MESSAGE_OUT, 3));
	page.pivot = talk_id(MESSAGE_OUT, 4);
	assert_err(query_messages(k->store, &page, see_message, &s),
		   ERR_NOT_FOUND);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(edit_changes_what_is_shown),
	    T(only_the_sender_edits_and_deletes),
	    T(old_messages_stay_as_they_are),
	    T(edit_needs_a_text),
	    T(one_reaction_of_each_side),
	    T(early_changes_wait_for_their_message),
	    T(waiting_has_an_end),
	    T(so_many_wait_and_no_more),
	    T(receipt_marks_what_was_delivered),
	    T(receipts_take_bounded_steps),
	    T(what_is_not_shown_has_no_lines),
	    T(pages_leave_out_what_is_hidden),
	};

	return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
