/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * job - long work that goes on by itself: exports, imports, the end of a
 * user.
 *
 * A job is kept for an hour after its end, in memory; the bytes that belong
 * to one lie in the folder of the jobs, and are gone at the next start.  Each
 * change of state is an event of the daemon.  The work itself is the shell's.
 */
#ifndef API_JOB_H
#define API_JOB_H

#include "api/problem.h"
#include "api/request.h"
#include "store/spool.h"

enum {
	JOBS_MAX = 16,
	JOB_KEPT_MS = 60 * 60 * 1000,	  /* after its end, or its fetching */
	JOB_UNSEEN_MS = 24 * JOB_KEPT_MS, /* with content nobody fetched, or
					      waiting for a passphrase, the
					      first or a better one */
};

enum job_kind { JOB_EXPORT, JOB_IMPORT, JOB_DESTROY };

enum job_state {
	JOB_WAITING, /* an import whose passphrase is to come */
	JOB_RUNNING,
	JOB_DONE,
	JOB_FAILED,
	JOB_CANCELLED,
};

struct job {
	struct list_node node;
	struct api *api;
	struct uid id;
	struct uid user;  /* whose job it is; zero: the admin's alone */
	struct uid fresh; /* IMPORT: the user that it makes */
	enum job_kind kind;
	enum job_state state;
	uint64_t ticket;	       /* RUNNING */
	unsigned reader_count;	       /* of its content */
	uint64_t created_ms, ended_ms; /* wall clock */
	uint64_t forget_ms;	       /* monotonic; UINT64_MAX: not yet */
	bool is_unwanted;	       /* its bytes are for nobody */
	enum err err;		       /* FAILED */
	struct spool *spool;	       /* its bytes, or NULL */
};

/* Is there room for one more? */
bool job_room(struct api *a);
/* Ask for room before. */
struct job *job_new(struct api *a, enum job_kind kind, struct uid id,
		    struct uid user);
/* Hand the ticket to a port; its end is told by api_done(). */
uint64_t job_run(struct job *j);
void job_end(struct job *j, enum job_state state, enum err e);
/* An import that waits, or that failed for what another passphrase, name or day
 * may mend: it has its bytes still. */
bool job_takes_passphrase(const struct job *j);
/* With its bytes. */
void job_forget(struct job *j);
/* Stops it: what runs ends later, and all else is forgotten. */
void job_cancel(struct job *j);
/* The end of one with this ticket; false: there is none. */
bool job_done(struct api *a, uint64_t ticket, enum err e);

struct job *job_find(struct api *a, struct uid id);
/* Says where it is found. */
void job_locate(struct request *r, const struct job *j);
/* The one in the path; NULL, or 404. */
struct reply *job_of_path(struct request *r, struct job **out);
/* The file of a job's bytes, for the caller to free. */
char *job_path(const struct api *a, const struct uid *id);

void job_show(struct jout *out, const struct job *j);

/* Is something of his being done right now? */
bool jobs_are_running_of(const struct api *a, const struct uid *user);
/* The user was locked, or is there no more. */
void jobs_end_user(struct api *a, const struct uid *user);
/* Exports of this user are not to be had any more, done or not, and their jobs
 * neither. */
void jobs_drop_exports(struct api *a, const struct uid *user);
/* The same, but those that are done look as if they were: what was made is
 * noise that no passphrase opens. */
void jobs_blur_exports(struct api *a, const struct uid *user);
void jobs_free_all(struct api *a);
uint64_t jobs_deadline(const struct api *a);
void jobs_tick(struct api *a);

#endif
