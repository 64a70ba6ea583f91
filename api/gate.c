/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/gate.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

#define STRING_MAX   UINT16_MAX
#define LENGTH_MAX   (INT64_C(1) << 53)
#define KEEP_IDLE    8192 /* an empty parser gives back more than this */
#define STATUS_FIRST 200
#define STATUS_LAST  599

static void store_be(uint8_t *out, uint64_t v, size_t n)
{
	while (n > 0) {
		out[--n] = (uint8_t)v;
		v >>= 8;
	}
}

static uint64_t load_be(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *p++;
	return v;
}

static enum err check_string(struct bytes s)
{
	if (s.n > STRING_MAX)
		return ERR_RANGE;
	return ascii_is_printable(s.p, s.n) ? OK : ERR_SYNTAX;
}

static enum err check_request(const struct gate_request *r)
{
	if (r->method < GATE_GET || r->method > GATE_DELETE ||
	    r->listener < GATE_TCP || r->listener > GATE_GUESTS)
		return ERR_SYNTAX;
	if (r->content_length < -1 || r->content_length > LENGTH_MAX)
		return ERR_RANGE;
	return r->target.n && r->target.p[0] == '/' ? OK : ERR_SYNTAX;
}

static enum err check_answer(const struct gate_answer *a)
{
	if (a->status < STATUS_FIRST || a->status > STATUS_LAST ||
	    a->content_length < -1 || a->content_length > LENGTH_MAX ||
	    a->header_count > GATE_HEADERS_MAX)
		return ERR_RANGE;
	return OK;
}

/* Encoding: a frame is built at the end of b, and cut off again if it did
 * not fit. */

static enum err put_number(struct buf *b, uint64_t v, size_t n)
{
	uint8_t raw[8];

	store_be(raw, v, n);
	return buf_put(b, raw, n);
}

static enum err put_string(struct buf *b, struct bytes s)
{
	enum err e = check_string(s);

	if (e == OK)
		e = put_number(b, s.n, 2);
	return e == OK ? buf_put(b, s.p, s.n) : e;
}

static enum err put_strings(struct buf *b, const struct bytes *s, size_t count)
{
	enum err e = OK;
	size_t i;

	for (i = 0; i < count && e == OK; i++)
		e = put_string(b, s[i]);
	return e;
}

static enum err put_head(struct buf *b, enum gate_type type, size_t n)
{
	uint8_t head[GATE_HEAD_BYTES];

	head[0] = (uint8_t)type;
	store_be(head + 1, n, 4);
	return buf_put(b, head, sizeof(head));
}

/* Fills in the length of the frame that begins at start, or removes it. */
static enum err finish(struct buf *b, size_t start, enum err e)
{
	size_t n = b->len - start;

	if (e == OK && n > GATE_HEAD_BYTES + GATE_FRAME_MAX)
		e = ERR_RANGE;
	if (e == OK)
		store_be(b->data + start + 1, n - GATE_HEAD_BYTES, 4);
	else
		b->len = start;
	return e;
}

static enum err put_request_body(struct buf *b, const struct gate_request *r)
{
	const struct bytes s[] = {
	    r->target,	      r->authorization,	  r->content_type, r->accept,
	    r->last_event_id, r->if_none_match,	  r->range,	   r->if_range,
	    r->upload_offset, r->upload_complete, r->request_id};
	enum err e = put_number(b, r->method, 1);

	if (e == OK)
		e = put_number(b, r->listener, 1);
	if (e == OK)
		e = put_number(b, (uint64_t)r->content_length, 8);
	return e == OK ? put_strings(b, s, ARRAY_SIZE(s)) : e;
}

enum err gate_put_request(struct buf *b, const struct gate_request *r)
{
	size_t start = b->len;
	enum err e = check_request(r);

	if (e == OK)
		e = put_head(b, GATE_REQUEST, 0);
	if (e == OK)
		e = put_request_body(b, r);
	return finish(b, start, e);
}

static enum err put_answer_body(struct buf *b, const struct gate_answer *a)
{
	const struct bytes s[] = {a->content_type, a->etag, a->location};
	enum err e = put_number(b, a->status, 2);
	size_t i;

	if (e == OK)
		e = put_number(b, (uint64_t)a->content_length, 8);
	if (e == OK)
		e = put_strings(b, s, ARRAY_SIZE(s));
	if (e == OK)
		e = put_number(b, a->header_count, 1);
	for (i = 0; i < a->header_count && e == OK; i++) {
		e = a->headers[i].name.n ? OK : ERR_SYNTAX;
		if (e == OK)
			e = put_string(b, a->headers[i].name);
		if (e == OK)
			e = put_string(b, a->headers[i].value);
	}
	return e;
}

enum err gate_put_answer(struct buf *b, const struct gate_answer *a)
{
	size_t start = b->len;
	enum err e = check_answer(a);

	if (e == OK)
		e = put_head(b, GATE_ANSWER, 0);
	if (e == OK)
		e = put_answer_body(b, a);
	return finish(b, start, e);
}

enum err gate_put_data(struct buf *b, enum gate_type type, const void *p,
		       size_t n)
{
	size_t start = b->len;
	const uint8_t *at = p;
	enum err e = OK;

	assert(type == GATE_BODY || type == GATE_DATA);
	while (n > 0 && e == OK) {
		size_t part = n < GATE_FRAME_MAX ? n : GATE_FRAME_MAX;

		e = put_head(b, type, part);
		if (e == OK)
			e = buf_put(b, at, part);
		at += part;
		n -= part;
	}
	if (e != OK)
		b->len = start;
	return e;
}

enum err gate_put_end(struct buf *b, enum gate_type type)
{
	assert(type == GATE_END || type == GATE_DONE);
	return put_head(b, type, 0);
}

/* Decoding. */

static enum err get_number(struct bytes *in, size_t n, uint64_t *out)
{
	if (in->n < n)
		return ERR_SYNTAX;
	*out = load_be(in->p, n);
	in->p += n;
	in->n -= n;
	return OK;
}

static enum err get_string(struct bytes *in, struct bytes *out)
{
	uint64_t n;

	if (get_number(in, 2, &n) != OK || in->n < n)
		return ERR_SYNTAX;
	*out = bytes_of(in->p, (size_t)n);
	in->p += n;
	in->n -= (size_t)n;
	return ascii_is_printable(out->p, out->n) ? OK : ERR_SYNTAX;
}

static enum err get_strings(struct bytes *in, struct bytes *const *out,
			    size_t count)
{
	enum err e = OK;
	size_t i;

	for (i = 0; i < count && e == OK; i++)
		e = get_string(in, out[i]);
	return e;
}

static enum err get_request(struct bytes in, struct gate_request *r)
{
	struct bytes *const s[] = {
	    &r->target,		 &r->authorization, &r->content_type,
	    &r->accept,		 &r->last_event_id, &r->if_none_match,
	    &r->range,		 &r->if_range,	    &r->upload_offset,
	    &r->upload_complete, &r->request_id};
	uint64_t method, listener, length;

	if (get_number(&in, 1, &method) != OK ||
	    get_number(&in, 1, &listener) != OK ||
	    get_number(&in, 8, &length) != OK ||
	    get_strings(&in, s, ARRAY_SIZE(s)) != OK || in.n > 0)
		return ERR_SYNTAX;
	r->method = (enum gate_method)method;
	r->listener = (enum gate_listener)listener;
	r->content_length = (int64_t)length;
	return check_request(r);
}

static enum err get_headers(struct bytes *in, struct gate_answer *a)
{
	uint64_t count;
	size_t i;

	if (get_number(in, 1, &count) != OK || count > GATE_HEADERS_MAX)
		return ERR_SYNTAX;
	for (i = 0; i < count; i++)
		if (get_string(in, &a->headers[i].name) != OK ||
		    get_string(in, &a->headers[i].value) != OK ||
		    a->headers[i].name.n == 0)
			return ERR_SYNTAX;
	a->header_count = (size_t)count;
	return OK;
}

static enum err get_answer(struct bytes in, struct gate_answer *a)
{
	struct bytes *const s[] = {&a->content_type, &a->etag, &a->location};
	uint64_t status, length;

	if (get_number(&in, 2, &status) != OK ||
	    get_number(&in, 8, &length) != OK ||
	    get_strings(&in, s, ARRAY_SIZE(s)) != OK ||
	    get_headers(&in, a) != OK || in.n > 0)
		return ERR_SYNTAX;
	a->status = (unsigned)status;
	a->content_length = (int64_t)length;
	return check_answer(a);
}

void gate_parser_init(struct gate_parser *p, enum gate_half half)
{
	*p = (struct gate_parser){.half = half};
	buf_init(&p->in, GATE_PARSER_BYTES);
}

void gate_parser_clear(struct gate_parser *p)
{
	buf_clear(&p->in);
	gate_parser_init(p, p->half);
}

static void drop_used(struct gate_parser *p)
{
	buf_drop(&p->in, p->used);
	p->used = 0;
	if (p->in.len == 0 && p->in.cap > KEEP_IDLE)
		buf_clear(&p->in);
}

enum err gate_parser_put(struct gate_parser *p, const void *data, size_t n)
{
	drop_used(p);
	return buf_put(&p->in, data, n);
}

static enum err take_head(struct gate_parser *p, struct bytes body,
			  struct gate_frame *f)
{
	enum err e;

	if (p->open)
		return ERR_STATE;
	if (f->type == GATE_REQUEST) {
		e = get_request(body, &f->request);
		p->left = f->request.content_length;
		if (p->left < 0)
			p->left = 0;
	} else {
		e = get_answer(body, &f->answer);
		p->left = f->answer.content_length;
	}
	p->open = e == OK;
	return e;
}

static enum err take_data(struct gate_parser *p, struct bytes body,
			  struct gate_frame *f)
{
	if (!p->open)
		return ERR_STATE;
	if (body.n == 0)
		return ERR_SYNTAX;
	if (p->left >= 0) {
		if (body.n > (uint64_t)p->left)
			return ERR_RANGE;
		p->left -= (int64_t)body.n;
	}
	f->data = body;
	return OK;
}

static enum err take_end(struct gate_parser *p, struct bytes body)
{
	if (!p->open)
		return ERR_STATE;
	if (body.n > 0 || (p->half == GATE_REQUESTS && p->left > 0))
		return ERR_SYNTAX;
	p->open = false;
	return OK;
}

/* REQUEST, BODY, END are 1 to 3, ANSWER, DATA, DONE follow in the same
 * order. */
static enum err take_frame(struct gate_parser *p, uint8_t type,
			   struct bytes body, struct gate_frame *f)
{
	uint8_t first = p->half == GATE_REQUESTS ? GATE_REQUEST : GATE_ANSWER;

	if (type < first || type > first + 2)
		return ERR_SYNTAX;
	*f = (struct gate_frame){.type = (enum gate_type)type};
	if (type == first)
		return take_head(p, body, f);
	if (type == first + 1)
		return take_data(p, body, f);
	return take_end(p, body);
}

enum err gate_parser_take(struct gate_parser *p, struct gate_frame *f)
{
	struct gate_frame found;
	const uint8_t *at;
	size_t have, n;

	if (p->failed != OK)
		return p->failed;
	have = p->in.len - p->used;
	/* It may be long until there is more. */
	if (have == 0)
		drop_used(p);
	if (have < GATE_HEAD_BYTES)
		return ERR_SHORT;
	at = p->in.data + p->used;
	n = (size_t)load_be(at + 1, 4);
	if (n > GATE_FRAME_MAX) {
		p->failed = ERR_RANGE;
		return p->failed;
	}
	if (have - GATE_HEAD_BYTES < n)
		return ERR_SHORT;
	p->failed =
	    take_frame(p, at[0], bytes_of(at + GATE_HEAD_BYTES, n), &found);
	p->used += GATE_HEAD_BYTES + n;
	if (p->failed == OK)
		*f = found;
	return p->failed;
}

bool gate_parser_is_idle(const struct gate_parser *p)
{
	return !p->open && p->failed == OK && p->in.len == p->used;
}
