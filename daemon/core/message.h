/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message - the record TLV inside a MSG frame: what is stored, hashed and
 * acknowledged.
 *
 * A kind that this version does not know is read as well: it is kept raw and
 * acknowledged, so that an older daemon never blocks a conversation.
 */
#ifndef CORE_MESSAGE_H
#define CORE_MESSAGE_H

#include "core/wire.h"

enum { MESSAGE_TEXT = 1 };

struct message {
	uint16_t kind;
	struct mid mid;
	struct chain chain;
	uint32_t age_s;	   /* since it was composed */
	struct bytes body; /* text: UTF-8, 1..TEXT_MAX; else what is there */
	struct bytes raw;  /* read: the whole record; not used to write */
};

/* Reads a record; the views are of in.  Unknown kinds are OK as long as the
 * stream and the fields they share with every kind are well formed.
 * ERR_SYNTAX, ERR_RANGE, ERR_NOT_FOUND: end the link. */
enum err message_read(struct bytes in, struct message *m) MUST_CHECK;

/* Length of what message_write() will write. */
size_t message_bytes(const struct message *m);
/* Writes a text; kind MESSAGE_TEXT only. */
void message_write(struct wire_writer *w, const struct message *m);
/* Whether text may be sent: valid UTF-8 without NUL, 1..TEXT_MAX bytes. */
bool message_text_is_valid(struct bytes text);

/* Hash of all fields but chain and age.  Of a message read (raw), or of one
 * that is about to be written.  (PROTOCOL 6.2) */
void message_content_hash(const struct message *m, struct hash32 *out);
/* The chain value of a message whose predecessor in this direction has the
 * chain value prev (all zero for the first). */
void message_chain(const struct chain *prev, const struct hash32 *content,
		   struct chain *out);

#endif
