/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fold - characters as a search compares them: without case and accents.
 *
 * Pure.  What it answers must stay as it is as long as WORDS_VERSION does
 * (words.h), since words that were folded lie on the disk.
 */
#ifndef STORE_FOLD_H
#define STORE_FOLD_H

#include <stdint.h>

enum fold_class {
	FOLD_LETTER,  /* goes on with a word: letters, digits, the unknown */
	FOLD_ALONE,   /* a word by itself: scripts without spaces, emoji */
	FOLD_NOTHING, /* not there: accents, marks, what cannot be seen */
	FOLD_BETWEEN, /* between words */
};

enum fold_class fold_class_of(uint32_t cp);
/* Of a letter: without case and accents. */
uint32_t fold_letter(uint32_t cp);

#endif
