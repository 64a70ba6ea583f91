/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/pairing.h"

#include <string.h>

#include "core/onion.h"

enum { LOOK_AGAIN_MS = 3600 * 1000 };

static void fill(const struct label *name, const struct secret *s,
		 const struct secret *auth, const struct onion_seed *cell,
		 struct card *out)
{
	memset(out, 0, sizeof(*out));
	noise_public(s, &out->static_key);
	noise_public(auth, &out->client_auth);
	onion_public(cell, &out->cell);
	memcpy(out->name, name->s, sizeof(out->name));
}

void card_of_contact(const struct label *name, const struct contact_row *row,
		     struct card *out)
{
	fill(name, &row->my_static, &row->my_auth, &row->my_cell, out);
	out->r = row->my_r;
}

void card_of_request(const struct label *name, const struct request_row *row,
		     struct card *out)
{
	fill(name, &row->my_static, &row->my_auth, &row->my_cell, out);
	out->r = row->my_r;
}

uint64_t node_at_wall(const struct node *n, uint64_t at_wall_ms)
{
	uint64_t wait_ms = 0;

	if (at_wall_ms == NEVER)
		return NEVER;
	if (at_wall_ms > n->wall_ms)
		wait_ms = at_wall_ms - n->wall_ms;
	return n->now_ms + (wait_ms < LOOK_AGAIN_MS ? wait_ms : LOOK_AGAIN_MS);
}
