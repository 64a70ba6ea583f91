/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * upload - files on their way from an API client into the store: all that is
 * not offered to a contact yet, and so is unknown to the node.
 *
 * Each call is a transaction of its own (never inside store_begin()), durable
 * when it returns OK, with a line in the journal where that is said.  Their
 * bytes go through blob_writer, in this order: create, blob_writer_new (at
 * once: an upload without a blob is forgotten at the next start), put and
 * sync, blob_writer_finish, finish.  Also ERR_NO_SPACE, ERR_IO,
 * ERR_CORRUPT as store_commit().
 */
#ifndef STORE_UPLOAD_H
#define STORE_UPLOAD_H

#include "store/query.h"

/* What the client says of the content. */
struct file_about {
	struct file_name name; /* a label, not empty */
	enum file_kind kind;
	struct media_type media; /* "": none */
	struct bytes preview;	 /* borrowed; 0 .. PREVIEW_MAX_BYTES */
	uint16_t width, height;	 /* 0: not said */
	uint32_t duration_ms;	 /* 0: not said */
};

struct file_new {
	struct uid id;
	struct uid client_id; /* zero: none */
	uint64_t size;
	struct upload_rules rules;
	struct file_about about;
};

/* A new file, UPLOADING, with a fid, key and blob of its own; *out is for
 * blob_writer_new().  ERR_RANGE: larger than FILE_SIZE_MAX; ERR_FULL: the
 * user's quota; ERR_EXISTS: id or client_id.  JOURNAL_FILE_STATE. */
enum err store_upload_create(struct store *s, const struct file_new *f,
			     uint64_t wall_ms,
			     struct blob_spec *out) MUST_CHECK;
/* Another key, blob and size: the content begins anew (blob_writer_new) or is
 * moved (blob_writer_move).  The old blob is gone for who has not got it
 * open.  ERR_STATE: not UPLOADING; ERR_NOT_FOUND, ERR_FULL, ERR_RANGE. */
enum err store_upload_renew(struct store *s, struct uid id, uint64_t size,
			    uint64_t wall_ms, struct blob_spec *out) MUST_CHECK;
/* So many chunks are here for good, as blob_writer_sync() says: what lists
 * show as have_count until the end.  ERR_STATE, ERR_NOT_FOUND. */
enum err store_upload_note(struct store *s, struct uid id, uint32_t chunks,
			   uint64_t wall_ms) MUST_CHECK;
/* READY.  JOURNAL_FILE_STATE.  ERR_STATE, ERR_NOT_FOUND. */
enum err store_upload_finish(struct store *s, struct uid id,
			     const struct blob_sum *sum,
			     uint64_t wall_ms) MUST_CHECK;
/* Other words for one that is UPLOADING or READY.  JOURNAL_FILE_STATE.
 * ERR_STATE, ERR_NOT_FOUND. */
enum err store_upload_describe(struct store *s, struct uid id,
			       const struct file_about *about,
			       uint64_t wall_ms) MUST_CHECK;
/* One that is UPLOADING and was not gone on with since then; ERR_NOT_FOUND. */
enum err store_upload_stale(struct store *s, uint64_t since_ms,
			    struct uid *out) MUST_CHECK;
/* Deletes one that is UPLOADING or READY, with its bytes.  ERR_STATE: it is
 * offered, so EV_CMD_FILE_DELETE is for it; ERR_NOT_FOUND.
 * JOURNAL_FILE_STATE with FILE_STATE_DELETED. */
enum err store_upload_delete(struct store *s, struct uid id,
			     uint64_t wall_ms) MUST_CHECK;

#endif
