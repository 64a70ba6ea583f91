/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pick - which chunk is asked for, on which link, how much at one time, and
 * how many links there are to be.
 *
 * Plain arithmetic: knows neither links nor files.
 */
#ifndef CORE_PICK_H
#define CORE_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PICK_LINKS_FIRST = 2,
	PICK_LINKS_MAX = 4,
};

/* How fast something moves: over windows of some seconds, each of which
 * counts as much as all before it. */
struct pick_meter {
	uint64_t since_ms; /* of the present window; 0: nothing moved yet */
	uint64_t bytes;
	uint64_t rate; /* bytes per second; 0: not known */
};

/* It begins, perhaps after a rest. */
void pick_meter_begin(struct pick_meter *m, uint64_t now_ms);
void pick_meter_add(struct pick_meter *m, uint64_t bytes, uint64_t now_ms);
/* Bytes per second as far as is known, at that time. */
uint64_t pick_meter_rate(const struct pick_meter *m, uint64_t now_ms);

/* Whether a link of that rate, on which reqs are not answered and so many
 * bytes outstanding, is to be asked for another chunk of that size. */
bool pick_has_room(uint64_t rate, size_t chunk_bytes, unsigned reqs,
		   uint64_t outstanding);

/* The first chunk from `from` on that is in no hands (its state is 0); n:
 * there is none. */
uint32_t pick_chunk(const uint8_t *states, uint32_t n, uint32_t from);

/* At the end: whether a chunk that is asked for on a link of rate theirs,
 * behind ahead bytes, comes clearly sooner if it is asked for once more on an
 * idle link of rate ours. */
bool pick_steals(uint64_t theirs, uint64_t ahead, uint64_t ours,
		 size_t chunk_bytes);

/* How many links: two; all that are allowed, if that gains.  The more is tried
 * at once, the less can the noise of a shared network hide what it brings. */
struct pick_ladder {
	unsigned want;	   /* 0: not begun */
	bool is_settled;   /* no more tries for a while */
	uint64_t since_ms; /* all of them are up, and this is measured */
	uint64_t bytes;	   /* that had moved then */
	uint64_t rate;	   /* with two, while more are tried; 0 */
	uint64_t again_ms; /* settled until then */
	uint64_t wait_ms;  /* and so long the next time */
};

/* up links are open, of at most max, and bytes have moved in all, so far; what
 * is wanted. */
unsigned pick_links(struct pick_ladder *p, unsigned max, unsigned up,
		    uint64_t bytes, uint64_t now_ms);

#endif
