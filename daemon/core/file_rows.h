/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file_rows - files on the disk: what is offered, fetched, and there.
 *
 * Included by rows.h, which says what rows are.
 */
#ifndef CORE_FILE_ROWS_H
#define CORE_FILE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/message_rows.h"
#include "core/types.h"
#include "util/buf.h"

/* A file's random id, the same at both ends. */
struct fid {
	uint8_t b[16];
};

/* What the sender calls it: a label, never a path. */
struct file_name {
	char s[FILE_NAME_MAX_BYTES + 1];
};

/* Printable ASCII, as the sender says; "": he does not. */
struct media_type {
	char s[MEDIA_TYPE_MAX_BYTES + 1];
};

enum file_kind { FILE_PLAIN = 0, FILE_IMAGE = 1, FILE_VOICE = 2 };

enum file_state {
	FILE_UPLOADING = 0, /* an API client is bringing it */
	FILE_READY = 1,	    /* whole, and not offered to anybody */
	FILE_OFFERED = 2,   /* the receiver has not accepted it yet */
	FILE_RUNNING = 3,
	FILE_PAUSED = 4, /* by this end's user, or FILE_NO_SPACE */
	FILE_DONE = 5,	 /* the receiver has it whole */
	FILE_FAILED = 6,
	FILE_CANCELLED = 7, /* by either end's user: see problem */
};

enum file_problem {
	FILE_NO_PROBLEM = 0,
	FILE_DECLINED = 1,  /* by the receiver */
	FILE_WITHDRAWN = 2, /* by the sender */
	FILE_CHANGED = 3,   /* the sender's disk has not what he offered */
	FILE_GONE = 4,	    /* the sender has it no more */
	FILE_EXPIRED = 5,   /* not accepted in time */
	FILE_NO_SPACE = 6,  /* PAUSED: goes on by itself when there is some */
	FILE_QUOTA = 7,
	FILE_CORRUPT = 8, /* what came is not what was offered */
	FILE_IO = 9,	  /* this end's disk */
};

/* Ids that the outside sees are uid; the contact is zero, and so are message
 * and mid, while the state is UPLOADING or READY. */
struct file_row {
	struct uid id;
	struct fid fid;
	struct uid contact_id, message_id;
	struct mid mid; /* of the message that offers it */
	enum message_dir dir;
	enum file_state state;
	enum file_problem problem;
	enum file_kind kind;
	uint64_t size; /* bytes of content */
	struct psk key;
	uint8_t chunk_log2;
	struct hash32 root;
	struct file_name name;
	struct media_type media;
	uint32_t have_count; /* chunks that are here for good */
	struct bytes have;   /* IN, until it is whole: a bit a chunk, the
				first in the lowest bit; borrowed */
	uint64_t created_ms; /* wall clock, as the next */
	uint64_t expires_ms; /* of an offer; OUT: 0 once it was accepted */
};

/* Live, and nobody has accepted it, as far as this end knows.  One of ours may
 * be paused all the same. */
static inline bool file_is_offer(const struct file_row *row)
{
	return row->state == FILE_OFFERED ||
	       (row->state == FILE_PAUSED && row->dir == MESSAGE_OUT &&
		row->expires_ms > 0);
}

/* Can its bytes be read at this end?  One of ours is here from the first, but
 * for an import that came without it. */
static inline bool file_is_here(const struct file_row *row)
{
	if (row->dir == MESSAGE_IN)
		return row->state == FILE_DONE;
	return row->state != FILE_UPLOADING &&
	       !(row->state == FILE_FAILED && row->problem == FILE_GONE);
}

#endif
