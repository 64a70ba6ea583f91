/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/httpd/fault.h"

#include <assert.h>
#include <stdio.h>

#include "util/mem.h"

static const struct fault_info infos[] = {
    [FAULT_BARE_LF] = {400, "bad_request",
		       "A line of the head does not end in CR LF."},
    [FAULT_CONTROL] = {400, "bad_request",
		       "The head holds a control character."},
    [FAULT_FOLD] = {400, "bad_request", "A header line is folded."},
    [FAULT_REQUEST_LINE] = {400, "bad_request",
			    "The request line is malformed."},
    [FAULT_HEADER_LINE] = {400, "bad_request", "A header line is malformed."},
    [FAULT_VERSION] = {505, "http_version",
		       "Only HTTP/1.1 and HTTP/1.0 are spoken here."},
    [FAULT_HEAD_SIZE] = {431, "head_too_large",
			 "The head is over 16384 bytes or 64 lines."},
    [FAULT_TARGET_SIZE] = {414, "uri_too_long",
			   "The request target is over 8192 bytes."},
    [FAULT_TARGET_FORM] = {400, "bad_request",
			   "The request target is no plain path."},
    [FAULT_TARGET_PATH] = {400, "bad_request",
			   "The path holds dot segments, empty segments or "
			   "characters that have no place in it."},
    [FAULT_NO_HOST] = {400, "bad_request", "There is no Host header."},
    [FAULT_DUPLICATE] = {400, "bad_request",
			 "A header that may come once comes twice."},
    [FAULT_VALUE] = {400, "bad_request",
		     "A header value holds other than printable ASCII."},
    [FAULT_LENGTH] = {400, "bad_request",
		      "Content-Length is no plain decimal number."},
    [FAULT_LENGTH_AND_CODING] = {400, "bad_request",
				 "Content-Length and Transfer-Encoding exclude "
				 "each other."},
    [FAULT_CODING] = {411, "length_required",
		      "A body needs a Content-Length; transfer codings are "
		      "not taken."},
    [FAULT_BODY_OF_GET] = {400, "bad_request", "GET and HEAD take no body."},
    [FAULT_BODY_SIZE] = {413, "too_large", "The body is over 262144 bytes."},
    [FAULT_EXPECT] = {417, "expectation", "Only 100-continue can be expected."},
    [FAULT_HOST] = {421, "wrong_host",
		    "The Host header is none of this daemon's names; others "
		    "are allowed, port included, by the setting api.hosts."},
    [FAULT_ORIGIN] = {403, "wrong_origin",
		      "The request comes from a page of another origin."},
    [FAULT_FETCH_SITE] = {403, "wrong_origin",
			  "The request was caused by a page of another site, "
			  "or by typing its address."},
    [FAULT_METHOD] = {405, "method_not_allowed",
		      "This method is not known here."},
    [FAULT_METHOD_OF_PAGE] = {405, "method_not_allowed",
			      "Pages can only be read."},
    [FAULT_TIMEOUT] = {408, "timeout", "The request came too slowly."},
    [FAULT_NOT_FOUND] = {404, "not_found", "There is nothing at this path."},
    [FAULT_CORE_DOWN] = {503, "core_down",
			 "umbel-core is not running; it is being restarted."},
    [FAULT_CORE_BUSY] = {503, "core_busy",
			 "umbel-core does not take requests fast enough."},
    [FAULT_CORE_WRONG] = {502, "internal",
			  "umbel-core gave an answer that makes no sense."},
    [FAULT_STREAMS] = {503, "too_many_streams",
		       "Too many event streams are open."},
};

const struct fault_info *fault_info(enum fault f)
{
	assert(f > FAULT_NONE && (size_t)f < ARRAY_SIZE(infos));
	return &infos[f];
}

const char *fault_allow(enum fault f)
{
	if (f == FAULT_METHOD)
		return "GET, HEAD, POST, PUT, PATCH, DELETE";
	return f == FAULT_METHOD_OF_PAGE ? "GET, HEAD" : NULL;
}

static const char *title_of(unsigned status)
{
	switch (status) {
	case 400: return "Request is malformed";
	case 403: return "Origin is not allowed";
	case 404: return "Not found";
	case 405: return "Method is not allowed";
	case 408: return "Request took too long";
	case 411: return "Length is required";
	case 413: return "Body is too large";
	case 414: return "Target is too long";
	case 417: return "Expectation cannot be met";
	case 421: return "Host is not allowed";
	case 431: return "Head is too large";
	case 502: return "Internal error";
	case 503: return "Not available now";
	case 505: return "HTTP version is not spoken";
	}
	return "Error";
}

size_t fault_text(enum fault f, const char *request_id,
		  char out[FAULT_TEXT_MAX])
{
	const struct fault_info *info = fault_info(f);
	int n = snprintf(out, FAULT_TEXT_MAX,
			 "{\"type\":\"urn:umbel:problem:%s\",\"title\":\"%s\","
			 "\"status\":%u,\"code\":\"%s\",\"detail\":\"%s\","
			 "\"instance\":\"%s\"}",
			 info->code, title_of(info->status), info->status,
			 info->code, info->detail, request_id);

	assert(n > 0 && n < FAULT_TEXT_MAX);
	return (size_t)n;
}
