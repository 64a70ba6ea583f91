/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>

#include "tests/sim/inside.h"
#include "tests/sim/item.h"

/* The whole world's k-th piece of bytes may be the one that a scenario
 * cuts. */
static bool is_cut(struct world *w, struct stream *s, int end, struct bytes b)
{
	size_t n = b.n * w->faults.at_send_tenths / 10;

	if (w->sends == w->faults.at_send) {
		if (n > 0)
			net_send(w, s, end, bytes_of(b.p, n));
		return true;
	}
	return world_chance(w, w->faults.cut);
}

static void on_send(struct world *w, int host, const struct effect *e)
{
	int end = 0;
	struct stream *s = net_find(w, host, e->send.link, &end);
	int to = 1 - end;

	if (!s)
		world_fail(w, host, "sends on a link that never was");
	w->sends++;
	if (s->host[to] < 0 &&
	    s->bytes[to] + e->send.bytes.n > s->stranger_may_get)
		world_fail(w, host, "a stranger got bytes");
	/* Closed meanwhile, and the node has not heard of it yet. */
	if (!s->open[end] || s->cut_ms[to] != UINT64_MAX)
		return;
	if (is_cut(w, s, to, e->send.bytes)) {
		trace_note(w, host, "cut");
		net_cut(w, s);
	} else {
		net_send(w, s, to, e->send.bytes);
		net_drained(w, s, end);
	}
}

static void on_hangup(struct world *w, int host, const struct effect *e)
{
	int end = 0;
	struct stream *s = net_find(w, host, e->hangup, &end);

	if (!s)
		world_fail(w, host, "hangs up a link that never was");
	net_close(w, s, end, world_chance(w, w->faults.cut * 10));
}

/* It may have gone down, and the node does not know. */
static void on_pause(struct world *w, int host, uint64_t link, bool paused)
{
	int end = 0;
	struct stream *s = net_find(w, host, link, &end);

	if (!s)
		world_fail(w, host, "pauses a link that never was");
	w->hosts[host].pauses += paused;
	net_pause(w, s, end, paused);
}

void host_carry_out(struct world *w, int host, const struct effect *e)
{
	struct host *h = &w->hosts[host];

	switch (e->type) {
	case FX_SEND: on_send(w, host, e); break;
	case FX_DIAL: net_dial(w, host, e); break;
	case FX_HANGUP: on_hangup(w, host, e); break;
	case FX_PUBLISH: net_publish(w, host, e); break;
	case FX_UNPUBLISH: net_unpublish(w, host, &e->unpublish); break;
	case FX_FETCH: net_fetch(w, host, e); break;
	case FX_PAUSE: on_pause(w, host, e->pause, true); break;
	case FX_RESUME: on_pause(w, host, e->pause, false); break;
	case FX_DUE: net_due(w, host); break;
	case FX_TYPING:
		h->typing = e->typing.on;
		h->typings++;
		break;
	case FX_STAMP: net_stamp(w, host, e); break;
	case FX_BLOB: net_blob(w, host, e); break;
	case FX_PROGRESS: h->progress++; break;
	case FX_NEW_CIRCUITS:
		h->dead_guard = false;
		h->new_circuits++;
		break;
	case FX_SELF_TEST:
		h->tests[e->self_test.result]++;
		h->repairs[e->self_test.repair]++;
		break;
	case FX_REACH: break;
	case FX_REPLY: h->last_reply = e->reply.err; break;
	case FX_PRESENCE:
		if (e->presence.online)
			h->online++;
		else
			h->online--;
		break;
	case FX_SAVE_CONTACT:
	case FX_DELETE_CONTACT:
	case FX_SAVE_COUNTERS:
	case FX_SAVE_INVITE:
	case FX_DELETE_INVITE:
	case FX_SAVE_REQUEST:
	case FX_DELETE_REQUEST:
	case FX_SAVE_MESSAGE:
	case FX_SAVE_STATE:
	case FX_SAVE_READ:
	case FX_SAVE_CHANGE:
	case FX_SAVE_ERASE:
	case FX_SAVE_ERASE_ALL:
	case FX_SAVE_SWEEP:
	case FX_SAVE_CONVERSATION:
	case FX_SAVE_SELF:
	case FX_SAVE_FILE:
	case FX_DELETE_FILE: assert(false); break;
	}
}
