/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * router - the table of everything the API can do.
 *
 * One row per operation: the same rows as in openapi.json, a test compares.
 */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include "api/gate.h"
#include "util/buf.h"

struct request;
struct reply;
struct route;

/* Finds the row and fills in r->route; NULL, or the reason not. */
struct reply *router_find(struct request *r, enum gate_method method,
			  struct bytes path);
/* The row of r->route_number; NULL if there is none. */
const struct route *router_row(size_t number);
const char *router_method(const struct route *route);
/* Fills in r->path from the ids in the path of r->route; the same. */
struct reply *router_read_ids(struct request *r, struct bytes path);

#endif
