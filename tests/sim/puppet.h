/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * puppet - one node alone, with the test at the other end of its links.
 *
 * The test holds the keys of the node's contact, of its invite, of the
 * inviter that it makes a request to, and of a door, so it can say anything
 * that such a peer can say, well formed or not.
 */
#ifndef TESTS_SIM_PUPPET_H
#define TESTS_SIM_PUPPET_H

#include "core/handshake.h"
#include "core/node.h"
#include "core/rng.h"
#include "tests/sim/disk.h"

enum { FRAMES_MAX = 600, PUPPETS_MAX = 160, RIG_BLOBS_MAX = 64 };

enum puppet_kind {
	PUPPET_CONTACT,	 /* on a link of the contact */
	PUPPET_BULK,	 /* the same, of class BULK */
	PUPPET_INVITEE,	 /* on the node's invite, by K_psk */
	PUPPET_CLAIMANT, /* the same, by psk' */
	PUPPET_KNOCKER,	 /* at the node's door */
	PUPPET_INVITER,	 /* whom the node made a request to */
	PUPPET_DOOR,	 /* where the node knocks */
	PUPPET_SELF,	 /* a service of its own, which it tests */
};

struct puppet_frame {
	enum frame_type type;
	struct bytes body; /* owned by the puppet */
};

/* One link of the node, seen from its other end. */
struct puppet {
	uint64_t link;
	enum puppet_kind kind;
	bool dialled;	    /* by the node */
	bool up;	    /* the dial was answered */
	bool is_open;	    /* records can be sent */
	bool is_ended;	    /* the node hung up */
	bool is_paused;	    /* the node does not read */
	uint8_t difficulty; /* KNOCKER: what the node asks for */
	bool is_door;	    /* SELF: else the contact's cell */
	size_t got_bytes;
	struct buf in; /* not yet taken apart */
	struct handshake hs;
	struct record_channel channel;
	struct record_builder builder;
	struct puppet_frame frames[FRAMES_MAX];
	size_t frame_count, frame_next;
};

struct rig {
	struct node *node;
	struct limits limits;
	bool self_test; /* from the next rig_reload() on */
	struct disk *disk;
	struct rng rng;
	uint64_t now_ms, next_link;
	enum err reply;
	unsigned dials, publishes, unpublishes, hangups, saves;
	unsigned typings; /* FX_TYPING */
	bool typing;
	bool due;	  /* FX_DUE was said, and is not answered yet */
	uint64_t skew_ms; /* of its wall clock */
	unsigned count[FX_REACH + 1]; /* of effects, by type */
	bool cell_up, invite_up;      /* of the contact, of the invite */
	bool online;
	struct contact_row contact; /* as it was at the start */
	struct secret peer_static, peer_auth;
	struct onion_seed peer_cell;
	struct invite_row invite;
	struct nonce32 nonce;
	struct request_row request;
	struct psk request_secret;
	struct onion_seed inviter_onion;
	struct onion_seed door_onion;
	uint8_t door_difficulty; /* what that door asks for */
	/* The last FX_STAMP, if it is not answered yet. */
	bool stamping;
	struct effect stamp;
	struct puppet *puppets[PUPPETS_MAX];
	size_t puppet_count;
	/* The last FX_FETCH, if it is not answered yet. */
	bool fetching;
	struct effect fetch;
	/* FX_BLOB that are not answered. */
	struct effect blobs[RIG_BLOBS_MAX];
	size_t blob_count;
	enum err blob_err; /* what the next one meets */
};

/* A node with one active contact, one open invite and one queued request;
 * started, without a transport. */
struct rig *rig_new(uint64_t seed);
/* With nobody to dial but the contact: the request is deleted. */
void rig_only_contact(struct rig *r);
/* As rig_new(), with other limits; those of rig_new() let streams come in as
 * they like. */
struct rig *rig_new_limited(uint64_t seed, const struct limits *limits);
void rig_free(struct rig *r);
/* Draws the rows and keys, for rig_new(). */
void rig_fill(struct rig *r);
/* One step; its effects are carried out on disk and puppets.  Aborts if the
 * node breaks a promise that holds whatever its peers do. */
void rig_event(struct rig *r, struct event *ev);
void rig_tick(struct rig *r, uint64_t ms);
void rig_transport(struct rig *r, bool ready);
/* The process dies and starts again; without a transport. */
void rig_reload(struct rig *r);
/* Answers the fetch that is open, if any. */
void rig_answer_fetch(struct rig *r);
/* The same for what is due. */
void rig_answer_due(struct rig *r);
uint64_t rig_wall_ms(const struct rig *r);
/* The same for what the disk has to do for files, one or all. */
bool rig_answer_blob(struct rig *r);
void rig_answer_blobs(struct rig *r);
void rig_drop_blobs(struct rig *r);
/* The same for a stamp. */
void rig_answer_stamp(struct rig *r);
/* As umbeld does when its file of settings is read again. */
void rig_set_limits(struct rig *r, const struct limits *limits);
enum err rig_say(struct rig *r, const char *text);
const struct counters *rig_counters(struct rig *r);

/* A stream comes in; nothing has been sent on it. */
struct puppet *puppet_arrive(struct rig *r, enum puppet_kind kind);
/* The whole opening, of a stream that came in or was dialled; is_open is
 * true after it if the node agrees. */
void puppet_open(struct rig *r, struct puppet *p);
/* The node's newest dial of that kind that is not answered; NULL: none. */
struct puppet *puppet_dialled(struct rig *r, enum puppet_kind kind);
/* Puppets whose links ended are of no more use. */
void rig_drop_ended(struct rig *r);
/* A test of the node's, of which tor says that it is connected; the bytes of
 * it come in at the service that was dialled, or at another. */
void puppet_connect(struct rig *r, struct puppet *p);
struct puppet *puppet_loop(struct rig *r, const struct puppet *p, bool astray);
/* The other end is gone. */
void puppet_down(struct rig *r, struct puppet *p);

void puppet_bytes(struct rig *r, struct puppet *p, struct bytes b);
/* Seals what is in p->builder and delivers it. */
void puppet_flush(struct rig *r, struct puppet *p);
void puppet_hello(struct rig *r, struct puppet *p, uint64_t recv_next,
		  const struct chain *chain);
/* The contact comes, and has nothing yet. */
struct puppet *puppet_session(struct rig *r);
/* A text; chain NULL: the right one after prev. */
void puppet_text(struct rig *r, struct puppet *p, uint64_t seq,
		 const char *text, const struct chain *prev,
		 struct chain *chain);
void puppet_ack(struct rig *r, struct puppet *p, uint64_t cum,
		const struct chain *chain);
/* The next frame that the node sent; false: none. */
bool puppet_next(struct puppet *p, struct puppet_frame *f);
/* Skips to the next frame of that type. */
bool puppet_find(struct puppet *p, enum frame_type type,
		 struct puppet_frame *f);

/* --- for puppet.c (puppet_keys.c) --- */

/* What the node knows the other end by, and the other way round. */
struct puppet_keys {
	struct handshake_who who;
	struct pubkey node_static;
	struct secret onion_static;
	struct psk psk;
};

void puppet_keys(struct rig *r, const struct puppet *p, struct puppet_keys *k);
struct service_id puppet_service(const struct rig *r, enum puppet_kind kind);
/* Whom this FX_DIAL is for. */
enum puppet_kind puppet_who(const struct rig *r, const struct effect *e);

#endif
