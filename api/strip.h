/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * strip - takes out of a JPEG or PNG, as it passes, what is not the picture.
 *
 * What stays: image data, JFIF, ICC, Adobe's colour transform, and of EXIF
 * which way is up.  What goes: place, time, camera, thumbnails, comments, XMP,
 * anything unknown, and whatever follows the picture.  Pixels are copied,
 * never decoded.  Pure; holds one segment of 64 KiB at most.
 */
#ifndef API_STRIP_H
#define API_STRIP_H

#include <stdbool.h>

#include "api/strip_kind.h"

/* Is this the beginning of one?  STRIP_MAGIC_BYTES are enough. */
bool strip_find(struct bytes start, enum strip_kind *kind);

struct strip;

struct strip *strip_new(enum strip_kind kind, strip_out_fn *out, void *ctx);
/* The next bytes of the file, from its first on.  ERR_SYNTAX: it is built
 * otherwise than such a file may be, so nothing is sure.  Where the file ends
 * too early, so does the result. */
enum err strip_put(struct strip *s, struct bytes in) MUST_CHECK;
void strip_free(struct strip *s);

#endif
