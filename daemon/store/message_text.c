/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/message_text.h"

#include <string.h>

#include <sodium.h>

#include "core/rows.h"

static void add(struct message_text *t, struct bytes part)
{
	if (part.n > 0)
		t->part[t->count++] = part;
}

static void read_file(struct bytes body, struct message_text *out)
{
	struct file_desc d;

	if (file_desc_read(body, &d) == OK) {
		out->is_file = true;
		out->kind = d.kind;
		out->name = d.name;
		add(out, d.caption);
		add(out, bytes_of(out->name.s, strlen(out->name.s)));
	}
	sodium_memzero(&d, sizeof(d));
}

void message_text_read(uint16_t kind, struct bytes body,
		       struct message_text *out)
{
	memset(out, 0, sizeof(*out));
	if (kind == MESSAGE_TEXT)
		add(out, body);
	if (kind == MESSAGE_FILE)
		read_file(body, out);
}

static void put_word(struct word_bag *out, const char *word, uint16_t doc)
{
	word_bag_put(out, bytes_of(word, strlen(word)), doc);
}

void message_text_put(const struct message_text *t, uint16_t doc,
		      struct word_bag *out)
{
	size_t i;

	for (i = 0; i < t->count; i++)
		word_bag_put_text(out, t->part[i], doc);
	if (!t->is_file)
		return;
	put_word(out, WORD_FILE, doc);
	switch (t->kind) {
	case FILE_PLAIN: break;
	case FILE_IMAGE: put_word(out, WORD_IMAGE, doc); break;
	case FILE_VOICE: put_word(out, WORD_VOICE, doc); break;
	}
}
