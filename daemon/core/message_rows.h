/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * message_rows - messages on the disk, and what is done to them.
 *
 * Included by rows.h, which says what rows are.
 */
#ifndef CORE_MESSAGE_ROWS_H
#define CORE_MESSAGE_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/types.h"
#include "util/buf.h"

struct emoji {
	char s[EMOJI_MAX_BYTES + 1];
};

enum message_dir { MESSAGE_IN = 0, MESSAGE_OUT = 1 };

enum message_state {
	MESSAGE_QUEUED = 0,
	MESSAGE_SENDING = 1,
	MESSAGE_SENT = 2, /* tor has all of it */
	MESSAGE_DELIVERED = 3,
	MESSAGE_READ = 4,
	MESSAGE_FAILED = 5,
	MESSAGE_RECEIVED = 6,
};

/* Why a message is FAILED. */
enum message_problem {
	PROBLEM_NONE = 0,
	PROBLEM_CANCELLED = 1, /* by the user */
	PROBLEM_TOO_LATE = 2,  /* its deadline passed */
	PROBLEM_DETACHED = 3,  /* its relation is no more */
};

/* Kinds of records (PROTOCOL 6.1). */
enum message_kind {
	MESSAGE_TEXT = 1,
	MESSAGE_EDIT = 2,
	MESSAGE_DELETE = 3,
	MESSAGE_REACTION = 4,
	MESSAGE_READ_UP_TO = 5,
	MESSAGE_FILE = 6,	/* body: a descriptor, file.h */
	MESSAGE_FILE_STATE = 7, /* hidden: what became of one */
	MESSAGE_TIMER = 8,
	MESSAGE_PROFILE = 9,
	MESSAGE_INTRODUCTION = 10,
	MESSAGE_WITHDRAWN = 14,
};

/* Encoded fields 6 to 15 of a record, as they were sent. */
enum { MESSAGE_EXTRA_MAX = 400 };

struct message_row {
	struct uid id;
	struct uid contact_id;
	struct uid client_id; /* out: unique per contact; in: zero */
	enum message_dir dir;
	enum message_state state;
	uint64_t seq; /* in: wire seq; out: own seq */
	struct mid mid;
	struct chain chain;
	uint16_t kind;	       /* enum message_kind, or one that is not known */
	bool hidden;	       /* no line in the conversation; out only */
	bool deleted;	       /* a mark is left of it: no body, no extra */
	bool withdrawn;	       /* out: content is sent in its place */
	struct hash32 content; /* withdrawn */
	struct bytes body;     /* borrowed: UTF-8 text; of an unknown kind the
				  raw record TLV */
	uint8_t extra[MESSAGE_EXTRA_MAX];
	size_t extra_bytes;
	uint32_t ttl_s;	      /* 0: it stays */
	uint64_t deadline_ms; /* out, wall clock: give up then; 0: never */
	uint64_t sent_ms;     /* wall clock; in: received - age */
	uint64_t received_ms; /* in; 0 for out */
};

/* What somebody, or we, did to a message that is there or will come. */
enum change_kind {
	CHANGE_EDIT = 1,
	CHANGE_DELETE = 2,
	CHANGE_REACTION = 3,
	CHANGE_READ = 4, /* it, and all before it */
};

struct change_row {
	struct uid contact_id;
	enum change_kind kind;
	enum message_dir by; /* IN: the contact, OUT: our user */
	struct mid ref;	     /* the message */
	struct bytes body;   /* EDIT: borrowed text */
	struct emoji emoji;  /* REACTION: "" takes it back */
	uint64_t at_ms;	     /* wall clock */
};

/* A message whose time has come. */
struct due_row {
	struct uid contact_id, message_id;
	struct mid mid;
	enum message_dir dir;
	uint64_t seq;	  /* own seq, out */
	bool is_deadline; /* else: its time to live is over */
};

#endif
