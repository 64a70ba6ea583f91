/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * router - the table of everything the API can do.
 *
 * One row per operation: the same rows as in openapi.json, a test compares.
 */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include <stdbool.h>

#include "api/gate.h"
#include "api/scope.h"
#include "util/buf.h"

struct request;
struct reply;

enum route_body { BODY_NONE, BODY_JSON };

typedef struct reply *handler_fn(struct request *r);

struct route {
	enum gate_method method;
	const char *pattern; /* "/v1/users/{user_id}" */
	enum scope scope;
	enum route_body body;
	handler_fn *handler;
	bool has_etag;
	bool has_query;	     /* the handler reads the query itself */
	bool needs_unlocked; /* the user of the path; fills in r->store */
};

/* Finds the row and fills in r->route; NULL, or the reason not. */
struct reply *router_find(struct request *r, enum gate_method method,
			  struct bytes path);
/* Fills in r->path from the ids in the path of r->route; the same. */
struct reply *router_read_ids(struct request *r, struct bytes path);

#endif
