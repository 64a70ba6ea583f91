/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kdf_job - one passphrase, or two, on the way through the worker.
 *
 * Holds copies of all it works on, in locked memory what is secret, so that
 * the thread sees nothing of a user.
 */
#ifndef DAEMON_KDF_JOB_H
#define DAEMON_KDF_JOB_H

#include <stdbool.h>

#include "store/keyfile.h"
#include "util/list.h"

struct user;
struct users;

enum kdf_kind {
	KDF_CREATE,
	KDF_UNLOCK,
	KDF_NOBODY, /* takes as long, for a user that is not there */
	KDF_CHANGE,
	KDF_DESTROY,
};

struct kdf_job {
	struct list_node node;
	enum kdf_kind kind;
	uint64_t ticket;
	struct users *users;
	struct user *user;   /* UNLOCK, CHANGE, DESTROY; NULL once he is gone */
	unsigned locks;	     /* of the user when it was asked for */
	struct keyfile kf;   /* the same */
	struct keyfile next; /* CHANGE: what is to take its place */
	uint8_t *old, *fresh;
	size_t old_bytes, fresh_bytes;
	/* The results: */
	enum err err;
	struct wrap_key *key; /* but for CHANGE, which fills in next */
};

/* NULL if there is no memory that can be locked. */
struct kdf_job *kdf_job_new(enum kdf_kind kind, const struct keyfile *kf,
			    struct bytes passphrase);
/* KDF_CHANGE: to the passphrase fresh, at the cost of kdf. */
struct kdf_job *kdf_job_new_change(const struct keyfile *kf,
				   const struct kdf_params *kdf,
				   struct bytes passphrase, struct bytes fresh);
/* Wipes it, and takes it out of its list. */
void kdf_job_free(struct kdf_job *j);
/* In the worker; the passphrases are gone afterwards. */
void kdf_job_run(void *job);

#endif
