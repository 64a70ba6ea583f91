/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * strip_inside - what the two halves of strip.h share.
 */
#ifndef API_STRIP_INSIDE_H
#define API_STRIP_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "api/strip_kind.h"

enum { STRIP_HELD_MAX = 65536 };

enum strip_state {
	STRIP_START,
	/* JPEG */
	STRIP_MARK,    /* 0xff of a marker comes */
	STRIP_CODE,    /* its second byte */
	STRIP_SEGMENT, /* a segment is being held */
	STRIP_SCAN,    /* entropy-coded data */
	/* PNG */
	STRIP_HEAD, /* length and type of a chunk are being held */
	STRIP_KEEP, /* the rest of a chunk that stays */
	STRIP_DROP, /* of one that goes */
	STRIP_EXIF, /* one that is being held */

	STRIP_OVER, /* the picture is complete: the rest goes */
};

struct strip {
	enum strip_kind kind;
	strip_out_fn *out;
	void *ctx;
	enum strip_state state;
	uint8_t code;	  /* of a JPEG marker */
	bool after_ff;	  /* in a scan */
	bool is_oriented; /* it was said */
	bool is_first;	  /* chunk of a PNG */
	uint64_t left;	  /* of a chunk */
	size_t held;
	uint8_t hold[STRIP_HELD_MAX];
};

/* Takes from the front of *in, one byte at least. */
enum err strip_jpeg(struct strip *s, struct bytes *in) MUST_CHECK;
enum err strip_png(struct strip *s, struct bytes *in) MUST_CHECK;

/* Moves bytes to s->hold until want are there; true: they are. */
bool strip_hold(struct strip *s, struct bytes *in, size_t want);

/* A TIFF that says nothing but which way is up. */
enum { EXIF_TIFF_BYTES = 26 };
/* 1 to 8, or 0 if the TIFF does not say. */
unsigned exif_orientation(struct bytes tiff);
void exif_write(unsigned orientation, uint8_t out[static EXIF_TIFF_BYTES]);

#endif
