/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * gate - what umbel-httpd and umbel-core say to each other on a request
 * stream (doc/INTERNAL.md).
 *
 * A frame is: type u8 | length u32, big-endian | body of at most 64 KiB.
 * httpd sends REQUEST BODY* END, the core ANSWER DATA* DONE; then the same
 * stream may carry the next request.  The core may answer before END has
 * come, and must read to END all the same.  Closing the stream cancels.
 * Pure: no I/O; the socket's own buffer is the back-pressure.
 */
#ifndef API_GATE_H
#define API_GATE_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

#define GATE_HEAD_BYTES	   5
#define GATE_FRAME_MAX	   65536 /* bytes of body in one frame */
#define GATE_HEADERS_MAX   8	 /* extra header lines of an answer */
#define GATE_PARSER_BYTES  (2 * (GATE_HEAD_BYTES + GATE_FRAME_MAX))
#define GATE_CHANNEL_HELLO 'G' /* on the channel, beside a new stream */

enum gate_type {
	GATE_REQUEST = 1,
	GATE_BODY,
	GATE_END,
	GATE_ANSWER,
	GATE_DATA,
	GATE_DONE
};

enum gate_method {
	GATE_GET = 1,
	GATE_HEAD, /* answer as to GET; httpd drops the DATA, if any */
	GATE_POST,
	GATE_PUT,
	GATE_PATCH,
	GATE_DELETE
};

/* GATE_GUESTS: from a process of another user, by RUN/shared/api.sock. */
enum gate_listener { GATE_TCP = 1, GATE_UNIX, GATE_GUESTS };
#define GATE_LISTENERS (GATE_GUESTS + 1)

/* Strings are printable ASCII; one that is empty was not there. */
struct gate_request {
	enum gate_method method;
	enum gate_listener listener;
	int64_t content_length; /* -1: no body */
	struct bytes target;	/* raw path, and query if any; starts with / */
	struct bytes authorization, content_type, accept;
	struct bytes last_event_id, if_none_match;
	struct bytes range, if_range, upload_offset, upload_complete;
	struct bytes request_id; /* "req-" and 8 hex digits */
};

struct gate_header {
	struct bytes name, value;
};

struct gate_answer {
	unsigned status;	/* 200 to 599 */
	int64_t content_length; /* -1: a stream without an announced end */
	struct bytes content_type, etag, location;
	size_t header_count;
	struct gate_header headers[GATE_HEADERS_MAX];
};

/* One frame; which member counts depends on type, END and DONE have none.
 * Everything is borrowed from the parser until its next call. */
struct gate_frame {
	enum gate_type type;
	struct gate_request request; /* REQUEST */
	struct gate_answer answer;   /* ANSWER */
	struct bytes data;	     /* BODY, DATA: at least one byte */
};

/* Encoders append one frame.  ERR_FULL (the buffer), ERR_RANGE (too long,
 * too many) or ERR_SYNTAX (control characters): nothing is added. */
enum err gate_put_request(struct buf *b,
			  const struct gate_request *r) MUST_CHECK;
enum err gate_put_answer(struct buf *b, const struct gate_answer *a) MUST_CHECK;
/* type: BODY or DATA; any n, cut into frames; n == 0 adds nothing. */
enum err gate_put_data(struct buf *b, enum gate_type type, const void *p,
		       size_t n) MUST_CHECK;
/* type: END or DONE. */
enum err gate_put_end(struct buf *b, enum gate_type type) MUST_CHECK;

/* Which half of the conversation a parser reads. */
enum gate_half { GATE_REQUESTS, GATE_ANSWERS };

struct gate_parser {
	enum gate_half half;
	struct buf in;
	size_t used;  /* front bytes of in that were given out */
	bool open;    /* between a head and its END or DONE */
	int64_t left; /* body bytes that may still come; -1: any */
	enum err failed;
};

void gate_parser_init(struct gate_parser *p, enum gate_half half);
void gate_parser_clear(struct gate_parser *p);
/* Adds bytes as they came.  ERR_FULL, and nothing is added, if they do not
 * fit; GATE_FRAME_MAX bytes always fit once take has said ERR_SHORT. */
enum err gate_parser_put(struct gate_parser *p, const void *data,
			 size_t n) MUST_CHECK;
/* Takes the next frame, a view that lasts until the next call.  ERR_SHORT: put
 * more.  Any other error is final: close the stream.  The order of frames is
 * checked, and that BODY adds up to content_length (DATA: to no more than that;
 * the answer to a HEAD, a 204 or a 304 has none). */
enum err gate_parser_take(struct gate_parser *p,
			  struct gate_frame *f) MUST_CHECK;
/* Between two requests, with nothing half read? */
bool gate_parser_is_idle(const struct gate_parser *p);

#endif
