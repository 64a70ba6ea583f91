/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bar - how far something is, on one line of the terminal; nothing where
 * standard error is no terminal.
 */
#ifndef CLI_BAR_H
#define CLI_BAR_H

#include <stdbool.h>
#include <stdint.h>

#define BAR_STATE_BYTES 64

struct bar {
	bool is_on, is_percent;
	char *label;
	uint64_t total, done;
	char state[BAR_STATE_BYTES]; /* in place of the rate; "": the rate */
	double bytes_per_s;
	/* What the rate is measured from, and when it was drawn. */
	uint64_t from_ms, from, drawn_ms;
};

/* label: what it is, as another may have called it. */
void bar_begin(struct bar *b, const char *label, uint64_t total, uint64_t done);
/* Of what is measured in no bytes: 100 is all of it. */
void bar_begin_percent(struct bar *b, const char *label);
/* So much is done now; drawn a few times a second. */
void bar_move(struct bar *b, uint64_t done);
/* The same where somebody else measures the rate, or nothing moves and state
 * says why. */
void bar_tell(struct bar *b, uint64_t done, uint64_t bytes_per_s,
	      const char *state);
/* is_whole: it is drawn once more, as whole, and stays; else it goes. */
void bar_end(struct bar *b, bool is_whole);

#endif
