/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mdoc - the texts and specs of the tables in the language of manuals, to
 * standard output.
 */
#ifndef CLI_PAGES_MDOC_H
#define CLI_PAGES_MDOC_H

struct option_row;

/* A line of its own: the macro, and what it is about. */
void mdoc_macro(const char *macro, const char *text);
/* Within a line that has begun: "Ar TIME | Cm off". */
void mdoc_spec(const char *spec);
/* The same: "Fl n , Fl -count Ar N". */
void mdoc_option(const struct option_row *o);
/* A text with its marks, in lines of its own. */
void mdoc_text(const char *text);

#endif
