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
	KDF_DURESS, /* sets a duress passphrase, or removes it */
	KDF_DESTROY,
};

struct kdf_job {
	struct list_node node;
	enum kdf_kind kind;
	uint64_t ticket;
	struct users *users;
	struct user *user; /* of all but CREATE, NOBODY; NULL once he is gone */
	unsigned locks;	   /* of the user when it was asked for */
	bool is_unattended;   /* UNLOCK: by a file */
	struct keyfile kf;    /* the same */
	uint8_t *old, *fresh; /* fresh: NULL if there is none */
	size_t old_bytes, fresh_bytes;
	/* The results: */
	enum err err;
	struct wrap_key *key; /* CREATE and UNLOCK */
	/* CHANGE and DURESS: what is to take the place of kf, and what the old
	 * passphrase opened. */
	struct kdf_params cost;
	struct keyfile next;
	struct opened_key *opened;
};

/* NULL if there is no memory that can be locked. */
struct kdf_job *kdf_job_new(enum kdf_kind kind, const struct keyfile *kf,
			    struct bytes passphrase);
/* CHANGE or DURESS: to the passphrase fresh, at the cost of kdf if a new one
 * may be chosen. */
struct kdf_job *kdf_job_new_change(enum kdf_kind kind, const struct keyfile *kf,
				   const struct kdf_params *kdf,
				   struct bytes passphrase, struct bytes fresh);
/* Wipes it, and takes it out of its list. */
void kdf_job_free(struct kdf_job *j);
/* In the worker; the passphrases are gone afterwards. */
void kdf_job_run(void *job);

#endif
