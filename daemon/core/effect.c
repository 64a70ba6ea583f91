/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/effect.h"

#include <string.h>

#include "util/mem.h"

/* The bytes an effect owns, or NULL. */
static struct bytes *owned_bytes(struct effect *e)
{
	if (e->type == FX_SAVE_MESSAGE)
		return &e->message.body;
	if (e->type == FX_SAVE_CHANGE)
		return &e->change.body;
	if (e->type == FX_SAVE_CONVERSATION)
		return &e->conversation.draft;
	if (e->type == FX_SAVE_FILE)
		return &e->file.have;
	if (e->type == FX_SEND)
		return &e->send.bytes;
	if (e->type == FX_BLOB)
		return &e->blob.bytes;
	return NULL;
}

void effects_init(struct effects *fx)
{
	memset(fx, 0, sizeof(*fx));
}

void effects_clear(struct effects *fx)
{
	size_t i;

	for (i = 0; i < fx->count; i++) {
		struct bytes *b = owned_bytes(&fx->list[i]);

		if (b)
			xfree((void *)(uintptr_t)b->p, b->n);
	}
	xfree(fx->list, fx->count * sizeof(*fx->list));
	effects_init(fx);
}

void effects_put(struct effects *fx, const struct effect *e)
{
	struct effect *copy;
	struct bytes *b;

	if (fx->count == fx->cap) {
		size_t cap = fx->cap ? 2 * fx->cap : 8;
		struct effect *list = xcalloc(cap, sizeof(*list));

		/* Not realloc: it would leave secrets behind. */
		if (fx->count)
			memcpy(list, fx->list, fx->count * sizeof(*list));
		xfree(fx->list, fx->count * sizeof(*list));
		fx->list = list;
		fx->cap = cap;
	}
	copy = &fx->list[fx->count++];
	*copy = *e;
	b = owned_bytes(copy);
	if (b)
		b->p = b->n ? xmemdup(b->p, b->n) : NULL;
}

bool effect_is_save(const struct effect *e)
{
	return e->type <= FX_DELETE_FILE;
}
