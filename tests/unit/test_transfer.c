/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <stdlib.h>

#include <sodium.h>

#include "core/offer.h"
#include "tests/sim/talk.h"
#include "tests/unit/transfer_kit.h"

/* HOSTILE F-07: nothing is asked for, and nothing written, before the user
 * says yes. */
static void not_before_the_user_says_yes(void **state)
{
	struct kit *k = *state;
	struct frame_chunk at;
	struct puppet *p;

	kit_offer(k);
	assert_int_equal(kit_row(k)->state, FILE_OFFERED);
	p = kit_bulk(k);
	rig_tick(k->r, 10000);
	assert_false(kit_asked(p, &at));
	assert_int_equal(k->r->blob_count, 0);
	assert_int_equal(k->r->disk->blob_count, 0);
	/* Data of its own accord. */
	at.fid = k->row.fid;
	at.index = 0;
	kit_answer_right(k, p, &at);
	assert_true(p->is_ended);
	assert_int_equal(k->r->disk->blob_count, 0);
}

static void it_comes_whole(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);
	struct frame_chunk at;
	struct message m;
	struct message_fields f;
	unsigned n = 0;

	while (kit_asked(p, &at)) {
		kit_answer_right(k, p, &at);
		n++;
	}
	assert_int_equal(n, CHUNKS);
	/* Nobody waits for more to be made safe with it. */
	rig_answer_blobs(k->r);
	assert_int_equal(kit_row(k)->state, FILE_DONE);
	assert_int_equal(kit_row(k)->have_count, CHUNKS);
	assert_true(disk_file_is_whole(k->r->disk, kit_row(k)));
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
	struct puppet *p = kit_fetching(k);
	struct frame_chunk at;
	unsigned how;

	for (how = 0; how < 7; how++) {
		struct bytes b = kit_piece(k, 0);
		struct frame_data d = {.bytes = bytes_of(b.p, 1000)};

		assert_true(kit_asked(p, &at));
		d.at = at;
		switch (how) {
		case 0: d.offset = 1; break;
		case 1: d.offset = UINT32_MAX; break;
		case 2: d.at.index = at.index + 1; break;
		case 3: d.at.index = 9999; break;
		case 4: d.at.fid.b[0] ^= 1; break;
		case 5:
			kit_say_data(k, p, &d);
			assert_false(p->is_ended);
			break; /* the same again */
		default: d.at.index = BLOB_MANIFEST; break;
		}
		kit_say_data(k, p, &d);
		assert_true(p->is_ended);
		seen_drop(&b);
		rig_answer_blobs(k->r);
		p = kit_bulk(k);
	}
	assert_int_equal(kit_row(k)->have_count, 0);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
}

/* One byte too much, at the end of the last. */
static void not_more_than_was_declared(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);
	struct frame_chunk at;
	uint8_t much[200] = {0};

	while (kit_asked(p, &at) && at.index != CHUNKS - 1)
		kit_answer_right(k, p, &at);
	assert_int_equal(at.index, CHUNKS - 1);
	kit_answer(k, p, &at, bytes_of(much, 100 + CHUNK_TAG_BYTES + 1));
	assert_true(p->is_ended);
}

/* HOSTILE F-06: the second chunk that is not what was offered is the end. */
static void wrong_chunks(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);
	unsigned i;

	for (i = 0; i < 2; i++) {
		struct frame_chunk at;
		struct bytes b;

		assert_int_equal(kit_row(k)->state, FILE_RUNNING);
		assert_true(kit_asked(p, &at));
		b = kit_piece(k, at.index);
		((uint8_t *)(uintptr_t)b.p)[77] ^= 1;
		kit_answer(k, p, &at, b);
		seen_drop(&b);
		assert_true(p->is_ended);
		rig_answer_blobs(k->r);
		if (i == 0)
			p = kit_bulk(k);
	}
	assert_int_equal(kit_row(k)->state, FILE_FAILED);
	assert_int_equal(kit_row(k)->problem, FILE_CORRUPT);
	assert_int_equal(k->r->disk->blob_count, 0);
}

/* How many bytes of chunks are in the node's blob. */
static size_t written(struct kit *k)
{
	const struct blob *b = disk_blob_find(k->r->disk, &k->id);
	size_t i, n = 0;

	for (i = 0; i < b->n - CHUNKS * (size_t)LEAF_BYTES; i++)
		n += b->now[i] != 0;
	return n;
}

/* PROTOCOL 12.4: A receiver MUST check the manifest by the root, and MUST NOT
 * write a chunk whose leaf is not that of the manifest, or that the file's key
 * does not open.  The offer's key is not the one that it was sealed with: all
 * that comes is what was offered, and nobody can read it. */
static void right_leaf_wrong_key(void **state)
{
	struct kit *k = *state;
	struct frame_chunk at;
	struct puppet *p;
	struct message m;
	struct message_fields f;
	unsigned i;

	k->row.key.b[3] ^= 1;
	p = kit_fetching(k);
	for (i = 0; i < 2; i++) {
		assert_int_equal(kit_row(k)->state, FILE_RUNNING);
		assert_true(kit_asked(p, &at));
		if (at.index == BLOB_MANIFEST) {
			kit_answer_right(k, p, &at);
			assert_true(kit_asked(p, &at));
		}
		assert_false(p->is_ended);
		kit_answer_right(k, p, &at);
		assert_true(p->is_ended);
		assert_int_equal(k->r->blob_count, 0);
		if (i == 0) {
			assert_int_equal(written(k), 0);
			p = kit_bulk(k);
		}
	}
	assert_int_equal(kit_row(k)->state, FILE_FAILED);
	assert_int_equal(kit_row(k)->problem, FILE_CORRUPT);
	assert_int_equal(kit_row(k)->have_count, 0);
	assert_int_equal(k->r->disk->blob_count, 0);
	/* Its sender need not wait, and it is not fetched again. */
	do
		assert_true(puppet_heard(k->main, &m));
	while (m.kind != MESSAGE_FILE_STATE);
	message_fields_read(m.extra, &f);
	assert_int_equal(f.file_state, OFFER_DECLINED);
	assert_err(kit_wish(k, FILE_RUN), ERR_NOT_FOUND);
	p = kit_bulk(k);
	rig_tick(k->r, 30 * 1000);
	assert_false(p->is_ended);
	assert_false(kit_asked(p, &at));
	rig_reload(k->r);
	rig_transport(k->r, true);
	k->main = rig_session(k->r);
	p = kit_bulk(k);
	rig_tick(k->r, 30 * 1000);
	assert_false(kit_asked(p, &at));
	assert_int_equal(k->r->blob_count, 0);
}

static void a_wrong_manifest(void **state)
{
	struct kit *k = *state;
	uint8_t wrong[CHUNKS * LEAF_BYTES] = {1};
	struct frame_chunk at;
	unsigned i;

	kit_offer(k);
	assert_ok(kit_wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	for (i = 0; i < 2; i++) {
		struct puppet *p = kit_bulk(k);

		assert_true(kit_asked(p, &at));
		kit_answer(k, p, &at, bytes_of(wrong, sizeof(wrong)));
		assert_true(p->is_ended);
	}
	assert_int_equal(kit_row(k)->problem, FILE_CORRUPT);
}

static void refusals(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);
	struct frame_chunk at;

	assert_true(kit_asked(p, &at));
	kit_nak(k, p, &at, NAK_BUSY);
	assert_false(p->is_ended);
	rig_tick(k->r, 1000);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	/* Of what was not asked for; and that nobody took back. */
	at.index = 12;
	kit_nak(k, p, &at, NAK_BUSY);
	assert_true(p->is_ended);
	rig_tick(k->r, 20000);
	rig_answer_blobs(k->r);
	p = kit_bulk(k);
	assert_true(kit_asked(p, &at));
	kit_nak(k, p, &at, NAK_TAKEN_BACK);
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
		kit_nak(k, p, &at, NAK_GONE);
		rig_answer_blobs(k->r);
	}
	assert_false(p->is_ended);
}

static void gone_at_the_second_time(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);

	all_is_gone(k, p);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	rig_tick(k->r, 29 * 1000);
	all_is_gone(k, p);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	rig_tick(k->r, 2 * 1000);
	all_is_gone(k, p);
	assert_int_equal(kit_row(k)->state, FILE_FAILED);
	assert_int_equal(kit_row(k)->problem, FILE_GONE);
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

	all_is_gone(k, kit_fetching(k));
	say_state(k, &k->mid, OFFER_WITHDRAWN);
	assert_int_equal(kit_row(k)->state, FILE_CANCELLED);
	assert_int_equal(kit_row(k)->problem, FILE_WITHDRAWN);
}

/* HOSTILE F-06: what comes after the user stopped it leaves no trace. */
static void after_a_cancel(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);
	struct frame_chunk at;
	struct puppet_frame f;

	assert_true(kit_asked(p, &at));
	assert_ok(kit_wish(k, FILE_CANCEL));
	assert_int_equal(kit_row(k)->state, FILE_CANCELLED);
	assert_int_equal(kit_row(k)->problem, FILE_DECLINED);
	assert_true(puppet_find(p, FRAME_CANCEL, &f));
	kit_answer_right(k, p, &at);
	assert_false(p->is_ended);
	assert_int_equal(k->r->blob_count, 0);
	assert_int_equal(k->r->disk->blob_count, 0);
	assert_err(kit_wish(k, FILE_RUN), ERR_NOT_FOUND);
}

/* Never more ahead of tor than eight records. */
static void it_is_served(void **state)
{
	struct kit *k = *state;
	struct puppet *p;
	unsigned i;

	kit_send(k);
	p = kit_bulk(k);
	kit_ask(k, p, BLOB_MANIFEST);
	assert_int_equal(kit_data_bytes(p), CHUNKS * LEAF_BYTES);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	kit_drain(k, p);
	for (i = 0; i < CHUNKS; i++)
		kit_ask(k, p, i);
	/* Four of the first chunk and its rest, three of the next. */
	assert_int_equal(kit_data_bytes(p),
			 65536 + CHUNK_TAG_BYTES + 3 * DATA_BYTES_MAX);
	kit_drain(k, p);
	assert_in_range(kit_data_bytes(p), 1, 8 * DATA_BYTES_MAX);
	for (i = 0; i < 10; i++)
		kit_drain(k, p);
	assert_false(p->is_ended);
}

/* HOSTILE F-06: of a file that was not offered, or not any more. */
static void only_what_was_offered(void **state)
{
	struct kit *k = *state;
	struct puppet_frame f;
	struct puppet *p;

	p = kit_bulk(k);
	kit_ask(k, p, 0);
	assert_true(puppet_find(p, FRAME_NAK, &f));
	assert_int_equal(f.body.p[20], NAK_GONE);
	kit_send(k);
	assert_ok(kit_wish(k, FILE_PAUSE));
	kit_ask(k, p, 0);
	assert_true(puppet_find(p, FRAME_NAK, &f));
	assert_int_equal(f.body.p[20], NAK_PAUSED);
	assert_ok(kit_wish(k, FILE_RUN));
	kit_ask(k, p, 0);
	assert_true(kit_data_bytes(p) > 0);
	assert_ok(kit_wish(k, FILE_CANCEL));
	kit_ask(k, p, 1);
	assert_true(puppet_find(p, FRAME_NAK, &f));
	assert_int_equal(kit_row(k)->problem, FILE_WITHDRAWN);
	assert_false(p->is_ended);
}

/* Who asked for nothing has nothing. */
static void received_by_whom(void **state)
{
	struct kit *k = *state;
	struct message m;
	struct puppet *p;

	kit_send(k);
	do
		assert_true(puppet_heard(k->main, &m));
	while (m.kind != MESSAGE_FILE);
	say_state(k, &m.mid, OFFER_HAVE);
	assert_int_equal(kit_row(k)->state, FILE_OFFERED);
	p = kit_bulk(k);
	kit_ask(k, p, BLOB_MANIFEST);
	say_state(k, &m.mid, OFFER_HAVE);
	assert_int_equal(kit_row(k)->state, FILE_DONE);
}

static void questions_have_limits(void **state)
{
	struct kit *k = *state;
	struct puppet *p;
	unsigned i;

	kit_send(k);
	p = kit_bulk(k);
	kit_ask(k, p, CHUNKS);
	assert_true(p->is_ended);
	p = kit_bulk(k);
	for (i = 0; i < 40 && !p->is_ended; i++)
		kit_ask(k, p, i % CHUNKS);
	assert_true(p->is_ended);
	assert_in_range(i, 17, 20);
}

/* HOSTILE F-11: a chunk that is not what was offered does not leave. */
static void changed_on_our_disk(void **state)
{
	struct kit *k = *state;
	struct puppet_frame f;
	struct puppet *p;

	kit_send(k);
	disk_blob_find(k->r->disk, &k->id)->now[5] ^= 1;
	p = kit_bulk(k);
	kit_ask(k, p, 0);
	assert_true(puppet_find(p, FRAME_NAK, &f));
	assert_int_equal(f.body.p[20], NAK_CHANGED);
	assert_int_equal(kit_row(k)->state, FILE_FAILED);
	assert_int_equal(kit_row(k)->problem, FILE_CHANGED);
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
	struct puppet *p = kit_bulk(k);
	unsigned i;

	rig_tick(k->r, 59 * 1000);
	assert_false(p->is_ended);
	rig_tick(k->r, 2 * 1000);
	assert_true(p->is_ended);
	/* No more than eight. */
	p = kit_bulk(k);
	for (i = 0; i < 8; i++) {
		assert_false(p->is_ended);
		rig_tick(k->r, 10);
		kit_bulk(k);
	}
	assert_true(p->is_ended);
}

/* Who did not dial asks, and once only. */
static void links_are_asked_for(void **state)
{
	struct kit *k = *state;
	struct puppet_frame f;

	kit_offer(k);
	assert_ok(kit_wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	rig_tick(k->r, 5000);
	assert_true(puppet_find(k->main, FRAME_WANT, &f));
	assert_int_equal(f.body.p[0], 2);
	assert_false(puppet_find(k->main, FRAME_WANT, &f));
	assert_null(puppet_dialled(k->r, PUPPET_BULK));
	/* The other way round. */
	kit_send(k);
	frame_write_want(&k->main->builder.w, 1);
	puppet_flush(k->r, k->main);
	assert_non_null(puppet_dialled(k->r, PUPPET_BULK));
}

/* Each dial takes seconds, but the other end does not take many strangers. */
static void two_are_dialled_at_one_time(void **state)
{
	struct kit *k = *state;
	unsigned dials = k->r->dials;
	struct puppet *p;

	kit_send(k);
	frame_write_want(&k->main->builder.w, 4);
	puppet_flush(k->r, k->main);
	assert_int_equal(k->r->dials, dials + 2);
	puppet_open(k->r, puppet_dialled(k->r, PUPPET_BULK));
	assert_int_equal(k->r->dials, dials + 3);
	puppet_open(k->r, puppet_dialled(k->r, PUPPET_BULK));
	puppet_open(k->r, puppet_dialled(k->r, PUPPET_BULK));
	p = puppet_dialled(k->r, PUPPET_BULK);
	puppet_open(k->r, p);
	assert_int_equal(k->r->dials, dials + 4);
	assert_null(puppet_dialled(k->r, PUPPET_BULK));
	/* One that is lost is dialled again, after a while. */
	puppet_down(k->r, p);
	assert_int_equal(k->r->dials, dials + 4);
	rig_tick(k->r, 10 * 1000);
	assert_int_equal(k->r->dials, dials + 5);
}

static void dials_that_fail_are_tried_again(void **state)
{
	struct kit *k = *state;
	unsigned dials = k->r->dials, i;

	kit_send(k);
	frame_write_want(&k->main->builder.w, 2);
	puppet_flush(k->r, k->main);
	for (i = 1; i <= 3; i++) {
		assert_int_equal(k->r->dials, dials + 2 * i);
		puppet_down(k->r, puppet_dialled(k->r, PUPPET_BULK));
		puppet_down(k->r, puppet_dialled(k->r, PUPPET_BULK));
		assert_null(puppet_dialled(k->r, PUPPET_BULK));
		rig_tick(k->r, 20 * 1000);
	}
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, transfer_setup, transfer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(not_before_the_user_says_yes),
	    TEST(it_comes_whole),
	    TEST(data_must_be_what_was_asked_for),
	    TEST(not_more_than_was_declared),
	    TEST(wrong_chunks),
	    TEST(right_leaf_wrong_key),
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
	    TEST(two_are_dialled_at_one_time),
	    TEST(dials_that_fail_are_tried_again),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
