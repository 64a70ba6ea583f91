/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Command hooks of the API: what is handed over, when, and what is not.
 */
#include <inttypes.h>
#include <stdlib.h>

#include <sodium.h>

#include "check.h"
#include "outlet_kit.h"

#define RECEIVED (1u << JOURNAL_MESSAGE_RECEIVED)

static const struct api_hook log_hook[] = {
    {.name = "log", .types = RECEIVED, .user = "alice"}};

/* What was there before is not told. */
static void a_hook_gets_what_comes(void **state)
{
	struct world w;
	struct sent *s;
	uint64_t first;

	(void)state;
	world_start_hooks(&w, log_hook, 1);
	assert_int_equal(w.sent_count, 0);
	assert_int_equal(acked(&w, "hook:log"), newest(&w));
	world_receive(&w, 1, "first \"one\"");
	first = newest(&w);
	s = last_sent(&w);
	assert_int_equal(s->type, PARCEL_RUN);
	assert_int_equal(s->hook, 0);
	assert_non_null(strstr(s->body, "\"type\":\"message.received\""));
	assert_non_null(strstr(s->body, "\"text\":\"first \\\"one\\\"\""));
	assert_non_null(strstr(s->body, fmt("\"id\":%" PRIu64 ",", first)));
	assert_non_null(
	    strstr(s->body, fmt("\"user_id\":\"%s\"",
				text_id("usr", w.people[ALICE].user.id))));
	/* One at a time. */
	world_receive(&w, 2, "second");
	assert_int_equal(w.sent_count, 1);
	assert_true(acked(&w, "hook:log") < first);
	exits(&w, 0);
	assert_int_equal(acked(&w, "hook:log"), first);
	assert_int_equal(w.sent_count, 2);
	assert_non_null(strstr(last_sent(&w)->body, "second"));
	exits(&w, 0);
	assert_int_equal(w.sent_count, 2);
	get(&w, "/v1/hooks", 200,
	    "{\"name\":\"log\",\"user\":\"alice\",\"types\":"
	    "[\"message.received\"],\"is_running\":false,\"runs\":2,"
	    "\"failures\":0,\"dropped\":0,\"last_exit\":0,\"last_run_at\":\"");
	world_end(&w);
}

static void a_hook_is_tried_three_times(void **state)
{
	struct world w;

	(void)state;
	world_start_hooks(&w, log_hook, 1);
	world_receive(&w, 1, "first");
	world_receive(&w, 1, "second");
	exits(&w, 1);
	sends_after(&w, 2000);
	assert_non_null(strstr(last_sent(&w)->body, "first"));
	end(&w, last_sent(&w)->id, PARCEL_LATE, 137);
	get(&w, "/v1/hooks", 200, "\"last_exit\":137");
	sends_after(&w, 10000);
	end(&w, last_sent(&w)->id, PARCEL_UNREACHABLE, 0);
	/* Given up; the next has three of its own. */
	assert_int_equal(w.sent_count, 4);
	assert_non_null(strstr(last_sent(&w)->body, "second"));
	exits(&w, 2);
	sends_after(&w, 2000);
	exits(&w, 0);
	assert_int_equal(acked(&w, "hook:log"), newest(&w));
	get(&w, "/v1/hooks", 200,
	    "\"runs\":5,\"failures\":4,\"dropped\":1,\"last_exit\":0");
	world_end(&w);
}

static void other_types_and_users_are_passed_over(void **state)
{
	const struct api_hook hooks[] = {
	    {.name = "carol", .types = UINT32_MAX, .user = "carol"},
	    {.name = "id", .types = 1u << JOURNAL_CONTACT_ADDED, .user = NULL}};
	struct effect e = {.type = FX_SAVE_CONTACT,
			   .journal = JOURNAL_CONTACT_ADDED,
			   .contact = kit_contact(7)};
	struct world w;
	uint64_t before;

	(void)state;
	world_start_hooks(&w, hooks, 2);
	before = acked(&w, "hook:id");
	for (int i = 0; i < 100; i++)
		world_receive(&w, 1, "not this");
	assert_int_equal(w.sent_count, 0);
	assert_int_equal(acked(&w, "hook:id"), before);
	/* A note on the disk now and then keeps the journal short. */
	for (int i = 0; i < 200; i++)
		world_receive(&w, 1, "nor this");
	assert_true(acked(&w, "hook:id") > before + 250);
	world_save(&w, &e);
	assert_int_equal(w.sent_count, 1);
	assert_int_equal(last_sent(&w)->hook, 1);
	assert_non_null(strstr(last_sent(&w)->body, "contact.added"));
	assert_int_equal(acked(&w, "hook:carol"), UINT64_MAX);
	world_end(&w);
}

/* More rows than are looked at in one go. */
static void far_behind(void **state)
{
	struct effect e = {.type = FX_SAVE_CONTACT,
			   .journal = JOURNAL_CONTACT_ADDED,
			   .contact = kit_contact(7)};
	const struct api_hook hooks[] = {
	    {.name = "log", .types = 1u << JOURNAL_CONTACT_ADDED}};
	struct world w;
	int turns = 0;

	(void)state;
	world_start_hooks(&w, hooks, 1);
	world_lock(&w, ALICE);
	w.people[ALICE].user.state = API_USER_UNLOCKED;
	for (uint32_t i = 0; i < 1500; i++) {
		struct effect m = kit_message_in(1, ++w.seq, "x");

		kit_save(&w.people[ALICE].kit, &m);
	}
	kit_save(&w.people[ALICE].kit, &e);
	world_unlock(&w, ALICE);
	while (w.sent_count == 0 && turns++ < 10) {
		assert_true(api_deadline(w.api) <= w.mono_ms);
		api_tick(w.api);
	}
	assert_int_equal(w.sent_count, 1);
	assert_int_equal(turns, 2);
	world_end(&w);
}

static void nothing_while_locked(void **state)
{
	struct world w;
	uint64_t id;

	(void)state;
	world_start_hooks(&w, log_hook, 1);
	world_receive(&w, 1, "first");
	id = last_sent(&w)->id;
	world_lock(&w, ALICE);
	assert_int_equal(api_deadline(w.api), UINT64_MAX);
	/* The run goes on, and is counted. */
	get(&w, "/v1/hooks", 200, "\"is_running\":true");
	world_unlock(&w, ALICE);
	assert_int_equal(w.sent_count, 1);
	end(&w, id, PARCEL_EXITED, 0);
	/* Nobody knew any more what it was about. */
	assert_int_equal(w.sent_count, 2);
	assert_non_null(strstr(last_sent(&w)->body, "first"));
	exits(&w, 0);
	get(&w, "/v1/hooks", 200, "\"is_running\":false,\"runs\":2");
	assert_int_equal(w.sent_count, 2);
	world_end(&w);
}

static void places_survive(void **state)
{
	struct world w;

	(void)state;
	world_start_hooks(&w, log_hook, 1);
	world_receive(&w, 1, "first");
	exits(&w, 0);
	world_receive(&w, 1, "second");
	world_restart(&w);
	api_courier(w.api, PARCEL_RUN, true);
	assert_int_equal(w.sent_count, 2);
	api_user_state_changed(w.api, w.people[ALICE].user.id);
	assert_int_equal(w.sent_count, 3);
	assert_non_null(strstr(last_sent(&w)->body, "second"));
	/* Said twice, it is all the same. */
	api_user_state_changed(w.api, w.people[ALICE].user.id);
	assert_int_equal(w.sent_count, 3);
	/* A hook that is not there any more does not hold the journal. */
	w.hook_count = 0;
	world_restart(&w);
	api_user_state_changed(w.api, w.people[ALICE].user.id);
	assert_int_equal(acked(&w, "hook:log"), UINT64_MAX);
	world_end(&w);
}

static void the_courier_comes_and_goes(void **state)
{
	struct world w;

	(void)state;
	world_start_hooks(&w, log_hook, 1);
	world_receive(&w, 1, "first");
	api_courier(w.api, PARCEL_RUN, false);
	assert_int_equal(api_deadline(w.api), UINT64_MAX);
	world_receive(&w, 1, "second");
	assert_int_equal(w.sent_count, 1);
	api_courier(w.api, PARCEL_RUN, true);
	assert_int_equal(w.sent_count, 2);
	assert_non_null(strstr(last_sent(&w)->body, "first"));
	/* Of the one before. */
	end(&w, w.sent[0].id, PARCEL_EXITED, 0);
	assert_int_equal(w.sent_count, 2);
	/* It did not fail by that. */
	exits(&w, 1);
	sends_after(&w, 2000);
	exits(&w, 0);
	/* And when he is too busy, a little later. */
	w.is_refusing = true;
	exits(&w, 0);
	world_receive(&w, 1, "third");
	w.is_refusing = false;
	sends_after(&w, 1000);
	world_end(&w);
}

/* A hook of everybody's: each has his turn. */
static void users_take_turns(void **state)
{
	const struct api_hook hooks[] = {{.name = "log", .types = RECEIVED}};
	struct world w;

	(void)state;
	world_start_hooks(&w, hooks, 1);
	world_receive(&w, 1, "alice 1");
	world_receive(&w, 1, "alice 2");
	comes_to(&w, CAROL, "carol 1");
	assert_int_equal(w.sent_count, 1);
	exits(&w, 0);
	assert_non_null(strstr(last_sent(&w)->body, "carol 1"));
	exits(&w, 0);
	assert_non_null(strstr(last_sent(&w)->body, "alice 2"));
	world_end(&w);
}

static void hooks_by_pages(void **state)
{
	const struct api_hook hooks[] = {{.name = "a", .types = RECEIVED},
					 {.name = "b", .types = RECEIVED},
					 {.name = "c", .types = RECEIVED}};
	struct ask ask = {
	    .method = "GET", .target = "/v1/hooks?limit=2", .token = ADMIN};
	const char *cursor;
	struct world w;
	struct call c;

	(void)state;
	world_start_hooks(&w, hooks, 3);
	call_start(&c, &w, &ask);
	call_expect(&c, 200, "\"name\":\"b\"");
	assert_int_equal(call_count(&c, "\"runs\""), 2);
	cursor = call_string(&c, "next_cursor");
	call_clear(&c);
	ask.target = fmt("/v1/hooks?limit=2&cursor=%s", cursor);
	call_start(&c, &w, &ask);
	call_expect(&c, 200, "\"name\":\"c\"");
	call_expect(&c, 200, "\"last_exit\":null,\"last_run_at\":null");
	assert_int_equal(call_count(&c, "\"runs\""), 1);
	call_expect(&c, 200, "\"next_cursor\":null");
	call_clear(&c);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_hook_gets_what_comes),
	    cmocka_unit_test(a_hook_is_tried_three_times),
	    cmocka_unit_test(other_types_and_users_are_passed_over),
	    cmocka_unit_test(far_behind),
	    cmocka_unit_test(nothing_while_locked),
	    cmocka_unit_test(places_survive),
	    cmocka_unit_test(the_courier_comes_and_goes),
	    cmocka_unit_test(users_take_turns),
	    cmocka_unit_test(hooks_by_pages),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
