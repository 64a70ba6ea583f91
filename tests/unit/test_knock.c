/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The body of a KNOCK, and the work in its stamp.
 */
#include "tests/unit/fixed.h"

#include "core/frame.h"
#include "core/kdf.h"
#include "core/knock.h"
#include "tests/unit/codec_vectors.h"

static struct knock full(void)
{
	struct knock k = {.counter = 0x0123456789abcdef};

	memset(k.name.s, 'n', NAME_MAX_BYTES);
	memset(k.text.s, 't', GREETING_MAX_BYTES);
	fixed_bytes(k.invite, sizeof(k.invite), 5);
	return k;
}

static struct bytes write(const struct knock *k, uint8_t *mem, size_t cap)
{
	struct wire_writer w;

	wire_write_init(&w, mem, cap);
	knock_write(&w, k);
	return wire_written(&w);
}

static void what_is_written_is_read(void **state)
{
	uint8_t mem[KNOCK_BYTES_MAX];
	struct knock k = full(), got;
	struct bytes b;
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		memset(&got, 0xaa, sizeof(got));
		if (i & 1)
			memset(&k.name, 0, sizeof(k.name));
		if (i & 2)
			memset(&k.text, 0, sizeof(k.text));
		b = write(&k, mem, sizeof(mem));
		/* In the one record that it may fill. */
		assert_true(b.n + FRAME_HEAD_BYTES <= KNOCK_PLAIN_MAX);
		assert_ok(knock_read(b, &got));
		assert_memory_equal(&k, &got, sizeof(k));
		k = full();
	}
}

/* HOSTILE N-05, N-06, R-04 */
static void bodies_are_strict(void **state)
{
	static const struct {
		const char *head; /* what stands before the invite */
		enum err want;
	} v[] = {
	    {"", OK},
	    {"010161", OK},
	    {"0101610203"
	     "e282ac",
	     OK},
	    {"0203"
	     "0a0d09",
	     OK}, /* a text may have lines */
	    {"0203"
	     "e280ae",
	     OK}, /* and turn: it is shown as what it is */
	    {"0100", ERR_RANGE},
	    {"0200", ERR_RANGE},
	    {"010100", ERR_SYNTAX},
	    {"01010a", ERR_SYNTAX},
	    {"0102c285", ERR_SYNTAX},
	    {"0103e280ae", ERR_SYNTAX},
	    {"0103eda080", ERR_SYNTAX},
	    {"0102c0af", ERR_SYNTAX},
	    {"0101ff", ERR_SYNTAX},
	    {"020100", ERR_SYNTAX},
	    {"0201ff", ERR_SYNTAX},
	    {"0203eda080", ERR_SYNTAX},
	    {"0202c0af", ERR_SYNTAX},
	    {"010161010162", ERR_SYNTAX}, /* twice */
	    {"020161010162", ERR_SYNTAX}, /* out of order */
	    {"fd00010161", ERR_SYNTAX},	  /* a number too long */
	    {"0000", ERR_SYNTAX},
	};
	uint8_t mem[200], tail[KNOCK_BYTES_MAX];
	struct knock k = {.counter = 7}, got;
	struct bytes b, head;
	size_t i;

	(void)state;
	b = write(&k, tail, sizeof(tail));
	for (i = 0; i < ARRAY_SIZE(v); i++) {
		head = fixed_unhex(v[i].head, mem, 64);
		memcpy(mem + head.n, b.p, b.n);
		assert_err(knock_read(bytes_of(mem, head.n + b.n), &got),
			   v[i].want);
	}
	/* Cut anywhere; one that is not needed may be gone. */
	for (i = 0; i < b.n; i++)
		assert_int_not_equal(knock_read(bytes_of(b.p, i), &got), OK);
	/* Unknown fields at the end: odd and even. */
	memcpy(mem, b.p, b.n);
	memcpy(mem + b.n, "\x07\x01x", 3);
	assert_ok(knock_read(bytes_of(mem, b.n + 3), &got));
	mem[b.n] = 6;
	assert_err(knock_read(bytes_of(mem, b.n + 3), &got), ERR_SYNTAX);
}

/* HOSTILE R-04 */
static void texts_have_a_length(void **state)
{
	uint8_t mem[KNOCK_BYTES_MAX + 10], rest[KNOCK_BYTES_MAX];
	struct knock k = {.counter = 1}, got;
	uint8_t text[GREETING_MAX_BYTES + 1];
	struct wire_writer w;
	struct bytes b;

	(void)state;
	memset(text, 'x', sizeof(text));
	b = write(&k, rest, sizeof(rest));
	wire_write_init(&w, mem, sizeof(mem));
	tlv_write(&w, 2, bytes_of(text, sizeof(text)));
	wire_write_bytes(&w, b);
	assert_err(knock_read(wire_written(&w), &got), ERR_RANGE);
	wire_write_init(&w, mem, sizeof(mem));
	tlv_write(&w, 1, bytes_of(text, NAME_MAX_BYTES + 1));
	wire_write_bytes(&w, b);
	assert_err(knock_read(wire_written(&w), &got), ERR_RANGE);
}

/* By another way to the same hash. */
static unsigned zero_bits(const uint8_t *h, uint64_t counter)
{
	uint8_t in[NOISE_HASH_BYTES + 8], out[32];
	unsigned bits = 0;

	memcpy(in, h, NOISE_HASH_BYTES);
	be64_put(in + NOISE_HASH_BYTES, counter);
	kdf_hash(LABEL_STAMP, bytes_of(in, 10), bytes_of(in + 10, 62), out,
		 sizeof(out));
	while (bits < 256 && (out[bits / 8] >> (7 - bits % 8) & 1) == 0)
		bits++;
	return bits;
}

/* Found by another implementation. */
static void stamps_as_elsewhere(void **state)
{
	uint8_t h[NOISE_HASH_BYTES], number[8];
	uint64_t counter;

	(void)state;
	fixed_unhex(VEC_DOOR_H, h, sizeof(h));
	fixed_unhex(VEC_DOOR_COUNTER, number, sizeof(number));
	assert_true(knock_search(h, 16, 0, 1 << 24, &counter));
	assert_true(counter == be64_get(number));
}

static void work_is_leading_zeros(void **state)
{
	uint8_t h[NOISE_HASH_BYTES], most = 0;
	uint64_t i;

	(void)state;
	fixed_bytes(h, sizeof(h), 8);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(knock_work(h, i), zero_bits(h, i));
		if (knock_work(h, i) > most)
			most = knock_work(h, i);
	}
	assert_in_range(most, 9, 20);
}

static void slices_find_the_same(void **state)
{
	uint8_t h[NOISE_HASH_BYTES];
	uint64_t whole = 0, part = 0, from = 0;

	(void)state;
	fixed_bytes(h, sizeof(h), 9);
	assert_true(knock_search(h, 12, 0, 1 << 20, &whole));
	assert_in_range(knock_work(h, whole), 12, 255);
	while (!knock_search(h, 12, from, 100, &part))
		from += 100;
	assert_true(whole == part);
	/* Nothing is touched if there is none. */
	part = 77;
	assert_false(knock_search(h, 12, 0, whole, &part));
	assert_false(knock_search(h, 0, 0, 0, &part));
	assert_true(part == 77);
	assert_true(knock_search(h, 0, 5, 1, &part) && part == 5);
	assert_true(knock_search(h, 0, UINT64_MAX, 1, &part));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(bodies_are_strict),
	    cmocka_unit_test(texts_have_a_length),
	    cmocka_unit_test(stamps_as_elsewhere),
	    cmocka_unit_test(work_is_leading_zeros),
	    cmocka_unit_test(slices_find_the_same),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
