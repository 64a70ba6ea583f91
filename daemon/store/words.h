/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words - a text as the words by which it is found, and bags of them.
 *
 * Pure.  A word is a run of letters and digits without case and accents; of
 * scripts that set no spaces between words (Chinese, Japanese, Korean, Thai
 * and the like) each character is one.  Words are UTF-8, and cut after
 * WORD_BYTES_MAX.
 */
#ifndef STORE_WORDS_H
#define STORE_WORDS_H

#include <stdbool.h>

#include "util/buf.h"

/* Grows when the same text gives other words than before. */
enum { WORDS_VERSION = 1 };

enum { WORD_BYTES_MAX = 40 };

struct word_reader {
	struct bytes rest;
	size_t n;
	uint8_t word[WORD_BYTES_MAX];
};

/* text is borrowed.  What is not UTF-8 stands between words. */
void words_start(struct word_reader *r, struct bytes text);
/* The next word is in r->word, r->n; false: there is none. */
bool words_next(struct word_reader *r);

/* One word in one document. */
struct posting {
	const uint8_t *p;
	uint16_t n;
	uint16_t doc;
};

/* Words of documents, those of one or of many. */
struct word_bag {
	struct posting *list;
	size_t count, room;
	uint8_t *text; /* of all words, one behind the other */
	size_t text_bytes, text_room;
};

void word_bag_init(struct word_bag *b);
/* Wipes it. */
void word_bag_clear(struct word_bag *b);
void word_bag_put(struct word_bag *b, struct bytes word, uint16_t doc);
void word_bag_put_text(struct word_bag *b, struct bytes text, uint16_t doc);
/* By word, then by document, each pair once.  Nothing may be put after it,
 * and nobody looks at p before it. */
void word_bag_sort(struct word_bag *b);

#endif
