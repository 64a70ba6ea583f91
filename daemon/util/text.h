/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * text - strict text forms of bytes: hex, base32, sortable ids, UTF-8.
 *
 * Decoders accept one spelling only: a string that decodes is the string
 * that the encoder would give back.
 */
#ifndef UTIL_TEXT_H
#define UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* Lower-case hex; out has room for 2 * n + 1. */
void hex_encode(const uint8_t *p, size_t n, char *out);
/* Exactly n bytes from exactly 2 * n lower-case digits. */
enum err hex_decode(const char *s, size_t len, uint8_t *out,
		    size_t n) MUST_CHECK;

#define BASE32_LEN(n) (((n)*8 + 4) / 5)
/* RFC 4648 alphabet in lower case, no padding; room for BASE32_LEN(n) + 1. */
void base32_encode(const uint8_t *p, size_t n, char *out);
/* Exactly n bytes; ERR_SYNTAX for upper case, padding, or set spare bits. */
enum err base32_decode(const char *s, size_t len, uint8_t *out,
		       size_t n) MUST_CHECK;

#define UID_BYTES 16
#define UID_TEXT  26
/* Crockford base32, lower case, of a 128-bit id (ULID order); 26 + NUL. */
void uid_encode(const uint8_t id[static UID_BYTES], char out[UID_TEXT + 1]);
enum err uid_decode(const char *s, size_t len, uint8_t *out) MUST_CHECK;

/* Space to tilde, and nothing else. */
bool ascii_is_printable(const uint8_t *p, size_t n);

/* Length of the well-formed sequence at p, 0 if there is none; sets *cp. */
size_t utf8_next(const uint8_t *p, size_t n, uint32_t *cp);
/* Well-formed UTF-8 (RFC 3629: shortest form, no surrogates), without NUL. */
bool utf8_is_valid(const uint8_t *p, size_t n);
/* The same, and free of control characters (C0, DEL, C1), line breaks, and
 * characters that turn the direction of text. */
bool utf8_is_label(const uint8_t *p, size_t n);

/* RFC 3339 UTC with milliseconds, "2026-11-23T05:33:12.123Z". */
#define RFC3339_TEXT 24
void rfc3339_encode(uint64_t wall_ms, char out[RFC3339_TEXT + 1]);
/* Any offset from UTC, up to nine digits of a second; what is finer than a
 * millisecond is cut.  ERR_SYNTAX; ERR_RANGE: before 1970, or no such day. */
enum err rfc3339_decode(const char *s, size_t len,
			uint64_t *wall_ms) MUST_CHECK;

#endif
