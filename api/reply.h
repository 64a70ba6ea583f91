/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * reply - the answer to a request.
 *
 * A handler returns struct reply *, which can only be had from the functions
 * below: a path without an answer does not compile.
 */
#ifndef API_REPLY_H
#define API_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/problem.h"
#include "util/buf.h"
#include "util/err.h"

struct request;
struct reply;
struct jout;

/* One thing that is wrong with the input: where (a JSON pointer into the
 * body, or the name of a parameter), a code, and a few words or NULL. */
struct fault {
	char pointer[96], parameter[32];
	const char *code;
	char detail[80];
};

/* Where to write the body for reply_json(); empty at first. */
struct jout *reply_body(struct request *r);
struct reply *reply_json(struct request *r, unsigned status);
/* Text that stays, with its ETag. */
struct reply *reply_document(struct request *r, struct bytes json,
			     const char *etag);
/* The text as a QR code, in SVG.  The text may be wiped afterwards. */
struct reply *reply_qr(struct request *r, const char *text);
/* Bytes that are no JSON: the caller has set media_type, and body if there is
 * one. */
struct reply *reply_bytes(struct request *r, unsigned status);
struct reply *reply_empty(struct request *r, unsigned status);
/* Somebody else answers: a ticket, or a feed. */
struct reply *reply_later(struct request *r);

struct reply *reply_error(struct request *r, enum problem p, const char *detail,
			  ...) __attribute__((format(printf, 3, 4)));
struct reply *reply_faults(struct request *r, const struct fault *faults,
			   size_t count);
struct reply *reply_wait(struct request *r, uint64_t retry_ms);
struct reply *reply_methods(struct request *r, const char *allow);
/* For errors of the store, and of a node that has no better word. */
struct reply *reply_err(struct request *r, enum err e);

/* Another header line, REPLY_LINES_MAX at most; name stays. */
void reply_line(struct request *r, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void reply_clear(struct reply *reply);

/* Beside a 201; "/v1/users/" and so on. */
void reply_location(struct request *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Hands a reply to the sink, unless it is for later, or was given already. */
void reply_send(struct request *r, struct reply *reply);
/* The head of an event stream; data follows by the sink. */
void reply_stream_head(struct request *r);

#endif
