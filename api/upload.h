/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * upload - a file that a client brings, in one request or in several.
 *
 * What must be remembered between two requests is kept here, in memory: the
 * writer of the store, the filter for pictures, the checksum.  After a
 * restart an upload goes on where the store has whole chunks of it; one that
 * goes through the filter begins anew.  What waits for the disk is done by
 * work.h, and the client waits meanwhile.
 */
#ifndef API_UPLOAD_H
#define API_UPLOAD_H

#include "api/request.h"
#include "store/query.h"

enum { UPLOADS_MAX = 32 };

struct upload;

struct upload_wish {
	uint64_t size;
	struct upload_rules rules;
	bool is_once; /* gone if the request is cut */
};

/* Begins one whose row was just made; NULL and the reason in *e. */
struct upload *upload_begin(struct request *r, struct uid file,
			    const struct blob_spec *spec,
			    const struct upload_wish *wish, enum err *e);

/* Called with the upload that was asked for, or with the error. */
typedef struct reply *upload_then_fn(struct request *r, struct upload *u,
				     enum err e);
/* The one of this row, which is UPLOADING: at once, or later from the disk. */
struct reply *upload_open(struct request *r, const struct file_info *f,
			  upload_then_fn *then);
/* Bytes that the client need not send again. */
uint64_t upload_offset(const struct upload *u);
uint64_t upload_size(const struct upload *u);

/* The body of r is the next part of it.  answer: of a part, or of all. */
struct reply *upload_take(struct request *r, struct upload *u,
			  struct reply *(*answer)(struct request *r,
						  struct uid file,
						  bool is_whole));

/* What there is of a file in memory; false: nothing. */
bool uploads_find(struct api *a, struct uid user, struct uid file,
		  uint64_t *offset);
/* The file is deleted. */
void uploads_forget(struct api *a, struct uid user, struct uid file);
/* Uploads that were begun and not gone on with for a week: they hold room that
 * the user may need, and nobody may know of them any more. */
void uploads_drop_stale(struct api *a, struct uid user);
void uploads_end_user(struct api *a, const struct uid *user);
/* What is being worked on goes with its work. */
void uploads_free_all(struct api *a);
uint64_t uploads_deadline(const struct api *a);
void uploads_tick(struct api *a);

#endif
