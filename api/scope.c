/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/scope.h"

const char *scope_name(enum scope s)
{
	switch (s) {
	case SCOPE_NONE: return "none";
	case SCOPE_ANY: return "any";
	case SCOPE_ADMIN: return "admin";
	case SCOPE_USERS_READ: return "users:read";
	case SCOPE_USERS_UNLOCK: return "users:unlock";
	case SCOPE_CONTACTS_READ: return "contacts:read";
	case SCOPE_CONTACTS_WRITE: return "contacts:write";
	case SCOPE_MESSAGES_READ: return "messages:read";
	case SCOPE_MESSAGES_SEND: return "messages:send";
	case SCOPE_EVENTS_READ: return "events:read";
	case SCOPE_TOR_READ: return "tor:read";
	case SCOPE_USERS_CREATE: return "users:create";
	case SCOPE_PROFILE_WRITE: return "profile:write";
	case SCOPE_MESSAGES_DELETE: return "messages:delete";
	case SCOPE_FILES_READ: return "files:read";
	case SCOPE_FILES_WRITE: return "files:write";
	}
	return "unknown";
}
