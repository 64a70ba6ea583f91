/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/frame.h"

#include <assert.h>
#include <string.h>

#include "util/mem.h"

enum { RANGE_BYTES = 16 };

/* Field types of HELLO. */
enum {
	HELLO_FEATURES = 1,
	HELLO_RECV_NEXT = 2,
	HELLO_SACK = 3,
	HELLO_WINDOW = 5,
	HELLO_CHAIN = 7,
};

enum frame_fate frame_fate(uint8_t type)
{
	switch ((enum frame_type)type) {
	case FRAME_PAD:
	case FRAME_HELLO:
	case FRAME_PING:
	case FRAME_PONG:
	case FRAME_CLOSE:
	case FRAME_MSG:
	case FRAME_ACK:
	case FRAME_CLAIM:
	case FRAME_CLAIM_OK:
	case FRAME_CARD:
	case FRAME_CARD_OK:
	case FRAME_PAIRED:
	case FRAME_EPH:
	case FRAME_KNOCK:
	case FRAME_KNOCK_OK:
	case FRAME_REKEY_PROP:
	case FRAME_REKEY_ACK:
	case FRAME_REKEY_COMMIT:
	case FRAME_REKEY_DONE:
	case FRAME_WANT:
	case FRAME_REQ:
	case FRAME_DATA:
	case FRAME_NAK:
	case FRAME_CANCEL: return FRAME_KNOWN;
	}
	/* PROTOCOL 5.2: A receiver MUST skip a frame of an unknown odd type
	 * from 0x80 on, and MUST refuse a record with any other unknown
	 * type. */
	return type >= 0x80 && type % 2 == 1 ? FRAME_SKIP : FRAME_REFUSE;
}

static void write_head(struct wire_writer *w, enum frame_type type, size_t n)
{
	assert(n <= FRAME_BODY_MAX);
	wire_write_u8(w, (uint8_t)type);
	wire_write_u16(w, (uint16_t)n);
}

void frame_write(struct wire_writer *w, enum frame_type type, struct bytes body)
{
	write_head(w, type, body.n);
	wire_write_bytes(w, body);
}

void frame_write_empty(struct wire_writer *w, enum frame_type type)
{
	write_head(w, type, 0);
}

void frame_write_ping(struct wire_writer *w, enum frame_type type, uint32_t v)
{
	write_head(w, type, 4);
	wire_write_u32(w, v);
}

void frame_write_close(struct wire_writer *w, uint8_t code)
{
	write_head(w, FRAME_CLOSE, 1);
	wire_write_u8(w, code);
}

static void write_ranges(struct wire_writer *w, const struct frame_ranges *r)
{
	size_t i;

	assert(r->count <= RANGES_MAX);
	for (i = 0; i < r->count; i++) {
		wire_write_u64(w, r->r[i].from);
		wire_write_u64(w, r->r[i].to);
	}
}

void frame_write_hello(struct wire_writer *w, const struct frame_hello *h)
{
	uint8_t body[FRAME_HELLO_BYTES_MAX], sack[RANGES_MAX * RANGE_BYTES];
	struct wire_writer b, s;

	wire_write_init(&b, body, sizeof(body));
	wire_write_init(&s, sack, sizeof(sack));
	write_ranges(&s, &h->sack);
	tlv_write_u64(&b, HELLO_FEATURES, h->features);
	tlv_write_u64(&b, HELLO_RECV_NEXT, h->recv_next);
	if (s.len > 0)
		tlv_write(&b, HELLO_SACK, wire_written(&s));
	tlv_write_u16(&b, HELLO_WINDOW, h->window);
	tlv_write(&b, HELLO_CHAIN, bytes_of(h->chain.b, sizeof(h->chain.b)));
	frame_write(w, FRAME_HELLO, wire_written(&b));
}

void frame_write_msg(struct wire_writer *w, const struct frame_msg *m)
{
	assert(m->record.n <= MESSAGE_BYTES_MAX);
	write_head(w, FRAME_MSG, 8 + m->record.n);
	wire_write_u64(w, m->seq);
	wire_write_bytes(w, m->record);
}

void frame_write_ack(struct wire_writer *w, const struct frame_ack *a)
{
	write_head(w, FRAME_ACK,
		   8 + sizeof(a->chain.b) +
		       RANGE_BYTES * (size_t)a->sack.count);
	wire_write_u64(w, a->cum);
	wire_write_bytes(w, bytes_of(a->chain.b, sizeof(a->chain.b)));
	write_ranges(w, &a->sack);
}

enum err frame_read_empty(const struct frame *f)
{
	return f->body.n == 0 ? OK : ERR_SYNTAX;
}

enum err frame_read_ping(const struct frame *f, uint32_t *v)
{
	if (f->body.n != 4)
		return ERR_SYNTAX;
	*v = be32_get(f->body.p);
	return OK;
}

enum err frame_read_close(const struct frame *f, uint8_t *code)
{
	if (f->body.n != 1)
		return ERR_SYNTAX;
	*code = f->body.p[0];
	return OK;
}

/* PROTOCOL 5.4: Sequence numbers, and next, MUST be 1 to 2^63 - 1. */
static bool is_seq(uint64_t v)
{
	return v >= 1 && v <= SEQ_MAX;
}

/* PROTOCOL 5.4: Ranges MUST be ascending, MUST NOT touch each other or the
 * contiguous part, and MUST be 8 at most. */
static enum err read_ranges(struct bytes in, uint64_t next,
			    struct frame_ranges *out)
{
	struct wire_reader r;
	uint64_t least = next + 1;

	if (in.n % RANGE_BYTES != 0 || in.n > RANGES_MAX * RANGE_BYTES)
		return ERR_SYNTAX;
	wire_read_init(&r, in);
	out->count = 0;
	while (r.rest.n > 0) {
		struct frame_range *range = &out->r[out->count++];

		range->from = wire_read_u64(&r);
		range->to = wire_read_u64(&r);
		if (range->from < least || range->to < range->from ||
		    range->to > SEQ_MAX)
			return ERR_RANGE;
		least = range->to + 2;
	}
	return wire_read_done(&r);
}

enum err frame_read_hello(const struct frame *f, struct frame_hello *h)
{
	struct tlv t[] = {
	    {.type = HELLO_FEATURES, .min = 8, .max = 8, .required = true},
	    {.type = HELLO_RECV_NEXT, .min = 8, .max = 8, .required = true},
	    {.type = HELLO_SACK, .min = 0, .max = RANGES_MAX * RANGE_BYTES},
	    {.type = HELLO_WINDOW, .min = 2, .max = 2},
	    {.type = HELLO_CHAIN, .min = 16, .max = 16, .required = true},
	};
	struct frame_hello got = {.window = WINDOW};
	enum err e = tlv_read(f->body, t, ARRAY_SIZE(t));

	if (e != OK)
		return e;
	got.features = be64_get(t[0].value.p);
	got.recv_next = be64_get(t[1].value.p);
	if (t[3].present)
		got.window = be16_get(t[3].value.p);
	memcpy(got.chain.b, t[4].value.p, sizeof(got.chain.b));
	if (!is_seq(got.recv_next) || got.window == 0)
		return ERR_RANGE;
	e = read_ranges(t[2].value, got.recv_next, &got.sack);
	if (e == OK)
		*h = got;
	return e;
}

enum err frame_read_msg(const struct frame *f, struct frame_msg *m)
{
	struct wire_reader r;
	uint64_t seq;

	wire_read_init(&r, f->body);
	seq = wire_read_u64(&r);
	if (r.err != OK)
		return r.err;
	if (!is_seq(seq) || r.rest.n > MESSAGE_BYTES_MAX)
		return ERR_RANGE;
	m->seq = seq;
	m->record = r.rest;
	return OK;
}

enum err frame_read_ack(const struct frame *f, struct frame_ack *a)
{
	struct wire_reader r;
	struct frame_ack got;
	struct bytes chain;
	enum err e;

	wire_read_init(&r, f->body);
	got.cum = wire_read_u64(&r);
	chain = wire_read_bytes(&r, sizeof(got.chain.b));
	if (r.err != OK)
		return r.err;
	memcpy(got.chain.b, chain.p, sizeof(got.chain.b));
	if (!is_seq(got.cum))
		return ERR_RANGE;
	e = read_ranges(r.rest, got.cum, &got.sack);
	if (e == OK)
		*a = got;
	return e;
}

bool frame_ranges_has(const struct frame_ranges *r, uint64_t seq)
{
	size_t i;

	for (i = 0; i < r->count; i++)
		if (seq >= r->r[i].from && seq <= r->r[i].to)
			return true;
	return false;
}
