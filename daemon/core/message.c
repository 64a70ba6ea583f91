/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/message.h"

#include <assert.h>
#include <string.h>

#include "core/kdf.h"
#include "util/mem.h"
#include "util/text.h"

enum { FIELD_KIND = 1, FIELD_MID, FIELD_CHAIN, FIELD_AGE, FIELD_BODY };

enum {
	KIND_AND_MID_BYTES = 4 + 18,
	CHAIN_AND_AGE_BYTES = 18 + 6,
	TEXT_RECORD_MAX =
	    KIND_AND_MID_BYTES + CHAIN_AND_AGE_BYTES + 4 + TEXT_MAX,
};

bool message_text_is_valid(struct bytes text)
{
	return text.n >= 1 && text.n <= TEXT_MAX &&
	       utf8_is_valid(text.p, text.n);
}

enum err message_read(struct bytes in, struct message *m)
{
	struct tlv t[] = {
	    {.type = FIELD_KIND, .min = 2, .max = 2, .required = true},
	    {.type = FIELD_MID, .min = 16, .max = 16, .required = true},
	    {.type = FIELD_CHAIN, .min = 16, .max = 16, .required = true},
	    {.type = FIELD_AGE, .min = 4, .max = 4, .required = true},
	    {.type = FIELD_BODY, .max = MESSAGE_BYTES_MAX},
	};
	enum err e;

	if (in.n > MESSAGE_BYTES_MAX)
		return ERR_RANGE;
	/* PROTOCOL 6.1: A receiver MUST NOT refuse a record of an unknown
	 * kind for fields that it does not know. */
	e = tlv_scan(in, t, ARRAY_SIZE(t));
	if (e != OK)
		return e;
	if (be16_get(t[0].value.p) == MESSAGE_TEXT) {
		e = tlv_read(in, t, ARRAY_SIZE(t));
		if (e != OK)
			return e;
		if (!message_text_is_valid(t[4].value))
			return ERR_SYNTAX;
	}
	m->kind = be16_get(t[0].value.p);
	memcpy(m->mid.b, t[1].value.p, sizeof(m->mid.b));
	memcpy(m->chain.b, t[2].value.p, sizeof(m->chain.b));
	m->age_s = be32_get(t[3].value.p);
	m->body = t[4].value;
	m->raw = in;
	return OK;
}

size_t message_bytes(const struct message *m)
{
	size_t head = m->body.n < 0xfd ? 2 : 4;

	return KIND_AND_MID_BYTES + CHAIN_AND_AGE_BYTES + head + m->body.n;
}

void message_write(struct wire_writer *w, const struct message *m)
{
	assert(m->kind == MESSAGE_TEXT && m->body.n <= TEXT_MAX);
	tlv_write_u16(w, FIELD_KIND, m->kind);
	tlv_write(w, FIELD_MID, bytes_of(m->mid.b, sizeof(m->mid.b)));
	tlv_write(w, FIELD_CHAIN, bytes_of(m->chain.b, sizeof(m->chain.b)));
	tlv_write_u32(w, FIELD_AGE, m->age_s);
	tlv_write(w, FIELD_BODY, m->body);
}

/* PROTOCOL 6.2: The content hash MUST cover every field of the record, as
 * encoded, but chain and age.  The required fields come first and have
 * fixed sizes, so the two that are left out stand at a fixed place. */
void message_content_hash(const struct message *m, struct hash32 *out)
{
	enum { SKIP = KIND_AND_MID_BYTES + CHAIN_AND_AGE_BYTES };
	uint8_t mem[TEXT_RECORD_MAX];
	struct bytes raw = m->raw;
	struct wire_writer w;

	if (raw.n == 0) {
		wire_write_init(&w, mem, sizeof(mem));
		message_write(&w, m);
		raw = wire_written(&w);
	}
	assert(raw.n >= SKIP);
	kdf_hash(LABEL_CONTENT, bytes_of(raw.p, KIND_AND_MID_BYTES),
		 bytes_of(raw.p + SKIP, raw.n - SKIP), out->b, sizeof(out->b));
}

void message_chain(const struct chain *prev, const struct hash32 *content,
		   struct chain *out)
{
	struct chain next;

	kdf_hash(LABEL_CHAIN, bytes_of(prev->b, sizeof(prev->b)),
		 bytes_of(content->b, sizeof(content->b)), next.b,
		 sizeof(next.b));
	*out = next;
}
