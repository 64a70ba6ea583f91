/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whatever is lost, doubled or late, and whoever crashes when: two ends that
 * change their key never part, come to the same one, keep none for nothing,
 * and give no false alarm.  By random schedules; by all that there are with two
 * links at once, which are fewer than one would think, and with three up to a
 * bound; and each rule of PROTOCOL 10.3 that is broken is noticed by both.
 *
 * The bound is 1.5 million states or 20 seconds; with STATES= in the
 * environment that many, however long it takes.  Five million are enough.
 */
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <sodium.h>

#include "core/rng.h"
#include "tests/unit/rekey_model.h"

enum {
	RUNS = 300,
	STEPS = 20000,
	STATES = 1500000,
	SEARCH_SECONDS = 20,
	SETTLE_EACH = 64,
};

/* --- random schedules --- */

static struct model_action draw_action(struct rng *g, int links)
{
	static const enum model_act acts[] = {
	    ACT_DELIVER, ACT_DELIVER, ACT_DELIVER, ACT_DELIVER, ACT_DELIVER,
	    ACT_DELIVER, ACT_DELIVER, ACT_DELIVER, ACT_DIAL,	ACT_DIAL,
	    ACT_PROPOSE, ACT_PROPOSE, ACT_NOTICE,  ACT_CUT};
	struct model_action a = {.act = acts[rng_below(g, ARRAY_SIZE(acts))]};
	uint64_t luck = rng_below(g, 100);

	a.end = (uint8_t)rng_below(g, 2);
	a.link = (uint8_t)rng_below(g, (uint64_t)links);
	if (luck == 0)
		a.act = ACT_CRASH;
	else if (luck < 6)
		a.crash = (enum model_crash)(1 + luck % 2);
	return a;
}

/* The epoch that they came to. */
static unsigned run_schedule(uint64_t seed, struct model_run *run, int steps)
{
	uint8_t entropy[32] = {0};
	struct model m;
	struct rng g;
	int i;

	memcpy(entropy, &seed, sizeof(seed));
	rng_init(&g, entropy);
	model_start(&m, run);
	for (i = 0; i < steps && !run->fault; i++) {
		model_act(&m, run, draw_action(&g, run->links));
		if (i % 500 == 0 && !run->fault)
			model_settle(&m, run, i / 500 % 2);
	}
	model_pool_clear();
	return m.row[FOLLOWER].epoch;
}

static void random_schedules(void **state)
{
	unsigned least = UINT32_MAX, epochs;
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= RUNS; seed++) {
		struct model_run run = {.links = 1 + (int)(seed % 3)};

		epochs = run_schedule(seed, &run, STEPS);
		if (run.fault)
			fail_msg("seed %llu: %s", (unsigned long long)seed,
				 run.fault);
		least = epochs < least ? epochs : least;
	}
	print_message("%d schedules of %d steps, to epoch %u at least\n", RUNS,
		      STEPS, least);
	assert_true(least > 20);
}

/* --- all schedules --- */

struct level {
	struct model *list;
	size_t count, cap;
};

struct search {
	struct model_run run;
	uint64_t *seen; /* hashes; 0: none */
	size_t seen_cap, states, bound;
	struct level now, next;
	unsigned depth;
};

static bool is_new(struct search *s, uint64_t hash)
{
	size_t i;

	hash |= hash == 0;
	for (i = hash;; i++) {
		uint64_t *slot = &s->seen[i & (s->seen_cap - 1)];

		if (*slot == hash)
			return false;
		if (*slot != 0)
			continue;
		*slot = hash;
		s->states++;
		return true;
	}
}

static void visit(struct search *s, const struct model *m)
{
	struct level *l = &s->next;
	uint64_t hash = model_hash(m, s->run.links);

	if (!is_new(s, hash))
		return;
	if (hash % SETTLE_EACH == 0)
		model_settle(m, &s->run, hash / SETTLE_EACH % 2);
	if (l->count == l->cap) {
		l->cap = 2 * l->cap + 1024;
		l->list = xrealloc(l->list, l->cap * sizeof(*l->list));
	}
	l->list[l->count++] = *m;
}

static void try_action(struct search *s, const struct model *from,
		       struct model_action a)
{
	struct model m = *from;

	if (!s->run.fault && model_act(&m, &s->run, a))
		visit(s, &m);
}

/* Whether a is worth a try, each action once. */
static bool is_one(struct model_action a)
{
	bool of_link = a.act != ACT_DIAL && a.act != ACT_CRASH;
	bool of_end = a.act != ACT_CUT && a.act != ACT_PROPOSE;
	bool saves = a.act == ACT_DELIVER || a.act == ACT_PROPOSE;

	return (of_link || a.link == 0) && (of_end || a.end == 0) &&
	       (saves || a.crash == CRASH_NO);
}

static void expand(struct search *s, const struct model *m)
{
	struct model_action a;
	unsigned i;

	for (i = 0; i < ACTS * CRASHES * 2 * (unsigned)s->run.links; i++) {
		a.end = i & 1;
		a.crash = (enum model_crash)(i / 2 % CRASHES);
		a.act = (enum model_act)(i / (2 * CRASHES) % ACTS);
		a.link = (uint8_t)(i / (2 * CRASHES * ACTS));
		if (is_one(a))
			try_action(s, m, a);
	}
}

static bool is_time_up(clock_t start)
{
	return !getenv("STATES") &&
	       (clock() - start) / CLOCKS_PER_SEC >= SEARCH_SECONDS;
}

/* Breadth first, until all is seen, a promise is broken, or the bound. */
static void search(struct search *s)
{
	clock_t start = clock();
	struct model m;
	size_t i;

	s->seen_cap = 1;
	while (s->seen_cap < 2 * s->bound + 100)
		s->seen_cap *= 2;
	s->seen = xcalloc(s->seen_cap, sizeof(*s->seen));
	model_start(&m, &s->run);
	visit(s, &m);
	while (s->next.count > 0 && !s->run.fault && s->states < s->bound) {
		struct level done = s->now;

		s->now = s->next;
		s->next = done;
		s->next.count = 0;
		s->depth++;
		for (i = 0; i < s->now.count && s->states < s->bound; i++) {
			if (i % 1024 == 0 && is_time_up(start))
				s->bound = s->states;
			expand(s, &s->now.list[i]);
		}
	}
	free(s->seen);
	free(s->now.list);
	free(s->next.list);
	model_pool_clear();
}

static size_t states_wanted(void)
{
	const char *text = getenv("STATES");

	return text ? strtoull(text, NULL, 10) : STATES;
}

/* Whether it came to the end of what there is. */
static bool search_all(int links)
{
	struct search s = {.bound = states_wanted(), .run = {.links = links}};

	search(&s);
	if (s.run.fault)
		fail_msg("at depth %u: %s", s.depth, s.run.fault);
	print_message("%d links: %zu states, to depth %u%s\n", links, s.states,
		      s.depth, s.next.count ? "" : ": all there are");
	return s.next.count == 0;
}

static void all_schedules(void **state)
{
	(void)state;
	assert_true(search_all(1));
	assert_true(search_all(2));
	search_all(3);
}

/* --- broken rules --- */

static void broken_rules_are_noticed_by_chance(void **state)
{
	enum mutation i;
	uint64_t seed;

	(void)state;
	for (i = RULES_KEPT + 1; i < MUTATIONS; i++) {
		struct model_run run = {.mutation = i, .links = 2};

		for (seed = 1; seed <= RUNS && !run.fault; seed++)
			run_schedule(seed, &run, STEPS);
		print_message("mutation %d, seed %llu: %s\n", (int)i,
			      (unsigned long long)seed - 1,
			      run.fault ? run.fault : "not noticed");
		assert_non_null(run.fault);
	}
}

static void broken_rules_are_noticed_by_search(void **state)
{
	enum mutation i;

	(void)state;
	for (i = RULES_KEPT + 1; i < MUTATIONS; i++) {
		struct search s = {.bound = STATES,
				   .run = {.mutation = i, .links = 2}};

		search(&s);
		print_message("mutation %d, %zu states, depth %u: %s\n", (int)i,
			      s.states, s.depth,
			      s.run.fault ? s.run.fault : "not noticed");
		assert_non_null(s.run.fault);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(random_schedules),
	    cmocka_unit_test(all_schedules),
	    cmocka_unit_test(broken_rules_are_noticed_by_chance),
	    cmocka_unit_test(broken_rules_are_noticed_by_search),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
