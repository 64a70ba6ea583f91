/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/mem.h"

void words_add(struct words *w, const char *word)
{
	if (w->count == WORDS_MAX)
		abort();
	w->word[w->count++] = xstrdup(word);
}

void words_pair(struct words *w, const char *flag, const char *value)
{
	words_add(w, flag);
	words_add(w, value);
}

void words_number(struct words *w, const char *flag, unsigned value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	words_pair(w, flag, text);
}

void words_clear(struct words *w)
{
	while (w->count > 0) {
		free(w->word[--w->count]);
		w->word[w->count] = NULL;
	}
}
