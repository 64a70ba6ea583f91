/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/qr.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <qrencode.h>
#include <sodium.h>

#include "util/text.h"

enum { PIXELS = 8 }; /* a module's side where nobody scales the picture */

/* The first error sticks, and nothing is put after it. */
struct pen {
	struct buf *out;
	size_t start; /* of what is drawn now */
	enum err err;
};

static void pen_put(struct pen *p, const char *s)
{
	if (p->err == OK)
		p->err = buf_put(p->out, s, strlen(s));
}

static void __attribute__((format(printf, 2, 3)))
pen_print(struct pen *p, const char *fmt, ...)
{
	char s[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	pen_put(p, s);
}

static enum err pen_end(struct pen *p)
{
	if (p->err != OK && p->out->len > p->start) {
		sodium_memzero(p->out->data + p->start, p->out->len - p->start);
		p->out->len = p->start;
	}
	return p->err;
}

static enum err encode(const char *text, QRcode **out)
{
	size_t n = strnlen(text, QR_TEXT_MAX + 1);
	QRcode *code;

	if (n == 0 || n > QR_TEXT_MAX)
		return ERR_RANGE;
	if (!utf8_is_label((const uint8_t *)text, n))
		return ERR_SYNTAX;
	/* Version 0 is the smallest that will do; for each part of the text
	 * the library takes the densest mode that can hold it. */
	code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
	if (!code)
		return ERR_FULL;
	*out = code;
	return OK;
}

/* The modules say what the text says, and that may be a secret. */
static void code_free(QRcode *code)
{
	sodium_memzero(code->data, (size_t)code->width * (size_t)code->width);
	QRcode_free(code);
}

/* All around the code it is light. */
static bool is_dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->data[y * code->width + x] & 1;
}

/* Each run of dark modules is a rectangle of the path. */
static void draw_row(struct pen *p, const QRcode *code, int y)
{
	int x, end;

	for (x = 0; x < code->width; x = end + 1) {
		for (end = x; is_dark(code, end, y); end++)
			;
		if (end > x)
			pen_print(p, "M%d %dh%dv1h-%dz", x + QR_QUIET,
				  y + QR_QUIET, end - x, end - x);
	}
}

enum err qr_svg(const char *text, struct buf *out)
{
	struct pen p = {.out = out, .start = out->len};
	QRcode *code;
	enum err e = encode(text, &code);
	int y, side;

	if (e != OK)
		return e;
	side = code->width + 2 * QR_QUIET;
	pen_print(&p,
		  "<svg xmlns=\"http://www.w3.org/2000/svg\" "
		  "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
		  "shape-rendering=\"crispEdges\">",
		  side * PIXELS, side * PIXELS, side, side);
	pen_print(&p, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>", side,
		  side);
	pen_put(&p, "<path fill=\"#000\" d=\"");
	for (y = 0; y < code->width; y++)
		draw_row(&p, code, y);
	pen_put(&p, "\"/></svg>\n");
	code_free(code);
	return pen_end(&p);
}

/* By which of the two modules is light: none, upper, lower, both. */
static const char *const blocks[] = {" ", "\u2580", "\u2584", "\u2588"};

/* White on black of the 256 colours: the first 16 are the user's to change. */
static const char colours[] = "\033[38;5;231;48;5;16m";
static const char no_colours[] = "\033[0m";

enum err qr_blocks(const char *text, bool colour, struct buf *out)
{
	struct pen p = {.out = out, .start = out->len};
	QRcode *code;
	enum err e = encode(text, &code);
	int x, y, end;

	if (e != OK)
		return e;
	end = code->width + QR_QUIET;
	for (y = -QR_QUIET; y < end; y += 2) {
		pen_put(&p, colour ? colours : "");
		for (x = -QR_QUIET; x < end; x++)
			pen_put(&p, blocks[!is_dark(code, x, y) +
					   2 * !is_dark(code, x, y + 1)]);
		pen_put(&p, colour ? no_colours : "");
		pen_put(&p, "\n");
	}
	code_free(code);
	return pen_end(&p);
}
