/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <stdlib.h>

#include <sodium.h>

#include "core/bulk_frame.h"
#include "core/offer.h"
#include "tests/sim/disk_files.h"
#include "tests/sim/files_world.h"
#include "tests/sim/talk.h"

enum { SIZE = 5 * 65536 + 100, CHUNKS = 6 };

/* What the puppet offers, or fetches. */
struct kit {
	struct rig *r;
	struct disk *own; /* of the puppet */
	struct file_row row;
	struct uid id; /* of the file, at the node */
	struct mid mid;
	struct puppet *main;
};

static void kit_make(struct kit *k)
{
	uint8_t *content = xcalloc(SIZE, 1);

	file_row_draw(&k->r->rng, SIZE, &k->row);
	rng_bytes(&k->r->rng, content, SIZE);
	k->row = *disk_files_make(k->own, &k->row, content);
	free(content);
}

static int setup(void **state)
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

static int teardown(void **state)
{
	struct kit *k = *state;

	rig_free(k->r);
	disk_free(k->own);
	free(k);
	return 0;
}

/* The i-th piece of the puppet's file, as it goes over the wire. */
static struct bytes piece(struct kit *k, uint32_t index)
{
	struct effect e = {.type = FX_BLOB};
	struct bytes out;

	e.blob.file_id = k->row.id;
	e.blob.op = BLOB_READ;
	e.blob.index = index;
	assert_ok(disk_blob(k->own, &e, &out));
	return out;
}

/* The node's row. */
static const struct file_row *row(struct kit *k)
{
	return disk_file(k->r->disk, &k->id);
}

static enum err wish(struct kit *k, enum file_wish w)
{
	struct event ev = {.type = EV_CMD_FILE_SET};

	ev.file_set.file_id = k->id;
	ev.file_set.wish = w;
	return rig_cmd(k->r, ev);
}

/* The puppet offers its file. */
static void offer(struct kit *k)
{
	uint8_t mem[DESCRIPTOR_MAX_BYTES];

	k->mid = puppet_say_bytes(k->r, k->main, MESSAGE_FILE, NULL,
				  file_row_describe(&k->row, 0, mem));
	assert_false(k->main->is_ended);
	if (k->r->disk->file_count > 0)
		k->id = k->r->disk->files[0].id;
}

/* A BULK link of the puppet's, on which the PING was answered. */
static struct puppet *bulk(struct kit *k)
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

/* What the node asks for next, on that link. */
static bool asked(struct puppet *p, struct frame_chunk *at)
{
	struct puppet_frame f;
	struct frame g;

	if (!puppet_find(p, FRAME_REQ, &f))
		return false;
	g = (struct frame){f.type, f.body};
	assert_ok(frame_read_chunk(&g, at));
	return true;
}

static void say_data(struct kit *k, struct puppet *p,
		     const struct frame_data *d)
{
	frame_write_data(&p->builder.w, d);
	puppet_flush(k->r, p);
}

/* All of b, as the answer to at. */
static void answer(struct kit *k, struct puppet *p,
		   const struct frame_chunk *at, struct bytes b)
{
	struct frame_data d = {.at = *at};

	while (d.offset < b.n && !p->is_ended) {
		size_t left = b.n - d.offset;

		d.bytes =
		    bytes_of(b.p + d.offset,
			     left < DATA_BYTES_MAX ? left : DATA_BYTES_MAX);
		say_data(k, p, &d);
		d.offset += (uint32_t)d.bytes.n;
	}
}

static void answer_right(struct kit *k, struct puppet *p,
			 const struct frame_chunk *at)
{
	struct bytes b = piece(k, at->index);

	answer(k, p, at, b);
	seen_drop(&b);
	rig_answer_blobs(k->r);
}

/* Accepted, a link, and the manifest has come. */
static struct puppet *fetching(struct kit *k)
{
	struct frame_chunk at;
	struct puppet *p;

	offer(k);
	assert_ok(wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	p = bulk(k);
	assert_true(asked(p, &at));
	assert_int_equal(at.index, BLOB_MANIFEST);
	answer_right(k, p, &at);
	return p;
}

/* HOSTILE F-07: nothing is asked for, and nothing written, before the user
 * says yes. */
static void not_before_the_user_says_yes(void **state)
{
	struct kit *k = *state;
	struct frame_chunk at;
	struct puppet *p;

	offer(k);
	assert_int_equal(row(k)->state, FILE_OFFERED);
	p = bulk(k);
	rig_tick(k->r, 10000);
	assert_false(asked(p, &at));
	assert_int_equal(k->r->blob_count, 0);
	assert_int_equal(k->r->disk->blob_count, 0);
	/* Data of its own accord. */
	at.fid = k->row.fid;
	at.index = 0;
	answer_right(k, p, &at);
	assert_true(p->is_ended);
	assert_int_equal(k->r->disk->blob_count, 0);
}

static void it_comes_whole(void **state)
{
	struct kit *k = *state;
	struct puppet *p = fetching(k);
	struct frame_chunk at;
	struct message m;
	struct message_fields f;
	unsigned n = 0;

	while (asked(p, &at)) {
		answer_right(k, p, &at);
		n++;
	}
	assert_int_equal(n, CHUNKS);
	rig_tick(k->r, 2000);
	rig_answer_blobs(k->r);
	assert_int_equal(row(k)->state, FILE_DONE);
	assert_int_equal(row(k)->have_count, CHUNKS);
	assert_true(disk_file_is_whole(k->r->disk, row(k)));
	do
		assert_true(puppet_heard(k->main, &m));
	while (m.kind != MESSAGE_FILE_STATE);
	message_fields_read(m.extra, &f);
	assert_int_equal(f.file_state, OFFER_HAVE);
	assert_memory_equal(&f.ref, &k->mid, sizeof(k->mid));
}

/* HOSTILE F-06, F-03: gaps, overlaps, what is out of range, of another file,
 * too much, or not asked for. */
static void data_must_be_what_was_asked_for(void **state)
{
	struct kit *k = *state;
	struct puppet *p = fetching(k);
	struct frame_chunk at;
	unsigned how;

	for (how = 0; how < 7; how++) {
		struct bytes b = piece(k, 0);
		struct frame_data d = {.bytes = bytes_of(b.p, 1000)};

		assert_true(asked(p, &at));
		d.at = at;
		switch (how) {
		case 0: d.offset = 1; break;
		case 1: d.offset = UINT32_MAX; break;
		case 2: d.at.index = at.index + 1; break;
		case 3: d.at.index = 9999; break;
		case 4: d.at.fid.b[0] ^= 1; break;
		case 5:
			say_data(k, p, &d);
			assert_false(p->is_ended);
			break; /* the same again */
		default: d.at.index = BLOB_MANIFEST; break;
		}
		say_data(k, p, &d);
		assert_true(p->is_ended);
		seen_drop(&b);
		rig_answer_blobs(k->r);
		p = bulk(k);
	}
	assert_int_equal(row(k)->have_count, 0);
	assert_int_equal(row(k)->state, FILE_RUNNING);
}

/* One byte too much, at the end of the last. */
static void not_more_than_was_declared(void **state)
{
	struct kit *k = *state;
	struct puppet *p = fetching(k);
	struct frame_chunk at;
	uint8_t much[200] = {0};

	while (asked(p, &at) && at.index != CHUNKS - 1)
		answer_right(k, p, &at);
	assert_int_equal(at.index, CHUNKS - 1);
	answer(k, p, &at, bytes_of(much, 100 + CHUNK_TAG_BYTES + 1));
	assert_true(p->is_ended);
}

/* HOSTILE F-06: the second chunk that is not what was offered is the end. */
static void wrong_chunks(void **state)
{
	struct kit *k = *state;
	struct puppet *p = fetching(k);
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct frame_chunk at;
		struct bytes b;

		assert_int_equal(row(k)->state, FILE_RUNNING);
		assert_true(asked(p, &at));
		b = piece(k, at.index);
		((uint8_t *)(uintptr_t)b.p)[77] ^= 1;
		answer(k, p, &at, b);
		seen_drop(&b);
		assert_true(p->is_ended);
		rig_answer_blobs(k->r);
		if (i == 0)
			p = bulk(k);
	}
	assert_int_equal(row(k)->state, FILE_FAILED);
	assert_int_equal(row(k)->problem, FILE_CORRUPT);
	assert_int_equal(k->r->disk->blob_count, 0);
}

static void a_wrong_manifest(void **state)
{
	struct kit *k = *state;
	uint8_t wrong[CHUNKS * LEAF_BYTES] = {1};
	struct frame_chunk at;
	unsigned i;

	offer(k);
	assert_ok(wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	for (i = 0; i < 2; i++) {
		struct puppet *p = bulk(k);

		assert_true(asked(p, &at));
		answer(k, p, &at, bytes_of(wrong, sizeof(wrong)));
		assert_true(p->is_ended);
	}
	assert_int_equal(row(k)->problem, FILE_CORRUPT);
}

static void nak(struct kit *k, struct puppet *p, const struct frame_chunk *at,
		enum nak_reason why)
{
	frame_write_nak(&p->builder.w, at, why);
	puppet_flush(k->r, p);
}

static void refusals(void **state)
{
	struct kit *k = *state;
	struct puppet *p = fetching(k);
	struct frame_chunk at;

	assert_true(asked(p, &at));
	nak(k, p, &at, NAK_BUSY);
	assert_false(p->is_ended);
	rig_tick(k->r, 1000);
	assert_int_equal(row(k)->state, FILE_RUNNING);
	/* Of what was not asked for; and that nobody took back. */
	at.index = 12;
	nak(k, p, &at, NAK_BUSY);
	assert_true(p->is_ended);
	rig_tick(k->r, 20000);
	rig_answer_blobs(k->r);
	p = bulk(k);
	assert_true(asked(p, &at));
	nak(k, p, &at, NAK_TAKEN_BACK);
	assert_true(p->is_ended);
}

/* To all that is asked for; CANCELs too are answered. */
static void all_is_gone(struct kit *k, struct puppet *p)
{
	struct puppet_frame f;
	struct frame_chunk at;
	struct frame g;

	rig_answer_blobs(k->r);
	while (!p->is_ended && puppet_next(p, &f)) {
		if (f.type != FRAME_REQ)
			continue;
		g = (struct frame){f.type, f.body};
		assert_ok(frame_read_chunk(&g, &at));
		nak(k, p, &at, NAK_GONE);
		rig_answer_blobs(k->r);
	}
	assert_false(p->is_ended);
}

static void gone_at_the_second_time(void **state)
{
	struct kit *k = *state;
	struct puppet *p = fetching(k);

	all_is_gone(k, p);
	assert_int_equal(row(k)->state, FILE_RUNNING);
	rig_tick(k->r, 29 * 1000);
	all_is_gone(k, p);
	assert_int_equal(row(k)->state, FILE_RUNNING);
	rig_tick(k->r, 2 * 1000);
	all_is_gone(k, p);
	assert_int_equal(row(k)->state, FILE_FAILED);
	assert_int_equal(row(k)->problem, FILE_GONE);
}

/* A file state of the puppet's. */
static void say_state(struct kit *k, const struct mid *mid,
		      enum offer_code code)
{
	struct message_fields f = {.has_ref = true,
				   .ref = *mid,
				   .has_file_state = true,
				   .file_state = (uint8_t)code};

	puppet_say(k->r, k->main, MESSAGE_FILE_STATE, &f, "");
	assert_false(k->main->is_ended);
}

/* On another link the reason may come later. */
static void withdrawn_after_it_was_gone(void **state)
{
	struct kit *k = *state;

	all_is_gone(k, fetching(k));
	say_state(k, &k->mid, OFFER_WITHDRAWN);
	assert_int_equal(row(k)->state, FILE_CANCELLED);
	assert_int_equal(row(k)->problem, FILE_WITHDRAWN);
}

/* HOSTILE F-06: what comes after the user stopped it leaves no trace. */
static void after_a_cancel(void **state)
{
	struct kit *k = *state;
	struct puppet *p = fetching(k);
	struct frame_chunk at;
	struct puppet_frame f;

	assert_true(asked(p, &at));
	assert_ok(wish(k, FILE_CANCEL));
	assert_int_equal(row(k)->state, FILE_CANCELLED);
	assert_int_equal(row(k)->problem, FILE_DECLINED);
	assert_true(puppet_find(p, FRAME_CANCEL, &f));
	answer_right(k, p, &at);
	assert_false(p->is_ended);
	assert_int_equal(k->r->blob_count, 0);
	assert_int_equal(k->r->disk->blob_count, 0);
	assert_err(wish(k, FILE_RUN), ERR_NOT_FOUND);
}

static void send_file(struct kit *k)
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
	ev.send.descriptor = file_row_describe(&made, 0, mem);
	assert_ok(rig_cmd(k->r, ev));
	assert_int_equal(row(k)->state, FILE_OFFERED);
}

static void ask(struct kit *k, struct puppet *p, uint32_t index)
{
	struct frame_chunk at = {.fid = k->row.fid, .index = index};

	frame_write_chunk(&p->builder.w, FRAME_REQ, &at);
	puppet_flush(k->r, p);
	rig_answer_blobs(k->r);
}

static void drain(struct kit *k, struct puppet *p)
{
	struct event ev = {.type = EV_LINK_DRAINED};

	ev.link.id = p->link;
	rig_event(k->r, &ev);
	rig_answer_blobs(k->r);
}

static size_t data_bytes(struct puppet *p)
{
	struct puppet_frame f;
	size_t n = 0;

	while (puppet_next(p, &f))
		if (f.type == FRAME_DATA)
			n += f.body.n - 24;
	return n;
}

/* Never more ahead of tor than eight records. */
static void it_is_served(void **state)
{
	struct kit *k = *state;
	struct puppet *p;
	unsigned i;

	send_file(k);
	p = bulk(k);
	ask(k, p, BLOB_MANIFEST);
	assert_int_equal(data_bytes(p), CHUNKS * LEAF_BYTES);
	assert_int_equal(row(k)->state, FILE_RUNNING);
	drain(k, p);
	for (i = 0; i < CHUNKS; i++)
		ask(k, p, i);
	/* Four of the first chunk and its rest, three of the next. */
	assert_int_equal(data_bytes(p),
			 65536 + CHUNK_TAG_BYTES + 3 * DATA_BYTES_MAX);
	drain(k, p);
	assert_in_range(data_bytes(p), 1, 8 * DATA_BYTES_MAX);
	for (i = 0; i < 10; i++)
		drain(k, p);
	assert_false(p->is_ended);
}

/* HOSTILE F-06: of a file that was not offered, or not any more. */
static void only_what_was_offered(void **state)
{
	struct kit *k = *state;
	struct puppet_frame f;
	struct puppet *p;

	p = bulk(k);
	ask(k, p, 0);
	assert_true(puppet_find(p, FRAME_NAK, &f));
	assert_int_equal(f.body.p[20], NAK_GONE);
	send_file(k);
	assert_ok(wish(k, FILE_PAUSE));
	ask(k, p, 0);
	assert_true(puppet_find(p, FRAME_NAK, &f));
	assert_int_equal(f.body.p[20], NAK_PAUSED);
	assert_ok(wish(k, FILE_RUN));
	ask(k, p, 0);
	assert_true(data_bytes(p) > 0);
	assert_ok(wish(k, FILE_CANCEL));
	ask(k, p, 1);
	assert_true(puppet_find(p, FRAME_NAK, &f));
	assert_int_equal(row(k)->problem, FILE_WITHDRAWN);
	assert_false(p->is_ended);
}

/* Who asked for nothing has nothing. */
static void received_by_whom(void **state)
{
	struct kit *k = *state;
	struct message m;
	struct puppet *p;

	send_file(k);
	do
		assert_true(puppet_heard(k->main, &m));
	while (m.kind != MESSAGE_FILE);
	say_state(k, &m.mid, OFFER_HAVE);
	assert_int_equal(row(k)->state, FILE_OFFERED);
	p = bulk(k);
	ask(k, p, BLOB_MANIFEST);
	say_state(k, &m.mid, OFFER_HAVE);
	assert_int_equal(row(k)->state, FILE_DONE);
}

static void questions_have_limits(void **state)
{
	struct kit *k = *state;
	struct puppet *p;
	unsigned i;

	send_file(k);
	p = bulk(k);
	ask(k, p, CHUNKS);
	assert_true(p->is_ended);
	p = bulk(k);
	for (i = 0; i < 40 && !p->is_ended; i++)
		ask(k, p, i % CHUNKS);
	assert_true(p->is_ended);
	assert_in_range(i, 17, 20);
}

/* HOSTILE F-11: a chunk that is not what was offered does not leave. */
static void changed_on_our_disk(void **state)
{
	struct kit *k = *state;
	struct puppet_frame f;
	struct puppet *p;

	send_file(k);
	disk_blob_find(k->r->disk, &k->id)->now[5] ^= 1;
	p = bulk(k);
	ask(k, p, 0);
	assert_true(puppet_find(p, FRAME_NAK, &f));
	assert_int_equal(f.body.p[20], NAK_CHANGED);
	assert_int_equal(row(k)->state, FILE_FAILED);
	assert_int_equal(row(k)->problem, FILE_CHANGED);
}

static void only_ping_comes_first(void **state)
{
	static const enum frame_type types[] = {
	    FRAME_HELLO, FRAME_MSG, FRAME_ACK,	FRAME_EPH,    FRAME_PONG,
	    FRAME_WANT,	 FRAME_REQ, FRAME_DATA, FRAME_CANCEL, FRAME_REKEY_DONE};
	struct kit *k = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct puppet *p = puppet_arrive(k->r, PUPPET_BULK);

		puppet_open(k->r, p);
		frame_write_empty(&p->builder.w, types[i]);
		puppet_flush(k->r, p);
		assert_true(p->is_ended);
	}
}

static void idle_links_go(void **state)
{
	struct kit *k = *state;
	struct puppet *p = bulk(k);
	unsigned i;

	rig_tick(k->r, 59 * 1000);
	assert_false(p->is_ended);
	rig_tick(k->r, 2 * 1000);
	assert_true(p->is_ended);
	/* No more than eight. */
	p = bulk(k);
	for (i = 0; i < 8; i++) {
		assert_false(p->is_ended);
		rig_tick(k->r, 10);
		bulk(k);
	}
	assert_true(p->is_ended);
}

/* Who did not dial asks, and once only. */
static void links_are_asked_for(void **state)
{
	struct kit *k = *state;
	struct puppet_frame f;

	offer(k);
	assert_ok(wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	rig_tick(k->r, 5000);
	assert_true(puppet_find(k->main, FRAME_WANT, &f));
	assert_int_equal(f.body.p[0], 2);
	assert_false(puppet_find(k->main, FRAME_WANT, &f));
	assert_null(puppet_dialled(k->r, PUPPET_BULK));
	/* The other way round. */
	send_file(k);
	frame_write_want(&k->main->builder.w, 1);
	puppet_flush(k->r, k->main);
	assert_non_null(puppet_dialled(k->r, PUPPET_BULK));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(not_before_the_user_says_yes),
	    TEST(it_comes_whole),
	    TEST(data_must_be_what_was_asked_for),
	    TEST(not_more_than_was_declared),
	    TEST(wrong_chunks),
	    TEST(a_wrong_manifest),
	    TEST(refusals),
	    TEST(gone_at_the_second_time),
	    TEST(withdrawn_after_it_was_gone),
	    TEST(after_a_cancel),
	    TEST(it_is_served),
	    TEST(only_what_was_offered),
	    TEST(received_by_whom),
	    TEST(questions_have_limits),
	    TEST(changed_on_our_disk),
	    TEST(only_ping_comes_first),
	    TEST(idle_links_go),
	    TEST(links_are_asked_for),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
