/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/parcel.h"

#include <stdbool.h>

#include "util/mem.h"
#include "util/text.h"

#define STRING_MAX 1024
#define CODE_MAX   999

static void store_be(uint8_t *out, uint64_t v, size_t n)
{
	while (n > 0) {
		out[--n] = (uint8_t)v;
		v >>= 8;
	}
}

static enum err put_number(struct buf *b, uint64_t v, size_t n)
{
	uint8_t raw[8];

	store_be(raw, v, n);
	return buf_put(b, raw, n);
}

static enum err put_string(struct buf *b, struct bytes s)
{
	enum err e;

	if (s.n > STRING_MAX)
		return ERR_RANGE;
	if (!ascii_is_printable(s.p, s.n))
		return ERR_SYNTAX;
	e = put_number(b, s.n, 2);
	return e == OK ? buf_put(b, s.p, s.n) : e;
}

static enum err put_post(struct buf *b, const struct parcel *p)
{
	const struct bytes s[] = {p->url, p->message_id, p->timestamp,
				  p->signature};
	enum err e = OK;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(s) && e == OK; i++)
		e = put_string(b, s[i]);
	return e == OK ? buf_put(b, p->body.p, p->body.n) : e;
}

static enum err put_content(struct buf *b, const struct parcel *p)
{
	enum err e;

	switch (p->type) {
	case PARCEL_RUN:
		e = put_number(b, p->hook, 1);
		return e == OK ? buf_put(b, p->body.p, p->body.n) : e;
	case PARCEL_POST: return put_post(b, p);
	case PARCEL_DROP: return OK;
	case PARCEL_END:
		e = put_number(b, p->end, 1);
		return e == OK ? put_number(b, p->code, 2) : e;
	}
	return ERR_STATE;
}

enum err parcel_put(struct buf *b, const struct parcel *p)
{
	uint8_t head[PARCEL_HEAD_BYTES] = {(uint8_t)p->type};
	size_t start = b->len;
	enum err e;

	if (p->body.n > PARCEL_BODY_MAX)
		return ERR_RANGE;
	e = buf_put(b, head, sizeof(head));
	if (e == OK)
		e = put_number(b, p->id, 8);
	if (e == OK)
		e = put_content(b, p);
	if (e == OK)
		store_be(b->data + start + 1,
			 b->len - start - PARCEL_HEAD_BYTES, 4);
	else
		b->len = start;
	return e;
}

/* What is left of a frame; sticky. */
struct reader {
	struct bytes left;
	bool is_bad;
};

static uint64_t take_number(struct reader *r, size_t n)
{
	uint64_t v = 0;

	if (r->left.n < n) {
		r->is_bad = true;
		return 0;
	}
	r->left.n -= n;
	while (n-- > 0)
		v = v << 8 | *r->left.p++;
	return v;
}

static struct bytes take_string(struct reader *r)
{
	size_t n = take_number(r, 2);
	struct bytes s = bytes_of(r->left.p, n);

	if (n > STRING_MAX || r->left.n < n || !ascii_is_printable(s.p, n)) {
		r->is_bad = true;
		return bytes_of(NULL, 0);
	}
	r->left = bytes_of(r->left.p + n, r->left.n - n);
	return s;
}

static void take_body(struct reader *r, struct parcel *p)
{
	p->body = r->left;
	r->left.n = 0;
	if (p->body.n == 0 || p->body.n > PARCEL_BODY_MAX)
		r->is_bad = true;
}

static void take_end(struct reader *r, struct parcel *p)
{
	p->end = (enum parcel_end)take_number(r, 1);
	p->code = (unsigned)take_number(r, 2);
	if (p->end < PARCEL_EXITED || p->end > PARCEL_GARBLED ||
	    p->code > CODE_MAX)
		r->is_bad = true;
}

static void take_content(struct reader *r, struct parcel *p)
{
	switch (p->type) {
	case PARCEL_RUN:
		p->hook = (unsigned)take_number(r, 1);
		r->is_bad |= p->hook >= PARCEL_HOOKS_MAX;
		take_body(r, p);
		break;
	case PARCEL_POST:
		p->url = take_string(r);
		p->message_id = take_string(r);
		p->timestamp = take_string(r);
		p->signature = take_string(r);
		take_body(r, p);
		break;
	case PARCEL_DROP: break;
	case PARCEL_END: take_end(r, p); break;
	}
}

enum err parcel_take(struct bytes in, size_t *n, struct parcel *p)
{
	struct parcel out = {.body = {NULL, 0}};
	struct reader r = {.left = in};
	uint64_t length;

	if (in.n < PARCEL_HEAD_BYTES)
		return ERR_SHORT;
	out.type = (enum parcel_type)take_number(&r, 1);
	length = take_number(&r, 4);
	if (out.type < PARCEL_RUN || out.type > PARCEL_END)
		return ERR_SYNTAX;
	if (length > PARCEL_FRAME_MAX - PARCEL_HEAD_BYTES)
		return ERR_RANGE;
	if (r.left.n < length)
		return ERR_SHORT;
	r.left.n = length;
	out.id = take_number(&r, 8);
	take_content(&r, &out);
	if (r.is_bad || r.left.n > 0)
		return ERR_SYNTAX;
	*n = PARCEL_HEAD_BYTES + length;
	*p = out;
	return OK;
}
