/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "store_seen.h"

static void lists_go_by_pages(void **state)
{
	struct kit *k = *state;
	struct effect e = {.type = FX_SAVE_INVITE};
	struct effect r = {.type = FX_SAVE_REQUEST};
	struct effect pairing = {.type = FX_SAVE_CONTACT,
				 .contact = kit_contact(9)};
	struct uid after = kit_uid('c', 2);
	struct seen s = {.count = 0};
	uint32_t n;

	for (n = 4; n > 0; n--) {
		kit_save_contact(k, n);
		e.invite = kit_invite(n);
		kit_save(k, &e);
		r.request = kit_request(n);
		kit_save(k, &r);
	}
	pairing.contact.state = CONTACT_PAIRING;
	kit_save(k, &pairing);

	assert_ok(query_contacts(k->store, NULL, 3, see_contact, &s));
	assert_int_equal(s.count, 3);
	assert_uid(s.id[0], kit_uid('c', 1));
	s = (struct seen){.count = 0};
	assert_ok(query_contacts(k->store, &after, 9, see_contact, &s));
	assert_int_equal(s.count, 2);
	assert_uid(s.id[1], kit_uid('c', 4));
	s = (struct seen){.stop_at = 1};
	after = kit_uid('i', 3);
	assert_ok(query_invites(k->store, &after, 9, see_invite, &s));
	assert_int_equal(s.count, 1);
	assert_uid(s.id[0], kit_uid('i', 4));
	s = (struct seen){.stop_at = 2};
	assert_ok(query_requests(k->store, NULL, 9, see_request, &s));
	assert_int_equal(s.count, 2);
	assert_uid(s.id[1], kit_uid('r', 2));
}

static void fetch_is_bounded_and_in_order(void **state)
{
	struct kit *k = *state;
	struct message_list l;
	struct effect e;
	uint64_t seq;

	kit_save_contact(k, 1);
	for (seq = 5; seq > 0; seq--) {
		e = kit_message_out(1, seq, "0123456789");
		kit_save(k, &e);
	}
	e = kit_message_in(1, 3, "in");
	kit_save(k, &e);
	assert_ok(store_fetch(k->store, kit_uid('c', 1), 2, 3, 1000, &l));
	assert_int_equal(l.count, 3);
	assert_int_equal(l.rows[0].seq, 2);
	assert_int_equal(l.rows[2].seq, 4);
	assert_int_equal(l.rows[2].body.n, 10);
	assert_memory_equal(l.rows[2].body.p, "0123456789", 10);
	assert_uid(l.rows[0].contact_id, kit_uid('c', 1));
	message_list_clear(&l);
	assert_ok(store_fetch(k->store, kit_uid('c', 1), 1, 9, 25, &l));
	assert_int_equal(l.count, 2);
	message_list_clear(&l);
	assert_ok(store_fetch(k->store, kit_uid('c', 1), 5, 9, 1, &l));
	assert_int_equal(l.count, 1);
	message_list_clear(&l);
	assert_ok(store_fetch(k->store, kit_uid('c', 1), 6, 9, 99, &l));
	assert_int_equal(l.count, 0);
	message_list_clear(&l);
	assert_ok(store_fetch(k->store, kit_uid('c', 2), 1, 9, 99, &l));
	assert_int_equal(l.count, 0);
}

static void conversations_count_and_order(void **state)
{
	struct kit *k = *state;
	struct effect e;
	struct effect read = {.type = FX_SAVE_READ,
			      .journal = JOURNAL_CONVERSATION_READ,
			      .read = {.contact_id = kit_uid('c', 1)}};
	struct conversation_info c;
	struct seen s = {.count = 0};
	struct uid after = kit_uid('v', 2);
	uint64_t seq, unread;
	size_t lines;

	for (seq = 1; seq <= 3; seq++)
		kit_save_contact(k, (uint32_t)seq);
	assert_ok(query_conversation(k->store, kit_uid('v', 1), &c));
	assert_uid(c.contact_id, kit_uid('c', 1));
	assert_string_equal(c.title.s, "Alias 1");
	assert_int_equal(c.unread_count, 0);
	assert_int_equal(c.last_ms, KIT_WALL + 1);
	for (seq = 1; seq <= 4; seq++) {
		e = kit_message_in(1, seq, "in");
		kit_save(k, &e);
	}
	e = kit_message_in(2, 1, "in");
	kit_save(k, &e);
	e = kit_message_out(1, 1, "out");
	/* A clock that went back does not reorder the list. */
	e.message.sent_ms = 5;
	kit_save(k, &e);
	assert_ok(query_unread(k->store, &unread));
	assert_int_equal(unread, 5);
	assert_ok(query_conversations(k->store, NULL, 9, see_conversation, &s));
	assert_int_equal(s.count, 3);
	assert_uid(s.id[0], kit_uid('v', 1));
	assert_uid(s.id[1], kit_uid('v', 2));
	assert_uid(s.conversation[0].last_message, e.message.id);
	assert_int_equal(s.conversation[0].last_ms, 5);
	assert_int_equal(s.conversation[0].unread_count, 4);
	s = (struct seen){.count = 0};
	assert_ok(
	    query_conversations(k->store, &after, 9, see_conversation, &s));
	assert_int_equal(s.count, 1);
	assert_uid(s.id[0], kit_uid('v', 3));

	lines = read_journal(k).count;
	read.read.message_id = kit_uid('n', 1000003);
	kit_save(k, &read);
	read.read.message_id = kit_uid('n', 1000002); /* not back */
	kit_save(k, &read);
	assert_ok(query_conversation(k->store, kit_uid('v', 1), &c));
	assert_int_equal(c.unread_count, 1);
	assert_uid(c.read_up_to, kit_uid('n', 1000003));
	s = read_journal(k);
	assert_int_equal(s.count, lines + 1);
	assert_journal(&s.journal[lines], JOURNAL_CONVERSATION_READ,
		       kit_uid('n', 1000003));
	/* Another conversation's message does not count. */
	read.read.message_id = kit_uid('n', 2000001);
	kit_save(k, &read);
	assert_ok(query_unread(k->store, &unread));
	assert_int_equal(unread, 2);
}

/* Newest first, also when what made the others new is gone. */
static void new_conversations_come_first(void **state)
{
	struct kit *k = *state;
	struct effect e = kit_message_in(1, 1, "in");
	struct effect all = {.type = FX_SAVE_ERASE_ALL,
			     .erase_all = kit_uid('c', 1)};
	struct seen s = {.count = 0};

	kit_save_contact(k, 1);
	kit_save(k, &e);
	kit_save(k, &all);
	kit_save_contact(k, 2);
	assert_ok(query_conversations(k->store, NULL, 9, see_conversation, &s));
	assert_int_equal(s.count, 2);
	assert_uid(s.id[0], kit_uid('v', 2));
}

static struct seen read_page(struct kit *k, enum page_kind kind, uint32_t pivot,
			     size_t limit)
{
	struct message_page page = {kit_uid('v', 1), kind, kit_uid('n', pivot),
				    limit};
	struct seen s = {.count = 0};

	assert_ok(query_messages(k->store, &page, see_message, &s));
	return s;
}

static void assert_page(struct seen s, uint32_t first, uint32_t last)
{
	size_t i;

	assert_int_equal(s.count, last - first + 1);
	for (i = 0; i < s.count; i++)
		assert_uid(s.id[i],
			   kit_uid('n', 1000000 + first + (uint32_t)i));
}

static void messages_go_by_pages(void **state)
{
	struct kit *k = *state;
	struct message_page page = {kit_uid('v', 1), PAGE_BEFORE,
				    kit_uid('n', 2000001), 3};
	struct seen s = {.count = 0};
	struct effect e;
	uint64_t seq;

	kit_save_contact(k, 1);
	kit_save_contact(k, 2);
	assert_int_equal(read_page(k, PAGE_LATEST, 0, 5).count, 0);
	for (seq = 1; seq <= 10; seq++) {
		e = kit_message_in(1, seq, "mine");
		kit_save(k, &e);
		e = kit_message_in(2, seq, "theirs");
		kit_save(k, &e);
	}
	assert_page(read_page(k, PAGE_LATEST, 0, 3), 8, 10);
	assert_page(read_page(k, PAGE_LATEST, 0, 50), 1, 10);
	assert_page(read_page(k, PAGE_BEFORE, 1000008, 3), 5, 7);
	assert_page(read_page(k, PAGE_BEFORE, 1000003, 9), 1, 2);
	assert_int_equal(read_page(k, PAGE_BEFORE, 1000001, 9).count, 0);
	assert_page(read_page(k, PAGE_AFTER, 1000008, 3), 9, 10);
	assert_int_equal(read_page(k, PAGE_AFTER, 1000010, 3).count, 0);
	assert_page(read_page(k, PAGE_AROUND, 1000005, 5), 3, 7);
	assert_page(read_page(k, PAGE_AROUND, 1000001, 4), 1, 4);
	assert_page(read_page(k, PAGE_AROUND, 1000010, 4), 8, 10);
	assert_page(read_page(k, PAGE_AROUND, 1000010, 1), 10, 10);
	assert_err(query_messages(k->store, &page, see_message, &s),
		   ERR_NOT_FOUND);
	page.conversation_id = kit_uid('v', 9);
	page.kind = PAGE_LATEST;
	assert_err(query_messages(k->store, &page, see_message, &s),
		   ERR_NOT_FOUND);
}

static void journal_tells_all_in_order(void **state)
{
	struct kit *k = *state;
	struct journal_range r;
	struct effect e[3] = {
	    {.type = FX_SAVE_CONTACT,
	     .journal = JOURNAL_CONVERSATION_CREATED,
	     .contact = kit_contact(1)},
	    kit_message_in(1, 1, "in"),
	    {.type = FX_DELETE_CONTACT, .target = kit_uid('c', 1)}};
	struct seen s;

	assert_ok(query_journal_range(k->store, &r));
	assert_int_equal(r.first_available, 0);
	assert_int_equal(r.last, 0);
	kit_save_contact(k, 1);
	kit_save(k, &e[0]);
	kit_save(k, &e[1]);
	s = read_journal(k);
	assert_int_equal(s.count, 3);
	assert_journal(&s.journal[0], JOURNAL_CONTACT_ADDED, kit_uid('c', 1));
	assert_journal(&s.journal[1], JOURNAL_CONVERSATION_CREATED,
		       kit_uid('c', 1));
	assert_uid(s.journal[1].conversation_id, kit_uid('v', 1));
	assert_journal(&s.journal[2], JOURNAL_MESSAGE_RECEIVED,
		       e[1].message.id);
	assert_int_equal(s.journal[2].at_ms, KIT_WALL + 1);
	assert_int_equal(s.journal[2].state, MESSAGE_RECEIVED);
	assert_ok(query_journal_range(k->store, &r));
	assert_int_equal(r.first_available, 1);
	assert_int_equal(r.last, 3);
	s = (struct seen){.count = 0};
	assert_ok(query_journal(k->store, 1, 1, see_journal, &s));
	assert_int_equal(s.count, 1);
	assert_int_equal(s.journal[0].seq, 2);

	/* All that hung on the contact goes with it. */
	kit_save(k, &e[2]);
	assert_int_equal(load_all(k).count, 0);
	s = (struct seen){.count = 0};
	assert_err(query_message(k->store, e[1].message.id, see_message, &s),
		   ERR_NOT_FOUND);
	assert_ok(query_conversations(k->store, NULL, 9, see_conversation, &s));
	assert_int_equal(s.count, 0);
	assert_int_equal(read_journal(k).count, 3);
}

static void save_state_rows(struct kit *k, size_t count, uint64_t wall_ms)
{
	struct effect e = {.type = FX_SAVE_REQUEST,
			   .journal = JOURNAL_REQUEST_STATE,
			   .request = kit_request(1)};

	assert_ok(store_begin(k->store));
	while (count-- > 0)
		assert_ok(store_apply(k->store, &e, wall_ms));
	assert_ok(store_commit(k->store));
}

static void journal_is_pruned(void **state)
{
	struct kit *k = *state;
	const uint64_t day = 24 * 3600 * 1000;
	struct journal_range r;

	save_state_rows(k, 1000, KIT_WALL);
	save_state_rows(k, 1000, KIT_WALL + 29 * day);
	assert_ok(query_journal_range(k->store, &r));
	assert_int_equal(r.first_available, 1);
	/* By age: what is older goes, the rest stays. */
	save_state_rows(k, 1000, KIT_WALL + 31 * day);
	assert_ok(query_journal_range(k->store, &r));
	assert_int_equal(r.first_available, 1001);
	assert_int_equal(r.last, 3000);
	/* A clock that jumps far ahead leaves the newest. */
	save_state_rows(k, 3000, KIT_WALL + 9000 * day);
	assert_ok(query_journal_range(k->store, &r));
	assert_int_equal(r.last, 6000);
	assert_true(r.first_available > 3000 && r.first_available <= 6000);
	/* By count. */
	save_state_rows(k, 101000, KIT_WALL + 9000 * day);
	assert_ok(query_journal_range(k->store, &r));
	assert_in_range(r.last - r.first_available, 100000 - 1, 100256);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start_kit, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(lists_go_by_pages),
	    T(fetch_is_bounded_and_in_order),
	    T(conversations_count_and_order),
	    T(new_conversations_come_first),
	    T(messages_go_by_pages),
	    T(journal_tells_all_in_order),
	    T(journal_is_pruned),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
