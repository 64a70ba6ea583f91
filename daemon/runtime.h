/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * runtime - one unlocked user: a node, its store, and what ties them.
 *
 * Feeds events to the node, commits the SAVE effects of all steps of a loop
 * turn in one transaction, and only then carries out the other effects
 * through its ports.  When a commit fails nothing of it is carried out: the
 * links are dropped and the node is loaded anew from the disk.
 */
#ifndef DAEMON_RUNTIME_H
#define DAEMON_RUNTIME_H

#include "core/effect.h"
#include "core/node.h"
#include "store/store.h"

struct event_base;
struct runtime;
struct tally;

/* What a runtime needs from above. */
struct runtime_ports {
	void *ctx;
	void (*send)(void *ctx, uint64_t link, struct bytes bytes);
	void (*hangup)(void *ctx, uint64_t link);
	void (*dial)(void *ctx, const struct effect *dial);
	void (*publish)(void *ctx, const struct effect *publish);
	void (*unpublish)(void *ctx, struct service_id service);
	/* Reads no more from a link, or goes on. */
	void (*pause)(void *ctx, uint64_t link, bool paused);
	/* Ends with EV_STAMPED. */
	void (*stamp)(void *ctx, const struct effect *stamp);
	/* This contact or request is dialled no more: tor need not know its
	 * keys. */
	void (*forget)(void *ctx, struct uid peer);
	/* Every link and service of this user, and every answer about bytes of
	 * a file: after a failed commit. */
	void (*drop_all)(void *ctx);
	/* To a command, after the durable commit: what the node said, or the
	 * error of the commit. */
	void (*reply)(void *ctx, uint64_t cmd, enum err e);
	void (*journal_advanced)(void *ctx);
	void (*presence)(void *ctx, struct uid contact_id, bool online);
	void (*typing)(void *ctx, struct uid contact_id, bool on);
	/* Ends with EV_BLOB. */
	void (*blob)(void *ctx, const struct effect *blob);
	/* The bytes of this file are not wanted any more. */
	void (*forget_blob)(void *ctx, struct uid file_id);
	/* How far a file is, for whoever looks now. */
	void (*progress)(void *ctx, struct uid file_id, uint64_t done_bytes,
			 uint64_t bytes_per_s);
	/* Tor is to take other ways from now on. */
	void (*new_circuits)(void *ctx);
	/* runtime_probes() shows another state. */
	void (*reach_changed)(void *ctx);
	/* The database cannot be used any more; free the runtime later. */
	void (*broken)(void *ctx, enum err e);
	struct tally *tally; /* NULL: nothing is counted */
};

/* Loads the node and starts it; what config points to must stay.  On error
 * the store is closed. */
enum err runtime_new(struct event_base *base, const struct runtime_ports *ports,
		     struct store *store OWNED,
		     const struct node_config *config, bool transport_ready,
		     struct runtime **out) MUST_CHECK;
/* Commits what is pending and closes the store.  Calls no port. */
void runtime_free(struct runtime *r);

/* Hands an event to the node; fills in ev->wall_ms.  A command that comes
 * while the disk cannot be read is answered at once with ERR_IO. */
void runtime_step(struct runtime *r, struct event *ev);
bool runtime_is_online(const struct runtime *r, struct uid contact_id);
/* See node_count_*(); 0 while the disk cannot be read. */
size_t runtime_count_services(const struct runtime *r);
size_t runtime_count_online(const struct runtime *r);
uint64_t runtime_count_queue(const struct runtime *r);
/* False: nothing is tested, or known. */
bool runtime_probes(const struct runtime *r, struct probe_report *out);
/* The disk can be read. */
bool runtime_is_loaded(const struct runtime *r);
/* The user is called something else now. */
void runtime_set_name(struct runtime *r, const struct label *name);
/* Others than at the start; *limits, which that pointed to, has them already.
 */
void runtime_set_limits(struct runtime *r, const struct limits *limits,
			const struct file_limits *files);
/* Borrowed; for queries only. */
struct store *runtime_store(struct runtime *r);

#endif
