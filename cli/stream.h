/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stream - text/event-stream, taken apart as it comes.
 */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"

#define STREAM_ID_BYTES	  64
#define STREAM_TYPE_BYTES 64
#define STREAM_LINE_BYTES (4 << 20)

struct stream {
	void *ctx;
	/* One event, id "" if it has none; false: it is enough. */
	bool (*take)(void *ctx, const char *type, const char *id,
		     const char *data);
	struct buf line, data;
	char type[STREAM_TYPE_BYTES], id[STREAM_ID_BYTES];
};

void stream_init(struct stream *s, void *ctx,
		 bool (*take)(void *ctx, const char *type, const char *id,
			      const char *data));
/* The next bytes of it; false: it was enough, or is no such stream. */
bool stream_feed(struct stream *s, const char *p, size_t n);
/* It begins anew: what was half there is forgotten. */
void stream_restart(struct stream *s);
void stream_clear(struct stream *s);

#endif
