/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * hints - what a node remembers of hints: who is writing, what was read.
 *
 * For state.h.  None of it is on the disk: a hint that is lost is missed by
 * nobody.
 */
#ifndef CORE_HINTS_H
#define CORE_HINTS_H

#include "core/rows.h"

/* Our user is writing, as the contact is told. */
struct typing_out {
	bool said;	  /* what he was told last */
	bool wanted;	  /* what he is to be told */
	uint64_t said_ms; /* when; 0: never */
	uint64_t say_ms;  /* NEVER: nothing is to be said */
	uint64_t next_ms; /* no EPH before, whatever it says */
};

/* The contact is writing, as our user is told. */
struct typing_in {
	bool on, told;
	uint64_t over_ms; /* on: unless he says it again */
	uint64_t told_ms; /* when; 0: never */
};

/* Something of the contact's was read; he is to be told. */
struct receipt_out {
	uint64_t at_ms; /* NEVER: nothing is to be said */
	struct mid mid;
};

static inline bool choice_is_on(enum choice c, bool by_default)
{
	return c == CHOICE_DEFAULT ? by_default : c == CHOICE_ON;
}

#endif
