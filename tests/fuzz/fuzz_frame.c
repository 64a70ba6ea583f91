/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_frame - a record as it comes from the stream, and as it is once
 * opened: frames and their bodies.
 */
#include <stdlib.h>
#include <string.h>

#include "core/record.h"
#include "util/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void hello(const struct frame *f)
{
	uint8_t mem[FRAME_HELLO_BYTES_MAX];
	struct frame again = {.type = FRAME_HELLO};
	struct frame_hello h, h2;
	struct wire_writer w;

	if (frame_read_hello(f, &h) != OK)
		return;
	wire_write_init(&w, mem, sizeof(mem));
	frame_write_hello(&w, &h);
	again.body = bytes_of(mem + FRAME_HEAD_BYTES, w.len - FRAME_HEAD_BYTES);
	must(frame_read_hello(&again, &h2) == OK);
	must(h.recv_next == h2.recv_next && h.window == h2.window &&
	     h.features == h2.features && h.sack.count == h2.sack.count);
}

static void ack(const struct frame *f)
{
	uint8_t mem[FRAME_ACK_BYTES_MAX];
	struct frame_ack a;
	struct wire_writer w;

	if (frame_read_ack(f, &a) != OK)
		return;
	must(!frame_ranges_has(&a.sack, a.cum));
	wire_write_init(&w, mem, sizeof(mem));
	frame_write_ack(&w, &a);
	must(w.len == FRAME_HEAD_BYTES + f->body.n &&
	     memcmp(mem + FRAME_HEAD_BYTES, f->body.p, f->body.n) == 0);
}

static void msg(const struct frame *f)
{
	struct frame_msg m;

	must(frame_read_msg(f, &m) != OK ||
	     (m.record.n + 8 == f->body.n && m.seq >= 1 && m.seq <= SEQ_MAX));
}

static void body(const struct frame *f)
{
	uint32_t v;
	uint8_t code;

	hello(f);
	ack(f);
	msg(f);
	must(frame_read_ping(f, &v) != OK || f->body.n == 4);
	must(frame_read_close(f, &code) != OK || f->body.n == 1);
	must(frame_read_empty(f) != OK || f->body.n == 0);
}

static void plain(struct bytes in)
{
	struct record_reader r;
	struct frame f;
	size_t total = 0;

	if (record_reader_init(&r, in) != OK)
		return;
	while (record_next(&r, &f)) {
		must(frame_fate((uint8_t)f.type) == FRAME_KNOWN);
		total += FRAME_HEAD_BYTES + f.body.n;
		must(total <= in.n);
		body(&f);
	}
}

/* No key opens it: it must be refused, whatever it is. */
static void sealed(struct bytes in)
{
	struct record_channel c = {.recv = {.has_key = true}};
	uint8_t *mem = xcalloc(1, RECORD_PLAIN_MAX);
	size_t n;

	must(record_open(&c, in, mem, &n) != OK);
	must(c.recv.n == 0);
	free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	plain(bytes_of(data, size));
	sealed(bytes_of(data, size));
	return 0;
}
