/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * request - one call of the API on its way: what handlers see of it.
 */
#ifndef API_REQUEST_H
#define API_REQUEST_H

#include "api/api.h"
#include "api/ids.h"
#include "api/jout.h"
#include "util/list.h"

struct json_t;
struct route;

enum request_stage {
	STAGE_BODY, /* the body is coming */
	STAGE_WAIT, /* a ticket is out, or a long poll rests */
	STAGE_FEED, /* an event stream is being written */
	STAGE_FLOW, /* a long answer is */
	STAGE_OVER, /* done or abort was called */
};

enum { QUERY_FIELDS_MAX = 8, REQUEST_TARGET_MAX = 4096 };

struct query_field {
	struct bytes name, value; /* decoded */
};

/* Who calls.  What he may do is looked up each time: see auth.h. */
enum caller_kind { CALLER_NOBODY, CALLER_ADMIN, CALLER_SESSION, CALLER_TOKEN };

struct caller {
	enum caller_kind kind;
	uint64_t session_serial; /* of a session */
	struct uid token_id;	 /* of a token */
};

enum reply_kind { REPLY_READY = 1, REPLY_LATER };

enum { REPLY_LINES_MAX = 6 };

struct reply_line {
	const char *name; /* stays */
	char *value;	  /* owned */
};

/* Made and read by reply.c only. */
struct reply {
	enum reply_kind kind;
	unsigned status;
	const char *media_type; /* NULL: no body */
	struct bytes body;
	char etag[48], location[128], allow[48];
	uint64_t retry_ms;
	struct reply_line lines[REPLY_LINES_MAX];
	size_t line_count;
	int64_t flow_bytes;	       /* that go sends once the head is said */
	void (*go)(struct request *r); /* NULL: there is only body */
};

struct request {
	struct api *api;
	const struct api_sink *sink;
	void *sink_ctx;
	enum request_stage stage;
	char id[16]; /* request id, for the log line */

	const struct route *route; /* NULL only for an early error */
	bool is_head;
	char *target; /* decoded in place */
	struct uid path[ID_KINDS];
	struct emoji path_emoji;
	struct query_field query[QUERY_FIELDS_MAX];
	size_t query_count;
	bool wants_stream; /* Accept names text/event-stream */
	char last_event_id[64];
	char if_none_match[256];
	int64_t content_length; /* -1: no body */
	char range[64], if_range[96];
	char upload_offset[24], upload_complete[8];

	struct caller caller;
	struct store
	    *store; /* of an unlocked user; until the handler returns */
	struct buf body;
	struct json_t *json; /* NULL: no body */

	struct jout out;
	struct reply reply;
	struct op *op; /* STAGE_WAIT for a ticket */
	struct list_node op_node;
	struct feed *feed; /* STAGE_FEED, or STAGE_WAIT for an event */
	struct flow *flow; /* STAGE_FLOW, or STAGE_BODY of BODY_RAW */
};

/* The one in the path. */
#define request_user(r) ((r)->path[ID_USER])

#endif
