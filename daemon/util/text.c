/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base32_digits[] = "abcdefghijklmnopqrstuvwxyz234567";
static const char uid_digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void hex_encode(const uint8_t *p, size_t n, char *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		*out++ = hex_digits[p[i] >> 4];
		*out++ = hex_digits[p[i] & 15];
	}
	*out = '\0';
}

static int digit_of(const char *digits, char c)
{
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

enum err hex_decode(const char *s, size_t len, uint8_t *out, size_t n)
{
	size_t i;

	if (len != 2 * n)
		return ERR_SYNTAX;
	for (i = 0; i < len; i++)
		if (digit_of(hex_digits, s[i]) < 0)
			return ERR_SYNTAX;
	for (i = 0; i < n; i++)
		out[i] = (uint8_t)(digit_of(hex_digits, s[2 * i]) << 4 |
				   digit_of(hex_digits, s[2 * i + 1]));
	return OK;
}

void base32_encode(const uint8_t *p, size_t n, char *out)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		acc = (acc << 8 | p[i]) & 0xfff;
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			*out++ = base32_digits[acc >> bits & 31];
		}
	}
	if (bits)
		*out++ = base32_digits[acc << (5 - bits) & 31];
	*out = '\0';
}

/* With out == NULL only checks. */
static enum err base32_run(const char *s, size_t len, uint8_t *out)
{
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		int d = digit_of(base32_digits, s[i]);

		if (d < 0)
			return ERR_SYNTAX;
		acc = (acc << 5 | (uint32_t)d) & 0xfff;
		bits += 5;
		if (bits < 8)
			continue;
		bits -= 8;
		if (out)
			*out++ = (uint8_t)(acc >> bits);
	}
	return acc & ((1u << bits) - 1) ? ERR_SYNTAX : OK;
}

enum err base32_decode(const char *s, size_t len, uint8_t *out, size_t n)
{
	if (len != BASE32_LEN(n) || base32_run(s, len, NULL) != OK)
		return ERR_SYNTAX;
	return base32_run(s, len, out);
}

void uid_encode(const uint8_t id[static UID_BYTES], char out[UID_TEXT + 1])
{
	size_t i;

	/* 26 digits hold 130 bits: two zero bits go in front. */
	for (i = 0; i < UID_TEXT; i++) {
		size_t first = i * 5; /* bit number counted from the front */
		unsigned v = 0;
		size_t k;

		for (k = first; k < first + 5; k++) {
			unsigned bit = 0;

			if (k >= 2)
				bit = id[(k - 2) / 8] >> (7 - (k - 2) % 8) & 1u;
			v = v << 1 | bit;
		}
		out[i] = uid_digits[v];
	}
	out[UID_TEXT] = '\0';
}

enum err uid_decode(const char *s, size_t len, uint8_t *out)
{
	uint8_t id[UID_BYTES] = {0};
	size_t i;

	if (len != UID_TEXT)
		return ERR_SYNTAX;
	for (i = 0; i < UID_TEXT; i++) {
		int d = digit_of(uid_digits, s[i]);
		size_t k;

		if (d < 0 || (i == 0 && d > 7))
			return ERR_SYNTAX;
		for (k = 0; k < 5; k++) {
			size_t bit = i * 5 + k;

			if (bit >= 2 && (d >> (4 - k) & 1))
				id[(bit - 2) / 8] |=
				    (uint8_t)(1u << (7 - (bit - 2) % 8));
		}
	}
	memcpy(out, id, sizeof(id));
	return OK;
}

size_t utf8_next(const uint8_t *p, size_t n, uint32_t *cp)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len, i;

	if (p[0] < 0x80)
		len = 1;
	else if (p[0] >= 0xc2 && p[0] < 0xe0)
		len = 2;
	else if (p[0] >= 0xe0 && p[0] < 0xf0)
		len = 3;
	else if (p[0] >= 0xf0 && p[0] < 0xf5)
		len = 4;
	else
		return 0;
	if (len > n)
		return 0;
	*cp = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
	for (i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (p[i] & 0x3fu);
	}
	if (*cp < least[len] || *cp > 0x10ffff)
		return 0;
	return *cp >= 0xd800 && *cp < 0xe000 ? 0 : len;
}

/* Control characters, line breaks, and what turns the direction of text. */
static bool is_unfit_for_label(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0x061c ||
	       cp == 0x200e || cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069);
}

static bool utf8_check(const uint8_t *p, size_t n, bool label)
{
	while (n > 0) {
		uint32_t cp;
		size_t len = utf8_next(p, n, &cp);

		if (len == 0 || cp == 0)
			return false;
		if (label && is_unfit_for_label(cp))
			return false;
		p += len;
		n -= len;
	}
	return true;
}

bool utf8_is_valid(const uint8_t *p, size_t n)
{
	return utf8_check(p, n, false);
}

bool utf8_is_label(const uint8_t *p, size_t n)
{
	return utf8_check(p, n, true);
}

bool ascii_is_printable(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] < ' ' || p[i] > '~')
			return false;
	return true;
}

void rfc3339_encode(uint64_t wall_ms, char out[RFC3339_TEXT + 1])
{
	static const uint64_t year_10000_ms = 253402300800000;
	char text[64];
	struct tm tm;
	time_t t;

	if (wall_ms >= year_10000_ms)
		wall_ms = year_10000_ms - 1;
	t = (time_t)(wall_ms / 1000);
	if (!gmtime_r(&t, &tm))
		memset(&tm, 0, sizeof(tm));
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		 tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		 tm.tm_min, tm.tm_sec, (int)(wall_ms % 1000));
	memcpy(out, text, RFC3339_TEXT);
	out[RFC3339_TEXT] = '\0';
}

/* As many digits as given, no more and no less. */
static bool take_number(const char **s, const char *end, size_t digits,
			unsigned *out)
{
	unsigned v = 0;

	if ((size_t)(end - *s) < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		char c = *(*s)++;

		if (c < '0' || c > '9')
			return false;
		v = v * 10 + (unsigned)(c - '0');
	}
	*out = v;
	return true;
}

/* One of the characters of set. */
static bool take_one(const char **s, const char *end, const char *set)
{
	if (*s == end || **s == '\0' || !strchr(set, **s))
		return false;
	(*s)++;
	return true;
}

static bool take_fraction(const char **s, const char *end, unsigned *ms)
{
	unsigned scale = 100, digit;
	size_t count = 0;

	*ms = 0;
	if (!take_one(s, end, "."))
		return true;
	for (; *s < end && **s >= '0' && **s <= '9'; count++) {
		if (count == 9 || !take_number(s, end, 1, &digit))
			return false;
		*ms += digit * scale;
		scale /= 10;
	}
	return count > 0;
}

/* "Z" or "+hh:mm": minutes to be taken away. */
static bool take_offset(const char **s, const char *end, int *minutes)
{
	unsigned hours, rest;
	int sign;

	*minutes = 0;
	if (take_one(s, end, "Zz"))
		return true;
	sign = *s < end && **s == '-' ? -1 : 1;
	if (!take_one(s, end, "+-") || !take_number(s, end, 2, &hours) ||
	    !take_one(s, end, ":") || !take_number(s, end, 2, &rest) ||
	    hours > 23 || rest > 59)
		return false;
	*minutes = sign * (int)(hours * 60 + rest);
	return true;
}

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_of(unsigned month, unsigned year)
{
	static const uint8_t days[12] = {31, 28, 31, 30, 31, 30,
					 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Since 1970-01-01, which was the day 719162 after the first of year 1. */
static int64_t day_number(unsigned year, unsigned month, unsigned day)
{
	unsigned y = year - 1;
	int64_t n = (int64_t)y * 365 + y / 4 - y / 100 + y / 400;

	for (unsigned m = 1; m < month; m++)
		n += days_of(m, year);
	return n + day - 1 - 719162;
}

enum err rfc3339_decode(const char *s, size_t len, uint64_t *wall_ms)
{
	const char *end = s + len;
	unsigned year, month, day, hour, min, sec, ms;
	int offset_min;
	int64_t at_s;

	if (!take_number(&s, end, 4, &year) || !take_one(&s, end, "-") ||
	    !take_number(&s, end, 2, &month) || !take_one(&s, end, "-") ||
	    !take_number(&s, end, 2, &day) || !take_one(&s, end, "Tt ") ||
	    !take_number(&s, end, 2, &hour) || !take_one(&s, end, ":") ||
	    !take_number(&s, end, 2, &min) || !take_one(&s, end, ":") ||
	    !take_number(&s, end, 2, &sec) || !take_fraction(&s, end, &ms) ||
	    !take_offset(&s, end, &offset_min) || s != end)
		return ERR_SYNTAX;
	if (year == 0 || month == 0 || month > 12 || day == 0 ||
	    day > days_of(month, year) || hour > 23 || min > 59 || sec > 60)
		return ERR_RANGE;
	at_s = day_number(year, month, day) * 86400 + hour * 3600 + min * 60 +
	       sec - (int64_t)offset_min * 60;
	if (at_s < 0)
		return ERR_RANGE;
	*wall_ms = (uint64_t)at_s * 1000 + ms;
	return OK;
}
