/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hook_runner - the commands of umbel-hooks, as processes.
 *
 * One process of a hook at a time.  It gets the event as a file on standard
 * input, an environment of our making and no output, and is the leader of a
 * session of its own; whatever is left of that when it ends is killed, and so
 * is what has left it for another one.  The data folder is closed to it, where
 * the kernel has Landlock.
 */
#ifndef DAEMON_HOOK_RUNNER_H
#define DAEMON_HOOK_RUNNER_H

#include <stdbool.h>

#include "api/parcel.h"

#define HOOK_WORDS_MAX 8

struct hook_plan {
	const char *name;
	uint64_t timeout_ms;
	char *words[HOOK_WORDS_MAX + 1]; /* borrowed; the program first */
	size_t word_count;
};

struct hook_plans {
	struct hook_plan hook[PARCEL_HOOKS_MAX];
	size_t count;
	const char *data; /* the folder that is closed to them */
};

struct hook_runner;

/* How one ended that somebody waits for. */
typedef void hook_end_fn(void *ctx, uint64_t id, enum parcel_end end,
			 unsigned code);

/* plans are borrowed.  Makes this process the parent of all orphans below
 * it. */
struct hook_runner *hook_runner_new(const struct hook_plans *plans,
				    hook_end_fn *fn, void *ctx);
void hook_runner_free(struct hook_runner *r);

/* Runs it, or as soon as the last one has ended.  ERR_RANGE: no such hook;
 * ERR_FULL: one waits already. */
enum err hook_runner_take(struct hook_runner *r,
			  const struct parcel *p) MUST_CHECK;
/* Nobody waits for the ends of what was taken so far; what waits itself is
 * dropped. */
void hook_runner_forget(struct hook_runner *r);
/* There is a SIGCHLD. */
void hook_runner_reap(struct hook_runner *r);

/* When hook_runner_tick() is due (monotonic); UINT64_MAX: never. */
uint64_t hook_runner_deadline(const struct hook_runner *r);
void hook_runner_tick(struct hook_runner *r);

/* Asks all of them to end, and kills those that have not by end_ms. */
void hook_runner_stop(struct hook_runner *r, uint64_t end_ms);
bool hook_runner_is_idle(const struct hook_runner *r);

#endif
