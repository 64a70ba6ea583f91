/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api_kit.h"
#include "api_world.h"
#include "check.h"

static void on_measure(void *ctx, struct api_measures *out)
{
	*out = ((struct world *)ctx)->measures;
}

static void on_settings(void *ctx, struct api_settings *out)
{
	*out = ((struct world *)ctx)->settings;
}

static enum err on_set_settings(void *ctx, const struct api_settings *s)
{
	struct world *w = ctx;

	if (w->fails)
		return w->fails;
	w->settings = *s;
	if (!s->has_log_level)
		w->settings.log_level = LOG_LEVEL_INFO;
	if (!s->has_auto_lock_minutes)
		w->settings.auto_lock_minutes = 0;
	for (size_t i = 0; i < PEOPLE_MAX; i++)
		if (w->people[i].user.auto_lock_minutes == KEYFILE_AS_SET)
			w->people[i].user.lock_after_minutes =
			    w->settings.auto_lock_minutes;
	return OK;
}

static void on_duress(void *ctx, uint64_t ticket, struct uid id,
		      struct bytes passphrase, struct bytes duress)
{
	struct world *w = ctx;
	struct pending *p = world_add(w, ticket, id);

	if (!bytes_equal(passphrase, bytes_of(PASSPHRASE, strlen(PASSPHRASE))))
		p->result = ERR_AUTH;
	else if (bytes_equal(passphrase, duress))
		p->result = ERR_EXISTS;
	else
		snprintf(w->duress.s, sizeof(w->duress.s), "%.*s",
			 (int)duress.n, duress.p ? (const char *)duress.p : "");
	world_settle(w);
}

static enum err on_patch(void *ctx, struct uid id, const struct label *name,
			 const uint32_t *auto_lock_minutes)
{
	struct world *w = ctx;
	struct api_user *u = &world_find(w, id)->user;

	if (w->fails)
		return w->fails;
	if (name)
		u->name = *name;
	if (auto_lock_minutes)
		u->auto_lock_minutes = *auto_lock_minutes;
	u->lock_after_minutes = u->auto_lock_minutes == KEYFILE_AS_SET
				    ? w->settings.auto_lock_minutes
				    : u->auto_lock_minutes;
	return OK;
}

static enum err on_circuits(void *ctx)
{
	struct world *w = ctx;

	if (w->tor.state != API_TOR_READY)
		return ERR_CLOSED;
	w->circuits_count++;
	return OK;
}

static void on_bridges(void *ctx, struct api_bridges *out)
{
	struct world *w = ctx;

	out->use = w->use_bridges;
	out->count = w->has_bridges;
	out->lines[0] = bytes_of(w->bridge, strlen(w->bridge));
	out->transport_count = 1;
	out->transports[0] = bytes_of("obfs4", 5);
}

static const char *on_bridge_check(void *ctx, struct bytes line)
{
	(void)ctx;
	return line.n > 0 && line.n < sizeof(((struct world *)0)->bridge) &&
		       line.p[0] != '!'
		   ? NULL
		   : "no bridge";
}

static void on_set_bridges(void *ctx, uint64_t ticket,
			   const struct api_bridges *b)
{
	struct world *w = ctx;

	w->use_bridges = b->use;
	w->has_bridges = b->count > 0;
	if (b->count > 0)
		snprintf(w->bridge, sizeof(w->bridge), "%.*s",
			 (int)b->lines[0].n, (const char *)b->lines[0].p);
	world_add(w, ticket, kit_uid('u', 1));
	world_settle(w);
}

void world_admin_ports(struct api_ports *out)
{
	out->user_duress = on_duress;
	out->user_patch = on_patch;
	out->measure = on_measure;
	out->settings = on_settings;
	out->set_settings = on_set_settings;
	out->new_circuits = on_circuits;
	out->bridges = on_bridges;
	out->bridge_check = on_bridge_check;
	out->set_bridges = on_set_bridges;
}
