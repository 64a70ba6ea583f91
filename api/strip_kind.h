/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * strip_kind - the words of strip.h.
 */
#ifndef API_STRIP_KIND_H
#define API_STRIP_KIND_H

#include "util/buf.h"
#include "util/err.h"

enum strip_kind { STRIP_JPEG, STRIP_PNG };

enum { STRIP_MAGIC_BYTES = 8 };

/* Takes what stays; its error ends strip_put(). */
typedef enum err strip_out_fn(void *ctx, struct bytes b);

#endif
