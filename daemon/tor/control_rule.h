/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * control_rule - what umbel-core may say to tor's control port: what
 * control.c says, and nothing else.
 *
 * Pure.  The line is taken for that of somebody who has taken the core over.
 */
#ifndef TOR_CONTROL_RULE_H
#define TOR_CONTROL_RULE_H

#include <stdbool.h>

#include "util/buf.h"

/* line: without its CRLF.  cells: the folder in which the sockets are that an
 * onion service may lead to. */
bool control_rule_allows(struct bytes line, const char *cells);

#endif
