/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/wire.h"

#include <assert.h>
#include <string.h>

uint16_t be16_get(const uint8_t p[static 2])
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t be32_get(const uint8_t p[static 4])
{
	return (uint32_t)be16_get(p) << 16 | be16_get(p + 2);
}

uint64_t be64_get(const uint8_t p[static 8])
{
	return (uint64_t)be32_get(p) << 32 | be32_get(p + 4);
}

void be16_put(uint8_t p[static 2], uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void be32_put(uint8_t p[static 4], uint32_t v)
{
	be16_put(p, (uint16_t)(v >> 16));
	be16_put(p + 2, (uint16_t)v);
}

void be64_put(uint8_t p[static 8], uint64_t v)
{
	be32_put(p, (uint32_t)(v >> 32));
	be32_put(p + 4, (uint32_t)v);
}

void wire_read_init(struct wire_reader *r, struct bytes in)
{
	r->rest = in;
	r->err = OK;
}

struct bytes wire_read_bytes(struct wire_reader *r, uint64_t n)
{
	struct bytes b = {NULL, 0};

	if (r->err != OK)
		return b;
	if (n > r->rest.n) {
		r->err = ERR_SHORT;
		return b;
	}
	b = bytes_of(r->rest.p, (size_t)n);
	if (n > 0)
		r->rest = bytes_of(r->rest.p + n, r->rest.n - (size_t)n);
	return b;
}

uint8_t wire_read_u8(struct wire_reader *r)
{
	struct bytes b = wire_read_bytes(r, 1);

	return b.n ? b.p[0] : 0;
}

uint16_t wire_read_u16(struct wire_reader *r)
{
	struct bytes b = wire_read_bytes(r, 2);

	return b.n ? be16_get(b.p) : 0;
}

uint32_t wire_read_u32(struct wire_reader *r)
{
	struct bytes b = wire_read_bytes(r, 4);

	return b.n ? be32_get(b.p) : 0;
}

uint64_t wire_read_u64(struct wire_reader *r)
{
	struct bytes b = wire_read_bytes(r, 8);

	return b.n ? be64_get(b.p) : 0;
}

uint64_t wire_read_bigsize(struct wire_reader *r)
{
	uint8_t head = wire_read_u8(r);
	uint64_t v, least;

	if (head == 0xff) {
		v = wire_read_u64(r);
		least = 0x100000000;
	} else if (head == 0xfe) {
		v = wire_read_u32(r);
		least = 0x10000;
	} else if (head == 0xfd) {
		v = wire_read_u16(r);
		least = 0xfd;
	} else {
		return head;
	}
	/* PROTOCOL 1.2: A number MUST be encoded in the shortest of these
	 * forms. */
	if (r->err == OK && v < least)
		r->err = ERR_SYNTAX;
	return r->err == OK ? v : 0;
}

enum err wire_read_done(const struct wire_reader *r)
{
	if (r->err != OK)
		return r->err;
	return r->rest.n ? ERR_SYNTAX : OK;
}

void wire_write_init(struct wire_writer *w, void *p, size_t cap)
{
	w->p = p;
	w->len = 0;
	w->cap = cap;
}

static uint8_t *wire_room(struct wire_writer *w, size_t n)
{
	uint8_t *at = w->p + w->len;

	assert(n <= w->cap - w->len);
	w->len += n;
	return at;
}

void wire_write_u8(struct wire_writer *w, uint8_t v)
{
	*wire_room(w, 1) = v;
}

void wire_write_u16(struct wire_writer *w, uint16_t v)
{
	be16_put(wire_room(w, 2), v);
}

void wire_write_u32(struct wire_writer *w, uint32_t v)
{
	be32_put(wire_room(w, 4), v);
}

void wire_write_u64(struct wire_writer *w, uint64_t v)
{
	be64_put(wire_room(w, 8), v);
}

void wire_write_bigsize(struct wire_writer *w, uint64_t v)
{
	if (v < 0xfd) {
		wire_write_u8(w, (uint8_t)v);
	} else if (v < 0x10000) {
		wire_write_u8(w, 0xfd);
		wire_write_u16(w, (uint16_t)v);
	} else if (v < 0x100000000) {
		wire_write_u8(w, 0xfe);
		wire_write_u32(w, (uint32_t)v);
	} else {
		wire_write_u8(w, 0xff);
		wire_write_u64(w, v);
	}
}

void wire_write_bytes(struct wire_writer *w, struct bytes b)
{
	uint8_t *at = wire_room(w, b.n);

	if (b.n > 0)
		memcpy(at, b.p, b.n);
}

void wire_write_zeros(struct wire_writer *w, size_t n)
{
	uint8_t *at = wire_room(w, n);

	if (n > 0)
		memset(at, 0, n);
}

struct bytes wire_written(const struct wire_writer *w)
{
	return bytes_of(w->p, w->len);
}

void tlv_walk_init(struct tlv_walk *w, struct bytes in)
{
	wire_read_init(&w->rd, in);
	w->last = 0;
	w->count = 0;
}

bool tlv_walk_next(struct tlv_walk *w, uint64_t *type, struct bytes *value)
{
	struct wire_reader *r = &w->rd;
	uint64_t t;
	struct bytes v;

	if (r->err != OK || r->rest.n == 0)
		return false;
	t = wire_read_bigsize(r);
	v = wire_read_bytes(r, wire_read_bigsize(r));
	if (r->err != OK)
		return false;
	/* PROTOCOL 1.2: Types MUST start at 1 or above and MUST be strictly
	 * increasing. */
	if (t <= w->last || w->count == TLV_FIELDS_MAX) {
		r->err = ERR_SYNTAX;
		return false;
	}
	w->last = t;
	w->count++;
	*type = t;
	*value = v;
	return true;
}

static enum err tlv_take(struct tlv *f, struct bytes value)
{
	if (value.n < f->min || value.n > f->max)
		return ERR_RANGE;
	f->present = true;
	f->value = value;
	return OK;
}

static enum err tlv_run(struct bytes in, struct tlv *fields, size_t n,
			bool strict)
{
	struct tlv_walk w;
	struct bytes value;
	uint64_t type;
	size_t i = 0;

	tlv_walk_init(&w, in);
	while (tlv_walk_next(&w, &type, &value)) {
		enum err e;

		while (i < n && fields[i].type < type)
			i++;
		if (i < n && fields[i].type == type) {
			e = tlv_take(&fields[i], value);
			if (e != OK)
				return e;
		} else if (strict && type % 2 == 0) {
			/* PROTOCOL 1.2: A reader MUST refuse a stream with an
			 * even type that it does not know. */
			return ERR_SYNTAX;
		}
	}
	if (w.rd.err != OK)
		return w.rd.err;
	for (i = 0; i < n; i++)
		if (fields[i].required && !fields[i].present)
			return ERR_NOT_FOUND;
	return OK;
}

enum err tlv_read(struct bytes in, struct tlv *fields, size_t n)
{
	return tlv_run(in, fields, n, true);
}

enum err tlv_scan(struct bytes in, struct tlv *fields, size_t n)
{
	return tlv_run(in, fields, n, false);
}

void tlv_write(struct wire_writer *w, uint64_t type, struct bytes value)
{
	wire_write_bigsize(w, type);
	wire_write_bigsize(w, value.n);
	wire_write_bytes(w, value);
}

void tlv_write_u16(struct wire_writer *w, uint64_t type, uint16_t v)
{
	uint8_t b[2];

	be16_put(b, v);
	tlv_write(w, type, bytes_of(b, sizeof(b)));
}

void tlv_write_u32(struct wire_writer *w, uint64_t type, uint32_t v)
{
	uint8_t b[4];

	be32_put(b, v);
	tlv_write(w, type, bytes_of(b, sizeof(b)));
}

void tlv_write_u64(struct wire_writer *w, uint64_t type, uint64_t v)
{
	uint8_t b[8];

	be64_put(b, v);
	tlv_write(w, type, bytes_of(b, sizeof(b)));
}
