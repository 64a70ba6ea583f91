/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Pictures are built here, segment by segment: HOSTILE F-10.
 */
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

#include "api/strip.h"

#define B(s) bytes_of(s, sizeof(s) - 1)
#define GPS  "GPS 52.5N 13.4E"

static struct buf in, want;

static void put(struct buf *b, struct bytes x)
{
	assert_ok(buf_put(b, x.p, x.n));
}

static void begin(void)
{
	buf_init(&in, 1 << 20);
	buf_init(&want, 1 << 20);
}

/* To the picture, and to what is to be left of it. */
static void both(struct bytes x)
{
	put(&in, x);
	put(&want, x);
}

static void segment(struct buf *b, uint8_t code, struct bytes body)
{
	const uint8_t head[] = {0xff, code, (uint8_t)((body.n + 2) >> 8),
				(uint8_t)(body.n + 2)};

	put(b, bytes_of(head, sizeof(head)));
	put(b, body);
}

static void both_segment(uint8_t code, struct bytes body)
{
	segment(&in, code, body);
	segment(&want, code, body);
}

static uint32_t crc_of(struct bytes b)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < b.n; i++) {
		crc ^= b.p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void put32(struct buf *b, uint32_t v)
{
	const uint8_t raw[] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16),
			       (uint8_t)(v >> 8), (uint8_t)v};

	put(b, bytes_of(raw, sizeof(raw)));
}

static void chunk(struct buf *b, const char *type, struct bytes body)
{
	size_t start = b->len + 4;

	put32(b, (uint32_t)body.n);
	put(b, bytes_of(type, 4));
	put(b, body);
	put32(b, crc_of(bytes_of(b->data + start, b->len - start)));
}

static void both_chunk(const char *type, struct bytes body)
{
	chunk(&in, type, body);
	chunk(&want, type, body);
}

static enum err keep(void *ctx, struct bytes b)
{
	return buf_put(ctx, b.p, b.n);
}

static enum err run(struct bytes all, size_t piece, struct buf *out)
{
	enum strip_kind kind;
	struct strip *s;
	enum err e = OK;

	assert_true(strip_find(bytes_of(all.p, STRIP_MAGIC_BYTES), &kind));
	s = strip_new(kind, keep, out);
	while (e == OK && all.n > 0) {
		size_t n = all.n < piece ? all.n : piece;

		e = strip_put(s, bytes_of(all.p, n));
		all.p += n;
		all.n -= n;
	}
	strip_free(s);
	return e;
}

/* In pieces of every kind, and once more what came out. */
static void check(void)
{
	static const size_t pieces[] = {1, 2, 3, 7, 64, 1000, 1 << 20};

	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		struct buf out;

		buf_init(&out, 1 << 20);
		assert_ok(run(buf_view(&in), pieces[i], &out));
		assert_int_equal(out.len, want.len);
		assert_memory_equal(out.data, want.data, want.len);
		assert_null(memmem(out.data, out.len, "GPS", 3));
		buf_clear(&out);
		assert_ok(run(buf_view(&want), pieces[i], &out));
		assert_memory_equal(out.data, want.data, want.len);
		buf_clear(&out);
	}
	buf_clear(&in);
	buf_clear(&want);
}

/* Two entries, then what they point to; way is the orientation. */
#define TIFF_LITTLE(way)                                                       \
	"II*\0\x08\0\0\0\x02\0"                                                \
	"\x0f\x01\x02\0\x0f\0\0\0\x26\0\0\0"                                   \
	"\x12\x01\x03\0\x01\0\0\0" way "\0\0\0"                                \
	"\0\0\0\0" GPS
#define TIFF_BIG(way)                                                          \
	"MM\0*\0\0\0\x08\0\x01"                                                \
	"\x01\x12\0\x03\0\0\0\x01\0" way "\0\0"                                \
	"\0\0\0\0" GPS
/* What is left of either. */
#define TIFF_LEFT(way)                                                         \
	"MM\0*\0\0\0\x08\0\x01"                                                \
	"\x01\x12\0\x03\0\0\0\x01\0" way "\0\0"                                \
	"\0\0\0\0"

static void jpeg_start(void)
{
	begin();
	both(B("\xff\xd8"));
}

static void jpeg_rest(void)
{
	both_segment(0xdb, B("quantization"));
	both_segment(0xc2, B("frame"));
	both_segment(0xc4, B("huffman"));
	both_segment(0xda, B("scan 1"));
	both(B("data\xff\0more\xff\xd0"
	       "again\xff\xd7"));
	segment(&in, 0xfe, B("comment between scans " GPS));
	both_segment(0xda, B("scan 2"));
	both(B("x\xff\0"));
	both(B("\xff\xd9"));
	put(&in, B("motion photo, " GPS));
}

static void jpeg_metadata(void **state)
{
	static char big[65533];

	(void)state;
	memset(big, 'x', sizeof(big));
	memcpy(big + sizeof(big) - sizeof(GPS), GPS, sizeof(GPS));
	jpeg_start();
	segment(&in, 0xe0, B("JFIF\0\1\2\1\0\x48\0\x48\1\1abc"));
	segment(&want, 0xe0, B("JFIF\0\1\2\1\0\x48\0\x48\0\0"));
	segment(&in, 0xe0, B("JFXX\0\x10thumbnail " GPS));
	segment(&in, 0xe1, B("Exif\0\0" TIFF_LITTLE("\x06")));
	segment(&want, 0xe1, B("Exif\0\0" TIFF_LEFT("\x06")));
	segment(&in, 0xe1, B("Exif\0\0" TIFF_BIG("\x03")));
	segment(&in, 0xe1, B("http://ns.adobe.com/xap/1.0/\0" GPS));
	both_segment(0xe2, B("ICC_PROFILE\0\1\1profile"));
	segment(&in, 0xe2, B("MPF\0" GPS));
	segment(&in, 0xed, B("Photoshop 3.0\0" GPS));
	both_segment(0xee, B("Adobe\0\x64\0\0\0\0\1"));
	segment(&in, 0xef, bytes_of(big, sizeof(big)));
	put(&in, B("\xff\xff"));
	segment(&in, 0xfe, B(GPS));
	jpeg_rest();
	check();
}

static void jpeg_that_lies_upright(void **state)
{
	(void)state;
	jpeg_start();
	segment(&in, 0xe1, B("Exif\0\0" TIFF_BIG("\x01")));
	segment(&in, 0xe1, B("Exif\0\0" TIFF_BIG("\x09")));
	segment(&in, 0xe1, B("Exif\0\0MM\0*\xff\xff\xff\xff" GPS));
	segment(&in, 0xe1, B("Exif\0\0MM\0*\0\0\0\x08\xff\xff" GPS));
	segment(&in, 0xe1, B("Exif\0\0"));
	jpeg_rest();
	check();
}

/* A cut one is as long as it is; of a segment that is cut nothing is left. */
static void cut_pictures(void **state)
{
	struct buf out;

	(void)state;
	jpeg_start();
	segment(&in, 0xe1, B("Exif\0\0" TIFF_BIG("\x03")));
	jpeg_rest();
	for (size_t n = STRIP_MAGIC_BYTES; n < in.len; n++) {
		buf_init(&out, 1 << 20);
		assert_ok(run(bytes_of(in.data, n), 5, &out));
		assert_null(memmem(out.data, out.len, "GPS", 3));
		buf_clear(&out);
	}
	buf_clear(&in);
	buf_clear(&want);
}

static void broken_pictures(void **state)
{
	static const struct {
		const char *raw;
		size_t n;
	} bad[] = {
	    {"\xff\xd8\xff\xe0\0\1xxxxxxx", 13},   /* length below its own */
	    {"\xff\xd8\xff\xe0\0\4ab" GPS, 23},	   /* no marker */
	    {"\xff\xd8\xff\xd8xxxxxx", 10},	   /* two starts */
	    {"\xff\xd8\xff\xe0\0\6JFIF" GPS, 25},  /* JFIF cut short */
	    {"\xff\xd8\xff\xf7\0\4ab", 8},	   /* JPEG-LS */
	    {"\xff\xd8\xff\xc8\0\4ab", 8},	   /* reserved */
	    {"\x89PNG\r\n\x1a\n\0\0\0\1IDAT", 16}, /* no IHDR */
	    {"\x89PNG\r\n\x1a\n\0\0\0\0IHDRcrc!\0\0\0\0JDAA", 28},
	    {"\x89PNG\r\n\x1a\n\xff\0\0\1IHDR", 16},
	    {"\x89PNG\r\n\x1a\n\0\0\0\1IH\0R", 16},
	};
	struct buf out;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		buf_init(&out, 1 << 20);
		assert_err(run(bytes_of(bad[i].raw, bad[i].n), 3, &out),
			   ERR_SYNTAX);
		buf_clear(&out);
	}
}

static void png_metadata(void **state)
{
	static char big[100000];

	(void)state;
	memset(big, 'p', sizeof(big));
	begin();
	both(B("\x89PNG\r\n\x1a\n"));
	both_chunk("IHDR", B("thirteen byte"));
	both_chunk("iCCP", B("profile"));
	both_chunk("gAMA", B("abcd"));
	chunk(&in, "tEXt", B("Comment\0" GPS));
	chunk(&in, "iTXt", B("XML:com.adobe.xmp\0" GPS));
	chunk(&in, "zTXt", B("x\0\0" GPS));
	chunk(&in, "tIME", B("1234567"));
	chunk(&in, "prVt", B(GPS));
	chunk(&in, "eXIf", B(TIFF_LITTLE("\x08")));
	chunk(&want, "eXIf", B(TIFF_LEFT("\x08")));
	chunk(&in, "eXIf", B(TIFF_LITTLE("\x03")));
	chunk(&in, "eXIf", bytes_of(big, sizeof(big)));
	chunk(&in, "eXIf", B(""));
	both_chunk("IDAT", bytes_of(big, sizeof(big)));
	both_chunk("fdAT", B("animation"));
	both_chunk("IDAT", B(""));
	chunk(&in, "dSIG", B(GPS));
	both_chunk("IEND", B(""));
	put(&in, B("after the end: " GPS));
	check();
}

static void magic(void **state)
{
	enum strip_kind kind;

	(void)state;
	assert_true(strip_find(B("\xff\xd8\xff\xe1xxxx"), &kind));
	assert_int_equal(kind, STRIP_JPEG);
	assert_true(strip_find(B("\x89PNG\r\n\x1a\n"), &kind));
	assert_int_equal(kind, STRIP_PNG);
	assert_false(strip_find(B("\xff\xd8"), &kind));
	assert_false(strip_find(B("GIF89a..."), &kind));
	assert_false(strip_find(B(""), &kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(jpeg_metadata),
	    cmocka_unit_test(jpeg_that_lies_upright),
	    cmocka_unit_test(cut_pictures),
	    cmocka_unit_test(broken_pictures),
	    cmocka_unit_test(png_metadata),
	    cmocka_unit_test(magic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
