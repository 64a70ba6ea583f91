/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * answer - what is sent back for a request, and every header line of it.
 */
#ifndef HTTPD_ANSWER_H
#define HTTPD_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "api/httpd/assets.h"
#include "api/httpd/fault.h"

#define ANSWER_PAGE "/ui/" /* where the web page is */

struct call;
struct MHD_Response;

enum answer_kind {
	ANSWER_FAULT,
	ANSWER_REDIRECT,     /* to ANSWER_PAGE */
	ANSWER_ASSET,	     /* a file of the web page */
	ANSWER_NOT_MODIFIED, /* the same, which the client has */
	ANSWER_CALL,	     /* what the core answered */
};

struct answer {
	enum answer_kind kind;
	bool is_head;
	enum fault fault;
	char request_id[REQUEST_ID_MAX];
	const struct asset *asset;
	struct call *call;
};

/* Gives up to max bytes of content, as MHD_ContentReaderCallback. */
typedef ssize_t answer_reader(void *ctx, uint64_t at, char *out, size_t max);

/* Makes the response of a with all its header lines; the content of a call
 * that is not collected comes from reader.  NULL if it cannot be made. */
struct MHD_Response *answer_make(const struct answer *a, answer_reader *reader,
				 void *ctx, unsigned *status);

/* Does the value of an If-None-Match header name this tag? */
bool answer_tag_matches(const char *etag, const void *value, size_t n);

#endif
