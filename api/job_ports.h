/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * job_ports - long work that the shell does for the API.
 *
 * Included by api.h, which says how ports are called.
 */
#ifndef API_JOB_PORTS_H
#define API_JOB_PORTS_H

#include "core/rows.h"
#include "util/buf.h"

/* All of an unlocked user's history into one file, which is to be made. */
struct api_export {
	struct uid user;
	const char *path;
	struct bytes passphrase;
	bool with_files;
};

/* A new user of such a file, locked. */
struct api_import {
	struct uid id;
	const char *path;
	struct bytes passphrase; /* of the file, and of the user */
	struct label name;	 /* "": as it was */
};

struct api_job_config {
	const char *dir;	  /* where jobs have their bytes */
	uint64_t keep_free_bytes; /* of that disk */
};

/* ctx is that of the other ports. */
struct api_job_ports {
	/* If the passphrase is right: destroys the user's key, durably, and
	 * then all that was his.  Queued like user_unlock.  ERR_AUTH,
	 * ERR_NOT_FOUND, ERR_CORRUPT, ERR_STATE: asked twice; ERR_IO. */
	void (*destroy)(void *ctx, uint64_t ticket, struct uid id,
			struct bytes passphrase);
	/* See daemon/backup.h.  ERR_CLOSED: it was cancelled, or the user was
	 * locked. */
	void (*export)(void *ctx, uint64_t ticket,
		       const struct api_export *what);
	void (*import)(void *ctx, uint64_t ticket,
		       const struct api_import *what);
	/* One of these that runs: to end soon, with ERR_CLOSED unless it is
	 * done by then; and how far it is, 0 to 100. */
	void (*cancel)(void *ctx, uint64_t ticket);
	unsigned (*percent)(void *ctx, uint64_t ticket);
};

#endif
