/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * markup - the little that the texts of the tables are marked up with.
 *
 * What is typed or printed as it stands is in `back quotes`: options,
 * commands, values, paths; umbel.conf(5) is another page of the manual; words
 * in capitals that value.h knows are what is put in their place.  An empty
 * line begins a paragraph.
 */
#ifndef CLI_MARKUP_H
#define CLI_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

/* What stands between two spaces: before`literal`after, or before alone. */
struct token {
	const char *before, *literal, *after;
	size_t before_n, literal_n, after_n;
	bool is_paragraph; /* one begins with it */
};

/* The next one, from *rest on; false behind the last. */
bool markup_next(const char **rest, struct token *out);
/* To standard output: in lines of at most 78 columns, each behind so many
 * spaces; the first line already has them. */
void markup_print(const char *text, int indent);

#endif
