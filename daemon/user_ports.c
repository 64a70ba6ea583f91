/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "user_ports.h"

#include "blobs.h"
#include "last_event.h"
#include "stamps.h"
#include "users_inside.h"

void user_set_state(struct user *u, enum user_state state, const char *failure)
{
	u->state = state;
	u->failure = failure;
	u->all->ports.state_changed(u->all->ports.ctx, u);
}

void user_tell_emptied(struct user *u)
{
	const struct users_ports *p = &u->all->ports;

	if (p->emptied)
		p->emptied(p->ctx, u);
}

/* Ports of the runtime and of the links: both know only their user. */

static void on_send(void *ctx, uint64_t link, struct bytes bytes)
{
	links_send(((struct user *)ctx)->links, link, bytes);
}

static void on_hangup(void *ctx, uint64_t link)
{
	struct user *u = ctx;

	stamps_cancel(u->all->stamps, u, link);
	links_hangup(u->links, link);
}

static void on_dial(void *ctx, const struct effect *dial)
{
	links_dial(((struct user *)ctx)->links, dial);
}

static void on_publish(void *ctx, const struct effect *publish)
{
	links_publish(((struct user *)ctx)->links, publish);
}

static void on_unpublish(void *ctx, struct service_id service)
{
	links_unpublish(((struct user *)ctx)->links, service);
}

static void on_pause(void *ctx, uint64_t link, bool paused)
{
	links_pause(((struct user *)ctx)->links, link, paused);
}

static void on_stamped(void *ctx, uint64_t link, uint64_t counter)
{
	struct event ev = {.type = EV_STAMPED};

	ev.link.id = link;
	ev.link.counter = counter;
	runtime_step(((struct user *)ctx)->runtime, &ev);
}

static void on_stamp(void *ctx, const struct effect *stamp)
{
	struct user *u = ctx;
	const struct stamp_owner owner = {.ctx = u, .found = on_stamped};

	stamps_search(u->all->stamps, owner, stamp);
}

static void on_forget(void *ctx, struct uid peer)
{
	links_forget(((struct user *)ctx)->links, peer);
}

static void on_drop_all(void *ctx)
{
	struct user *u = ctx;

	stamps_cancel_all(u->all->stamps, u);
	links_drop_all(u->links);
	blobs_drop_all(u->blobs);
}

static void on_reply(void *ctx, uint64_t cmd, enum err e)
{
	const struct users_ports *p = &((struct user *)ctx)->all->ports;

	p->done(p->ctx, cmd, e);
}

static void on_journal(void *ctx)
{
	struct user *u = ctx;

	last_event_keep(u->last_event);
	u->all->ports.journal_advanced(u->all->ports.ctx, u);
}

static void on_presence(void *ctx, struct uid contact_id, bool online)
{
	struct user *u = ctx;

	u->all->ports.presence(u->all->ports.ctx, u, contact_id, online);
}

static void on_typing(void *ctx, struct uid contact_id, bool on)
{
	struct user *u = ctx;

	u->all->ports.typing(u->all->ports.ctx, u, contact_id, on);
}

static void on_blob(void *ctx, const struct effect *blob)
{
	blobs_do(((struct user *)ctx)->blobs, blob);
}

static void on_forget_blob(void *ctx, struct uid file_id)
{
	blobs_forget(((struct user *)ctx)->blobs, file_id);
}

static void on_progress(void *ctx, struct uid file_id, uint64_t done_bytes,
			uint64_t bytes_per_s)
{
	struct user *u = ctx;
	const struct users_ports *p = &u->all->ports;

	if (p->progress)
		p->progress(p->ctx, u, file_id, done_bytes, bytes_per_s);
}

static void on_blob_event(void *ctx, struct event *ev)
{
	runtime_step(((struct user *)ctx)->runtime, ev);
}

static void on_new_circuits(void *ctx)
{
	const struct users_ports *p = &((struct user *)ctx)->all->ports;

	if (p->new_circuits)
		p->new_circuits(p->ctx);
}

static void on_reach(void *ctx)
{
	struct user *u = ctx;
	const struct users_ports *p = &u->all->ports;

	if (p->reach_changed)
		p->reach_changed(p->ctx, u);
}

static void on_broken(void *ctx, enum err e)
{
	(void)e;
	user_set_state(ctx, USER_FAILED, "the database is damaged");
}

static void on_link_event(void *ctx, struct event *ev)
{
	struct user *u = ctx;

	if (ev->type == EV_LINK_DOWN)
		stamps_cancel(u->all->stamps, u, ev->link.id);
	/* A commit that failed may leave events of links on their way. */
	if (u->runtime)
		runtime_step(u->runtime, ev);
}

static const struct runtime_ports runtime_ports = {
    .send = on_send,
    .hangup = on_hangup,
    .dial = on_dial,
    .publish = on_publish,
    .unpublish = on_unpublish,
    .pause = on_pause,
    .stamp = on_stamp,
    .forget = on_forget,
    .drop_all = on_drop_all,
    .reply = on_reply,
    .journal_advanced = on_journal,
    .presence = on_presence,
    .typing = on_typing,
    .blob = on_blob,
    .forget_blob = on_forget_blob,
    .progress = on_progress,
    .new_circuits = on_new_circuits,
    .reach_changed = on_reach,
    .broken = on_broken,
};

enum err user_start(struct user *u, struct store *store OWNED)
{
	struct users *us = u->all;
	struct runtime_ports rp = runtime_ports;
	const struct links_ports lp = {.ctx = u, .step = on_link_event};
	const struct blobs_owner bo = {
	    .store = store, .ctx = u, .step = on_blob_event};
	const struct node_config nc = {.name = u->kf.name,
				       .limits = us->config.limits,
				       .self_test = us->config.self_test};
	enum err e;

	rp.ctx = u;
	rp.tally = &us->tally;
	store_set_file_limits(store, &us->config.file_limits);
	u->links = links_new(us->config.net, &lp);
	u->blobs = blobs_add(us->blobs, &bo);
	e = runtime_new(us->config.base, &rp, store, &nc, us->transport_ready,
			&u->runtime);
	if (e != OK) {
		links_free(u->links);
		u->links = NULL;
		blobs_remove(u->blobs);
		u->blobs = NULL;
	}
	return e;
}
