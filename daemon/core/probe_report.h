/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * probe_report - what our tests of our own services have shown.
 */
#ifndef CORE_PROBE_REPORT_H
#define CORE_PROBE_REPORT_H

#include <stdint.h>

/* Best first: of several the last one counts. */
enum probe_state {
	PROBE_OFF,	   /* there is nothing that could be reached */
	PROBE_REACHABLE,   /* a test passed, and nothing since makes it doubtful
			    */
	PROBE_CHECKING,	   /* published; whether it works is not known now */
	PROBE_WAITING,	   /* tor is not ready, or has not published it yet */
	PROBE_UNREACHABLE, /* two tests failed, one after the other */
};
#define PROBE_STATES 5

enum probe_result {
	PROBE_PASSED,
	PROBE_UNCLEAR,	     /* it says nothing: tor went, or it was crowded */
	PROBE_NO_DESCRIPTOR, /* no directory has it */
	PROBE_NO_ANSWER,     /* no circuit to it, or not in time */
	PROBE_REFUSED,	     /* somebody is there, and shut the door */
	PROBE_NOT_US,	     /* connected, but what we said did not arrive */
};
#define PROBE_RESULTS 6

enum probe_repair {
	REPAIR_NONE,
	REPAIR_PUBLISH,	 /* taken down and put up again, by the same key */
	REPAIR_CIRCUITS, /* tor forgets its circuits and what it knows */
};
#define PROBE_REPAIRS 3

/* Times by the wall clock; 0: never.  Since the user was unlocked. */
struct probe_part {
	enum probe_state state;
	uint64_t passed_ms, failed_ms;
	enum probe_result failure; /* the last; PASSED: none yet */
	unsigned failures;	   /* since it passed */
	uint64_t repairs;
	enum probe_repair repair; /* the last */
	uint64_t repaired_ms;
};

/* The public address, and the cells of contacts: one after the other is
 * tested, and one that fails stays until it works. */
struct probe_report {
	struct probe_part door, cells;
};

static inline enum probe_state probe_worst(const struct probe_report *r)
{
	return r->door.state > r->cells.state ? r->door.state : r->cells.state;
}

#endif
