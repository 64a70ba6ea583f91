/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/lookalike.h"

#include <stdlib.h>
#include <string.h>

#include "util/mem.h"
#include "util/text.h"

enum { CONTACTS_ALL = 1 << 20 };

static bool is_invisible(uint32_t cp)
{
	return cp == 0xad || cp == 0x34f || cp == 0x115f || cp == 0x1160 ||
	       cp == 0x180e || (cp >= 0x200b && cp <= 0x200d) ||
	       (cp >= 0x2060 && cp <= 0x2065) ||
	       (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0xfeff ||
	       (cp >= 0xe0000 && cp <= 0xe0fff);
}

static bool is_space(uint32_t cp)
{
	return cp == ' ' || cp == 0xa0 || cp == 0x1680 ||
	       (cp >= 0x2000 && cp <= 0x200a) || cp == 0x202f || cp == 0x205f ||
	       cp == 0x2800 || cp == 0x3000 || cp == 0x3164 || cp == 0xffa0;
}

static void fold(const char *name, struct label *out)
{
	const uint8_t *p = (const uint8_t *)name;
	size_t left = strnlen(name, NAME_MAX_BYTES), n = 0, len;
	bool space = false;
	uint32_t cp;

	for (; left && (len = utf8_next(p, left, &cp)); p += len, left -= len) {
		if (is_invisible(cp))
			continue;
		if (is_space(cp)) {
			space = n > 0;
			continue;
		}
		/* It was one byte at least. */
		if (space)
			out->s[n++] = ' ';
		space = false;
		memcpy(out->s + n, p, len);
		if (cp >= 'A' && cp <= 'Z')
			out->s[n] = (char)(cp - 'A' + 'a');
		n += len;
	}
	out->s[n] = '\0';
}

static void add(struct lookalikes *l, const struct uid *contact,
		const char *name)
{
	struct lookalike one = {.contact = *contact};

	fold(name, &one.name);
	if (!one.name.s[0])
		return;
	if (l->count == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->list = xrealloc(l->list, l->cap * sizeof(one));
	}
	l->list[l->count++] = one;
}

static bool take_contact(void *ctx, const struct contact_row *row)
{
	add(ctx, &row->id, row->name.s);
	add(ctx, &row->id, row->alias.s);
	return true;
}

enum err lookalikes_load(struct lookalikes *l, struct store *s)
{
	*l = (struct lookalikes){.list = NULL};
	return query_contacts(s, NULL, CONTACTS_ALL, take_contact, l);
}

void lookalikes_clear(struct lookalikes *l)
{
	free(l->list);
	*l = (struct lookalikes){.list = NULL};
}

struct uid lookalikes_find(const struct lookalikes *l, const char *name)
{
	struct uid nobody = {{0}};
	struct label folded;

	fold(name, &folded);
	for (size_t i = 0; folded.s[0] && i < l->count; i++)
		if (strcmp(l->list[i].name.s, folded.s) == 0)
			return l->list[i].contact;
	return nobody;
}
