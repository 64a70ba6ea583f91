/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * effect - everything a node can ask for, in order.
 *
 * The order rule: the shell commits all SAVE effects of a step, durably,
 * before it carries out any other effect of that step.  If the commit fails
 * it carries out none and loads the node anew from the disk.
 */
#ifndef CORE_EFFECT_H
#define CORE_EFFECT_H

#include <stddef.h>

#include "core/event.h"
#include "core/journal.h"
#include "core/probe_report.h"
#include "core/rows.h"

enum effect_type {
	FX_SAVE_CONTACT,   /* insert or replace, counters included */
	FX_DELETE_CONTACT, /* gone at once, its rows with FX_SAVE_SWEEP */
	FX_SAVE_COUNTERS,
	FX_SAVE_INVITE,
	FX_DELETE_INVITE,
	FX_SAVE_REQUEST,
	FX_DELETE_REQUEST,
	FX_SAVE_MESSAGE, /* insert; an incoming mid that is known is skipped */
	FX_SAVE_STATE,	 /* of outgoing messages, only forwards or back
			    from SENDING or SENT to QUEUED; FAILED: their
			    relation is over */
	FX_SAVE_READ,
	FX_SAVE_CHANGE,	   /* applied, or parked until its message comes */
	FX_SAVE_ERASE,	   /* one message */
	FX_SAVE_ERASE_ALL, /* what a conversation shows: it is gone at once, its
			      rows with FX_SAVE_SWEEP */
	FX_SAVE_SWEEP,	   /* a lot of rows of what is gone already */
	FX_SAVE_CONVERSATION,
	FX_SAVE_SELF,
	FX_SAVE_FILE,	/* insert or replace; an incoming one whose fid is
			   known of this contact is skipped like its message;
			   one IN that FAILED or is CANCELLED loses its bytes */
	FX_DELETE_FILE, /* its row, and with it its key and its bytes */

	FX_SEND,
	FX_DIAL,
	FX_HANGUP, /* close now; no EV_LINK_DOWN follows */
	FX_PUBLISH,
	FX_UNPUBLISH,
	FX_PAUSE,  /* read no more from this link */
	FX_RESUME, /* go on */
	FX_FETCH,
	FX_DUE,	     /* which messages are over, and when is the next? */
	FX_STAMP,    /* find a counter, PROTOCOL 9.2 */
	FX_REPLY,    /* to a command: OK, or why not */
	FX_PRESENCE, /* hints for open event streams; not stored */
	FX_TYPING,
	FX_BLOB,	 /* answered by EV_BLOB */
	FX_PROGRESS,	 /* of a file; a hint like FX_PRESENCE */
	FX_NEW_CIRCUITS, /* what is dialled from now on takes other ways */
	FX_SELF_TEST,	 /* a test has ended; counted, not stored */
	FX_REACH,	 /* node_probes() shows another state */
};

/* What is to become of a message.  One of ours is sent as WITHDRAWN from then
 * on, whatever else. */
enum erase_how {
	ERASE_HIDE, /* no trace in the conversation */
	ERASE_MARK, /* a mark that there was one */
	ERASE_FAIL, /* it stays to be seen, as FAILED by problem */
};

struct effect {
	enum effect_type type;
	enum journal_type journal; /* SAVE effects */
	union {
		struct contact_row contact;
		struct {
			struct uid contact_id;
			struct counters n;
		} counters;
		struct invite_row invite;
		struct request_row request;
		struct uid target;	    /* FX_DELETE_* */
		struct message_row message; /* body owned by the effect */
		struct {
			struct uid contact_id;
			uint64_t from_seq, to_seq; /* own seq, inclusive */
			enum message_state state;
			uint64_t at_ms;
		} state;
		struct cmd_read read;
		struct change_row change; /* body owned by the effect */
		struct {
			struct uid contact_id, message_id;
			enum erase_how how;
			enum message_problem problem;
		} erase;
		struct uid erase_all; /* a contact */
		/* draft owned by the effect */
		struct cmd_conversation_set conversation;
		struct self_row self;
		struct file_row file; /* have owned by the effect */

		struct {
			uint64_t link;
			struct bytes bytes; /* owned by the effect */
		} send;
		struct {
			uint64_t link;
			struct onion_pk onion;
			bool has_auth;	      /* not for a door */
			struct secret auth;   /* X25519, opens the service */
			struct uid peer;      /* whose key that is */
			struct uid isolation; /* circuits are not shared
						 between different ones */
			/* To a service of ours: ask a directory for its
			 * descriptor, whatever tor has, and forget the key
			 * after it. */
			bool is_test;
		} dial;
		uint64_t hangup;
		struct {
			struct service_id service;
			struct onion_seed onion;
			bool has_auth;	    /* a door is for all */
			struct pubkey auth; /* the one client */
			bool is_tested;
			struct pubkey test_auth; /* and ourselves */
		} publish;
		struct service_id unpublish;
		uint64_t pause;	 /* FX_PAUSE, FX_RESUME: a link */
		uint64_t due_ms; /* FX_DUE: the wall clock now */
		struct {
			uint64_t link;
			uint8_t h[64]; /* of the session */
			uint8_t bits;
		} stamp;
		struct {
			struct uid contact_id;
			uint64_t from_seq; /* own seq */
			size_t max_count;
			size_t max_bytes; /* of bodies; one row at least */
		} fetch;
		struct {
			uint64_t cmd;
			enum err err;
		} reply;
		struct {
			struct uid contact_id;
			bool online;
		} presence;
		struct {
			struct uid contact_id;
			bool on;
		} typing;
		struct {
			struct uid file_id;
			enum blob_op op;
			uint32_t index;	       /* READ, WRITE */
			struct bytes bytes;    /* WRITE: owned by the effect */
			uint64_t size;	       /* OPEN: of all of it */
			struct uid contact_id; /* OPEN: whose quota */
		} blob;
		struct {
			struct uid file_id;
			uint64_t done, bytes_per_s;
		} progress;
		struct {
			enum probe_result result;
			enum probe_repair repair; /* begun because of it */
		} self_test;
	};
};

struct effects {
	struct effect *list;
	size_t count, cap;
};

void effects_init(struct effects *fx);
/* Wipes and frees everything they carry. */
void effects_clear(struct effects *fx);
/* Adds a copy of e; a body or bytes that it carries is copied too. */
void effects_put(struct effects *fx, const struct effect *e);
bool effect_is_save(const struct effect *e);

#endif
