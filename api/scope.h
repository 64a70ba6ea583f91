/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * scope - what a credential may do.
 */
#ifndef API_SCOPE_H
#define API_SCOPE_H

enum scope {
	SCOPE_NONE = 0,	      /* of a route: no credentials are needed */
	SCOPE_ANY = 1 << 0,   /* of a route: any that are valid */
	SCOPE_ADMIN = 1 << 1, /* everything */
	SCOPE_USERS_READ = 1 << 2,
	SCOPE_USERS_UNLOCK = 1 << 3,
	SCOPE_CONTACTS_READ = 1 << 4,
	SCOPE_CONTACTS_WRITE = 1 << 5,
	SCOPE_MESSAGES_READ = 1 << 6,
	SCOPE_MESSAGES_SEND = 1 << 7,
	SCOPE_EVENTS_READ = 1 << 8,
	SCOPE_TOR_READ = 1 << 9,
	SCOPE_USERS_CREATE = 1 << 10,
	SCOPE_PROFILE_WRITE = 1 << 11,
	SCOPE_MESSAGES_DELETE = 1 << 12,
	SCOPE_FILES_READ = 1 << 13,
	SCOPE_FILES_WRITE = 1 << 14,
	SCOPE_TOR_CONTROL = 1 << 15,
	SCOPE_METRICS_READ = 1 << 16,
	SCOPE_TOKENS_CREATE = 1 << 17,
	SCOPE_LAST = SCOPE_TOKENS_CREATE,
};

/* What a browser session has. */
#define SCOPES_SESSION                                                         \
	(SCOPE_USERS_READ | SCOPE_USERS_UNLOCK | SCOPE_CONTACTS_READ |         \
	 SCOPE_CONTACTS_WRITE | SCOPE_MESSAGES_READ | SCOPE_MESSAGES_SEND |    \
	 SCOPE_MESSAGES_DELETE | SCOPE_PROFILE_WRITE | SCOPE_EVENTS_READ |     \
	 SCOPE_TOR_READ | SCOPE_FILES_READ | SCOPE_FILES_WRITE)

/* What one has besides that began with a link of the admin's: it may act for
 * every user, so also for the first, who is yet to be made. */
#define SCOPES_LINK (SCOPES_SESSION | SCOPE_USERS_CREATE)

/* "messages:read", ...; of one scope. */
const char *scope_name(enum scope s);
/* The names from SCOPE_ADMIN on, bit by bit, NULL at the end. */
extern const char *const scope_words[];

#endif
