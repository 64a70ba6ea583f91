/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hook_runner.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "landlock.h"
#include "spawn.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"

#define GRACE_MS 2000 /* from SIGTERM to SIGKILL */
#define FILES	 1024 /* what a program may expect that calls select() */
#define SEARCH	 "PATH=/usr/local/bin:/usr/bin:/bin"

struct hook {
	const struct hook_plan *plan;
	pid_t pid;	 /* 0: it does not run */
	uint64_t id;	 /* the parcel; 0: nobody waits for its end */
	uint64_t end_ms; /* when its time is over */
	bool is_asked;	 /* to end */
	/* What is to be run next. */
	uint64_t next_id;
	struct buf next; /* empty: nothing */
};

struct hook_runner {
	const struct hook_plans *plans;
	struct hook hook[PARCEL_HOOKS_MAX];
	hook_end_fn *fn;
	void *ctx;
	bool is_stopping;
};

/* The event, as a file that no name leads to: nobody has to write while
 * somebody reads, and nobody waits for one who does not. */
static int make_input(struct bytes body)
{
	int fd = memfd_create("event", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (file_write_all(fd, body.p, body.n) == OK &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

/* In the child. */
static bool prepare(void *data)
{
	struct rlimit files;

	if (chdir("/") != 0)
		return false;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur > FILES) {
		files.rlim_cur = FILES;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	/* umbel-hooks has said so if the kernel cannot. */
	return landlock_close(data) != ERR_IO;
}

static enum err spawn_hook(const struct hook_runner *r, struct hook *h, int in)
{
	char *name = xasprintf("UMBEL_HOOK=%s", h->plan->name);
	const char *tz = getenv("TZ");
	char *zone = tz ? xasprintf("TZ=%s", tz) : NULL;
	char search[] = SEARCH;
	char *env[] = {search, name, zone, NULL};
	const struct spawn s = {.path = h->plan->words[0],
				.argv = h->plan->words,
				.out = -1,
				.is_foreign = true,
				.in = in,
				.env = env,
				.prepare = prepare,
				.arg = (void *)(uintptr_t)r->plans->data};
	enum err e = spawn_start(&s, &h->pid);

	free(name);
	free(zone);
	return e;
}

static void start(struct hook_runner *r, struct hook *h, uint64_t id,
		  struct bytes body)
{
	int in = make_input(body);
	enum err e = in >= 0 ? spawn_hook(r, h, in) : ERR_IO;

	if (in >= 0)
		close(in);
	if (e != OK) {
		log_warn("hook %s cannot be started: %s", h->plan->name,
			 strerror(errno));
		h->pid = 0;
		r->fn(r->ctx, id, PARCEL_UNREACHABLE, SPAWN_NO_PROGRAM);
		return;
	}
	h->id = id;
	h->is_asked = false;
	h->end_ms = clock_mono_ms() + h->plan->timeout_ms;
	log_debug("hook %s is process %d", h->plan->name, (int)h->pid);
}

struct hook_runner *hook_runner_new(const struct hook_plans *plans,
				    hook_end_fn *fn, void *ctx)
{
	struct hook_runner *r = xcalloc(1, sizeof(*r));
	size_t i;

	r->plans = plans;
	r->fn = fn;
	r->ctx = ctx;
	for (i = 0; i < plans->count; i++) {
		r->hook[i].plan = &plans->hook[i];
		buf_init(&r->hook[i].next, PARCEL_BODY_MAX);
	}
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		log_warn("what a hook leaves behind stays: %s",
			 strerror(errno));
	return r;
}

void hook_runner_free(struct hook_runner *r)
{
	size_t i;

	for (i = 0; i < r->plans->count; i++)
		buf_clear(&r->hook[i].next);
	free(r);
}

enum err hook_runner_take(struct hook_runner *r, const struct parcel *p)
{
	struct hook *h = &r->hook[p->hook];

	if (p->hook >= r->plans->count)
		return ERR_RANGE;
	if (h->next.len > 0)
		return ERR_FULL;
	if (r->is_stopping)
		return OK;
	if (h->pid) {
		h->next_id = p->id;
		return buf_put(&h->next, p->body.p, p->body.n);
	}
	start(r, h, p->id, p->body);
	return OK;
}

void hook_runner_forget(struct hook_runner *r)
{
	size_t i;

	for (i = 0; i < r->plans->count; i++) {
		r->hook[i].id = 0;
		buf_clear(&r->hook[i].next);
	}
}

static struct hook *find(struct hook_runner *r, pid_t pid)
{
	size_t i;

	for (i = 0; i < r->plans->count; i++)
		if (r->hook[i].pid == pid)
			return &r->hook[i];
	return NULL;
}

static void end_of(struct hook_runner *r, struct hook *h, int status)
{
	unsigned code = WIFSIGNALED(status) ? 128 + (unsigned)WTERMSIG(status)
					    : (unsigned)WEXITSTATUS(status);
	uint64_t id = h->id;

	h->pid = 0;
	h->id = 0;
	log_debug("hook %s ended with %u", h->plan->name, code);
	if (id)
		r->fn(r->ctx, id, h->is_asked ? PARCEL_LATE : PARCEL_EXITED,
		      code);
	if (h->next.len > 0 && !r->is_stopping) {
		struct buf body = h->next;

		buf_init(&h->next, PARCEL_BODY_MAX);
		start(r, h, h->next_id, buf_view(&body));
		buf_clear(&body);
	}
}

/* Belongs to a hook that still runs? */
static bool is_at_work(struct hook_runner *r, pid_t pid)
{
	return find(r, pid) || find(r, getpgid(pid));
}

/* Orphans are ours.  Those of theirs become ours when these die, and a
 * SIGCHLD tells so. */
static void kill_orphans(struct hook_runner *r)
{
	char path[64];
	FILE *list;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children",
		 (int)getpid());
	list = fopen(path, "re");
	if (!list)
		return;
	while (fscanf(list, "%d", &pid) == 1)
		if (!is_at_work(r, pid))
			kill(pid, SIGKILL);
	fclose(list);
}

/* As long as nobody has taken note of its death, its number is its group's
 * and nobody else's. */
static void bury(struct hook_runner *r, pid_t pid)
{
	struct hook *h = find(r, pid);
	int status;

	if (h)
		kill(-pid, SIGKILL);
	if (waitpid(pid, &status, 0) == pid && h)
		end_of(r, h, status);
}

void hook_runner_reap(struct hook_runner *r)
{
	siginfo_t info = {.si_pid = 0};

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid != 0) {
		bury(r, info.si_pid);
		info.si_pid = 0;
	}
	kill_orphans(r);
}

uint64_t hook_runner_deadline(const struct hook_runner *r)
{
	uint64_t due_ms = UINT64_MAX;
	size_t i;

	for (i = 0; i < r->plans->count; i++)
		if (r->hook[i].pid && r->hook[i].end_ms < due_ms)
			due_ms = r->hook[i].end_ms;
	return due_ms;
}

void hook_runner_tick(struct hook_runner *r)
{
	uint64_t now_ms = clock_mono_ms();
	size_t i;

	for (i = 0; i < r->plans->count; i++) {
		struct hook *h = &r->hook[i];

		if (!h->pid || now_ms < h->end_ms)
			continue;
		if (!h->is_asked)
			log_warn("hook %s did not end in time", h->plan->name);
		kill(-h->pid, h->is_asked ? SIGKILL : SIGTERM);
		h->is_asked = true;
		h->end_ms = now_ms + GRACE_MS;
	}
}

void hook_runner_stop(struct hook_runner *r, uint64_t end_ms)
{
	size_t i;

	r->is_stopping = true;
	hook_runner_forget(r);
	for (i = 0; i < r->plans->count; i++) {
		struct hook *h = &r->hook[i];

		if (!h->pid)
			continue;
		kill(-h->pid, SIGTERM);
		h->is_asked = true;
		h->end_ms = end_ms;
	}
}

bool hook_runner_is_idle(const struct hook_runner *r)
{
	return hook_runner_deadline(r) == UINT64_MAX;
}
