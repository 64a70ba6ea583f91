/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * auths - which client authorisation keys tor has been given over the
 * present control connection.  Keeps a hash of each, not the key.
 */
#ifndef TOR_AUTHS_H
#define TOR_AUTHS_H

#include <stdbool.h>
#include <stdint.h>

#include "tor/onion.h"
#include "util/list.h"

#define AUTH_HASH_BYTES 32

struct auths {
	struct list all;
};

struct auth_hash {
	uint8_t b[AUTH_HASH_BYTES];
};

struct auth_hash auth_hash_of(const uint8_t key[static 32]);

void auths_init(struct auths *t);
void auths_clear(struct auths *t);
/* Replaces the one for the same name. */
void auths_put(struct auths *t, const char *onion, struct auth_hash h);
bool auths_has(const struct auths *t, const char *onion, struct auth_hash h);
void auths_drop(struct auths *t, const char *onion);

#endif
