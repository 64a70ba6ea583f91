/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * backup - a user out of the daemon, in one file, and back.
 */
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/flow.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/job.h"
#include "api/state.h"
#include "api/unlock.h"
#include "util/mem.h"

static struct reply *too_many(struct request *r)
{
	return reply_error(r, PROBLEM_STORE_BUSY, "too many jobs");
}

static struct reply *accepted(struct request *r, const struct job *j)
{
	job_locate(r, j);
	job_show(reply_body(r), j);
	return reply_json(r, 202);
}

struct reply *api_user_export(struct request *r)
{
	struct api *a = r->api;
	struct api_export what = {.user = request_user(r), .with_files = true};
	struct form f;
	struct reply *bad;
	struct job *j;
	char *path;

	form_of_body(&f, r);
	what.passphrase = form_text(&f, "passphrase", PASSPHRASE_MIN,
				    PASSPHRASE_MAX, FORM_REQUIRED);
	form_bool(&f, "with_files", FORM_OPTIONAL, &what.with_files);
	if ((bad = form_done(&f)))
		return bad;
	if (!job_room(a))
		return too_many(r);
	j = job_new(a, JOB_EXPORT, api_new_id(a), request_user(r));
	path = job_path(a, &j->id);
	what.path = path;
	a->ports.jobs.export(a->ports.ctx, job_run(j), &what);
	free(path);
	return accepted(r, j);
}

/* An import: first the bytes, as they are. */

struct incoming {
	struct api *api;
	struct uid job;
	struct spool *spool;
};

static void incoming_drop(void *ctx)
{
	struct incoming *in = ctx;

	spool_free(in->spool, false);
	free(in);
}

static struct reply *incoming_take(struct request *r, void *ctx,
				   struct bytes piece)
{
	struct incoming *in = ctx;
	enum err e = spool_put(in->spool, piece);

	return e ? reply_err(r, e) : NULL;
}

/* Whose it is will be known when the passphrase is. */
static struct reply *incoming_end(struct request *r, void *ctx)
{
	static const struct uid nobody;
	struct incoming *in = ctx;
	struct job *j;

	if (!job_room(in->api))
		return too_many(r);
	j = job_new(in->api, JOB_IMPORT, in->job, nobody);
	j->spool = in->spool;
	in->spool = NULL;
	return accepted(r, j);
}

static const struct flow_kind incoming_kind = {
    .take = incoming_take, .end = incoming_end, .drop = incoming_drop};

struct reply *api_users_import(struct request *r)
{
	struct api *a = r->api;
	struct incoming *in;
	char *path;
	enum err e;

	if (!job_room(a))
		return too_many(r);
	in = xcalloc(1, sizeof(*in));
	in->api = a;
	in->job = api_new_id(a);
	path = job_path(a, &in->job);
	e = spool_create(path, (uint64_t)r->content_length,
			 a->config.jobs.keep_free_bytes, &in->spool);
	free(path);
	if (e == OK)
		return flow_in(r, &incoming_kind, in);
	free(in);
	return reply_err(r, e);
}

/* Then the passphrase. */
struct reply *api_job_patch(struct request *r)
{
	struct api *a = r->api;
	struct api_import what = {.name = {""}};
	struct bytes name;
	struct form f;
	struct reply *bad;
	struct job *j;
	char *path;

	form_of_body(&f, r);
	what.passphrase =
	    form_text(&f, "passphrase", 1, PASSPHRASE_MAX, FORM_REQUIRED);
	name = form_label(&f, "name", FORM_OPTIONAL);
	if ((bad = form_done(&f)) || (bad = job_of_path(r, &j)))
		return bad;
	if (!job_takes_passphrase(j))
		return reply_error(r, PROBLEM_CONFLICT,
				   "it does not wait for a passphrase");
	if (name.n > 0)
		memcpy(what.name.s, name.p, name.n);
	what.id = j->fresh = api_new_id(a);
	path = job_path(a, &j->id);
	what.path = path;
	a->ports.jobs.import(a->ports.ctx, job_run(j), &what);
	free(path);
	return accepted(r, j);
}
