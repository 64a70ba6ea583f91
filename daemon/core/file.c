/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/file.h"

#include <string.h>

#include "util/mem.h"
#include "util/text.h"

_Static_assert(FILE_DESC_BYTES_MAX <= (int)DESCRIPTOR_MAX_BYTES,
	       "a descriptor is the body of a message");

/* Places in FIELDS, and their types. */
enum {
	FID,
	SIZE,
	KEY,
	CHUNK_LOG2,
	ROOT,
	NAME,
	KIND,
	MEDIA,
	PREVIEW,
	PIXELS,
	DURATION,
	CAPTION,
	OFFER,
};

static const struct tlv fields[] = {
    [FID] = {.type = 2, .min = 16, .max = 16, .required = true},
    [SIZE] = {.type = 4, .min = 8, .max = 8, .required = true},
    [KEY] = {.type = 6, .min = 32, .max = 32, .required = true},
    [CHUNK_LOG2] = {.type = 8, .min = 1, .max = 1, .required = true},
    [ROOT] = {.type = 10, .min = 32, .max = 32, .required = true},
    [NAME] = {.type = 12,
	      .min = 1,
	      .max = FILE_NAME_MAX_BYTES,
	      .required = true},
    [KIND] = {.type = 13, .min = 1, .max = 1},
    [MEDIA] = {.type = 15, .min = 1, .max = MEDIA_TYPE_MAX_BYTES},
    [PREVIEW] = {.type = 17, .min = 1, .max = PREVIEW_MAX_BYTES},
    [PIXELS] = {.type = 19, .min = 4, .max = 4},
    [DURATION] = {.type = 21, .min = 4, .max = 4},
    [CAPTION] = {.type = 23, .min = 1, .max = CAPTION_MAX_BYTES},
    [OFFER] = {.type = 25, .min = 4, .max = 4},
};

#define TYPE(place) (fields[place].type)

static void put_text(struct wire_writer *w, uint64_t type, const char *s)
{
	if (s[0])
		tlv_write(w, type, bytes_of(s, strlen(s)));
}

static void put_bytes(struct wire_writer *w, uint64_t type, struct bytes b)
{
	if (b.n > 0)
		tlv_write(w, type, b);
}

void file_desc_write(struct wire_writer *w, const struct file_desc *d)
{
	uint8_t kind = (uint8_t)d->kind;

	tlv_write(w, TYPE(FID), bytes_of(d->plan.fid.b, 16));
	tlv_write_u64(w, TYPE(SIZE), d->plan.size);
	tlv_write(w, TYPE(KEY), bytes_of(d->key.b, sizeof(d->key.b)));
	tlv_write(w, TYPE(CHUNK_LOG2), bytes_of(&d->plan.chunk_log2, 1));
	tlv_write(w, TYPE(ROOT), bytes_of(d->root.b, sizeof(d->root.b)));
	put_text(w, TYPE(NAME), d->name.s);
	if (d->kind != FILE_PLAIN)
		tlv_write(w, TYPE(KIND), bytes_of(&kind, 1));
	put_text(w, TYPE(MEDIA), d->media.s);
	put_bytes(w, TYPE(PREVIEW), d->preview);
	if (d->width > 0 && d->height > 0)
		tlv_write_u32(w, TYPE(PIXELS),
			      (uint32_t)d->width << 16 | d->height);
	if (d->duration_ms > 0)
		tlv_write_u32(w, TYPE(DURATION), d->duration_ms);
	put_bytes(w, TYPE(CAPTION), d->caption);
	if (d->offer_s > 0)
		tlv_write_u32(w, TYPE(OFFER), d->offer_s);
}

/* A kind of a later version is some file. */
static enum file_kind kind_of(const struct tlv *t)
{
	if (!t->present || t->value.p[0] > FILE_VOICE)
		return FILE_PLAIN;
	return (enum file_kind)t->value.p[0];
}

static enum err check_texts(const struct tlv *t)
{
	if (!utf8_is_label(t[NAME].value.p, t[NAME].value.n) ||
	    (t[MEDIA].present &&
	     !ascii_is_printable(t[MEDIA].value.p, t[MEDIA].value.n)) ||
	    (t[CAPTION].present &&
	     !utf8_is_valid(t[CAPTION].value.p, t[CAPTION].value.n)))
		return ERR_SYNTAX;
	return OK;
}

static uint32_t number(const struct tlv *t)
{
	return t->present ? be32_get(t->value.p) : 0;
}

enum err file_desc_read(struct bytes in, struct file_desc *d)
{
	struct tlv t[ARRAY_SIZE(fields)];
	enum err e;

	memcpy(t, fields, sizeof(t));
	e = tlv_read(in, t, ARRAY_SIZE(t));
	if (e == OK)
		e = check_texts(t);
	if (e != OK)
		return e;
	memset(d, 0, sizeof(*d));
	memcpy(d->plan.fid.b, t[FID].value.p, sizeof(d->plan.fid.b));
	d->plan.size = be64_get(t[SIZE].value.p);
	d->plan.chunk_log2 = t[CHUNK_LOG2].value.p[0];
	memcpy(d->key.b, t[KEY].value.p, sizeof(d->key.b));
	memcpy(d->root.b, t[ROOT].value.p, sizeof(d->root.b));
	memcpy(d->name.s, t[NAME].value.p, t[NAME].value.n);
	d->kind = kind_of(&t[KIND]);
	if (t[MEDIA].present)
		memcpy(d->media.s, t[MEDIA].value.p, t[MEDIA].value.n);
	/* PROTOCOL 12.1: A daemon MUST NOT decode a preview. */
	d->preview = t[PREVIEW].value;
	d->width = (uint16_t)(number(&t[PIXELS]) >> 16);
	d->height = (uint16_t)number(&t[PIXELS]);
	d->duration_ms = number(&t[DURATION]);
	d->caption = t[CAPTION].value;
	d->offer_s = number(&t[OFFER]);
	return chunk_plan_is_valid(&d->plan) ? OK : ERR_RANGE;
}
