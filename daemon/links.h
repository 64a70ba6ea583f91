/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * links - one user's connections: the onion services that lead to him and
 * the streams in both directions.
 *
 * Carries out the network effects of a node and turns what happens on the
 * network into its events.  Knows streams, SOCKS and the control port, but
 * no protocol: bytes go through as they are.
 */
#ifndef DAEMON_LINKS_H
#define DAEMON_LINKS_H

#include <sys/types.h>

#include "core/effect.h"
#include "net/way.h"

struct control;
struct event_base;
struct links;

/* What all users share. */
struct links_net {
	struct event_base *base;
	struct control *control;
	struct way way;		  /* to tor */
	const char *cell_dir;	  /* RUN/c: where the services' sockets are */
	mode_t socket_mode;	  /* 0600; 0666: its folder says who comes */
	uint64_t last_service_id; /* counts up */
	/* 0: 30 s; then a service that could not be set up, for want of
	 * descriptors perhaps, is tried again. */
	uint64_t retry_ms;
};

struct links_ports {
	void *ctx;
	void (*step)(void *ctx, struct event *ev);
};

struct links *links_new(struct links_net *net, const struct links_ports *ports);
/* Closes every stream and takes every service down, without events; tor
 * forgets every key. */
void links_free(struct links *l);
/* Every stream ends, and every dial fails; the services stay. */
void links_cut_all(struct links *l);
/* Streams and services alone, and goes on. */
void links_drop_all(struct links *l);

void links_send(struct links *l, uint64_t link, struct bytes bytes);
void links_hangup(struct links *l, uint64_t link);
void links_dial(struct links *l, const struct effect *dial);
void links_publish(struct links *l, const struct effect *publish);
void links_unpublish(struct links *l, struct service_id service);
void links_pause(struct links *l, uint64_t link, bool paused);
/* Makes tor forget the key that the last dial to that peer needed. */
void links_forget(struct links *l, struct uid peer);

/* From the control port; false if the service is none of this user's. */
bool links_on_published(struct links *l, uint64_t service_id);
/* Services that tor has published. */
size_t links_count_published(const struct links *l);
/* Can strangers reach the user? */
bool links_door_is_published(const struct links *l);

#endif
