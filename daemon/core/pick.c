/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/pick.h"

#include <string.h>

enum {
	METER_MS = 1000,
	WINDOW_MS = 2000, /* of bytes are outstanding on a link */
	CHUNKS_AT_LEAST = 2,
	REQS_AT_MOST = 16,
	WARM_UP_MS = 2000, /* of a link that is new */
	MEASURE_MS = 4000,
	GAIN_PERCENT = 110, /* what twice the links must bring */
	SETTLED_MS = 30 * 1000,
	SETTLED_MAX_MS = 10 * 60 * 1000,
};

/* What is tried on a link that has not shown anything yet. */
#define RATE_UNKNOWN ((uint64_t)100 * 1000)

void pick_meter_begin(struct pick_meter *m, uint64_t now_ms)
{
	if (m->since_ms != 0)
		m->since_ms = now_ms;
	m->bytes = 0;
}

void pick_meter_add(struct pick_meter *m, uint64_t bytes, uint64_t now_ms)
{
	if (m->since_ms == 0 || now_ms > m->since_ms + 10 * METER_MS) {
		m->since_ms = now_ms;
		m->bytes = 0;
	}
	m->bytes += bytes;
	if (now_ms >= m->since_ms + METER_MS) {
		m->rate = pick_meter_rate(m, now_ms);
		m->since_ms = now_ms;
		m->bytes = 0;
	}
}

uint64_t pick_meter_rate(const struct pick_meter *m, uint64_t now_ms)
{
	uint64_t passed_ms = now_ms - m->since_ms, rate;
	unsigned windows = 63;

	if (m->since_ms == 0 || passed_ms < METER_MS)
		return m->rate;
	rate = m->bytes * 1000 / passed_ms;
	if (!m->rate)
		return rate;
	if (passed_ms / METER_MS < windows)
		windows = (unsigned)(passed_ms / METER_MS);
	return (m->rate >> windows) + rate - (rate >> windows);
}

bool pick_has_room(uint64_t rate, size_t chunk_bytes, unsigned reqs,
		   uint64_t outstanding)
{
	uint64_t window = (rate ? rate : RATE_UNKNOWN) * WINDOW_MS / 1000;

	if (window < (uint64_t)CHUNKS_AT_LEAST * chunk_bytes)
		window = (uint64_t)CHUNKS_AT_LEAST * chunk_bytes;
	return reqs < REQS_AT_MOST && outstanding + chunk_bytes <= window;
}

uint32_t pick_chunk(const uint8_t *states, uint32_t n, uint32_t from)
{
	const uint8_t *p = from < n ? memchr(states + from, 0, n - from) : NULL;

	return p ? (uint32_t)(p - states) : n;
}

bool pick_steals(uint64_t theirs, uint64_t ahead, uint64_t ours,
		 size_t chunk_bytes)
{
	uint64_t they = theirs ? theirs : 1, we = ours ? ours : 1;
	uint64_t theirs_ms = (ahead + chunk_bytes) * 1000 / they;
	uint64_t ours_ms = chunk_bytes * (uint64_t)1000 / we;

	/* Half a second: less is not worth sending it twice. */
	return ours > 0 && ours_ms + ours_ms / 4 + 500 < theirs_ms;
}

static void measure(struct pick_ladder *p, uint64_t bytes, uint64_t now_ms)
{
	p->since_ms = now_ms;
	p->bytes = bytes;
}

static void move(struct pick_ladder *p, unsigned want, uint64_t rate)
{
	p->want = want;
	p->rate = rate;
	p->since_ms = 0;
}

static void settle(struct pick_ladder *p, unsigned want, uint64_t now_ms)
{
	move(p, want, 0);
	p->is_settled = true;
	p->again_ms = now_ms + p->wait_ms;
	if (p->wait_ms < SETTLED_MAX_MS)
		p->wait_ms *= 2;
}

static void decide(struct pick_ladder *p, unsigned max, uint64_t rate,
		   uint64_t now_ms)
{
	if (p->rate == 0 && p->want < max)
		move(p, max, rate);
	else if (rate * 100 >= p->rate * GAIN_PERCENT)
		settle(p, p->want, now_ms);
	else
		settle(p, PICK_LINKS_FIRST, now_ms);
}

unsigned pick_links(struct pick_ladder *p, unsigned max, unsigned up,
		    uint64_t bytes, uint64_t now_ms)
{
	if (p->want == 0) {
		move(p, max < PICK_LINKS_FIRST ? max : PICK_LINKS_FIRST, 0);
		p->wait_ms = SETTLED_MS;
	}
	if (p->is_settled) {
		p->is_settled = now_ms < p->again_ms;
		return p->want;
	}
	if (up < p->want) {
		p->since_ms = 0;
		return p->want;
	}
	if (p->since_ms == 0)
		measure(p, bytes, now_ms + WARM_UP_MS);
	else if (now_ms < p->since_ms)
		p->bytes = bytes;
	else if (now_ms >= p->since_ms + MEASURE_MS)
		decide(p, max,
		       (bytes - p->bytes) * 1000 / (now_ms - p->since_ms),
		       now_ms);
	return p->want;
}
