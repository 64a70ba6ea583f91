/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kdf_cost - what a key from a passphrase may cost, in passes of Argon2id and
 * in memory.
 */
#ifndef UTIL_KDF_COST_H
#define UTIL_KDF_COST_H

#include "config.h"

enum {
/* A build with sanitizers is for tests alone, which derive thousands. */
#ifdef SANITIZERS
	KDF_PASSES_MIN = 1,
	KDF_MIB_MIN = 8,
#else
	KDF_PASSES_MIN = 2,
	KDF_MIB_MIN = 64,
#endif
	KDF_PASSES_MAX = 10,
	KDF_MIB_MAX = 1024,
};

#endif
