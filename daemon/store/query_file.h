/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * query_file - files as the API shows them.
 *
 * Included by query.h, which says how queries are called.
 */
#ifndef STORE_QUERY_FILE_H
#define STORE_QUERY_FILE_H

#include "store/blob.h"
#include "store/store.h"

/* Is what is not the picture to be taken out of an upload? */
enum upload_strip {
	UPLOAD_STRIP_AUTO, /* of a JPEG or PNG */
	UPLOAD_STRIP_YES,  /* it must be one of them */
	UPLOAD_STRIP_NO,
};

/* What holds for an upload until it is whole, also after a restart. */
struct upload_rules {
	enum upload_strip strip;
	bool has_sha256;
	struct hash32 sha256; /* of what the client sends */
};

/* row.key, and with it all of it, is wiped after the call. */
struct file_info {
	struct file_row row;
	struct uid client_id;	    /* zero: none */
	struct uid conversation_id; /* zero: not offered */
	struct blob_name blob;
	size_t preview_bytes;	/* 0: none; see query_preview() */
	uint16_t width, height; /* 0: not said */
	uint32_t duration_ms;	/* 0: not said */
	bool has_sha256;	/* of uploads, once they are READY */
	struct hash32 sha256;
	uint64_t updated_ms;	   /* wall clock */
	struct upload_rules rules; /* while it is UPLOADING */
};

/* For blob_reader_new() and blob_writer_resume(). */
struct blob_spec file_info_spec(const struct file_info *f);

/* In the journal, as the state of a file that is there no more. */
enum { FILE_STATE_DELETED = 100 };

typedef bool query_file_fn(void *ctx, const struct file_info *f);

/* fn is called once. */
enum err query_file(struct store *s, struct uid id, query_file_fn *fn,
		    void *ctx) MUST_CHECK;
/* By the client_id it was uploaded with. */
enum err query_file_by_client(struct store *s, struct uid client_id,
			      query_file_fn *fn, void *ctx) MUST_CHECK;
/* Newest first; `after` is the last one of the page before (ERR_NOT_FOUND if
 * it is gone). */
struct file_page {
	const struct uid *after; /* NULL: from the newest */
	/* NULL: all, those that are not offered too.  ERR_NOT_FOUND. */
	const struct uid *conversation_id;
	bool has_state;
	enum file_state state;
	size_t limit;
};
enum err query_files(struct store *s, const struct file_page *page,
		     query_file_fn *fn, void *ctx) MUST_CHECK;
/* Those that a message offers: one at most, as it is now. */
enum err query_message_files(struct store *s, struct uid message_id,
			     query_file_fn *fn, void *ctx) MUST_CHECK;
/* Appends the preview to out; ERR_NOT_FOUND: no such file, or it has none. */
enum err query_preview(struct store *s, struct uid id,
		       struct buf *out) MUST_CHECK;

/* What files take, or will take when they are whole. */
struct file_sums {
	uint64_t bytes;		/* of this user */
	uint64_t limit_bytes;	/* his quota */
	uint64_t contact_bytes; /* from the contact, if one was asked for */
	uint64_t contact_limit_bytes;
};
/* contact_id NULL: no contact. */
enum err query_file_sums(struct store *s, const struct uid *contact_id,
			 struct file_sums *out) MUST_CHECK;
/* Whether the quotas bear a file that comes in, beside all that is accepted:
 * ERR_FULL, ERR_NOT_FOUND. */
enum err query_file_room(struct store *s, struct uid id) MUST_CHECK;

#endif
