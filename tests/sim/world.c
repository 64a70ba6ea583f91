/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/sim/world.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "tests/sim/disk_files.h"
#include "tests/sim/inside.h"
#include "util/mem.h"

enum { WALL_AT_START_MS = 1000000000 };

uint64_t world_random(struct world *w, uint64_t below)
{
	return rng_below(&w->rng, below);
}

bool world_chance(struct world *w, unsigned of_10000)
{
	return of_10000 > 0 && world_random(w, 10000) < of_10000;
}

void world_fail(const struct world *w, int host, const char *what)
{
	fflush(NULL);
	fprintf(stderr,
		"seed %llu, host %d, %llu ms, step %llu: %s\n"
		"replay: sim_sweep --seed %llu --trace\n",
		(unsigned long long)w->seed, host,
		(unsigned long long)w->now_ms, (unsigned long long)w->steps,
		what, (unsigned long long)w->seed);
	abort();
}

struct world *world_new_limits(uint64_t seed, int hosts, struct limits limits)
{
	struct world *w = xcalloc(1, sizeof(*w));
	uint8_t entropy[32] = {0};
	int i;

	memcpy(entropy, &seed, sizeof(seed));
	rng_init(&w->rng, entropy);
	w->seed = seed;
	w->hash = 14695981039346656037u;
	w->now_ms = 1000;
	w->host_count = hosts;
	w->limits = limits;
	w->faults.at_host = -1;
	/* Worlds are full of strangers. */
	w->limits.streams_per_hour = 1000 * 1000;
	for (i = 0; i < hosts; i++) {
		w->hosts[i].disk = disk_new();
		w->hosts[i].tor_ready = true;
		w->hosts[i].next_link = 2;
		w->hosts[i].skew_ms = world_random(w, 600 * 1000);
		world_start(w, i);
	}
	return w;
}

struct world *world_new(uint64_t seed, int hosts)
{
	return world_new_limits(seed, hosts, limits_default());
}

void world_free(struct world *w)
{
	int i;

	for (i = 0; i < w->host_count; i++) {
		node_free(w->hosts[i].node);
		disk_free(w->hosts[i].disk);
		disk_free(w->hosts[i].old_disk);
	}
	net_free(w);
	free(w->composed);
	free(w);
}

static uint64_t host_deadline(const struct world *w, int i)
{
	return w->hosts[i].node ? node_deadline(w->hosts[i].node) : UINT64_MAX;
}

/* The next thing that happens, if it does before end_ms. */
static bool step(struct world *w, uint64_t end_ms)
{
	struct event tick = {.type = EV_TICK};
	uint64_t at_ms = net_next_ms(w);
	int i, who = -1;

	for (i = 0; i < w->host_count; i++) {
		if (host_deadline(w, i) < at_ms) {
			at_ms = host_deadline(w, i);
			who = i;
		}
	}
	if (at_ms > end_ms)
		return false;
	if (at_ms > w->now_ms)
		w->now_ms = at_ms;
	if (who >= 0)
		host_event(w, who, &tick);
	else
		net_step(w);
	return true;
}

void world_run(struct world *w, uint64_t ms)
{
	uint64_t end_ms = w->now_ms + ms;

	while (step(w, end_ms))
		;
	w->now_ms = end_ms;
}

bool world_until(struct world *w, bool (*done)(struct world *, void *),
		 void *ctx, uint64_t ms)
{
	uint64_t end_ms = w->now_ms + ms;

	while (!done(w, ctx))
		if (!step(w, end_ms))
			return false;
	return true;
}

static enum crash draw_crash(struct world *w, int host)
{
	const struct faults *f = &w->faults;

	if (f->at_host == host && f->at_step == w->hosts[host].steps)
		return f->at_kind;
	if (world_chance(w, f->crash))
		return (enum crash)(1 + world_random(w, CRASH_KINDS - 1));
	return CRASH_NEVER;
}

static void note_composed(struct world *w, int host, const struct effect *e)
{
	struct composed c = {
	    .id = e->message.id, .mid = e->message.mid, .host = host};

	if (w->composed_count == w->composed_cap) {
		w->composed_cap = 2 * w->composed_cap + 16;
		w->composed = xrealloc(w->composed,
				       w->composed_cap * sizeof(*w->composed));
	}
	w->composed[w->composed_count++] = c;
}

static void commit(struct world *w, int host, const struct effects *fx)
{
	struct disk *d = w->hosts[host].disk;
	size_t i;

	for (i = 0; i < fx->count; i++) {
		const struct effect *e = &fx->list[i];

		if (!effect_is_save(e))
			continue;
		if (e->type == FX_SAVE_MESSAGE && e->message.dir == MESSAGE_OUT)
			note_composed(w, host, e);
		if (e->type == FX_SAVE_MESSAGE && e->message.dir == MESSAGE_IN)
			check_message(w, host, e);
		if (e->type == FX_SAVE_STATE &&
		    e->state.state == MESSAGE_DELIVERED)
			check_delivered(w, host, e);
		disk_apply(d, e);
		if (e->type == FX_SAVE_CONTACT)
			check_epoch(w, host, &e->contact);
	}
}

/* The other effects, the first of them only if most is below their number. */
static void carry_out(struct world *w, int host, const struct effects *fx,
		      size_t most)
{
	size_t i;

	for (i = 0; i < fx->count && most > 0; i++) {
		if (effect_is_save(&fx->list[i]))
			continue;
		host_carry_out(w, host, &fx->list[i]);
		most--;
	}
}

/* The process dies: nobody closes anything, the kernel does. */
static void die(struct world *w, int host)
{
	uint64_t ms = 1 + world_random(w, 30 * 1000);

	world_crash(w, host);
	if (!world_chance(w, w->faults.stay_down))
		net_start_later(w, host, ms);
}

static void settle(struct world *w, int host, const struct effects *fx,
		   enum crash crash)
{
	switch (crash) {
	case COMMIT_FAILS:
		trace_note(w, host, "commit fails");
		w->hosts[host].last_reply = ERR_IO;
		world_crash(w, host);
		world_start(w, host);
		return;
	case CRASH_BEFORE_COMMIT:
		trace_note(w, host, "crash before commit");
		if (w->faults.send_before_commit)
			carry_out(w, host, fx, SIZE_MAX);
		die(w, host);
		return;
	case CRASH_AFTER_COMMIT:
		trace_note(w, host, "crash after commit");
		commit(w, host, fx);
		die(w, host);
		return;
	case CRASH_AMID_EFFECTS:
		trace_note(w, host, "crash amid effects");
		commit(w, host, fx);
		carry_out(w, host, fx, world_random(w, fx->count + 1));
		die(w, host);
		return;
	case CRASH_NEVER:
	case CRASH_KINDS: break;
	}
	commit(w, host, fx);
	check_step(w, host);
	carry_out(w, host, fx, SIZE_MAX);
}

uint64_t host_wall_ms(const struct world *w, int host)
{
	return WALL_AT_START_MS + w->hosts[host].skew_ms + w->now_ms;
}

void host_event(struct world *w, int host, struct event *ev)
{
	struct host *h = &w->hosts[host];
	uint8_t entropy[32];
	struct effects fx;
	size_t i;

	if (!h->node)
		return;
	h->steps++;
	w->steps++;
	rng_bytes(&w->rng, entropy, sizeof(entropy));
	ev->wall_ms = host_wall_ms(w, host);
	h->disk->changes.wall_ms = ev->wall_ms;
	trace_event(w, host, ev);
	effects_init(&fx);
	node_step(h->node, ev, w->now_ms, entropy, &fx);
	for (i = 0; i < fx.count; i++)
		trace_effect(w, host, &fx.list[i]);
	if (node_deadline(h->node) <= w->now_ms)
		world_fail(w, host, "the deadline is in the past");
	settle(w, host, &fx, draw_crash(w, host));
	effects_clear(&fx);
}

void world_crash(struct world *w, int host)
{
	struct host *h = &w->hosts[host];

	if (!h->node)
		return;
	trace_note(w, host, "down");
	disk_blobs_crash(h->disk);
	node_free(h->node);
	h->node = NULL;
	h->service_count = 0;
	h->online = 0;
	h->typing = false;
	net_drop_host(w, host);
}

static void say_transport(struct world *w, int host)
{
	struct event ev = {.type = EV_TRANSPORT};

	ev.transport_ready = w->hosts[host].tor_ready;
	host_event(w, host, &ev);
}

void world_start(struct world *w, int host)
{
	struct node_config config = {
	    .name = {"host"}, .limits = &w->limits, .self_test = w->self_test};
	struct event ev = {.type = EV_START};
	struct host *h = &w->hosts[host];

	if (h->node)
		return;
	config.name.s[4] = (char)('0' + host);
	h->life++;
	h->node = node_new(&config);
	disk_load(h->disk, h->node);
	host_event(w, host, &ev);
	if (h->node && h->tor_ready)
		say_transport(w, host);
}

void world_wake(struct world *w, int host)
{
	struct event ev = {.type = EV_WAKE};

	host_event(w, host, &ev);
}

void world_lose(struct world *w, int host, enum service_kind kind)
{
	w->hosts[host].services[world_service(w, host, kind)].reachable = false;
}

void world_set_tor(struct world *w, int host, bool ready)
{
	struct host *h = &w->hosts[host];

	if (h->tor_ready == ready)
		return;
	trace_note(w, host, ready ? "tor up" : "tor down");
	h->tor_ready = ready;
	h->service_count = 0;
	if (!ready)
		net_drop_host(w, host);
	say_transport(w, host);
}
