/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/job.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/bar.h"
#include "cli/http.h"
#include "cli/out.h"
#include "cli/stop.h"
#include "util/mem.h"

#define LOOK_MS 250

static bool is_over(const json_t *job)
{
	const char *state = out_string(job, "state");

	return strcmp(state, "done") == 0 || strcmp(state, "failed") == 0 ||
	       strcmp(state, "cancelled") == 0;
}

/* The exit code that fits. */
static int say_why(const json_t *job)
{
	const json_t *problem = json_object_get(job, "problem");
	const char *why = out_string(problem, "detail");
	long status = (long)out_number(problem, "status");

	if (!why[0])
		why = out_string(problem, "title");
	say("It %s%s%s.",
	    strcmp(out_string(job, "state"), "failed") == 0 ? "failed"
							    : "was cancelled",
	    why[0] ? ": " : "", why);
	return status ? http_exit_code_of(status) : EXIT_REFUSED;
}

/* Nobody waits for it any more.  job: taken over. */
static json_t *cancel(const struct command_args *a, const char *path,
		      json_t *job)
{
	say("Interrupted, and cancelled.");
	json_decref(job);
	json_decref(http_call(a->http, "DELETE", path, NULL));
	return NULL;
}

json_t *job_wait(const struct command_args *a, json_t *job, const char *label,
		 int *exit_code)
{
	char *path = xasprintf("/v1/jobs/%s", out_string(job, "id"));
	struct bar bar;

	stop_hold();
	bar_begin_percent(&bar, label);
	while (job && !is_over(job) && !stop_is_wanted()) {
		bar_move(&bar, out_number(job, "percent"));
		json_decref(job);
		poll(NULL, 0, LOOK_MS);
		job = http_call(a->http, "GET", path, NULL);
	}
	bar_end(&bar, strcmp(out_string(job, "state"), "done") == 0);
	if (stop_is_wanted() && (!job || !is_over(job)))
		job = cancel(a, path, job);
	stop_release();
	free(path);
	*exit_code = http_exit_code(a->http);
	if (!job || strcmp(out_string(job, "state"), "done") == 0)
		return job;
	*exit_code = say_why(job);
	json_decref(job);
	return NULL;
}
