/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * poster - HTTP for umbel-webhooks: one POST for each parcel, to this machine
 * only.
 *
 * libcurl does it, without names, proxies, redirects, cookies or any file.
 * Whatever address it is about to connect to is looked at once more.  Of an
 * answer only its status counts; one that is long or slow is not waited for.
 */
#ifndef DAEMON_POSTER_H
#define DAEMON_POSTER_H

#include <stdbool.h>

#include "api/parcel.h"

struct poster;

typedef void poster_end_fn(void *ctx, uint64_t id, enum parcel_end end,
			   unsigned code);

/* NULL if libcurl cannot be used.  Call it before the sandbox closes. */
struct poster *poster_new(poster_end_fn *fn, void *ctx);
void poster_free(struct poster *p);

/* ERR_FULL: too many at once; ERR_RANGE, ERR_SYNTAX: no address of a webhook.
 */
enum err poster_post(struct poster *p, const struct parcel *parcel) MUST_CHECK;
/* Nobody waits for this one, or (0) for any. */
void poster_drop(struct poster *p, uint64_t id);

/* Waits until something can be done, or until one of these descriptors can be
 * read (-1: none), and does it. */
struct poster_wait {
	int fd;
	bool is_ready;
};
void poster_turn(struct poster *p, struct poster_wait *waits, size_t count);

#endif
