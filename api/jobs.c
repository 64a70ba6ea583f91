/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * jobs - what can be asked of a job, and the end of a user, which is one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/auth.h"
#include "api/flow.h"
#include "api/form.h"
#include "api/handlers.h"
#include "api/job.h"
#include "api/range.h"
#include "api/state.h"
#include "api/unlock.h"
#include "util/mem.h"

struct reply *job_of_path(struct request *r, struct job **out)
{
	*out = job_find(r->api, r->path[ID_JOB]);
	/* One of a user that the caller may not see is not there. */
	if (*out && auth_may_see(r, &(*out)->user))
		return NULL;
	return reply_error(r, PROBLEM_NOT_FOUND, "no such job");
}

struct reply *api_job_get(struct request *r)
{
	struct job *j;
	struct reply *bad = job_of_path(r, &j);

	if (bad)
		return bad;
	job_show(reply_body(r), j);
	return reply_json(r, 200);
}

struct reply *api_job_delete(struct request *r)
{
	struct job *j;
	struct reply *bad = job_of_path(r, &j);

	if (bad)
		return bad;
	job_cancel(j);
	return reply_empty(r, 204);
}

struct content {
	struct job *job;
	uint64_t at;
	bool is_last; /* the last byte is in it */
};

static enum err content_read(void *ctx, uint8_t *out, size_t n)
{
	struct content *c = ctx;
	enum err e = c->job->is_unwanted
			 ? ERR_CLOSED
			 : spool_get(c->job->spool, c->at, out, n);

	c->at += n;
	return e;
}

/* Once it was fetched it need not stay for long. */
static void content_drop(void *ctx)
{
	struct content *c = ctx;
	struct job *j = c->job;
	uint64_t end_ms = api_mono_ms(j->api) + JOB_KEPT_MS;

	j->reader_count--;
	if (c->is_last && c->at == spool_bytes(j->spool) &&
	    end_ms < j->forget_ms)
		j->forget_ms = end_ms;
	free(c);
}

static const struct flow_kind content_kind = {.read = content_read,
					      .drop = content_drop};

static struct reply *send(struct request *r, struct job *j,
			  const struct range *part)
{
	struct content *c = xcalloc(1, sizeof(*c));

	*c = (struct content){.job = j,
			      .at = part->first,
			      .is_last = part->first + part->count ==
					 spool_bytes(j->spool)};
	j->reader_count++;
	return flow_out(r, reply_bytes(r, part->is_part ? 206 : 200),
			&content_kind, c, part->count);
}

struct reply *api_job_content_get(struct request *r)
{
	struct range part = {false, 0, 0};
	unsigned long long size;
	char id[ID_TEXT + 1];
	struct job *j;
	struct reply *bad = job_of_path(r, &j);

	if (bad)
		return bad;
	if (j->state != JOB_DONE || !j->spool || j->is_unwanted)
		return reply_error(r, PROBLEM_CONFLICT, "it has no content");
	size = spool_bytes(j->spool);
	part.count = size;
	id_encode(ID_JOB, &j->id, id);
	snprintf(r->reply.etag, sizeof(r->reply.etag), "\"%s\"", id);
	if ((!r->if_range[0] || strcmp(r->if_range, r->reply.etag) == 0) &&
	    !range_read(r->range, size, &part)) {
		reply_line(r, "Content-Range", "bytes */%llu", size);
		r->reply.etag[0] = '\0';
		return reply_error(r, PROBLEM_RANGE, NULL);
	}
	r->reply.media_type = "application/octet-stream";
	reply_line(r, "Accept-Ranges", "bytes");
	reply_line(r, "Content-Disposition", "attachment; filename=\"%s\"", id);
	if (part.is_part)
		reply_line(r, "Content-Range", "bytes %llu-%llu/%llu",
			   (unsigned long long)part.first,
			   (unsigned long long)(part.first + part.count - 1),
			   size);
	return send(r, j, &part);
}

/* The end of a user.  The key is gone by then; it cannot be taken back. */

static void settle(struct api *a, const struct op *op, enum err e)
{
	if (e != OK)
		return;
	jobs_drop_exports(a, &op->object);
	job_end(job_new(a, JOB_DESTROY, op->place, op->object), JOB_DONE, OK);
}

static struct reply *destroyed(struct request *r, const struct op *op,
			       enum err e)
{
	struct job *j;

	if (e == ERR_AUTH || e == ERR_CORRUPT || e == ERR_STATE)
		return unlock_error(r, op->object, e);
	if (e)
		return reply_err(r, e);
	j = job_find(r->api, op->place);
	job_locate(r, j);
	job_show(reply_body(r), j);
	return reply_json(r, 202);
}

struct reply *api_user_destroy(struct request *r)
{
	struct form f;
	struct bytes passphrase, name;
	struct api_user u;
	struct reply *bad;

	form_of_body(&f, r);
	passphrase =
	    form_text(&f, "passphrase", 1, PASSPHRASE_MAX, FORM_REQUIRED);
	name = form_text(&f, "confirm_name", 1, NAME_MAX_BYTES, FORM_REQUIRED);
	if (name.p && api_user_find(r->api, request_user(r), &u) &&
	    !bytes_equal(name, bytes_of(u.name.s, strlen(u.name.s))))
		form_fault(&f, "confirm_name", "mismatch",
			   "this is not the name of the user");
	if ((bad = form_done(&f)))
		return bad;
	if (!job_room(r->api))
		return reply_error(r, PROBLEM_STORE_BUSY, "too many jobs");
	return unlock_destroy(r, passphrase, destroyed, settle);
}
