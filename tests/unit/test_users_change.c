/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What changes of a user: his name, the form of his key file, and everything
 * when his duress passphrase is given.
 */
#include <sodium.h>

#include "users_house.h"
#include "util/file.h"

/* Everything as after any unlocking, and nothing that was there before. */
static void a_duress_passphrase_is_given(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);
	char *blobs = file_of(h, "usr_", 1, "blobs");
	struct uid before = u->kf.user_id;

	users_set_duress(u, 2, words("a bad one"), words("under duress"));
	assert_err(wait_for(h, 2), ERR_AUTH);
	users_set_duress(u, 3, words("a good one"), words("a good one"));
	assert_err(wait_for(h, 3), ERR_EXISTS);
	users_set_duress(u, 4, words("a good one"), words("under duress"));
	assert_ok(wait_for(h, 4));
	assert_int_equal(u->state, USER_UNLOCKED);
	u = start_again(h);
	assert_ok(unlock(h, u, 2, "a good one"));
	users_lock(u);
	assert_ok(file_make_dir(blobs));
	h->changes = 0;
	assert_ok(unlock(h, u, 3, "under duress"));
	assert_int_equal(h->changes, 2); /* unlocking, unlocked */
	assert_int_equal(u->state, USER_UNLOCKED);
	assert_non_null(u->runtime);
	assert_memory_equal(&u->kf.user_id, &before, sizeof(before));
	assert_string_equal(u->kf.name.s, "alice");
	/* It is the passphrase now, of an empty user. */
	users_lock(u);
	assert_err(unlock(h, u, 4, "a good one"), ERR_AUTH);
	u = start_again(h);
	assert_err(unlock(h, u, 5, "a good one"), ERR_AUTH);
	assert_ok(unlock(h, u, 6, "under duress"));
	free(blobs);
}

/* Of one who is open it is the same: what was open ends. */
static void duress_while_unlocked(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);

	users_set_duress(u, 2, words("a good one"), words("under duress"));
	assert_ok(wait_for(h, 2));
	h->changes = 0;
	assert_ok(unlock(h, u, 3, "under duress"));
	assert_int_equal(h->changes, 2); /* locked, unlocked */
	assert_int_equal(u->state, USER_UNLOCKED);
	assert_err(unlock(h, u, 4, "a good one"), ERR_AUTH);
	assert_ok(unlock(h, u, 5, "under duress"));
}

static void duress_in_a_change(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);

	users_set_duress(u, 2, words("a good one"), words("under duress"));
	assert_ok(wait_for(h, 2));
	/* A change of the passphrase leaves it. */
	assert_ok(change(h, u, 3, "a good one", "another one"));
	users_lock(u);
	assert_ok(change(h, u, 4, "under duress", "a third one"));
	assert_int_equal(u->state, USER_LOCKED);
	assert_err(unlock(h, u, 5, "another one"), ERR_AUTH);
	assert_err(unlock(h, u, 6, "under duress"), ERR_AUTH);
	assert_ok(unlock(h, u, 7, "a third one"));
	users_set_duress(u, 8, words("a third one"), words("the fourth"));
	assert_ok(wait_for(h, 8));
	users_set_duress(u, 9, words("a third one"), bytes_of(NULL, 0));
	assert_ok(wait_for(h, 9));
	assert_err(unlock(h, u, 10, "the fourth"), ERR_AUTH);
	assert_ok(unlock(h, u, 11, "a third one"));
}

/* As two with the real one would; that is a wrong one by then. */
static void duress_twice_at_once(void **state)
{
	struct house *h = *state;
	struct user *u = create_alice(h);

	users_set_duress(u, 2, words("a good one"), words("under duress"));
	assert_ok(wait_for(h, 2));
	users_lock(u);
	users_unlock(u, 3, words("under duress"));
	users_unlock(u, 4, words("under duress"));
	users_unlock(u, 5, words("a good one"));
	users_unlock(u, 6, words("a bad one"));
	assert_err(wait_for(h, 6), ERR_STATE);
	assert_ok(h->result[3]);
	assert_ok(h->result[4]);
	assert_err(h->result[5], ERR_STATE);
	assert_int_equal(u->state, USER_UNLOCKED);
	assert_err(unlock(h, u, 7, "a good one"), ERR_AUTH);
}

static void a_user_is_renamed(void **state)
{
	const uint32_t minutes = 30;
	struct label fresh = {"Alicia"}, taken = {"bob"};
	struct house *h = *state;
	struct user *u = create_alice(h);

	create(h, 2, 2, "bob");
	assert_ok(wait_for(h, 2));
	assert_err(users_patch(u, &taken, NULL), ERR_EXISTS);
	assert_ok(users_patch(u, &fresh, NULL));
	assert_ok(users_patch(u, &fresh, &minutes));
	u = start_again(h);
	assert_string_equal(u->kf.name.s, "Alicia");
	assert_int_equal(u->kf.auto_lock_minutes, 30);
	/* Locked too, and while a passphrase is looked at. */
	users_change_passphrase(u, 3, words("a good one"),
				words("another one"));
	strcpy(fresh.s, "Al");
	assert_ok(users_patch(u, &fresh, NULL));
	assert_ok(wait_for(h, 3));
	u = start_again(h);
	assert_string_equal(u->kf.name.s, "Al");
	assert_int_equal(u->kf.auto_lock_minutes, 30);
	assert_ok(unlock(h, u, 4, "another one"));
}

/* A file of version 1 is written anew when it is opened. */
static void an_old_key_file_is_renewed(void **state)
{
	struct house *h = *state;
	char *key = file_of(h, "usr_", 1, "key");
	struct label fresh = {"Alicia"};
	struct user *u = create_alice(h);
	struct opened_key open;
	struct keyfile kf = u->kf;
	struct wrap_key wk;
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t n;

	assert_ok(keyfile_derive(&kf, "a good one", 10, &wk));
	assert_ok(keyfile_unwrap(&kf, &wk, &open));
	kf.version = 1;
	n = keyfile_encode(&kf, file) - 48 - 16;
	crypto_aead_xchacha20poly1305_ietf_encrypt(file + n, NULL, open.key.b,
						   sizeof(open.key.b), file, n,
						   NULL, file + n - 24, wk.b);
	crypto_generichash(file + n + 48, 16, file, n + 48, NULL, 0);
	kit_spill(key, file, n + 48 + 16);
	u = start_again(h);
	assert_int_equal(u->kf.version, 1);
	assert_err(users_patch(u, &fresh, NULL), ERR_STATE);
	assert_err(unlock(h, u, 2, "a bad one"), ERR_AUTH);
	users_unlock(u, 6, words("a good one"));
	users_unlock(u, 7, words("a good one"));
	assert_ok(wait_for(h, 7));
	assert_ok(h->result[6]);
	assert_int_equal(u->kf.version, KEYFILE_VERSION);
	assert_ok(users_patch(u, &fresh, NULL));
	u = start_again(h);
	assert_int_equal(u->kf.version, KEYFILE_VERSION);
	assert_string_equal(u->kf.name.s, "Alicia");
	assert_ok(unlock(h, u, 4, "a good one"));
	free(key);
}

#define T(name) cmocka_unit_test_setup_teardown(name, house_start, house_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_duress_passphrase_is_given),
	    T(duress_while_unlocked),
	    T(duress_in_a_change),
	    T(duress_twice_at_once),
	    T(a_user_is_renamed),
	    T(an_old_key_file_is_renewed),
	};

	return cmocka_run_group_tests_name("users_change", tests, NULL, NULL);
}
