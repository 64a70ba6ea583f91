/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * mhd - libmicrohttpd, kept inside: it writes the answers.
 *
 * Each client connection has a link: a socket pair with an MHD connection at
 * its far end.  MHD is given request heads that we compose ourselves, never
 * a byte from a client, and what comes back at our end are the bytes to send
 * to the client.  External epoll mode in the libevent loop (API 3.3).
 */
#ifndef HTTPD_MHD_H
#define HTTPD_MHD_H

#include <stdbool.h>

#include "api/httpd/answer.h"
#include "util/err.h"

struct event_base;
struct mhd;
struct mhd_link;

/* ERR_IO if libmicrohttpd does not start. */
enum err mhd_new(struct event_base *base, unsigned links_max,
		 struct mhd **out) MUST_CHECK;
/* Every link must have been closed. */
void mhd_free(struct mhd *m);

/* Called from the loop: there may be bytes at fd; is_complete: they are the
 * last of the answer asked for. */
typedef void mhd_moved(void *ctx, bool is_complete);

/* *fd is our end, non-blocking; it stays the link's.  ERR_IO, ERR_FULL. */
enum err mhd_link_new(struct mhd *m, mhd_moved *moved, void *ctx,
		      struct mhd_link **out, int *fd) MUST_CHECK;

struct mhd_ask {
	struct answer answer;
	bool is_1_0;	  /* the client speaks HTTP/1.0 */
	bool wants_close; /* after this answer; then fd gives its end */
};

/* Has an answer written; one at a time.  A call in it must stay until the
 * answer is complete or the link is closed.  ERR_CLOSED. */
enum err mhd_link_ask(struct mhd_link *l, const struct mhd_ask *ask) MUST_CHECK;
/* The call of the answer has more to read. */
void mhd_link_wake(struct mhd_link *l);
/* Ends it, whatever it is doing; moved is not called any more. */
void mhd_link_close(struct mhd_link *l);

#endif
