/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * control_proto - tor's control protocol (control-spec), as bytes: replies
 * out of a stream, words out of a line, commands into a buffer.
 *
 * Pure.  Everything from tor is taken for hostile: lines, counts and sizes
 * have hard limits, and what breaks the grammar is an error, for which the
 * connection is to be dropped.
 */
#ifndef TOR_CONTROL_PROTO_H
#define TOR_CONTROL_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"
#include "util/err.h"

#define CONTROL_LINE_MAX	16384 /* bytes, without CRLF */
#define CONTROL_LINE_COUNT_MAX	1000  /* of one reply, data lines included */
#define CONTROL_REPLY_BYTES_MAX (1u << 20)

/* Codes that come unasked. */
#define CONTROL_CODE_EVENT 650

struct control_line {
	struct bytes text; /* behind the separator */
	struct bytes data; /* of a "+" line: lines ended by \n, unescaped */
};

struct control_reply {
	int code;
	size_t count; /* at least 1 */
	const struct control_line *lines;
};

/* Collects one reply at a time; its fields are its own business. */
struct control_parser {
	struct buf line;  /* that is being received */
	struct buf text;  /* of the lines so far, without their heads */
	struct buf spans; /* where each line stands in text */
	struct buf lines; /* struct control_line, when all are there */
	struct control_reply reply;
	size_t line_count; /* data lines included */
	size_t reply_bytes;
	int code; /* 0 before the first line */
	bool has_cr, is_in_data, is_told;
};

void control_parser_init(struct control_parser *p);
void control_parser_clear(struct control_parser *p);

/* Takes bytes from the front of *in.  *out: the next whole reply, valid
 * until the next call, or NULL when *in is used up.  ERR_FULL beyond a
 * limit, ERR_SYNTAX for anything that is no reply, a bare CR or LF or a
 * control character, a code that changes inside a reply; after an error the
 * parser is of no more use. */
enum err control_parser_step(struct control_parser *p, struct bytes *in,
			     const struct control_reply **out) MUST_CHECK;

/* KEYWORD, KEYWORD=value or KEYWORD="value". */
struct control_word {
	struct bytes key;
	struct bytes value; /* between the quotes, still escaped */
	bool has_value, is_quoted;
};

/* Takes the next word, and the one space behind it.  ERR_NOT_FOUND at the
 * end of the line, ERR_SYNTAX for an empty word or an unfinished quote. */
enum err control_take_word(struct bytes *in,
			   struct control_word *out) MUST_CHECK;
/* The word's value as a string; other bytes than printable ASCII become
 * '?', what does not fit is cut.  Room for cap > 0 with the NUL. */
void control_get_text(const struct control_word *w, char *out, size_t cap);
/* Decimal, with a sign if is_signed; ERR_SYNTAX, or ERR_RANGE outside of
 * +-10^15. */
enum err control_get_number(struct bytes text, bool is_signed,
			    int64_t *out) MUST_CHECK;
bool control_is_word(struct bytes b, const char *s);

#endif
