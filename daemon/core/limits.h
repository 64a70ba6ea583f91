/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * limits - what a node allows its peers, and how old its keys become.
 *
 * The protocol asks for these as they are here; tests and storms ask for
 * others.  Caps that never change stand in types.h.
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include <stdint.h>

#include "core/pick.h"

struct limits {
	/* Of an epoch, before the leader proposes; PROTOCOL 10.3. */
	uint64_t rekey_age_ms;
	/* After a rekey, without an alarm for openings; PROTOCOL 7.2. */
	uint64_t rekey_grace_ms;
	/* Read from one contact; PROTOCOL 7.8. */
	uint64_t messages_per_s, messages_burst;
	uint64_t bytes_per_day;
	/* On one cell, that many at once too; PROTOCOL 7.4. */
	uint64_t streams_per_hour;
	/* Links of class BULK that we ask a contact for. */
	unsigned bulk_links;
};

static inline struct limits limits_default(void)
{
	return (struct limits){
	    .rekey_age_ms = 6 * 3600 * 1000,
	    .rekey_grace_ms = 10 * 60 * 1000,
	    .messages_per_s = 20,
	    .messages_burst = 200,
	    .bytes_per_day = 64 << 20,
	    .streams_per_hour = 60,
	    .bulk_links = PICK_LINKS_MAX,
	};
}

#endif
