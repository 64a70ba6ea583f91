/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * search - what somebody looks for, and whether a text has it.
 *
 * Pure.  A query is words between spaces, or in quotes; all must be there.  A
 * piece that is several words (a quotation, an address, Chinese) must be there
 * as it is, word after word.  The last word may be the beginning of one, if no
 * closing quote stands behind it.  A plus is a space.  There is no other
 * syntax.
 */
#ifndef STORE_SEARCH_H
#define STORE_SEARCH_H

#include "store/words.h"

enum { SEARCH_WORDS_MAX = 32 };

struct search_word {
	uint8_t text[WORD_BYTES_MAX];
	size_t n;
};

struct search_words {
	struct search_word word[SEARCH_WORDS_MAX];
	size_t count;
	uint32_t first, last; /* of a piece: a bit for each word */
	bool is_open;	      /* the last word may go on */
};

/* ERR_NOT_FOUND: there is no word in it; ERR_FULL: there are too many. */
enum err search_read(struct bytes query, struct search_words *out) MUST_CHECK;
/* Whether the texts together have all pieces, each in one of them. */
bool search_fits(const struct search_words *w, const struct bytes *texts,
		 size_t count);

#endif
