/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "links.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "core/onion.h"
#include "net/listener.h"
#include "net/stream.h"
#include "net/timer.h"
#include "tor/control.h"
#include "tor/socks.h"
#include "util/clock.h"
#include "util/list.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/text.h"

/* The node has at most 256 KiB of messages in flight; what does not fit
 * into this much more is a peer that does not read. */
#define QUEUE_MAX_BYTES (1 << 20)
#define DIAL_LIMIT_MS	(120 * 1000)
#define VIRTUAL_PORT	1
/* A contact needs one stream, and one more while a session is renewed. */
#define STREAMS_MAX 8
/* Who knocks needs one. */
#define STREAMS_DOOR_MAX 2
#define RETRY_MS	 (30 * 1000)

struct service {
	struct list_node node;
	struct links *owner;
	uint64_t id; /* at the control port */
	struct service_id service;
	struct onion_seed onion;
	bool has_auth, is_tested;
	struct pubkey auth, test_auth;
	struct listener *listener; /* NULL: could not be set up yet */
};

/* Tor has been given a key to dial with. */
struct known {
	struct list_node node;
	struct uid peer;
	char onion[ONION_NAME + 1];
};

/* A stream, or a dial that will become one. */
struct link {
	struct list_node node;
	struct links *owner;
	uint64_t id;
	unsigned era; /* of links when it was made */
	struct stream *stream;
	struct dial *dial;
	bool is_test, has_auth;
	char onion[ONION_NAME + 1];
	char isolation[2 * UID_BYTES + 1];
};

struct links {
	struct links_net *net;
	struct links_ports ports;
	struct list services, links, known;
	struct timer *retry;
	uint64_t last_incoming; /* even numbers, see event.h */
	unsigned era;		/* counts links_cut_all() */
};

static struct link *find_link(struct links *l, uint64_t id)
{
	struct list_node *n;

	list_for_each (n, &l->links) {
		struct link *k = list_entry(n, struct link, node);

		if (k->id == id)
			return k;
	}
	return NULL;
}

static struct service *find_service(struct links *l, struct service_id id)
{
	struct list_node *n;

	list_for_each (n, &l->services) {
		struct service *s = list_entry(n, struct service, node);

		if (s->service.kind == id.kind &&
		    memcmp(&s->service.owner, &id.owner, sizeof(id.owner)) == 0)
			return s;
	}
	return NULL;
}

static struct link *link_new(struct links *l, uint64_t id)
{
	struct link *k = xcalloc(1, sizeof(*k));

	k->owner = l;
	k->id = id;
	k->era = l->era;
	list_put_last(&l->links, &k->node);
	return k;
}

static void cancel_asked(struct control *c, const struct link *k)
{
	control_cancel_client_auth(c, k);
	control_cancel_look_up(c, k);
}

static void link_free(struct link *k)
{
	list_take(&k->node);
	if (k->dial)
		socks_cancel(k->dial);
	else if (!k->stream)
		cancel_asked(k->owner->net->control, k);
	if (k->is_test && k->has_auth)
		control_remove_client_auth(k->owner->net->control, k->onion);
	stream_free(k->stream);
	free(k);
}

static void service_free(struct service *s)
{
	list_take(&s->node);
	control_unpublish(s->owner->net->control, s->id);
	listener_free(s->listener);
	xfree(s, sizeof(*s));
}

static void step_link(struct links *l, enum event_type type, uint64_t id)
{
	struct event ev = {.type = type};

	ev.link.id = id;
	l->ports.step(l->ports.ctx, &ev);
}

static void link_down(struct link *k)
{
	struct links *l = k->owner;
	uint64_t id = k->id;

	link_free(k);
	step_link(l, EV_LINK_DOWN, id);
}

static void on_stream(void *arg, struct stream *s, enum stream_event what,
		      struct bytes data)
{
	struct link *k = arg;
	struct event ev = {.type = EV_LINK_BYTES};

	(void)s;
	switch (what) {
	case STREAM_DATA:
		ev.link.id = k->id;
		ev.link.bytes = data;
		k->owner->ports.step(k->owner->ports.ctx, &ev);
		break;
	case STREAM_CLOSED:
	case STREAM_ERROR: link_down(k); break;
	case STREAM_DRAINED: step_link(k->owner, EV_LINK_DRAINED, k->id); break;
	case STREAM_CONNECTED:
	case STREAM_TIMEOUT: break; /* the node has its own limits */
	}
}

static void open_stream(struct link *k, int fd)
{
	const struct stream_handler h = {.fn = on_stream, .arg = k};

	k->stream = stream_new(k->owner->net->base, fd, h, QUEUE_MAX_BYTES);
}

static void on_accept(void *arg, int fd)
{
	struct service *s = arg;
	struct links *l = s->owner;
	struct event ev = {.type = EV_LINK_IN};
	struct link *k;

	l->last_incoming += 2;
	k = link_new(l, l->last_incoming);
	open_stream(k, fd);
	ev.link.id = k->id;
	ev.link.service = s->service;
	l->ports.step(l->ports.ctx, &ev);
}

static void dial_failed(struct link *k, enum dial_failure why)
{
	struct links *l = k->owner;
	struct event ev = {.type = EV_DIAL_FAILED};

	ev.link.id = k->id;
	ev.link.failure = why;
	link_free(k);
	l->ports.step(l->ports.ctx, &ev);
}

static enum dial_failure failure_of(enum dial_result r)
{
	if (r == DIAL_NO_TOR || r == DIAL_BROKEN)
		return FAILURE_NO_TOR;
	if (r == DIAL_NO_KEY || r == DIAL_WRONG_KEY || r == DIAL_REFUSED)
		return FAILURE_REFUSED;
	return FAILURE_UNREACHABLE;
}

static void on_dialled(void *arg, enum dial_result r, int fd)
{
	struct link *k = arg;

	k->dial = NULL;
	if (r != DIAL_OK) {
		log_debug("dial %s: %s", log_id(k->onion, ONION_NAME).s,
			  dial_result_str(r));
		/* Tor has lost it: it gets it again with the next dial. */
		if (r == DIAL_NO_KEY)
			control_remove_client_auth(k->owner->net->control,
						   k->onion);
		dial_failed(k, failure_of(r));
		return;
	}
	open_stream(k, fd);
	step_link(k->owner, EV_LINK_UP, k->id);
}

static void connect_to(struct link *k)
{
	const struct links_net *net = k->owner->net;
	const struct dial_handler h = {.fn = on_dialled, .arg = k};
	const struct socks_request req = {.onion = k->onion,
					  .port = VIRTUAL_PORT,
					  .user = "umbel",
					  .pass = k->isolation};

	k->dial = socks_dial(net->base, net->way, &req, DIAL_LIMIT_MS, h);
}

static void on_looked_up(void *arg, enum err e)
{
	if (e == OK)
		connect_to(arg);
	else
		dial_failed(arg, e == ERR_NOT_FOUND ? FAILURE_NO_DESCRIPTOR
						    : FAILURE_NO_TOR);
}

/* Tor has what it needs to know.  A test is not content with the descriptor
 * that tor may have kept: others have none. */
static void go(struct link *k)
{
	const struct lookup_handler h = {.done = on_looked_up, .arg = k};

	if (k->is_test)
		control_look_up(k->owner->net->control, k->onion, h);
	else
		connect_to(k);
}

static void on_client_auth(void *arg, enum err e)
{
	if (e == OK)
		go(arg);
	else
		dial_failed(arg, FAILURE_NO_TOR);
}

static struct known *find_known(struct links *l, const struct uid *peer)
{
	struct list_node *n;

	list_for_each (n, &l->known) {
		struct known *k = list_entry(n, struct known, node);

		if (uid_is_equal(&k->peer, peer))
			return k;
	}
	return NULL;
}

static void note_known(struct links *l, const struct uid *peer,
		       const char *onion)
{
	struct known *k = find_known(l, peer);

	if (!k) {
		k = xcalloc(1, sizeof(*k));
		k->peer = *peer;
		list_put_last(&l->known, &k->node);
	}
	memcpy(k->onion, onion, sizeof(k->onion));
}

static void forget(struct links *l, struct known *k)
{
	control_remove_client_auth(l->net->control, k->onion);
	list_take(&k->node);
	free(k);
}

void links_forget(struct links *l, struct uid peer)
{
	struct known *k = find_known(l, &peer);

	if (k)
		forget(l, k);
}

static enum err publish_at(struct service *s, const char *path)
{
	struct links_net *net = s->owner->net;
	const bool is_door = s->service.kind == SERVICE_DOOR;
	struct onion_service o = {.has_client = s->has_auth,
				  .has_test = s->is_tested,
				  .has_pow = is_door,
				  .max_streams =
				      is_door ? STREAMS_DOOR_MAX : STREAMS_MAX};
	struct onion_secret key;
	struct onion_pk pk;
	enum err err;

	onion_public(&s->onion, &pk);
	onion_name_encode(&pk, o.onion);
	onion_expand(&s->onion, &key);
	memcpy(o.key, key.b, sizeof(o.key));
	memcpy(o.client_pk, s->auth.b, sizeof(o.client_pk));
	memcpy(o.test_pk, s->test_auth.b, sizeof(o.test_pk));
	snprintf(o.target, sizeof(o.target), "%s", path);
	err = control_publish(net->control, s->id, &o);
	sodium_memzero(&key, sizeof(key));
	sodium_memzero(&o, sizeof(o));
	return err;
}

/* The listener first, so that tor finds it. */
static enum err set_up(struct service *s)
{
	struct links_net *net = s->owner->net;
	const struct listener_handler h = {.fn = on_accept, .arg = s};
	char *path = xasprintf("%s/%" PRIx64, net->cell_dir, s->id);
	enum err e;

	e = listener_new(net->base, path, net->socket_mode, h, &s->listener);
	if (e == OK)
		e = publish_at(s, path);
	free(path);
	if (e != OK) {
		listener_free(s->listener);
		s->listener = NULL;
		timer_set_ms(s->owner->retry,
			     clock_mono_ms() +
				 (net->retry_ms ? net->retry_ms : RETRY_MS));
	}
	return e;
}

static void on_retry(void *arg)
{
	struct links *l = arg;
	struct list_node *n;

	list_for_each (n, &l->services) {
		struct service *s = list_entry(n, struct service, node);

		if (!s->listener && set_up(s) == OK)
			log_info("an onion service has been set up after all");
	}
}

struct links *links_new(struct links_net *net, const struct links_ports *ports)
{
	struct links *l = xcalloc(1, sizeof(*l));

	l->net = net;
	l->ports = *ports;
	list_init(&l->services);
	list_init(&l->links);
	list_init(&l->known);
	l->retry = timer_new(net->base, on_retry, l);
	return l;
}

static struct link *find_older(struct links *l)
{
	struct list_node *n;

	list_for_each (n, &l->links) {
		struct link *k = list_entry(n, struct link, node);

		if (k->era != l->era)
			return k;
	}
	return NULL;
}

/* The node hears of each, and may dial again at once. */
void links_cut_all(struct links *l)
{
	struct link *k;

	l->era++;
	while ((k = find_older(l)))
		if (k->stream)
			link_down(k);
		else
			dial_failed(k, FAILURE_NO_TOR);
}

void links_drop_all(struct links *l)
{
	while (!list_is_empty(&l->links))
		link_free(list_entry(l->links.head.next, struct link, node));
	while (!list_is_empty(&l->services))
		service_free(
		    list_entry(l->services.head.next, struct service, node));
}

void links_free(struct links *l)
{
	if (!l)
		return;
	links_drop_all(l);
	while (!list_is_empty(&l->known))
		forget(l, list_entry(l->known.head.next, struct known, node));
	timer_free(l->retry);
	free(l);
}

void links_send(struct links *l, uint64_t link, struct bytes bytes)
{
	struct link *k = find_link(l, link);

	if (!k || !k->stream)
		return; /* it went down meanwhile, and the node knows */
	if (stream_write(k->stream, bytes) != OK)
		link_down(k);
	else if (stream_queued_bytes(k->stream) == 0)
		step_link(l, EV_LINK_DRAINED, link);
}

void links_pause(struct links *l, uint64_t link, bool paused)
{
	struct link *k = find_link(l, link);

	if (!k || !k->stream)
		return;
	if (paused)
		stream_pause(k->stream);
	else
		stream_resume(k->stream);
}

void links_hangup(struct links *l, uint64_t link)
{
	struct link *k = find_link(l, link);

	if (k)
		link_free(k);
}

void links_dial(struct links *l, const struct effect *dial)
{
	struct link *k = link_new(l, dial->dial.link);
	const struct client_auth_handler h = {.done = on_client_auth, .arg = k};

	onion_name_encode(&dial->dial.onion, k->onion);
	hex_encode(dial->dial.isolation.b, UID_BYTES, k->isolation);
	k->is_test = dial->dial.is_test;
	k->has_auth = dial->dial.has_auth;
	if (!k->has_auth) {
		go(k);
		return;
	}
	if (!k->is_test)
		note_known(l, &dial->dial.peer, k->onion);
	control_add_client_auth(l->net->control, k->onion, dial->dial.auth.b,
				h);
}

void links_publish(struct links *l, const struct effect *publish)
{
	struct service *s = find_service(l, publish->publish.service);
	enum err e;

	/* Tor went and came, as far as the node knows. */
	if (s && control_is_published(l->net->control, s->id))
		links_on_published(l, s->id);
	if (s)
		return;
	s = xcalloc(1, sizeof(*s));
	s->owner = l;
	s->id = ++l->net->last_service_id;
	s->service = publish->publish.service;
	s->onion = publish->publish.onion;
	s->has_auth = publish->publish.has_auth;
	s->auth = publish->publish.auth;
	s->is_tested = publish->publish.is_tested;
	s->test_auth = publish->publish.test_auth;
	list_put_last(&l->services, &s->node);
	e = set_up(s);
	if (e != OK)
		log_error("an onion service could not be set up (%s): it will "
			  "be tried again",
			  err_str(e));
}

void links_unpublish(struct links *l, struct service_id service)
{
	struct service *s = find_service(l, service);

	if (s)
		service_free(s);
}

bool links_on_published(struct links *l, uint64_t service_id)
{
	struct event ev = {.type = EV_PUBLISHED};
	struct list_node *n;

	list_for_each (n, &l->services) {
		struct service *s = list_entry(n, struct service, node);

		if (s->id != service_id)
			continue;
		ev.service = s->service;
		l->ports.step(l->ports.ctx, &ev);
		return true;
	}
	return false;
}

size_t links_count_published(const struct links *l)
{
	struct list_node *n;
	size_t count = 0;

	list_for_each (n, &l->services) {
		const struct service *s = list_entry(n, struct service, node);

		count += control_is_published(l->net->control, s->id);
	}
	return count;
}

bool links_door_is_published(const struct links *l)
{
	struct list_node *n;

	list_for_each (n, &l->services) {
		const struct service *s = list_entry(n, struct service, node);

		if (s->service.kind == SERVICE_DOOR)
			return control_is_published(l->net->control, s->id);
	}
	return false;
}
