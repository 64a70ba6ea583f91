/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * commands - what a person can ask of a node: the contents of EV_CMD_*.
 *
 * Included by event.h.  Pointers are borrowed for the length of the call.
 */
#ifndef CORE_COMMANDS_H
#define CORE_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/rows.h"
#include "core/types.h"
#include "util/buf.h"

struct cmd_send {
	struct uid contact_id;
	struct uid message_id; /* chosen by the caller */
	struct uid client_id;
	struct bytes text; /* valid UTF-8, 1 .. TEXT_MAX */
	bool has_reply_to;
	struct mid reply_to;
	uint64_t deadline_ms; /* wall clock; 0: none */
	struct uid replaces;  /* a FAILED one that goes; zero: none */
	/* A file that is READY, or that replaces has offered; NULL: none.
	 * Then text is empty, and descriptor is what file_desc_write() made
	 * of it. */
	const struct file_row *file;
	struct bytes descriptor;
};

enum file_wish {
	FILE_RUN, /* accept it, or go on */
	FILE_PAUSE,
	FILE_CANCEL, /* decline, stop, or withdraw */
};

struct cmd_file_set {
	struct uid file_id;
	enum file_wish wish;
};

/* A message that is there, as the store has it. */
struct target {
	struct uid contact_id;
	struct uid message_id;
	struct mid mid;
	enum message_dir dir;
	enum message_state state;
	uint64_t seq; /* own seq, out */
	uint16_t kind;
	bool deleted; /* a mark is left of it */
	uint64_t sent_ms;
};

struct cmd_edit {
	struct target target; /* a text of ours */
	struct bytes text;
};

enum delete_how {
	DELETE_FOR_ME,
	DELETE_FOR_ALL, /* one of ours */
	DELETE_CANCEL,	/* one of ours that is not delivered: it fails */
};

struct cmd_delete {
	struct target target;
	enum delete_how how;
};

struct cmd_react {
	struct target target;
	struct emoji emoji; /* "": take it back */
};

struct cmd_read {
	struct uid contact_id;
	struct uid message_id; /* read up to and with this one */
	bool has_mid;	       /* there is one of the contact's up to it */
	struct mid mid;	       /* the last of these */
};

struct cmd_timer {
	struct uid contact_id;
	struct uid message_id; /* chosen by the caller */
	uint32_t ttl_s;	       /* 0, or TTL_MIN_S .. TTL_MAX_S */
};

struct cmd_typing {
	struct uid contact_id;
	bool on;
};

/* What only our user sees of a conversation.  The store keeps it, the node
 * only passes it on. */
enum conversation_field {
	CONVERSATION_MUTED = 1,
	CONVERSATION_ARCHIVED = 2,
	CONVERSATION_PINNED = 4,
	CONVERSATION_DRAFT = 8,
};

struct cmd_conversation_set {
	struct uid contact_id;
	unsigned fields;	 /* which of the following */
	uint64_t muted_until_ms; /* wall clock; 0: not muted */
	bool archived, pinned;
	struct bytes draft; /* valid UTF-8, 0 .. TEXT_MAX */
};

enum contact_field {
	CONTACT_ALIAS = 1,
	CONTACT_NOTE = 2,
	CONTACT_BLOCKED = 4,
	CONTACT_POLICY = 8,
	CONTACT_RECEIPTS = 16,
	CONTACT_TYPING = 32,
	CONTACT_COVER = 64,
	CONTACT_VERIFIED = 128,
	CONTACT_ALARM = 256, /* sets alarm, which can only be to false */
};

struct cmd_contact_set {
	struct uid contact_id;
	unsigned fields; /* which of the following */
	struct label alias;
	struct note note;
	bool blocked, cover, verified;
	enum contact_policy policy;
	enum choice receipts, typing;
};

enum self_field {
	SELF_NAME = 1,
	SELF_STATUS = 2,
	SELF_MODE = 4,
	SELF_RECEIPTS = 8,
	SELF_TYPING = 16,
	SELF_DOOR_ON = 32,
	SELF_DOOR_NEW = 64, /* another address; the old one is forgotten */
	SELF_DIFFICULTY = 128,
	SELF_AUTO_BYTES = 256,
	SELF_AUTO_KINDS = 512,
};

struct cmd_self_set {
	unsigned fields; /* which of the following */
	struct label name;
	struct status status;
	enum presence_mode mode;
	bool receipts, typing, door_on;
	uint8_t difficulty;
	uint64_t auto_accept_bytes; /* AUTO_BYTES */
	uint32_t auto_accept_kinds; /* AUTO_KINDS; bits by enum file_kind */
};

struct cmd_knock {
	struct uid request_id, client_id;
	struct uid invite_id; /* of the invite that it takes */
	struct onion_pk door;
	struct label alias;
	struct greeting text;
};

struct cmd_request_accept {
	struct uid request_id;
	struct uid invite_id; /* should we have to serve one */
	struct label alias;
};

struct cmd_introduce {
	struct uid contact_id[2];
};

struct cmd_invite_new {
	struct uid invite_id;
	struct label label;
	uint64_t lifetime_ms;
	struct uid contact_id; /* whose place is to be taken; zero: nobody's */
};

struct cmd_connect {
	struct uid request_id;
	struct uid client_id;
	uint8_t invite[INVITE_BYTES]; /* decoded and checked */
	struct label alias;
	struct greeting greeting;
	struct uid contact_id; /* as in cmd_invite_new */
};

#endif
