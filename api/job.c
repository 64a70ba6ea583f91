/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/job.h"

#include <stdlib.h>
#include <string.h>

#include "api/daemon_events.h"
#include "api/reply.h"
#include "api/state.h"
#include "store/archive.h"
#include "util/mem.h"
#include "util/text.h"

static bool is_over(const struct job *j)
{
	switch (j->state) {
	case JOB_WAITING:
	case JOB_RUNNING: return false;
	case JOB_DONE:
	case JOB_FAILED:
	case JOB_CANCELLED: break;
	}
	return true;
}

char *job_path(const struct api *a, const struct uid *id)
{
	char text[UID_TEXT + 1];

	uid_encode(id->b, text);
	return xasprintf("%s/job_%s", a->config.jobs.dir, text);
}

void job_forget(struct job *j)
{
	list_take(&j->node);
	j->api->job_count--;
	spool_free(j->spool, false);
	free(j);
}

/* Of those that are at their end the oldest goes that nobody reads. */
bool job_room(struct api *a)
{
	struct list_node *n;

	if (a->job_count < JOBS_MAX)
		return true;
	list_for_each (n, &a->jobs) {
		struct job *j = list_entry(n, struct job, node);

		if (!is_over(j) || j->reader_count > 0)
			continue;
		job_forget(j);
		return true;
	}
	return false;
}

struct job *job_new(struct api *a, enum job_kind kind, struct uid id,
		    struct uid user)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->api = a;
	j->id = id;
	j->user = user;
	j->kind = kind;
	j->state = JOB_WAITING;
	j->created_ms = api_wall_ms(a);
	j->forget_ms = api_mono_ms(a) + JOB_UNSEEN_MS;
	list_put_last(&a->jobs, &j->node);
	a->job_count++;
	return j;
}

/* One that belongs to no user is told to those alone who see all of them:
 * nobody else has its id for a user's. */
static void tell(const struct job *j)
{
	struct jout out;

	jout_init(&out);
	job_show(&out, j);
	daemon_events_job(j->api, uid_is_zero(&j->user) ? j->id : j->user,
			  &out);
}

uint64_t job_run(struct job *j)
{
	j->state = JOB_RUNNING;
	j->err = OK;
	j->ended_ms = 0;
	j->forget_ms = UINT64_MAX;
	j->ticket = ++j->api->last_ticket;
	tell(j);
	return j->ticket;
}

/* It was no fault of the bytes that were brought.  Nobody wants to bring
 * gigabytes twice because of a slip of the finger. */
static bool can_try_again(enum err e)
{
	switch (e) {
	case ERR_AUTH:
	case ERR_EXISTS:
	case ERR_FULL:
	case ERR_NO_SPACE:
	case ERR_IO: return true;
	case OK:
	case ERR_SHORT:
	case ERR_SYNTAX:
	case ERR_RANGE:
	case ERR_NOT_FOUND:
	case ERR_STATE:
	case ERR_CORRUPT:
	case ERR_VERSION:
	case ERR_CLOSED: break;
	}
	return false;
}

bool job_takes_passphrase(const struct job *j)
{
	return j->kind == JOB_IMPORT && (j->state == JOB_WAITING ||
					 (j->state == JOB_FAILED && j->spool));
}

static bool keeps_bytes(const struct job *j, enum job_state state, enum err e)
{
	switch (j->kind) {
	case JOB_EXPORT: return state == JOB_DONE;
	case JOB_IMPORT: return state == JOB_FAILED && can_try_again(e);
	case JOB_DESTROY: break;
	}
	return false;
}

void job_end(struct job *j, enum job_state state, enum err e)
{
	bool has_content = keeps_bytes(j, state, e);

	j->state = state;
	j->err = e;
	j->ticket = 0;
	j->ended_ms = api_wall_ms(j->api);
	j->forget_ms =
	    api_mono_ms(j->api) + (has_content ? JOB_UNSEEN_MS : JOB_KEPT_MS);
	if (!has_content) {
		spool_free(j->spool, false);
		j->spool = NULL;
	}
	tell(j);
}

void job_cancel(struct job *j)
{
	struct api *a = j->api;

	switch (j->state) {
	case JOB_RUNNING: a->ports.jobs.cancel(a->ports.ctx, j->ticket); break;
	case JOB_WAITING: job_end(j, JOB_CANCELLED, OK); break;
	case JOB_DONE:
	case JOB_FAILED:
	case JOB_CANCELLED:
		if (j->reader_count == 0)
			job_forget(j);
		else
			j->forget_ms = 0;
		break;
	}
}

/* What was made is there to be fetched. */
static enum err take_content(struct job *j)
{
	char *path;
	enum err e;

	if (j->kind != JOB_EXPORT)
		return OK;
	path = job_path(j->api, &j->id);
	e = spool_open(path, &j->spool);
	free(path);
	return e;
}

bool job_done(struct api *a, uint64_t ticket, enum err e)
{
	struct list_node *n;

	list_for_each (n, &a->jobs) {
		struct job *j = list_entry(n, struct job, node);

		if (j->state != JOB_RUNNING || j->ticket != ticket)
			continue;
		if (e == OK)
			e = take_content(j);
		if (j->is_unwanted)
			e = ERR_CLOSED;
		if (e == ERR_CLOSED)
			job_end(j, JOB_CANCELLED, OK);
		else
			job_end(j, e ? JOB_FAILED : JOB_DONE, e);
		return true;
	}
	return false;
}

struct job *job_find(struct api *a, struct uid id)
{
	struct list_node *n;

	list_for_each (n, &a->jobs) {
		struct job *j = list_entry(n, struct job, node);

		if (uid_is_equal(&j->id, &id))
			return j;
	}
	return NULL;
}

void job_locate(struct request *r, const struct job *j)
{
	char id[ID_TEXT + 1];

	id_encode(ID_JOB, &j->id, id);
	reply_location(r, "/v1/jobs/%s", id);
}

static const char *kind_name(enum job_kind kind)
{
	switch (kind) {
	case JOB_EXPORT: return "export";
	case JOB_IMPORT: return "import";
	case JOB_DESTROY: return "destroy";
	}
	return "unknown";
}

static const char *state_name(enum job_state state)
{
	switch (state) {
	case JOB_WAITING: return "waiting";
	case JOB_RUNNING: return "running";
	case JOB_DONE: return "done";
	case JOB_FAILED: return "failed";
	case JOB_CANCELLED: return "cancelled";
	}
	return "unknown";
}

static unsigned percent_of(const struct job *j)
{
	struct api *a = j->api;

	if (j->state == JOB_RUNNING)
		return a->ports.jobs.percent(a->ports.ctx, j->ticket);
	return j->state == JOB_DONE ? 100 : 0;
}

struct why {
	enum problem problem;
	const char *detail;
};

static struct why why_of(enum err e)
{
	switch (e) {
	case ERR_AUTH: return (struct why){PROBLEM_WRONG_PASSPHRASE, NULL};
	case ERR_SYNTAX:
		return (struct why){PROBLEM_INVALID,
				    "this is no export of Umbel"};
	case ERR_VERSION:
		return (struct why){PROBLEM_INVALID,
				    "it was made by a newer Umbel"};
	case ERR_SHORT:
		return (struct why){PROBLEM_DAMAGED, "the end is missing"};
	case ERR_RANGE:
	case ERR_CORRUPT: return (struct why){PROBLEM_DAMAGED, NULL};
	case ERR_EXISTS:
		return (struct why){PROBLEM_CONFLICT, "the name is taken"};
	case ERR_FULL: return (struct why){PROBLEM_CONFLICT, "too many users"};
	case ERR_STATE:
		return (struct why){PROBLEM_CONFLICT, "the user was locked"};
	case ERR_NO_SPACE: return (struct why){PROBLEM_NO_SPACE, NULL};
	case ERR_IO: return (struct why){PROBLEM_STORE_BUSY, NULL};
	case OK:
	case ERR_NOT_FOUND:
	case ERR_CLOSED: break;
	}
	return (struct why){PROBLEM_INTERNAL, err_str(e)};
}

static void put_problem(struct jout *out, const struct job *j)
{
	struct why why = why_of(j->err);
	const struct problem_info *info = problem_info(why.problem);
	char urn[64] = "urn:umbel:problem:";

	if (j->state != JOB_FAILED) {
		jout_null(out, "problem");
		return;
	}
	strncat(urn, info->code, sizeof(urn) - strlen(urn) - 1);
	jout_open(out, "problem", '{');
	jout_str(out, "type", urn);
	jout_str(out, "title", info->title);
	jout_uint(out, "status", info->status);
	jout_str(out, "code", info->code);
	if (why.detail)
		jout_str(out, "detail", why.detail);
	jout_close(out, '}');
}

static void put_result(struct jout *out, const struct job *j)
{
	if (j->state != JOB_DONE) {
		jout_null(out, "result");
		return;
	}
	jout_open(out, "result", '{');
	if (j->spool)
		jout_uint(out, "size", spool_bytes(j->spool));
	jout_id(out, "user_id", ID_USER,
		j->kind == JOB_IMPORT ? &j->fresh : &j->user);
	jout_close(out, '}');
}

void job_show(struct jout *out, const struct job *j)
{
	jout_open(out, NULL, '{');
	jout_id(out, "id", ID_JOB, &j->id);
	jout_str(out, "kind", kind_name(j->kind));
	jout_str(out, "state", state_name(j->state));
	jout_uint(out, "percent", percent_of(j));
	jout_time(out, "created_at", j->created_ms);
	jout_time(out, "ended_at", j->ended_ms);
	put_result(out, j);
	put_problem(out, j);
	jout_close(out, '}');
}

bool jobs_are_running_of(const struct api *a, const struct uid *user)
{
	struct list_node *n;

	list_for_each (n, &a->jobs) {
		const struct job *j = list_entry(n, struct job, node);

		if (j->state == JOB_RUNNING && uid_is_equal(&j->user, user))
			return true;
	}
	return false;
}

void jobs_end_user(struct api *a, const struct uid *user)
{
	struct list_node *n;

	list_for_each (n, &a->jobs) {
		struct job *j = list_entry(n, struct job, node);

		if (j->kind == JOB_EXPORT && j->state == JOB_RUNNING &&
		    uid_is_equal(&j->user, user))
			job_cancel(j);
	}
}

static void drop_export(struct job *j)
{
	j->is_unwanted = true;
	if (j->spool)
		spool_unlink(j->spool);
	if (j->state != JOB_CANCELLED)
		job_cancel(j);
}

static void blur_export(struct job *j)
{
	if (j->state != JOB_DONE || !j->spool ||
	    archive_become_noise(j->spool) != OK)
		drop_export(j);
}

static void each_export(struct api *a, const struct uid *user,
			void (*what)(struct job *j))
{
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->jobs) {
		struct job *j = list_entry(n, struct job, node);

		if (j->kind == JOB_EXPORT && uid_is_equal(&j->user, user))
			what(j);
	}
}

void jobs_drop_exports(struct api *a, const struct uid *user)
{
	each_export(a, user, drop_export);
}

void jobs_blur_exports(struct api *a, const struct uid *user)
{
	each_export(a, user, blur_export);
}

void jobs_free_all(struct api *a)
{
	while (!list_is_empty(&a->jobs))
		job_forget(list_entry(a->jobs.head.next, struct job, node));
}

uint64_t jobs_deadline(const struct api *a)
{
	uint64_t due_ms = UINT64_MAX;
	struct list_node *n;

	list_for_each (n, &a->jobs) {
		const struct job *j = list_entry(n, struct job, node);

		if (j->reader_count == 0 && j->forget_ms < due_ms)
			due_ms = j->forget_ms;
	}
	return due_ms;
}

void jobs_tick(struct api *a)
{
	uint64_t now_ms = api_mono_ms(a);
	struct list_node *n, *t;

	list_for_each_safe (n, t, &a->jobs) {
		struct job *j = list_entry(n, struct job, node);

		if (j->reader_count == 0 && j->forget_ms <= now_ms)
			job_forget(j);
	}
}
