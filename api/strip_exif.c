/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/strip_inside.h"

#include <string.h>

enum {
	TAG_ORIENTATION = 0x0112,
	TYPE_SHORT = 3,
	ENTRY_BYTES = 12,
	ENTRIES_MAX = 200,
};

static uint32_t get(const uint8_t *p, size_t n, bool is_big)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[is_big ? i : n - 1 - i];
	return v;
}

static unsigned value_of(const uint8_t *entry, bool is_big)
{
	uint32_t v = get(entry + 8, 2, is_big);

	if (get(entry, 2, is_big) != TAG_ORIENTATION ||
	    get(entry + 2, 2, is_big) != TYPE_SHORT ||
	    get(entry + 4, 4, is_big) != 1)
		return 0;
	return v <= 8 ? v : 0;
}

unsigned exif_orientation(struct bytes tiff)
{
	bool is_big = tiff.n >= 8 && tiff.p[0] == 'M';
	unsigned found = 0;
	uint32_t at, count;

	if (tiff.n < 8 || tiff.p[0] != tiff.p[1] ||
	    (!is_big && tiff.p[0] != 'I') || get(tiff.p + 2, 2, is_big) != 42)
		return 0;
	at = get(tiff.p + 4, 4, is_big);
	if (at < 8 || at > tiff.n - 2)
		return 0;
	count = get(tiff.p + at, 2, is_big);
	at += 2;
	for (uint32_t i = 0; i < count && i < ENTRIES_MAX && !found; i++) {
		if (tiff.n - at < ENTRY_BYTES)
			break;
		found = value_of(tiff.p + at, is_big);
		at += ENTRY_BYTES;
	}
	return found;
}

void exif_write(unsigned orientation, uint8_t out[static EXIF_TIFF_BYTES])
{
	static const uint8_t tiff[EXIF_TIFF_BYTES] = {
	    'M',	'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0,
	    TYPE_SHORT, 0,   0, 0,  1, 0, 0, 0, 0, 0, 0, 0,    0};

	memcpy(out, tiff, sizeof(tiff));
	out[19] = (uint8_t)orientation;
}
