/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/words.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "store/fold.h"
#include "util/mem.h"
#include "util/text.h"

void words_start(struct word_reader *r, struct bytes text)
{
	r->rest = text;
	r->n = 0;
}

/* Of a valid code point. */
static size_t encode(uint32_t cp, uint8_t out[static 4])
{
	if (cp < 0x80) {
		out[0] = (uint8_t)cp;
		return 1;
	}
	if (cp < 0x800) {
		out[0] = (uint8_t)(0xc0 | cp >> 6);
		out[1] = (uint8_t)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		out[0] = (uint8_t)(0xe0 | cp >> 12);
		out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (cp & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | cp >> 18);
	out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (cp & 0x3f));
	return 4;
}

/* What is too long is dropped, here as in what is looked for. */
static void add(struct word_reader *r, uint32_t cp)
{
	uint8_t code[4];
	size_t n = encode(cp, code);

	if (r->n + n > sizeof(r->word))
		return;
	memcpy(r->word + r->n, code, n);
	r->n += n;
}

/* The next character and its class. */
static size_t look(const struct word_reader *r, uint32_t *cp,
		   enum fold_class *class)
{
	size_t n;

	/* Most of it, in most languages that use it. */
	if (r->rest.p[0] < 0x80) {
		*cp = r->rest.p[0];
		n = 1;
	} else {
		n = utf8_next(r->rest.p, r->rest.n, cp);
	}
	*class = n > 0 ? fold_class_of(*cp) : FOLD_BETWEEN;
	return n > 0 ? n : 1;
}

bool words_next(struct word_reader *r)
{
	r->n = 0;
	while (r->rest.n > 0) {
		uint32_t cp = 0;
		enum fold_class class;
		size_t n = look(r, &cp, &class);
		bool ends = class == FOLD_ALONE || class == FOLD_BETWEEN;

		/* It begins the next one. */
		if (ends && r->n > 0)
			return true;
		r->rest = bytes_of(r->rest.p + n, r->rest.n - n);
		if (class == FOLD_LETTER)
			add(r, fold_letter(cp));
		if (class == FOLD_ALONE) {
			add(r, cp);
			return true;
		}
	}
	return r->n > 0;
}

void word_bag_init(struct word_bag *b)
{
	memset(b, 0, sizeof(*b));
}

void word_bag_clear(struct word_bag *b)
{
	if (b->text)
		sodium_memzero(b->text, b->text_room);
	free(b->text);
	free(b->list);
	word_bag_init(b);
}

static void grow_text(struct word_bag *b)
{
	size_t room = b->text_room ? 2 * b->text_room : 1024;
	uint8_t *text = xcalloc(1, room);

	if (b->text) {
		memcpy(text, b->text, b->text_bytes);
		sodium_memzero(b->text, b->text_room);
		free(b->text);
	}
	b->text = text;
	b->text_room = room;
}

void word_bag_put(struct word_bag *b, struct bytes word, uint16_t doc)
{
	if (b->count == b->room) {
		b->room = b->room ? 2 * b->room : 128;
		b->list = xrealloc(b->list, b->room * sizeof(*b->list));
	}
	while (b->text_bytes + word.n > b->text_room)
		grow_text(b);
	memcpy(b->text + b->text_bytes, word.p, word.n);
	b->text_bytes += word.n;
	b->list[b->count++] = (struct posting){NULL, (uint16_t)word.n, doc};
}

void word_bag_put_text(struct word_bag *b, struct bytes text, uint16_t doc)
{
	struct word_reader r;

	words_start(&r, text);
	while (words_next(&r))
		word_bag_put(b, bytes_of(r.word, r.n), doc);
	sodium_memzero(&r, sizeof(r));
}

static int compare_words(const struct posting *a, const struct posting *b)
{
	int c = memcmp(a->p, b->p, a->n < b->n ? a->n : b->n);

	return c ? c : (a->n > b->n) - (a->n < b->n);
}

static int compare(const void *one, const void *other)
{
	const struct posting *a = one, *b = other;
	int c = compare_words(a, b);

	return c ? c : (a->doc > b->doc) - (a->doc < b->doc);
}

void word_bag_sort(struct word_bag *b)
{
	size_t i, kept = 0, at = 0;

	for (i = 0; i < b->count; i++) {
		b->list[i].p = b->text + at;
		at += b->list[i].n;
	}
	if (b->count > 1)
		qsort(b->list, b->count, sizeof(*b->list), compare);
	for (i = 0; i < b->count; i++)
		if (i == 0 || compare(&b->list[i], &b->list[kept - 1]) != 0)
			b->list[kept++] = b->list[i];
	b->count = kept;
}
