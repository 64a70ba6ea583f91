/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * way - to tor, for those who may not connect() themselves: somebody else
 * makes the connection and hands it over.
 */
#ifndef NET_WAY_H
#define NET_WAY_H

#include "util/err.h"

/* The letters that go over the channel to the broker. */
enum way_to {
	WAY_CONTROL = 'c',
	WAY_SOCKS = 's',
};

struct way {
	/* fd, which stays the caller's, is one end of a pair: to the other
	 * comes one byte and with it the connection, or its end.  Any error:
	 * nobody can be asked. */
	enum err (*ask)(void *arg, enum way_to to, int fd);
	void *arg;
};

#endif
