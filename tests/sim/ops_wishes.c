/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What people do about those who are not their contacts yet.
 */
#include "core/onion.h"
#include "tests/sim/world.h"

static void draw(struct world *w, struct uid *out)
{
	rng_bytes(&w->rng, out->b, sizeof(out->b));
}

static enum err command(struct world *w, int host, struct event *ev)
{
	ev->cmd = 4;
	w->hosts[host].last_reply = ERR_IO;
	host_event(w, host, ev);
	return w->hosts[host].last_reply;
}

enum err world_knock(struct world *w, int host, int other)
{
	struct event ev = {.type = EV_CMD_KNOCK};

	draw(w, &ev.knock.request_id);
	draw(w, &ev.knock.client_id);
	draw(w, &ev.knock.invite_id);
	onion_public(&w->hosts[other].disk->self.door, &ev.knock.door);
	strcpy(ev.knock.alias.s, "the one I asked");
	strcpy(ev.knock.text.s, "It is me.");
	return command(w, host, &ev);
}

enum err world_introduce(struct world *w, int host, int a, int b)
{
	struct event ev = {.type = EV_CMD_INTRODUCE};
	const struct contact_row *x = world_contact(w, host, a);
	const struct contact_row *y = world_contact(w, host, b);

	if (!x || !y)
		return ERR_NOT_FOUND;
	ev.introduce.contact_id[0] = x->id;
	ev.introduce.contact_id[1] = y->id;
	return command(w, host, &ev);
}

enum err world_decide(struct world *w, int host, enum event_type what,
		      const struct uid *request)
{
	struct event ev = {.type = what};

	if (what == EV_CMD_REQUEST_ACCEPT) {
		ev.request_accept.request_id = *request;
		draw(w, &ev.request_accept.invite_id);
		strcpy(ev.request_accept.alias.s, "the one who asked");
	} else {
		ev.target = *request;
	}
	return command(w, host, &ev);
}

enum err world_self_set(struct world *w, int host,
			const struct cmd_self_set *cmd)
{
	struct event ev = {.type = EV_CMD_SELF_SET, .self_set = *cmd};

	return command(w, host, &ev);
}

const struct request_row *world_request(struct world *w, int host,
					enum request_origin origin)
{
	const struct disk *d = w->hosts[host].disk;
	size_t i;

	for (i = d->request_count; i-- > 0;)
		if (d->requests[i].origin == origin)
			return &d->requests[i];
	return NULL;
}
