/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/doc_set.h"

#include <string.h>

struct doc_set doc_set_below(size_t n)
{
	struct doc_set s = {{0}};
	size_t i;

	memset(s.bits, 0xff, n / 8);
	for (i = n / 8 * 8; i < n; i++)
		doc_set_put(&s, i);
	return s;
}

void doc_set_put(struct doc_set *s, size_t doc)
{
	s->bits[doc / 8] |= (uint8_t)(1u << doc % 8);
}

void doc_set_take(struct doc_set *s, size_t doc)
{
	s->bits[doc / 8] &= (uint8_t) ~(1u << doc % 8);
}

bool doc_set_has(const struct doc_set *s, size_t doc)
{
	return s->bits[doc / 8] >> doc % 8 & 1;
}

size_t doc_set_count(const struct doc_set *s)
{
	size_t i, n = 0;

	for (i = 0; i < sizeof(s->bits); i++)
		n += (size_t)__builtin_popcount(s->bits[i]);
	return n;
}

void doc_set_intersect(struct doc_set *s, const struct doc_set *other)
{
	size_t i;

	for (i = 0; i < sizeof(s->bits); i++)
		s->bits[i] &= other->bits[i];
}

void doc_set_unite(struct doc_set *s, const struct doc_set *other)
{
	size_t i;

	for (i = 0; i < sizeof(s->bits); i++)
		s->bits[i] |= other->bits[i];
}

/* A gap below 128 is one byte; others are two, the upper half first and with
 * its highest bit set. */
static size_t write_gaps(const struct doc_set *s,
			 uint8_t out[static DOC_SET_BYTES])
{
	size_t doc, gap = 0, n = 0;

	for (doc = 0; doc < DOCS_MAX && n + 2 < DOC_SET_BYTES; doc++, gap++) {
		if (!doc_set_has(s, doc))
			continue;
		if (gap >= 0x80)
			out[n++] = (uint8_t)(0x80 | gap >> 7);
		out[n++] = (uint8_t)(gap & 0x7f);
		gap = (size_t)-1;
	}
	return doc == DOCS_MAX ? n : DOC_SET_BYTES;
}

size_t doc_set_write(const struct doc_set *s, uint8_t out[static DOC_SET_BYTES])
{
	size_t n = write_gaps(s, out);

	if (n == DOC_SET_BYTES)
		memcpy(out, s->bits, DOC_SET_BYTES);
	return n;
}

static bool take_gap(struct bytes *in, size_t *gap)
{
	size_t n = in->p[0] & 0x80 ? 2 : 1;

	if (in->n < n || in->p[n - 1] & 0x80)
		return false;
	*gap = n == 2 ? (size_t)(in->p[0] & 0x7f) << 7 | in->p[1] : in->p[0];
	*in = bytes_of(in->p + n, in->n - n);
	return n == 1 || *gap >= 0x80;
}

enum err doc_set_read(struct bytes in, struct doc_set *out)
{
	size_t doc = 0, gap;

	memset(out, 0, sizeof(*out));
	if (in.n == DOC_SET_BYTES) {
		memcpy(out->bits, in.p, DOC_SET_BYTES);
		return OK;
	}
	if (in.n == 0 || in.n > DOC_SET_BYTES)
		return ERR_SYNTAX;
	while (in.n > 0) {
		if (!take_gap(&in, &gap) || doc + gap >= DOCS_MAX)
			return ERR_SYNTAX;
		doc_set_put(out, doc + gap);
		doc += gap + 1;
	}
	return OK;
}
