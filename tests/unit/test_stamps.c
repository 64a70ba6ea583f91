/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Proof of work in the worker: found, cancelled, and in nobody's way.
 */
#include "tests/unit/loop.h"

#include "core/knock.h"
#include "stamps.h"
#include "worker.h"

enum { EASY_BITS = 12, NEVER_BITS = 200 };

struct bench {
	struct loop loop;
	struct worker *worker;
	struct stamps *stamps;
	unsigned found_count, job_count;
	uint64_t link, counter;
};

static int start(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));

	loop_init(&b->loop);
	assert_ok(worker_new(b->loop.base, &b->worker));
	b->stamps = stamps_new(b->worker);
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bench *b = *state;

	worker_free(b->worker);
	stamps_free(b->stamps);
	loop_clear(&b->loop);
	free(b);
	return 0;
}

static void on_found(void *ctx, uint64_t link, uint64_t counter)
{
	struct bench *b = ctx;

	b->found_count++;
	b->link = link;
	b->counter = counter;
}

static struct effect search(struct bench *b, uint64_t link, uint8_t bits)
{
	const struct stamp_owner owner = {b, on_found};
	struct effect e = {.type = FX_STAMP};

	e.stamp.link = link;
	e.stamp.bits = bits;
	memset(e.stamp.h, (int)link, sizeof(e.stamp.h));
	stamps_search(b->stamps, owner, &e);
	return e;
}

static bool is_found(void *arg)
{
	return ((struct bench *)arg)->found_count > 0;
}

static void job(void *arg)
{
	(void)arg;
}

static void on_job(void *arg)
{
	((struct bench *)arg)->job_count++;
}

static bool has_had_jobs(void *arg)
{
	return ((struct bench *)arg)->job_count >= 3;
}

static void a_stamp_is_found(void **state)
{
	struct bench *b = *state;
	struct effect e = search(b, 7, EASY_BITS);

	assert_int_equal(b->found_count, 0);
	loop_until(&b->loop, is_found, b);
	assert_int_equal(b->link, 7);
	assert_true(knock_work(e.stamp.h, b->counter) >= EASY_BITS);
	assert_true(b->counter == 0 ||
		    knock_work(e.stamp.h, b->counter - 1) < EASY_BITS);
}

/* Others come in between, and other stamps. */
static void a_long_search_is_in_nobodys_way(void **state)
{
	struct bench *b = *state;
	int i;

	search(b, 1, NEVER_BITS);
	for (i = 0; i < 3; i++)
		worker_submit(b->worker, job, on_job, b);
	loop_until(&b->loop, has_had_jobs, b);
	search(b, 2, EASY_BITS);
	loop_until(&b->loop, is_found, b);
	assert_int_equal(b->link, 2);
}

static void a_cancelled_search_ends(void **state)
{
	struct bench *b = *state;
	unsigned other;

	search(b, 1, NEVER_BITS);
	search(b, 2, EASY_BITS);
	search(b, 3, EASY_BITS);
	stamps_cancel(b->stamps, &other, 3);
	stamps_cancel(b->stamps, b, 1);
	stamps_cancel(b->stamps, b, 2);
	loop_until(&b->loop, is_found, b);
	assert_int_equal(b->link, 3);
	assert_int_equal(b->found_count, 1);
	search(b, 4, EASY_BITS);
	stamps_cancel_all(b->stamps, b);
	worker_submit(b->worker, job, on_job, b);
	worker_submit(b->worker, job, on_job, b);
	worker_submit(b->worker, job, on_job, b);
	loop_until(&b->loop, has_had_jobs, b);
	assert_int_equal(b->found_count, 1);
}

static void the_end_may_come_at_any_time(void **state)
{
	struct bench *b = *state;
	uint64_t i;

	for (i = 1; i <= 20; i++)
		search(b, i, NEVER_BITS);
	loop_settle(&b->loop);
	assert_int_equal(b->found_count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_stamp_is_found),
	    T(a_long_search_is_in_nobodys_way),
	    T(a_cancelled_search_ends),
	    T(the_end_may_come_at_any_time),
	};

	return cmocka_run_group_tests_name("stamps", tests, NULL, NULL);
}
