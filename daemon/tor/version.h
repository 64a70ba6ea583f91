/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * version - tor's version numbers.
 */
#ifndef TOR_VERSION_H
#define TOR_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

/* Before 0.4.9.11 a rendezvous point could pose as the onion service (bug
 * 41297). */
#define TOR_VERSION_NEEDED   "0.4.9.11"
#define TOR_VERSION_TEXT_MAX 63

struct tor_version {
	uint32_t part[4];
};

/* "0.4.9.11", "0.4.9.11-alpha-dev (git-...)", or the first line of `tor
 * --version`, "Tor version 0.4.9.11."; the status tag is ignored. */
enum err tor_version_parse(struct bytes text,
			   struct tor_version *out) MUST_CHECK;
/* Below, at, or above zero, as strcmp(). */
int tor_version_compare(const struct tor_version *a,
			const struct tor_version *b);
/* True from TOR_VERSION_NEEDED on. */
bool tor_version_is_enough(const struct tor_version *v);

#endif
