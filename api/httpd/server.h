/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * server - umbel-httpd around its connections: listeners, the parent's
 * orders, and the end.
 */
#ifndef HTTPD_SERVER_H
#define HTTPD_SERVER_H

#include "api/httpd/conn.h"

struct server_config {
	int ctl; /* to the parent: SOCK_SEQPACKET; see doc/INTERNAL.md */
	int tcp, unix_fd; /* listening sockets, -1: none */
	const struct policy *policy;
	struct conn_limits limits;
};

struct server;

/* Takes the descriptors of config.  ERR_IO if the loop or libmicrohttpd do
 * not start. */
enum err server_new(const struct server_config *config,
		    struct server **out) MUST_CHECK;
/* Tells the parent that it is ready, and serves until it is to stop. */
void server_run(struct server *s);
void server_free(struct server *s);

#endif
