/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * webhook_url - where a webhook may be: on this machine, and nowhere else.
 *
 *     http://127.x.y.z[:PORT][/PATH]     a number, never a name
 *     http://[::1][:PORT][/PATH]
 *     unix:/SOCKET[:/PATH]
 *
 * Nothing is resolved, so nothing can resolve to something else.  Read by the
 * API when a webhook is made, and again by the one who connects.
 */
#ifndef API_WEBHOOK_URL_H
#define API_WEBHOOK_URL_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/err.h"

#define WEBHOOK_URL_MAX	   512
#define WEBHOOK_SOCKET_MAX 107 /* as much as an address has room for */

struct webhook_url {
	char socket[WEBHOOK_SOCKET_MAX + 1]; /* "": over TCP */
	/* As libcurl takes it; over a socket the host is localhost, and only
	 * stands in the Host header. */
	char http[WEBHOOK_URL_MAX + 32];
};

/* ERR_SYNTAX: not of that form; ERR_RANGE: it is not on this machine. */
enum err webhook_url_read(struct bytes text,
			  struct webhook_url *out) MUST_CHECK;

#endif
