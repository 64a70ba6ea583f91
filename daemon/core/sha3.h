/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * sha3 - SHA3-256 (FIPS 202) for the checksum of onion names: libsodium has
 * it only from 1.0.22.  Public data only.
 */
#ifndef CORE_SHA3_H
#define CORE_SHA3_H

#include "util/buf.h"

void sha3_256(struct bytes in, uint8_t out[static 32]);

#endif
