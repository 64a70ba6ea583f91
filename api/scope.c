/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/scope.h"

#include "util/mem.h"

const char *const scope_words[] = {
    "admin",	     "users:read",     "users:unlock",
    "contacts:read", "contacts:write", "messages:read",
    "messages:send", "events:read",    "tor:read",
    "users:create",  "profile:write",  "messages:delete",
    "files:read",    "files:write",    "tor:control",
    "metrics:read",  "tokens:create",  NULL,
};

_Static_assert(SCOPE_LAST == SCOPE_ADMIN << (ARRAY_SIZE(scope_words) - 2),
	       "each scope has a name");

const char *scope_name(enum scope s)
{
	unsigned i = 0;

	if (s < SCOPE_ADMIN)
		return s == SCOPE_ANY ? "any" : "none";
	while (s >> i > SCOPE_ADMIN)
		i++;
	return scope_words[i];
}
