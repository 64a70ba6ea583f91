/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * event - everything that can happen to a node.
 *
 * Built by the shell, consumed by node_step(); all pointers are borrowed for
 * the length of the call.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/rows.h"
#include "core/types.h"
#include "util/buf.h"

enum event_type {
	EV_START,     /* once, after the last node_load_*() */
	EV_TICK,      /* node_deadline() is reached */
	EV_TRANSPORT, /* tor became usable, or stopped being so */
	EV_PUBLISHED, /* a service can be reached from now on */

	EV_LINK_IN,	/* somebody connected to one of our services */
	EV_LINK_UP,	/* a dial succeeded */
	EV_DIAL_FAILED, /* it did not; the link id is free again */
	EV_LINK_BYTES,
	EV_LINK_DRAINED, /* tor has all that was sent on it */
	EV_LINK_DOWN,	 /* closed by the other end or by a failure */

	EV_FETCHED, /* the answer to FX_FETCH */
	EV_DUE,	    /* the answer to FX_DUE */
	EV_STAMPED, /* the answer to FX_STAMP */

	EV_CMD_SEND,
	EV_CMD_EDIT,
	EV_CMD_DELETE,
	EV_CMD_REACT,
	EV_CMD_READ,
	EV_CMD_TIMER,
	EV_CMD_TYPING,
	EV_CMD_CONVERSATION_SET,
	EV_CMD_HISTORY_DELETE,
	EV_CMD_INVITE_NEW,
	EV_CMD_INVITE_DELETE,
	EV_CMD_CONNECT,
	EV_CMD_KNOCK,
	EV_CMD_REQUEST_ACCEPT,
	EV_CMD_REQUEST_REJECT,
	EV_CMD_REQUEST_DELETE,
	EV_CMD_CONTACT_SET,
	EV_CMD_CONTACT_DELETE,
	EV_CMD_INTRODUCE,
	EV_CMD_SELF_SET,
};

enum service_kind { SERVICE_CELL = 1, SERVICE_INVITE = 2, SERVICE_DOOR = 3 };

/* One onion service of ours; owner is a contact or an invite, or zero for
 * the door. */
struct service_id {
	enum service_kind kind;
	struct uid owner;
};

enum dial_failure {
	FAILURE_UNREACHABLE, /* no descriptor, or nobody there: try later */
	FAILURE_REFUSED,     /* it is there and does not want us */
	FAILURE_NO_TOR,	     /* our own tor is not usable */
};

struct cmd_send {
	struct uid contact_id;
	struct uid message_id; /* chosen by the caller */
	struct uid client_id;
	struct bytes text; /* valid UTF-8, 1 .. TEXT_MAX */
	bool has_reply_to;
	struct mid reply_to;
	uint64_t deadline_ms; /* wall clock; 0: none */
	struct uid replaces;  /* a FAILED one that goes; zero: none */
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
};

struct cmd_self_set {
	unsigned fields; /* which of the following */
	struct label name;
	struct status status;
	enum presence_mode mode;
	bool receipts, typing, door_on;
	uint8_t difficulty;
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
	struct uid message_id[2];
};

struct cmd_invite_new {
	struct uid invite_id;
	struct label label;
	uint64_t lifetime_ms;
};

struct cmd_connect {
	struct uid request_id;
	struct uid client_id;
	uint8_t invite[INVITE_BYTES]; /* decoded and checked */
	struct label alias;
	struct greeting greeting;
};

struct event {
	enum event_type type;
	uint64_t wall_ms; /* for times that people see, nothing else */
	uint64_t cmd;	  /* EV_CMD_*: comes back in FX_REPLY */
	union {
		bool transport_ready;
		struct service_id service;
		/* Links that we dial are numbered by the node (odd), links
		 * that come in by the shell (even); a number is never used
		 * again while the node lives. */
		struct {
			uint64_t id;
			struct service_id service; /* EV_LINK_IN */
			enum dial_failure failure; /* EV_DIAL_FAILED */
			struct bytes bytes;	   /* EV_LINK_BYTES */
			uint64_t counter;	   /* EV_STAMPED */
		} link;
		struct {
			struct uid contact_id;
			const struct message_row *rows; /* by seq, no gap */
			size_t count; /* 0: nothing from there on */
		} fetched;
		struct {
			const struct due_row *rows; /* DUE_MAX at most */
			size_t count;
			/* Wall clock: when the next one is due, of those that
			 * are not among rows; UINT64_MAX: none. */
			uint64_t next_ms;
		} due;
		struct cmd_send send;
		struct cmd_edit edit;
		struct cmd_delete delete;
		struct cmd_react react;
		struct cmd_read read;
		struct cmd_timer timer;
		struct cmd_typing typing;
		struct cmd_conversation_set conversation_set;
		struct cmd_invite_new invite_new;
		/* EV_CMD_*_DELETE, HISTORY_DELETE (a contact),
		 * REQUEST_REJECT */
		struct uid target;
		struct cmd_connect connect;
		struct cmd_knock knock;
		struct cmd_request_accept request_accept;
		struct cmd_contact_set contact_set;
		struct cmd_introduce introduce;
		struct cmd_self_set self_set;
	};
};

#endif
