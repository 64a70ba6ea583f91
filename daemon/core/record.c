/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/record.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

/* PROTOCOL 5.1: The plaintext of a record MUST have 470, 958, 1934, 3886,
 * 7790 or 15598 bytes. */
static const uint16_t sizes[] = {470, 958, 1934, 3886, 7790, RECORD_PLAIN_MAX};

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

void record_channel_clear(struct record_channel *c)
{
	sodium_memzero(c, sizeof(*c));
}

void record_begin(struct record_builder *b)
{
	wire_write_init(&b->w, b->plain, sizeof(b->plain));
}

size_t record_room(const struct record_builder *b)
{
	return b->w.cap - b->w.len;
}

void record_builder_clear(struct record_builder *b)
{
	sodium_memzero(b, sizeof(*b));
	record_begin(b);
}

/* PROTOCOL 5.1: Both ends MUST rekey a direction after each 1024 records. */
static void rekey_if_due(struct noise_cipher *c)
{
	if (c->n % RECORD_REKEY == 0)
		noise_rekey(c);
}

size_t record_seal(struct record_builder *b, struct record_channel *c,
		   uint8_t out[static RECORD_WIRE_MAX])
{
	size_t i = 0, n;

	while (sizes[i] < b->w.len)
		i++;
	wire_write_zeros(&b->w, sizes[i] - b->w.len);
	n = sizes[i] + (size_t)NOISE_TAG_BYTES;
	be16_put(out, (uint16_t)n);
	noise_seal(&c->send, bytes_of(NULL, 0), wire_written(&b->w),
		   out + RECORD_HEAD_BYTES);
	rekey_if_due(&c->send);
	sodium_memzero(b->plain, sizes[i]);
	record_begin(b);
	return RECORD_HEAD_BYTES + n;
}

/* PROTOCOL 5.1: A receiver MUST end the link at a length that belongs to none
 * of these sizes, before it reads on. */
enum err record_size(const uint8_t head[static RECORD_HEAD_BYTES],
		     size_t *wire_bytes)
{
	size_t n = be16_get(head);
	size_t i;

	for (i = 0; i < SIZES; i++) {
		if (n != sizes[i] + (size_t)NOISE_TAG_BYTES)
			continue;
		*wire_bytes = RECORD_HEAD_BYTES + n;
		return OK;
	}
	return ERR_RANGE;
}

enum err record_open(struct record_channel *c, struct bytes wire,
		     uint8_t plain[static RECORD_PLAIN_MAX], size_t *n)
{
	size_t wire_bytes;
	enum err e;

	if (wire.n < RECORD_HEAD_BYTES)
		return ERR_SHORT;
	e = record_size(wire.p, &wire_bytes);
	if (e != OK)
		return e;
	if (wire.n != wire_bytes)
		return ERR_RANGE;
	e = noise_open(
	    &c->recv, bytes_of(NULL, 0),
	    bytes_of(wire.p + RECORD_HEAD_BYTES, wire.n - RECORD_HEAD_BYTES),
	    plain);
	if (e != OK)
		return e;
	rekey_if_due(&c->recv);
	*n = wire.n - RECORD_HEAD_BYTES - NOISE_TAG_BYTES;
	return OK;
}

/* The next frame of any type; false at the padding or the end. */
static bool read_frame(struct wire_reader *r, uint8_t *type, struct bytes *body)
{
	if (r->err != OK || r->rest.n == 0 || r->rest.p[0] == FRAME_PAD)
		return false;
	*type = wire_read_u8(r);
	*body = wire_read_bytes(r, wire_read_u16(r));
	return r->err == OK;
}

/* PROTOCOL 5.2: A receiver MUST check the whole record before it acts upon
 * any frame in it, and MUST end the link if one of these rules is broken. */
enum err record_reader_init(struct record_reader *out, struct bytes plain)
{
	struct wire_reader r;
	struct bytes body;
	uint8_t type;

	wire_read_init(&r, plain);
	while (read_frame(&r, &type, &body))
		if (frame_fate(type) == FRAME_REFUSE)
			return ERR_SYNTAX;
	if (r.err != OK)
		return ERR_SYNTAX;
	/* PROTOCOL 5.2: Everything after the last frame MUST be zero. */
	if (r.rest.n > 0 && !sodium_is_zero(r.rest.p, r.rest.n))
		return ERR_SYNTAX;
	out->rest = bytes_of(plain.p, plain.n - r.rest.n);
	return OK;
}

bool record_next(struct record_reader *reader, struct frame *f)
{
	struct wire_reader r;
	struct bytes body;
	uint8_t type;

	wire_read_init(&r, reader->rest);
	while (read_frame(&r, &type, &body)) {
		reader->rest = r.rest;
		if (frame_fate(type) != FRAME_KNOWN)
			continue;
		f->type = (enum frame_type)type;
		f->body = body;
		return true;
	}
	return false;
}

bool record_is_single(const struct record_reader *r)
{
	struct record_reader rest = *r;
	struct frame f;

	return record_next(&rest, &f) && !record_next(&rest, &f);
}
