/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Contacts who make a nuisance of themselves, and users who cannot make up
 * their mind.
 */
#include "tests/unit/check.h"

#include <sodium.h>

#include "core/eph.h"
#include "core/transfers.h"
#include "tests/sim/talk.h"
#include "tests/unit/transfer_kit.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

/* Who dials a link knows what he needs it for: one that we have no use for
 * stays as long as any other. */
static void links_of_his_are_not_too_many(void **state)
{
	struct kit *k = *state;
	struct puppet *p[4];
	unsigned i;

	p[0] = kit_fetching(k);
	for (i = 1; i < 4; i++)
		p[i] = kit_bulk(k);
	rig_tick(k->r, 30 * SECOND);
	for (i = 0; i < 4; i++)
		assert_false(p[i]->is_ended);
}

/* HOSTILE X-05: eight at one time; a ninth takes the place of another. */
static void eight_links_and_no_ninth(void **state)
{
	struct kit *k = *state;
	unsigned i, open = 0;

	kit_send(k);
	for (i = 0; i < 3 * BULK_LINKS_MAX; i++) {
		assert_non_null(kit_bulk(k));
		rig_tick(k->r, 10);
	}
	for (i = 0; i < k->r->puppet_count; i++)
		open += k->r->puppets[i]->kind == PUPPET_BULK &&
			k->r->puppets[i]->is_open &&
			!k->r->puppets[i]->is_ended;
	assert_int_equal(open, BULK_LINKS_MAX);
	assert_false(k->main->is_ended);
}

/* A link by which the manifest was fetched; at: of the same file. */
static struct puppet *open_reader(struct kit *k, struct frame_chunk *at)
{
	struct puppet *p;

	kit_send(k);
	p = kit_bulk(k);
	kit_ask(k, p, BLOB_MANIFEST);
	at->fid = k->row.fid;
	return p;
}

/* HOSTILE X-05: sixteen that wait for an answer; the next one is against the
 * rules. */
static void sixteen_requests_and_no_more(void **state)
{
	struct kit *k = *state;
	struct frame_chunk at = {.index = 0};
	struct puppet *p = open_reader(k, &at);
	unsigned i;

	/* The disk does not answer. */
	for (i = 0; i < REQS_MAX; i++) {
		at.index = i % CHUNKS;
		frame_write_chunk(&p->builder.w, FRAME_REQ, &at);
	}
	puppet_flush(k->r, p);
	assert_false(p->is_ended);
	frame_write_chunk(&p->builder.w, FRAME_REQ, &at);
	puppet_flush(k->r, p);
	assert_true(p->is_ended);
	assert_in_range(k->r->blob_count, 1, BULK_LINKS_MAX + 1);
	assert_false(k->main->is_ended);
}

/* How often the node says that of its file. */
static unsigned said(struct puppet *p, uint8_t what)
{
	struct puppet_frame f;
	unsigned n = 0;

	while (puppet_find(p, FRAME_EPH, &f))
		n += f.body.p[f.body.n - 1] == what;
	return n;
}

/* What was to be said when the session was lost may be wrong on the next. */
static void a_pause_that_is_over_is_not_said(void **state)
{
	struct kit *k = *state;

	kit_send(k);
	assert_ok(kit_wish(k, FILE_PAUSE));
	assert_int_equal(said(k->main, EPH_FILE_PAUSED), 1);
	/* Too soon after the first. */
	assert_ok(kit_wish(k, FILE_RUN));
	assert_ok(kit_wish(k, FILE_PAUSE));
	assert_int_equal(said(k->main, EPH_FILE_PAUSED), 0);
	puppet_down(k->r, k->main);
	assert_ok(kit_wish(k, FILE_RUN));
	k->main = rig_session(k->r);
	rig_tick(k->r, MINUTE);
	assert_int_equal(said(k->main, EPH_FILE_PAUSED), 0);
}

/* A chunk that is asked for and taken back is still read. */
static void reads_have_limits(void **state)
{
	struct kit *k = *state;
	struct frame_chunk at = {.index = 1};
	struct puppet *p = open_reader(k, &at);
	unsigned i;

	for (i = 0; i < 60; i++) {
		frame_write_chunk(&p->builder.w, FRAME_REQ, &at);
		frame_write_chunk(&p->builder.w, FRAME_CANCEL, &at);
	}
	frame_write_chunk(&p->builder.w, FRAME_REQ, &at);
	puppet_flush(k->r, p);
	assert_false(p->is_ended);
	assert_in_range(k->r->blob_count, 1, 9);
	/* And the last of them is answered. */
	kit_data_bytes(p);
	rig_answer_blobs(k->r);
	assert_int_equal(kit_data_bytes(p), 65536 + CHUNK_TAG_BYTES);
}

/* He who wants links is to have something to fetch. */
static void links_are_for_files(void **state)
{
	struct kit *k = *state;

	frame_write_want(&k->main->builder.w, 4);
	puppet_flush(k->r, k->main);
	rig_tick(k->r, 30 * SECOND);
	assert_null(puppet_dialled(k->r, PUPPET_BULK));
	/* He may say so before he hears that there is one. */
	kit_send(k);
	rig_tick(k->r, SECOND);
	assert_non_null(puppet_dialled(k->r, PUPPET_BULK));
}

/* Whom we give no cell cannot dial, however often he is asked to. */
static void links_to_nowhere_are_not_asked_for(void **state)
{
	struct kit *k = *state;
	struct event ev = {.type = EV_CMD_CONTACT_SET};
	struct puppet_frame f;

	ev.contact_set.contact_id = k->r->contact.id;
	ev.contact_set.fields = CONTACT_POLICY;
	ev.contact_set.policy = POLICY_DIAL_ONLY;
	assert_ok(rig_cmd(k->r, ev));
	assert_false(k->r->cell_up);
	assert_false(k->main->is_ended);
	kit_offer(k);
	assert_ok(kit_wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	rig_tick(k->r, SECOND);
	assert_false(puppet_find(k->main, FRAME_WANT, &f));
	assert_non_null(puppet_dialled(k->r, PUPPET_BULK));
}

/* Our dials fail: perhaps his do not. */
static void who_cannot_dial_asks(void **state)
{
	struct kit *k = *state;
	struct frame_chunk at;
	struct puppet_frame f;
	struct puppet *p;
	unsigned i;

	kit_offer(k);
	puppet_down(k->r, k->main);
	rig_tick(k->r, MINUTE);
	k->main = puppet_dialled(k->r, PUPPET_CONTACT);
	assert_non_null(k->main);
	puppet_open(k->r, k->main);
	puppet_hello(k->r, k->main, 1, NULL);
	assert_ok(kit_wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	for (i = 0; i < 3; i++) {
		assert_false(puppet_find(k->main, FRAME_WANT, &f));
		rig_tick(k->r, 5 * SECOND);
		p = puppet_dialled(k->r, PUPPET_BULK);
		assert_non_null(p);
		puppet_down(k->r, p);
	}
	assert_true(puppet_find(k->main, FRAME_WANT, &f));
	assert_int_equal(f.body.p[0], 2);
	/* He did. */
	p = kit_bulk(k);
	while (kit_asked(p, &at))
		kit_answer_right(k, p, &at);
	assert_true(puppet_find(k->main, FRAME_WANT, &f));
	assert_int_equal(f.body.p[0], 0);
}

/* What failed while a session was dying says nothing of the next. */
static void a_new_session_is_a_new_start(void **state)
{
	struct kit *k = *state;
	struct puppet *p;
	unsigned i;

	kit_send(k);
	frame_write_want(&k->main->builder.w, 1);
	puppet_flush(k->r, k->main);
	for (i = 0; i < 12; i++) {
		p = puppet_dialled(k->r, PUPPET_BULK);
		if (p)
			puppet_down(k->r, p);
		rig_tick(k->r, 4 * SECOND);
	}
	puppet_down(k->r, k->main);
	k->main = rig_session(k->r);
	frame_write_want(&k->main->builder.w, 1);
	puppet_flush(k->r, k->main);
	rig_tick(k->r, SECOND);
	assert_non_null(puppet_dialled(k->r, PUPPET_BULK));
}

/* He was asked, and does not come. */
static void who_asks_in_vain_dials(void **state)
{
	struct kit *k = *state;
	struct puppet_frame f;
	unsigned i;

	kit_offer(k);
	assert_ok(kit_wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	rig_tick(k->r, SECOND);
	assert_true(puppet_find(k->main, FRAME_WANT, &f));
	for (i = 0; i < 3; i++) {
		assert_null(puppet_dialled(k->r, PUPPET_BULK));
		frame_write_ping(&k->main->builder.w, FRAME_PING, i);
		puppet_flush(k->r, k->main);
		rig_tick(k->r, 50 * SECOND);
	}
	assert_non_null(puppet_dialled(k->r, PUPPET_BULK));
}

/* The machine slept, and its user is faster than any timer. */
static void what_is_over_is_not_accepted(void **state)
{
	struct kit *k = *state;

	k->offer_s = 3600;
	kit_offer(k);
	k->r->skew_ms += (uint64_t)2 * 3600 * SECOND;
	assert_err(kit_wish(k, FILE_RUN), ERR_NOT_FOUND);
	assert_int_equal(kit_row(k)->state, FILE_FAILED);
	assert_int_equal(kit_row(k)->problem, FILE_EXPIRED);
}

/* What is still to be written of it holds up nothing else. */
static void a_cancel_frees_the_links(void **state)
{
	struct kit *k = *state;
	struct puppet *p = kit_fetching(k);
	struct frame_chunk at;

	while (!p->is_paused) {
		struct bytes b;

		assert_true(kit_asked(p, &at));
		b = kit_piece(k, at.index);
		kit_answer(k, p, &at, b);
		seen_drop(&b);
	}
	assert_ok(kit_wish(k, FILE_CANCEL));
	assert_false(p->is_paused);
}

/* A full disk, and a journal that would tell of nothing else. */
static void waiting_for_room_is_no_news(void **state)
{
	struct kit *k = *state;
	unsigned i, saves;

	k->r->disk->room = 1000;
	kit_offer(k);
	assert_ok(kit_wish(k, FILE_RUN));
	rig_answer_blobs(k->r);
	assert_int_equal(kit_row(k)->problem, FILE_NO_SPACE);
	saves = k->r->count[FX_SAVE_FILE];
	for (i = 0; i < 60; i++) {
		rig_tick(k->r, MINUTE + SECOND);
		assert_int_equal(k->r->blob_count, 1);
		rig_answer_blobs(k->r);
		assert_int_equal(kit_row(k)->state, FILE_PAUSED);
	}
	assert_int_equal(k->r->count[FX_SAVE_FILE], saves);
	k->r->disk->room = UINT64_MAX;
	rig_tick(k->r, MINUTE + SECOND);
	rig_answer_blobs(k->r);
	assert_int_equal(kit_row(k)->state, FILE_RUNNING);
	assert_int_equal(kit_row(k)->problem, FILE_NO_PROBLEM);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, transfer_setup, transfer_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(links_of_his_are_not_too_many),
	    TEST(eight_links_and_no_ninth),
	    TEST(sixteen_requests_and_no_more),
	    TEST(a_pause_that_is_over_is_not_said),
	    TEST(reads_have_limits),
	    TEST(links_are_for_files),
	    TEST(links_to_nowhere_are_not_asked_for),
	    TEST(what_is_over_is_not_accepted),
	    TEST(who_cannot_dial_asks),
	    TEST(who_asks_in_vain_dials),
	    TEST(a_cancel_frees_the_links),
	    TEST(a_new_session_is_a_new_start),
	    TEST(waiting_for_room_is_no_news),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
