/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stamps.h"

#include <stdlib.h>
#include <string.h>

#include "core/knock.h"
#include "util/list.h"
#include "util/mem.h"
#include "worker.h"

/* Some tens of milliseconds. */
#define SLICE (1 << 16)

struct stamps {
	struct worker *worker;
	struct list jobs;
};

struct job {
	struct list_node node;
	struct stamps *all;
	struct stamp_owner owner;
	uint64_t link;
	bool is_cancelled; /* seen in the loop alone */
	/* Of the worker, while it has the job: */
	uint8_t h[NOISE_HASH_BYTES];
	uint8_t bits;
	uint64_t from, counter;
	bool is_found;
};

static void job_free(struct job *j)
{
	list_take(&j->node);
	free(j);
}

static void run(void *arg)
{
	struct job *j = arg;

	j->is_found = knock_search(j->h, j->bits, j->from, SLICE, &j->counter);
	j->from += SLICE;
}

static void on_done(void *arg)
{
	struct job *j = arg;

	if (!j->is_cancelled && !j->is_found) {
		worker_submit(j->all->worker, run, on_done, j);
		return;
	}
	if (!j->is_cancelled)
		j->owner.found(j->owner.ctx, j->link, j->counter);
	job_free(j);
}

struct stamps *stamps_new(struct worker *w)
{
	struct stamps *s = xcalloc(1, sizeof(*s));

	s->worker = w;
	list_init(&s->jobs);
	return s;
}

void stamps_free(struct stamps *s)
{
	struct list_node *n, *next;

	if (!s)
		return;
	list_for_each_safe (n, next, &s->jobs)
		job_free(list_entry(n, struct job, node));
	free(s);
}

void stamps_search(struct stamps *s, struct stamp_owner owner,
		   const struct effect *stamp)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->all = s;
	j->owner = owner;
	j->link = stamp->stamp.link;
	j->bits = stamp->stamp.bits;
	memcpy(j->h, stamp->stamp.h, sizeof(j->h));
	list_put_last(&s->jobs, &j->node);
	worker_submit(s->worker, run, on_done, j);
}

static void cancel(struct stamps *s, const void *ctx, const uint64_t *link)
{
	struct list_node *n;

	list_for_each (n, &s->jobs) {
		struct job *j = list_entry(n, struct job, node);

		if (j->owner.ctx == ctx && (!link || j->link == *link))
			j->is_cancelled = true;
	}
}

void stamps_cancel(struct stamps *s, const void *ctx, uint64_t link)
{
	cancel(s, ctx, &link);
}

void stamps_cancel_all(struct stamps *s, const void *ctx)
{
	cancel(s, ctx, NULL);
}
