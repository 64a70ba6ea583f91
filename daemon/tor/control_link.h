/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * control_link - a connection to tor's control socket that is made again
 * for ever, with back-off, and its commands in order of their answers.
 *
 * Knows lines and replies, not what they mean: control.c does.
 */
#ifndef TOR_CONTROL_LINK_H
#define TOR_CONTROL_LINK_H

#include "net/way.h"
#include "tor/control_proto.h"
#include "tor/login.h"
#include "util/list.h"

struct event_base;
struct control_link;

struct control_link_handler {
	void *arg;
	void (*connected)(void *arg);
	/* The answer to cmd, which is the callee's again, or an event, with
	 * cmd NULL.  False ends the connection; *why may be set before. */
	bool (*reply)(void *arg, struct list_node *cmd OWNED,
		      const struct control_reply *r, struct failure *why);
	/* All replies that came together have been handled. */
	void (*settled)(void *arg);
	/* The connection failed, or could not be made; those that are still
	 * in unanswered() are to be taken out by the callee. */
	void (*down)(void *arg, const struct failure *why);
};

struct control_link_config {
	struct way way; /* to WAY_CONTROL */
	uint64_t reply_limit_ms;
	uint64_t retry_ms; /* the first wait; doubled up to 5 s */
};

/* Connects from the loop. */
struct control_link *control_link_new(struct event_base *base,
				      const struct control_link_config *cfg,
				      const struct control_link_handler *h);
/* unanswered() must be empty. */
void control_link_free(struct control_link *l);

/* The way is open, perhaps again: what is not connected tries at once. */
void control_link_hurry(struct control_link *l);
bool control_link_is_open(const struct control_link *l);
/* Logged in: if that lasts, the next retry will be quick. */
void control_link_set_up(struct control_link *l);
/* Wipes and clears the line.  If it cannot be sent the connection ends,
 * from the loop. */
void control_link_send(struct control_link *l, struct buf *line,
		       struct list_node *cmd OWNED);
/* So many connections in a row were made, and tor said nothing for as long as
 * a reply may take. */
unsigned control_link_silences(const struct control_link *l);
struct list *control_link_unanswered(struct control_link *l);

#endif
