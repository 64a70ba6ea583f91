/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * knock - what a stranger says at a door, and the work that he did for it
 * (PROTOCOL 9).
 */
#ifndef CORE_KNOCK_H
#define CORE_KNOCK_H

#include "core/noise.h"
#include "core/rows.h"
#include "core/wire.h"

/* Body of the KNOCK frame. */
struct knock {
	struct label name;    /* "": none */
	struct greeting text; /* "": none */
	uint8_t invite[INVITE_BYTES];
	uint64_t counter;
};

enum {
	KNOCK_BYTES_MAX =
	    2 + NAME_MAX_BYTES + 4 + GREETING_MAX_BYTES + 2 + INVITE_BYTES + 10
};

void knock_write(struct wire_writer *w, const struct knock *k);
/* Says nothing of the invite.  ERR_SYNTAX, ERR_RANGE, ERR_NOT_FOUND as in
 * tlv_read(). */
enum err knock_read(struct bytes in, struct knock *k) MUST_CHECK;

/* Leading zero bits of the stamp, 255 at most. */
uint8_t knock_work(const uint8_t h[static NOISE_HASH_BYTES], uint64_t counter);
/* Looks for a counter with that much work among count of them, the first of
 * which is from. */
bool knock_search(const uint8_t h[static NOISE_HASH_BYTES], uint8_t bits,
		  uint64_t from, uint64_t count, uint64_t *counter);

#endif
