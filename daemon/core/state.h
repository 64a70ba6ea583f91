/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * state - what a node is made of; for the files of the node only.
 *
 * The owner of everything is struct node.  A link belongs to one contact,
 * invite or request, which it points to, and lives in the node's list.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include "core/backoff.h"
#include "core/budget.h"
#include "core/effect.h"
#include "core/flight.h"
#include "core/handshake.h"
#include "core/hints.h"
#include "core/limits.h"
#include "core/ours.h"
#include "core/record.h"
#include "core/rng.h"
#include "core/transfers.h"
#include "util/list.h"

#define NEVER UINT64_MAX

enum {
	SESSIONS_MAX = 2,    /* with one contact */
	STRANGERS_MAX = 4,   /* not authenticated, on one service */
	STRANGERS_DOOR = 16, /* on the door */
	STRANGERS_ALL = 128, /* and on all of one user */
	FLIGHT_BYTES_MAX = 256 * 1024,
};

/* What one call of node_step() works with. */
struct step {
	struct node *node;
	uint64_t now_ms;
	uint64_t wall_ms;
	struct rng rng;
	struct effects *fx;
};

enum link_state {
	LINK_NEW,
	LINK_DIALLING, /* ours: FX_DIAL is under way */
	LINK_OPENING,  /* msg 1 is awaited; ours: msg 2 */
	LINK_PROVING,  /* msg 2 sent: the first record must prove the peer */
	LINK_OPEN,
	LINK_LEAVING, /* CLOSE sent: still read, until the peer hangs up */
	LINK_MUTE,    /* a wrong opening: read and forgotten */
	LINK_GONE,    /* freed at the end of the step */
};

/* Only one of them is set. */
struct link_owner {
	struct contact *contact;
	struct inviter *inviter;
	struct invitee *invitee;
	struct door *door;
};

struct link {
	struct list_node in_node;
	uint64_t id;
	bool ours; /* dialled by us */
	enum link_state state;
	struct link_owner owner;
	enum link_class class;
	bool is_paused;	      /* not read: FX_PAUSE was said */
	bool claim_psk;	      /* invite: opened with psk', not K_psk */
	uint64_t epoch;	      /* contact: of the key that it is opened with */
	uint64_t deadline_ms; /* of the present state */
	uint64_t silent_ms;   /* came in: when it closes if it stays silent */
	uint64_t heard_ms;
	uint64_t ping_ms;
	uint64_t features;
	uint8_t difficulty;	     /* door: what its opening said */
	struct handshake *handshake; /* ours, OPENING */
	struct record_channel channel;
	size_t have;
	uint8_t opening[HANDSHAKE_BYTES]; /* msg, or the first record */
	struct buf record;		  /* OPEN: one that is not whole */
	struct cover *cover;		  /* OPEN, LEAVING; or NULL */
	struct session session;
	struct bulk_link *bulk; /* class BULK, once it is OPEN */
};

/* What comes from a contact; intake.h. */
struct intake {
	struct budget messages, bytes, streams, bulk_streams;
	bool is_paused;
};

struct contact {
	struct list_node in_node;
	struct contact_row row;
	bool row_changed, counters_changed;
	bool is_new;	  /* has become active in this step */
	bool takes_place; /* of another, at the end of this step */
	unsigned journal; /* 1 << type, of what is to be told with the row */
	bool is_leader;
	struct onion_pk onion; /* of my cell */
	uint64_t publish_ms;
	bool is_hosted;	    /* FX_PUBLISH was said, and not taken back */
	bool is_published;  /* EV_PUBLISHED came since */
	uint64_t hosted_ms; /* when that was said, or since it is published */
	uint64_t proved_ms; /* something last came through it; 0: never */
	uint64_t rest_ms;   /* too many streams: published again then; NEVER */
	struct intake intake;
	struct backoff backoff;
	uint64_t dial_ms;
	uint64_t dialled_ms; /* last time; 0 = never */
	struct link *dialling;
	struct link *sessions[SESSIONS_MAX]; /* oldest first */
	size_t session_count;
	struct link *transmit;
	uint64_t surplus_ms;
	uint64_t rekey_ms;  /* leader: propose, or repeat */
	uint64_t redial_ms; /* leader: a session in the new epoch */
	uint64_t calm_ms;   /* no alarm for openings until then */
	struct outbox out;
	struct typing_out typing_out;
	struct typing_in typing_in;
	struct receipt_out receipt_out;
	struct list files; /* struct transfer */
	struct bulk bulk;
};

struct inviter {
	struct list_node in_node;
	struct invite_row row;
	struct onion_pk onion;
	uint64_t publish_ms;
};

struct invitee {
	struct list_node in_node;
	struct request_row row;
	struct backoff backoff;
	uint64_t dial_ms;
	struct link *links[2]; /* with K_psk, with psk'; BY_KNOCK: [0] */
};

/* What a link tells those above it. */
struct link_hooks {
	/* It is OPEN; sets its deadline_ms. */
	void (*open)(struct step *st, struct link *l);
	/* A record of so many bytes came, before its frames. */
	void (*record)(struct step *st, struct link *l, size_t bytes);
	/* An error ends the link. */
	enum err (*frame)(struct step *st, struct link *l,
			  const struct frame *f);
	void (*lost)(struct step *st, struct link *l);
	/* Tor has all that was sent on it. */
	void (*drained)(struct step *st, struct link *l);
	/* An invite of ours was used, or has made c active. */
	void (*claimed)(struct step *st, const struct uid *invite_id,
			struct contact *c);
	/* It came in, and has said PROBE_BYTES and no more so far. */
	void (*murmur)(struct step *st, struct link *l);
	/* It came in, and no key opened its first message. */
	void (*refused)(struct step *st, struct link *l);
	/* Only while it is OPEN, or LEAVING and has cover. */
	void (*timers)(struct step *st, struct link *l);
	uint64_t (*deadline)(const struct link *l);
};

/* Of a place in the node's lists. */
#define contact_at(i)  list_entry(i, struct contact, in_node)
#define inviter_at(i)  list_entry(i, struct inviter, in_node)
#define invitee_at(i)  list_entry(i, struct invitee, in_node)
#define link_at(i)     list_entry(i, struct link, in_node)
#define transfer_at(i) list_entry(i, struct transfer, in_contact)

struct node {
	struct label name; /* of the user, on this machine */
	struct limits limits;
	bool has_self;
	struct self_row self;
	struct door door;
	bool has_probes; /* we test ourselves */
	struct probe probe_door, probe_cells;
	/* Wall clock: look for messages whose time has come. */
	uint64_t due_ms, due_seen_ms;
	bool due_asked;
	const struct link_hooks *hooks;
	struct list contacts, inviters, invitees, links;
	size_t contact_count, inviter_count, invitee_count;
	bool tor_ready;
	bool transport_ready; /* the same, but never while OFFLINE */
	uint64_t next_link;
	uint64_t now_ms, wall_ms; /* of the last step */
	/* Frames of this step that wait for more company. */
	struct record_builder builder;
	struct link *builder_link;
};

#endif
