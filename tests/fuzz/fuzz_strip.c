/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_strip - any bytes as a picture: the same comes out whatever the pieces
 * are, there is never more of it than went in, and nothing is left to
 * be taken out of it.
 */
#include <stdlib.h>
#include <string.h>

#include "api/strip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err keep(void *ctx, struct bytes b)
{
	return buf_put(ctx, b.p, b.n);
}

static enum err strip_all(enum strip_kind kind, struct bytes in, size_t piece,
			  struct buf *out)
{
	struct strip *s = strip_new(kind, keep, out);
	enum err e = OK;

	buf_init(out, in.n);
	while (e == OK && in.n > 0) {
		size_t n = in.n < piece ? in.n : piece;

		e = strip_put(s, bytes_of(in.p, n));
		in.p += n;
		in.n -= n;
	}
	strip_free(s);
	return e;
}

static void must_be_same(struct buf *a, struct buf *b)
{
	if (!bytes_equal(buf_view(a), buf_view(b)))
		abort();
}

/* The first byte is the size of the pieces, and says of what kind it is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole, parts, again;
	enum strip_kind kind;
	enum err e;

	if (size < 1)
		return 0;
	kind = data[0] & 1 ? STRIP_PNG : STRIP_JPEG;
	e = strip_all(kind, bytes_of(data + 1, size - 1), size, &whole);
	if (e != OK && e != ERR_SYNTAX)
		abort();
	if (strip_all(kind, bytes_of(data + 1, size - 1), data[0] / 2u + 1,
		      &parts) != e)
		abort();
	must_be_same(&whole, &parts);
	if (strip_all(kind, buf_view(&whole), size, &again) != OK)
		abort();
	must_be_same(&whole, &again);
	buf_clear(&whole);
	buf_clear(&parts);
	buf_clear(&again);
	return 0;
}
