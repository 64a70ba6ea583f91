/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * blobs - what nodes want done with the bytes of their files.
 *
 * Each FX_BLOB is a job for a worker that has nothing else to do, so that a
 * slow disk delays no message, and a key derivation no file.  Jobs are done
 * and answered in the order in which they came.  Blobs stay open for a while;
 * what is in them is sealed, and no key comes here.
 */
#ifndef DAEMON_BLOBS_H
#define DAEMON_BLOBS_H

#include "core/effect.h"

struct blobs;
struct blobs_user;
struct event_base;
struct store;
struct worker;

struct blobs *blobs_new(struct event_base *base, struct worker *w);
/* The worker must be gone, and all users too. */
void blobs_free(struct blobs *b);

/* Whose files they are, and whom to tell. */
struct blobs_owner {
	struct store *store; /* read for rows; must outlive the user */
	void *ctx;
	void (*step)(void *ctx, struct event *ev); /* EV_BLOB */
};
struct blobs_user *blobs_add(struct blobs *b, const struct blobs_owner *owner);
/* What is under way is finished, and not answered.  NULL is fine. */
void blobs_remove(struct blobs_user *u);

/* FX_BLOB.  Errors: ERR_NOT_FOUND (no such file, or its blob is gone),
 * ERR_RANGE (no such chunk), ERR_FULL (a quota), ERR_NO_SPACE, ERR_CORRUPT
 * (the blob is too short), ERR_IO. */
void blobs_do(struct blobs_user *u, const struct effect *e);
/* Closes the file, after what is under way. */
void blobs_forget(struct blobs_user *u, struct uid file_id);
/* All files; what is under way is not answered: the node is another one. */
void blobs_drop_all(struct blobs_user *u);

#endif
