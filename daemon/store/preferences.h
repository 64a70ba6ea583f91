/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * preferences - a text that clients keep with a user: how he likes them.
 *
 * The store does not look into it.
 */
#ifndef STORE_PREFERENCES_H
#define STORE_PREFERENCES_H

#include "util/err.h"

struct store;

enum { PREFERENCES_MAX = 4096 }; /* bytes */

struct preferences {
	char s[PREFERENCES_MAX + 1]; /* UTF-8 */
};

/* Empty until it is put for the first time. */
enum err preferences_get(struct store *s, struct preferences *out) MUST_CHECK;
/* A transaction of its own, durable when it returns OK. */
enum err preferences_put(struct store *s,
			 const struct preferences *p) MUST_CHECK;
/* The same, inside of one. */
enum err preferences_save(struct store *s,
			  const struct preferences *p) MUST_CHECK;

#endif
