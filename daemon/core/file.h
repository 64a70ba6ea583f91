/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * file - the descriptor: what a message of kind 6 says of the file that it
 * offers (PROTOCOL 12.1).
 */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include "core/chunk.h"
#include "core/wire.h"

struct file_desc {
	struct chunk_plan plan;
	struct psk key;
	struct hash32 root;
	struct file_name name; /* not empty */
	enum file_kind kind;
	struct media_type media; /* "": none */
	struct bytes preview;	 /* borrowed; 0 .. PREVIEW_MAX_BYTES */
	uint16_t width, height;	 /* pixels; 0: not said */
	uint32_t duration_ms;	 /* 0: not said */
	struct bytes caption;	 /* borrowed UTF-8; 0 .. CAPTION_MAX_BYTES */
	uint32_t offer_s;	 /* how long the offer lives; 0: not said */
};

/* Longest that file_desc_write() writes; fits into the body of a message. */
enum {
	FILE_DESC_BYTES_MAX = 3 * 34 + 18 + 10 + 3 + 4 + FILE_NAME_MAX_BYTES +
			      3 + 2 + MEDIA_TYPE_MAX_BYTES + 4 +
			      PREVIEW_MAX_BYTES + 6 + 6 + 4 +
			      CAPTION_MAX_BYTES + 6
};

void file_desc_write(struct wire_writer *w, const struct file_desc *d);
/* Views are of in.  ERR_SYNTAX, ERR_RANGE, ERR_NOT_FOUND as in tlv_read();
 * ERR_RANGE also for a file that is too long or cut into too much. */
enum err file_desc_read(struct bytes in, struct file_desc *d) MUST_CHECK;

#endif
