/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * world - a few daemons, their disks, and the network between them, on
 * virtual time and from one seed.
 *
 * Each host runs a real node over a virtual disk; a stand-in for the shell
 * carries out the effects by the order rule, or crashes in between.  Whatever
 * breaks a promise of the design aborts with the seed and the time.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include <stdio.h>

#include "core/node.h"
#include "core/rng.h"
#include "tests/sim/composed.h"
#include "tests/sim/disk.h"

enum { HOSTS_MAX = 4, SERVICES_MAX = 64 };

struct service {
	struct service_id id;
	struct onion_pk onion;
	bool has_auth;
	struct pubkey auth, test_auth;
	bool reachable;
};

struct host {
	struct node *node; /* NULL: crashed, or not started */
	struct disk *disk;
	struct disk *old_disk; /* a backup, or NULL */
	bool tor_ready;
	bool went_back; /* its disk was put back to a backup */
	uint64_t life;	/* counts the starts */
	uint64_t steps;
	uint64_t next_link;
	uint64_t skew_ms; /* of its wall clock */
	struct service services[SERVICES_MAX];
	size_t service_count;
	size_t link_count, link_most;
	size_t pauses; /* FX_PAUSE */
	enum err last_reply;
	/* Its contacts whose cell got what only a stranger sends. */
	struct uid provoked[SERVICES_MAX];
	size_t provoked_count;
	size_t online;	   /* by FX_PRESENCE */
	bool typing;	   /* some contact, by FX_TYPING */
	unsigned typings;  /* FX_TYPING */
	unsigned progress; /* FX_PROGRESS */
	bool dead_guard;   /* no dial succeeds before FX_NEW_CIRCUITS */
	unsigned tests[PROBE_RESULTS], repairs[PROBE_REPAIRS];
	unsigned new_circuits; /* FX_NEW_CIRCUITS */
	uint64_t blob_ms;      /* when the last of its FX_BLOB is done */
	enum err blob_err;     /* what the next WRITE meets */
};

/* One direction leads to end 0, who dialled, the other to end 1. */
struct stream {
	int host[2]; /* -1: a stranger */
	uint64_t life[2], id[2];
	bool open[2];
	bool paused[2];		 /* that end does not read */
	struct held *held[2];	 /* or NULL; item.h */
	uint64_t arrive_ms[2];	 /* of the last byte sent so far */
	uint64_t cut_ms[2];	 /* nothing arrives after that */
	size_t bytes[2];	 /* sent to that end so far */
	unsigned drain_count[2]; /* sent by that end since tor had all */
	size_t stranger_may_get;
	uint64_t born_ms;
	uint8_t opening[HANDSHAKE_BYTES]; /* the first bytes to end 1 */
	struct service_id service;
	struct onion_pk onion;
	struct pubkey auth;
};

enum crash {
	CRASH_NEVER,
	CRASH_BEFORE_COMMIT,
	CRASH_AFTER_COMMIT,
	CRASH_AMID_EFFECTS,
	COMMIT_FAILS,
	CRASH_KINDS,
};

/* Chances are of 10,000. */
struct faults {
	unsigned crash, cut, split, stay_down;
	/* At exactly this step of this host. */
	int at_host;
	uint64_t at_step;
	enum crash at_kind;
	/* At exactly this FX_SEND of the world: bytes that still arrive are
	 * that many tenths. */
	uint64_t at_send;
	unsigned at_send_tenths;
	/* The bug that the order rule excludes. */
	bool send_before_commit;
};

struct world {
	uint64_t seed;
	struct rng rng;
	uint64_t now_ms;
	uint64_t hash; /* of everything that happened */
	FILE *trace;   /* or NULL */
	struct faults faults;
	struct limits limits; /* of nodes that start from now on */
	bool self_test;	      /* the same */
	struct host hosts[HOSTS_MAX];
	int host_count;
	struct stream **streams;
	size_t stream_count;
	struct item *items; /* a heap, by time */
	size_t item_count, item_cap;
	uint64_t order;
	struct composed *composed;
	size_t composed_count, composed_cap;
	uint64_t steps, sends;
};

struct world *world_new(uint64_t seed, int hosts);
struct world *world_new_limits(uint64_t seed, int hosts, struct limits limits);
void world_free(struct world *w);
/* Lets time pass. */
void world_run(struct world *w, uint64_t ms);
/* The same until done(w, ctx), at most that long; whether it was. */
bool world_until(struct world *w, bool (*done)(struct world *, void *),
		 void *ctx, uint64_t ms);

/* --- what people and fate do (ops.c) --- */

/* Each aborts if the node refuses what it should not. */
struct uid world_invite(struct world *w, int host);
enum err world_connect(struct world *w, int host, int inviter,
		       const struct uid *invite);
enum err world_send(struct world *w, int host, const struct uid *contact);
/* Knocks at the other's door, or introduces two contacts to each other. */
enum err world_knock(struct world *w, int host, int other);
enum err world_introduce(struct world *w, int host, int a, int b);
/* EV_CMD_REQUEST_ACCEPT, _REJECT, _DELETE. */
enum err world_decide(struct world *w, int host, enum event_type what,
		      const struct uid *request);
enum err world_self_set(struct world *w, int host,
			const struct cmd_self_set *cmd);
/* The newest request of that origin on host's disk; NULL: none. */
const struct request_row *world_request(struct world *w, int host,
					enum request_origin origin);
/* Pairs two hosts; they are active and in session when it returns. */
void world_pair(struct world *w, int a, int b);
/* The first contact that host has for other; NULL: none. */
struct contact_row *world_contact(struct world *w, int host, int other);
/* The same relation on the other's disk. */
struct contact_row *world_peer(struct world *w, const struct contact_row *c,
			       int other);
void world_say(struct world *w, int from, int to, unsigned count);
/* What the user of host decides about the other, or about himself. */
void world_set(struct world *w, int host, int other,
	       const struct cmd_contact_set *cmd);
void world_set_mode(struct world *w, int host, enum presence_mode mode);
/* All that from sent to the other is there, in order, and marked so. */
bool world_all_delivered(struct world *w, int from, int to);

void world_crash(struct world *w, int host);
void world_start(struct world *w, int host);
void net_start_later(struct world *w, int host, uint64_t ms);
void world_set_tor(struct world *w, int host, bool ready);
void world_wake(struct world *w, int host); /* EV_WAKE */
void world_lose(struct world *w, int host, enum service_kind kind);
/* Cuts every stream between the two. */
void world_cut(struct world *w, int a, int b);
void world_backup(struct world *w, int host);
/* Crashes it, and puts the disk back to the backup. */
void world_put_back(struct world *w, int host);
/* Where in host's services the first of that kind is; aborts if nowhere. */
size_t world_service(struct world *w, int host, enum service_kind kind);
/* Somebody with the service's client key connects and sends n bytes. */
struct stream *world_stranger(struct world *w, int host, size_t service,
			      const uint8_t *bytes, size_t n);
/* No more faults; every host up, with tor; runs until nothing is pending. */
void world_heal(struct world *w);
/* Any of its disks was put back. */
bool world_went_back(const struct world *w);
bool world_is_settled(struct world *w, void *unused);

/* What the clock of a host shows. */
uint64_t host_wall_ms(const struct world *w, int host);
/* One event to a host, and what follows from it. */
void host_event(struct world *w, int host, struct event *ev);
/* Once settled: every message, everywhere. */
void check_end(struct world *w);

/* Says what is wrong, with the seed, and aborts. */
void world_fail(const struct world *w, int host, const char *what);

uint64_t world_random(struct world *w, uint64_t below);
bool world_chance(struct world *w, unsigned of_10000);

#endif
