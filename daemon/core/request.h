/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * request - what the state of a request says.
 */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "core/rows.h"

/* It may still change, so the node has it in memory; those that came to their
 * end are on the disk alone. */
bool request_is_open(const struct request_row *r);
/* It came in, and our user has not agreed. */
bool request_is_asked(const struct request_row *r);
/* It goes on by an invite of ours, which the other side is to use. */
bool request_is_served(const struct request_row *r);

#endif
