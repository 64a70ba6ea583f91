/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The index of words: that it holds what the messages say and nothing else,
 * whatever becomes of them, and that nobody misses it when it is gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "core/file.h"
#include "store_files.h"
#include "store_index.h"
#include "store_pages.h"

static int start(void **state)
{
	start_kit(state);
	kit_save_contact(*state, 1);
	kit_save_contact(*state, 2);
	return 0;
}

static void short_histories_have_none(void **state)
{
	struct kit *k = *state;

	index_fill(k, 1, 1, 100, index_text);
	assert_false(store_index_is_due(k->store));
	assert_ok(store_index_step(k->store));
	assert_int_equal(index_end(k), 0);
	assert_int_equal(index_count(k, "third"), 33);
	assert_int_not_equal(access(index_path(k), F_OK), 0);
}

static void all_words_are_found(void **state)
{
	struct kit *k = *state;

	index_fill(k, 1, 1, INDEX_MANY, index_text);
	index_finds_all(k);
	index_settle(k);
	index_finds_all(k);
	index_is_in_step(k);
	index_finds_all(k);
}

/* The newest first; portions end anywhere. */
static void the_newest_come_first(void **state)
{
	struct kit *k = *state;
	struct found_ids f;
	size_t i;

	index_start(k);
	f = index_search(k, index_query("tenth"));
	assert_int_equal(f.count, INDEX_MANY / 10);
	for (i = 0; i < f.count; i++)
		assert_uid(f.id[i], talk_id(MESSAGE_IN, INDEX_MANY - 10 * i));
}

static bool take_one(void *ctx, const struct message_info *m)
{
	*(struct uid *)ctx = m->row.id;
	return false;
}

static void searches_go_on_where_they_stopped(void **state)
{
	struct kit *k = *state;
	struct search s = index_query("hundredth");
	struct effect e;
	struct uid id = {{0}};
	bool over;
	uint64_t n;

	index_start(k);
	for (n = INDEX_MANY; n > 0; n -= 100) {
		/* Between two of them the one that was found may go. */
		if (n % 300 == 0) {
			e = talk_erase(MESSAGE_IN, n + 100, ERASE_HIDE);
			if (n < INDEX_MANY)
				kit_save(k, &e);
		}
		assert_ok(
		    query_search(k->store, &s, SIZE_MAX, take_one, &id, &over));
		assert_false(over);
		assert_uid(id, talk_id(MESSAGE_IN, n));
	}
	assert_ok(query_search(k->store, &s, SIZE_MAX, take_one, &id, &over));
	assert_true(over);
}

static void conversations_are_kept_apart(void **state)
{
	struct kit *k = *state;
	struct search s = index_query("third");

	index_fill(k, 1, 1, 1200, index_text);
	index_fill(k, 2, 1, 1200, index_text);
	index_settle(k);
	assert_in_range(index_end(k), 2000, 2399);
	s.conversation_count = 1;
	assert_ok(query_conversation_with(k->store, kit_uid('c', 2),
					  &s.conversations[0]));
	assert_uid(s.conversations[0], kit_uid('v', 2));
	assert_int_equal(index_search(k, s).count, 400);
	s.is_discreet = true;
	assert_int_equal(index_search(k, s).count, 400);
	/* One that is not there has none, and is no hindrance. */
	s.conversations[1] = kit_uid('v', 1);
	s.conversations[2] = kit_uid('v', 3);
	s.conversation_count = 3;
	assert_int_equal(index_search(k, s).count, 800);
	s.is_discreet = false;
	assert_int_equal(index_search(k, s).count, 800);
	s.conversations[0] = kit_uid('v', 3);
	s.conversation_count = 1;
	assert_int_equal(index_search(k, s).count, 0);
	assert_int_equal(query_conversation_with(k->store, kit_uid('c', 3),
						 &s.conversations[0]),
			 ERR_NOT_FOUND);
}

static bool take_any(void *ctx, const struct message_info *m)
{
	(void)m;
	++*(size_t *)ctx;
	return true;
}

static const char *own_text(uint64_t seq)
{
	(void)seq;
	return "quiet";
}

/* Where a portion of so much effort ends. */
static uint64_t place_after(struct kit *k, const char *query, size_t effort)
{
	struct search s = index_query(query);
	size_t count = 0;
	bool over;

	s.conversations[0] = kit_uid('v', 1);
	s.conversation_count = 1;
	s.is_discreet = true;
	assert_ok(query_search(k->store, &s, effort, take_any, &count, &over));
	assert_int_equal(count, 0);
	return s.place;
}

/* Wherever it stops, the place is the same for words that others have said and
 * for words that nobody has: of all, of every third, a beginning of many. */
static void others_leave_no_trace(void **state)
{
	static const char *const said[] = {"all", "third", "\"all third\"", "t",
					   "1"};
	struct kit *k = *state;

	index_fill(k, 1, 1, 300, own_text);
	index_fill(k, 2, 1, 2000, index_text);
	index_settle(k);
	assert_in_range(index_end(k), 1000, 2299);
	for (size_t effort = 1; effort < 8000; effort += effort / 2 + 1) {
		uint64_t place = place_after(k, "zzz", effort);

		for (size_t i = 0; i < ARRAY_SIZE(said); i++)
			assert_true(place_after(k, said[i], effort) == place);
	}
}

/* kit_message_in() comes in one a millisecond, ten seconds behind KIT_WALL. */
static void times_are_looked_at(void **state)
{
	struct kit *k = *state;
	struct search s = index_query("all");

	index_start(k);
	s.from_ms = KIT_WALL + 10000 + 500;
	assert_int_equal(index_search(k, s).count, INDEX_MANY - 499);
	s.before_ms = KIT_WALL + 10000 + 510;
	assert_int_equal(index_search(k, s).count, 10);
	s.from_ms = s.before_ms;
	assert_int_equal(index_search(k, s).count, 0);
	/* Before and behind any block. */
	s = index_query("all");
	s.before_ms = KIT_WALL;
	assert_int_equal(index_search(k, s).count, 0);
}

static void files_are_found_by_name_and_kind(void **state)
{
	struct kit *k = *state;
	struct search s = index_query("file 10000");
	struct effect e = files_offer(1, 5000);

	index_fill(k, 1, 1, 500, index_text);
	kit_save(k, &e);
	kit_save(k, &(struct effect){.type = FX_SAVE_FILE,
				     .file = files_row(1, 5000).file});
	index_fill(k, 1, 501, INDEX_MANY, index_text);
	index_settle(k);
	s = index_query("file 1005000");
	assert_int_equal(index_search(k, s).count, 1);
	s.kind = SEARCH_FILE;
	assert_int_equal(index_search(k, s).count, 1);
	s.kind = SEARCH_IMAGE;
	assert_int_equal(index_search(k, s).count, 1);
	s.kind = SEARCH_VOICE;
	assert_int_equal(index_search(k, s).count, 0);
	s.kind = SEARCH_TEXT;
	assert_int_equal(index_search(k, s).count, 0);
	s = index_query("all");
	s.kind = SEARCH_TEXT;
	assert_int_equal(index_search(k, s).count, INDEX_MANY);
	s.kind = SEARCH_FILE;
	assert_int_equal(index_search(k, s).count, 0);
	index_is_in_step(k);
}

static void edits_are_followed(void **state)
{
	struct kit *k = *state;
	struct effect e = talk_edit(MESSAGE_IN, 30, "rewritten all", 1);
	struct effect late = talk_edit(MESSAGE_IN, INDEX_MANY, "too", 1);

	index_start(k);
	kit_save(k, &e);
	kit_save(k, &late);
	assert_int_equal(index_count(k, "rewritten"), 1);
	assert_int_equal(index_count(k, "too"), 1);
	assert_int_equal(index_count(k, "third"), INDEX_MANY / 3 - 1);
	assert_int_equal(index_count(k, "\"n30\""), 0);
	index_is_in_step(k);
	e = talk_edit(MESSAGE_IN, 30, "again", 2);
	kit_save(k, &e);
	assert_int_equal(index_count(k, "rewritten"), 0);
	assert_int_equal(index_count(k, "again"), 1);
	index_is_in_step(k);
}

static void erased_ones_leave(void **state)
{
	struct kit *k = *state;
	struct effect e;
	uint64_t n;

	index_start(k);
	for (n = 3; n <= 300; n += 3) {
		e = n % 2 ? talk_erase(MESSAGE_IN, n, ERASE_HIDE)
			  : talk_delete(MESSAGE_IN, n, 1);
		kit_save(k, &e);
	}
	assert_int_equal(index_count(k, "third"), INDEX_MANY / 3 - 100);
	index_is_in_step(k);
}

static void sweep_all(struct kit *k)
{
	struct effect e = {.type = FX_SAVE_SWEEP};
	struct due_list l = {.sweep = true};

	while (l.sweep) {
		kit_save(k, &e);
		assert_ok(store_due(k->store, KIT_WALL, &l));
	}
}

/* From the command on nothing of it is found, however much is there. */
static void cleared_ones_leave(void **state)
{
	struct kit *k = *state;
	struct effect clear = {.type = FX_SAVE_ERASE_ALL,
			       .erase_all = kit_uid('c', 2)};
	struct effect gone = {.type = FX_DELETE_CONTACT,
			      .target = kit_uid('c', 1)};

	index_fill(k, 2, 1, 300, index_text);
	index_start(k);
	kit_save(k, &clear);
	assert_int_equal(index_count(k, "third"), INDEX_MANY / 3);
	sweep_all(k);
	assert_int_equal(index_count(k, "third"), INDEX_MANY / 3);
	index_is_in_step(k);
	kit_save(k, &gone);
	assert_int_equal(index_count(k, "all"), 0);
	sweep_all(k);
	assert_int_equal(index_count(k, "all"), 0);
	assert_int_equal(index_postings(k), 0);
}

/* While a block is made, too: whatever step it is at. */
static void changes_meet_a_block_that_is_made(void **state)
{
	struct kit *k = *state;
	struct effect e;
	uint64_t n, erased = 0;

	index_fill(k, 1, 1, INDEX_MANY, index_text);
	for (n = 1; store_index_is_due(k->store); n++) {
		assert_ok(store_index_step(k->store));
		/* At rarer and rarer moments, or it would never be ready. */
		if ((n & (n - 1)) == 0) {
			e = talk_erase(MESSAGE_IN, 3 * ++erased, ERASE_HIDE);
			kit_save(k, &e);
		}
	}
	assert_true(erased > 4 && index_end(k) > 0);
	assert_int_equal(index_count(k, "third"), INDEX_MANY / 3 - erased);
	index_is_in_step(k);
}

/* It is closed in the middle. */
static void half_a_block_is_none(void **state)
{
	struct kit *k = *state;
	unsigned n;

	index_fill(k, 1, 1, INDEX_MANY, index_text);
	for (n = 0; n < 12; n++)
		assert_ok(store_index_step(k->store));
	assert_int_equal(index_end(k), 0);
	assert_int_equal(index_postings(k), 0);
	index_finds_all(k);
	index_settle(k);
	index_finds_all(k);
	index_is_in_step(k);
}

/* What was not committed did not happen. */
static void rolled_back_changes_are_none(void **state)
{
	struct kit *k = *state;
	struct effect e = talk_edit(MESSAGE_IN, 30, "rewritten", 1);

	index_start(k);
	assert_ok(store_begin(k->store));
	assert_ok(store_apply(k->store, &e, KIT_WALL));
	store_rollback(k->store);
	index_finds_all(k);
	index_is_in_step(k);
}

static const char *planted(uint64_t seq)
{
	static char out[100];

	snprintf(out, sizeof(out), "stays s%u %s%u", (unsigned)seq,
		 seq % 7 ? "keeps" : "planted", (unsigned)(seq * 7919));
	return out;
}

static size_t count_pages(struct kit *k, const uint8_t key[static 32],
			  const char *word)
{
	return access(index_path(k), F_OK) == 0
		   ? pages_of_with(index_path(k), key, word)
		   : 0;
}

/* HOSTILE-TESTS S-16: at once in the log, in the file when it is closed. */
static void erased_words_are_nowhere(void **state)
{
	struct kit *k = *state;
	struct effect e;
	uint8_t key[32];
	char log[100];
	struct stat st;
	uint64_t n;

	if (!pages_can_be_read())
		skip();
	snprintf(log, sizeof(log), "%s-wal", index_path(k));
	index_fill(k, 1, 1, INDEX_MANY, planted);
	index_settle(k);
	index_key(k, key);
	assert_true(count_pages(k, key, "planted") > 0);
	for (n = 7; n <= INDEX_MANY; n += 7) {
		e = n % 2 ? talk_erase(MESSAGE_IN, n, ERASE_HIDE)
			  : talk_edit(MESSAGE_IN, n, "stays better", 1);
		kit_save(k, &e);
	}
	assert_int_equal(index_count(k, "stays"),
			 INDEX_MANY - (INDEX_MANY / 7 + 1) / 2);
	assert_int_equal(stat(log, &st), 0);
	assert_int_equal(st.st_size, 0);
	kit_close(k);
	assert_int_equal(count_pages(k, key, "planted"), 0);
	assert_int_equal(pages_with(k, k->path, "planted"), 0);
	assert_true(count_pages(k, key, "keeps") > 0);
	kit_open(k);
}

/* Somebody who writes long texts makes no search long. */
static const char *long_text(uint64_t seq)
{
	static char out[8000];
	size_t n = 0;

	while (n + 20 < sizeof(out))
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%x ",
				      (unsigned)(seq * 5000 + n));
	return out;
}

static void long_texts_make_small_blocks(void **state)
{
	struct kit *k = *state;

	index_fill(k, 1, 1, 200, long_text);
	assert_true(store_index_is_due(k->store));
	index_settle(k);
	assert_true(index_end(k) > 150);
	index_is_in_step(k);
	assert_int_equal(index_count(k, "\"e290\""), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(short_histories_have_none),
	    T(all_words_are_found),
	    T(the_newest_come_first),
	    T(searches_go_on_where_they_stopped),
	    T(conversations_are_kept_apart),
	    T(others_leave_no_trace),
	    T(times_are_looked_at),
	    T(files_are_found_by_name_and_kind),
	    T(edits_are_followed),
	    T(erased_ones_leave),
	    T(cleared_ones_leave),
	    T(changes_meet_a_block_that_is_made),
	    T(half_a_block_is_none),
	    T(rolled_back_changes_are_none),
	    T(erased_words_are_nowhere),
	    T(long_texts_make_small_blocks),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
