/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "check.h"
#include "store/keyfile.h"
#include "store_kit.h"

static const char words[] = "correct horse";

static struct keyfile sample(void)
{
	struct keyfile kf = {.user_id = kit_uid('u', 1),
			     .name = {"Zo\xc3\xab"},
			     .created_ms = KIT_WALL,
			     .kdf = {.passes = 2, .memory_mib = 64}};

	kit_fill(kf.salt, sizeof(kf.salt), 1);
	return kf;
}

static struct wrap_key derive(const struct keyfile *kf, const char *text)
{
	struct wrap_key wk;

	assert_ok(keyfile_derive(kf, text, strlen(text), &wk));
	return wk;
}

/* A written file of a known master key. */
static size_t make(uint8_t out[static KEYFILE_BYTES_MAX])
{
	struct keyfile kf = sample();
	struct wrap_key wk = derive(&kf, words);
	struct master_key mk;

	kit_fill(mk.b, sizeof(mk.b), 99);
	keyfile_wrap(&kf, &wk, &mk);
	return keyfile_encode(&kf, out);
}

static void opens_with_its_passphrase_only(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t n = make(file);
	struct keyfile kf;
	struct wrap_key wk;
	struct master_key mk, want;

	(void)state;
	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	assert_string_equal(kf.name.s, "Zo\xc3\xab");
	assert_int_equal(kf.created_ms, KIT_WALL);
	assert_int_equal(kf.kdf.passes, 2);
	assert_int_equal(kf.kdf.memory_mib, 64);
	wk = derive(&kf, words);
	assert_ok(keyfile_unwrap(&kf, &wk, &mk));
	kit_fill(want.b, sizeof(want.b), 99);
	assert_memory_equal(mk.b, want.b, sizeof(mk.b));
	wk = derive(&kf, "correct horsf");
	assert_err(keyfile_unwrap(&kf, &wk, &mk), ERR_AUTH);
	wk = derive(&kf, "");
	assert_err(keyfile_unwrap(&kf, &wk, &mk), ERR_AUTH);
}

/* A damaged file is told from a wrong passphrase before any is tried. */
static void every_flipped_bit_is_seen(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t i, n = make(file);
	struct keyfile kf;

	(void)state;
	for (i = 0; i < 8 * n; i++) {
		file[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_int_not_equal(keyfile_parse(bytes_of(file, n), &kf), OK);
		/* Only the byte of the version can look like a newer one. */
		if (i / 8 != 8)
			assert_err(keyfile_parse(bytes_of(file, n), &kf),
				   ERR_CORRUPT);
		file[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	for (i = 0; i < n; i++)
		assert_err(keyfile_parse(bytes_of(file, i), &kf), ERR_CORRUPT);
}

/* Someone who also mends the checksum meets the authentication. */
static void header_is_authenticated(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t i, n = make(file), taken = 0;
	struct keyfile kf;
	struct wrap_key wk;
	struct master_key mk;

	(void)state;
	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	wk = derive(&kf, words);
	for (i = 0; i < n - 16; i++) {
		file[i] ^= 1;
		crypto_generichash(file + n - 16, 16, file, n - 16, NULL, 0);
		if (keyfile_parse(bytes_of(file, n), &kf) == OK) {
			taken++;
			assert_err(keyfile_unwrap(&kf, &wk, &mk), ERR_AUTH);
		}
		file[i] ^= 1;
	}
	/* user id, time, salt, nonce, wrapped key at the least */
	assert_true(taken > 16 + 16 + 24 + 48);
}

static void weak_or_huge_parameters_are_refused(void **state)
{
	static const struct kdf_params bad[] = {
	    {1, 64}, {11, 64}, {2, 63}, {2, 1025}, {0, 0}};
	uint8_t file[KEYFILE_BYTES_MAX];
	struct keyfile kf = sample();
	struct wrap_key wk;
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		kf.kdf = bad[i];
		assert_err(keyfile_derive(&kf, "x", 1, &wk), ERR_RANGE);
		n = keyfile_encode(&kf, file);
		assert_err(keyfile_parse(bytes_of(file, n), &kf), ERR_CORRUPT);
	}
}

static void new_passphrase_keeps_the_key(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t n = make(file);
	struct keyfile kf;
	struct wrap_key wk;
	struct master_key mk, again;
	uint8_t nonce[24];

	(void)state;
	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	wk = derive(&kf, words);
	assert_ok(keyfile_unwrap(&kf, &wk, &mk));
	memcpy(nonce, kf.nonce, sizeof(nonce));
	kit_fill(kf.salt, sizeof(kf.salt), 50);
	wk = derive(&kf, "new words");
	keyfile_wrap(&kf, &wk, &mk);
	assert_memory_not_equal(nonce, kf.nonce, sizeof(nonce));
	assert_ok(keyfile_unwrap(&kf, &wk, &again));
	assert_memory_equal(mk.b, again.b, sizeof(mk.b));
	wk = derive(&kf, words);
	assert_err(keyfile_unwrap(&kf, &wk, &again), ERR_AUTH);
}

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static void a_change_checks_the_old_one(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t n = make(file);
	struct keyfile kf, next, untouched;
	struct wrap_key wk;
	struct master_key mk, want;

	(void)state;
	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	next = kf;
	next.kdf.passes = 3;
	kit_fill(next.salt, sizeof(next.salt), 50);
	untouched = next;
	assert_err(keyfile_change(&kf, text("correct horsf"), text("new words"),
				  &next),
		   ERR_AUTH);
	assert_memory_equal(&next, &untouched, sizeof(next));
	assert_ok(keyfile_change(&kf, text(words), text("new words"), &next));
	/* As a file it is whole, and holds what the first one held. */
	n = keyfile_encode(&next, file);
	assert_ok(keyfile_parse(bytes_of(file, n), &next));
	assert_int_equal(next.kdf.passes, 3);
	assert_string_equal(next.name.s, kf.name.s);
	assert_memory_not_equal(next.nonce, kf.nonce, sizeof(kf.nonce));
	wk = derive(&next, "new words");
	assert_ok(keyfile_unwrap(&next, &wk, &mk));
	kit_fill(want.b, sizeof(want.b), 99);
	assert_memory_equal(mk.b, want.b, sizeof(mk.b));
	wk = derive(&next, words);
	assert_err(keyfile_unwrap(&next, &wk, &mk), ERR_AUTH);
	/* A cost that is out of bounds is found before anything is lost. */
	next.kdf.passes = 1;
	untouched = next;
	assert_err(keyfile_change(&kf, text(words), text("x"), &next),
		   ERR_RANGE);
	assert_memory_equal(&next, &untouched, sizeof(next));
}

static void file_is_private_and_whole(void **state)
{
	char dir[] = "/tmp/uXXXXXX", path[64];
	struct keyfile kf = sample(), found;
	struct stat st;
	size_t n;
	uint8_t *bytes;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	assert_err(keyfile_read(path, &found), ERR_NOT_FOUND);
	assert_ok(keyfile_write(path, &kf));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(keyfile_read(path, &found));
	assert_memory_equal(found.user_id.b, kf.user_id.b, 16);
	bytes = kit_slurp(path, &n);
	kit_spill(path, bytes, 0);
	assert_err(keyfile_read(path, &found), ERR_CORRUPT);
	free(bytes);
	bytes = xcalloc(1, 100000);
	kit_spill(path, bytes, 100000);
	assert_err(keyfile_read(path, &found), ERR_CORRUPT);
	free(bytes);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(opens_with_its_passphrase_only),
	    cmocka_unit_test(every_flipped_bit_is_seen),
	    cmocka_unit_test(header_is_authenticated),
	    cmocka_unit_test(weak_or_huge_parameters_are_refused),
	    cmocka_unit_test(new_passphrase_keeps_the_key),
	    cmocka_unit_test(a_change_checks_the_old_one),
	    cmocka_unit_test(file_is_private_and_whole),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("keyfile", tests, NULL, NULL);
}
