/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * admit - what must be right before a handler sees a request.
 */
#ifndef API_ADMIT_H
#define API_ADMIT_H

#include "api/request.h"

/* Keeps what handlers may ask of the head, and looks at all of it that can be
 * judged before the body is there.  NULL: the body may come.  Of a BODY_RAW
 * route the handler has been called then. */
struct reply *admit_head(struct request *r, const struct gate_request *head);
/* The body is in r->body: checks it and calls the handler. */
struct reply *admit_body(struct request *r);

#endif
