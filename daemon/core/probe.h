/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * probe - can we be reached?  We dial our own door and, one after the other,
 * our own cells, at random times and when something has happened.
 *
 * A test has passed when 32 random bytes that we sent through Tor come in at
 * the very service that was dialled.  Nobody else knows them, so nobody can
 * answer for us, and nothing is read but a comparison.  What fails twice is
 * put right: published again, then new circuits, in turn, less and less
 * often.  doc/decisions/reachability.md says why.
 */
#ifndef CORE_PROBE_H
#define CORE_PROBE_H

#include "core/probe_state.h"
#include "core/state.h"

void probe_init(struct node *n);
/* Tor is usable, or not, or we are offline. */
void probe_transport(struct step *st);
void probe_published(struct step *st, const struct service_id *service);
/* EV_WAKE: what was known may not be true any more. */
void probe_wake(struct step *st);
/* EV_CMD_SELF_TEST.  ERR_STATE: there is nothing to test now. */
void probe_now(struct step *st, const struct event *ev);

/* Of a link that may be one of ours that tests. */
void probe_link_event(struct step *st, const struct event *ev);
/* A stream came in.  True: it may be our own, and takes nobody's place. */
bool probe_stream_in(struct step *st, const struct service_id *service);
/* The first PROBE_BYTES of a stream that came in are there.  If they are our
 * own, the link is gone. */
void probe_murmur(struct step *st, struct link *l);
/* After all other timers: tells what they have changed. */
void probe_timers(struct step *st);
uint64_t probe_deadline(const struct node *n);

#endif
