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

#include "core/rows.h"
#include "core/wire.h"

/* The longest record that message_write() writes. */
enum { MESSAGE_WRITE_MAX = 46 + 4 + TEXT_MAX + MESSAGE_EXTRA_MAX };

/* Fields 6 to 15.  Which of them are there follows from the kind. */
struct message_fields {
	bool has_ref, has_ttl, has_reply_to, has_invite, has_seed;
	bool has_file_state;
	struct mid ref;
	uint32_t ttl_s;
	struct mid reply_to;
	struct emoji emoji; /* "": none */
	uint8_t file_state; /* offer.h, or a code of a later version */
	uint8_t invite[INVITE_BYTES];
	struct label name; /* "": none */
	struct onion_seed seed;
	struct status status; /* "": none */
};

struct message {
	uint16_t kind;
	struct mid mid;
	struct chain chain;
	uint32_t age_s;	    /* since it was composed */
	struct bytes body;  /* as the kind says; else what is there */
	struct bytes extra; /* fields 6 to 15 as encoded; known kinds */
	struct bytes raw;   /* read: the whole record; not used to write */
};

/* Reads a record; the views are of in.  Unknown kinds are OK as long as the
 * stream and the fields they share with every kind are well formed.
 * ERR_SYNTAX, ERR_RANGE, ERR_NOT_FOUND: end the link. */
enum err message_read(struct bytes in, struct message *m) MUST_CHECK;

/* Length of what message_write() will write. */
size_t message_bytes(const struct message *m);
/* A kind that we know. */
bool message_kind_is_known(uint16_t kind);
/* A line of the conversation; one of a kind that we do not know is. */
bool message_kind_is_shown(uint16_t kind);
/* m->extra comes from message_fields_write(). */
void message_write(struct wire_writer *w, const struct message *m);
/* Encodes fields; returns the length. */
size_t message_fields_write(const struct message_fields *f,
			    uint8_t out[static MESSAGE_EXTRA_MAX]);
/* Of what message_read() accepted, or message_fields_write() wrote. */
void message_fields_read(struct bytes extra, struct message_fields *out);
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
