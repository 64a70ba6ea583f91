/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transfer_kit.h"

#include <stdlib.h>

#include "check.h"
#include "tests/sim/files_world.h"
#include "tests/sim/talk.h"

static void kit_make(struct kit *k)
{
	uint8_t *content = xcalloc(SIZE, 1);

	file_row_draw(&k->r->rng, SIZE, &k->row);
	rng_bytes(&k->r->rng, content, SIZE);
	k->row = *disk_files_make(k->own, &k->row, content);
	free(content);
}

int transfer_setup(void **state)
{
	struct kit *k = xcalloc(1, sizeof(*k));

	k->r = rig_new(50);
	rig_only_contact(k->r);
	rig_transport(k->r, true);
	rig_tick(k->r, 20000);
	k->own = disk_new();
	k->main = rig_session(k->r);
	kit_make(k);
	*state = k;
	return 0;
}

int transfer_teardown(void **state)
{
	struct kit *k = *state;

	rig_free(k->r);
	disk_free(k->own);
	free(k);
	return 0;
}

struct bytes kit_piece(struct kit *k, uint32_t index)
{
	struct effect e = {.type = FX_BLOB};
	struct bytes out;

	e.blob.file_id = k->row.id;
	e.blob.op = BLOB_READ;
	e.blob.index = index;
	assert_ok(disk_blob(k->own, &e, &out));
	return out;
}

const struct file_row *kit_row(struct kit *k)
{
	return disk_file(k->r->disk, &k->id);
}

enum err kit_wish(struct kit *k, enum file_wish w)
{
	struct event ev = {.type = EV_CMD_FILE_SET};

	ev.file_set.file_id = k->id;
	ev.file_set.wish = w;
	return rig_cmd(k->r, ev);
}

void kit_offer(struct kit *k)
{
	uint8_t mem[DESCRIPTOR_MAX_BYTES];

	k->mid = puppet_say_bytes(k->r, k->main, MESSAGE_FILE, NULL,
				  file_row_describe(&k->row, k->offer_s, mem));
	assert_false(k->main->is_ended);
	if (k->r->disk->file_count > 0)
		k->id = k->r->disk->files[0].id;
}

struct puppet *kit_bulk(struct kit *k)
{
	struct puppet *p = puppet_arrive(k->r, PUPPET_BULK);
	struct puppet_frame f;

	puppet_open(k->r, p);
	assert_true(p->is_open);
	frame_write_ping(&p->builder.w, FRAME_PING, 7);
	puppet_flush(k->r, p);
	assert_true(puppet_next(p, &f));
	assert_int_equal(f.type, FRAME_PONG);
	return p;
}

bool kit_asked(struct puppet *p, struct frame_chunk *at)
{
	struct puppet_frame f;
	struct frame g;

	if (!puppet_find(p, FRAME_REQ, &f))
		return false;
	g = (struct frame){f.type, f.body};
	assert_ok(frame_read_chunk(&g, at));
	return true;
}

void kit_say_data(struct kit *k, struct puppet *p, const struct frame_data *d)
{
	frame_write_data(&p->builder.w, d);
	puppet_flush(k->r, p);
}

void kit_answer(struct kit *k, struct puppet *p, const struct frame_chunk *at,
		struct bytes b)
{
	struct frame_data d = {.at = *at};

	while (d.offset < b.n && !p->is_ended) {
		size_t left = b.n - d.offset;

		d.bytes =
		    bytes_of(b.p + d.offset,
			     left < DATA_BYTES_MAX ? left : DATA_BYTES_MAX);
		kit_say_data(k, p, &d);
		d.offset += (uint32_t)d.bytes.n;
	}
}

void kit_answer_right(struct kit *k, struct puppet *p,
		      const struct frame_chunk *at)
{
	struct bytes b = kit_piece(k, at->index);

	kit_answer(k, p, at, b);
	seen_drop(&b);
	rig_answer_blobs(k->r);
}

struct puppet *kit_fetching(struct kit *k)
{
	struct frame_chunk at;
	struct puppet *p;

	kit_offer(k);
	assert_ok(kit_wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	p = kit_bulk(k);
	assert_true(kit_asked(p, &at));
	assert_int_equal(at.index, BLOB_MANIFEST);
	kit_answer_right(k, p, &at);
	return p;
}

void kit_nak(struct kit *k, struct puppet *p, const struct frame_chunk *at,
	     enum nak_reason why)
{
	frame_write_nak(&p->builder.w, at, why);
	puppet_flush(k->r, p);
}

void kit_send(struct kit *k)
{
	struct event ev = {.type = EV_CMD_SEND};
	uint8_t mem[DESCRIPTOR_MAX_BYTES];
	uint8_t *content = xcalloc(SIZE, 1);
	struct file_row made;

	made = *disk_files_make(k->r->disk, &k->row, content);
	free(content);
	k->row = made;
	k->id = made.id;
	ev.send.contact_id = k->r->contact.id;
	rng_bytes(&k->r->rng, ev.send.message_id.b, 16);
	ev.send.file = &made;
	ev.send.descriptor = file_row_describe(&made, k->offer_s, mem);
	assert_ok(rig_cmd(k->r, ev));
	assert_int_equal(kit_row(k)->state, FILE_OFFERED);
}

void kit_ask(struct kit *k, struct puppet *p, uint32_t index)
{
	struct frame_chunk at = {.fid = k->row.fid, .index = index};

	frame_write_chunk(&p->builder.w, FRAME_REQ, &at);
	puppet_flush(k->r, p);
	rig_answer_blobs(k->r);
}

void kit_drain(struct kit *k, struct puppet *p)
{
	struct event ev = {.type = EV_LINK_DRAINED};

	ev.link.id = p->link;
	rig_event(k->r, &ev);
	rig_answer_blobs(k->r);
}

size_t kit_data_bytes(struct puppet *p)
{
	struct puppet_frame f;
	size_t n = 0;

	while (puppet_next(p, &f))
		if (f.type == FRAME_DATA)
			n += f.body.n - 24;
	return n;
}
