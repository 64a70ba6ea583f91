/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "store_seen.h"

#define assert_same(a, b) assert_memory_equal(&(a), &(b), sizeof(a))

static void assert_contact_same(struct contact_row a, struct contact_row b)
{
	/* Padding apart: fields one by one where there is any. */
	assert_same(a.id, b.id);
	assert_same(a.conversation_id, b.conversation_id);
	assert_same(a.invite_id, b.invite_id);
	assert_int_equal(a.state, b.state);
	assert_same(a.my_static, b.my_static);
	assert_same(a.peer_static, b.peer_static);
	assert_same(a.psk, b.psk);
	assert_int_equal(a.epoch, b.epoch);
	assert_same(a.my_cell, b.my_cell);
	assert_same(a.peer_auth, b.peer_auth);
	assert_same(a.peer_cell, b.peer_cell);
	assert_same(a.my_auth, b.my_auth);
	assert_same(a.my_r, b.my_r);
	assert_same(a.n, b.n);
	assert_int_equal(a.rekey.state, b.rekey.state);
	assert_same(a.rekey.my_r, b.rekey.my_r);
	assert_same(a.rekey.peer_r, b.rekey.peer_r);
	assert_same(a.rekey.other, b.rekey.other);
	assert_int_equal(a.rekey.since_ms, b.rekey.since_ms);
	assert_string_equal(a.status.s, b.status.s);
	assert_string_equal(a.note.s, b.note.s);
	assert_int_equal(a.blocked, b.blocked);
	assert_int_equal(a.verified, b.verified);
	assert_int_equal(a.policy, b.policy);
	assert_int_equal(a.receipts, b.receipts);
	assert_int_equal(a.typing, b.typing);
	assert_int_equal(a.cover, b.cover);
	assert_int_equal(a.ttl_s, b.ttl_s);
	assert_int_equal(a.verified_ms, b.verified_ms);
	assert_int_equal(a.alarm, b.alarm);
	assert_string_equal(a.name.s, b.name.s);
	assert_string_equal(a.alias.s, b.alias.s);
	assert_int_equal(a.created_ms, b.created_ms);
	assert_int_equal(a.last_seen_ms, b.last_seen_ms);
}

static void contact_comes_back_whole(void **state)
{
	struct kit *k = *state;
	struct effect e = {.type = FX_SAVE_CONTACT, .contact = kit_contact(1)};
	struct contact_row found;
	struct seen s;

	e.contact.state = CONTACT_PAIRING;
	e.contact.invite_id = kit_uid('i', 1);
	kit_save(k, &e);
	kit_close(k);
	kit_open(k);
	s = load_all(k);
	assert_int_equal(s.count, 1);
	assert_contact_same(s.contact, e.contact);

	/* Replaced, all of it. */
	e.contact = kit_contact(40);
	e.contact.id = kit_uid('c', 1);
	kit_save(k, &e);
	assert_ok(query_contact(k->store, kit_uid('c', 1), &found));
	assert_contact_same(found, e.contact);
	assert_int_equal(load_all(k).count, 1);
	assert_err(query_contact(k->store, kit_uid('c', 2), &found),
		   ERR_NOT_FOUND);
}

static void extreme_numbers_come_back(void **state)
{
	struct kit *k = *state;
	struct effect e = {.type = FX_SAVE_CONTACT, .contact = kit_contact(1)};

	e.contact.n.recv_next = UINT64_MAX;
	e.contact.epoch = UINT64_MAX - 1;
	e.contact.n.send_next = (uint64_t)INT64_MAX + 1;
	memset(e.contact.name.s, 'x', NAME_MAX_BYTES);
	kit_save(k, &e);
	assert_contact_same(load_all(k).contact, e.contact);
}

static void counters_are_saved_alone(void **state)
{
	struct kit *k = *state;
	struct effect e = {.type = FX_SAVE_COUNTERS,
			   .counters = {.contact_id = kit_uid('c', 3),
					.n = kit_contact(77).n}};
	struct contact_row want = kit_contact(3);

	assert_err(kit_try(k, &e, 1), ERR_NOT_FOUND);
	kit_save_contact(k, 3);
	kit_save(k, &e);
	want.n = e.counters.n;
	assert_contact_same(load_all(k).contact, want);
}

static void invite_comes_back_whole(void **state)
{
	struct kit *k = *state;
	struct effect e = {.type = FX_SAVE_INVITE, .invite = kit_invite(5)};
	struct effect gone = {.type = FX_DELETE_INVITE,
			      .target = kit_uid('i', 5)};
	struct invite_row r;
	struct seen s;

	kit_save(k, &e);
	e.invite = kit_invite(6);
	e.invite.id = kit_uid('i', 5);
	e.journal = JOURNAL_INVITE_USED;
	kit_save(k, &e);
	s = load_all(k);
	assert_int_equal(s.count, 1);
	assert_ok(query_invite(k->store, kit_uid('i', 5), &r));
	assert_uid(r.id, e.invite.id);
	assert_int_equal(r.state, INVITE_BOUND);
	assert_same(r.onion, e.invite.onion);
	assert_same(r.secret, e.invite.secret);
	assert_int_equal(r.flags, e.invite.flags);
	assert_string_equal(r.label.s, e.invite.label.s);
	assert_same(r.nonce, e.invite.nonce);
	assert_same(r.contact_id, e.invite.contact_id);
	assert_int_equal(r.created_ms, e.invite.created_ms);
	assert_int_equal(r.expires_ms, e.invite.expires_ms);
	s = read_journal(k);
	assert_int_equal(s.count, 1);
	assert_journal(&s.journal[0], JOURNAL_INVITE_USED, r.id);
	kit_save(k, &gone);
	assert_err(query_invite(k->store, r.id, &r), ERR_NOT_FOUND);
}

static void request_comes_back_whole(void **state)
{
	struct kit *k = *state;
	struct effect e = {.type = FX_SAVE_REQUEST,
			   .journal = JOURNAL_REQUEST_STATE,
			   .request = kit_request(5)};
	struct effect gone = {.type = FX_DELETE_REQUEST,
			      .target = kit_uid('r', 5)};
	struct request_row r;
	struct seen s;

	kit_save(k, &e);
	e.request = kit_request(6);
	e.request.id = kit_uid('r', 5);
	e.request.state = REQUEST_ACCEPTED;
	kit_save(k, &e);
	assert_int_equal(load_all(k).count, 1);
	assert_err(query_request_by_client(k->store, kit_uid('k', 5), &r),
		   ERR_NOT_FOUND);
	assert_ok(query_request_by_client(k->store, kit_uid('k', 6), &r));
	assert_ok(query_request(k->store, kit_uid('r', 5), &r));
	assert_uid(r.id, e.request.id);
	assert_uid(r.client_id, e.request.client_id);
	assert_int_equal(r.state, REQUEST_ACCEPTED);
	assert_memory_equal(r.invite, e.request.invite, sizeof(r.invite));
	assert_string_equal(r.alias.s, e.request.alias.s);
	assert_string_equal(r.greeting.s, e.request.greeting.s);
	assert_same(r.my_static, e.request.my_static);
	assert_same(r.my_cell, e.request.my_cell);
	assert_same(r.my_auth, e.request.my_auth);
	assert_same(r.my_r, e.request.my_r);
	assert_same(r.nonce, e.request.nonce);
	assert_same(r.contact_id, e.request.contact_id);
	assert_int_equal(r.created_ms, e.request.created_ms);
	assert_int_equal(r.origin, REQUEST_INTRODUCED);
	assert_same(r.door, e.request.door);
	assert_same(r.seed, e.request.seed);
	assert_same(r.invite_id, e.request.invite_id);
	assert_same(r.introducer, e.request.introducer);
	assert_string_equal(r.name.s, e.request.name.s);
	assert_int_equal(r.work, e.request.work);
	assert_int_equal(r.expires_ms, e.request.expires_ms);
	s = read_journal(k);
	assert_int_equal(s.count, 2);
	assert_int_equal(s.journal[0].state, REQUEST_WAITING);
	assert_int_equal(s.journal[1].state, REQUEST_ACCEPTED);
	kit_save(k, &gone);
	assert_err(query_request(k->store, r.id, &r), ERR_NOT_FOUND);
}

static void assert_self_same(struct self_row a, struct self_row b)
{
	assert_string_equal(a.name.s, b.name.s);
	assert_string_equal(a.status.s, b.status.s);
	assert_int_equal(a.mode, b.mode);
	assert_int_equal(a.receipts, b.receipts);
	assert_int_equal(a.typing, b.typing);
	assert_int_equal(a.door_on, b.door_on);
	assert_same(a.door, b.door);
	assert_int_equal(a.door_created_ms, b.door_created_ms);
	assert_int_equal(a.difficulty, b.difficulty);
	assert_int_equal(a.auto_accept_bytes, b.auto_accept_bytes);
	assert_int_equal(a.auto_accept_kinds, b.auto_accept_kinds);
}

static void self_comes_back_whole(void **state)
{
	struct kit *k = *state;
	struct effect e = {.type = FX_SAVE_SELF, .self = kit_self(1)};
	struct self_row r;
	struct seen s;

	assert_int_equal(load_all(k).selves, 0);
	assert_err(query_self(k->store, &r), ERR_NOT_FOUND);
	kit_save(k, &e);
	e.self = kit_self(2);
	e.journal = JOURNAL_PROFILE_UPDATED;
	kit_save(k, &e);
	s = load_all(k);
	assert_int_equal(s.selves, 1);
	assert_self_same(s.self, e.self);
	assert_ok(query_self(k->store, &r));
	assert_self_same(r, e.self);
	s = read_journal(k);
	assert_int_equal(s.count, 1);
	assert_journal(&s.journal[0], JOURNAL_PROFILE_UPDATED,
		       (struct uid){{0}});
}

static void message_comes_back_whole(void **state)
{
	struct kit *k = *state;
	struct effect e = kit_message_out(1, 5, "hello \xc3\xa9");
	struct seen s = {.count = 0};
	const struct message_row *r = &s.message.row;

	kit_save_contact(k, 1);
	kit_save(k, &e);
	assert_ok(query_message(k->store, e.message.id, see_message, &s));
	assert_uid(s.message.conversation_id, kit_uid('v', 1));
	assert_int_equal(s.message.delivered_ms, 0);
	assert_uid(r->id, e.message.id);
	assert_uid(r->contact_id, e.message.contact_id);
	assert_uid(r->client_id, e.message.client_id);
	assert_int_equal(r->dir, MESSAGE_OUT);
	assert_int_equal(r->state, MESSAGE_QUEUED);
	assert_int_equal(r->seq, 5);
	assert_same(r->mid, e.message.mid);
	assert_same(r->chain, e.message.chain);
	assert_int_equal(r->kind, 1);
	assert_string_equal(s.body, "hello \xc3\xa9");
	assert_int_equal(r->sent_ms, KIT_WALL + 5);
	assert_int_equal(r->received_ms, 0);

	s = (struct seen){.count = 0};
	assert_ok(query_message_by_client(
	    k->store, kit_uid('v', 1), e.message.client_id, see_message, &s));
	assert_uid(r->id, e.message.id);
	assert_err(query_message_by_client(k->store, kit_uid('v', 2),
					   e.message.client_id, see_message,
					   &s),
		   ERR_NOT_FOUND);
	assert_err(query_message(k->store, kit_uid('o', 9), see_message, &s),
		   ERR_NOT_FOUND);
}

static void binary_and_empty_bodies_come_back(void **state)
{
	struct kit *k = *state;
	struct effect e = kit_message_in(1, 1, "");
	struct seen s = {.count = 0};

	kit_save_contact(k, 1);
	e.message.body = bytes_of(NULL, 0);
	kit_save(k, &e);
	assert_ok(query_message(k->store, e.message.id, see_message, &s));
	assert_int_equal(s.message.row.body.n, 0);
	e = kit_message_in(1, 2, "");
	e.message.body = bytes_of("a\0b\xff", 4);
	kit_save(k, &e);
	assert_ok(query_message(k->store, e.message.id, see_message, &s));
	assert_int_equal(s.message.row.body.n, 4);
	assert_memory_equal(s.body, "a\0b\xff", 4);
}

static void known_message_is_skipped_in_silence(void **state)
{
	struct kit *k = *state;
	struct effect e = kit_message_in(1, 1, "once");
	struct conversation_info c;
	size_t lines;

	kit_save_contact(k, 1);
	kit_save_contact(k, 2);
	kit_save(k, &e);
	lines = read_journal(k).count;
	e.message.id = kit_uid('n', 99);
	e.message.seq = 17;
	kit_save(k, &e);
	assert_int_equal(read_journal(k).count, lines);
	assert_ok(query_conversation(k->store, kit_uid('v', 1), &c));
	assert_int_equal(c.unread_count, 1);

	/* The same mid from someone else is another message. */
	e.message.contact_id = kit_uid('c', 2);
	kit_save(k, &e);
	assert_int_equal(read_journal(k).count, lines + 1);
}

static void what_must_be_unique_is(void **state)
{
	struct kit *k = *state;
	struct effect e[2] = {kit_message_out(1, 1, "a"),
			      kit_message_out(1, 2, "b")};
	struct seen s = {.count = 0};

	kit_save_contact(k, 1);
	kit_save(k, &e[0]);
	e[1].message.client_id = e[0].message.client_id;
	assert_err(kit_try(k, &e[1], 1), ERR_EXISTS);
	e[1] = kit_message_out(1, 1, "b");
	e[1].message.id = kit_uid('o', 5);
	e[1].message.mid.b[0] ^= 1;
	e[1].message.client_id = kit_uid('k', 5);
	assert_err(kit_try(k, &e[1], 1), ERR_EXISTS);
	e[1] = kit_message_out(2, 1, "nobody");
	assert_err(kit_try(k, &e[1], 1), ERR_NOT_FOUND);

	/* A failed effect takes those before it along. */
	e[0] = kit_message_out(1, 3, "c");
	assert_err(kit_try(k, e, 2), ERR_NOT_FOUND);
	assert_err(query_message(k->store, e[0].message.id, see_message, &s),
		   ERR_NOT_FOUND);
	kit_save(k, &e[0]);
	e[0].type = FX_SEND;
	assert_err(kit_try(k, e, 1), ERR_STATE);
}

static enum message_state state_of(struct kit *k, uint64_t seq, uint64_t *at)
{
	struct seen s = {.count = 0};

	assert_ok(query_message(k->store, kit_uid('o', 1000000 + (uint32_t)seq),
				see_message, &s));
	*at = s.message.delivered_ms;
	return s.message.row.state;
}

static void set_state(struct kit *k, uint64_t from, uint64_t to,
		      enum message_state state)
{
	struct effect e = {.type = FX_SAVE_STATE,
			   .journal = JOURNAL_MESSAGE_STATE,
			   .state = {.contact_id = kit_uid('c', 1),
				     .from_seq = from,
				     .to_seq = to,
				     .state = state,
				     .at_ms = KIT_WALL + 500}};

	kit_save(k, &e);
}

static void states_only_go_forwards(void **state)
{
	struct kit *k = *state;
	struct effect e;
	struct seen s;
	uint64_t seq, at;
	size_t lines;

	kit_save_contact(k, 1);
	for (seq = 1; seq <= 6; seq++) {
		e = kit_message_out(1, seq, "x");
		kit_save(k, &e);
	}
	/* An incoming one of the same number is left alone. */
	e = kit_message_in(1, 2, "in");
	kit_save(k, &e);
	lines = read_journal(k).count;

	set_state(k, 1, 4, MESSAGE_SENDING);
	set_state(k, 2, 3, MESSAGE_DELIVERED);
	set_state(k, 1, 6, MESSAGE_QUEUED);
	assert_int_equal(state_of(k, 1, &at), MESSAGE_QUEUED);
	assert_int_equal(state_of(k, 2, &at), MESSAGE_DELIVERED);
	assert_int_equal(at, KIT_WALL + 500);
	assert_int_equal(state_of(k, 4, &at), MESSAGE_QUEUED);
	assert_int_equal(state_of(k, 5, &at), MESSAGE_QUEUED);
	assert_int_equal(at, 0);
	set_state(k, 0, UINT64_MAX, MESSAGE_FAILED);
	assert_int_equal(state_of(k, 3, &at), MESSAGE_DELIVERED);
	assert_int_equal(at, KIT_WALL + 500);
	assert_int_equal(state_of(k, 6, &at), MESSAGE_FAILED);
	set_state(k, UINT64_MAX, UINT64_MAX, MESSAGE_DELIVERED);

	s = read_journal(k);
	/* 4 sending, 2 delivered, 2 back, 4 failed */
	assert_int_equal(s.count, lines + 12);
	assert_journal(&s.journal[lines + 4], JOURNAL_MESSAGE_STATE,
		       kit_uid('o', 1000002));
	assert_int_equal(s.journal[lines + 4].state, MESSAGE_DELIVERED);
	assert_uid(s.journal[lines + 4].conversation_id, kit_uid('v', 1));
}

static void long_ranges_change_whole(void **state)
{
	struct kit *k = *state;
	struct effect e;
	uint64_t seq, at;

	kit_save_contact(k, 1);
	assert_ok(store_begin(k->store));
	for (seq = 1; seq <= 200; seq++) {
		e = kit_message_out(1, seq, "x");
		assert_ok(store_apply(k->store, &e, KIT_WALL));
	}
	assert_ok(store_commit(k->store));
	set_state(k, 1, 199, MESSAGE_DELIVERED);
	for (seq = 1; seq <= 199; seq++)
		assert_int_equal(state_of(k, seq, &at), MESSAGE_DELIVERED);
	assert_int_equal(state_of(k, 200, &at), MESSAGE_QUEUED);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start_kit, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(contact_comes_back_whole),
	    T(extreme_numbers_come_back),
	    T(counters_are_saved_alone),
	    T(invite_comes_back_whole),
	    T(request_comes_back_whole),
	    T(self_comes_back_whole),
	    T(message_comes_back_whole),
	    T(binary_and_empty_bodies_come_back),
	    T(known_message_is_skipped_in_silence),
	    T(what_must_be_unique_is),
	    T(states_only_go_forwards),
	    T(long_ranges_change_whole),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
