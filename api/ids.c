/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/ids.h"

#include <string.h>

#include <sodium.h>

#include "util/text.h"

enum { PREFIX_TEXT = 4, CURSOR_BYTES = 20, CURSOR_BODY = 17 };

const char *id_prefix(enum id_kind kind)
{
	static const char *const prefixes[ID_KINDS] = {
	    [ID_USER] = "usr",	       [ID_CONTACT] = "ctc",
	    [ID_CONVERSATION] = "cnv", [ID_MESSAGE] = "msg",
	    [ID_INVITE] = "inv",       [ID_REQUEST] = "req",
	    [ID_FILE] = "fil",	       [ID_TOKEN] = "tok",
	    [ID_JOB] = "job",
	};

	return prefixes[kind];
}

void id_encode(enum id_kind kind, const struct uid *id, char out[ID_TEXT + 1])
{
	memcpy(out, id_prefix(kind), PREFIX_TEXT - 1);
	out[PREFIX_TEXT - 1] = '_';
	uid_encode(id->b, out + PREFIX_TEXT);
}

enum err id_decode(enum id_kind kind, struct bytes text, struct uid *out)
{
	const char *s = (const char *)text.p;

	if (text.n != ID_TEXT || memcmp(s, id_prefix(kind), 3) != 0 ||
	    s[3] != '_')
		return ERR_SYNTAX;
	return uid_decode(s + PREFIX_TEXT, UID_TEXT, out->b);
}

struct uid uid_make(uint64_t wall_ms, const uint8_t *random)
{
	struct uid id;

	for (int i = 0; i < 6; i++)
		id.b[i] = (uint8_t)(wall_ms >> (40 - 8 * i));
	memcpy(id.b + 6, random, 10);
	return id;
}

uint64_t uid_time_ms(const struct uid *id)
{
	uint64_t ms = 0;

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | id->b[i];
	return ms;
}

static bool is_dash_place(size_t i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

enum err uuid_decode(struct bytes text, struct uid *out)
{
	char hex[33];
	size_t n = 0;
	struct uid id;

	if (text.n != UUID_TEXT)
		return ERR_SYNTAX;
	for (size_t i = 0; i < UUID_TEXT; i++) {
		char c = (char)text.p[i];

		if (is_dash_place(i)) {
			if (c != '-')
				return ERR_SYNTAX;
			continue;
		}
		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		hex[n++] = c;
	}
	if (hex_decode(hex, n, id.b, sizeof(id.b)) || uid_is_zero(&id))
		return ERR_SYNTAX;
	*out = id;
	return OK;
}

void uuid_encode(const struct uid *id, char out[UUID_TEXT + 1])
{
	char hex[33];
	size_t n = 0;

	hex_encode(id->b, sizeof(id->b), hex);
	for (size_t i = 0; i < UUID_TEXT; i++)
		out[i] = is_dash_place(i) ? '-' : hex[n++];
	out[UUID_TEXT] = '\0';
}

/* Not a secret: only so that a cursor that was cut, mistyped or made for
 * another list is noticed. */
static void cursor_check(const uint8_t body[CURSOR_BODY], uint8_t out[16])
{
	static const uint8_t key[] = "umbel page cursor";

	crypto_generichash(out, 16, body, CURSOR_BODY, key, sizeof(key) - 1);
}

void cursor_encode(enum id_kind kind, const struct uid *last,
		   char out[CURSOR_TEXT + 1])
{
	uint8_t raw[CURSOR_BYTES], check[16];

	raw[0] = (uint8_t)kind;
	memcpy(raw + 1, last->b, sizeof(last->b));
	cursor_check(raw, check);
	memcpy(raw + CURSOR_BODY, check, CURSOR_BYTES - CURSOR_BODY);
	base32_encode(raw, sizeof(raw), out);
}

enum err cursor_decode(enum id_kind kind, struct bytes text, struct uid *last)
{
	uint8_t raw[CURSOR_BYTES], check[16];

	if (base32_decode((const char *)text.p, text.n, raw, sizeof(raw)))
		return ERR_SYNTAX;
	cursor_check(raw, check);
	if (raw[0] != (uint8_t)kind ||
	    memcmp(raw + CURSOR_BODY, check, CURSOR_BYTES - CURSOR_BODY) != 0)
		return ERR_SYNTAX;
	memcpy(last->b, raw + 1, sizeof(last->b));
	return OK;
}
