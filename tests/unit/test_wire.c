/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/fixed.h"

#include "core/wire.h"

/* The values at which BOLT #1, appendix A changes the form. */
static void bigsize_forms(void **state)
{
	static const struct {
		uint64_t v;
		const char *hex;
	} good[] = {
	    {0, "00"},
	    {0xfc, "fc"},
	    {0xfd, "fd00fd"},
	    {0xffff, "fdffff"},
	    {0x10000, "fe00010000"},
	    {0xffffffff, "feffffffff"},
	    {0x100000000, "ff0000000100000000"},
	    {UINT64_MAX, "ffffffffffffffffff"},
	};
	uint8_t mem[16], out[16];
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		struct bytes b = fixed_unhex(good[i].hex, mem, sizeof(mem));
		struct wire_reader r;
		struct wire_writer w;

		wire_read_init(&r, b);
		assert_true(wire_read_bigsize(&r) == good[i].v);
		assert_ok(wire_read_done(&r));
		wire_write_init(&w, out, sizeof(out));
		wire_write_bigsize(&w, good[i].v);
		assert_bytes(wire_written(&w), b);
		for (n = 0; n < b.n; n++) {
			wire_read_init(&r, bytes_of(mem, n));
			assert_true(wire_read_bigsize(&r) == 0);
			assert_err(wire_read_done(&r), ERR_SHORT);
		}
	}
}

static void bigsize_must_be_short(void **state)
{
	static const char *const bad[] = {"fd0000", "fd00fc", "fe00000000",
					  "fe0000ffff", "ff00000000ffffffff"};
	uint8_t mem[16];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct wire_reader r;

		wire_read_init(&r, fixed_unhex(bad[i], mem, sizeof(mem)));
		wire_read_bigsize(&r);
		assert_err(wire_read_done(&r), ERR_SYNTAX);
	}
}

static void reader_is_sticky(void **state)
{
	static const uint8_t in[] = {1, 2, 3, 4, 5, 6, 7};
	struct wire_reader r;

	(void)state;
	wire_read_init(&r, bytes_of(in, sizeof(in)));
	assert_int_equal(wire_read_u8(&r), 1);
	assert_int_equal(wire_read_u16(&r), 0x0203);
	assert_int_equal(wire_read_u32(&r), 0x04050607);
	assert_ok(wire_read_done(&r));
	assert_int_equal(wire_read_u16(&r), 0);
	assert_err(wire_read_done(&r), ERR_SHORT);

	wire_read_init(&r, bytes_of(in, sizeof(in)));
	assert_true(wire_read_u64(&r) == 0);
	assert_int_equal(wire_read_u8(&r), 0);
	assert_int_equal(wire_read_bytes(&r, 1).n, 0);
	assert_err(r.err, ERR_SHORT);

	wire_read_init(&r, bytes_of(in, sizeof(in)));
	wire_read_bytes(&r, UINT64_MAX);
	assert_err(r.err, ERR_SHORT);

	wire_read_init(&r, bytes_of(in, sizeof(in)));
	wire_read_bytes(&r, 6);
	assert_err(wire_read_done(&r), ERR_SYNTAX);
}

/* The namespace of BOLT #1, appendix B, by lengths. */
static enum err read_known(struct bytes in, struct tlv out[static 4])
{
	const struct tlv known[4] = {
	    {.type = 1, .min = 0, .max = 8},
	    {.type = 2, .min = 8, .max = 8},
	    {.type = 3, .min = 49, .max = 49},
	    {.type = 254, .min = 2, .max = 2},
	};

	memcpy(out, known, sizeof(known));
	return tlv_read(in, out, 4);
}

static void tlv_streams(void **state)
{
	static const struct {
		const char *hex;
		enum err want;
	} v[] = {
	    /* nothing, or odd types that nobody knows */
	    {"", OK},
	    {"2100", OK},
	    {"fd020100", OK},
	    {"fd00fd00", OK},
	    {"fd00ff00", OK},
	    {"fe0200000100", OK},
	    {"ff020000000000000100", OK},
	    /* known ones */
	    {"0100", OK},
	    {"01080100000000000000", OK},
	    {"02080000000000000226", OK},
	    {"fd00fe020226", OK},
	    {"0100020800000000000000002100fd00fe020001fd01ff0100", OK},
	    /* cut, or longer than needed */
	    {"fd", ERR_SHORT},
	    {"fd01", ERR_SHORT},
	    {"fd000100", ERR_SYNTAX},
	    {"fd0101", ERR_SHORT},
	    {"0ffd", ERR_SHORT},
	    {"0ffd26", ERR_SHORT},
	    {"0ffd2602", ERR_SHORT},
	    {"0ffd000100", ERR_SYNTAX},
	    {"0f0201", ERR_SHORT},
	    {"0fffffffffffffffffff", ERR_SHORT},
	    /* even types that nobody knows */
	    {"1200", ERR_SYNTAX},
	    {"fd010200", ERR_SYNTAX},
	    {"fe0100000200", ERR_SYNTAX},
	    {"ff010000000000000200", ERR_SYNTAX},
	    /* our own: no type 0 */
	    {"0000", ERR_SYNTAX},
	    /* lengths of known fields */
	    {"0109010101010101010101", ERR_RANGE},
	    {"020701010101010101", ERR_RANGE},
	    {"0209010101010101010101", ERR_RANGE},
	    {"fd00fe0100", ERR_RANGE},
	    {"fd00fe03000000", ERR_RANGE},
	    /* order */
	    {"0208000000000000022601012a", ERR_SYNTAX},
	    {"0208000000000000023102080000000000000451", ERR_SYNTAX},
	    {"1f000f012a", ERR_SYNTAX},
	    {"1f001f012a", ERR_SYNTAX},
	    {"ffffffffffffffffff000100", ERR_SYNTAX},
	};
	uint8_t mem[64];
	struct tlv t[4];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(v); i++)
		assert_err(
		    read_known(fixed_unhex(v[i].hex, mem, sizeof(mem)), t),
		    v[i].want);
}

static void tlv_values(void **state)
{
	uint8_t mem[64];
	struct tlv t[4];
	struct tlv need[] = {{.type = 9, .max = 9, .required = true}};

	(void)state;
	assert_ok(read_known(
	    fixed_unhex("01022a2b2100fd00fe021234", mem, sizeof(mem)), t));
	assert_true(t[0].present && !t[1].present && !t[2].present);
	assert_bytes(t[0].value, bytes_of("\x2a\x2b", 2));
	assert_int_equal(be16_get(t[3].value.p), 0x1234);
	assert_err(tlv_read(fixed_unhex("2100", mem, sizeof(mem)), need, 1),
		   ERR_NOT_FOUND);
	assert_ok(tlv_read(fixed_unhex("0900", mem, sizeof(mem)), need, 1));
	assert_ok(tlv_scan(fixed_unhex("09001000", mem, sizeof(mem)), need, 1));
}

static void tlv_counts_fields(void **state)
{
	uint8_t mem[512];
	struct wire_writer w;
	uint64_t type;

	(void)state;
	wire_write_init(&w, mem, sizeof(mem));
	for (type = 1; type < 2 * TLV_FIELDS_MAX; type += 2)
		tlv_write(&w, type, bytes_of(NULL, 0));
	assert_ok(tlv_read(wire_written(&w), NULL, 0));
	tlv_write(&w, type, bytes_of(NULL, 0));
	assert_err(tlv_read(wire_written(&w), NULL, 0), ERR_SYNTAX);
}

static void writer_fills_to_the_last_byte(void **state)
{
	uint8_t mem[17];
	struct wire_writer w;

	(void)state;
	wire_write_init(&w, mem, sizeof(mem));
	wire_write_u8(&w, 1);
	wire_write_u16(&w, 0x0203);
	wire_write_u32(&w, 0x04050607);
	wire_write_u64(&w, 0x08090a0b0c0d0e0f);
	wire_write_bytes(&w, bytes_of("\x10", 1));
	wire_write_zeros(&w, 1);
	assert_bytes(
	    wire_written(&w),
	    bytes_of("\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\0", 17));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(bigsize_forms),
	    cmocka_unit_test(bigsize_must_be_short),
	    cmocka_unit_test(reader_is_sticky),
	    cmocka_unit_test(tlv_streams),
	    cmocka_unit_test(tlv_values),
	    cmocka_unit_test(tlv_counts_fields),
	    cmocka_unit_test(writer_fills_to_the_last_byte),
	};

	if (fixed_start() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
