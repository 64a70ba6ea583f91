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

#include "core/file_rows.h"
#include "core/message_rows.h"
#include "core/types.h"

/* A name or label: UTF-8 without control characters, NUL-terminated. */
struct label {
	char s[NAME_MAX_BYTES + 1];
};

/* A note that goes with a request. */
struct greeting {
	char s[GREETING_MAX_BYTES + 1];
};
/* What somebody says of himself; a label, only longer. */
struct status {
	char s[STATUS_MAX_BYTES + 1];
};
/* What our user notes about a contact; never sent. */
struct note {
	char s[NOTE_MAX_BYTES + 1];
};

enum contact_state {
	CONTACT_PAIRING = 0, /* inviter: CARD sent, not yet confirmed */
	CONTACT_ACTIVE = 1,
	CONTACT_DETACHED = 3, /* no relation; 2 is the store's own */
};

/* Numbers that change with every message; PROTOCOL 7.  seq counts the
 * messages of one direction from 1.  wire seq = own seq + seq_shift. */
struct counters {
	uint64_t send_next;	/* own seq of the next message composed */
	uint64_t send_high;	/* highest own seq that may have left us */
	uint64_t peer_acked;	/* own seq up to which the peer has all */
	uint64_t seq_shift;	/* modulo 2^64: outbox.c */
	uint64_t recv_next;	/* wire seq expected from the peer */
	struct chain chain_out; /* of message send_next - 1 */
	struct chain chain_in;	/* of message recv_next - 1 */
};

/* How the step to the next epoch stands (PROTOCOL 10.3). */
enum rekey_state {
	REKEY_IDLE = 0,
	REKEY_PROPOSED = 1,  /* leader: my_r is what it proposes */
	REKEY_ANSWERED = 2,  /* follower: other is K_n+1 */
	REKEY_COMMITTED = 3, /* leader: other is K_n-1, until DONE */
};

struct rekey {
	enum rekey_state state;
	struct nonce32 my_r, peer_r;
	struct psk other;
	uint64_t since_ms; /* wall clock: the present epoch's beginning */
};

/* What a contact may know of our being there. */
enum contact_policy {
	POLICY_VISIBLE = 0,   /* we publish his cell, and dial */
	POLICY_DIAL_ONLY = 1, /* we only dial */
	POLICY_MAIL_ONLY = 2, /* neither: never online to him */
};

/* For one contact, where there is a setting for all. */
enum choice { CHOICE_DEFAULT = 0, CHOICE_ON = 1, CHOICE_OFF = 2 };

struct contact_row {
	struct uid id;
	struct uid conversation_id;
	struct uid invite_id; /* zero unless PAIRING: the invite it came by */
	enum contact_state state;
	struct secret my_static;
	struct pubkey peer_static;
	struct psk psk; /* K_n */
	uint64_t epoch; /* n */
	struct rekey rekey;
	struct onion_seed my_cell;
	struct pubkey peer_auth; /* may open my cell */
	struct onion_pk peer_cell;
	struct secret my_auth; /* opens the peer's cell */
	struct nonce32 my_r;   /* inviter, PAIRING: to repeat the same CARD */
	struct counters n;
	bool alarm;	    /* keys seen elsewhere, or a disk that went back */
	struct label name;  /* what the peer calls himself */
	struct label alias; /* what our user calls him, or "" */
	struct status status; /* what the peer says of himself */
	struct note note;
	bool blocked;
	bool profile_stale; /* ours has changed since he was told of it */
	bool verified;	    /* the safety numbers were compared */
	enum contact_policy policy;
	enum choice receipts;  /* tell him what was read */
	enum choice typing;    /* tell him that we write */
	bool cover;	       /* constant rate, PROTOCOL 7.7 */
	uint32_t ttl_s;	       /* of messages from now on; 0: they stay */
	uint64_t verified_ms;  /* wall clock */
	uint64_t created_ms;   /* wall clock */
	uint64_t last_seen_ms; /* wall clock, 0 = never */
};

/* Whether the user is there, to whom. */
enum presence_mode {
	PRESENCE_ONLINE = 0,	/* to each contact as his policy says */
	PRESENCE_INVISIBLE = 1, /* to no contact; the door is open */
	PRESENCE_OFFLINE = 2,	/* nothing is published, nobody dialled */
};

/* The user himself: one row. */
struct self_row {
	struct label name; /* what contacts see; "": the user's local name */
	struct status status;
	enum presence_mode mode;
	bool receipts; /* tell contacts what was read */
	bool typing;   /* and that one is writing */
	bool door_on;
	struct onion_seed door; /* the address */
	uint64_t door_created_ms;
	uint8_t difficulty; /* least that a door asks for, bits */
	/* Files that are fetched without a question: up to that size, of
	 * these kinds, a bit for each enum file_kind; 0: none. */
	uint64_t auto_accept_bytes;
	uint32_t auto_accept_kinds;
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
	struct uid contact_id; /* BOUND: the contact; OPEN: see relink.h */
	uint64_t created_ms;
	uint64_t expires_ms;
};

enum request_state {
	REQUEST_QUEUED = 0,  /* will be dialled */
	REQUEST_WAITING = 1, /* CLAIM sent, perhaps stored by the other side;
				KNOCK: answered; SERVED: our invite is up */
	REQUEST_ACCEPTED = 2,
	REQUEST_EXPIRED = 3,
	REQUEST_FAILED = 4,
	REQUEST_PENDING = 5,  /* came in: our user has to decide */
	REQUEST_REJECTED = 6, /* he said no, and may still say yes */
};

/* How two come to be contacts. */
enum request_origin {
	REQUEST_BY_INVITE = 0,	/* we were given an invite */
	REQUEST_BY_KNOCK = 1,	/* we knock; the other uses our invite */
	REQUEST_AT_DOOR = 2,	/* another knocked; we use his invite */
	REQUEST_INTRODUCED = 3, /* by a contact; we use the invite */
	REQUEST_SERVED = 4,	/* by a contact; we serve the invite */
};

/* A relation that is to be, ours or another's wish. */
struct request_row {
	struct uid id;
	struct uid client_id;
	enum request_origin origin;
	enum request_state state;
	uint8_t invite[INVITE_BYTES]; /* not BY_KNOCK */
	struct onion_pk door;	      /* BY_KNOCK: whom we ask */
	struct onion_seed seed;	      /* SERVED, while PENDING */
	struct uid invite_id;	      /* BY_KNOCK, SERVED: of ours */
	struct uid introducer;	      /* INTRODUCED, SERVED: a contact */
	struct label name; /* AT_DOOR, INTRODUCED, SERVED: as it was said */
	uint8_t work;	   /* AT_DOOR: of the stamp, bits */
	struct label alias;
	struct greeting greeting;
	struct secret my_static;
	struct onion_seed my_cell;
	struct secret my_auth;
	struct nonce32 my_r;
	struct nonce32 nonce;
	struct uid contact_id; /* ACCEPTED; before: see relink.h */
	uint64_t created_ms;
	uint64_t expires_ms; /* PENDING, REJECTED, BY_KNOCK, SERVED; else 0 */
};

#endif
