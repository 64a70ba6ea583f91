/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * webhooks - what the handlers of webhooks and of hooks share.
 */
#ifndef API_WEBHOOKS_H
#define API_WEBHOOKS_H

#include "api/jout.h"

/* "types": the names of these bits. */
void view_types(struct jout *j, uint32_t types);

#endif
