/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * record - what travels on a link after the handshake: sealed, padded
 * records, each with whole frames inside.
 *
 * Made by handshake.c, used by the link's state machine.  A record that does
 * not open ends the link; nothing of it is ever acted upon.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "core/frame.h"
#include "core/noise.h"

/* Both directions of one session, and its channel binding. */
struct record_channel {
	struct noise_cipher send, recv;
	uint8_t h[NOISE_HASH_BYTES]; /* the same at both ends, not secret */
};

void record_channel_clear(struct record_channel *c);

/* Collects frames: check the room, then frame_write_*(&b->w, ...). */
struct record_builder {
	struct wire_writer w;
	uint8_t plain[RECORD_PLAIN_MAX];
};

void record_begin(struct record_builder *b);
/* Bytes left for whole frames, their heads included. */
size_t record_room(const struct record_builder *b);
/* Pads to the smallest size that holds the frames, seals, begins anew.
 * Returns the length of what is in out: 488, 976, ... */
size_t record_seal(struct record_builder *b, struct record_channel *c,
		   uint8_t out[static RECORD_WIRE_MAX]);
/* Wipes the frames. */
void record_builder_clear(struct record_builder *b);

enum { RECORD_HEAD_BYTES = 2 };
/* Length of the whole record, head included, from its first two bytes.
 * ERR_RANGE: no legal size, end the link. */
enum err record_size(const uint8_t head[static RECORD_HEAD_BYTES],
		     size_t *wire_bytes) MUST_CHECK;
/* Opens one whole record into plain; *n is one of the legal sizes.
 * ERR_RANGE, ERR_AUTH: end the link. */
enum err record_open(struct record_channel *c, struct bytes wire,
		     uint8_t plain[static RECORD_PLAIN_MAX],
		     size_t *n) MUST_CHECK;

/* Walks the frames of an opened record. */
struct record_reader {
	struct bytes rest;
};

/* Checks all heads, types and padding at once, so that the walk cannot
 * fail and no frame of a bad record is acted upon.  ERR_SYNTAX. */
enum err record_reader_init(struct record_reader *r,
			    struct bytes plain) MUST_CHECK;
/* Whether one frame is left, and no more. */
bool record_is_single(const struct record_reader *r);
/* The next frame; false at the end.  Unknown odd extensions are left out. */
bool record_next(struct record_reader *r, struct frame *f);

#endif
