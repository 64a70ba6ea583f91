/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * flight - what a session needs, and how far our messages to one contact have
 * come; for state.h.
 *
 * The outbox is of outbox.c, which keeps its order; nothing is on the disk.
 */
#ifndef CORE_FLIGHT_H
#define CORE_FLIGHT_H

#include <stdbool.h>

#include "core/types.h"

/* What a session with a contact needs beside its link. */
struct session {
	bool hello_sent, hello_got;
	uint64_t acked_at_open;	 /* peer_acked before the peer could answer */
	uint64_t told_recv_next; /* in our HELLO */
	uint64_t since_ms;
	uint64_t renew_ms; /* dial the next one; NEVER if the peer dialled */
	uint64_t ack_ms;   /* send ACK; NEVER: none is due */
	unsigned ack_count;
	unsigned window; /* of the peer */
};

/* One message in flight: enough to check its acknowledgement. */
struct flight {
	uint64_t seq; /* own; 0 = unused */
	uint32_t bytes;
	struct chain chain;
};

struct outbox {
	uint64_t next;	    /* own seq to transmit next */
	uint64_t sent_high; /* highest own seq transmitted since the start */
	uint64_t marked;    /* saved as SENDING up to here */
	uint64_t sent;	    /* saved as SENT up to here */
	uint64_t drained;   /* tor has all up to this one */
	uint64_t waiting;   /* at sent_ms these are SENT; a part of drained */
	uint64_t sent_ms;
	uint64_t flight_bytes;
	struct flight *flight; /* WINDOW of them, by seq; NULL if offline */
	bool fetching;
	uint64_t fetch_from;
	bool stuck; /* the disk has no such row: not asked again */
	/* The peer says that it has all up to this one: is that our own
	 * history?  0 = nothing to verify. */
	uint64_t verify_seq;
	struct chain verify_chain;
	/* The contact read up to this one, said before he acknowledged it. */
	bool read_early;
	struct mid read_mid;
	uint64_t read_ms; /* wall clock */
};

#endif
