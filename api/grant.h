/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * grant - what a credential opens: which operations, of which users, in which
 * conversations.
 *
 * Borrows its lists from the session or the token that it is of.  Who has to
 * do with some conversations only is called narrow: see narrow.h.
 */
#ifndef API_GRANT_H
#define API_GRANT_H

#include <stdbool.h>
#include <stddef.h>

#include "api/scope.h"
#include "core/types.h"

/* A list of none stands for every one there is. */
struct grant_ids {
	const struct uid *ids;
	size_t count;
};

struct grant {
	unsigned scopes; /* SCOPE_* */
	struct grant_ids users, conversations;
};

bool grant_ids_have(struct grant_ids list, const struct uid *id);

bool grant_has_scope(const struct grant *g, enum scope s);
bool grant_is_narrow(const struct grant *g);

#endif
