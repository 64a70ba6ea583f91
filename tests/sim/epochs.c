/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/epochs.h"

#include <string.h>

#include "core/rekey.h"

enum {
	AGE_MS = 60 * 1000,
	GRACE_MS = 3 * 1000, /* longer than anything is under way */
};

struct world *epochs_world(uint64_t seed, int hosts)
{
	struct limits limits = limits_default();

	limits.rekey_age_ms = AGE_MS;
	limits.rekey_grace_ms = GRACE_MS;
	return world_new_limits(seed, hosts, limits);
}

bool epochs_provoked(const struct world *w, int host, const struct uid *id)
{
	const struct host *h = &w->hosts[host];
	size_t i;

	for (i = 0; i < h->provoked_count; i++)
		if (uid_is_equal(&h->provoked[i], id))
			return true;
	return false;
}

void epochs_provoke(struct world *w, int host, const struct service_id *service)
{
	struct host *h = &w->hosts[host];

	if (service->kind == SERVICE_CELL &&
	    !epochs_provoked(w, host, &service->owner))
		h->provoked[h->provoked_count++] = service->owner;
}

static bool is_let_in(const struct contact_row *dialler,
		      const struct contact_row *other)
{
	struct rekey_key keys[REKEY_KEYS_MAX];
	size_t i, n = rekey_keys(other, keys);

	for (i = 0; i < n; i++)
		if (memcmp(keys[i].psk, &dialler->psk, sizeof(dialler->psk)) ==
		    0)
			return true;
	return false;
}

bool epochs_parted(const struct contact_row *a, const struct contact_row *b)
{
	return !is_let_in(a, b) || !is_let_in(b, a);
}
