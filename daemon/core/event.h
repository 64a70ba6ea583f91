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

#include "core/commands.h"
#include "core/rows.h"
#include "core/types.h"
#include "util/buf.h"

enum event_type {
	EV_START,     /* once, after the last node_load_*() */
	EV_TICK,      /* node_deadline() is reached */
	EV_TRANSPORT, /* tor became usable, or stopped being so */
	EV_PUBLISHED, /* a service can be reached from now on */
	EV_WAKE,      /* the machine slept, its network or clock changed */

	EV_LINK_IN,	/* somebody connected to one of our services */
	EV_LINK_UP,	/* a dial succeeded */
	EV_DIAL_FAILED, /* it did not; the link id is free again */
	EV_LINK_BYTES,
	EV_LINK_DRAINED, /* tor has all that was sent on it */
	EV_LINK_DOWN,	 /* closed by the other end or by a failure */

	EV_FETCHED, /* the answer to FX_FETCH */
	EV_DUE,	    /* the answer to FX_DUE */
	EV_STAMPED, /* the answer to FX_STAMP */
	EV_BLOB,    /* the answer to a FX_BLOB_* */

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
	EV_CMD_FILE_SET,
	EV_CMD_FILE_DELETE,
	EV_CMD_SELF_TEST,
};

enum service_kind { SERVICE_CELL = 1, SERVICE_INVITE = 2, SERVICE_DOOR = 3 };

/* One onion service of ours; owner is a contact or an invite, or zero for
 * the door. */
struct service_id {
	enum service_kind kind;
	struct uid owner;
};

enum dial_failure {
	FAILURE_UNREACHABLE,   /* no descriptor, or nobody there: try later */
	FAILURE_NO_DESCRIPTOR, /* of a test: no directory has it */
	FAILURE_REFUSED,       /* it is there and does not want us */
	FAILURE_NO_TOR,	       /* our own tor is not usable */
};

/* What can be done with the bytes of a file, each with one answer; of one
 * file in the order in which they were asked for.  What a node asked for that
 * was loaded anew since is not answered. */
enum blob_op {
	BLOB_OPEN,  /* for writing: is there room for all of it? */
	BLOB_READ,  /* a chunk, as it goes over the wire, or the manifest */
	BLOB_WRITE, /* the same */
	BLOB_SYNC,  /* what was written stays */
};

#define BLOB_MANIFEST UINT32_MAX /* index */

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
			bool sweep; /* there is work for FX_SAVE_SWEEP */
		} due;
		struct {
			struct uid file_id;
			enum blob_op op;
			uint32_t index;
			enum err err;	    /* NO_SPACE, FULL: a quota, ... */
			struct bytes bytes; /* READ */
		} blob;
		struct cmd_file_set file_set;
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
		 * REQUEST_REJECT, FILE_DELETE */
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
