/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "runtime.h"

#include <stdlib.h>

#include <event2/event.h>
#include <sodium.h>

#include "core/node.h"
#include "net/timer.h"
#include "tally.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

/* The flush runs when no other event is waiting, or at this many effects. */
#define FLUSH_PRIORITY 2
#define BATCH_MAX      256
#define RELOAD_WAIT_MS 1000
/* Between two parts of the work on the index of a search. */
#define INDEX_WAIT_MS 25

struct runtime {
	struct event_base *base;
	struct runtime_ports ports;
	struct node_config config;
	struct store *store;
	struct node *node; /* NULL: to be loaded from the disk */
	bool transport_ready;
	bool broken;
	bool flushing;
	enum err read_error; /* while effects are carried out */
	struct effects pending;
	struct event *flush_event;
	struct timer *timer;
	struct timer *index_timer;
};

static void on_contact(void *ctx, const struct contact_row *row)
{
	node_load_contact(ctx, row);
}

static void on_invite(void *ctx, const struct invite_row *row)
{
	node_load_invite(ctx, row);
}

static void on_request(void *ctx, const struct request_row *row)
{
	node_load_request(ctx, row);
}

static void on_self(void *ctx, const struct self_row *row)
{
	node_load_self(ctx, row);
}

static void on_file(void *ctx, const struct file_row *row)
{
	node_load_file(ctx, row);
}

static void arm_timer(struct runtime *r)
{
	timer_set_ms(r->timer, r->node ? node_deadline(r->node)
				       : clock_mono_ms() + RELOAD_WAIT_MS);
}

static void step(struct runtime *r, struct event *ev)
{
	uint8_t entropy[32];

	randombytes_buf(entropy, sizeof(entropy));
	ev->wall_ms = clock_wall_ms();
	node_step(r->node, ev, clock_mono_ms(), entropy, &r->pending);
	sodium_memzero(entropy, sizeof(entropy));
}

static enum err load(struct runtime *r)
{
	struct event start = {.type = EV_START};
	struct event ready = {.type = EV_TRANSPORT};
	struct load_sink sink = {
	    .contact = on_contact,
	    .invite = on_invite,
	    .request = on_request,
	    .self = on_self,
	    .file = on_file,
	};
	enum err e;

	r->node = node_new(&r->config);
	sink.ctx = r->node;
	e = store_load(r->store, &sink);
	if (e != OK) {
		node_free(r->node);
		r->node = NULL;
		return e;
	}
	step(r, &start);
	if (r->transport_ready) {
		ready.transport_ready = true;
		step(r, &ready);
	}
	return OK;
}

/* Rows that could not be read are not rows that are missing: of those the
 * node would conclude that the disk went back. */
static void fetch(struct runtime *r, const struct effect *e)
{
	struct event ev = {.type = EV_FETCHED};
	struct message_list rows;
	enum err err;

	if (r->read_error != OK)
		return;
	err = store_fetch(r->store, e->fetch.contact_id, e->fetch.from_seq,
			  e->fetch.max_count, e->fetch.max_bytes, &rows);
	if (err != OK) {
		r->read_error = err;
		return;
	}
	ev.fetched.contact_id = e->fetch.contact_id;
	ev.fetched.rows = rows.rows;
	ev.fetched.count = rows.count;
	step(r, &ev);
	message_list_clear(&rows);
}

static void look_what_is_due(struct runtime *r, const struct effect *e)
{
	struct event ev = {.type = EV_DUE};
	struct due_list due;
	enum err err;

	if (r->read_error != OK)
		return;
	err = store_due(r->store, e->due_ms, &due);
	if (err != OK) {
		r->read_error = err;
		return;
	}
	ev.due.rows = due.rows;
	ev.due.count = due.count;
	ev.due.next_ms = due.next_ms;
	ev.due.sweep = due.sweep;
	step(r, &ev);
}

/* The node says no more of it: what follows from the row is done here. */
static void forget_if_over(struct runtime *r, const struct effect *e)
{
	const struct runtime_ports *p = &r->ports;

	switch (e->request.state) {
	case REQUEST_QUEUED:
	case REQUEST_WAITING: break;
	case REQUEST_ACCEPTED:
	case REQUEST_EXPIRED:
	case REQUEST_FAILED:
	case REQUEST_PENDING:
	case REQUEST_REJECTED: p->forget(p->ctx, e->request.id); break;
	}
}

static void forget_blob_if_over(struct runtime *r, const struct effect *e)
{
	const struct runtime_ports *p = &r->ports;

	switch (e->file.state) {
	case FILE_UPLOADING:
	case FILE_READY:
	case FILE_OFFERED:
	case FILE_RUNNING:
	case FILE_PAUSED: break;
	case FILE_DONE:
	case FILE_FAILED:
	case FILE_CANCELLED: p->forget_blob(p->ctx, e->file.id); break;
	}
}

static void carry_out(struct runtime *r, const struct effect *e)
{
	const struct runtime_ports *p = &r->ports;

	switch (e->type) {
	case FX_SEND: p->send(p->ctx, e->send.link, e->send.bytes); break;
	case FX_HANGUP: p->hangup(p->ctx, e->hangup); break;
	case FX_DIAL: p->dial(p->ctx, e); break;
	case FX_PUBLISH: p->publish(p->ctx, e); break;
	case FX_UNPUBLISH: p->unpublish(p->ctx, e->unpublish); break;
	case FX_PAUSE: p->pause(p->ctx, e->pause, true); break;
	case FX_RESUME: p->pause(p->ctx, e->pause, false); break;
	case FX_FETCH: fetch(r, e); break;
	case FX_DUE: look_what_is_due(r, e); break;
	case FX_STAMP: p->stamp(p->ctx, e); break;
	case FX_TYPING:
		p->typing(p->ctx, e->typing.contact_id, e->typing.on);
		break;
	case FX_REPLY: p->reply(p->ctx, e->reply.cmd, e->reply.err); break;
	case FX_PRESENCE:
		p->presence(p->ctx, e->presence.contact_id, e->presence.online);
		break;
	case FX_SAVE_CONTACT:
		if (e->contact.blocked)
			p->forget(p->ctx, e->contact.id);
		break;
	case FX_DELETE_CONTACT:
	case FX_DELETE_REQUEST: p->forget(p->ctx, e->target); break;
	case FX_SAVE_REQUEST: forget_if_over(r, e); break;
	case FX_SAVE_COUNTERS:
	case FX_SAVE_INVITE:
	case FX_DELETE_INVITE:
	case FX_SAVE_MESSAGE:
	case FX_SAVE_STATE:
	case FX_SAVE_READ:
	case FX_SAVE_CHANGE:
	case FX_SAVE_ERASE:
	case FX_SAVE_ERASE_ALL:
	case FX_SAVE_SWEEP:
	case FX_SAVE_CONVERSATION:
	case FX_SAVE_SELF: break; /* done by the commit */
	case FX_SAVE_FILE: forget_blob_if_over(r, e); break;
	case FX_DELETE_FILE: p->forget_blob(p->ctx, e->target); break;
	case FX_BLOB: p->blob(p->ctx, e); break;
	case FX_PROGRESS:
		p->progress(p->ctx, e->progress.file_id, e->progress.done,
			    e->progress.bytes_per_s);
		break;
	case FX_NEW_CIRCUITS: p->new_circuits(p->ctx); break;
	case FX_SELF_TEST: break; /* it is in the tally */
	case FX_REACH: p->reach_changed(p->ctx); break;
	}
}

static enum err apply_saves(struct runtime *r, const struct effects *fx)
{
	uint64_t wall_ms = clock_wall_ms();
	size_t i;

	for (i = 0; i < fx->count; i++) {
		enum err e = OK;

		if (effect_is_save(&fx->list[i]))
			e = store_apply(r->store, &fx->list[i], wall_ms);
		if (e != OK)
			return e;
	}
	return OK;
}

static bool has_save(const struct effects *fx, bool with_journal)
{
	size_t i;

	for (i = 0; i < fx->count; i++)
		if (effect_is_save(&fx->list[i]) &&
		    (!with_journal || fx->list[i].journal != JOURNAL_NONE))
			return true;
	return false;
}

static enum err save(struct runtime *r, const struct effects *fx)
{
	enum err e = store_begin(r->store);

	if (e == OK)
		e = apply_saves(r, fx);
	if (e == OK)
		return store_commit(r->store);
	store_rollback(r->store);
	return e;
}

static enum err commit(struct runtime *r, const struct effects *fx)
{
	struct tally *t = r->ports.tally;
	uint64_t since_us = clock_mono_us();
	bool is_save = has_save(fx, false);
	enum err e = is_save ? save(r, fx) : OK;
	size_t i;

	if (!t || e != OK)
		return e;
	if (is_save)
		histogram_add(&t->commits, clock_mono_us() - since_us);
	for (i = 0; i < fx->count; i++)
		tally_effect(t, &fx->list[i]);
	return OK;
}

static void refuse(struct runtime *r, const struct effects *fx, enum err e)
{
	size_t i;

	for (i = 0; i < fx->count; i++)
		if (fx->list[i].type == FX_REPLY)
			r->ports.reply(r->ports.ctx, fx->list[i].reply.cmd, e);
}

/* ARCHITECTURE: the node is only as good as the last commit.  fx is what
 * will not be carried out. */
static void start_over(struct runtime *r, const struct effects *fx, enum err e)
{
	log_error("the database failed (%s): links dropped, state read again",
		  err_str(e));
	node_free(r->node);
	r->node = NULL;
	r->ports.drop_all(r->ports.ctx);
	refuse(r, fx, e);
	if (e == ERR_CORRUPT) {
		r->broken = true;
		timer_set_ms(r->timer, TIMER_NEVER);
		r->ports.broken(r->ports.ctx, e);
	}
}

static void carry_out_all(struct runtime *r, const struct effects *fx)
{
	struct effects lost;
	enum err e;
	size_t i;

	for (i = 0; i < fx->count; i++)
		carry_out(r, &fx->list[i]);
	if (has_save(fx, true))
		r->ports.journal_advanced(r->ports.ctx);
	e = r->read_error;
	if (e == OK)
		return;
	r->read_error = OK;
	lost = r->pending;
	effects_init(&r->pending);
	start_over(r, &lost, e);
	effects_clear(&lost);
}

static void index_soon(struct runtime *r)
{
	if (store_index_is_due(r->store))
		timer_set_ms(r->index_timer, clock_mono_ms() + INDEX_WAIT_MS);
}

/* What cannot be read now is tried again after the next commit. */
static void on_index(void *ctx)
{
	struct runtime *r = ctx;
	enum err e = store_index_step(r->store);

	if (e == OK)
		index_soon(r);
	else
		log_warn("messages could not be read for the index: %s",
			 err_str(e));
}

static void flush_once(struct runtime *r)
{
	struct effects fx = r->pending;
	enum err e;

	effects_init(&r->pending);
	e = commit(r, &fx);
	if (e == OK)
		carry_out_all(r, &fx);
	else
		start_over(r, &fx, e);
	effects_clear(&fx);
}

/* Carrying out may step the node (EV_FETCHED) or call us again through a
 * port; the loop takes that in, in order. */
static void flush(struct runtime *r)
{
	if (r->flushing)
		return;
	r->flushing = true;
	while (r->pending.count > 0 && r->node)
		flush_once(r);
	r->flushing = false;
	if (r->broken)
		return;
	arm_timer(r);
	index_soon(r);
}

static void on_flush(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	flush(ctx);
}

static void after_step(struct runtime *r)
{
	if (r->pending.count >= BATCH_MAX)
		flush(r);
	else if (r->pending.count > 0)
		event_active(r->flush_event, EV_TIMEOUT, 0);
	else
		arm_timer(r);
}

static void reload(struct runtime *r)
{
	enum err e = load(r);

	if (e == OK) {
		log_info("the database is usable again");
	} else if (e == ERR_CORRUPT) {
		r->broken = true;
		r->ports.broken(r->ports.ctx, e);
		return;
	}
	after_step(r);
}

static void on_timer(void *ctx)
{
	struct runtime *r = ctx;
	struct event tick = {.type = EV_TICK};

	if (r->broken)
		return;
	if (r->node)
		runtime_step(r, &tick);
	else
		reload(r);
}

enum err runtime_new(struct event_base *base, const struct runtime_ports *ports,
		     struct store *store, const struct node_config *config,
		     bool transport_ready, struct runtime **out)
{
	struct runtime *r = xcalloc(1, sizeof(*r));
	enum err e;

	r->base = base;
	r->ports = *ports;
	r->config = *config;
	r->store = store;
	r->transport_ready = transport_ready;
	effects_init(&r->pending);
	r->flush_event = event_new(base, -1, 0, on_flush, r);
	event_priority_set(r->flush_event, FLUSH_PRIORITY);
	r->timer = timer_new(base, on_timer, r);
	r->index_timer = timer_new(base, on_index, r);
	e = load(r);
	if (e != OK) {
		runtime_free(r);
		return e;
	}
	after_step(r);
	index_soon(r);
	*out = r;
	return OK;
}

void runtime_free(struct runtime *r)
{
	if (!r)
		return;
	if (r->node && commit(r, &r->pending) != OK)
		log_warn("the last changes could not be written");
	effects_clear(&r->pending);
	node_free(r->node);
	event_free(r->flush_event);
	timer_free(r->timer);
	timer_free(r->index_timer);
	store_close(r->store);
	free(r);
}

void runtime_step(struct runtime *r, struct event *ev)
{
	if (ev->type == EV_TRANSPORT)
		r->transport_ready = ev->transport_ready;
	else if (ev->type == EV_BLOB && r->ports.tally)
		tally_blob(r->ports.tally, ev);
	if (r->node) {
		step(r, ev);
		after_step(r);
	} else if (ev->cmd) {
		r->ports.reply(r->ports.ctx, ev->cmd, ERR_IO);
	}
}

bool runtime_is_online(const struct runtime *r, struct uid contact_id)
{
	return r->node && node_is_online(r->node, contact_id);
}

size_t runtime_count_services(const struct runtime *r)
{
	return r->node ? node_count_services(r->node) : 0;
}

size_t runtime_count_online(const struct runtime *r)
{
	return r->node ? node_count_online(r->node) : 0;
}

uint64_t runtime_count_queue(const struct runtime *r)
{
	return r->node ? node_count_queue(r->node) : 0;
}

bool runtime_probes(const struct runtime *r, struct probe_report *out)
{
	if (r->node && r->config.self_test)
		node_probes(r->node, out);
	return r->node && r->config.self_test;
}

bool runtime_is_loaded(const struct runtime *r)
{
	return r->node != NULL;
}

void runtime_set_name(struct runtime *r, const struct label *name)
{
	r->config.name = *name;
	if (r->node)
		node_set_name(r->node, name);
}

void runtime_set_limits(struct runtime *r, const struct limits *limits,
			const struct file_limits *files)
{
	if (r->node)
		node_set_limits(r->node, limits);
	store_set_file_limits(r->store, files);
}

struct store *runtime_store(struct runtime *r)
{
	return r->store;
}
