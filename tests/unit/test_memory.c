/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Allocations of the database library fail, one at a time, while a database is
 * opened and written to.  What is reported as saved is there, what is
 * not is there whole or not at all, and the next try works.  All else of ours
 * that cannot have memory aborts: then it is a crash (test_crash.c).
 * HOSTILE S-04
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "store_raw.h"
#include "store_seen.h"

void *__real_block_new(size_t bytes);
void *__wrap_block_new(size_t bytes);
void *__real_block_resize(void *p, size_t bytes);
void *__wrap_block_resize(void *p, size_t bytes);

static unsigned long left; /* until one fails; 0: none will */

static bool is_the_one(void)
{
	return left > 0 && --left == 0;
}

void *__wrap_block_new(size_t bytes)
{
	return is_the_one() ? NULL : __real_block_new(bytes);
}

void *__wrap_block_resize(void *p, size_t bytes)
{
	return is_the_one() ? NULL : __real_block_resize(p, bytes);
}

/* ALL=1: each of them.  Else each of the first fifty, then ever fewer: there
 * are thousands. */
static unsigned long next(unsigned long n)
{
	return n + 1 + (n > 50 && !getenv("ALL") ? n / 10 : 0);
}

enum { HANG_S = 5 };
enum { SAVED = 10, REFUSED, LATE }; /* LATE: there are not so many in it */

struct tally {
	unsigned long n, refused, crashes;
};

/* In a process of its own, since the library may crash, and 3.4.1 waits for a
 * lock of its own at some places: umbeld kills a core that does not answer.
 * What is left is looked at like anything else. */
static int try(struct tally *t, struct kit *k, int (*deed)(struct kit *))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int result;

		if (!freopen("/dev/null", "w", stderr))
			_exit(0);
		signal(SIGSEGV, SIG_DFL); /* cmocka's would go on */
		alarm(HANG_S);
		left = t->n;
		result = deed(k);
		_exit(left > 0 ? LATE : result);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	t->refused += status == REFUSED;
	t->crashes += status < SAVED;
	return status;
}

static void tell(const struct tally *t)
{
	printf("up to %lu allocations, %lu refusals, %lu crashes\n", t->n,
	       t->refused, t->crashes);
	assert_true(t->refused > 10);
}

static int open_it(struct kit *k)
{
	return store_open(k->path, &k->mk, k->user_id, &k->store) == OK
		   ? SAVED
		   : REFUSED;
}

static void opening_fails(void **state)
{
	struct tally t = {0};
	struct kit *k = *state;
	enum err e;
	int how;

	raw_sample(k);
	kit_close(k);
	do {
		t.n = next(t.n);
		how = try(&t, k, open_it);
		kit_open(k);
		assert_true(raw_sample_is_there(k, &e));
		kit_close(k);
	} while (how != LATE);
	tell(&t);
	assert_true(raw_is_whole(k));
}

static uint64_t seq;

static int write_it(struct kit *k)
{
	struct effect e = kit_message_out(1, seq, "it has to be kept");

	return kit_try(k, &e, 1) == OK ? SAVED : REFUSED;
}

static int open_and_write(struct kit *k)
{
	unsigned long n = left;

	left = 0;
	kit_open(k);
	left = n;
	return write_it(k);
}

static void writing_fails(void **state)
{
	struct tally t = {0};
	struct kit *k = *state;
	uint64_t count;
	int how;

	kit_save_contact(k, 1);
	kit_close(k);
	seq = 1;
	do {
		t.n = next(t.n);
		how = try(&t, k, open_and_write);
		count = raw_number(k, "SELECT count(*) FROM messages");
		/* What was reported as not saved may be there all the same. */
		assert_in_range(
		    count, how == SAVED || how == LATE ? seq : seq - 1, seq);
		seq = count + 1;
	} while (how != LATE);
	tell(&t);
	assert_true(raw_is_whole(k));
}

#define T(name) cmocka_unit_test_setup_teardown(name, start_kit, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(opening_fails),
	    T(writing_fails),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
