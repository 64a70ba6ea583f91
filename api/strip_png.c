/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/strip_inside.h"

#include <string.h>

#include "api/strip.h"
#include "util/mem.h"

enum {
	CHUNK_HEAD = 8,
	CHUNK_TAIL = 4, /* CRC */
	CHUNK_BYTES_MAX = 0x7fffffff,
};

/* What a picture is made of, an animated one too, and its colours. */
static const char stays[][5] = {
    "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP",
    "cICP", "mDCV", "cLLI", "sBIT", "bKGD", "pHYs", "acTL", "fcTL", "fdAT",
};

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *out, uint32_t v)
{
	for (int i = 3; i >= 0; i--) {
		out[i] = (uint8_t)v;
		v >>= 8;
	}
}

static uint32_t crc_of(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static bool is_type(const uint8_t *type, const char *name)
{
	return memcmp(type, name, 4) == 0;
}

static bool is_kept(const uint8_t *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(stays); i++)
		if (is_type(type, stays[i]))
			return true;
	return false;
}

static bool is_name(const uint8_t *type)
{
	for (int i = 0; i < 4; i++) {
		uint8_t c = type[i] & 0xdf;

		if (c < 'A' || c > 'Z')
			return false;
	}
	return true;
}

static enum err take_start(struct strip *s, struct bytes *in)
{
	enum strip_kind kind;

	if (!strip_hold(s, in, STRIP_MAGIC_BYTES))
		return OK;
	if (!strip_find(bytes_of(s->hold, s->held), &kind) || kind != STRIP_PNG)
		return ERR_SYNTAX;
	s->held = 0;
	s->is_first = true;
	s->state = STRIP_HEAD;
	return s->out(s->ctx, bytes_of(s->hold, STRIP_MAGIC_BYTES));
}

static enum err take_head(struct strip *s, struct bytes *in)
{
	const uint8_t *type = s->hold + 4;
	uint32_t n;

	if (!strip_hold(s, in, CHUNK_HEAD))
		return OK;
	n = get32(s->hold);
	if (n > CHUNK_BYTES_MAX || !is_name(type) ||
	    s->is_first != is_type(type, "IHDR"))
		return ERR_SYNTAX;
	/* A capital: without it there is no picture. */
	if (!is_kept(type) && !(type[0] & 0x20))
		return ERR_SYNTAX;
	s->is_first = false;
	s->left = (uint64_t)n + CHUNK_TAIL;
	if (is_type(type, "eXIf") && s->left <= STRIP_HELD_MAX) {
		s->state = STRIP_EXIF;
		s->held = 0;
		return OK;
	}
	s->state = is_kept(type) ? STRIP_KEEP : STRIP_DROP;
	/* With it the end of the picture is known. */
	s->code = is_type(type, "IEND");
	s->held = 0;
	return s->state == STRIP_KEEP
		   ? s->out(s->ctx, bytes_of(s->hold, CHUNK_HEAD))
		   : OK;
}

static enum err take_rest(struct strip *s, struct bytes *in)
{
	struct bytes part = bytes_of(in->p, in->n);
	bool is_kept_chunk = s->state == STRIP_KEEP;

	if (part.n > s->left)
		part.n = (size_t)s->left;
	in->p += part.n;
	in->n -= part.n;
	s->left -= part.n;
	if (s->left == 0)
		s->state = is_kept_chunk && s->code ? STRIP_OVER : STRIP_HEAD;
	return is_kept_chunk ? s->out(s->ctx, part) : OK;
}

static enum err take_exif(struct strip *s, struct bytes *in)
{
	uint8_t chunk[CHUNK_HEAD + EXIF_TIFF_BYTES + CHUNK_TAIL];
	unsigned way;

	if (!strip_hold(s, in, (size_t)s->left))
		return OK;
	way = exif_orientation(bytes_of(s->hold, s->held - CHUNK_TAIL));
	s->held = 0;
	s->state = STRIP_HEAD;
	/* Never more than there was. */
	if (way <= 1 || s->is_oriented ||
	    s->left < EXIF_TIFF_BYTES + CHUNK_TAIL)
		return OK;
	s->is_oriented = true;
	put32(chunk, EXIF_TIFF_BYTES);
	memcpy(chunk + 4, "eXIf", 4);
	exif_write(way, chunk + CHUNK_HEAD);
	put32(chunk + CHUNK_HEAD + EXIF_TIFF_BYTES,
	      crc_of(chunk + 4, 4 + EXIF_TIFF_BYTES));
	return s->out(s->ctx, bytes_of(chunk, sizeof(chunk)));
}

enum err strip_png(struct strip *s, struct bytes *in)
{
	switch (s->state) {
	case STRIP_START: return take_start(s, in);
	case STRIP_HEAD: return take_head(s, in);
	case STRIP_KEEP:
	case STRIP_DROP: return take_rest(s, in);
	case STRIP_EXIF: return take_exif(s, in);
	case STRIP_MARK:
	case STRIP_CODE:
	case STRIP_SEGMENT:
	case STRIP_SCAN:
	case STRIP_OVER: break;
	}
	return ERR_STATE;
}
