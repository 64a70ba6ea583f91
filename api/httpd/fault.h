/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fault - every reason for which umbel-httpd itself refuses a request, with
 * its status, and the RFC 9457 text that says so.
 */
#ifndef HTTPD_FAULT_H
#define HTTPD_FAULT_H

#include <stddef.h>

#define FAULT_TEXT_MAX 640 /* bytes of a problem text, with its NUL */
#define REQUEST_ID_MAX 13  /* "req-", 8 hex digits, NUL */

enum fault {
	FAULT_NONE = 0,
	/* framing: head.h */
	FAULT_BARE_LF,
	FAULT_CONTROL,
	FAULT_FOLD,
	FAULT_REQUEST_LINE,
	FAULT_HEADER_LINE,
	FAULT_VERSION,
	FAULT_HEAD_SIZE,
	FAULT_TARGET_SIZE,
	FAULT_TARGET_FORM,
	FAULT_TARGET_PATH,
	FAULT_NO_HOST,
	FAULT_DUPLICATE,
	FAULT_VALUE,
	FAULT_LENGTH,
	FAULT_LENGTH_AND_CODING,
	FAULT_CODING,
	FAULT_BODY_OF_GET,
	FAULT_BODY_SIZE,
	FAULT_EXPECT,
	/* policy: policy.h */
	FAULT_HOST,
	FAULT_ORIGIN,
	FAULT_FETCH_SITE,
	FAULT_METHOD,
	FAULT_METHOD_OF_PAGE,
	/* while it is served */
	FAULT_TIMEOUT,
	FAULT_NOT_FOUND,
	FAULT_CORE_DOWN,
	FAULT_CORE_BUSY,
	FAULT_CORE_WRONG,
	FAULT_STREAMS,
};

struct fault_info {
	unsigned status;
	const char *code;   /* stable, for programs */
	const char *detail; /* one sentence */
};

/* f is not FAULT_NONE. */
const struct fault_info *fault_info(enum fault f);
/* The methods for an Allow header, or NULL. */
const char *fault_allow(enum fault f);

/* Writes the problem+json text of f and returns its length. */
size_t fault_text(enum fault f, const char *request_id,
		  char out[FAULT_TEXT_MAX]);

#endif
