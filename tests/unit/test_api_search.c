/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * GET .../search: what is asked for, pages, and searches that take long.
 */
#include <stdio.h>

#include "api/state.h"
#include "api_kit.h"
#include "api_token.h"
#include "check.h"
#include "store_files.h"

/* More than a portion looks at. */
enum { LONG = 2500 };

static const char *search(struct world *w, const char *query)
{
	return alice(w, "/search?%s", query);
}

/* How many messages the answer has. */
static size_t found(struct world *w, const char *query)
{
	struct ask ask = {
	    .method = "GET", .target = search(w, query), .token = ADMIN};
	struct call c;
	size_t n;

	call_start(&c, w, &ask);
	while (!c.is_done)
		api_tick(w->api);
	call_expect(&c, 200, "\"is_partial\":false");
	n = call_count(&c, "\"conversation_id\"");
	call_clear(&c);
	return n;
}

static void test_what_is_found(void **state)
{
	struct world w;
	struct effect e = files_offer(2, 900);

	(void)state;
	world_start(&w);
	world_receive(&w, 1, "The cat sat");
	world_receive(&w, 2, "on the mat");
	world_receive(&w, 2, "<b>&\\\"caf\xc3\xa9\\u0000");
	world_save(&w, &e);
	assert_int_equal(found(&w, "q=THE"), 2);
	assert_int_equal(found(&w, "q=the%20ca"), 1);
	assert_int_equal(found(&w, "q=%22cat%20the%22"), 0);
	assert_int_equal(found(&w, "q=cafe"), 1);
	assert_int_equal(found(&w, fmt("q=the&conversation_id=%s",
				       text_id("cnv", kit_uid('v', 2)))),
			 1);
	assert_int_equal(found(&w, fmt("q=the&contact_id=%s",
				       text_id("ctc", kit_uid('c', 1)))),
			 1);
	assert_int_equal(found(&w, "q=file&kind=file"), 1);
	assert_int_equal(found(&w, "q=file&kind=image"), 1);
	assert_int_equal(found(&w, "q=file&kind=voice"), 0);
	assert_int_equal(found(&w, "q=file&kind=text"), 0);
	assert_int_equal(found(&w, "q=the&after=2020-01-01T00:00:00Z"), 2);
	assert_int_equal(found(&w, "q=the&before=2020-01-01T00:00:00Z"), 0);
	get(&w, search(&w, "q=mat"), 200, "\"text\":\"on the mat\"");
	get(&w, search(&w, "q=mat"), 200, "\"next_cursor\":null");
	world_end(&w);
}

static void test_what_is_refused(void **state)
{
	struct world w;
	const char *ctc, *cnv;

	(void)state;
	world_start(&w);
	ctc = text_id("ctc", kit_uid('c', 1));
	cnv = text_id("cnv", kit_uid('v', 1));
	get(&w, alice(&w, "/search"), 422, "\"q\"");
	get(&w, search(&w, "q="), 422, "\"q\"");
	get(&w, search(&w, "q=%2A%25_"), 422, "no_word");
	get(&w, search(&w, "q=a&limit=201"), 422, "limit");
	get(&w, search(&w, "q=a&kind=timer"), 422, "kind");
	get(&w, search(&w, "q=a&after=now"), 422, "after");
	get(&w, search(&w, "q=a&words=b"), 422, "unknown_field");
	get(&w, search(&w, "q=a&cursor=bTo0ODIxMw"), 422, "cursor");
	get(&w, search(&w, "q=a&q=b"), 422, NULL);
	get(&w, search(&w, "q=%ff"), 422, NULL);
	get(&w,
	    search(&w, fmt("q=a&contact_id=%s&conversation_id=%s", ctc, cnv)),
	    422, "exclusive");
	get(&w,
	    search(&w, "q=a&after=2026-01-01T00:00:00Z"
		       "&before=2026-01-01T00:00:00Z"),
	    422, "out_of_range");
	get(&w,
	    search(&w, fmt("q=%s", "a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t+u+"
				   "v+w+x+y+z+1+2+3+4+5+6+7")),
	    422, "too_long");
	get(&w,
	    search(&w, fmt("q=a&conversation_id=%s",
			   text_id("cnv", kit_uid('v', 77)))),
	    404, "not_found");
	get(&w,
	    search(&w,
		   fmt("q=a&contact_id=%s", text_id("ctc", kit_uid('c', 77)))),
	    404, "not_found");
	world_end(&w);
}

static void fill(struct world *w)
{
	struct kit *k = &w->people[ALICE].kit;
	uint64_t seq;

	assert_ok(store_begin(k->store));
	for (seq = 10000; seq < 10000 + LONG; seq++) {
		struct effect e = kit_message_in(
		    1, seq, seq % 500 ? "one of many" : "the needle");

		assert_ok(store_apply(k->store, &e, KIT_WALL));
	}
	assert_ok(store_commit(k->store));
}

/* Of a token for one conversation the others do not exist. */
static void test_what_a_token_finds(void **state)
{
	struct world w;
	const char *token, *second = text_id("cnv", kit_uid('v', 2));

	(void)state;
	world_start(&w);
	world_receive(&w, 1, "the first");
	world_receive(&w, 2, "the second");
	token = token_narrow(&w, "messages:read");
	expect(&w, as(token, "GET", search(&w, "q=the"), NULL), 200,
	       "\"text\":\"the first\"");
	expect(&w, as(token, "GET", search(&w, "q=second"), NULL), 200,
	       "{\"items\":[],\"next_cursor\":null,\"is_partial\":false}");
	expect(&w,
	       as(token, "GET",
		  search(&w, fmt("q=the&conversation_id=%s", second)), NULL),
	       404, "not_found");
	expect(&w,
	       as(token, "GET",
		  search(&w, fmt("q=the&contact_id=%s",
				 text_id("ctc", kit_uid('c', 2)))),
		  NULL),
	       404, "not_found");
	world_end(&w);
}

/* Page by page, each once, although another message comes meanwhile, and the
 * one where a page ended goes. */
static void test_pages(void **state)
{
	struct world w;
	struct ask ask = {.method = "GET", .token = ADMIN};
	struct effect gone = {
	    .type = FX_SAVE_ERASE,
	    .erase = {.contact_id = kit_uid('c', 1), .how = ERASE_HIDE}};
	const char *cursor = "";
	size_t n = 0, pages = 0;
	struct call c;

	(void)state;
	world_start(&w);
	for (n = 0; n < 25; n++)
		world_receive(&w, 1, "one of many");
	for (n = 0; cursor; pages++) {
		ask.target = search(&w, fmt("q=many&limit=10%s%s",
					    *cursor ? "&cursor=" : "", cursor));
		call_start(&c, &w, &ask);
		call_expect(&c, 200, "\"is_partial\":false");
		n += call_count(&c, "\"conversation_id\"");
		cursor = strstr(call_text(&c), "\"next_cursor\":null")
			     ? NULL
			     : call_string(&c, "next_cursor");
		call_clear(&c);
		gone.erase.message_id =
		    kit_message_in(1, 25 - n + 1, "").message.id;
		if (n < 25)
			world_save(&w, &gone);
		world_receive(&w, 1, "many more");
	}
	assert_int_equal(n, 25);
	assert_int_equal(pages, 3);
	world_end(&w);
}

static void start_long(struct world *w, const char *token, const char *query,
		       struct call *c)
{
	struct ask ask = {
	    .method = "GET", .target = search(w, query), .token = token};

	call_start(c, w, &ask);
}

/* Others get their turn in between. */
static void test_long_ones_go_on(void **state)
{
	struct world w;
	struct call a, b;

	(void)state;
	world_start(&w);
	fill(&w);
	assert_int_equal(api_deadline(w.api), UINT64_MAX);
	start_long(&w, ADMIN, "q=needle", &a);
	start_long(&w, ADMIN, "q=haystack", &b);
	assert_false(a.is_done || b.is_done);
	assert_int_equal(api_deadline(w.api), 0);
	get(&w, "/v1/daemon", 200, NULL);
	for (int i = 0; i < 10; i++)
		api_tick(w.api);
	call_expect(&a, 200, "needle");
	assert_int_equal(call_count(&a, "\"text\":\"the needle\""), 5);
	call_expect(&b, 200,
		    "{\"items\":[],\"next_cursor\":null,"
		    "\"is_partial\":false}");
	assert_int_equal(api_deadline(w.api), UINT64_MAX);
	call_clear(&a);
	call_clear(&b);
	world_end(&w);
}

static void test_long_ones_say_how_far_they_came(void **state)
{
	struct world w;
	struct ask ask = {.method = "GET", .token = ADMIN};
	struct call c;
	size_t n = 0, answers = 0;
	const char *cursor = "";

	(void)state;
	world_start(&w);
	fill(&w);
	w.api->search_portions = 1;
	while (cursor) {
		ask.target = search(
		    &w, fmt("q=needle%s%s", *cursor ? "&cursor=" : "", cursor));
		call_start(&c, &w, &ask);
		assert_true(c.is_done);
		n += call_count(&c, "\"text\":\"the needle\"");
		cursor = strstr(call_text(&c), "\"is_partial\":false")
			     ? NULL
			     : call_string(&c, "next_cursor");
		call_clear(&c);
		answers++;
	}
	assert_int_equal(n, 5);
	assert_in_range(answers, 2, 6);
	world_end(&w);
}

/* The client goes, the session ends, the user is locked. */
static void test_long_ones_end_early(void **state)
{
	struct world w;
	struct call a, b;
	const char *token;
	struct ask bye = {.method = "DELETE", .target = "/v1/session"};

	(void)state;
	world_start(&w);
	fill(&w);
	start_long(&w, ADMIN, "q=haystack", &a);
	call_clear(&a);
	assert_int_equal(api_deadline(w.api), UINT64_MAX);
	token = login(&w, ALICE);
	start_long(&w, token, "q=haystack", &b);
	assert_false(b.is_done);
	bye.token = token;
	expect(&w, &bye, 204, NULL);
	api_tick(w.api);
	call_expect(&b, 401, NULL);
	call_clear(&b);
	start_long(&w, ADMIN, "q=haystack", &a);
	world_lock(&w, ALICE);
	call_expect(&a, 423, "user_locked");
	call_clear(&a);
	assert_int_equal(api_deadline(w.api), UINT64_MAX);
	world_end(&w);
}

static void test_not_too_many_at_once(void **state)
{
	struct world w;
	struct call c[17];
	size_t i;

	(void)state;
	world_start(&w);
	fill(&w);
	for (i = 0; i < 17; i++)
		start_long(&w, ADMIN, "q=haystack", &c[i]);
	call_expect(&c[16], 429, NULL);
	for (i = 0; i < 16 * 10; i++)
		api_tick(w.api);
	for (i = 0; i < 16; i++)
		call_expect(&c[i], 200, NULL);
	for (i = 0; i < 17; i++)
		call_clear(&c[i]);
	get(&w, search(&w, "q=many&limit=1"), 200, "one of many");
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_found),
	    cmocka_unit_test(test_what_is_refused),
	    cmocka_unit_test(test_what_a_token_finds),
	    cmocka_unit_test(test_pages),
	    cmocka_unit_test(test_long_ones_go_on),
	    cmocka_unit_test(test_long_ones_say_how_far_they_came),
	    cmocka_unit_test(test_long_ones_end_early),
	    cmocka_unit_test(test_not_too_many_at_once),
	};

	return cmocka_run_group_tests_name("api_search", tests, NULL, NULL);
}
