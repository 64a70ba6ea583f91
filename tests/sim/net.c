/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/noise.h"
#include "core/onion.h"
#include "tests/sim/disk_changes.h"
#include "tests/sim/inside.h"
#include "tests/sim/item.h"
#include "util/mem.h"

enum {
	HOP_MS = 400, /* at most, one way */
	DIAL_MS = 3000,
	PUBLISH_MS = 5000,
	FETCH_MS = 5,
	DRAIN_MS = 50,
};

/* --- the heap of items --- */

static bool is_before(const struct item *a, const struct item *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static void swap(struct item *a, struct item *b)
{
	struct item t = *a;

	*a = *b;
	*b = t;
}

void net_put(struct world *w, uint64_t at_ms, const struct item *item)
{
	size_t i = w->item_count;

	if (w->item_count == w->item_cap) {
		w->item_cap = 2 * w->item_cap + 64;
		w->items = xrealloc(w->items, w->item_cap * sizeof(*w->items));
	}
	w->items[i] = *item;
	w->items[i].at_ms = at_ms;
	w->items[i].order = w->order++;
	w->item_count++;
	while (i > 0 && is_before(&w->items[i], &w->items[(i - 1) / 2])) {
		swap(&w->items[i], &w->items[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static struct item take_first(struct world *w)
{
	struct item first = w->items[0];
	size_t i = 0, k;

	w->items[0] = w->items[--w->item_count];
	for (;;) {
		k = 2 * i + 1;
		if (k >= w->item_count)
			break;
		if (k + 1 < w->item_count &&
		    is_before(&w->items[k + 1], &w->items[k]))
			k++;
		if (!is_before(&w->items[k], &w->items[i]))
			break;
		swap(&w->items[k], &w->items[i]);
		i = k;
	}
	return first;
}

uint64_t net_next_ms(const struct world *w)
{
	return w->item_count ? w->items[0].at_ms : UINT64_MAX;
}

static void free_held(struct held *h)
{
	size_t i;

	for (i = 0; h && i < h->count; i++)
		free(h->items[i].data);
	free(h ? h->items : NULL);
	free(h);
}

void net_free(struct world *w)
{
	size_t i;

	for (i = 0; i < w->item_count; i++)
		free(w->items[i].data);
	free(w->items);
	for (i = 0; i < w->stream_count; i++) {
		free_held(w->streams[i]->held[0]);
		free_held(w->streams[i]->held[1]);
		free(w->streams[i]);
	}
	free(w->streams);
}

/* --- streams --- */

struct stream *net_open(struct world *w, int from, int to)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->host[0] = from;
	s->host[1] = to;
	s->born_ms = w->now_ms;
	s->cut_ms[0] = s->cut_ms[1] = UINT64_MAX;
	w->streams =
	    xrealloc(w->streams, (w->stream_count + 1) * sizeof(*w->streams));
	w->streams[w->stream_count++] = s;
	return s;
}

struct stream *net_find(struct world *w, int host, uint64_t link, int *end)
{
	size_t i;
	int k;

	for (i = w->stream_count; i-- > 0;) {
		struct stream *s = w->streams[i];

		for (k = 0; k < 2; k++) {
			if (s->host[k] != host || s->id[k] != link ||
			    s->life[k] != w->hosts[host].life)
				continue;
			*end = k;
			return s;
		}
	}
	return NULL;
}

/* One piece of bytes on its way. */
static void put_piece(struct world *w, struct stream *s, int end,
		      struct bytes b)
{
	struct item item = {.kind = ITEM_BYTES, .stream = s, .end = end};
	uint64_t at_ms = w->now_ms + 1 + world_random(w, HOP_MS);

	/* In order on one stream; streams overtake each other. */
	if (at_ms < s->arrive_ms[end])
		at_ms = s->arrive_ms[end];
	s->arrive_ms[end] = at_ms;
	item.host = s->host[end];
	item.data = xmemdup(b.p, b.n);
	item.n = b.n;
	net_put(w, at_ms, &item);
}

void net_send(struct world *w, struct stream *s, int end, struct bytes b)
{
	size_t have = s->bytes[end];

	if (end == 1 && have < sizeof(s->opening)) {
		size_t n = sizeof(s->opening) - have;

		memcpy(s->opening + have, b.p, n < b.n ? n : b.n);
	}
	s->bytes[end] += b.n;
	if (b.n > 1 && world_chance(w, w->faults.split)) {
		size_t n = 1 + world_random(w, b.n - 1);

		put_piece(w, s, end, bytes_of(b.p, n));
		b.p += n;
		b.n -= n;
	}
	put_piece(w, s, end, b);
}

/* The other end hears of it after what still arrives. */
static void put_down(struct world *w, struct stream *s, int end, bool lossy)
{
	struct item item = {.kind = ITEM_DOWN, .stream = s, .end = end};
	uint64_t at_ms = w->now_ms + 1 + world_random(w, HOP_MS);

	if (lossy && world_chance(w, 5000) && s->arrive_ms[end] > w->now_ms)
		at_ms = w->now_ms + 1 +
			world_random(w, s->arrive_ms[end] - w->now_ms + 1);
	else if (at_ms < s->arrive_ms[end])
		at_ms = s->arrive_ms[end];
	s->cut_ms[end] = at_ms;
	item.host = s->host[end];
	net_put(w, at_ms, &item);
}

void net_close(struct world *w, struct stream *s, int end, bool lossy)
{
	if (!s->open[end])
		return;
	s->open[end] = false;
	if (s->host[end] >= 0)
		w->hosts[s->host[end]].link_count--;
	if (s->cut_ms[1 - end] == UINT64_MAX)
		put_down(w, s, 1 - end, lossy);
}

void net_cut(struct world *w, struct stream *s)
{
	int end;

	for (end = 0; end < 2; end++)
		if (s->open[end] && s->cut_ms[end] == UINT64_MAX)
			put_down(w, s, end, true);
}

void net_drop_host(struct world *w, int host)
{
	const struct host *h = &w->hosts[host];
	size_t i;
	int end;

	for (i = 0; i < w->stream_count; i++) {
		struct stream *s = w->streams[i];

		for (end = 0; end < 2; end++) {
			if (s->host[end] != host || !s->open[end] ||
			    s->life[end] != h->life)
				continue;
			/* With the process its ends go at once; with its
			 * tor alone it will hear of it. */
			if (h->node)
				net_cut(w, s);
			else
				net_close(w, s, end, true);
		}
	}
}

/* --- what effects ask for --- */

void net_dial(struct world *w, int host, const struct effect *e)
{
	struct item item = {.kind = ITEM_DIAL, .end = 0, .host = host};
	struct stream *s = net_open(w, host, -1);
	struct secret auth = e->dial.auth;

	if (!w->hosts[host].tor_ready)
		world_fail(w, host, "dials without a transport");
	s->id[0] = e->dial.link;
	s->life[0] = w->hosts[host].life;
	s->open[0] = true;
	s->onion = e->dial.onion;
	if (e->dial.has_auth)
		noise_public(&auth, &s->auth);
	w->hosts[host].link_count++;
	item.stream = s;
	item.life = s->life[0];
	net_put(w, w->now_ms + 1 + world_random(w, DIAL_MS), &item);
}

static int find_service(const struct world *w, const struct stream *s,
			struct service_id *out)
{
	size_t k;
	int i;

	for (i = 0; i < w->host_count; i++) {
		const struct host *h = &w->hosts[i];

		for (k = 0; h->node && k < h->service_count; k++) {
			const struct service *v = &h->services[k];

			if (!v->reachable || memcmp(&v->onion, &s->onion, 32) ||
			    (v->has_auth && memcmp(&v->auth, &s->auth, 32) &&
			     memcmp(&v->test_auth, &s->auth, 32)))
				continue;
			*out = v->id;
			return i;
		}
	}
	return -1;
}

/* A stream arrives at a service of that host. */
static void arrive(struct world *w, struct stream *s, int host)
{
	struct event ev = {.type = EV_LINK_IN};
	struct host *h = &w->hosts[host];

	s->host[1] = host;
	s->life[1] = h->life;
	s->id[1] = h->next_link;
	s->open[1] = true;
	h->next_link += 2;
	h->link_count++;
	ev.link.id = s->id[1];
	ev.link.service = s->service;
	host_event(w, host, &ev);
}

static void on_dial(struct world *w, const struct item *item)
{
	struct item answer = *item;
	struct stream *s = item->stream;
	int host = -1;

	if (!s->open[0])
		return;
	if (w->hosts[item->host].tor_ready && !w->hosts[item->host].dead_guard)
		host = find_service(w, s, &s->service);
	answer.kind = host >= 0 ? ITEM_UP : ITEM_FAILED;
	net_put(w, w->now_ms + 1 + world_random(w, HOP_MS), &answer);
	if (host >= 0)
		arrive(w, s, host);
}

void net_publish(struct world *w, int host, const struct effect *e)
{
	struct item item = {.kind = ITEM_PUBLISHED, .host = host};
	struct host *h = &w->hosts[host];
	struct service *v;

	if (!h->tor_ready)
		return;
	net_unpublish(w, host, &e->publish.service);
	if (h->service_count == SERVICES_MAX)
		world_fail(w, host, "too many services");
	v = &h->services[h->service_count++];
	memset(v, 0, sizeof(*v));
	v->id = e->publish.service;
	onion_public(&e->publish.onion, &v->onion);
	v->has_auth = e->publish.has_auth;
	v->auth = e->publish.auth;
	v->test_auth = e->publish.is_tested ? e->publish.test_auth : v->auth;
	item.service = v->id;
	item.life = h->life;
	net_put(w, w->now_ms + 1 + world_random(w, PUBLISH_MS), &item);
}

static struct service *service_of(struct host *h, const struct service_id *id)
{
	size_t k;

	for (k = 0; k < h->service_count; k++)
		if (h->services[k].id.kind == id->kind &&
		    memcmp(&h->services[k].id.owner, &id->owner, 16) == 0)
			return &h->services[k];
	return NULL;
}

void net_unpublish(struct world *w, int host, const struct service_id *id)
{
	struct host *h = &w->hosts[host];
	struct service *v = service_of(h, id);

	if (v)
		*v = h->services[--h->service_count];
}

static void on_published(struct world *w, const struct item *item)
{
	struct service *v = service_of(&w->hosts[item->host], &item->service);
	struct event ev = {.type = EV_PUBLISHED, .service = item->service};

	if (!v)
		return;
	v->reachable = true;
	host_event(w, item->host, &ev);
}

void net_fetch(struct world *w, int host, const struct effect *e)
{
	struct item item = {.kind = ITEM_FETCH, .host = host};

	item.life = w->hosts[host].life;
	item.contact_id = e->fetch.contact_id;
	item.from_seq = e->fetch.from_seq;
	item.max_count = e->fetch.max_count;
	item.max_bytes = e->fetch.max_bytes;
	if (item.max_count == 0 || item.max_count > WINDOW)
		world_fail(w, host, "fetches beyond the window");
	net_put(w, w->now_ms + world_random(w, FETCH_MS), &item);
}

static void on_fetch(struct world *w, const struct item *item)
{
	const struct disk *d = w->hosts[item->host].disk;
	struct event ev = {.type = EV_FETCHED};
	struct message_row *rows = xcalloc(item->max_count, sizeof(*rows));
	size_t i, n = 0, bytes = 0;

	for (i = 0; i < d->message_count && n < item->max_count; i++) {
		const struct message_row *m = &d->messages[i];

		if (m->dir != MESSAGE_OUT || m->seq != item->from_seq + n ||
		    memcmp(&m->contact_id, &item->contact_id, 16) != 0)
			continue;
		if (n > 0 && bytes + m->body.n > item->max_bytes)
			break;
		bytes += m->body.n;
		rows[n++] = *m;
	}
	ev.fetched.contact_id = item->contact_id;
	ev.fetched.rows = rows;
	ev.fetched.count = n;
	host_event(w, item->host, &ev);
	free(rows);
}

void net_due(struct world *w, int host)
{
	struct item item = {.kind = ITEM_DUE, .host = host};

	item.life = w->hosts[host].life;
	net_put(w, w->now_ms + world_random(w, FETCH_MS), &item);
}

static void on_due(struct world *w, const struct item *item)
{
	struct event ev = {.type = EV_DUE};
	struct due_row rows[DUE_MAX];

	ev.due.count =
	    disk_due(w->hosts[item->host].disk, host_wall_ms(w, item->host),
		     rows, &ev.due.next_ms);
	ev.due.rows = rows;
	ev.due.sweep = changes_has_work(&w->hosts[item->host].disk->changes);
	host_event(w, item->host, &ev);
}

void net_drained(struct world *w, struct stream *s, int end)
{
	struct item item = {.kind = ITEM_DRAINED, .stream = s, .end = end};

	if (s->drain_count[end]++ > 0)
		return;
	item.host = s->host[end];
	net_put(w, w->now_ms + 1 + world_random(w, DRAIN_MS), &item);
}

static void on_drained(struct world *w, const struct item *item)
{
	struct stream *s = item->stream;
	struct event ev = {.type = EV_LINK_DRAINED};

	s->drain_count[item->end] = 0;
	if (!s->open[item->end] || item->host < 0)
		return;
	ev.link.id = s->id[item->end];
	host_event(w, item->host, &ev);
}

void net_start_later(struct world *w, int host, uint64_t ms)
{
	struct item item = {.kind = ITEM_START, .host = host};

	net_put(w, w->now_ms + ms, &item);
}

/* --- time goes on --- */

/* While an end does not read, what comes waits in the network. */
static bool must_wait(const struct stream *s, int end)
{
	const struct held *h = s->held[end];

	return s->paused[end] || (h && h->at < h->count);
}

static void hold(const struct item *item)
{
	struct held *h = item->stream->held[item->end];

	if (!h)
		h = item->stream->held[item->end] = xcalloc(1, sizeof(*h));
	if (h->count == h->cap) {
		h->cap = 2 * h->cap + 16;
		h->items = xrealloc(h->items, h->cap * sizeof(*h->items));
	}
	h->items[h->count] = *item;
	h->items[h->count++].data = xmemdup(item->data, item->n);
}

static void deliver(struct world *w, const struct item *item)
{
	struct stream *s = item->stream;
	struct event ev = {.type = EV_LINK_BYTES};
	int host = s->host[item->end];

	ev.link.id = s->id[item->end];
	ev.link.bytes = bytes_of(item->data, item->n);
	if (item->kind == ITEM_DOWN) {
		ev.type = EV_LINK_DOWN;
		s->open[item->end] = false;
		if (host >= 0)
			w->hosts[host].link_count--;
	}
	if (host >= 0)
		host_event(w, host, &ev);
}

static void on_held(struct world *w, const struct item *item)
{
	struct stream *s = item->stream;
	struct held *h = s->held[item->end];

	while (h->at < h->count && s->open[item->end] && !s->paused[item->end])
		deliver(w, &h->items[h->at++]);
}

void net_pause(struct world *w, struct stream *s, int end, bool paused)
{
	struct item item = {.kind = ITEM_HELD, .stream = s, .end = end};

	s->paused[end] = paused;
	if (!paused && must_wait(s, end))
		net_put(w, w->now_ms, &item);
}

static void on_bytes(struct world *w, const struct item *item)
{
	const struct stream *s = item->stream;

	/* An end that hung up or crashed, or bytes that a cut swallowed. */
	if (!s->open[item->end] || item->at_ms > s->cut_ms[item->end] ||
	    item->host < 0)
		return;
	if (must_wait(s, item->end))
		hold(item);
	else
		deliver(w, item);
}

static void on_down(struct world *w, const struct item *item)
{
	const struct stream *s = item->stream;

	if (!s->open[item->end])
		return;
	if (must_wait(s, item->end))
		hold(item);
	else
		deliver(w, item);
}

static void on_dial_answer(struct world *w, const struct item *item)
{
	struct stream *s = item->stream;
	struct event ev = {.type = EV_LINK_UP};

	if (!s->open[0])
		return;
	if (item->kind == ITEM_FAILED) {
		s->open[0] = false;
		w->hosts[item->host].link_count--;
		ev.type = EV_DIAL_FAILED;
		ev.link.failure = FAILURE_UNREACHABLE;
	}
	ev.link.id = s->id[0];
	host_event(w, item->host, &ev);
}

void net_step(struct world *w)
{
	struct item item = take_first(w);
	bool stale = item.life != 0 && item.life != w->hosts[item.host].life;

	if (!stale) {
		switch (item.kind) {
		case ITEM_DIAL: on_dial(w, &item); break;
		case ITEM_UP:
		case ITEM_FAILED: on_dial_answer(w, &item); break;
		case ITEM_BYTES: on_bytes(w, &item); break;
		case ITEM_DOWN: on_down(w, &item); break;
		case ITEM_HELD: on_held(w, &item); break;
		case ITEM_PUBLISHED: on_published(w, &item); break;
		case ITEM_FETCH: on_fetch(w, &item); break;
		case ITEM_DUE: on_due(w, &item); break;
		case ITEM_DRAINED: on_drained(w, &item); break;
		case ITEM_STAMP: net_stamped(w, &item); break;
		case ITEM_BLOB: net_blob_done(w, &item); break;
		case ITEM_START: world_start(w, item.host); break;
		}
	}
	free(item.data);
}
