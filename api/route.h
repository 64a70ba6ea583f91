/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * route - one row of the table in router.c.
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "api/gate.h"
#include "api/scope.h"

struct request;
struct reply;

enum route_body {
	BODY_NONE,
	BODY_JSON,
	BODY_RAW, /* the handler is called with the head; see flow.h */
};

enum route_flag {
	ROUTE_ETAG = 1,
	ROUTE_QUERY = 2,    /* the handler reads the query itself */
	ROUTE_UNLOCKED = 4, /* the user of the path is; fills in r->store */
	ROUTE_TICKET = 8,   /* a ticket for the file of the path will do */
	ROUTE_NARROW = 16,  /* open to who may see some conversations only:
			       the handler keeps to them, see narrow.h */
	ROUTE_IN_SIGHT = ROUTE_UNLOCKED | ROUTE_NARROW,
};

typedef struct reply *handler_fn(struct request *r);

struct route {
	enum gate_method method;
	const char *pattern; /* "/v1/users/{user_id}" */
	enum scope scope;
	enum route_body body;
	handler_fn *handler;
	unsigned flags; /* ROUTE_* */
};

#endif
