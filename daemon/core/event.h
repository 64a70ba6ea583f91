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
	EV_LINK_DOWN, /* closed by the other end or by a failure */

	EV_FETCHED, /* the answer to FX_FETCH */

	EV_CMD_SEND,
	EV_CMD_READ,
	EV_CMD_INVITE_NEW,
	EV_CMD_INVITE_DELETE,
	EV_CMD_CONNECT,
	EV_CMD_REQUEST_DELETE,
};

enum service_kind { SERVICE_CELL = 1, SERVICE_INVITE = 2 };

/* One onion service of ours; owner is a contact or an invite. */
struct service_id {
	enum service_kind kind;
	struct uid owner;
};

enum dial_failure {
	FAILURE_UNREACHABLE, /* no descriptor, or nobody there: try later */
	FAILURE_REFUSED,     /* it is there and does not want us */
	FAILURE_NO_TOR,	     /* our own tor is not usable */
};

/* Links that we dial are numbered by the node (odd), links that come in by
 * the shell (even); a number is never used again while the node lives. */
struct cmd_send {
	struct uid contact_id;
	struct uid message_id; /* chosen by the caller */
	struct uid client_id;
	struct bytes text; /* valid UTF-8, 1 .. TEXT_MAX */
};

struct cmd_read {
	struct uid contact_id;
	struct uid message_id; /* read up to and with this one */
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
		} link;
		struct {
			struct uid contact_id;
			const struct message_row *rows; /* by seq, no gap */
			size_t count; /* 0: nothing from there on */
		} fetched;
		struct cmd_send send;
		struct cmd_read read;
		struct cmd_invite_new invite_new;
		struct uid target; /* EV_CMD_*_DELETE */
		struct cmd_connect connect;
	};
};

#endif
