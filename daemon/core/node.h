/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * node - one unlocked user: contacts, invites, requests, links.
 *
 * Pure: an event, the time and fresh entropy go in, effects come out.  No
 * I/O, no clock, no randomness of its own.  See ARCHITECTURE for the
 * contract with the shell, effect.h for the order rule.
 */
#ifndef CORE_NODE_H
#define CORE_NODE_H

#include "core/effect.h"
#include "core/event.h"
#include "core/limits.h"
#include "core/probe_report.h"

struct node;

struct node_config {
	struct label name; /* of the user; contacts see it unless he has set
			      another one */
	const struct limits *limits; /* NULL: limits_default() */
	bool self_test;		     /* dial our own services now and then */
};

struct node *node_new(const struct node_config *config);
/* In force from now on. */
void node_set_limits(struct node *n, const struct limits *limits);
void node_free(struct node *n);

/* Contacts who come from now on see it; the others are not told. */
void node_set_name(struct node *n, const struct label *name);

/* What was on the disk; before EV_START. */
void node_load_contact(struct node *n, const struct contact_row *row);
void node_load_invite(struct node *n, const struct invite_row *row);
void node_load_request(struct node *n, const struct request_row *row);
void node_load_self(struct node *n, const struct self_row *row);
/* After its contact; one that is not live is left alone. */
void node_load_file(struct node *n, const struct file_row *row);

/* What happened, when (monotonic), and 32 fresh random bytes; adds to out
 * what to do about it. */
void node_step(struct node *n, const struct event *ev, uint64_t now_ms,
	       const uint8_t entropy[static 32], struct effects *out);

/* When the node wants EV_TICK at the latest; UINT64_MAX for never. */
uint64_t node_deadline(const struct node *n);

/* Every row that the node has in memory: what node_load_*() would be given
 * now, if it has just stepped. */
struct node_sink {
	void *ctx;
	void (*contact)(void *ctx, const struct contact_row *row);
	void (*invite)(void *ctx, const struct invite_row *row);
	void (*request)(void *ctx, const struct request_row *row);
	void (*self)(void *ctx, const struct self_row *row);
	void (*file)(void *ctx, const struct file_row *row); /* or NULL */
};
void node_export(const struct node *n, const struct node_sink *sink);

/* A session with this contact is up. */
bool node_is_online(const struct node *n, struct uid contact_id);
/* Onion services that there shall be, whether or not tor is ready. */
size_t node_count_services(const struct node *n);
/* Contacts with a session. */
size_t node_count_online(const struct node *n);
/* Whether they can be reached. */
void node_probes(const struct node *n, struct probe_report *out);
/* Records of ours, to all contacts, that are not acknowledged yet. */
uint64_t node_count_queue(const struct node *n);

#endif
