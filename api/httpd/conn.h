/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * conn - client connections, from the raw bytes to the answer.
 *
 * One request at a time: head (head.h, policy.h), body, answer (mhd.h), then
 * the next.  Whenever it is the client we wait for, an absolute deadline
 * runs, and the connection may be closed to make room for another.
 */
#ifndef HTTPD_CONN_H
#define HTTPD_CONN_H

#include "api/httpd/mhd.h"
#include "api/httpd/policy.h"
#include "api/httpd/upstream.h"
#include "util/list.h"

struct conn_limits {
	unsigned head_ms; /* for a head, from the accept, later from its first
			   * byte */
	unsigned body_ms; /* for a body, and for taking 64 KiB of answer */
	unsigned idle_ms; /* between two requests */
	unsigned count;	  /* connections */
};

struct conns {
	struct event_base *base;
	const struct policy *policy;
	struct mhd *mhd;
	struct upstream *upstream;
	struct conn_limits limits;
	struct list all;
	struct list waiting; /* for their clients, the longest first */
	size_t counts[GATE_LISTENERS]; /* by listener */
	size_t stream_count;	       /* answers without an end */
	uint32_t last_id;
};

/* The pointers must stay. */
void conns_init(struct conns *cs);
/* Closes all. */
void conns_clear(struct conns *cs);
/* fd is accepted and non-blocking; there is room for it. */
void conns_add(struct conns *cs, OWNED int fd, enum gate_listener listener);
/* Closes the connection that has waited longest for its client, of all or
 * but those over the owner's unix socket; false if there is none. */
bool conns_evict(struct conns *cs, bool but_the_owner);

#endif
