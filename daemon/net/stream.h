/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stream - one unix stream connection, told as six events.
 *
 * Bytes are received into one buffer shared by all streams and handed over
 * as a view, so that an idle or hostile connection costs no read buffer.
 * What cannot be sent at once waits in a queue with a cap.  Callbacks come
 * from the loop only, never from inside a call to this module, and may free
 * the stream.
 */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "net/way.h"
#include "util/buf.h"
#include "util/err.h"

struct event_base;
struct stream;

enum stream_event {
	STREAM_CONNECTED, /* of stream_connect(): it may be written to */
	STREAM_DATA,	  /* data: valid until the callback returns */
	STREAM_DRAINED,	  /* the queue of unsent bytes has become empty */
	STREAM_TIMEOUT,	  /* the deadline has passed; the stream goes on */
	STREAM_CLOSED,	  /* the other side is gone; nothing follows */
	STREAM_ERROR,	  /* the system refused (errno); nothing follows */
};

struct stream_handler {
	void (*fn)(void *arg, struct stream *s, enum stream_event ev,
		   struct bytes data);
	void *arg;
};

/* Wraps a connected socket, made non-blocking here, and starts to read.
 * queue_max: cap in bytes of what waits to be sent. */
struct stream *stream_new(struct event_base *base, int fd OWNED,
			  struct stream_handler h, size_t queue_max);

/* Has a connection made.  That it cannot be is told by STREAM_CLOSED before
 * any STREAM_CONNECTED.  ERR_IO if there are no descriptors, else what asking
 * the way came to. */
enum err stream_connect(struct event_base *base, struct way way, enum way_to to,
			struct stream_handler h, size_t queue_max,
			struct stream **out) MUST_CHECK;

/* Closes the socket; unsent bytes are wiped and lost.  NULL is fine. */
void stream_free(struct stream *s);
/* Frees the stream and hands its socket to the caller; nothing may be
 * waiting to be sent. */
int stream_take_fd(struct stream *s OWNED);

/* Sends or queues all of it.  ERR_FULL if it does not fit into the queue
 * (nothing is taken), ERR_CLOSED if the other side is gone; STREAM_CLOSED
 * follows from the loop. */
enum err stream_write(struct stream *s, struct bytes data) MUST_CHECK;
/* Bytes that wait to be sent. */
size_t stream_queued_bytes(const struct stream *s);
/* How many more bytes stream_write() would take for sure. */
size_t stream_room_bytes(const struct stream *s);

/* At most n bytes in one STREAM_DATA, 1 <= n; 0: back to the default of
 * 16 KiB.  What is not read stays with the kernel. */
void stream_set_read_max(struct stream *s, size_t n);
/* While reading is paused, a close by the other side may go unnoticed. */
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);

/* Absolute, on clock_mono_ms(); UINT64_MAX: none. */
void stream_set_deadline_ms(struct stream *s, uint64_t deadline_ms);

#endif
