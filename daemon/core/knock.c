/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/knock.h"

#include <string.h>

#include "core/kdf.h"
#include "util/mem.h"
#include "util/text.h"

enum {
	KNOCK_NAME = 1,
	KNOCK_TEXT = 2,
	KNOCK_INVITE = 3,
	KNOCK_COUNTER = 4,
};

static void put_text(struct wire_writer *w, uint64_t type, const char *s)
{
	if (s[0])
		tlv_write(w, type, bytes_of(s, strlen(s)));
}

void knock_write(struct wire_writer *w, const struct knock *k)
{
	put_text(w, KNOCK_NAME, k->name.s);
	put_text(w, KNOCK_TEXT, k->text.s);
	tlv_write(w, KNOCK_INVITE, bytes_of(k->invite, sizeof(k->invite)));
	tlv_write_u64(w, KNOCK_COUNTER, k->counter);
}

enum err knock_read(struct bytes in, struct knock *k)
{
	struct tlv t[] = {
	    {.type = KNOCK_NAME, .min = 1, .max = NAME_MAX_BYTES},
	    {.type = KNOCK_TEXT, .min = 1, .max = GREETING_MAX_BYTES},
	    {.type = KNOCK_INVITE,
	     .min = INVITE_BYTES,
	     .max = INVITE_BYTES,
	     .required = true},
	    {.type = KNOCK_COUNTER, .min = 8, .max = 8, .required = true},
	};
	enum err e = tlv_read(in, t, ARRAY_SIZE(t));

	if (e != OK)
		return e;
	if ((t[0].present && !utf8_is_label(t[0].value.p, t[0].value.n)) ||
	    (t[1].present && !utf8_is_valid(t[1].value.p, t[1].value.n)))
		return ERR_SYNTAX;
	memset(k, 0, sizeof(*k));
	if (t[0].present)
		memcpy(k->name.s, t[0].value.p, t[0].value.n);
	if (t[1].present)
		memcpy(k->text.s, t[1].value.p, t[1].value.n);
	memcpy(k->invite, t[2].value.p, sizeof(k->invite));
	k->counter = be64_get(t[3].value.p);
	return OK;
}

uint8_t knock_work(const uint8_t h[static NOISE_HASH_BYTES], uint64_t counter)
{
	uint8_t number[8], hash[32];
	unsigned bits = 0;

	be64_put(number, counter);
	kdf_hash(LABEL_STAMP, bytes_of(h, NOISE_HASH_BYTES),
		 bytes_of(number, sizeof(number)), hash, sizeof(hash));
	while (bits < UINT8_MAX && !(hash[bits / 8] & (0x80u >> bits % 8)))
		bits++;
	return (uint8_t)bits;
}

bool knock_search(const uint8_t h[static NOISE_HASH_BYTES], uint8_t bits,
		  uint64_t from, uint64_t count, uint64_t *counter)
{
	uint64_t i;

	for (i = 0; i < count; i++) {
		if (knock_work(h, from + i) < bits)
			continue;
		*counter = from + i;
		return true;
	}
	return false;
}
