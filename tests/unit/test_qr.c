/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What is drawn is read back as a camera would: module by module, quiet zone
 * included.
 */
#include "util/qr.h"

#include <stdio.h>
#include <stdlib.h>

#include <qrencode.h>
#include <sodium.h>

#include "check.h"

enum { SIDE_MAX = 177 + 2 * QR_QUIET + 1, OUT_MAX = 1 << 20 };

/* Modules as they came out of a drawing. */
struct grid {
	int side, rows; /* rows: half blocks may have one more than side */
	bool dark[SIDE_MAX][SIDE_MAX];
};

static const char invite[] =
    "UMBEL:INVITE/AEAAAAAAAAABAGZ2MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPI"
    "AEAAAAAAAAABAGZ2MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPIA77";

static const char *const texts[] = {
    "A",
    "0123456789",
    invite,
    "umbel:invite/in lower case",
    "Mixed 12345678 CASE and \xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\xb1",
    "UMBEL:X/2222333344445555666677772222333344445555666677772222ABC",
};

static char *draw_svg(const char *text)
{
	struct buf b;
	char *s;

	buf_init(&b, OUT_MAX);
	assert_ok(qr_svg(text, &b));
	assert_ok(buf_put(&b, "", 1));
	s = xstrdup((const char *)b.data);
	assert_int_equal(strlen(s) + 1, b.len);
	buf_clear(&b);
	return s;
}

/* "M4 4h7v1h-7z", and nothing else, as often as it comes. */
static const char *take_rectangle(const char *s, struct grid *g)
{
	int x, y, w, back, n = 0;

	assert_int_equal(sscanf(s, "M%d %dh%dv1h-%dz%n", &x, &y, &w, &back, &n),
			 4);
	assert_true(n > 0 && w > 0 && w == back);
	assert_true(x >= QR_QUIET && x + w <= g->side - QR_QUIET);
	assert_true(y >= QR_QUIET && y < g->side - QR_QUIET);
	while (w-- > 0) {
		assert_false(g->dark[y][x + w]);
		g->dark[y][x + w] = true;
	}
	return s + n;
}

static void read_svg(const char *svg, struct grid *g)
{
	int width, height, a, b, c, d, n = 0;

	memset(g, 0, sizeof(*g));
	sscanf(svg,
	       "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
	       "height=\"%d\" viewBox=\"0 0 %d %d\" "
	       "shape-rendering=\"crispEdges\"><rect width=\"%d\" "
	       "height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"%n",
	       &width, &height, &a, &b, &c, &d, &n);
	assert_true(n > 0);
	assert_true(a == b && a == c && a == d && a <= SIDE_MAX);
	assert_true(width == height && width % a == 0 && width >= 4 * a);
	g->side = g->rows = a;
	svg += n;
	while (*svg == 'M')
		svg = take_rectangle(svg, g);
	assert_string_equal(svg, "\"/></svg>\n");
}

/* Drawn is what is light; below the last row there may be light only. */
static const char *take_block(const char *s, struct grid *g, int x)
{
	static const struct {
		const char *text;
		bool upper, lower;
	} forms[] = {{" ", true, true},
		     {"\u2580", false, true},
		     {"\u2584", true, false},
		     {"\u2588", false, false}};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		size_t n = strlen(forms[i].text);

		if (strncmp(s, forms[i].text, n) != 0)
			continue;
		g->dark[g->rows][x] = forms[i].upper;
		g->dark[g->rows + 1][x] = forms[i].lower;
		return s + n;
	}
	fail_msg("neither block nor blank: %.8s", s);
	return NULL;
}

static const char *pass(const char *s, const char *what)
{
	size_t n = strlen(what);

	assert_memory_equal(s, what, n);
	return s + n;
}

static void read_blocks(const char *text, bool colour, struct grid *g)
{
	struct buf b;
	const char *s;

	memset(g, 0, sizeof(*g));
	buf_init(&b, OUT_MAX);
	assert_ok(qr_blocks(text, colour, &b));
	assert_ok(buf_put(&b, "", 1));
	for (s = (const char *)b.data; *s; g->rows += 2) {
		int x = 0;

		s = pass(s, colour ? "\033[38;5;231;48;5;16m" : "");
		while (*s != '\n' && *s != '\033')
			s = take_block(s, g, x++);
		s = pass(s, colour ? "\033[0m\n" : "\n");
		assert_true(g->side == 0 || g->side == x);
		g->side = x;
	}
	buf_clear(&b);
	assert_true(g->rows == g->side + g->side % 2);
}

static void compare(const struct grid *g, const char *text)
{
	QRcode *want = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);

	assert_non_null(want);
	assert_int_equal(g->side, want->width + 2 * QR_QUIET);
	for (int y = 0; y < g->rows; y++)
		for (int x = 0; x < g->side; x++) {
			int qx = x - QR_QUIET, qy = y - QR_QUIET;
			bool in = qx >= 0 && qx < want->width && qy >= 0 &&
				  qy < want->width;
			bool dark = in && want->data[qy * want->width + qx] & 1;

			if (g->dark[y][x] != dark)
				fail_msg("%s: module %d,%d", text, qx, qy);
		}
	QRcode_free(want);
}

static void what_is_drawn_is_the_code(void **state)
{
	struct grid *g = xcalloc(1, sizeof(*g));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		char *svg = draw_svg(texts[i]), *again = draw_svg(texts[i]);

		assert_string_equal(svg, again);
		read_svg(svg, g);
		compare(g, texts[i]);
		read_blocks(texts[i], false, g);
		compare(g, texts[i]);
		read_blocks(texts[i], true, g);
		compare(g, texts[i]);
		free(svg);
		free(again);
	}
	free(g);
}

/* 132 characters: version 6 when all are alphanumeric, 8 as bytes. */
static void upper_case_takes_less_room(void **state)
{
	struct grid *g = xcalloc(1, sizeof(*g));
	char lower[sizeof(invite)];

	(void)state;
	assert_int_equal(strlen(invite), 132);
	for (size_t i = 0; i < sizeof(invite); i++)
		lower[i] =
		    invite[i] >= 'A' ? (char)(invite[i] | 0x20) : invite[i];
	read_blocks(invite, false, g);
	assert_int_equal(g->side, 41 + 2 * QR_QUIET);
	read_blocks(lower, false, g);
	assert_int_equal(g->side, 49 + 2 * QR_QUIET);
	free(g);
}

static void expect_refusal(const char *text, enum err want)
{
	struct buf b;

	buf_init(&b, OUT_MAX);
	assert_ok(buf_put(&b, "before", 6));
	assert_err(qr_svg(text, &b), want);
	assert_err(qr_blocks(text, true, &b), want);
	assert_int_equal(b.len, 6);
	buf_clear(&b);
}

static void bad_texts_are_refused(void **state)
{
	static const char *const bad[] = {
	    "a\nb",	"\033[2J",	"\x7f",		"\xff",	    "\xc3",
	    "\xc0\xaf", "\xed\xa0\x80", "\xe2\x80\xae", "\xc2\x9b",
	};
	char *big = xcalloc(1, 100001);

	(void)state;
	expect_refusal("", ERR_RANGE);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_refusal(bad[i], ERR_SYNTAX);
	memset(big, 'A', 100000);
	expect_refusal(big, ERR_RANGE);
	big[QR_TEXT_MAX + 1] = '\0';
	expect_refusal(big, ERR_RANGE);
	free(big);
}

/* Of bytes that fill the code worst, and of each kind of character. */
static void the_longest_text_is_drawn(void **state)
{
	struct grid *g = xcalloc(1, sizeof(*g));
	char *big = xcalloc(1, QR_TEXT_MAX + 1);

	(void)state;
	for (size_t kind = 0; kind < 3; kind++) {
		char *svg;

		for (size_t i = 0; i < QR_TEXT_MAX; i++)
			big[i] = kind == 0   ? '7'
				 : kind == 1 ? (char)('A' + i % 26)
					     : "aA1"[i % 3];
		svg = draw_svg(big);
		read_svg(svg, g);
		compare(g, big);
		free(svg);
	}
	free(big);
	free(g);
}

static enum err draw(bool svg, struct buf *b)
{
	return svg ? qr_svg("A", b) : qr_blocks("A", true, b);
}

/* All or nothing, however small the cap. */
static void a_full_buffer_gets_nothing(void **state)
{
	struct buf whole, b;

	(void)state;
	for (int svg = 0; svg < 2; svg++) {
		buf_init(&whole, OUT_MAX);
		assert_ok(draw(svg, &whole));
		for (size_t cap = 0; cap < whole.len; cap++) {
			buf_init(&b, cap);
			assert_err(draw(svg, &b), ERR_FULL);
			assert_int_equal(b.len, 0);
			buf_clear(&b);
		}
		buf_init(&b, whole.len);
		assert_ok(draw(svg, &b));
		assert_true(bytes_equal(buf_view(&b), buf_view(&whole)));
		buf_clear(&b);
		buf_clear(&whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_drawn_is_the_code),
	    cmocka_unit_test(upper_case_takes_less_room),
	    cmocka_unit_test(bad_texts_are_refused),
	    cmocka_unit_test(the_longest_text_is_drawn),
	    cmocka_unit_test(a_full_buffer_gets_nothing),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
