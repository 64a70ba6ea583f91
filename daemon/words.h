/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words - a command line under construction.
 */
#ifndef DAEMON_WORDS_H
#define DAEMON_WORDS_H

#include <stddef.h>

#define WORDS_MAX 512

/* Owns its words; NULL is behind the last one, so word is an argv. */
struct words {
	char *word[WORDS_MAX + 1];
	size_t count;
};

/* Each copies what it is given; too many words are a bug. */
void words_add(struct words *w, const char *word);
void words_pair(struct words *w, const char *flag, const char *value);
void words_number(struct words *w, const char *flag, unsigned value);
void words_clear(struct words *w);

#endif
