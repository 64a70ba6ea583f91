/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which states of the model are the same for all that can follow.
 */
#include <sodium.h>

#include "tests/unit/rekey_model.h"

/* Names in the order in which they are met. */
struct canon {
	uint32_t names[64];
	uint8_t count;
	uint16_t base;
	uint8_t bytes[256];
	size_t n;
};

static void put(struct canon *c, unsigned v)
{
	c->bytes[c->n++] = (uint8_t)v;
}

static void put_name(struct canon *c, uint32_t name)
{
	uint8_t i;

	for (i = 0; i < c->count && c->names[i] != name; i++)
		;
	if (i == c->count)
		c->names[c->count++] = name;
	put(c, i);
}

/* All that are before the last but one are equally forgotten. */
static void put_epoch(struct canon *c, uint16_t epoch)
{
	put(c, epoch + 2 < c->base ? 0 : epoch + 2u - c->base);
}

/* A key that no row holds opens nothing, whichever it is. */
static void put_key(struct canon *c, uint32_t name)
{
	uint8_t i;

	for (i = 0; i < c->count && c->names[i] != name; i++)
		;
	put(c, i < c->count ? i : UINT8_MAX);
}

static void put_item(struct canon *c, const struct model_item *i)
{
	put(c, i->kind);
	switch ((enum model_kind)i->kind) {
	case KIND_NONE:
	case KIND_MSG2:
	case KIND_HELLO: break;
	case KIND_MSG1: put_key(c, i->value); break;
	case KIND_PROP:
	case KIND_ACK:
		put_name(c, i->value);
		put_epoch(c, i->n);
		break;
	case KIND_COMMIT:
	case KIND_DONE: put_epoch(c, i->n); break;
	}
}

/* Only what can still make a difference. */
static void put_end(struct canon *c, const struct model_end *e, bool dialled)
{
	bool is_opening = e->phase == PHASE_OPENING;

	put(c, e->phase);
	put(c, is_opening && dialled);
	put(c, is_opening && e->is_late);
	put(c, model_is_there(e) && e->hello_got);
	if (e->phase == PHASE_PROVING || (is_opening && dialled) ||
	    (e->phase == PHASE_OPEN && !e->hello_got))
		put_epoch(c, e->epoch);
}

static void put_link(struct canon *c, const struct model_link *l)
{
	int i, k;

	put(c, l->is_cut);
	for (i = 0; i < 2; i++) {
		put_end(c, &l->end[i], l->dialler == i);
		put(c, l->count[i]);
		for (k = 0; k < l->count[i]; k++)
			put_item(c, &l->queue[i][k]);
	}
}

/* With the links in their order, or from the last to the first. */
static uint64_t hash_in_order(const struct model *m, int links, bool back)
{
	static const uint8_t key[crypto_shorthash_KEYBYTES] = "umbel's model";
	struct canon c = {.base = m->row[FOLLOWER].epoch};
	uint64_t out;
	int i;

	put_name(&c, 0);
	for (i = 0; i < 2; i++) {
		put(&c, m->row[i].state);
		put_epoch(&c, m->row[i].epoch);
		put_name(&c, m->row[i].psk);
		put_name(&c, m->row[i].other);
		put_name(&c, m->row[i].my_r);
		put_name(&c, m->row[i].peer_r);
	}
	for (i = 0; i < links; i++)
		put_link(&c, &m->link[back ? links - 1 - i : i]);
	crypto_shorthash((uint8_t *)&out, c.bytes, c.n, key);
	return out;
}

uint64_t model_hash(const struct model *m, int links)
{
	uint64_t one = hash_in_order(m, links, false);
	uint64_t two = hash_in_order(m, links, true);

	return one < two ? one : two;
}
