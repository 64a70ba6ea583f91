/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ours - parts of the node's state: our door, and the tests of our services.
 */
#ifndef CORE_OURS_H
#define CORE_OURS_H

#include "core/budget.h"
#include "core/event.h"
#include "core/probe_report.h"

/* Our own; there is one. */
struct door {
	struct onion_pk onion;
	bool is_up;	    /* FX_PUBLISH was said, and not taken back */
	bool is_published;  /* EV_PUBLISHED came since */
	uint64_t hosted_ms; /* when that was said, or since it is published */
	uint64_t publish_ms;
	uint64_t gone_ms;     /* since when onion is not up; 0: it never was */
	struct budget stored; /* knocks that waited for our user */
};

/* What is said to ourselves: no more than this, so that it is no opening. */
enum { PROBE_BYTES = 32 };

/* The tests of the door, or those of the cells. */
struct probe {
	struct service_id service; /* tested now or last; kind 0: none yet */
	uint64_t next_ms;	   /* NEVER: there is nothing to test */
	uint64_t planned_ms;	   /* the same, but for who asked for it */
	uint64_t started_ms;	   /* the last one; 0: none yet */
	uint64_t link;		   /* ours; 0: no test is under way */
	uint64_t limit_ms;
	bool is_connected;
	unsigned streams; /* that came in meanwhile */
	uint8_t nonce[PROBE_BYTES];
	uint64_t proven_ms; /* when it passed; 0: that says nothing now */
	unsigned unclear;   /* results in a row */
	struct probe_part part;
	enum probe_state told;
};

#endif
