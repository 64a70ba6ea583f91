/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>

#include "tests/sim/inside.h"
#include "tests/sim/world.h"

static void mix(struct world *w, const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		w->hash = (w->hash ^ b[i]) * 1099511628211u;
}

static void mix_u64(struct world *w, uint64_t v)
{
	mix(w, &v, sizeof(v));
}

static const char *event_name(enum event_type t)
{
	switch (t) {
	case EV_START: return "start";
	case EV_TICK: return "tick";
	case EV_TRANSPORT: return "transport";
	case EV_PUBLISHED: return "published";
	case EV_WAKE: return "wake";
	case EV_LINK_IN: return "link in";
	case EV_LINK_UP: return "link up";
	case EV_DIAL_FAILED: return "dial failed";
	case EV_LINK_BYTES: return "bytes";
	case EV_LINK_DRAINED: return "drained";
	case EV_DUE: return "due";
	case EV_STAMPED: return "stamped";
	case EV_LINK_DOWN: return "link down";
	case EV_FETCHED: return "fetched";
	case EV_CMD_SEND: return "cmd send";
	case EV_CMD_READ: return "cmd read";
	case EV_CMD_EDIT: return "cmd edit";
	case EV_CMD_DELETE: return "cmd delete";
	case EV_CMD_REACT: return "cmd react";
	case EV_CMD_TIMER: return "cmd timer";
	case EV_CMD_TYPING: return "cmd typing";
	case EV_CMD_CONVERSATION_SET: return "cmd conversation set";
	case EV_CMD_HISTORY_DELETE: return "cmd history delete";
	case EV_CMD_KNOCK: return "cmd knock";
	case EV_CMD_REQUEST_ACCEPT: return "cmd request accept";
	case EV_CMD_REQUEST_REJECT: return "cmd request reject";
	case EV_CMD_CONTACT_SET: return "cmd contact set";
	case EV_CMD_CONTACT_DELETE: return "cmd contact delete";
	case EV_CMD_INTRODUCE: return "cmd introduce";
	case EV_CMD_SELF_SET: return "cmd self set";
	case EV_CMD_INVITE_NEW: return "cmd invite";
	case EV_CMD_INVITE_DELETE: return "cmd invite delete";
	case EV_CMD_CONNECT: return "cmd connect";
	case EV_CMD_REQUEST_DELETE: return "cmd request delete";
	case EV_CMD_FILE_SET: return "cmd file set";
	case EV_CMD_FILE_DELETE: return "cmd file delete";
	case EV_CMD_SELF_TEST: return "command self test";
	case EV_BLOB: return "blob";
	}
	return "?";
}

static const char *effect_name(enum effect_type t)
{
	switch (t) {
	case FX_SAVE_CONTACT: return "save contact";
	case FX_DELETE_CONTACT: return "delete contact";
	case FX_SAVE_COUNTERS: return "save counters";
	case FX_SAVE_INVITE: return "save invite";
	case FX_DELETE_INVITE: return "delete invite";
	case FX_SAVE_REQUEST: return "save request";
	case FX_DELETE_REQUEST: return "delete request";
	case FX_SAVE_MESSAGE: return "save message";
	case FX_SAVE_STATE: return "save state";
	case FX_SAVE_READ: return "save read";
	case FX_SAVE_CHANGE: return "save change";
	case FX_SAVE_ERASE: return "save erase";
	case FX_SAVE_ERASE_ALL: return "save erase all";
	case FX_SAVE_SWEEP: return "save sweep";
	case FX_SAVE_CONVERSATION: return "save conversation";
	case FX_SAVE_SELF: return "save self";
	case FX_PAUSE: return "pause";
	case FX_RESUME: return "resume";
	case FX_DUE: return "due";
	case FX_STAMP: return "stamp";
	case FX_TYPING: return "typing";
	case FX_SEND: return "send";
	case FX_DIAL: return "dial";
	case FX_HANGUP: return "hang up";
	case FX_PUBLISH: return "publish";
	case FX_UNPUBLISH: return "unpublish";
	case FX_FETCH: return "fetch";
	case FX_REPLY: return "reply";
	case FX_PRESENCE: return "presence";
	case FX_SAVE_FILE: return "save file";
	case FX_DELETE_FILE: return "delete file";
	case FX_BLOB: return "blob";
	case FX_PROGRESS: return "progress";
	case FX_NEW_CIRCUITS: return "new circuits";
	case FX_SELF_TEST: return "self test";
	case FX_REACH: return "reach";
	}
	return "?";
}

static void line(struct world *w, int host, const char *what)
{
	mix_u64(w, w->now_ms);
	mix_u64(w, (uint64_t)host);
	if (w->trace)
		fprintf(w->trace, "%10" PRIu64 " %d %s", w->now_ms, host, what);
}

void trace_note(struct world *w, int host, const char *what)
{
	line(w, host, what);
	if (w->trace)
		fputc('\n', w->trace);
}

void trace_event(struct world *w, int host, const struct event *ev)
{
	line(w, host, event_name(ev->type));
	mix_u64(w, ev->type);
	if (!w->trace)
		return;
	if (ev->type >= EV_LINK_IN && ev->type <= EV_LINK_DOWN)
		fprintf(w->trace, " %" PRIu64, ev->link.id);
	if (ev->type == EV_LINK_BYTES)
		fprintf(w->trace, " of %zu", ev->link.bytes.n);
	if (ev->type == EV_FETCHED)
		fprintf(w->trace, " %zu rows from %" PRIu64, ev->fetched.count,
			ev->fetched.count ? ev->fetched.rows[0].seq : 0);
	fputc('\n', w->trace);
}

static void print_numbers(struct world *w, const struct effect *e)
{
	const struct counters *n = &e->counters.n;

	if (e->type == FX_SAVE_CONTACT) {
		n = &e->contact.n;
		fprintf(w->trace, " state %d alarm %d", (int)e->contact.state,
			e->contact.alarm);
	}
	fprintf(w->trace,
		" send %" PRIu64 " acked %" PRIu64 " shift %" PRIu64
		" recv %" PRIu64,
		n->send_next, n->peer_acked, n->seq_shift, n->recv_next);
}

static void print_details(struct world *w, const struct effect *e)
{
	switch (e->type) {
	case FX_SAVE_CONTACT:
	case FX_SAVE_COUNTERS: print_numbers(w, e); break;
	case FX_SAVE_INVITE:
		fprintf(w->trace, " state %d", (int)e->invite.state);
		break;
	case FX_SAVE_REQUEST:
		fprintf(w->trace, " state %d", (int)e->request.state);
		break;
	case FX_SAVE_MESSAGE:
		fprintf(w->trace, " dir %d seq %" PRIu64, (int)e->message.dir,
			e->message.seq);
		break;
	case FX_SAVE_STATE:
		fprintf(w->trace, " %" PRIu64 "..%" PRIu64 " = %d",
			e->state.from_seq, e->state.to_seq,
			(int)e->state.state);
		break;
	case FX_SEND:
		fprintf(w->trace, " %" PRIu64 " of %zu", e->send.link,
			e->send.bytes.n);
		break;
	case FX_DIAL: fprintf(w->trace, " %" PRIu64, e->dial.link); break;
	case FX_HANGUP: fprintf(w->trace, " %" PRIu64, e->hangup); break;
	case FX_FETCH:
		fprintf(w->trace, " %" PRIu64 " x %zu", e->fetch.from_seq,
			e->fetch.max_count);
		break;
	case FX_REPLY: fprintf(w->trace, " %s", err_str(e->reply.err)); break;
	case FX_PRESENCE:
		fprintf(w->trace, " %s", e->presence.online ? "on" : "off");
		break;
	case FX_DELETE_CONTACT:
	case FX_DELETE_INVITE:
	case FX_DELETE_REQUEST:
	case FX_SAVE_READ:
	case FX_SAVE_CHANGE:
	case FX_SAVE_ERASE:
	case FX_SAVE_ERASE_ALL:
	case FX_SAVE_SWEEP:
	case FX_SAVE_CONVERSATION:
	case FX_SAVE_SELF:
	case FX_PAUSE:
	case FX_RESUME:
	case FX_DUE:
	case FX_STAMP:
	case FX_TYPING:
	case FX_PUBLISH:
	case FX_UNPUBLISH:
	case FX_SAVE_FILE:
	case FX_DELETE_FILE:
	case FX_BLOB:
	case FX_PROGRESS:
	case FX_NEW_CIRCUITS:
	case FX_SELF_TEST:
	case FX_REACH: break;
	}
}

void trace_effect(struct world *w, int host, const struct effect *e)
{
	mix_u64(w, e->type);
	if (e->type == FX_SEND)
		mix(w, e->send.bytes.p, e->send.bytes.n);
	if (!w->trace)
		return;
	fprintf(w->trace, "%10" PRIu64 " %d      - %s", w->now_ms, host,
		effect_name(e->type));
	print_details(w, e);
	fputc('\n', w->trace);
}
