/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * ids - the text forms of ids in the API: "msg_" and 26 characters, UUIDs
 * that clients make, and page cursors.
 */
#ifndef API_IDS_H
#define API_IDS_H

#include <stdbool.h>

#include "core/types.h"
#include "util/buf.h"

enum id_kind {
	ID_USER,
	ID_CONTACT,
	ID_CONVERSATION,
	ID_MESSAGE,
	ID_INVITE,
	ID_REQUEST,
	ID_FILE,
	ID_TOKEN,
	ID_JOB,
	ID_KINDS
};

#define ID_TEXT	    30
#define UUID_TEXT   36
#define CURSOR_TEXT 32

void id_encode(enum id_kind kind, const struct uid *id, char out[ID_TEXT + 1]);
/* ERR_SYNTAX for another prefix too. */
enum err id_decode(enum id_kind kind, struct bytes text,
		   struct uid *out) MUST_CHECK;
/* "msg", ... */
const char *id_prefix(enum id_kind kind);
/* 48 bits of wall_ms, then 80 of random (at least 10 bytes). */
struct uid uid_make(uint64_t wall_ms, const uint8_t *random);
/* The time that went into it. */
uint64_t uid_time_ms(const struct uid *id);

/* Either case; the nil UUID is ERR_SYNTAX. */
enum err uuid_decode(struct bytes text, struct uid *out) MUST_CHECK;
void uuid_encode(const struct uid *id, char out[UUID_TEXT + 1]);

/* Opaque to clients: which list it is of, the last id given out, and a
 * checksum. */
void cursor_encode(enum id_kind kind, const struct uid *last,
		   char out[CURSOR_TEXT + 1]);
enum err cursor_decode(enum id_kind kind, struct bytes text,
		       struct uid *last) MUST_CHECK;

#endif
