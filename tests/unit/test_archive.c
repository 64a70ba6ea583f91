/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sodium.h>

#include "check.h"
#include "store/archive.h"
#include "store_kit.h"
#include "util/kdf_cost.h"

enum { HEAD = 74, SEAL = 17, CHUNK = 65536 };

static const struct kdf_params cheap = {.passes = KDF_PASSES_MIN,
					.memory_mib = KDF_MIB_MIN};

static struct bytes words(const char *s)
{
	return bytes_of(s, strlen(s));
}

#define RIGHT words("correct horse")

static const char *path_of(struct kit *k)
{
	static char path[80];

	snprintf(path, sizeof(path), "%s/archive", k->dir);
	return path;
}

static uint8_t at(size_t i)
{
	return (uint8_t)(i * 31 + (i >> 8));
}

/* n bytes, in pieces of any size. */
static void write_bytes(struct kit *k, size_t n, size_t piece)
{
	struct archive_writer *w;
	uint8_t *all = malloc(n + 1);
	size_t i;

	for (i = 0; i < n; i++)
		all[i] = at(i);
	unlink(path_of(k));
	assert_ok(archive_create(path_of(k), RIGHT, &cheap, 0, &w));
	for (i = 0; i < n; i += piece)
		assert_ok(archive_put(
		    w, bytes_of(all + i, n - i < piece ? n - i : piece)));
	assert_ok(archive_finish(w));
	archive_writer_free(w);
	free(all);
}

/* OK only if n bytes come out, and are those. */
static enum err read_bytes(struct kit *k, struct bytes passphrase, size_t n)
{
	struct archive_reader *r;
	uint8_t *all = malloc(n + 1);
	enum err e = archive_open(path_of(k), passphrase, &r);
	size_t i, piece = 1000;

	if (e != OK) {
		free(all);
		return e;
	}
	for (i = 0; e == OK && i < n; i += piece)
		e = archive_get(r, all + i, n - i < piece ? n - i : piece);
	for (i = 0; e == OK && i < n; i++)
		assert_int_equal(all[i], at(i));
	if (e == OK)
		e = archive_end(r);
	archive_reader_free(r);
	free(all);
	return e;
}

/* Looks the same, and is nothing. */
static void noise_takes_its_place(void **state)
{
	enum { COUNT = CHUNK + 10, PART = 1000 };
	struct kit *k = *state;
	struct spool *s;
	size_t n, i;
	uint8_t *file, *whole, part[PART];

	write_bytes(k, COUNT, CHUNK);
	file = kit_slurp(path_of(k), &n);
	whole = malloc(n);
	assert_ok(spool_open(path_of(k), &s));
	assert_ok(archive_become_noise(s));
	assert_int_equal(access(path_of(k), F_OK), -1);
	assert_int_equal(spool_bytes(s), n);
	assert_ok(spool_get(s, 0, whole, n));
	assert_err(spool_get(s, n - 1, whole, 2), ERR_SHORT);
	/* Cost and form are as they were, but neither salt nor content; whoever
	 * goes on in its midst finds the same. */
	assert_memory_equal(whole, file, 18);
	for (i = 18; i + 16 < n; i += 16)
		assert_memory_not_equal(whole + i, file + i, 16);
	for (i = 0; i + PART < n; i += 999) {
		assert_ok(spool_get(s, i, part, PART));
		assert_memory_equal(part, whole + i, PART);
	}
	kit_spill(path_of(k), whole, n);
	assert_err(read_bytes(k, RIGHT, COUNT), ERR_AUTH);
	spool_free(s, false);
	free(whole);
	free(file);
}

static int start(void **state)
{
	struct kit *k = calloc(1, sizeof(*k));

	kit_start(k);
	*state = k;
	return 0;
}

static int stop(void **state)
{
	struct kit *k = *state;

	unlink(path_of(k));
	kit_end(k);
	free(k);
	return 0;
}

static void comes_back_as_it_was(void **state)
{
	static const size_t sizes[] = {0,     1,	 CHUNK - 1,
				       CHUNK, CHUNK + 1, 3 * CHUNK + 77};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		write_bytes(*state, sizes[i], 1 + sizes[i] / 3);
		assert_ok(read_bytes(*state, RIGHT, sizes[i]));
		/* Neither less nor more than there is. */
		assert_err(read_bytes(*state, RIGHT, sizes[i] + 1), ERR_SHORT);
	}
	assert_err(read_bytes(*state, RIGHT, 5), ERR_CORRUPT);
	assert_err(read_bytes(*state, words("correct hors"), 5), ERR_AUTH);
}

/* A bit of it is another one. */
static void damage_is_seen(void **state)
{
	struct kit *k = *state;
	size_t n, i;
	uint8_t *file;

	write_bytes(k, CHUNK + 10, CHUNK);
	file = kit_slurp(path_of(k), &n);
	assert_int_equal(n, HEAD + SEAL + CHUNK + SEAL + 10 + SEAL);
	for (i = 0; i < n; i += i < HEAD ? 1 : 16001) {
		enum err e;

		file[i] ^= 1;
		kit_spill(path_of(k), file, n);
		e = read_bytes(k, RIGHT, CHUNK + 10);
		if (i < 8)
			assert_err(e, ERR_SYNTAX);
		else if (i >= HEAD && i < HEAD + SEAL)
			assert_err(e, ERR_AUTH);
		else if (i != 8)
			assert_err(e, ERR_CORRUPT);
		else
			assert_int_not_equal(e, OK);
		file[i] ^= 1;
	}
	file[8] = 2;
	kit_spill(path_of(k), file, n);
	assert_err(read_bytes(k, RIGHT, CHUNK + 10), ERR_VERSION);
	free(file);
}

static void cuts_and_additions_are_seen(void **state)
{
	static const size_t cuts[] = {0,
				      1,
				      8,
				      HEAD - 1,
				      HEAD,
				      HEAD + SEAL - 1,
				      HEAD + SEAL,
				      HEAD + SEAL + 1,
				      HEAD + 1,
				      HEAD + 100,
				      HEAD + SEAL + CHUNK + SEAL};
	struct kit *k = *state;
	size_t n, i;
	uint8_t *file, *more;

	write_bytes(k, CHUNK + 10, CHUNK);
	file = kit_slurp(path_of(k), &n);
	for (i = 0; i < ARRAY_SIZE(cuts); i++) {
		kit_spill(path_of(k), file, cuts[i]);
		assert_int_not_equal(read_bytes(k, RIGHT, CHUNK + 10), OK);
	}
	/* At the end of a chunk only the mark of the end is missing. */
	assert_err(read_bytes(k, RIGHT, CHUNK + 10), ERR_SHORT);
	more = calloc(1, n + SEAL);
	memcpy(more, file, n);
	kit_spill(path_of(k), more, n + 1);
	assert_err(read_bytes(k, RIGHT, CHUNK + 10), ERR_CORRUPT);
	free(more);
	free(file);
}

/* A header that costs too much, with a checksum that fits. */
static void no_price_but_ours(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} prices[] = {{13, 0}, {13, 11}, {10, 1}, {16, 255}, {17, 1}};
	struct kit *k = *state;
	size_t n, i;
	uint8_t *file;

	write_bytes(k, 5, 5);
	file = kit_slurp(path_of(k), &n);
	for (i = 0; i < ARRAY_SIZE(prices); i++) {
		uint8_t was = file[prices[i].at];

		file[prices[i].at] = prices[i].value;
		crypto_generichash(file + HEAD - 16, 16, file, HEAD - 16, NULL,
				   0);
		kit_spill(path_of(k), file, n);
		assert_err(read_bytes(k, RIGHT, 5), ERR_CORRUPT);
		file[prices[i].at] = was;
	}
	free(file);
}

static void half_of_one_is_none(void **state)
{
	struct kit *k = *state;
	struct archive_writer *w;

	unlink(path_of(k));
	assert_ok(archive_create(path_of(k), RIGHT, &cheap, 0, &w));
	assert_ok(archive_put(w, words("half")));
	archive_writer_free(w);
	assert_int_equal(access(path_of(k), F_OK), -1);
	assert_err(
	    archive_create(path_of(k), RIGHT, &cheap, UINT64_MAX / 2, &w),
	    ERR_NO_SPACE);
	assert_int_equal(access(path_of(k), F_OK), -1);
	kit_spill(path_of(k), "mine", 4);
	assert_err(archive_create(path_of(k), RIGHT, &cheap, 0, &w),
		   ERR_EXISTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(comes_back_as_it_was, start, stop),
	    cmocka_unit_test_setup_teardown(damage_is_seen, start, stop),
	    cmocka_unit_test_setup_teardown(cuts_and_additions_are_seen, start,
					    stop),
	    cmocka_unit_test_setup_teardown(no_price_but_ours, start, stop),
	    cmocka_unit_test_setup_teardown(noise_takes_its_place, start, stop),
	    cmocka_unit_test_setup_teardown(half_of_one_is_none, start, stop),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
