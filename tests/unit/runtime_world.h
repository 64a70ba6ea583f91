/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * runtime_world - two runtimes with real nodes and real stores, and between
 * them a network that is a few arrays.
 *
 * Every port call is counted; bytes and links go straight to the other side.
 */
#ifndef TESTS_UNIT_RUNTIME_WORLD_H
#define TESTS_UNIT_RUNTIME_WORLD_H

#include "runtime.h"
#include "tests/unit/loop.h"
#include "tests/unit/store_kit.h"

enum { SIDE_LINKS = 16, SIDE_SERVICES = 8, SIDE_REPLIES = 512 };

struct side {
	struct loop *loop;
	struct side *peer;
	struct kit kit;
	struct runtime *runtime;
	struct limits limits;
	uint64_t last_incoming;
	struct {
		uint64_t mine, theirs; /* 0: free */
	} links[SIDE_LINKS];
	struct {
		bool is_up;
		struct service_id id;
		struct onion_pk pk;
	} services[SIDE_SERVICES];
	/* What the ports were asked for. */
	unsigned send_count, dial_count, publish_count, drop_count;
	unsigned journal_count, broken_count;
	unsigned online_count;
	unsigned pause_count, stamp_count, forget_count, typing_count;
	unsigned blob_count, forget_blob_count, progress_count;
	uint64_t paused_link; /* 0: none */
	struct uid forgotten; /* last */
	bool is_typing;
	enum err broken_err;
	unsigned reply_count, wanted_count;
	enum err replies[SIDE_REPLIES];
	uint64_t reply_cmds[SIDE_REPLIES];
	/* Called at a reply before it is counted, when a contact is online,
	 * when all is dropped; or NULL. */
	void (*at_reply)(struct side *s);
	void (*at_online)(struct side *s);
	void (*at_drop)(struct side *s);
};

/* A store with what kit_start() puts there; the runtime is not started. */
void side_init(struct side *s, struct loop *loop, struct side *peer);
void side_start(struct side *s, bool transport_ready);
void side_stop(struct side *s);
/* Stops, and removes all. */
void side_clear(struct side *s);

void side_transport(struct side *s, bool ready);
/* A message of n bytes to the contact; cmd comes back in the replies. */
void side_say(struct side *s, struct uid contact, uint32_t number, size_t n,
	      uint64_t cmd);
/* Runs the loop until so many replies are there. */
void side_wait_replies(struct side *s, unsigned count);

/* Pairs both, which must be started and have their transport; returns s's
 * contact, and the other's in *theirs. */
struct uid side_pair(struct side *s, struct uid *theirs);

/* Messages of an open store, or of a runtime's, in both directions. */
unsigned side_messages(struct store *store, struct uid contact);
/* The same from a copy of the files, as after a crash now. */
unsigned side_durable_messages(struct side *s, struct uid contact);

#endif
