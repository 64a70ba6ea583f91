/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An index of words that is not what it should be: lost, damaged, or of another
 * time than the database.  Nobody notices.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "store_index.h"
#include "store_pages.h"

static int start(void **state)
{
	start_kit(state);
	kit_save_contact(*state, 1);
	kit_save_contact(*state, 2);
	return 0;
}

static void overwrite(const char *path, long at, size_t n)
{
	FILE *f = fopen(path, "r+e");

	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	while (n-- > 0)
		fputc(0x5a, f);
	assert_int_equal(fclose(f), 0);
}

static void assert_made_anew(struct kit *k)
{
	index_finds_all(k);
	index_settle(k);
	assert_in_range(index_end(k), 2000, INDEX_MANY - 1);
	index_finds_all(k);
	index_is_in_step(k);
}

static void a_lost_file_is_made_anew(void **state)
{
	struct kit *k = *state;

	index_start(k);
	kit_close(k);
	unlink(index_path(k));
	kit_open(k);
	assert_int_equal(index_end(k), 0);
	assert_made_anew(k);
}

/* Whatever page it is that cannot be read, and whoever meets it first: nobody
 * notices. */
static void a_damaged_file_is_made_anew(void **state)
{
	struct kit *k = *state;
	struct effect e;
	struct stat st;
	uint64_t ends = 0, rounds = 0;
	long at = 20;

	index_start(k);
	for (;; at += 4096 * 2, rounds++) {
		kit_close(k);
		assert_int_equal(stat(index_path(k), &st), 0);
		if (at >= st.st_size)
			break;
		overwrite(index_path(k), at, 8);
		kit_open(k);
		if (rounds % 2)
			index_finds_all(k);
		e = talk_edit(MESSAGE_IN, 30, index_text(30), (uint64_t)at);
		kit_save(k, &e);
		index_finds_all(k);
		ends += index_end(k) == 0;
		kit_close(k);
		unlink(index_path(k));
		kit_open(k);
		index_settle(k);
	}
	assert_true(rounds > 3 && ends > rounds / 2);
	kit_open(k);
	index_finds_all(k);
}

static void copy(const char *from, const char *to)
{
	size_t n;
	uint8_t *p = kit_slurp(from, &n);

	kit_spill(to, p, n);
	free(p);
}

/* One from before the last erasure would have its words. */
static void an_old_file_is_not_taken(void **state)
{
	struct kit *k = *state;
	struct effect e = talk_erase(MESSAGE_IN, 30, ERASE_HIDE);
	char old[100];

	index_start(k);
	kit_close(k);
	snprintf(old, sizeof(old), "%s/old", k->dir);
	copy(index_path(k), old);
	kit_open(k);
	kit_save(k, &e);
	kit_close(k);
	copy(old, index_path(k));
	kit_open(k);
	assert_int_equal(index_end(k), 0);
	index_settle(k);
	index_is_in_step(k);
	assert_int_equal(index_count(k, "third"), INDEX_MANY / 3 - 1);
}

/* The commit of one of the two is lost: the words of an edit are there, its
 * text is not. */
static void a_file_that_is_ahead_is_not_taken(void **state)
{
	struct kit *k = *state;
	struct effect e = talk_edit(MESSAGE_IN, 30, "rewritten", 1);
	char old[100];

	index_start(k);
	kit_close(k);
	snprintf(old, sizeof(old), "%s/old", k->dir);
	copy(k->path, old);
	kit_open(k);
	kit_save(k, &e);
	kit_close(k);
	copy(old, k->path);
	kit_open(k);
	assert_int_equal(index_end(k), 0);
	assert_made_anew(k);
}

/* Nor one that knows messages which the database has not (any more). */
static void a_newer_file_is_not_taken(void **state)
{
	struct kit *k = *state;
	char old[100];

	index_fill(k, 1, 1, INDEX_MANY, index_text);
	/* Its key is there, and nothing else. */
	assert_ok(store_index_step(k->store));
	kit_close(k);
	snprintf(old, sizeof(old), "%s/old", k->dir);
	copy(k->path, old);
	kit_open(k);
	index_fill(k, 2, 1, 2 * INDEX_MANY, index_text);
	index_settle(k);
	assert_true(index_end(k) > INDEX_MANY);
	kit_close(k);
	copy(old, k->path);
	kit_open(k);
	assert_int_equal(index_end(k), 0);
	assert_made_anew(k);
}

/* An index that is thrown away takes its key along. */
static void a_discarded_index_cannot_be_read(void **state)
{
	struct kit *k = *state;
	uint8_t old[32], new[32];

	index_start(k);
	index_key(k, old);
	kit_close(k);
	overwrite(index_path(k), 20, 8);
	kit_open(k);
	index_settle(k);
	index_key(k, new);
	assert_memory_not_equal(old, new, sizeof(old));
	kit_close(k);
	if (pages_can_be_read()) {
		char text[33];

		memcpy(text, old, 32);
		text[32] = '\0';
		if (strlen(text) == 32)
			assert_int_equal(pages_with(k, k->path, text), 0);
	}
	kit_open(k);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_lost_file_is_made_anew),  T(a_damaged_file_is_made_anew),
	    T(an_old_file_is_not_taken),  T(a_file_that_is_ahead_is_not_taken),
	    T(a_newer_file_is_not_taken), T(a_discarded_index_cannot_be_read),
	};

	return cmocka_run_group_tests_name("index_damage", tests, NULL, NULL);
}
