/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/seen.h"

#include <stdlib.h>

#include "util/mem.h"

void seen_drop(struct bytes *b)
{
	free((void *)(uintptr_t)b->p);
	*b = bytes_of(NULL, 0);
}

struct bytes seen_keep(struct bytes b)
{
	return bytes_of(b.n ? xmemdup(b.p, b.n) : NULL, b.n);
}

void changes_clone(struct changes *c)
{
	size_t i;

	c->seen = xmemdup(c->seen, c->seen_count * sizeof(*c->seen));
	c->parked = xmemdup(c->parked, c->parked_count * sizeof(*c->parked));
	for (i = 0; i < c->seen_count; i++)
		c->seen[i].text = seen_keep(c->seen[i].text);
	for (i = 0; i < c->parked_count; i++)
		c->parked[i].change.body = seen_keep(c->parked[i].change.body);
}

void changes_free(struct changes *c)
{
	size_t i;

	for (i = 0; i < c->seen_count; i++)
		seen_drop(&c->seen[i].text);
	for (i = 0; i < c->parked_count; i++)
		seen_drop(&c->parked[i].change.body);
	free(c->seen);
	free(c->parked);
}
