/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * style - colours, for people alone: on a terminal that can, and never where
 * NO_COLOR is set (no-color.org).  Nothing is said by a colour that is not
 * said by a word.
 */
#ifndef CLI_STYLE_H
#define CLI_STYLE_H

#include <stdbool.h>

enum style {
	STYLE_BOLD,
	STYLE_GOOD,
	STYLE_BAD,
	STYLE_DIM,
};

/* Of standard output. */
bool style_is_on(void);
void style_begin(enum style style);
void style_end(void);
/* A word of ours in that style. */
void style_print(enum style style, const char *word);

#endif
