/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * worker - one thread for what would block the loop.
 *
 * Jobs run one after the other, so two key derivations never take their
 * memory at once.  A job sees only its own argument; its end is told in the
 * loop.  Start it after the sandbox is closed.
 */
#ifndef DAEMON_WORKER_H
#define DAEMON_WORKER_H

#include "util/err.h"

struct event_base;
struct worker;

typedef void worker_fn(void *arg);

/* ERR_IO: no thread or no event descriptor to be had. */
enum err worker_new(struct event_base *base, struct worker **out) MUST_CHECK;
/* Waits for the job that is running; the others' done is never called. */
void worker_free(struct worker *w);

/* run(arg) in the thread, then done(arg) in the loop. */
void worker_submit(struct worker *w, worker_fn *run, worker_fn *done,
		   void *arg);

#endif
