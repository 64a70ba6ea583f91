/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/grant.h"

bool grant_ids_have(struct grant_ids list, const struct uid *id)
{
	if (list.count == 0)
		return true;
	for (size_t i = 0; i < list.count; i++)
		if (uid_is_equal(&list.ids[i], id))
			return true;
	return false;
}

bool grant_has_scope(const struct grant *g, enum scope s)
{
	return s == SCOPE_ANY || (g->scopes & (SCOPE_ADMIN | (unsigned)s)) != 0;
}

bool grant_is_narrow(const struct grant *g)
{
	return g->conversations.count > 0;
}
