/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * vigil - whether umbel-core, umbel-httpd and umbel-broker turn their loops.
 *
 * Each is asked now and then, and one that does not answer for long is to be
 * killed: nothing else shows that a process hangs.  The service manager's
 * watchdog is petted only while the first two have answered lately: without the
 * third there is an API that tells so.
 */
#ifndef DAEMON_VIGIL_H
#define DAEMON_VIGIL_H

#include "child.h"
#include "notify.h"

#define VIGIL_ASK    "?"
#define VIGIL_ANSWER '!'

struct vigil {
	uint64_t hang_ms; /* without an answer: it hangs */
	uint64_t ask_ms;  /* between two questions */
	uint64_t pet_ms;  /* between two pets; 0: there is no watchdog */
	uint64_t next_pet_ms;
	uint64_t turn_ms; /* of the last vigil_turn() */
	bool was_away;	  /* before it: somebody had stopped us, too */
};

/* watchdog_ms: struct notify. */
void vigil_init(struct vigil *v, uint64_t watchdog_ms);
/* Before the others, in each turn of the loop. */
void vigil_turn(struct vigil *v, uint64_t now_ms);
/* It is ready, or has answered. */
void vigil_saw(struct child *c, uint64_t now_ms);
/* Asks it if it is time to.  True: it hangs, or has never been ready. */
bool vigil_ask(const struct vigil *v, struct child *c, uint64_t now_ms);
/* Of the two that matter. */
void vigil_pet(struct vigil *v, const struct child *core,
	       const struct child *httpd, const struct notify *n,
	       uint64_t now_ms);
/* When vigil_ask() and vigil_pet() are to be called again; UINT64_MAX: not. */
uint64_t vigil_next(const struct vigil *v, const struct child *c);

#endif
