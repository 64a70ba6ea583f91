/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lookalike - names that people cannot tell from the names of contacts.
 *
 * Two look alike that are the same without what cannot be seen, without
 * spaces around and doubled, in either case of ASCII.  A warning, not a
 * proof: other alphabets have letters of the same shape.
 */
#ifndef API_LOOKALIKE_H
#define API_LOOKALIKE_H

#include "store/query.h"

struct lookalike {
	struct uid contact;
	struct label name; /* folded */
};

struct lookalikes {
	struct lookalike *list;
	size_t count, cap;
};

/* The names and aliases of all contacts; clear it, also after an error. */
enum err lookalikes_load(struct lookalikes *l, struct store *s) MUST_CHECK;
void lookalikes_clear(struct lookalikes *l);
/* The contact that name looks like; zero: nobody. */
struct uid lookalikes_find(const struct lookalikes *l, const char *name);

#endif
