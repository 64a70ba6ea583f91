/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bridges - the bridges that tor is to use, as somebody sets them over the
 * API: checked line by line, since they go into tor's configuration.
 *
 * A line may name a pluggable transport only if umbel.conf has made it known
 * to tor (a ClientTransportPlugin line in [tor] extra): a program to run is
 * never named here.  Pure, but for reading numeric addresses.
 */
#ifndef TOR_BRIDGES_H
#define TOR_BRIDGES_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/err.h"

enum {
	BRIDGES_MAX = 32,
	BRIDGE_LINE_MAX = 500,
	BRIDGES_TEXT_MAX = 16 + BRIDGES_MAX * (BRIDGE_LINE_MAX + 1),
	TRANSPORTS_MAX = 16,
	TRANSPORT_NAME_MAX = 31,
	TRANSPORTS_TEXT_MAX = TRANSPORTS_MAX * (TRANSPORT_NAME_MAX + 1),
};

struct transports {
	char names[TRANSPORTS_MAX][TRANSPORT_NAME_MAX + 1];
	size_t count;
};

struct bridges {
	bool use;
	size_t count; /* may be kept without being used */
	char lines[BRIDGES_MAX][BRIDGE_LINE_MAX + 1];
};

/* What the lines of tor's configuration make known; others than
 * ClientTransportPlugin are passed over, and so is what does not fit. */
void transports_read(struct bytes lines, struct transports *out);
/* The next program that lines of tor's configuration let it run as a
 * transport; false if there is none any more.  *lines goes behind it. */
bool transports_next_program(struct bytes *lines, struct bytes *path);
/* Names with a space between them; how many bytes, and the other way round:
 * what is no name is passed over. */
size_t transports_encode(const struct transports *t,
			 char out[TRANSPORTS_TEXT_MAX]);
void transports_decode(struct bytes text, struct transports *out);

/* "[TRANSPORT] ADDRESS:PORT [FINGERPRINT] [KEY=VALUE]...", without the word
 * Bridge; NULL if it is one, else what is wrong, in a few words. */
const char *bridge_check(struct bytes line, const struct transports *known);

/* The next line of a file as a person writes it, behind which *text goes:
 * without space around it and without the word Bridge; empty if it is a
 * comment. */
struct bytes bridge_take_line(struct bytes *text);

/* "use 1" or "use 0", and the lines, each with a line feed; how many bytes. */
size_t bridges_encode(const struct bridges *b, char out[BRIDGES_TEXT_MAX]);
/* ERR_SYNTAX, and *why says what is wrong, for anything that bridges_encode()
 * would not write, or with a line that is not right. */
enum err bridges_decode(struct bytes text, const struct transports *known,
			struct bridges *out, const char **why) MUST_CHECK;

#endif
