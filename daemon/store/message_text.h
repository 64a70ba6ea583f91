/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message_text - what of a message can be searched: its text, or the caption
 * and the name of the file that it offers.
 */
#ifndef STORE_MESSAGE_TEXT_H
#define STORE_MESSAGE_TEXT_H

#include "core/file.h"
#include "store/words.h"

/* Beside the words of the texts, a file has words that say what it is, and
 * that no text has. */
#define WORD_FILE  "\001f"
#define WORD_IMAGE "\001i"
#define WORD_VOICE "\001v"

struct message_text {
	struct bytes part[2]; /* borrowed from the body, or of this */
	size_t count;
	bool is_file;
	enum file_kind kind; /* of the file */
	struct file_name name;
};

/* Of a message that is shown.  Those of other kinds have no text. */
void message_text_read(uint16_t kind, struct bytes body,
		       struct message_text *out);
/* All words of it, as those of doc. */
void message_text_put(const struct message_text *t, uint16_t doc,
		      struct word_bag *out);

#endif
