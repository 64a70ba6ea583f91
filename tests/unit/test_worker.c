/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "tests/unit/loop.h"
#include "worker.h"

enum { JOBS = 50 };

struct job {
	struct bench *bench;
	unsigned number;
	pthread_t ran_in;
	bool has_run;
};

struct bench {
	struct loop loop;
	struct worker *worker;
	struct job jobs[JOBS];
	unsigned order[JOBS]; /* as they were done */
	unsigned done_count;
	unsigned submit_next; /* by a done function */
	int gate[2];	      /* a job waits until something is written */
	int at_gate[2];	      /* and says that it does */
};

static int start(void **state)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	unsigned i;

	loop_init(&b->loop);
	assert_ok(worker_new(b->loop.base, &b->worker));
	assert_int_equal(pipe(b->gate), 0);
	assert_int_equal(pipe(b->at_gate), 0);
	for (i = 0; i < JOBS; i++)
		b->jobs[i] = (struct job){.bench = b, .number = i};
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bench *b = *state;
	int i;

	worker_free(b->worker);
	for (i = 0; i < 2; i++) {
		close(b->gate[i]);
		close(b->at_gate[i]);
	}
	loop_clear(&b->loop);
	free(b);
	return 0;
}

static void run(void *arg)
{
	struct job *j = arg;

	j->ran_in = pthread_self();
	j->has_run = true;
}

static void run_at_gate(void *arg)
{
	struct job *j = arg;
	char c = 'x';

	if (write(j->bench->at_gate[1], &c, 1) == 1 &&
	    read(j->bench->gate[0], &c, 1) == 1)
		run(arg);
}

static void done(void *arg)
{
	struct job *j = arg;
	struct bench *b = j->bench;

	b->order[b->done_count++] = j->number;
}

static void done_and_submit(void *arg)
{
	struct bench *b = ((struct job *)arg)->bench;

	done(arg);
	if (b->submit_next < JOBS) {
		struct job *next = &b->jobs[b->submit_next++];

		worker_submit(b->worker, run, done_and_submit, next);
	}
}

static bool all_done(void *arg)
{
	return ((struct bench *)arg)->done_count == JOBS;
}

static void in_order_and_elsewhere(void **state)
{
	struct bench *b = *state;
	unsigned i;

	for (i = 0; i < JOBS; i++)
		worker_submit(b->worker, run, done, &b->jobs[i]);
	loop_until(&b->loop, all_done, b);
	for (i = 0; i < JOBS; i++) {
		assert_int_equal(b->order[i], i);
		assert_true(b->jobs[i].has_run);
		assert_false(pthread_equal(b->jobs[i].ran_in, pthread_self()));
		/* Never two at once: there is but one thread. */
		assert_true(
		    pthread_equal(b->jobs[i].ran_in, b->jobs[0].ran_in));
	}
}

static void done_may_submit(void **state)
{
	struct bench *b = *state;

	b->submit_next = 1;
	worker_submit(b->worker, run, done_and_submit, &b->jobs[0]);
	loop_until(&b->loop, all_done, b);
}

static void the_loop_goes_on_meanwhile(void **state)
{
	struct bench *b = *state;
	char c;

	worker_submit(b->worker, run_at_gate, done, &b->jobs[0]);
	assert_int_equal(read(b->at_gate[0], &c, 1), 1);
	loop_settle(&b->loop);
	assert_int_equal(b->done_count, 0);
	assert_int_equal(write(b->gate[1], "x", 1), 1);
	b->done_count = JOBS - 1;
	loop_until(&b->loop, all_done, b);
	assert_true(b->jobs[0].has_run);
}

static void *open_gate(void *arg)
{
	struct bench *b = arg;

	return write(b->gate[1], "x", 1) == 1 ? b : NULL;
}

/* The one that runs is waited for; no other starts, and nobody is told. */
static void free_waits_for_the_one_that_runs(void **state)
{
	struct bench *b = *state;
	pthread_t opener;
	char c;

	worker_submit(b->worker, run_at_gate, done, &b->jobs[0]);
	worker_submit(b->worker, run, done, &b->jobs[1]);
	assert_int_equal(read(b->at_gate[0], &c, 1), 1);
	assert_int_equal(pthread_create(&opener, NULL, open_gate, b), 0);
	worker_free(b->worker);
	b->worker = NULL;
	assert_int_equal(pthread_join(opener, NULL), 0);
	assert_true(b->jobs[0].has_run);
	loop_settle(&b->loop);
	assert_int_equal(b->done_count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(in_order_and_elsewhere),
	    T(done_may_submit),
	    T(the_loop_goes_on_meanwhile),
	    T(free_waits_for_the_one_that_runs),
	};

	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
