/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * rows - what a node keeps on disk, one struct per kind of row.
 *
 * The core hands whole rows to the shell in SAVE effects, and gets them back
 * in node_load_*() at the next start.  Plain values: no pointer is owned.
 */
#ifndef CORE_ROWS_H
#define CORE_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/types.h"
#include "util/buf.h"

/* A name or label: UTF-8 without control characters, NUL-terminated. */
struct label {
	char s[NAME_MAX_BYTES + 1];
};

/* A note that goes with a request. */
struct greeting {
	char s[GREETING_MAX_BYTES + 1];
};

enum contact_state {
	CONTACT_PAIRING = 0, /* inviter: CARD sent, not yet confirmed */
	CONTACT_ACTIVE = 1,
};

/* Numbers that change with every message; PROTOCOL 7.  seq counts the
 * messages of one direction from 1.  wire seq = own seq + seq_shift. */
struct counters {
	uint64_t send_next;	/* own seq of the next message composed */
	uint64_t peer_acked;	/* own seq up to which the peer has all */
	uint64_t seq_shift;	/* not 0 only after our disk went back */
	uint64_t recv_next;	/* wire seq expected from the peer */
	struct chain chain_out; /* of message send_next - 1 */
	struct chain chain_in;	/* of message recv_next - 1 */
};

struct contact_row {
	struct uid id;
	struct uid conversation_id;
	struct uid invite_id; /* zero unless PAIRING: the invite it came by */
	enum contact_state state;
	struct secret my_static;
	struct pubkey peer_static;
	struct psk psk; /* K_n */
	uint64_t epoch; /* n */
	struct onion_seed my_cell;
	struct pubkey peer_auth; /* may open my cell */
	struct onion_pk peer_cell;
	struct secret my_auth; /* opens the peer's cell */
	struct nonce32 my_r;   /* inviter, PAIRING: to repeat the same CARD */
	struct counters n;
	bool alarm;	     /* keys seen elsewhere, or a disk that went back */
	struct label name;   /* what the peer calls himself */
	struct label alias;  /* what our user calls him, or "" */
	uint64_t created_ms; /* wall clock */
	uint64_t last_seen_ms; /* wall clock, 0 = never */
};

enum invite_state {
	INVITE_OPEN = 0,
	INVITE_BOUND = 1, /* a CLAIM is stored; only its psk' opens it now */
};

struct invite_row {
	struct uid id;
	enum invite_state state;
	struct onion_seed onion;
	struct psk secret;
	uint8_t flags;
	struct label label;
	struct nonce32 nonce;  /* BOUND */
	struct uid contact_id; /* BOUND: the contact in PAIRING */
	uint64_t created_ms;
	uint64_t expires_ms;
};

enum request_state {
	REQUEST_QUEUED = 0,  /* will be dialled */
	REQUEST_WAITING = 1, /* CLAIM sent, perhaps stored by the other side */
	REQUEST_ACCEPTED = 2,
	REQUEST_EXPIRED = 3,
	REQUEST_FAILED = 4,
};

/* Our own request to someone whose invite we accepted. */
struct request_row {
	struct uid id;
	struct uid client_id;
	enum request_state state;
	uint8_t invite[INVITE_BYTES];
	struct label alias;
	struct greeting greeting;
	struct secret my_static;
	struct onion_seed my_cell;
	struct secret my_auth;
	struct nonce32 my_r;
	struct nonce32 nonce;
	struct uid contact_id; /* ACCEPTED */
	uint64_t created_ms;
};

enum message_dir { MESSAGE_IN = 0, MESSAGE_OUT = 1 };

enum message_state {
	MESSAGE_QUEUED = 0,
	MESSAGE_SENDING = 1,
	MESSAGE_DELIVERED = 3,
	MESSAGE_FAILED = 5,
	MESSAGE_RECEIVED = 6,
};

struct message_row {
	struct uid id;
	struct uid contact_id;
	struct uid client_id; /* out: unique per contact; in: zero */
	enum message_dir dir;
	enum message_state state;
	uint64_t seq; /* in: wire seq; out: own seq */
	struct mid mid;
	struct chain chain;
	uint16_t kind;	      /* 1 = text */
	struct bytes body;    /* borrowed: UTF-8 text, or the raw record TLV */
	uint64_t sent_ms;     /* wall clock; in: received - age */
	uint64_t received_ms; /* in; 0 for out */
};

#endif
