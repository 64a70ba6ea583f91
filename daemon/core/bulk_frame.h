/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bulk_frame - the frames by which files move, written and read.
 *
 * Like frame.h: says what is well formed, and nothing about when.
 */
#ifndef CORE_BULK_FRAME_H
#define CORE_BULK_FRAME_H

#include "core/frame.h"
#include "core/rows.h"

enum {
	WANT_COUNT_MAX = 4,
	DATA_BYTES_MAX = 15500,
	FRAME_WANT_BYTES = FRAME_HEAD_BYTES + 1,
	FRAME_REQ_BYTES = FRAME_HEAD_BYTES + 16 + 4, /* CANCEL too */
	FRAME_NAK_BYTES = FRAME_REQ_BYTES + 1,
	FRAME_DATA_HEAD_BYTES = FRAME_REQ_BYTES + 4, /* and the bytes */
};

enum nak_reason {
	NAK_GONE = 1,
	NAK_PAUSED = 2,
	NAK_CHANGED = 3,
	NAK_BUSY = 4,
	NAK_TAKEN_BACK = 5,
};

/* What all but WANT begin with: a chunk of a file; index UINT32_MAX: its
 * manifest. */
struct frame_chunk {
	struct fid fid;
	uint32_t index;
};

struct frame_data {
	struct frame_chunk at;
	uint32_t offset;
	struct bytes bytes; /* a view when read; 1 .. DATA_BYTES_MAX */
};

/* Each writes one whole frame; the caller has checked the room. */
void frame_write_want(struct wire_writer *w, uint8_t count);
/* FRAME_REQ or FRAME_CANCEL. */
void frame_write_chunk(struct wire_writer *w, enum frame_type type,
		       const struct frame_chunk *c);
void frame_write_nak(struct wire_writer *w, const struct frame_chunk *c,
		     enum nak_reason reason);
void frame_write_data(struct wire_writer *w, const struct frame_data *d);

/* ERR_SHORT, ERR_SYNTAX, ERR_RANGE: end the link. */
enum err frame_read_want(const struct frame *f, uint8_t *count) MUST_CHECK;
enum err frame_read_chunk(const struct frame *f,
			  struct frame_chunk *c) MUST_CHECK;
/* A reason of a later version is there as it came. */
enum err frame_read_nak(const struct frame *f, struct frame_chunk *c,
			uint8_t *reason) MUST_CHECK;
enum err frame_read_data(const struct frame *f,
			 struct frame_data *d) MUST_CHECK;

#endif
