/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/strip.h"

#include <string.h>

#include "api/strip_inside.h"
#include "util/mem.h"

bool strip_find(struct bytes start, enum strip_kind *kind)
{
	static const uint8_t jpeg[] = {0xff, 0xd8, 0xff};
	static const uint8_t png[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};

	if (start.n >= sizeof(jpeg) &&
	    memcmp(start.p, jpeg, sizeof(jpeg)) == 0) {
		*kind = STRIP_JPEG;
		return true;
	}
	if (start.n >= sizeof(png) && memcmp(start.p, png, sizeof(png)) == 0) {
		*kind = STRIP_PNG;
		return true;
	}
	return false;
}

bool strip_hold(struct strip *s, struct bytes *in, size_t want)
{
	size_t n = want - s->held;

	if (n > in->n)
		n = in->n;
	memcpy(s->hold + s->held, in->p, n);
	s->held += n;
	in->p += n;
	in->n -= n;
	return s->held == want;
}

struct strip *strip_new(enum strip_kind kind, strip_out_fn *out, void *ctx)
{
	struct strip *s = xcalloc(1, sizeof(*s));

	s->kind = kind;
	s->out = out;
	s->ctx = ctx;
	return s;
}

enum err strip_put(struct strip *s, struct bytes in)
{
	enum err e = OK;

	while (e == OK && in.n > 0 && s->state != STRIP_OVER)
		e = s->kind == STRIP_JPEG ? strip_jpeg(s, &in)
					  : strip_png(s, &in);
	return e;
}

void strip_free(struct strip *s)
{
	xfree(s, sizeof(*s));
}
