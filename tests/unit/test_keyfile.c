/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "check.h"
#include "store/keyfile.h"
#include "store_kit.h"
#include "util/kdf_cost.h"

static const char words[] = "correct horse";

static struct keyfile sample(void)
{
	struct keyfile kf = {.user_id = kit_uid('u', 1),
			     .name = {"Zo\xc3\xab"},
			     .version = KEYFILE_VERSION,
			     .created_ms = KIT_WALL,
			     .auto_lock_minutes = KEYFILE_AS_SET,
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

static enum err open_with(const struct keyfile *kf, const char *text,
			  struct opened_key *out)
{
	struct wrap_key wk = derive(kf, text);

	return keyfile_unwrap(kf, &wk, out);
}

static void opens_with_its_passphrase_only(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t n = make(file);
	struct keyfile kf;
	struct opened_key open;
	struct master_key want;

	(void)state;
	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	assert_string_equal(kf.name.s, "Zo\xc3\xab");
	assert_int_equal(kf.created_ms, KIT_WALL);
	assert_int_equal(kf.kdf.passes, 2);
	assert_int_equal(kf.kdf.memory_mib, 64);
	assert_int_equal(kf.auto_lock_minutes, KEYFILE_AS_SET);
	assert_ok(open_with(&kf, words, &open));
	assert_int_equal(open.role, KEY_REAL);
	kit_fill(want.b, sizeof(want.b), 99);
	assert_memory_equal(open.key.b, want.b, sizeof(want.b));
	assert_err(open_with(&kf, "correct horsf", &open), ERR_AUTH);
	assert_err(open_with(&kf, "", &open), ERR_AUTH);
}

/* As version 1 wrote it: one slot, no roles, bound to the name as well. */
static size_t make_old(uint8_t out[static KEYFILE_BYTES_MAX])
{
	struct keyfile kf = sample();
	struct wrap_key wk = derive(&kf, words);
	struct master_key mk;
	size_t n;

	kf.version = 1;
	kit_fill(mk.b, sizeof(mk.b), 99);
	kit_fill(kf.slots[0].nonce, sizeof(kf.slots[0].nonce), 7);
	n = keyfile_encode(&kf, out) - 48 - 16;
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + n, NULL, mk.b,
						   sizeof(mk.b), out, n, NULL,
						   out + n - 24, wk.b);
	crypto_generichash(out + n + 48, 16, out, n + 48, NULL, 0);
	return n + 48 + 16;
}

/* The bytes are those of a file that version 1 wrote. */
static void version_1_is_read(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX], again[KEYFILE_BYTES_MAX];
	size_t n = make_old(file);
	struct keyfile kf;
	struct opened_key open;
	struct master_key want;

	(void)state;
	/* 147 bytes and the name, as doc/STORAGE.md had it. */
	assert_int_equal(n, 8 + 1 + 1 + 16 + 8 + 1 + 4 + 1 + 4 + 4 + 16 + 24 +
				48 + 16);
	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	assert_int_equal(kf.version, 1);
	assert_int_equal(kf.auto_lock_minutes, KEYFILE_AS_SET);
	assert_int_equal(keyfile_encode(&kf, again), n);
	assert_memory_equal(again, file, n);
	assert_ok(open_with(&kf, words, &open));
	assert_int_equal(open.role, KEY_REAL);
	kit_fill(want.b, sizeof(want.b), 99);
	assert_memory_equal(open.key.b, want.b, sizeof(want.b));
	assert_err(open_with(&kf, "other words", &open), ERR_AUTH);
	/* Its name is not to be changed without the passphrase. */
	kf.name.s[0] = 'J';
	assert_err(open_with(&kf, words, &open), ERR_AUTH);
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

/* Someone who also mends the checksum meets the authentication; but the name,
 * and the time until a user is locked, are whose who can write the file. */
/* HOSTILE S-15 */
static void header_is_authenticated(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t i, n = make(file), slots = n - 16 - 2 * sizeof(struct key_slot);
	size_t taken = 0, opened = 0;
	struct keyfile kf;
	struct opened_key open;
	struct wrap_key wk;

	(void)state;
	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	wk = derive(&kf, words);
	for (i = 0; i < slots; i++) {
		file[i] ^= 1;
		crypto_generichash(file + n - 16, 16, file, n - 16, NULL, 0);
		if (keyfile_parse(bytes_of(file, n), &kf) == OK) {
			taken++;
			opened += keyfile_unwrap(&kf, &wk, &open) == OK;
		}
		file[i] ^= 1;
	}
	/* id, time of birth and salt at the least; letters of the name */
	assert_true(taken >= 16 + 8 + 16 + 2);
	assert_true(opened >= 2 && opened <= 4);
	/* Of the two slots every bit counts in one, and none in the other. */
	for (opened = 0; i < n - 16; i++) {
		file[i] ^= 1;
		crypto_generichash(file + n - 16, 16, file, n - 16, NULL, 0);
		assert_ok(keyfile_parse(bytes_of(file, n), &kf));
		opened += keyfile_unwrap(&kf, &wk, &open) == OK;
		file[i] ^= 1;
	}
	assert_int_equal(opened, sizeof(struct key_slot));
}

/* HOSTILE X-13 */
static void weak_or_huge_parameters_are_refused(void **state)
{
	static const struct kdf_params bad[] = {{KDF_PASSES_MIN - 1, 64},
						{11, 64},
						{2, KDF_MIB_MIN - 1},
						{2, 1025},
						{0, 0}};
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

static struct bytes text(const char *s)
{
	return bytes_of(s, strlen(s));
}

static struct key_change change_of(const struct keyfile *kf, const char *old)
{
	return (struct key_change){
	    .kf = kf, .cost = kf->kdf, .passphrase = text(old)};
}

static void expect_opens(const struct keyfile *kf, const char *words_,
			 enum key_role role, struct master_key *key)
{
	struct opened_key open;

	assert_ok(open_with(kf, words_, &open));
	assert_int_equal(open.role, role);
	*key = open.key;
}

static void expect_shut(const struct keyfile *kf, const char *words_)
{
	struct opened_key open;

	assert_err(open_with(kf, words_, &open), ERR_AUTH);
}

static struct keyfile reread(const struct keyfile *kf)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	struct keyfile out;

	assert_ok(
	    keyfile_parse(bytes_of(file, keyfile_encode(kf, file)), &out));
	return out;
}

static void a_change_checks_the_old_one(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t n = make(file);
	struct keyfile kf, next, untouched;
	struct opened_key open;
	struct key_change c;
	struct master_key mk, want;

	(void)state;
	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	memset(&next, 7, sizeof(next));
	untouched = next;
	c = change_of(&kf, "correct horsf");
	assert_err(keyfile_change(&c, text("new words"), &next, &open),
		   ERR_AUTH);
	c = change_of(&kf, words);
	c.cost.passes = KDF_PASSES_MIN - 1; /* found before anything is lost */
	assert_err(keyfile_change(&c, text("new words"), &next, &open),
		   ERR_RANGE);
	assert_memory_equal(&next, &untouched, sizeof(next));
	c.cost.passes = 3;
	assert_ok(keyfile_change(&c, text("new words"), &next, &open));
	assert_int_equal(open.role, KEY_REAL);
	/* As a file it is whole, and holds what the first one held. */
	next = reread(&next);
	assert_int_equal(next.kdf.passes, 3);
	assert_string_equal(next.name.s, kf.name.s);
	assert_memory_not_equal(next.salt, kf.salt, sizeof(kf.salt));
	expect_opens(&next, "new words", KEY_REAL, &mk);
	kit_fill(want.b, sizeof(want.b), 99);
	assert_memory_equal(mk.b, want.b, sizeof(mk.b));
	expect_shut(&next, words);
}

/* A file of two passphrases. */
static struct keyfile make_duress(void)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t n = make(file);
	struct opened_key open;
	struct keyfile kf, next;
	struct key_change c;

	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	c = change_of(&kf, words);
	assert_ok(keyfile_set_duress(&c, text("under duress"), &next, &open));
	return reread(&next);
}

static void a_duress_passphrase_opens_another_key(void **state)
{
	struct keyfile kf = make_duress(), next;
	struct opened_key open;
	struct key_change c = change_of(&kf, words);
	struct master_key real, decoy, again;

	(void)state;
	expect_opens(&kf, words, KEY_REAL, &real);
	expect_opens(&kf, "under duress", KEY_DURESS, &decoy);
	assert_memory_not_equal(real.b, decoy.b, sizeof(real.b));
	assert_err(keyfile_set_duress(&c, text(words), &next, &open),
		   ERR_EXISTS);
	/* A new passphrase leaves it, and where the real one lies. */
	assert_ok(keyfile_change(&c, text("new words"), &next, &open));
	expect_opens(&next, "new words", KEY_REAL, &again);
	assert_memory_equal(again.b, real.b, sizeof(real.b));
	expect_opens(&next, "under duress", KEY_DURESS, &again);
	assert_memory_equal(again.b, decoy.b, sizeof(real.b));
	expect_shut(&next, words);
	/* But not if it is that one itself: who types it wants what is real. */
	assert_ok(keyfile_change(&c, text("under duress"), &next, &open));
	expect_opens(&next, "under duress", KEY_REAL, &again);
	assert_memory_equal(again.b, real.b, sizeof(real.b));
	/* Removed. */
	assert_ok(keyfile_set_duress(&c, bytes_of(NULL, 0), &next, &open));
	expect_opens(&next, words, KEY_REAL, &again);
	assert_memory_equal(again.b, real.b, sizeof(real.b));
	expect_shut(&next, "under duress");
}

/* HOSTILE S-15: keys that change places, between users with one passphrase
 * and one salt, so that only what they are bound to keeps them apart, and in
 * one file. */
static void wrapped_keys_stay_where_they_are(void **state)
{
	struct keyfile one = make_duress(), two = one, mixed;
	struct master_key real, decoy, again;
	struct wrap_key wk = derive(&one, words);

	(void)state;
	expect_opens(&one, words, KEY_REAL, &real);
	expect_opens(&one, "under duress", KEY_DURESS, &decoy);
	/* Another user's. */
	two.user_id = kit_uid('u', 2);
	kit_fill(again.b, sizeof(again.b), 7);
	keyfile_wrap(&two, &wk, &again);
	expect_opens(&two, words, KEY_REAL, &again);
	mixed = one;
	memcpy(mixed.slots, two.slots, sizeof(mixed.slots));
	mixed = reread(&mixed);
	expect_shut(&mixed, words);
	mixed = two;
	memcpy(mixed.slots, one.slots, sizeof(mixed.slots));
	mixed = reread(&mixed);
	expect_shut(&mixed, words);
	expect_shut(&mixed, "under duress");
	/* Born at another time, or of another cost. */
	mixed = one;
	mixed.created_ms++;
	expect_shut(&mixed, words);
	/* Which slot is the real one is in what is sealed. */
	mixed = one;
	mixed.slots[0] = one.slots[1];
	mixed.slots[1] = one.slots[0];
	mixed = reread(&mixed);
	expect_opens(&mixed, words, KEY_REAL, &again);
	assert_memory_equal(again.b, real.b, sizeof(real.b));
	expect_opens(&mixed, "under duress", KEY_DURESS, &again);
	assert_memory_equal(again.b, decoy.b, sizeof(decoy.b));
	/* Half of one and half of the other. */
	mixed = one;
	memcpy(mixed.slots[0].nonce, one.slots[1].nonce,
	       sizeof(mixed.slots[0].nonce));
	memcpy(mixed.slots[1].nonce, one.slots[0].nonce,
	       sizeof(mixed.slots[1].nonce));
	expect_shut(&mixed, words);
	expect_shut(&mixed, "under duress");
}

/* Given in the place of the old passphrase, it is the one of a decoy. */
static void a_change_under_duress_is_of_the_decoy(void **state)
{
	struct keyfile kf = make_duress(), next;
	struct key_change c = change_of(&kf, "under duress");
	struct master_key decoy, again;
	struct opened_key open;

	(void)state;
	expect_opens(&kf, "under duress", KEY_DURESS, &decoy);
	assert_ok(keyfile_change(&c, text("new words"), &next, &open));
	assert_int_equal(open.role, KEY_DURESS);
	assert_memory_equal(open.key.b, decoy.b, sizeof(decoy.b));
	expect_opens(&next, "new words", KEY_REAL, &again);
	assert_memory_equal(again.b, decoy.b, sizeof(decoy.b));
	expect_shut(&next, words);
	expect_shut(&next, "under duress");
	assert_ok(keyfile_set_duress(&c, text("another"), &next, &open));
	assert_int_equal(open.role, KEY_DURESS);
	expect_opens(&next, "under duress", KEY_REAL, &again);
	assert_memory_equal(again.b, decoy.b, sizeof(decoy.b));
	expect_opens(&next, "another", KEY_DURESS, &again);
	expect_shut(&next, words);
}

/* Files with and without one are equally long, their slots look like noise,
 * and the real key lies in either slot. */
static void nothing_tells_of_a_second_passphrase(void **state)
{
	uint8_t one[KEYFILE_BYTES_MAX], two[KEYFILE_BYTES_MAX];
	struct keyfile kf = make_duress();
	unsigned first = 0, i;
	struct master_key mk = {{1}};
	struct wrap_key wk = {{2}};
	struct opened_key open;

	(void)state;
	assert_int_equal(make(one), keyfile_encode(&kf, two));
	for (i = 0; i < 64; i++) {
		keyfile_wrap(&kf, &wk, &mk);
		assert_ok(keyfile_unwrap(&kf, &wk, &open));
		first += open.slot == 0;
	}
	assert_true(first > 0 && first < 64);
}

static void a_file_is_renewed_with_its_change(void **state)
{
	uint8_t file[KEYFILE_BYTES_MAX];
	size_t n = make_old(file);
	struct keyfile kf, next;
	struct opened_key open;
	struct master_key mk, want;
	struct key_change c;

	(void)state;
	assert_ok(keyfile_parse(bytes_of(file, n), &kf));
	c = change_of(&kf, words);
	assert_ok(keyfile_change(&c, text("new words"), &next, &open));
	assert_int_equal(next.version, KEYFILE_VERSION);
	next = reread(&next);
	expect_opens(&next, "new words", KEY_REAL, &mk);
	kit_fill(want.b, sizeof(want.b), 99);
	assert_memory_equal(mk.b, want.b, sizeof(mk.b));
	/* From here on the name may change alone. */
	strcpy(next.name.s, "Zoe");
	next.auto_lock_minutes = 15;
	next = reread(&next);
	assert_int_equal(next.auto_lock_minutes, 15);
	expect_opens(&next, "new words", KEY_REAL, &mk);
	next.auto_lock_minutes = AUTO_LOCK_MINUTES_MAX + 1;
	n = keyfile_encode(&next, file);
	assert_err(keyfile_parse(bytes_of(file, n), &next), ERR_CORRUPT);
}

/* What was replaced is not left on the disk, but in somebody's copy. */
static void the_old_file_is_wiped(void **state)
{
	char dir[] = "/tmp/uXXXXXX", path[64], link_[64];
	struct keyfile kf = sample(), found;
	uint8_t before[KEYFILE_BYTES_MAX], now[KEYFILE_BYTES_MAX];
	size_t n = keyfile_encode(&kf, before);
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	snprintf(link_, sizeof(link_), "%s/copy", dir);
	assert_ok(keyfile_write(path, &kf));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(keyfile_write(path, &kf));
	assert_int_equal(pread(fd, now, n, 0), n);
	assert_memory_not_equal(now, before, n);
	close(fd);
	assert_int_equal(link(path, link_), 0);
	kf.created_ms++;
	assert_ok(keyfile_write(path, &kf));
	assert_ok(keyfile_read(link_, &found));
	/* In the very same place. */
	fd = open(path, O_RDONLY | O_CLOEXEC);
	kf.created_ms++;
	assert_ok(keyfile_overwrite(path, &kf));
	keyfile_encode(&kf, before);
	assert_int_equal(pread(fd, now, n, 0), n);
	assert_memory_equal(now, before, n);
	close(fd);
	strcpy(kf.name.s, "longer than that");
	assert_err(keyfile_overwrite(path, &kf), ERR_IO);
	assert_ok(keyfile_read(path, &found));
	assert_int_equal(found.created_ms, kf.created_ms);
	unlink(path);
	assert_err(keyfile_overwrite(path, &kf), ERR_IO);
	unlink(link_);
	assert_int_equal(rmdir(dir), 0);
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
	    cmocka_unit_test(version_1_is_read),
	    cmocka_unit_test(a_change_checks_the_old_one),
	    cmocka_unit_test(a_duress_passphrase_opens_another_key),
	    cmocka_unit_test(wrapped_keys_stay_where_they_are),
	    cmocka_unit_test(a_change_under_duress_is_of_the_decoy),
	    cmocka_unit_test(nothing_tells_of_a_second_passphrase),
	    cmocka_unit_test(a_file_is_renewed_with_its_change),
	    cmocka_unit_test(file_is_private_and_whole),
	    cmocka_unit_test(the_old_file_is_wiped),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("keyfile", tests, NULL, NULL);
}
