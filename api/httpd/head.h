/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * head - the head of an HTTP request, read strictly (RFC 9112, and less).
 *
 * What is refused here, libmicrohttpd 0.9.75 would take: bare LF, NUL, folds,
 * two Hosts, two lengths, transfer codings beside a length.  Whatever two
 * readers could understand in two ways is a fault.  Pure; nothing is
 * changed or decoded, views are into the caller's bytes.
 */
#ifndef HTTPD_HEAD_H
#define HTTPD_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/gate.h"
#include "api/httpd/fault.h"
#include "util/buf.h"

#define HEAD_BYTES_MAX	 16384
#define HEAD_LINES_MAX	 64 /* header lines, the request line apart */
#define HEAD_TARGET_MAX	 8192
#define HEAD_BODY_MAX	 262144		     /* bytes a request may carry */
#define HEAD_UPLOAD_MAX	 (INT64_C(64) << 30) /* by PUT and PATCH */
#define HEAD_VERSION_1_0 10
#define HEAD_VERSION_1_1 11

/* Where a head ends.  Start from zero. */
struct head_scan {
	size_t at;    /* bytes looked at */
	size_t line;  /* where the present line starts */
	size_t lines; /* complete lines */
	size_t end;   /* length of the head; 0: more bytes are needed */
};

/* p and n: all bytes since the start of the head; may grow between calls.
 * Finds broken line ends, control characters and sizes as they come. */
enum fault head_scan(struct head_scan *s, const uint8_t *p, size_t n);

struct head {
	bool is_known;		 /* method is set */
	enum gate_method method; /* undefined for a method we do not know */
	unsigned version;	 /* HEAD_VERSION_... */
	bool wants_close;
	bool wants_continue;
	int64_t content_length; /* -1: no body */
	struct bytes target;	/* path and query */
	struct bytes path;
	bool has_origin, has_fetch_site; /* even if empty */
	/* Empty: not there. */
	struct bytes host, origin, fetch_site, fetch_mode, fetch_dest;
	struct bytes authorization, content_type, accept;
	struct bytes last_event_id, if_none_match;
	struct bytes range, if_range, upload_offset, upload_complete;
};

/* Takes a whole head, as head_scan() found it.  *out is filled as far as
 * possible even with a fault, so that the answer to HEAD has no body. */
enum fault head_parse(struct bytes raw, struct head *out);

/* What of it the core is told; borrowed. */
struct gate_request head_request(const struct head *h,
				 enum gate_listener listener, const char *id);

#endif
