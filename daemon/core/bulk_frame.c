/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/bulk_frame.h"

#include <assert.h>
#include <string.h>

static void put_chunk(struct wire_writer *w, const struct frame_chunk *c)
{
	wire_write_bytes(w, bytes_of(c->fid.b, sizeof(c->fid.b)));
	wire_write_u32(w, c->index);
}

/* Memory for the head of the longest of them. */
struct head {
	struct wire_writer w;
	uint8_t mem[FRAME_DATA_HEAD_BYTES + DATA_BYTES_MAX];
};

static void put_frame(struct wire_writer *w, enum frame_type type,
		      const struct wire_writer *body)
{
	frame_write(w, type, wire_written(body));
}

void frame_write_want(struct wire_writer *w, uint8_t count)
{
	assert(count <= WANT_COUNT_MAX);
	frame_write(w, FRAME_WANT, bytes_of(&count, 1));
}

void frame_write_chunk(struct wire_writer *w, enum frame_type type,
		       const struct frame_chunk *c)
{
	uint8_t mem[FRAME_REQ_BYTES];
	struct wire_writer b;

	wire_write_init(&b, mem, sizeof(mem));
	put_chunk(&b, c);
	put_frame(w, type, &b);
}

void frame_write_nak(struct wire_writer *w, const struct frame_chunk *c,
		     enum nak_reason reason)
{
	uint8_t mem[FRAME_NAK_BYTES];
	struct wire_writer b;

	wire_write_init(&b, mem, sizeof(mem));
	put_chunk(&b, c);
	wire_write_u8(&b, (uint8_t)reason);
	put_frame(w, FRAME_NAK, &b);
}

void frame_write_data(struct wire_writer *w, const struct frame_data *d)
{
	struct head h;

	assert(d->bytes.n >= 1 && d->bytes.n <= DATA_BYTES_MAX);
	wire_write_init(&h.w, h.mem, sizeof(h.mem));
	put_chunk(&h.w, &d->at);
	wire_write_u32(&h.w, d->offset);
	wire_write_bytes(&h.w, d->bytes);
	put_frame(w, FRAME_DATA, &h.w);
}

static void read_chunk(struct wire_reader *r, struct frame_chunk *c)
{
	struct bytes fid = wire_read_bytes(r, sizeof(c->fid.b));

	if (r->err == OK)
		memcpy(c->fid.b, fid.p, sizeof(c->fid.b));
	c->index = wire_read_u32(r);
}

enum err frame_read_want(const struct frame *f, uint8_t *count)
{
	if (f->body.n != 1)
		return ERR_SYNTAX;
	if (f->body.p[0] > WANT_COUNT_MAX)
		return ERR_RANGE;
	*count = f->body.p[0];
	return OK;
}

enum err frame_read_chunk(const struct frame *f, struct frame_chunk *c)
{
	struct wire_reader r;
	struct frame_chunk got;
	enum err err;

	wire_read_init(&r, f->body);
	read_chunk(&r, &got);
	err = wire_read_done(&r);
	if (err == OK)
		*c = got;
	return err;
}

enum err frame_read_nak(const struct frame *f, struct frame_chunk *c,
			uint8_t *reason)
{
	struct wire_reader r;
	struct frame_chunk got;
	uint8_t why;
	enum err err;

	wire_read_init(&r, f->body);
	read_chunk(&r, &got);
	why = wire_read_u8(&r);
	err = wire_read_done(&r);
	if (err != OK)
		return err;
	*c = got;
	*reason = why;
	return OK;
}

enum err frame_read_data(const struct frame *f, struct frame_data *d)
{
	struct wire_reader r;
	struct frame_data got;

	wire_read_init(&r, f->body);
	read_chunk(&r, &got.at);
	got.offset = wire_read_u32(&r);
	if (r.err != OK)
		return r.err;
	got.bytes = r.rest;
	if (got.bytes.n < 1 || got.bytes.n > DATA_BYTES_MAX)
		return ERR_RANGE;
	*d = got;
	return OK;
}
