/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "util/list.h"
#include "util/mem.h"

struct job {
	struct list_node node;
	worker_fn *run, *done;
	void *arg;
};

struct worker {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* Under the lock: */
	struct list waiting, finished;
	bool stop;

	int finished_fd;
	struct event *finished_event;
};

static struct job *take_first(struct list *l)
{
	struct job *j;

	if (list_is_empty(l))
		return NULL;
	j = list_entry(l->head.next, struct job, node);
	list_take(&j->node);
	return j;
}

static void *run_jobs(void *ctx)
{
	struct worker *w = ctx;
	struct job *j;

	pthread_mutex_lock(&w->lock);
	while (!w->stop) {
		j = take_first(&w->waiting);
		if (!j) {
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		pthread_mutex_unlock(&w->lock);
		j->run(j->arg);
		pthread_mutex_lock(&w->lock);
		list_put_last(&w->finished, &j->node);
		/* Full: then it is readable.  Nothing else is for ever. */
		while (eventfd_write(w->finished_fd, 1) != 0 && errno != EAGAIN)
			continue;
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void on_finished(evutil_socket_t fd, short what, void *ctx)
{
	struct worker *w = ctx;
	struct job *j;
	eventfd_t count;

	(void)what;
	if (eventfd_read((int)fd, &count) != 0)
		return;
	for (;;) {
		pthread_mutex_lock(&w->lock);
		j = take_first(&w->finished);
		pthread_mutex_unlock(&w->lock);
		if (!j)
			return;
		j->done(j->arg);
		free(j);
	}
}

/* Signals belong to the loop's thread. */
static int start_thread(struct worker *w)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&w->thread, NULL, run_jobs, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

enum err worker_new(struct event_base *base, struct worker **out)
{
	struct worker *w = xcalloc(1, sizeof(*w));

	list_init(&w->waiting);
	list_init(&w->finished);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->finished_fd < 0 || start_thread(w) != 0) {
		if (w->finished_fd >= 0)
			close(w->finished_fd);
		free(w);
		return ERR_IO;
	}
	w->finished_event = event_new(base, w->finished_fd,
				      EV_READ | EV_PERSIST, on_finished, w);
	if (event_add(w->finished_event, NULL) != 0) {
		worker_free(w);
		return ERR_IO;
	}
	*out = w;
	return OK;
}

void worker_free(struct worker *w)
{
	struct job *j;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stop = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	while ((j = take_first(&w->waiting)) || (j = take_first(&w->finished)))
		free(j);
	event_free(w->finished_event);
	close(w->finished_fd);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void worker_submit(struct worker *w, worker_fn *run, worker_fn *done, void *arg)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->run = run;
	j->done = done;
	j->arg = arg;
	pthread_mutex_lock(&w->lock);
	list_put_last(&w->waiting, &j->node);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}
