/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/strip_inside.h"

#include <string.h>

enum {
	SOI = 0xd8,
	EOI = 0xd9,
	SOS = 0xda,
	APP0 = 0xe0,
	APP1 = 0xe1,
	APP2 = 0xe2,
	APP14 = 0xee,
	APP15 = 0xef,
	COM = 0xfe,
	JFIF_BYTES = 14, /* what follows the length, without its thumbnail */
};

static bool begins(struct bytes b, const char *name, size_t n)
{
	return b.n >= n && memcmp(b.p, name, n) == 0;
}

static enum err put_segment(struct strip *s, uint8_t code, struct bytes body)
{
	const uint8_t head[] = {0xff, code, (uint8_t)((body.n + 2) >> 8),
				(uint8_t)(body.n + 2)};
	enum err e = s->out(s->ctx, bytes_of(head, sizeof(head)));

	return e || body.n == 0 ? e : s->out(s->ctx, body);
}

/* Of its thumbnail only that there is none. */
static enum err put_jfif(struct strip *s, struct bytes body)
{
	uint8_t jfif[JFIF_BYTES];

	if (body.n < sizeof(jfif))
		return ERR_SYNTAX;
	memcpy(jfif, body.p, sizeof(jfif));
	jfif[12] = jfif[13] = 0;
	return put_segment(s, APP0, bytes_of(jfif, sizeof(jfif)));
}

static enum err put_exif(struct strip *s, struct bytes body)
{
	uint8_t exif[6 + EXIF_TIFF_BYTES] = "Exif\0";
	unsigned way = exif_orientation(bytes_of(body.p + 6, body.n - 6));

	/* Never more than there was. */
	if (way <= 1 || s->is_oriented || body.n < sizeof(exif))
		return OK;
	s->is_oriented = true;
	exif_write(way, exif + 6);
	return put_segment(s, APP1, bytes_of(exif, sizeof(exif)));
}

/* Tables, frames and scans: SOF, DHT, DAC, SOS, DQT, DNL, DRI, DHP, EXP. */
static bool is_image_data(uint8_t code)
{
	return (code >= 0xc0 && code <= 0xcf && code != 0xc8) ||
	       (code >= SOS && code <= 0xdf);
}

static enum err judge(struct strip *s, struct bytes body)
{
	if (is_image_data(s->code))
		return put_segment(s, s->code, body);
	if (s->code == APP0 && begins(body, "JFIF", 5))
		return put_jfif(s, body);
	if (s->code == APP1 && begins(body, "Exif\0", 6))
		return put_exif(s, body);
	if ((s->code == APP2 && begins(body, "ICC_PROFILE", 12)) ||
	    (s->code == APP14 && begins(body, "Adobe", 5)))
		return put_segment(s, s->code, body);
	/* Others are needed for a picture of another kind, such as JPEG-LS:
	 * without them it would be none. */
	return (s->code >= APP0 && s->code <= APP15) || s->code == COM
		   ? OK
		   : ERR_SYNTAX;
}

static enum err take_segment(struct strip *s, struct bytes *in)
{
	size_t n;
	enum err e;

	if (s->held < 2 && !strip_hold(s, in, 2))
		return OK;
	n = (size_t)s->hold[0] << 8 | s->hold[1];
	if (n < 2)
		return ERR_SYNTAX;
	if (!strip_hold(s, in, n))
		return OK;
	e = judge(s, bytes_of(s->hold + 2, n - 2));
	s->held = 0;
	s->after_ff = false;
	s->state = s->code == SOS ? STRIP_SCAN : STRIP_MARK;
	return e;
}

static enum err take_code(struct strip *s, uint8_t code)
{
	static const uint8_t end[] = {0xff, EOI};

	s->code = code;
	if (code == 0xff) /* fill bytes are as many as they like */
		return OK;
	if (code == EOI) {
		s->state = STRIP_OVER;
		return s->out(s->ctx, bytes_of(end, sizeof(end)));
	}
	/* Those without a length have no place between segments. */
	if (code <= 0x01 || (code >= 0xd0 && code <= SOI))
		return ERR_SYNTAX;
	s->state = STRIP_SEGMENT;
	return OK;
}

static bool is_in_scan(uint8_t after_ff)
{
	return after_ff == 0 || (after_ff >= 0xd0 && after_ff <= 0xd7);
}

/* Copies to the next marker that ends the scan. */
static enum err take_scan(struct strip *s, struct bytes *in)
{
	static const uint8_t ff = 0xff;
	const uint8_t *at;
	enum err e;
	size_t n;

	if (s->after_ff && !is_in_scan(in->p[0])) {
		s->after_ff = false;
		s->state = STRIP_CODE;
		return OK;
	}
	if (s->after_ff && (e = s->out(s->ctx, bytes_of(&ff, 1))))
		return e;
	s->after_ff = false;
	/* The byte after 0xff is data here, whatever it is. */
	at = memchr(in->p, 0xff, in->n);
	n = at ? (size_t)(at - in->p) : in->n;
	e = n ? s->out(s->ctx, bytes_of(in->p, n)) : OK;
	s->after_ff = at != NULL;
	n += at != NULL;
	in->p += n;
	in->n -= n;
	return e;
}

static enum err take_start(struct strip *s, struct bytes *in)
{
	static const uint8_t start[] = {0xff, SOI};

	if (!strip_hold(s, in, sizeof(start)))
		return OK;
	if (memcmp(s->hold, start, sizeof(start)) != 0)
		return ERR_SYNTAX;
	s->held = 0;
	s->state = STRIP_MARK;
	return s->out(s->ctx, bytes_of(start, sizeof(start)));
}

static uint8_t take_byte(struct bytes *in)
{
	in->n--;
	return *in->p++;
}

enum err strip_jpeg(struct strip *s, struct bytes *in)
{
	switch (s->state) {
	case STRIP_START: return take_start(s, in);
	case STRIP_MARK:
		s->state = STRIP_CODE;
		return take_byte(in) == 0xff ? OK : ERR_SYNTAX;
	case STRIP_CODE: return take_code(s, take_byte(in));
	case STRIP_SEGMENT: return take_segment(s, in);
	case STRIP_SCAN: return take_scan(s, in);
	case STRIP_HEAD:
	case STRIP_KEEP:
	case STRIP_DROP:
	case STRIP_EXIF:
	case STRIP_OVER: break;
	}
	return ERR_STATE;
}
