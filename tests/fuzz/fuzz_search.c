/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_search - a query and a text, with a NUL between them; and both as a set
 * of documents.  A query finds itself, and each word of a text finds the text.
 */
#include <stdlib.h>
#include <string.h>

#include "store/doc_set.h"
#include "store/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool fits(const struct search_words *w, struct bytes text)
{
	return search_fits(w, &text, 1);
}

static void query(struct bytes q, struct bytes text)
{
	struct search_words w;

	if (search_read(q, &w) != OK)
		return;
	must(w.count > 0 && w.count <= SEARCH_WORDS_MAX);
	must((w.first & 1) && w.last >> (w.count - 1) == 1);
	must(fits(&w, q));
	(void)fits(&w, text);
}

static void words(struct bytes text)
{
	struct search_words w;
	struct word_bag b;
	size_t i;

	word_bag_init(&b);
	word_bag_put_text(&b, text, 1);
	word_bag_sort(&b);
	for (i = 0; i < b.count; i++) {
		struct bytes word = bytes_of(b.list[i].p, b.list[i].n);

		must(word.n > 0 && word.n <= WORD_BYTES_MAX);
		must(search_read(word, &w) == OK && w.count == 1);
		must(w.word[0].n == word.n &&
		     memcmp(w.word[0].text, word.p, word.n) == 0);
		if (i < 100)
			must(fits(&w, text));
	}
	word_bag_clear(&b);
}

static void documents(struct bytes in)
{
	uint8_t out[DOC_SET_BYTES];
	struct doc_set set, again;

	if (doc_set_read(in, &set) != OK)
		return;
	in = bytes_of(out, doc_set_write(&set, out));
	must(in.n > 0 || doc_set_count(&set) == 0);
	if (in.n > 0)
		must(doc_set_read(in, &again) == OK &&
		     memcmp(&set, &again, sizeof(set)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = memchr(data, 0, size);
	size_t n = nul ? (size_t)(nul - data) : size;
	struct bytes rest =
	    bytes_of(data + n + (nul != NULL), size - n - (nul != NULL));

	query(bytes_of(data, n), rest);
	words(rest);
	documents(bytes_of(data, size));
	return 0;
}
