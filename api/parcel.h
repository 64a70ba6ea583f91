/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * parcel - an event on its way out: what umbel-core says to umbel-hooks and
 * umbel-webhooks, and what they say of it (doc/INTERNAL.md).
 *
 * A frame is: type u8 | length u32, big-endian | content of that length.
 * Pure.  What is to be run is not in it: umbel-hooks knows the commands, and
 * the core knows only how many there are.
 */
#ifndef API_PARCEL_H
#define API_PARCEL_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

#define PARCEL_HEAD_BYTES  5
#define PARCEL_BODY_MAX	   (1024 * 1024)
#define PARCEL_FRAME_MAX   (PARCEL_HEAD_BYTES + PARCEL_BODY_MAX + 4096)
#define PARCEL_HOOKS_MAX   16 /* command hooks of a configuration */
#define PARCEL_FLIGHTS_MAX 32 /* parcels that have no END yet, each kind */

enum parcel_type {
	PARCEL_RUN = 1, /* to umbel-hooks */
	PARCEL_POST,	/* to umbel-webhooks */
	PARCEL_DROP,	/* to umbel-webhooks: nobody waits for its END */
	PARCEL_END,	/* from both */
};

enum parcel_end {
	PARCEL_EXITED = 1,  /* code: its status, or 128 + the signal */
	PARCEL_ANSWERED,    /* code: the HTTP status */
	PARCEL_UNREACHABLE, /* nobody there; no program */
	PARCEL_LATE,	    /* stopped when its time was over; code as above */
	PARCEL_GARBLED,	    /* what came back is no answer, or has no end */
};

struct parcel {
	enum parcel_type type;
	uint64_t id;
	/* RUN: which hook, in the order of the configuration. */
	unsigned hook;
	/* POST; printable ASCII. */
	struct bytes url, message_id, timestamp, signature;
	struct bytes body; /* RUN, POST: JSON */
	/* END */
	enum parcel_end end;
	unsigned code;
};

/* Appends one frame.  ERR_FULL, ERR_RANGE or ERR_SYNTAX: nothing is added. */
enum err parcel_put(struct buf *b, const struct parcel *p) MUST_CHECK;

/* Reads the frame at the front of in; *n is its length.  What it points to is
 * borrowed.  ERR_SHORT: there is more to come.  Any other error is final. */
enum err parcel_take(struct bytes in, size_t *n, struct parcel *p) MUST_CHECK;

#endif
