/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <sys/stat.h>

#include "users_house.h"
#include "util/file.h"

static void a_user_is_made_and_comes_back(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);

	assert_int_equal(u->state, USER_UNLOCKED);
	assert_non_null(u->runtime);
	assert_ptr_equal(users_find_name(h->all, "alice"), u);
	assert_null(users_find_name(h->all, "Alice"));
	u = start_again(h);
	assert_non_null(u);
	assert_int_equal(u->state, USER_LOCKED);
	assert_string_equal(u->kf.name.s, "alice");
	assert_null(u->runtime);
	users_unlock(u, 2, words("a good one"));
	assert_int_equal(u->state, USER_UNLOCKING);
	assert_ok(wait_for(h, 2));
	assert_int_equal(u->state, USER_UNLOCKED);
	users_lock(u);
	assert_int_equal(u->state, USER_LOCKED);
	assert_null(u->runtime);
	assert_null(u->links);
}

static void a_wrong_passphrase_is_told(void **state)
{
	struct house *h = *state;
	struct user *u;

	create_alice(h);
	u = start_again(h);
	users_unlock(u, 2, words("a good One"));
	assert_err(wait_for(h, 2), ERR_AUTH);
	assert_int_equal(u->state, USER_LOCKED);
	assert_null(u->failure);
	users_unlock(u, 3, bytes_of(NULL, 0));
	assert_err(wait_for(h, 3), ERR_AUTH);
	users_unlock(u, 4, words("a good one"));
	assert_ok(wait_for(h, 4));
	/* Of one that is open it is only looked at. */
	users_unlock(u, 5, words("a bad one"));
	assert_err(wait_for(h, 5), ERR_AUTH);
	assert_int_equal(u->state, USER_UNLOCKED);
	assert_non_null(u->runtime);
}

static void two_unlocks_at_once(void **state)
{
	struct house *h = *state;
	struct user *u;

	create_alice(h);
	u = start_again(h);
	users_unlock(u, 2, words("a bad one"));
	users_unlock(u, 3, words("a good one"));
	users_unlock(u, 4, words("a good one"));
	assert_ok(wait_for(h, 4));
	assert_err(h->result[2], ERR_AUTH);
	assert_ok(h->result[3]);
	assert_int_equal(u->state, USER_UNLOCKED);
}

/* Who locks wants it locked, whatever was asked before. */
static void locked_meanwhile(void **state)
{
	struct house *h = *state;
	struct user *u;

	create_alice(h);
	u = start_again(h);
	users_unlock(u, 2, words("a good one"));
	users_lock(u);
	assert_int_equal(u->state, USER_LOCKED);
	assert_err(wait_for(h, 2), ERR_STATE);
	assert_int_equal(u->state, USER_LOCKED);
	assert_null(u->runtime);
	/* The same with a check of the passphrase under way. */
	users_unlock(u, 3, words("a good one"));
	assert_ok(wait_for(h, 3));
	users_unlock(u, 4, words("a good one"));
	users_lock(u);
	users_unlock(u, 5, words("a good one"));
	users_lock(u);
	assert_err(wait_for(h, 5), ERR_STATE);
	assert_err(h->result[4], ERR_STATE);
	assert_int_equal(u->state, USER_LOCKED);
	/* And who unlocks after that wants it unlocked. */
	users_unlock(u, 6, words("a good one"));
	assert_ok(wait_for(h, 6));
}

static void two_are_made_at_once(void **state)
{
	struct house *h = *state;

	create(h, 1, 1, "alice");
	create(h, 2, 2, "bob");
	create(h, 3, 3, "alice");
	assert_err(wait_for(h, 3), ERR_EXISTS);
	assert_ok(h->result[1]);
	assert_ok(h->result[2]);
	assert_null(users_find(h->all, kit_uid('u', 3)));
	create(h, 4, 4, "bob");
	assert_true(h->is_done[4]);
	assert_err(h->result[4], ERR_EXISTS);
	start_again(h);
	assert_non_null(users_find_name(h->all, "alice"));
	assert_non_null(users_find_name(h->all, "bob"));
	assert_null(users_find(h->all, kit_uid('u', 3)));
}

static void a_leftover_is_removed(void **state)
{
	struct house *h = *state;
	char *dir = file_of(h, ".new-", 9, NULL);
	char *db = file_of(h, ".new-", 9, "user.db");

	assert_ok(file_make_dir(dir));
	kit_spill(db, "half", 4);
	start_again(h);
	assert_null(users_first(h->all));
	assert_int_equal(access(dir, F_OK), -1);
	free(dir);
	free(db);
}

static void a_user_that_cannot_be_stored_never_was(void **state)
{
	struct house *h = *state;

	assert_int_equal(rmdir(h->users), 0);
	create(h, 1, 1, "alice");
	assert_err(wait_for(h, 1), ERR_NOT_FOUND);
	assert_null(users_first(h->all));
	assert_ok(file_make_dir(h->users));
	create(h, 2, 2, "alice");
	assert_ok(wait_for(h, 2));
}

static void a_damaged_key_file(void **state)
{
	struct house *h = *state;
	char *key = file_of(h, "usr_", 1, "key");
	struct user *u;
	uint8_t *p;
	size_t n;

	create_alice(h);
	p = kit_slurp(key, &n);
	p[n / 2] ^= 1;
	kit_spill(key, p, n);
	u = start_again(h);
	assert_int_equal(u->state, USER_FAILED);
	assert_non_null(u->failure);
	users_unlock(u, 2, words("a good one"));
	assert_err(wait_for(h, 2), ERR_CORRUPT);
	users_lock(u);
	assert_int_equal(u->state, USER_FAILED);
	/* Others are not concerned. */
	create(h, 3, 2, "bob");
	assert_ok(wait_for(h, 3));
	/* Put back, it is good again. */
	p[n / 2] ^= 1;
	kit_spill(key, p, n);
	u = start_again(h);
	users_unlock(u, 4, words("a good one"));
	assert_ok(wait_for(h, 4));
	free(p);
	free(key);
}

static void a_database_that_is_gone_or_damaged(void **state)
{
	struct house *h = *state;
	char *db = file_of(h, "usr_", 1, "user.db");
	struct user *u;
	uint8_t *p;
	size_t n;

	create_alice(h);
	users_lock(users_find_name(h->all, "alice"));
	p = kit_slurp(db, &n);
	unlink(db);
	u = start_again(h);
	users_unlock(u, 2, words("a good one"));
	assert_err(wait_for(h, 2), ERR_NOT_FOUND);
	assert_int_equal(u->state, USER_FAILED);
	assert_non_null(u->failure);
	assert_int_equal(access(db, F_OK), -1);
	p[100] ^= 1;
	kit_spill(db, p, n);
	users_unlock(u, 3, words("a good one"));
	assert_err(wait_for(h, 3), ERR_CORRUPT);
	assert_int_equal(u->state, USER_FAILED);
	/* A wrong passphrase is told from that. */
	users_unlock(u, 4, words("a bad one"));
	assert_err(wait_for(h, 4), ERR_AUTH);
	p[100] ^= 1;
	kit_spill(db, p, n);
	users_unlock(u, 5, words("a good one"));
	assert_ok(wait_for(h, 5));
	assert_int_equal(u->state, USER_UNLOCKED);
	assert_null(u->failure);
	free(p);
	free(db);
}

static void a_passphrase_is_changed(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);
	const struct runtime *before = u->runtime;

	/* An unlocked one stays so, and is not even asked. */
	assert_err(change(h, u, 2, "a bad one", "another one"), ERR_AUTH);
	assert_ok(change(h, u, 3, "a good one", "another one"));
	assert_int_equal(u->state, USER_UNLOCKED);
	assert_ptr_equal(u->runtime, before);
	assert_err(unlock(h, u, 4, "a good one"), ERR_AUTH);
	assert_ok(unlock(h, u, 5, "another one"));
	/* A locked one stays locked. */
	u = start_again(h);
	h->changes = 0;
	assert_err(change(h, u, 2, "a good one", "a third one"), ERR_AUTH);
	assert_ok(change(h, u, 3, "another one", "a third one"));
	assert_int_equal(u->state, USER_LOCKED);
	assert_int_equal(h->changes, 0);
	assert_err(unlock(h, u, 4, "another one"), ERR_AUTH);
	u = start_again(h);
	assert_err(unlock(h, u, 5, "a good one"), ERR_AUTH);
	assert_ok(unlock(h, u, 6, "a third one"));
	assert_int_equal(u->state, USER_UNLOCKED);
}

/* The master key stays: so does the database, also one that is damaged. */
static void a_change_leaves_the_database_alone(void **state)
{
	struct house *h = *state;
	char *db = file_of(h, "usr_", 1, "user.db");
	struct user *u = create_alice(h);
	uint8_t *before, *after;
	size_t n, m;

	users_lock(u);
	before = kit_slurp(db, &n);
	assert_ok(change(h, u, 2, "a good one", "another one"));
	after = kit_slurp(db, &m);
	assert_int_equal(n, m);
	assert_memory_equal(before, after, n);
	free(after);
	before[100] ^= 1;
	kit_spill(db, before, n);
	assert_err(unlock(h, u, 3, "another one"), ERR_CORRUPT);
	assert_int_equal(u->state, USER_FAILED);
	assert_ok(change(h, u, 4, "another one", "a third one"));
	assert_int_equal(u->state, USER_FAILED);
	before[100] ^= 1;
	kit_spill(db, before, n);
	assert_ok(unlock(h, u, 5, "a third one"));
	free(before);
	free(db);
}

/* The first to be done counts; who was overtaken is told. */
static void changes_and_unlocks_at_once(void **state)
{
	struct house *h = *state;
	struct user *u;

	create_alice(h);
	u = start_again(h);
	users_change_passphrase(u, 2, words("a good one"), words("another"));
	users_change_passphrase(u, 3, words("a good one"), words("a third"));
	users_unlock(u, 4, words("a good one"));
	assert_int_equal(u->state, USER_UNLOCKING);
	assert_err(wait_for(h, 4), ERR_STATE);
	assert_ok(h->result[2]);
	assert_err(h->result[3], ERR_STATE);
	assert_int_equal(u->state, USER_LOCKED);
	assert_err(unlock(h, u, 5, "a good one"), ERR_AUTH);
	assert_err(unlock(h, u, 6, "a third"), ERR_AUTH);
	/* An unlock that was first counts, and the change does too. */
	users_unlock(u, 7, words("another"));
	users_change_passphrase(u, 8, words("another"), words("a third"));
	assert_ok(wait_for(h, 8));
	assert_ok(h->result[7]);
	assert_int_equal(u->state, USER_UNLOCKED);
	/* Locking takes unlocks back, but not this. */
	users_change_passphrase(u, 9, words("a third"), words("the last"));
	users_lock(u);
	assert_ok(wait_for(h, 9));
	assert_int_equal(u->state, USER_LOCKED);
	assert_ok(unlock(h, u, 10, "the last"));
}

/* A folder in the place of the file that would be written. */
static void a_change_that_cannot_be_stored(void **state)
{
	struct house *h = *state;
	char *half = file_of(h, "usr_", 1, "key.tmp");
	struct user *u = create_alice(h);

	assert_ok(file_make_dir(half));
	assert_err(change(h, u, 2, "a good one", "another one"), ERR_IO);
	assert_ok(unlock(h, u, 3, "a good one"));
	assert_err(unlock(h, u, 4, "another one"), ERR_AUTH);
	assert_int_equal(rmdir(half), 0);
	/* What a crash left is no hindrance, and goes at the next start. */
	kit_spill(half, "half", 4);
	assert_ok(change(h, u, 5, "a good one", "another one"));
	assert_int_equal(access(half, F_OK), -1);
	kit_spill(half, "half", 4);
	u = start_again(h);
	assert_int_equal(access(half, F_OK), -1);
	assert_ok(unlock(h, u, 6, "another one"));
	free(half);
}

/* Nobody waits for what was begun when the core ends. */
static void a_change_that_is_dropped(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);

	users_change_passphrase(u, 2, words("a good one"), words("another"));
	users_change_passphrase(u, 3, words("a good one"), words("another"));
	assert_false(h->is_done[2]);
}

static void nothing_to_change_without_a_key_file(void **state)
{
	struct house *h = *state;
	char *key = file_of(h, "usr_", 1, "key");
	struct user *u;

	create_alice(h);
	unlink(key);
	u = start_again(h);
	assert_err(change(h, u, 2, "a good one", "another one"), ERR_CORRUPT);
	assert_int_equal(access(key, F_OK), -1);
	free(key);
}

#define T(name) cmocka_unit_test_setup_teardown(name, house_start, house_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_user_is_made_and_comes_back),
	    T(a_wrong_passphrase_is_told),
	    T(two_unlocks_at_once),
	    T(locked_meanwhile),
	    T(two_are_made_at_once),
	    T(a_leftover_is_removed),
	    T(a_user_that_cannot_be_stored_never_was),
	    T(a_damaged_key_file),
	    T(a_database_that_is_gone_or_damaged),
	    T(a_passphrase_is_changed),
	    T(a_change_leaves_the_database_alone),
	    T(changes_and_unlocks_at_once),
	    T(a_change_that_cannot_be_stored),
	    T(a_change_that_is_dropped),
	    T(nothing_to_change_without_a_key_file),
	};

	return cmocka_run_group_tests_name("users", tests, NULL, NULL);
}
