/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/out.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "util/buf.h"
#include "util/mem.h"
#include "util/qr.h"

/* "\u{202e}" and a NUL */
#define ESCAPE_ROOM 11
/* What malformed UTF-8 is shown as. */
#define NO_CHARACTER 0xfffd
#define QUOTE_CHARS  60
/* The largest code there can be, and its colours. */
#define QR_BYTES_MAX (64 * 1024)

/* A line on standard error that is not ended yet. */
static bool has_status;

void out_status(const char *text)
{
	fprintf(stderr, "\r%s\033[K", text);
	fflush(stderr);
	has_status = true;
}

void out_status_end(bool stays)
{
	if (has_status)
		fputs(stays ? "\n" : "\r\033[K", stderr);
	has_status = false;
}

void say(const char *fmt, ...)
{
	va_list ap;
	char *text = NULL, *clean;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort();
	clean = out_clean(text, false);
	out_status_end(false);
	fprintf(stderr, "umbel: %s\n", clean);
	free(clean);
	free(text);
}

const char *out_string(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

uint64_t out_number(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

/* From jansson comes only valid UTF-8, but not from the command line. */
static size_t decode(const unsigned char *p, uint32_t *cp)
{
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	size_t i;

	*cp = NO_CHARACTER;
	if ((p[0] >= 0x80 && p[0] < 0xc2) || p[0] > 0xf4)
		return 1;
	for (i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return i;
	*cp = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (i = 1; i < len; i++)
		*cp = *cp << 6 | (p[i] & 0x3fu);
	return len;
}

static bool is_harmful(uint32_t cp)
{
	return cp == NO_CHARACTER || cp < 0x20 || (cp >= 0x7f && cp < 0xa0) ||
	       cp == 0x061c || cp == 0x200e || cp == 0x200f || cp == 0x2028 ||
	       cp == 0x2029 || (cp >= 0x202a && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}

char *out_clean(const char *text, bool keep_lines)
{
	const unsigned char *p = (const unsigned char *)text;
	char *out = xcalloc(strlen(text) + 1, ESCAPE_ROOM);
	char *to = out;

	while (*p) {
		uint32_t cp;
		size_t len = decode(p, &cp);

		if (is_harmful(cp) && !(keep_lines && cp == '\n')) {
			to += sprintf(to, "\\u{%x}", (unsigned)cp);
		} else {
			memcpy(to, p, len);
			to += len;
		}
		p += len;
	}
	*to = '\0';
	return out;
}

void out_text(const char *text, int width)
{
	char *clean = out_clean(text, false);
	const char *p;
	int columns = 0;

	for (p = clean; *p; p++)
		if (((unsigned char)*p & 0xc0) != 0x80)
			columns++;
	fputs(clean, stdout);
	while (columns++ < width)
		putchar(' ');
	free(clean);
}

void out_lines(const char *text, const char *indent)
{
	char *clean = out_clean(text, true);
	const char *p;

	for (p = clean; *p; p++) {
		putchar(*p);
		if (*p == '\n')
			fputs(indent, stdout);
	}
	free(clean);
}

void out_quote(const char *text)
{
	char *quote = xstrdup(text);
	int count = 0;
	size_t i;

	for (i = 0; quote[i] && quote[i] != '\n'; i++)
		if (((unsigned char)quote[i] & 0xc0) != 0x80 &&
		    ++count > QUOTE_CHARS)
			break;
	quote[i] = '\0';
	out_text(quote, 0);
	if (text[i])
		fputs("...", stdout);
	free(quote);
}

bool out_qr(const char *link)
{
	size_t i, n = strlen(link);
	char *upper = xstrdup(link);
	struct buf b;
	enum err e;

	for (i = 0; i < n; i++)
		if (upper[i] >= 'a' && upper[i] <= 'z')
			upper[i] = (char)(upper[i] - 'a' + 'A');
	buf_init(&b, QR_BYTES_MAX);
	e = qr_blocks(upper, isatty(1), &b);
	if (e == OK)
		fwrite(b.data, 1, b.len, stdout);
	else
		say("There is no QR code of this: %s.", err_str(e));
	buf_clear(&b);
	xfree(upper, n);
	return e == OK;
}

void out_json(const json_t *value)
{
	/* In ASCII: also a terminal may stand behind a pipe. */
	json_dumpf(value, stdout,
		   JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	putchar('\n');
	fflush(stdout);
}

const char *out_time(const char *rfc3339)
{
	static char text[32];
	struct tm tm = {0};
	time_t t;

	if (!strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm))
		return "-";
	t = timegm(&tm);
	if (!localtime_r(&t, &tm))
		return "-";
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
	return text;
}

void out_failure(const struct json_t *user)
{
	const char *why = out_string(user, "failure");

	if (!*why)
		return;
	fputs(": ", stdout);
	out_text(why, 0);
}
