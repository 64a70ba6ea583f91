/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Histories and contacts that are gone at once, and erased lot by lot.
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

static struct due_list due(struct kit *k, uint64_t at_ms)
{
	struct due_list l;

	assert_ok(store_due(k->store, KIT_WALL + at_ms, &l));
	return l;
}

static void sweep(struct kit *k)
{
	struct effect e = {.type = FX_SAVE_SWEEP};

	kit_save(k, &e);
}

/* The number of the journal's last line. */
static uint64_t last_line(struct kit *k)
{
	struct journal_range r;

	assert_ok(query_journal_range(k->store, &r));
	return r.last;
}

static size_t count_shown(struct kit *k)
{
	struct message_page page = {kit_uid('v', 1), PAGE_LATEST, {{0}}, 60};
	struct seen s = {.count = 0};

	assert_ok(query_messages(k->store, &page, see_message, &s));
	return s.count;
}

/* Ours and theirs by turns, with what hangs on them. */
static void fill_history(struct kit *k, uint64_t count)
{
	struct effect e = kit_message_out(1, 1, "by then");
	uint64_t n;

	e.message.deadline_ms = KIT_WALL + 5;
	kit_save(k, &e);
	for (n = 2; n <= count; n += 2) {
		talk_timed(k, MESSAGE_IN, n, 10);
		talk_out(k, n + 1, "ours");
	}
	e = talk_react(MESSAGE_IN, count - 1, "!");
	kit_save(k, &e);
}

/* As far as anyone can see, nothing of it is there, however much of it
 * has still to be erased. */
static void assert_cleared(struct kit *k, uint64_t count)
{
	struct message_page page = {kit_uid('v', 1), PAGE_BEFORE,
				    talk_id(MESSAGE_IN, count), 9};
	struct conversation_info c = talk_conversation(k);
	struct seen s = {.count = 0};
	struct target t;
	struct mid mid;
	bool found;
	char text[64];

	assert_int_equal(count_shown(k), 0);
	assert_int_equal(c.unread_count, 0);
	assert_true(uid_is_zero(&c.last_message));
	assert_true(uid_is_zero(&c.read_up_to));
	assert_err(query_messages(k->store, &page, see_message, &s),
		   ERR_NOT_FOUND);
	assert_err(query_message(k->store, page.pivot, see_message, &s),
		   ERR_NOT_FOUND);
	assert_err(query_target(k->store, page.pivot, &t), ERR_NOT_FOUND);
	assert_err(query_last_incoming(k->store, page.conversation_id,
				       page.pivot, &mid, &found),
		   ERR_NOT_FOUND);
	assert_true(talk_row(k, count + 1, text).withdrawn);
	assert_true(talk_row(k, count + 1, text).hidden);
	assert_string_equal(text, "");
	/* Neither over nor too late: it is gone. */
	assert_int_equal(due(k, 1000000).count, 0);
}

static void long_histories_go_in_lots(void **state)
{
	enum { COUNT = 4 * SWEEP_MAX };
	struct kit *k = *state;
	struct effect all = {.type = FX_SAVE_ERASE_ALL,
			     .journal = JOURNAL_CONVERSATION_UPDATED,
			     .erase_all = kit_uid('c', 1)};
	struct effect ours = kit_message_out(1, COUNT + 1, "ours");
	struct effect again = kit_message_in(1, COUNT, "again");
	size_t lots = 0;
	uint64_t line;

	fill_history(k, COUNT);
	talk_read(k, talk_id(MESSAGE_IN, COUNT / 2));
	kit_save(k, &all);
	assert_true(due(k, 0).sweep);
	assert_cleared(k, COUNT);
	talk_is_withdrawn(k, &ours);
	/* What comes then is another thing; what comes again is known. */
	talk_in(k, COUNT + 20, "new");
	assert_int_equal(count_shown(k), 1);
	line = last_line(k);
	again.message.id = kit_uid('n', 77);
	kit_save(k, &again);
	assert_int_equal(last_line(k), line);
	kit_save(k, &all);
	line = last_line(k);
	for (; due(k, 0).sweep; lots++) {
		/* As after a crash. */
		kit_close(k);
		kit_open(k);
		assert_cleared(k, COUNT);
		sweep(k);
	}
	assert_in_range(lots, 3, 5);
	sweep(k); /* nothing */
	assert_cleared(k, COUNT);
	talk_is_withdrawn(k, &ours);
	assert_int_equal(last_line(k), line);
	kit_save(k, &again);
	assert_int_equal(last_line(k), line);
}

static void what_is_cleared_does_not_change(void **state)
{
	enum { COUNT = 2 * SWEEP_MAX };
	struct kit *k = *state;
	struct effect all = {.type = FX_SAVE_ERASE_ALL,
			     .erase_all = kit_uid('c', 1)};
	struct effect e[] = {
	    talk_edit(MESSAGE_IN, COUNT, "edited", 1),
	    talk_delete(MESSAGE_IN, COUNT, 1),
	    talk_react(MESSAGE_IN, COUNT, "!"),
	    talk_react(MESSAGE_OUT, COUNT, "!"),
	    talk_edit(MESSAGE_OUT, COUNT + 1, "edited", 1),
	    talk_erase(MESSAGE_IN, COUNT, ERASE_HIDE),
	    talk_erase(MESSAGE_IN, COUNT, ERASE_MARK),
	    talk_erase(MESSAGE_OUT, COUNT + 1, ERASE_FAIL),
	};
	struct effect read = {.type = FX_SAVE_CHANGE,
			      .journal = JOURNAL_MESSAGE_STATE};
	struct mid ref = talk_mid(COUNT + 1);
	struct effect about = talk_about(COUNT + 3, MESSAGE_EDIT, &ref, "x");
	size_t i;
	uint64_t line;

	fill_history(k, COUNT);
	kit_save(k, &about);
	kit_save(k, &all);
	assert_true(due(k, 0).sweep);
	talk_is_withdrawn(k, &about);
	line = last_line(k);
	for (i = 0; i < ARRAY_SIZE(e); i++)
		kit_save(k, &e[i]);
	talk_read(k, talk_id(MESSAGE_IN, COUNT));
	talk_state(k, 1, COUNT + 1, MESSAGE_DELIVERED);
	read.change = e[0].change;
	read.change.kind = CHANGE_READ;
	read.change.ref = ref;
	kit_save(k, &read);
	assert_int_equal(last_line(k), line);
	assert_cleared(k, COUNT);
	while (due(k, 0).sweep)
		sweep(k);
	talk_is_withdrawn(k, &about);
	assert_cleared(k, COUNT);
}

static void assert_no_contact(struct kit *k, struct uid message)
{
	struct seen s = {.count = 0};
	struct contact_row c;
	struct message_list l;
	struct target t;
	uint64_t unread;

	assert_int_equal(load_all(k).count, 0);
	assert_err(query_contact(k->store, kit_uid('c', 1), &c), ERR_NOT_FOUND);
	assert_ok(query_contacts(k->store, NULL, 9, see_contact, &s));
	assert_ok(query_conversations(k->store, NULL, 9, see_conversation, &s));
	assert_int_equal(s.count, 0);
	assert_err(
	    query_conversation(k->store, kit_uid('v', 1), &s.conversation[0]),
	    ERR_NOT_FOUND);
	assert_err(query_message(k->store, message, see_message, &s),
		   ERR_NOT_FOUND);
	assert_err(query_target(k->store, message, &t), ERR_NOT_FOUND);
	assert_ok(query_unread(k->store, &unread));
	assert_int_equal(unread, 0);
	assert_ok(store_fetch(k->store, kit_uid('c', 1), 1, 9, 999, &l));
	assert_int_equal(l.count, 0);
	assert_int_equal(due(k, 1000000).count, 0);
}

/* Gone at once for all who ask, whatever is left of it; and one of the same
 * id may come before all of it is erased. */
static void contacts_go_in_lots(void **state)
{
	enum { COUNT = 3 * SWEEP_MAX };
	struct kit *k = *state;
	struct effect gone = {.type = FX_DELETE_CONTACT,
			      .journal = JOURNAL_CONTACT_REMOVED,
			      .target = kit_uid('c', 1)};
	struct effect counters = {.type = FX_SAVE_COUNTERS,
				  .counters = {.contact_id = kit_uid('c', 1)}};
	struct effect wait = talk_edit(MESSAGE_IN, 999, "waits", 1);
	size_t lots = 0;
	uint64_t line;

	fill_history(k, COUNT);
	kit_save(k, &wait);
	talk_read(k, talk_id(MESSAGE_IN, COUNT / 2));
	kit_save(k, &gone);
	line = last_line(k);
	for (; due(k, 0).sweep; lots++) {
		kit_close(k);
		kit_open(k);
		assert_no_contact(k, talk_id(MESSAGE_IN, COUNT));
		assert_err(kit_try(k, &counters, 1), ERR_NOT_FOUND);
		kit_save(k, &gone); /* again: nothing */
		sweep(k);
	}
	assert_in_range(lots, 2, 4);
	assert_no_contact(k, talk_id(MESSAGE_IN, COUNT));
	assert_int_equal(last_line(k), line);

	kit_save_contact(k, 1);
	fill_history(k, COUNT);
	kit_save(k, &gone);
	kit_save_contact(k, 1);
	talk_in(k, COUNT + 50, "new");
	assert_int_equal(count_shown(k), 1);
	while (due(k, 0).sweep)
		sweep(k);
	assert_int_equal(count_shown(k), 1);
	assert_int_equal(talk_conversation(k).unread_count, 1);
	assert_int_equal(load_all(k).count, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(long_histories_go_in_lots),
	    T(what_is_cleared_does_not_change),
	    T(contacts_go_in_lots),
	};

	return cmocka_run_group_tests_name("clear", tests, NULL, NULL);
}
