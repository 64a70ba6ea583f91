/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * qr - a text as a QR code: as a picture, or as half blocks for a terminal.
 *
 * libqrencode decides which modules are dark; drawing them is done here.
 * Error correction M, a quiet zone of QR_QUIET modules; text in upper case
 * takes a smaller code.  The same text gives the same bytes.
 */
#ifndef UTIL_QR_H
#define UTIL_QR_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/err.h"

enum { QR_TEXT_MAX = 512, QR_QUIET = 4 };

/* Both append to out, all or nothing.  ERR_RANGE: the text is empty or longer
 * than QR_TEXT_MAX bytes; ERR_SYNTAX: it is not one line of UTF-8; ERR_FULL:
 * no memory, or no room in out. */

/* An SVG of one path, black on white, which refers to nothing outside. */
enum err qr_svg(const char *text, struct buf *out) MUST_CHECK;
/* Lines of UTF-8, each two rows of modules.  Light modules are what is drawn:
 * right where text is light on dark.  colour: set black and white by escapes,
 * which makes it right on every terminal. */
enum err qr_blocks(const char *text, bool colour, struct buf *out) MUST_CHECK;

#endif
