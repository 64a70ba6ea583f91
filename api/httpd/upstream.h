/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * upstream - requests to umbel-core: one gate stream each (api/gate.h).
 *
 * A stream is one end of a socket pair; the other end goes to the core over
 * the channel.  After a complete answer it is kept for the next request.
 * Nothing here blocks, and no callback comes from within a call.
 */
#ifndef HTTPD_UPSTREAM_H
#define HTTPD_UPSTREAM_H

#include <stdbool.h>

#include "api/gate.h"
#include "api/httpd/fault.h"

#define UPSTREAM_COLLECT_MAX 65536 /* a longer answer is streamed */

struct call;
struct event_base;
struct upstream;

struct upstream *upstream_new(struct event_base *base);
/* Every call must have been freed. */
void upstream_free(struct upstream *u);
/* A new core: fd is the end of a unix SOCK_SEQPACKET pair; -1: none. */
void upstream_set_channel(struct upstream *u, OWNED int fd);
/* Calls lost(ctx) when the channel is closed by anybody else. */
void upstream_on_lost(struct upstream *u, void (*lost)(void *), void *ctx);
bool upstream_is_up(const struct upstream *u);
/* Idle streams; for tests and logs. */
size_t upstream_idle_count(const struct upstream *u);

/* Strings of an answer end in NUL; NULL: not there. */
struct call_answer {
	unsigned status;
	int64_t content_length;
	const char *content_type, *etag, *location;
	size_t header_count;
	struct {
		const char *name, *value;
	} headers[GATE_HEADERS_MAX];
};

/* What a call tells its owner. */
struct call_user {
	/* The answer can be read; called once.  A fault instead of it:
	 * there is no core, or it failed. */
	void (*answered)(void *ctx, enum fault f);
	/* call_read() may have more now; after it gave CALL_LATER. */
	void (*readable)(void *ctx);
	/* call_is_full() is no longer true. */
	void (*drained)(void *ctx);
};

struct call *call_new(struct upstream *u, const struct call_user *user,
		      void *ctx);
/* Cancels whatever is not finished. */
void call_free(struct call *c);

/* The request, in this order: begin, body*, end.  Errors come as a fault
 * through answered(). */
void call_begin(struct call *c, const struct gate_request *head);
void call_put_body(struct call *c, const void *p, size_t n);
void call_end(struct call *c);
/* The core reads more slowly than the body comes: wait for drained(). */
bool call_is_full(struct call *c);

/* After answered() without a fault. */
const struct call_answer *call_answer(const struct call *c);
/* The whole content is here: an answer that announced its length and is
 * short.  False: use call_read(). */
bool call_is_collected(const struct call *c);
/* The content of a collected answer, which is the caller's to free() then;
 * nothing for HEAD. */
struct bytes call_take_content(struct call *c);

enum call_read { CALL_DATA, CALL_LATER, CALL_DONE, CALL_BROKEN };
/* Copies up to cap bytes of content to out; *n of them with CALL_DATA. */
enum call_read call_read(struct call *c, void *out, size_t cap, size_t *n);

#endif
