/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Records and the frames in them.
 */
#include "tests/unit/fixed.h"

#include "core/record.h"

static const size_t sizes[] = {470, 958, 1934, 3886, 7790, 15598};

/* Two ends of one session. */
struct wires {
	struct record_channel a, b;
	struct record_builder builder;
	uint8_t wire[RECORD_WIRE_MAX], plain[RECORD_PLAIN_MAX];
	size_t n; /* bytes in wire */
};

static int set_up(void **state)
{
	struct wires *w = xcalloc(1, sizeof(*w));

	fixed_bytes(w->a.send.k, 32, 1);
	fixed_bytes(w->a.recv.k, 32, 2);
	w->a.send.has_key = w->a.recv.has_key = true;
	w->b.send = w->a.recv;
	w->b.recv = w->a.send;
	record_begin(&w->builder);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct wires *w = *state;

	record_channel_clear(&w->a);
	record_channel_clear(&w->b);
	record_builder_clear(&w->builder);
	free(w);
	return 0;
}

static void seal(struct wires *w)
{
	w->n = record_seal(&w->builder, &w->a, w->wire);
}

static enum err try_open(struct wires *w, size_t *n)
{
	return record_open(&w->b, bytes_of(w->wire, w->n), w->plain, n);
}

static void frames_travel(void **state)
{
	struct wires *w = *state;
	struct frame_hello hello = {.features = 5,
				    .recv_next = 17,
				    .window = 100,
				    .chain = {{1, 2, 3}},
				    .sack = {.count = 1, .r = {{19, 20}}}};
	struct frame_ack ack = {.cum = 3,
				.chain = {{4, 5, 6}},
				.sack = {.count = 2, .r = {{5, 5}, {7, 9}}}};
	struct frame_msg msg = {.seq = 1, .record = fixed_text("record")};
	struct frame_hello hello2;
	struct frame_ack ack2;
	struct frame_msg msg2;
	struct record_reader r;
	struct frame f;
	uint32_t v;
	uint8_t code;
	size_t n;

	frame_write_hello(&w->builder.w, &hello);
	frame_write_ping(&w->builder.w, FRAME_PING, 0xdeadbeef);
	frame_write_msg(&w->builder.w, &msg);
	frame_write_ack(&w->builder.w, &ack);
	frame_write_empty(&w->builder.w, FRAME_PAIRED);
	frame_write_close(&w->builder.w, CLOSE_RENEW);
	seal(w);
	assert_int_equal(w->n, 488);
	assert_int_equal(w->builder.w.len, 0);
	assert_ok(try_open(w, &n));
	assert_int_equal(n, 470);
	assert_ok(record_reader_init(&r, bytes_of(w->plain, n)));

	assert_true(record_next(&r, &f));
	assert_ok(frame_read_hello(&f, &hello2));
	assert_true(hello2.features == 5 && hello2.recv_next == 17 &&
		    hello2.window == 100 && hello2.sack.count == 1 &&
		    hello2.chain.b[2] == 3);
	assert_true(record_next(&r, &f));
	assert_int_equal(f.type, FRAME_PING);
	assert_ok(frame_read_ping(&f, &v));
	assert_true(v == 0xdeadbeef);
	assert_true(record_next(&r, &f));
	assert_ok(frame_read_msg(&f, &msg2));
	assert_int_equal(msg2.seq, 1);
	assert_bytes(msg2.record, msg.record);
	assert_true(record_next(&r, &f));
	assert_ok(frame_read_ack(&f, &ack2));
	assert_int_equal(ack2.cum, 3);
	assert_int_equal(ack2.chain.b[2], 6);
	assert_true(frame_ranges_has(&ack2.sack, 8));
	assert_false(frame_ranges_has(&ack2.sack, 6));
	assert_true(record_next(&r, &f));
	assert_int_equal(f.type, FRAME_PAIRED);
	assert_ok(frame_read_empty(&f));
	assert_true(record_next(&r, &f));
	assert_ok(frame_read_close(&f, &code));
	assert_int_equal(code, CLOSE_RENEW);
	assert_false(record_next(&r, &f));
	assert_false(record_next(&r, &f));
}

/* At, one below and one above each size. */
static void smallest_size_is_used(void **state)
{
	static const uint8_t body[FRAME_BODY_MAX];
	struct wires *w = *state;
	size_t i, n;
	int d;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (d = -1; d <= 1; d++) {
			size_t total = sizes[i] + (size_t)(d + 1) - 1;
			size_t want = d > 0 ? i + 1 : i;
			struct record_reader r;
			struct frame f;

			if (want == ARRAY_SIZE(sizes))
				break;
			frame_write(&w->builder.w, FRAME_CARD,
				    bytes_of(body, total - FRAME_HEAD_BYTES));
			assert_int_equal(record_room(&w->builder),
					 RECORD_PLAIN_MAX - total);
			seal(w);
			assert_int_equal(w->n, sizes[want] + 18);
			assert_ok(try_open(w, &n));
			assert_int_equal(n, sizes[want]);
			assert_ok(
			    record_reader_init(&r, bytes_of(w->plain, n)));
			assert_true(record_next(&r, &f));
			assert_int_equal(f.body.n, total - FRAME_HEAD_BYTES);
			assert_false(record_next(&r, &f));
		}
	}
}

static void lengths_are_judged_alone(void **state)
{
	uint8_t head[2];
	size_t i, n, good = 0;

	(void)state;
	for (i = 0; i <= 0xffff; i++) {
		be16_put(head, (uint16_t)i);
		if (record_size(head, &n) != OK)
			continue;
		assert_int_equal(n, i + 2);
		assert_int_equal(i + 2, sizes[good] + 18);
		assert_int_equal((i + 2) % 488, 0);
		good++;
	}
	assert_int_equal(good, ARRAY_SIZE(sizes));
}

/* HOSTILE K-06 */
static void flipped_bits_are_refused(void **state)
{
	struct wires *w = *state;
	size_t i, n;

	frame_write_ping(&w->builder.w, FRAME_PING, 1);
	seal(w);
	for (i = 0; i < 8 * w->n; i++) {
		enum err e;

		w->wire[i / 8] ^= (uint8_t)(1u << i % 8);
		e = try_open(w, &n);
		w->wire[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_err(e, i < 16 ? ERR_RANGE : ERR_AUTH);
	}
	assert_ok(try_open(w, &n));
}

static void cut_replayed_swapped(void **state)
{
	struct wires *w = *state;
	uint8_t first[488];
	size_t n, cut;

	seal(w);
	for (cut = 0; cut < w->n; cut++)
		assert_err(
		    record_open(&w->b, bytes_of(w->wire, cut), w->plain, &n),
		    cut < 2 ? ERR_SHORT : ERR_RANGE);
	memcpy(first, w->wire, sizeof(first));
	seal(w); /* the second comes first */
	assert_err(try_open(w, &n), ERR_AUTH);
	assert_ok(
	    record_open(&w->b, bytes_of(first, sizeof(first)), w->plain, &n));
	assert_err(
	    record_open(&w->b, bytes_of(first, sizeof(first)), w->plain, &n),
	    ERR_AUTH);
	assert_ok(try_open(w, &n));
	/* A record of one direction does not open in the other. */
	seal(w);
	assert_err(record_open(&w->a, bytes_of(w->wire, w->n), w->plain, &n),
		   ERR_AUTH);
}

static void keys_change_every_1024(void **state)
{
	struct wires *w = *state;
	struct noise_cipher start = w->a.send;
	size_t i, n;

	for (i = 1; i <= 3 * RECORD_REKEY; i++) {
		bool changed;

		start = w->a.send;
		seal(w);
		assert_ok(try_open(w, &n));
		changed = memcmp(start.k, w->a.send.k, 32) != 0;
		assert_int_equal(changed, i % RECORD_REKEY == 0);
		assert_int_equal(w->a.send.n, i);
		assert_memory_equal(w->a.send.k, w->b.recv.k, 32);
	}
	assert_int_equal(w->a.recv.n, 0);
}

/* A plaintext of 470 bytes that begins with the hex string. */
static enum err check_plain(struct wires *w, const char *hex, size_t zeros)
{
	struct record_reader r;
	struct bytes b = fixed_unhex(hex, w->plain, sizeof(w->plain));

	memset(w->plain + b.n, 0, zeros);
	return record_reader_init(&r, bytes_of(w->plain, b.n + zeros));
}

static void framing_is_checked_whole(void **state)
{
	static const struct {
		const char *hex;
		size_t zeros;
		enum err want;
	} v[] = {
	    {"", 470, OK},
	    {"02000400000001", 463, OK},
	    {"02000400000001", 0, OK},
	    {"0200040000000100", 0, OK},
	    {"020004000000010000", 0, OK},
	    {"020004000000010001", 0, ERR_SYNTAX}, /* padding not zero */
	    {"00000001", 466, ERR_SYNTAX},
	    {"0200040000000100020004", 459, ERR_SYNTAX},
	    {"02", 0, ERR_SYNTAX}, /* half a head */
	    {"0200", 0, ERR_SYNTAX},
	    {"020004000000", 0, ERR_SYNTAX}, /* half a body */
	    {"02ffff", 467, ERR_SYNTAX},
	    {"810000", 467, OK}, /* unknown, odd, an extension */
	    {"ff0003010203", 464, OK},
	    {"ff000401020300", 0, OK},
	    {"820000", 467, ERR_SYNTAX}, /* even */
	    {"050000", 467, ERR_SYNTAX}, /* unknown and below 0x80 */
	    {"130000", 467, ERR_SYNTAX},
	    {"1f0000", 467, ERR_SYNTAX},
	    {"7f0000", 467, ERR_SYNTAX},
	    {"02000400000001820000", 0, ERR_SYNTAX}, /* bad one comes last */
	};
	struct wires *w = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(v); i++)
		assert_err(check_plain(w, v[i].hex, v[i].zeros), v[i].want);
}

static void extensions_are_left_out(void **state)
{
	struct wires *w = *state;
	struct record_reader r;
	struct frame f;
	uint32_t v;

	assert_ok(check_plain(w,
			      "810002abcd0200040000000783000002"
			      "00040000000800",
			      9));
	assert_ok(record_reader_init(&r, bytes_of(w->plain, 32)));
	assert_true(record_next(&r, &f));
	assert_ok(frame_read_ping(&f, &v));
	assert_int_equal(v, 7);
	assert_true(record_next(&r, &f));
	assert_ok(frame_read_ping(&f, &v));
	assert_int_equal(v, 8);
	assert_false(record_next(&r, &f));
}

#define CHAIN	    "000102030405060708090a0b0c0d0e0f"
#define HELLO_CHAIN "0710" CHAIN

static enum err read_ack(const char *hex)
{
	uint8_t mem[256];
	struct frame f = {FRAME_ACK, fixed_unhex(hex, mem, sizeof(mem))};
	struct frame_ack a;

	return frame_read_ack(&f, &a);
}

static void acks_are_strict(void **state)
{
	(void)state;
	assert_ok(read_ack("0000000000000001" CHAIN));
	assert_ok(read_ack("7fffffffffffffff" CHAIN));
	assert_err(read_ack(""), ERR_SHORT);
	assert_err(read_ack("00000000000001"), ERR_SHORT);
	assert_err(read_ack("0000000000000001"
			    "00"),
		   ERR_SHORT);
	assert_err(read_ack("0000000000000000" CHAIN), ERR_RANGE);
	assert_err(read_ack("8000000000000000" CHAIN), ERR_RANGE);
	/* next 5: a range may begin at 6, not at 5 */
	assert_ok(read_ack("0000000000000005" CHAIN "0000000000000006"
			   "0000000000000006"));
	assert_err(read_ack("0000000000000005" CHAIN "0000000000000005"
			    "0000000000000006"),
		   ERR_RANGE);
	assert_err(read_ack("0000000000000005" CHAIN "0000000000000007"
			    "0000000000000006"),
		   ERR_RANGE);
	assert_err(read_ack("0000000000000005" CHAIN "0000000000000006"
			    "8000000000000000"),
		   ERR_RANGE);
	assert_err(read_ack("0000000000000005" CHAIN "0000000000000006"
			    "00"),
		   ERR_SYNTAX);
	/* two that touch, two that do not */
	assert_err(read_ack("0000000000000005" CHAIN "0000000000000006"
			    "0000000000000007"
			    "0000000000000008"
			    "0000000000000008"),
		   ERR_RANGE);
	assert_ok(read_ack("0000000000000005" CHAIN "0000000000000006"
			   "0000000000000007"
			   "0000000000000009"
			   "7fffffffffffffff"));
}

static void ranges_are_eight_at_most(void **state)
{
	struct wires *w = *state;
	struct frame_ack a = {.cum = 1, .sack = {.count = RANGES_MAX}}, back;
	struct frame f = {.type = FRAME_ACK};
	uint8_t mem[8 + 16 + 16 * 9];
	size_t i;

	for (i = 0; i < RANGES_MAX; i++)
		a.sack.r[i] = (struct frame_range){3 + 2 * i, 3 + 2 * i};
	frame_write_ack(&w->builder.w, &a);
	assert_int_equal(w->builder.w.len, FRAME_ACK_BYTES_MAX);
	f.body = bytes_of(w->builder.plain + 3, FRAME_ACK_BYTES_MAX - 3);
	assert_ok(frame_read_ack(&f, &back));
	assert_int_equal(back.sack.count, RANGES_MAX);
	memcpy(mem, f.body.p, f.body.n);
	be64_put(mem + f.body.n, 30);
	be64_put(mem + f.body.n + 8, 30);
	f.body = bytes_of(mem, sizeof(mem));
	assert_err(frame_read_ack(&f, &back), ERR_SYNTAX);
}

static enum err read_hello(const char *hex, struct frame_hello *h)
{
	uint8_t mem[256];
	struct frame f = {FRAME_HELLO, fixed_unhex(hex, mem, sizeof(mem))};

	return frame_read_hello(&f, h);
}

static void hellos_are_strict(void **state)
{
	struct frame_hello h, big = {.features = UINT64_MAX,
				     .recv_next = 1,
				     .window = 1,
				     .sack = {.count = RANGES_MAX}};
	struct wires *w = *state;
	size_t i;

	assert_ok(read_hello("01080000000000000000"
			     "02080000000000000001" HELLO_CHAIN,
			     &h));
	assert_int_equal(h.window, WINDOW);
	assert_int_equal(h.sack.count, 0);
	assert_err(read_hello("02080000000000000001", &h), ERR_NOT_FOUND);
	assert_err(read_hello("01080000000000000000", &h), ERR_NOT_FOUND);
	assert_err(read_hello("01080000000000000000"
			      "02080000000000000001",
			      &h),
		   ERR_NOT_FOUND);
	assert_err(read_hello("01080000000000000000"
			      "02080000000000000000" HELLO_CHAIN,
			      &h),
		   ERR_RANGE);
	assert_err(read_hello("01080000000000000000"
			      "02080000000000000001"
			      "05020000" HELLO_CHAIN,
			      &h),
		   ERR_RANGE);
	assert_err(read_hello("01080000000000000000"
			      "02080000000000000001"
			      "0400",
			      &h),
		   ERR_SYNTAX);
	assert_err(read_hello("01080000000000000000"
			      "02080000000000000001"
			      "0301ff" HELLO_CHAIN,
			      &h),
		   ERR_SYNTAX);
	for (i = 0; i < RANGES_MAX; i++)
		big.sack.r[i] = (struct frame_range){3 + 2 * i, 3 + 2 * i};
	frame_write_hello(&w->builder.w, &big);
	assert_in_range(w->builder.w.len, 1, FRAME_HELLO_BYTES_MAX);
}

static void fixed_bodies_are_strict(void **state)
{
	struct frame f = {FRAME_PING, {(const uint8_t *)"\0\0\0\0\0", 5}};
	uint32_t v = 9;
	uint8_t code = 9;
	struct frame_msg m;

	(void)state;
	assert_err(frame_read_ping(&f, &v), ERR_SYNTAX);
	assert_err(frame_read_close(&f, &code), ERR_SYNTAX);
	assert_err(frame_read_empty(&f), ERR_SYNTAX);
	assert_err(frame_read_msg(&f, &m), ERR_SHORT);
	f.body = bytes_of("\0\0\0\0\0\0\0\0x", 9);
	assert_err(frame_read_msg(&f, &m), ERR_RANGE);
	assert_int_equal(v, 9);
	assert_int_equal(code, 9);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(frames_travel),
	    TEST(smallest_size_is_used),
	    TEST(lengths_are_judged_alone),
	    TEST(flipped_bits_are_refused),
	    TEST(cut_replayed_swapped),
	    TEST(keys_change_every_1024),
	    TEST(framing_is_checked_whole),
	    TEST(extensions_are_left_out),
	    TEST(acks_are_strict),
	    TEST(ranges_are_eight_at_most),
	    TEST(hellos_are_strict),
	    TEST(fixed_bodies_are_strict),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
