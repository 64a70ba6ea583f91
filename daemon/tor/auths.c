/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor/auths.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "util/mem.h"

struct auth {
	struct list_node node;
	char onion[ONION_NAME + 1];
	struct auth_hash hash;
};

struct auth_hash auth_hash_of(const uint8_t key[static 32])
{
	struct auth_hash h;

	crypto_generichash(h.b, sizeof(h.b), key, 32, NULL, 0);
	return h;
}

void auths_init(struct auths *t)
{
	list_init(&t->all);
}

static struct auth *find(const struct auths *t, const char *onion)
{
	struct list_node *n;

	list_for_each (n, &t->all) {
		struct auth *a = list_entry(n, struct auth, node);

		if (strcmp(a->onion, onion) == 0)
			return a;
	}
	return NULL;
}

static void drop(struct auth *a)
{
	list_take(&a->node);
	free(a);
}

void auths_clear(struct auths *t)
{
	while (!list_is_empty(&t->all))
		drop(list_entry(t->all.head.next, struct auth, node));
}

void auths_put(struct auths *t, const char *onion, struct auth_hash h)
{
	struct auth *a = find(t, onion);

	if (!a) {
		a = xcalloc(1, sizeof(*a));
		memcpy(a->onion, onion, sizeof(a->onion));
		list_put_last(&t->all, &a->node);
	}
	a->hash = h;
}

bool auths_has(const struct auths *t, const char *onion, struct auth_hash h)
{
	const struct auth *a = find(t, onion);

	return a && sodium_memcmp(a->hash.b, h.b, sizeof(h.b)) == 0;
}

void auths_drop(struct auths *t, const char *onion)
{
	struct auth *a = find(t, onion);

	if (a)
		drop(a);
}
