/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * out - what people and scripts get to see.
 *
 * Text that another person wrote may hold terminal escapes: everything that
 * is printed for people goes through out_text().
 */
#ifndef CLI_OUT_H
#define CLI_OUT_H

#include <stdbool.h>
#include <stdint.h>

struct json_t;

/* One line on standard error, escapes made harmless. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A line of a terminal's standard error that the next one replaces; whatever
 * is said takes it away.  text: already clean. */
void out_status(const char *text);
/* It becomes a line like others, or goes. */
void out_status_end(bool stays);

/* A string member, "" if it is missing or no string; borrowed. */
const char *out_string(const struct json_t *object, const char *key);
/* A number from 0 on, 0 if it is missing or none. */
uint64_t out_number(const struct json_t *object, const char *key);
/* ": " and why a user has failed, if so. */
void out_failure(const struct json_t *user);

/* Control and bidirectional formatting characters become visible escapes;
 * line breaks only if keep_lines.  free() it. */
char *out_clean(const char *text, bool keep_lines);
/* Prints out_clean(text), in at least width columns, padded by spaces. */
void out_text(const char *text, int width);
/* The same of many lines; each but the first begins with indent, so that no
 * text can look like a line of ours. */
void out_lines(const char *text, const char *indent);
/* The first line of it, cut if it is long. */
void out_quote(const char *text);
/* A link as a QR code, in upper case, which means the same and takes less
 * room; black on white if it goes to a terminal.  false after saying why. */
bool out_qr(const char *link);
/* Compact JSON on a line of its own. */
void out_json(const struct json_t *value);

/* The local time of an RFC 3339 instant as "2026-11-23 17:05"; static. */
const char *out_time(const char *rfc3339);

#endif
