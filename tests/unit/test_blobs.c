/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bytes of files, as a node asks for them: in order, answered once, and
 * to nobody who is gone.
 */
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "blobs.h"
#include "store_files.h"
#include "tests/unit/loop.h"
#include "worker.h"

enum { ANSWERS_MAX = 64 };

static int sync_errno; /* of every sync; 0: it works */

/* In place of the library's. */
int fdatasync(int fd)
{
	if (sync_errno == 0)
		return fsync(fd);
	errno = sync_errno;
	return -1;
}

struct answer {
	enum blob_op op;
	uint32_t index;
	enum err err;
	size_t n;
	uint8_t first; /* byte */
};

struct bench {
	struct kit kit;
	struct loop loop;
	struct worker *worker;
	struct blobs *blobs;
	struct blobs_user *user;
	struct answer answers[ANSWERS_MAX];
	size_t count, wanted;
};

static void on_step(void *ctx, struct event *ev)
{
	struct bench *b = ctx;
	struct answer *a = &b->answers[b->count];

	assert_int_equal(ev->type, EV_BLOB);
	assert_true(b->count < ANSWERS_MAX);
	a->op = ev->blob.op;
	a->index = ev->blob.index;
	a->err = ev->blob.err;
	a->n = ev->blob.bytes.n;
	a->first = a->n > 0 ? ev->blob.bytes.p[0] : 0;
	b->count++;
}

static void add_user(struct bench *b)
{
	const struct blobs_owner o = {b->kit.store, b, on_step};

	b->user = blobs_add(b->blobs, &o);
}

/* Contact 1 offers the files 1 and 2, which are accepted; there is room for
 * both. */
static int start(void **state)
{
	const struct file_limits limits = {.user_bytes = 10 * FILES_SIZE,
					   .contact_bytes = 2 * FILES_SIZE};
	struct bench *b = xcalloc(1, sizeof(*b));

	kit_start(&b->kit);
	kit_save_contact(&b->kit, 1);
	store_set_file_limits(b->kit.store, &limits);
	files_save_offer(&b->kit, 1, 1);
	files_save_offer(&b->kit, 1, 2);
	files_set(&b->kit, 1, 1, FILE_RUNNING);
	files_set(&b->kit, 1, 2, FILE_RUNNING);
	loop_init(&b->loop);
	assert_ok(worker_new(b->loop.base, &b->worker));
	b->blobs = blobs_new(b->loop.base, b->worker);
	add_user(b);
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bench *b = *state;

	blobs_remove(b->user);
	worker_free(b->worker);
	blobs_free(b->blobs);
	loop_clear(&b->loop);
	kit_end(&b->kit);
	free(b);
	return 0;
}

static bool has_answers(void *arg)
{
	struct bench *b = arg;

	return b->count >= b->wanted;
}

static void wait_answers(struct bench *b, size_t n)
{
	b->wanted = n;
	loop_until(&b->loop, has_answers, b);
	loop_settle(&b->loop);
	assert_int_equal(b->count, n);
}

static void ask(struct bench *b, struct uid id, enum blob_op op, uint32_t index)
{
	struct effect e = {.type = FX_BLOB,
			   .blob = {.file_id = id, .op = op, .index = index}};

	if (op == BLOB_OPEN) {
		e.blob.size = FILES_SIZE;
		e.blob.contact_id = kit_uid('c', 1);
	}
	blobs_do(b->user, &e);
}

/* A piece of the right length that begins with that byte. */
static void put(struct bench *b, struct uid id, uint32_t index, uint8_t first)
{
	const struct chunk_plan plan = {.size = FILES_SIZE,
					.chunk_log2 = CHUNK_LOG2_MIN};
	size_t n = blob_piece_bytes(&plan, index);
	uint8_t *p = xcalloc(1, n + 1);
	struct effect e = {.type = FX_BLOB,
			   .blob = {.file_id = id,
				    .op = BLOB_WRITE,
				    .index = index,
				    .bytes = {p, n}}};

	p[0] = first;
	blobs_do(b->user, &e);
	free(p);
}

static void assert_answer(struct bench *b, size_t i, enum blob_op op,
			  uint32_t index, enum err err)
{
	assert_int_equal(b->answers[i].op, op);
	assert_int_equal(b->answers[i].index, index);
	assert_err(b->answers[i].err, err);
}

static void answers_come_in_order(void **state)
{
	struct bench *b = *state;
	struct uid id = files_id(1, 1);
	uint32_t i;

	ask(b, id, BLOB_OPEN, 0);
	for (i = 0; i < 4; i++)
		put(b, id, i, (uint8_t)(10 + i));
	put(b, id, BLOB_MANIFEST, 99);
	put(b, id, 4, 1);
	ask(b, id, BLOB_SYNC, 0);
	for (i = 0; i < 5; i++)
		ask(b, id, BLOB_READ, i);
	ask(b, id, BLOB_READ, BLOB_MANIFEST);
	wait_answers(b, 14);
	assert_answer(b, 0, BLOB_OPEN, 0, OK);
	for (i = 0; i < 4; i++)
		assert_answer(b, 1 + i, BLOB_WRITE, i, OK);
	assert_answer(b, 5, BLOB_WRITE, BLOB_MANIFEST, OK);
	assert_answer(b, 6, BLOB_WRITE, 4, ERR_RANGE);
	assert_answer(b, 7, BLOB_SYNC, 0, OK);
	for (i = 0; i < 4; i++) {
		assert_answer(b, 8 + i, BLOB_READ, i, OK);
		assert_int_equal(b->answers[8 + i].first, 10 + i);
	}
	assert_int_equal(b->answers[8].n, 65536 + CHUNK_TAG_BYTES);
	assert_int_equal(b->answers[11].n, 100 + CHUNK_TAG_BYTES);
	assert_answer(b, 12, BLOB_READ, 4, ERR_RANGE);
	assert_answer(b, 13, BLOB_READ, BLOB_MANIFEST, OK);
	assert_int_equal(b->answers[13].n, 4 * LEAF_BYTES);
	assert_int_equal(b->answers[13].first, 99);
}

static void errors_are_answers_too(void **state)
{
	struct bench *b = *state;
	struct file_limits limits = *store_file_limits(b->kit.store);
	struct uid id = files_id(1, 1);

	ask(b, kit_uid('f', 77), BLOB_OPEN, 0);
	ask(b, id, BLOB_READ, 0);
	put(b, id, 0, 1);
	limits.contact_bytes = 2 * FILES_SIZE - 1;
	store_set_file_limits(b->kit.store, &limits);
	ask(b, id, BLOB_OPEN, 0);
	limits.contact_bytes = 2 * FILES_SIZE;
	limits.keep_free_bytes = INT64_MAX;
	store_set_file_limits(b->kit.store, &limits);
	ask(b, id, BLOB_OPEN, 0);
	limits.keep_free_bytes = 0;
	store_set_file_limits(b->kit.store, &limits);
	ask(b, id, BLOB_OPEN, 0);
	ask(b, id, BLOB_READ, 0);
	wait_answers(b, 7);
	assert_answer(b, 0, BLOB_OPEN, 0, ERR_NOT_FOUND);
	assert_answer(b, 1, BLOB_READ, 0, ERR_NOT_FOUND);
	assert_answer(b, 2, BLOB_WRITE, 0, ERR_NOT_FOUND);
	assert_answer(b, 3, BLOB_OPEN, 0, ERR_FULL);
	assert_answer(b, 4, BLOB_OPEN, 0, ERR_NO_SPACE);
	assert_answer(b, 5, BLOB_OPEN, 0, OK);
	assert_answer(b, 6, BLOB_READ, 0, ERR_CORRUPT);
	assert_int_equal(b->answers[6].n, 0);
}

static void what_was_written_stays(void **state)
{
	struct bench *b = *state;
	struct uid id = files_id(1, 2);

	ask(b, id, BLOB_OPEN, 0);
	put(b, id, 1, 7);
	ask(b, id, BLOB_SYNC, 0);
	wait_answers(b, 3);
	blobs_forget(b->user, id);
	blobs_forget(b->user, id);
	ask(b, id, BLOB_OPEN, 0);
	ask(b, id, BLOB_READ, 1);
	wait_answers(b, 5);
	assert_answer(b, 4, BLOB_READ, 1, OK);
	assert_int_equal(b->answers[4].first, 7);
}

static void who_is_gone_gets_no_answer(void **state)
{
	struct bench *b = *state;
	struct uid id = files_id(1, 1), other = files_id(1, 2);

	ask(b, id, BLOB_OPEN, 0);
	put(b, id, 0, 5);
	blobs_drop_all(b->user);
	ask(b, other, BLOB_OPEN, 0);
	wait_answers(b, 1);
	/* Done all the same. */
	ask(b, id, BLOB_READ, 0);
	wait_answers(b, 2);
	assert_answer(b, 1, BLOB_READ, 0, OK);
	assert_int_equal(b->answers[1].first, 5);

	put(b, id, 0, 6);
	blobs_remove(b->user);
	add_user(b);
	ask(b, id, BLOB_READ, 0);
	wait_answers(b, 3);
	assert_int_equal(b->answers[2].first, 6);
	/* And at the very end nothing is left behind. */
	put(b, id, 0, 7);
	ask(b, id, BLOB_READ, 0);
}

/* After a reload the node asks for the same again: what it is told then is of
 * now, and an answer from before would call durable what was not written. */
static void old_answers_are_not_new_ones(void **state)
{
	struct bench *b = *state;
	struct uid id = files_id(1, 1);
	uint32_t i;

	ask(b, id, BLOB_OPEN, 0);
	for (i = 0; i < 10; i++) {
		put(b, id, 0, 5);
		ask(b, id, BLOB_SYNC, 0);
	}
	blobs_drop_all(b->user);
	put(b, id, 1, 6);
	ask(b, id, BLOB_READ, 1);
	ask(b, id, BLOB_SYNC, 0);
	wait_answers(b, 3);
	assert_answer(b, 0, BLOB_WRITE, 1, OK);
	assert_answer(b, 1, BLOB_READ, 1, OK);
	assert_int_equal(b->answers[1].first, 6);
	assert_answer(b, 2, BLOB_SYNC, 0, OK);

	/* The same for a user who was locked and is unlocked. */
	for (i = 0; i < 10; i++)
		ask(b, id, BLOB_SYNC, 0);
	blobs_remove(b->user);
	add_user(b);
	ask(b, id, BLOB_READ, 0);
	wait_answers(b, 4);
	assert_answer(b, 3, BLOB_READ, 0, OK);
	assert_int_equal(b->answers[3].first, 5);
}

/* The user says no while the file is being made. */
static void blobs_made_too_late_go(void **state)
{
	struct bench *b = *state;
	struct file_info f = files_find(&b->kit, files_id(1, 1));
	struct file_info g = files_find(&b->kit, files_id(1, 2));
	struct effect gone = {.type = FX_DELETE_FILE, .target = files_id(1, 2)};

	ask(b, f.row.id, BLOB_OPEN, 0);
	files_set(&b->kit, 1, 1, FILE_CANCELLED);
	blobs_forget(b->user, f.row.id);
	ask(b, g.row.id, BLOB_OPEN, 0);
	kit_save(&b->kit, &gone);
	blobs_forget(b->user, g.row.id);
	wait_answers(b, 2);
	assert_false(files_has_blob(&b->kit, &f));
	assert_false(files_has_blob(&b->kit, &g));
}

/* What was written before a sync that failed may not be there; what is
 * written after the file was opened anew, once there is room, is. */
static void a_sync_that_failed(void **state)
{
	struct bench *b = *state;
	struct uid id = files_id(1, 1);

	ask(b, id, BLOB_OPEN, 0);
	put(b, id, 0, 1);
	wait_answers(b, 2);
	sync_errno = ENOSPC;
	ask(b, id, BLOB_SYNC, 0);
	wait_answers(b, 3);
	assert_answer(b, 2, BLOB_SYNC, 0, ERR_NO_SPACE);
	sync_errno = 0;
	ask(b, id, BLOB_SYNC, 0);
	ask(b, id, BLOB_OPEN, 0);
	put(b, id, 0, 1);
	ask(b, id, BLOB_SYNC, 0);
	wait_answers(b, 7);
	assert_answer(b, 3, BLOB_SYNC, 0, ERR_IO);
	assert_answer(b, 4, BLOB_OPEN, 0, OK);
	assert_answer(b, 5, BLOB_WRITE, 0, OK);
	assert_answer(b, 6, BLOB_SYNC, 0, OK);
}

static void wait_for_lock(void *arg)
{
	pthread_mutex_lock(arg);
	pthread_mutex_unlock(arg);
}

static void do_nothing(void *arg)
{
	(void)arg;
}

/* Or deletes him who sends it, with all that he sent. */
static void blobs_of_who_is_gone_go(void **state)
{
	pthread_mutex_t busy = PTHREAD_MUTEX_INITIALIZER;
	struct bench *b = *state;
	struct file_info f = files_find(&b->kit, files_id(1, 1));
	struct effect gone = {.type = FX_DELETE_CONTACT,
			      .target = kit_uid('c', 1)};

	pthread_mutex_lock(&busy);
	worker_submit(b->worker, wait_for_lock, do_nothing, &busy);
	ask(b, f.row.id, BLOB_OPEN, 0);
	kit_save(&b->kit, &gone);
	pthread_mutex_unlock(&busy);
	wait_answers(b, 1);
	assert_false(files_has_blob(&b->kit, &f));
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(answers_come_in_order),	     T(errors_are_answers_too),
	    T(what_was_written_stays),	     T(who_is_gone_gets_no_answer),
	    T(old_answers_are_not_new_ones), T(blobs_made_too_late_go),
	    T(a_sync_that_failed),	     T(blobs_of_who_is_gone_go),
	};

	return cmocka_run_group_tests_name("blobs", tests, NULL, NULL);
}
