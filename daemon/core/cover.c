/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cover.h"

#include <assert.h>

#include "core/backoff.h"
#include "core/frame.h"
#include "util/mem.h"

enum {
	TICK_MIN_MS = 4000,
	TICK_MAX_MS = 6000,
	/* What waits at most: one that is full has a record less than full,
	 * and messages until the outbox sees it; the rest is answers. */
	WAITING_MAX = 4 * RECORD_PLAIN_MAX,
	/* So much is one large message, or far more answers than a peer has
	 * reason to ask for. */
	CROWD_BYTES = 4096,
};

struct cover {
	uint64_t due_ms;
	struct buf frames;
};

/* The rate of PROTOCOL 7.7. */
static void plan(struct cover *c, struct rng *r, uint64_t now_ms)
{
	c->due_ms = now_ms + wait_between_ms(r, TICK_MIN_MS, TICK_MAX_MS);
}

struct cover *cover_new(struct rng *r, uint64_t now_ms)
{
	struct cover *c = xcalloc(1, sizeof(*c));

	buf_init(&c->frames, WAITING_MAX);
	plan(c, r, now_ms);
	return c;
}

void cover_free(struct cover *c)
{
	if (!c)
		return;
	buf_clear(&c->frames);
	xfree(c, sizeof(*c));
}

uint64_t cover_due_ms(const struct cover *c)
{
	return c->due_ms;
}

enum err cover_put(struct cover *c, struct bytes frames)
{
	return buf_put(&c->frames, frames.p, frames.n);
}

bool cover_is_full(const struct cover *c)
{
	return c->frames.len >= RECORD_PLAIN_MIN;
}

bool cover_is_empty(const struct cover *c)
{
	return c->frames.len == 0;
}

/* Length of the frame at the front of b, head included. */
static size_t front_bytes(struct bytes b)
{
	size_t n;

	assert(b.n >= FRAME_HEAD_BYTES);
	n = FRAME_HEAD_BYTES + (size_t)be16_get(b.p + 1);
	assert(b.n >= n && n <= RECORD_PLAIN_MAX);
	return n;
}

void cover_take(struct cover *c, struct wire_writer *w, struct rng *r,
		uint64_t now_ms)
{
	struct bytes all = buf_view(&c->frames);
	size_t most = all.n > CROWD_BYTES ? RECORD_PLAIN_MAX : RECORD_PLAIN_MIN;
	size_t n = 0, next;

	while (n < all.n) {
		next = front_bytes(bytes_of(all.p + n, all.n - n));
		/* PROTOCOL 7.7: It SHOULD have the smallest size unless the
		 * frame that is next needs a larger. */
		if (n > 0 && n + next > most)
			break;
		n += next;
	}
	wire_write_bytes(w, bytes_of(all.p, n));
	buf_drop(&c->frames, n);
	plan(c, r, now_ms);
}
