/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * inside - what the parts of a world are to each other: the network, the
 * stand-in for the shell, the checks, the trace.
 */
#ifndef TESTS_SIM_INSIDE_H
#define TESTS_SIM_INSIDE_H

#include "core/effect.h"

struct world;
struct stream;
struct item;

void host_carry_out(struct world *w, int host, const struct effect *e);
void net_put(struct world *w, uint64_t at_ms, const struct item *item);
struct stream *net_open(struct world *w, int from, int to);
void net_send(struct world *w, struct stream *s, int to_end, struct bytes b);
/* The end reads no more, or goes on with what has come meanwhile. */
void net_pause(struct world *w, struct stream *s, int end, bool paused);
/* The end closes it; lossy: what is on its way may be lost. */
void net_close(struct world *w, struct stream *s, int end, bool lossy);
/* Breaks in the middle; both ends hear of it. */
void net_cut(struct world *w, struct stream *s);
struct stream *net_find(struct world *w, int host, uint64_t link, int *end);
void net_drop_host(struct world *w, int host);
/* Time of the next item; UINT64_MAX: none. */
uint64_t net_next_ms(const struct world *w);
void net_step(struct world *w);
void net_free(struct world *w);
void net_dial(struct world *w, int host, const struct effect *e);
void net_publish(struct world *w, int host, const struct effect *e);
void net_unpublish(struct world *w, int host, const struct service_id *id);
void net_fetch(struct world *w, int host, const struct effect *e);
void net_due(struct world *w, int host);
void net_stamp(struct world *w, int host, const struct effect *e);
void net_stamped(struct world *w, const struct item *item);
void net_blob(struct world *w, int host, const struct effect *e);
void net_blob_done(struct world *w, const struct item *item);
/* What that end sent is on its way. */
void net_drained(struct world *w, struct stream *s, int end);

void check_message(struct world *w, int host, const struct effect *e);
void check_delivered(struct world *w, int host, const struct effect *e);
void check_step(struct world *w, int host);
/* A contact's row was saved: its epochs. */
void check_epoch(struct world *w, int host, const struct contact_row *c);

void trace_event(struct world *w, int host, const struct event *ev);
void trace_effect(struct world *w, int host, const struct effect *e);
void trace_note(struct world *w, int host, const char *what);

#endif
