/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Named readers of the journal, and what it keeps for them.
 */
#include <stdio.h>

#include "check.h"
#include "store/consumer.h"
#include "store_seen.h"

enum { ROWS_MAX = 100000, SLACK = 512 /* what is pruned late */ };

static const uint64_t day = 24 * 3600 * 1000;

static struct consumer_name name_of(const char *s)
{
	struct consumer_name n;

	snprintf(n.s, sizeof(n.s), "%s", s);
	return n;
}

/* So many lines of the journal. */
static void write_lines(struct kit *k, size_t count, uint64_t wall_ms)
{
	struct effect e = {.type = FX_SAVE_REQUEST,
			   .journal = JOURNAL_REQUEST_STATE,
			   .request = kit_request(1)};

	assert_ok(store_begin(k->store));
	while (count-- > 0)
		assert_ok(store_apply(k->store, &e, wall_ms));
	assert_ok(store_commit(k->store));
}

static struct journal_range range_of(struct kit *k)
{
	struct journal_range r;

	assert_ok(query_journal_range(k->store, &r));
	return r;
}

static enum err try_ack(struct kit *k, const char *name, uint64_t seq,
			struct consumer_info *out)
{
	struct consumer_name n = name_of(name);

	return consumer_ack(k->store, &n, seq, KIT_WALL, out);
}

/* Its place after it. */
static uint64_t ack(struct kit *k, const char *name, uint64_t seq)
{
	struct consumer_info c = {.acked = 0};

	assert_ok(try_ack(k, name, seq, &c));
	assert_string_equal(c.name.s, name);
	return c.acked;
}

static uint64_t place_of(struct kit *k, const char *name)
{
	struct consumer_name n = name_of(name);
	struct consumer_info c;

	assert_ok(consumer_find(k->store, &n, &c));
	return c.acked;
}

static void a_place_only_goes_forwards(void **state)
{
	struct kit *k = *state;
	struct consumer_name n = name_of("backup");
	struct consumer_info c;

	assert_err(consumer_find(k->store, &n, &c), ERR_NOT_FOUND);
	assert_err(consumer_delete(k->store, &n), ERR_NOT_FOUND);
	write_lines(k, 10, KIT_WALL);
	assert_ok(consumer_ack(k->store, &n, 4, KIT_WALL, &c));
	assert_int_equal(c.acked, 4);
	assert_int_equal(c.created_ms, KIT_WALL);
	assert_int_equal(c.updated_ms, KIT_WALL);
	/* Not back, nor to what has not happened. */
	assert_ok(consumer_ack(k->store, &n, 3, KIT_WALL + 1, &c));
	assert_int_equal(c.acked, 4);
	assert_int_equal(c.updated_ms, KIT_WALL);
	assert_err(consumer_ack(k->store, &n, 11, KIT_WALL, &c), ERR_RANGE);
	assert_int_equal(place_of(k, "backup"), 4);
	assert_ok(consumer_ack(k->store, &n, 10, KIT_WALL + 2, &c));
	assert_int_equal(c.acked, 10);
	assert_int_equal(c.created_ms, KIT_WALL);
	assert_int_equal(c.updated_ms, KIT_WALL + 2);
	kit_close(k);
	kit_open(k);
	assert_int_equal(place_of(k, "backup"), 10);
	assert_ok(consumer_delete(k->store, &n));
	assert_err(consumer_find(k->store, &n, &c), ERR_NOT_FOUND);
}

static void a_journal_without_a_line_has_one_place(void **state)
{
	struct kit *k = *state;
	struct consumer_info c;

	assert_int_equal(ack(k, "a", 0), 0);
	assert_err(try_ack(k, "a", 1, &c), ERR_RANGE);
	assert_err(try_ack(k, "b", 1, &c), ERR_RANGE);
}

struct names {
	size_t count, stop_at;
	char first[CONSUMER_NAME_MAX + 1];
	uint64_t last_id;
};

static bool see(void *ctx, const struct consumer_info *c)
{
	struct names *n = ctx;

	assert_null(strchr(c->name.s, ':'));
	assert_true(c->id > n->last_id);
	if (n->count++ == 0)
		memcpy(n->first, c->name.s, sizeof(n->first));
	n->last_id = c->id;
	return n->count != n->stop_at;
}

static void they_are_few_but_for_our_own(void **state)
{
	struct kit *k = *state;
	struct names n = {.count = 0};
	struct consumer_name first = name_of("one-0");
	struct consumer_info c;
	char name[32];

	for (int i = 0; i < CONSUMERS_MAX; i++) {
		snprintf(name, sizeof(name), "one-%d", i);
		ack(k, name, 0);
		snprintf(name, sizeof(name), "hook:%d", i);
		ack(k, name, 0);
	}
	assert_err(try_ack(k, "more", 0, &c), ERR_FULL);
	/* One that is there may go on. */
	write_lines(k, 1, KIT_WALL);
	assert_int_equal(ack(k, "one-7", 1), 1);
	ack(k, "webhook:x", 0);
	assert_ok(consumer_list(k->store, 0, 1000, see, &n));
	assert_int_equal(n.count, CONSUMERS_MAX);
	/* By pages, and what was deleted leaves no gap in them. */
	n = (struct names){.stop_at = 5};
	assert_ok(consumer_list(k->store, 0, 1000, see, &n));
	assert_int_equal(n.count, 5);
	assert_ok(consumer_delete(k->store, &first));
	n = (struct names){.last_id = n.last_id};
	assert_ok(consumer_list(k->store, n.last_id, 3, see, &n));
	assert_int_equal(n.count, 3);
	assert_string_equal(n.first, "one-5");
	ack(k, "more", 0);
}

static void assert_as_many_as_fit(struct kit *k)
{
	struct journal_range r = range_of(k);

	assert_in_range(r.last - r.first_available + 1, ROWS_MAX,
			ROWS_MAX + SLACK);
}

static void young_lines_wait_however_many(void **state)
{
	struct kit *k = *state;

	write_lines(k, 10, KIT_WALL);
	ack(k, "slow", 3);
	ack(k, "quick", 10);
	write_lines(k, ROWS_MAX + 5000, KIT_WALL + day);
	assert_int_equal(range_of(k).first_available, 4);
	/* Once all are done with them, they go as they would have. */
	ack(k, "quick", range_of(k).last);
	write_lines(k, 1000, KIT_WALL + day);
	assert_int_equal(range_of(k).first_available, 4);
	ack(k, "slow", range_of(k).last - 10);
	for (int i = 0; i < 10; i++)
		write_lines(k, 1000, KIT_WALL + day);
	assert_as_many_as_fit(k);
}

static void few_lines_wait_however_old(void **state)
{
	struct kit *k = *state;
	struct consumer_name n = name_of("away");

	write_lines(k, 1000, KIT_WALL);
	ack(k, "away", 300);
	write_lines(k, 1000, KIT_WALL + 3650 * day);
	assert_int_equal(range_of(k).first_available, 301);
	/* It is gone, and so is the reason. */
	assert_ok(consumer_delete(k->store, &n));
	write_lines(k, 1000, KIT_WALL + 3650 * day);
	assert_int_equal(range_of(k).first_available, 1001);
}

/* Whoever forgets a consumer does not keep a journal for ever. */
static void nobody_waits_for_ever(void **state)
{
	struct kit *k = *state;

	ack(k, "forgotten", 0);
	write_lines(k, 3000, KIT_WALL);
	write_lines(k, ROWS_MAX, KIT_WALL + 31 * day);
	assert_as_many_as_fit(k);
	assert_int_equal(place_of(k, "forgotten"), 0);
	/* A new one that begins at the beginning begins with what is left. */
	assert_int_equal(ack(k, "new", 0), range_of(k).first_available - 1);
}

/* A run of the daemon that writes a few lines prunes as well. */
static void short_runs_prune(void **state)
{
	struct kit *k = *state;

	write_lines(k, 100, KIT_WALL);
	for (int i = 1; i <= 3; i++) {
		kit_close(k);
		kit_open(k);
		write_lines(k, 10, KIT_WALL + 31 * day);
	}
	assert_int_equal(range_of(k).first_available, 101);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start_kit, end_kit)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_place_only_goes_forwards),
	    T(a_journal_without_a_line_has_one_place),
	    T(they_are_few_but_for_our_own),
	    T(young_lines_wait_however_many),
	    T(few_lines_wait_however_old),
	    T(nobody_waits_for_ever),
	    T(short_runs_prune),
	};

	return cmocka_run_group_tests_name("consumers", tests, NULL, NULL);
}
