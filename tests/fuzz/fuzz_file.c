/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_file - what a contact may say of a file: its descriptor, and the
 * frames of a BULK link.  What is read is written the same way.
 */
#include <stdlib.h>
#include <string.h>

#include "core/bulk_frame.h"
#include "core/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void descriptor(struct bytes in)
{
	static uint8_t out[FILE_DESC_BYTES_MAX];
	struct file_desc d, again;
	struct wire_writer w;

	if (file_desc_read(in, &d) != OK)
		return;
	must(chunk_plan_is_valid(&d.plan));
	must(chunk_count(&d.plan) <= CHUNKS_MAX && d.name.s[0]);
	must(chunk_blob_bytes(&d.plan) >= d.plan.size);
	wire_write_init(&w, out, sizeof(out));
	file_desc_write(&w, &d);
	must(file_desc_read(wire_written(&w), &again) == OK);
	must(memcmp(&d.plan, &again.plan, sizeof(d.plan)) == 0);
	must(strcmp(d.name.s, again.name.s) == 0 && d.kind == again.kind);
	must(d.preview.n == again.preview.n && d.caption.n == again.caption.n);
}

static void must_be(const struct wire_writer *w, struct bytes body)
{
	must(w->len == FRAME_HEAD_BYTES + body.n);
	must(memcmp(w->p + FRAME_HEAD_BYTES, body.p, body.n) == 0);
}

static void frames(enum frame_type type, struct bytes body)
{
	static uint8_t out[FRAME_DATA_HEAD_BYTES + DATA_BYTES_MAX];
	struct frame f = {type, body};
	struct wire_writer w;
	struct frame_data d;
	struct frame_chunk c;
	uint8_t byte;

	wire_write_init(&w, out, sizeof(out));
	if (type == FRAME_WANT && frame_read_want(&f, &byte) == OK)
		frame_write_want(&w, byte);
	else if (type == FRAME_NAK && frame_read_nak(&f, &c, &byte) == OK)
		frame_write_nak(&w, &c, (enum nak_reason)byte);
	else if (type == FRAME_DATA && frame_read_data(&f, &d) == OK)
		frame_write_data(&w, &d);
	else if ((type == FRAME_REQ || type == FRAME_CANCEL) &&
		 frame_read_chunk(&f, &c) == OK)
		frame_write_chunk(&w, type, &c);
	if (w.len > 0)
		must_be(&w, body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum frame_type types[] = {
	    FRAME_WANT, FRAME_REQ, FRAME_DATA, FRAME_NAK, FRAME_CANCEL};

	if (size < 1)
		return 0;
	if (data[0] >= 5)
		descriptor(bytes_of(data + 1, size - 1));
	else
		frames(types[data[0]], bytes_of(data + 1, size - 1));
	return 0;
}
