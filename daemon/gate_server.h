/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gate_server - the core's end of the gate: request streams from
 * umbel-httpd, read into the API, and answers written back.
 *
 * Streams come as descriptors over the channel; each carries one request
 * after the other (doc/INTERNAL.md).  A stream that breaks the rules, or is
 * closed, is dropped, and what it asked for is cancelled.
 */
#ifndef DAEMON_GATE_SERVER_H
#define DAEMON_GATE_SERVER_H

struct api;
struct event_base;
struct gate_server;

struct gate_server *gate_server_new(struct event_base *base, struct api *api);
/* Drops every stream.  NULL is fine. */
void gate_server_free(struct gate_server *g);

/* A new channel from umbeld, a SOCK_SEQPACKET socket, now the server's; it
 * replaces the old one.  Streams of the old one go on. */
void gate_server_set_channel(struct gate_server *g, int fd);

#endif
