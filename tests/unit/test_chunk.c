/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/chunk.h"

#include "tests/unit/chunk_vectors.h"
#include "tests/unit/fixed.h"

#define KIB ((uint64_t)1024)
#define GIB ((uint64_t)1 << 30)

enum { SIZE = 2 * 65536 + 5 };

static struct chunk_plan plan_of(uint64_t size, uint8_t log2)
{
	struct chunk_plan p = {.size = size, .chunk_log2 = log2};
	uint8_t mem[16];

	fixed_unhex(VEC_FID, mem, sizeof(mem));
	memcpy(p.fid.b, mem, sizeof(mem));
	return p;
}

static struct psk key_of_vectors(void)
{
	struct psk key;

	fixed_unhex(VEC_FILE_KEY, key.b, sizeof(key.b));
	return key;
}

/* Chunk i as it goes over the wire. */
static struct bytes seal(const struct chunk_plan *p, uint32_t i, uint8_t *out)
{
	static uint8_t content[SIZE];
	struct psk key = key_of_vectors();
	size_t k;

	for (k = 0; k < SIZE; k++)
		content[k] = (uint8_t)(k * 7 + (k >> 8));
	chunk_seal(p, &key, i, content + ((size_t)i << 16), out);
	return bytes_of(out, chunk_sealed_bytes(p, i));
}

static void as_others_make_them(void **state)
{
	static uint8_t sealed[65536 + CHUNK_TAG_BYTES];
	static const char *const leaves[] = {VEC_LEAF_0, VEC_LEAF_1,
					     VEC_LEAF_2};
	struct chunk_plan p = plan_of(SIZE, 16);
	uint8_t manifest[3 * LEAF_BYTES];
	struct hash32 root;
	struct bytes c;
	uint32_t i;

	(void)state;
	assert_int_equal(chunk_count(&p), 3);
	for (i = 0; i < 3; i++) {
		c = seal(&p, i, sealed);
		if (i == 0)
			assert_hex(c.p + c.n - 32, VEC_CHUNK_0_END);
		chunk_leaf(i, c, manifest + i * LEAF_BYTES);
		assert_hex(manifest + i * LEAF_BYTES, leaves[i]);
	}
	assert_int_equal(c.n, 5 + CHUNK_TAG_BYTES);
	assert_hex(sealed, VEC_CHUNK_LAST);
	manifest_root(&p, manifest, &root);
	assert_hex(root.b, VEC_ROOT);
	p = plan_of(0, 18);
	manifest_root(&p, NULL, &root);
	assert_hex(root.b, VEC_ROOT_EMPTY);
}

/* HOSTILE F-06: a chunk is good in its place of its file only. */
static void only_in_its_place(void **state)
{
	static uint8_t sealed[65536 + CHUNK_TAG_BYTES], plain[65536];
	struct chunk_plan p = plan_of(SIZE, 16), other = p;
	struct psk key = key_of_vectors();

	(void)state;
	seal(&p, 1, sealed);
	assert_ok(chunk_open(&p, &key, 1, sealed, plain));
	assert_int_equal(plain[3], (uint8_t)((65536 + 3) * 7 + (65536 >> 8)));
	assert_ok(chunk_check(&p, &key, 1, sealed));
	assert_err(chunk_open(&p, &key, 0, sealed, plain), ERR_AUTH);
	assert_err(chunk_check(&p, &key, 0, sealed), ERR_AUTH);
	other.size += 65536;
	assert_err(chunk_open(&other, &key, 1, sealed, plain), ERR_AUTH);
	other = p;
	other.fid.b[0] ^= 1;
	assert_err(chunk_open(&other, &key, 1, sealed, plain), ERR_AUTH);
	sealed[100] ^= 1;
	assert_err(chunk_open(&p, &key, 1, sealed, plain), ERR_AUTH);
	assert_err(chunk_check(&p, &key, 1, sealed), ERR_AUTH);
}

static void sizes_of_chunks(void **state)
{
	static const struct {
		uint64_t size;
		uint8_t log2;
	} table[] = {{0, 18},		{1, 18},	{4 * GIB, 18},
		     {4 * GIB + 1, 19}, {16 * GIB, 20}, {32 * GIB + 1, 22},
		     {64 * GIB, 22}};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct chunk_plan p = plan_of(table[i].size, table[i].log2);

		assert_int_equal(chunk_log2_for(table[i].size), table[i].log2);
		assert_true(chunk_plan_is_valid(&p));
		assert_in_range(chunk_count(&p), table[i].size > 0, CHUNKS_MAX);
	}
}

/* HOSTILE F-03: sizes that cannot be. */
static void sizes_that_cannot_be(void **state)
{
	static const struct {
		uint64_t size;
		uint8_t log2;
		bool ok;
	} table[] = {{1, 15, false},
		     {1, 16, true},
		     {1, 22, true},
		     {1, 23, false},
		     {1, 255, false},
		     {64 * GIB, 22, true},
		     {64 * GIB + 1, 22, false},
		     {64 * GIB, 21, false},
		     {GIB, 16, true},
		     {GIB + 1, 16, false},
		     {UINT64_MAX, 22, false},
		     {(uint64_t)1 << 63, 22, false}};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		struct chunk_plan p = plan_of(table[i].size, table[i].log2);

		assert_int_equal(chunk_plan_is_valid(&p), table[i].ok);
	}
}

static void places_in_the_blob(void **state)
{
	struct chunk_plan p = plan_of(SIZE, 16);

	(void)state;
	assert_int_equal(chunk_offset(&p, 0), 0);
	assert_int_equal(chunk_offset(&p, 2), 2 * (64 * KIB + 16));
	assert_int_equal(chunk_bytes(&p, 1), 64 * KIB);
	assert_int_equal(chunk_bytes(&p, 2), 5);
	assert_int_equal(chunk_blob_bytes(&p), SIZE + 3 * 16 + 3 * LEAF_BYTES);
	p = plan_of(64 * GIB, 22);
	assert_int_equal(chunk_offset(&p, CHUNKS_MAX - 1),
			 (uint64_t)(CHUNKS_MAX - 1) * ((4 << 20) + 16));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(as_others_make_them),
	    cmocka_unit_test(only_in_its_place),
	    cmocka_unit_test(sizes_of_chunks),
	    cmocka_unit_test(sizes_that_cannot_be),
	    cmocka_unit_test(places_in_the_blob),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
