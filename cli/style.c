/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/style.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const codes[] = {
    [STYLE_BOLD] = "\033[1m",
    [STYLE_GOOD] = "\033[32m",
    [STYLE_BAD] = "\033[1;31m",
    [STYLE_DIM] = "\033[2m",
};

static bool ask(void)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(1) == 1 && !(none && none[0]) && term && term[0] &&
	       strcmp(term, "dumb") != 0;
}

bool style_is_on(void)
{
	static enum { UNKNOWN, ON, OFF } state;

	if (state == UNKNOWN)
		state = ask() ? ON : OFF;
	return state == ON;
}

void style_begin(enum style style)
{
	if (style_is_on())
		fputs(codes[style], stdout);
}

void style_end(void)
{
	if (style_is_on())
		fputs("\033[0m", stdout);
}

void style_print(enum style style, const char *word)
{
	style_begin(style);
	fputs(word, stdout);
	style_end();
}
