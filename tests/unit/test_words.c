/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What a text is found by, and what a query finds.
 */
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "store/doc_set.h"
#include "store/fold.h"
#include "store/search.h"
#include "store/words.h"

static struct bytes of(const char *s)
{
	return bytes_of(s, strlen(s));
}

/* The words of a text, a bar between them. */
static const char *cut(const char *text)
{
	static char out[600];
	struct word_reader r;

	out[0] = '\0';
	words_start(&r, of(text));
	while (words_next(&r)) {
		if (out[0])
			strcat(out, "|");
		strncat(out, (const char *)r.word, r.n);
	}
	return out;
}

static void texts_are_cut_into_words(void **state)
{
	static const struct {
		const char *text, *words;
	} known[] = {
	    {"", ""},
	    {" .,;-- \t\n", ""},
	    {"Hello, World", "hello|world"},
	    {"don't e-mail 3.14", "don|t|e|mail|3|14"},
	    {"snake_case", "snake|case"},
	    /* case and accents */
	    {"\xc3\x84rger \xc3\xa9t\xc3\xa9 \xc3\x85ngstr\xc3\xb6m",
	     "arger|ete|angstrom"},
	    {"e\xcc\x81te\xcc\x81", "ete"}, /* the same, decomposed */
	    {"stra\xc3\x9f"
	     "e STRA\xe1\xba\x9e"
	     "E",
	     "stra\xc3\x9f"
	     "e|stra\xc3\x9f"
	     "e"},
	    {"Ti\xe1\xba\xbfng Vi\xe1\xbb\x87t", "tieng|viet"},
	    {"\xce\x9f\xce\x94\xce\xa5\xce\xa3\xce\xa3\xce\x95\xce\xa5\xce\xa3"
	     " \xce\x9f\xce\xb4\xcf\x8d\xcf\x83\xcf\x83\xce\xb5\xcf\x85\xcf"
	     "\x82",
	     "\xce\xbf\xce\xb4\xcf\x85\xcf\x83\xcf\x83\xce\xb5\xcf\x85\xcf\x83"
	     "|\xce\xbf\xce\xb4\xcf\x85\xcf\x83\xcf\x83\xce\xb5\xcf\x85\xcf"
	     "\x83"},
	    /* the last letter with a breve, as one sign and as two */
	    {"\xd0\xa7\xd0\xb0\xd0\x99 \xd1\x87\xd0\xb0\xd0\xb8\xcc\x86",
	     "\xd1\x87\xd0\xb0\xd0\xb8|\xd1\x87\xd0\xb0\xd0\xb8"},
	    {"\xef\xbc\xb4\xef\xbd\x85\xef\xbd\x93\xef\xbd\x94", "test"},
	    /* each sign a word */
	    {"\xe6\x9d\xb1\xe4\xba\xac"
	     "Tower",
	     "\xe6\x9d\xb1|\xe4\xba\xac|tower"},
	    {"\xe3\x80\x8c\xe7\x8c\xab\xe3\x80\x8d\xe3\x80\x82",
	     "\xe7\x8c\xab"},
	    {"\xed\x95\x9c\xea\xb8\x80", "\xed\x95\x9c|\xea\xb8\x80"},
	    {"\xe0\xb8\x81\xe0\xb8\xb4\xe0\xb8\x99",
	     "\xe0\xb8\x81|\xe0\xb8\xb4|\xe0\xb8\x99"},
	    {"cake\xf0\x9f\x8e\x82!", "cake|\xf0\x9f\x8e\x82"},
	    {"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "\xf0\x9f\x91\x8d"},
	    /* what cannot be seen */
	    {"soft\xc2\xadhyphen", "softhyphen"},
	    {"zero\xe2\x80\x8bwidth", "zerowidth"},
	    /* what is not UTF-8 */
	    {"broken\xff"
	     "bytes\xc3",
	     "broken|bytes"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(known); i++)
		assert_string_equal(cut(known[i].text), known[i].words);
}

static void long_words_are_cut(void **state)
{
	char text[200], want[WORD_BYTES_MAX + 1];
	size_t i;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(want, 'x', WORD_BYTES_MAX);
	want[WORD_BYTES_MAX] = '\0';
	assert_string_equal(cut(text), want);
	/* Never in the middle of a sign. */
	for (i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xd1\x87", 2);
	memmove(text + 1, text, sizeof(text) - 3);
	text[0] = 'x';
	text[sizeof(text) - 2] = '\0';
	assert_int_equal(strlen(cut(text)), WORD_BYTES_MAX - 1);
}

static void every_character_has_its_class(void **state)
{
	uint32_t cp;

	(void)state;
	for (cp = 0; cp < 0x110000; cp++) {
		uint32_t folded = fold_letter(cp);

		if (fold_class_of(cp) != FOLD_LETTER)
			continue;
		/* Once is enough. */
		if (fold_letter(folded) != folded)
			fail_msg("U+%04X: U+%04X is not the end of it", cp,
				 folded);
		if (fold_class_of(folded) != FOLD_LETTER)
			fail_msg("U+%04X: U+%04X is no letter", cp, folded);
	}
	for (cp = 'a'; cp <= 'z'; cp++)
		assert_int_equal(fold_letter(cp - 'a' + 'A'), cp);
}

static void bags_are_sorted(void **state)
{
	struct word_bag b;
	size_t i;

	(void)state;
	word_bag_init(&b);
	word_bag_put_text(&b, of("the cat and the dog"), 7);
	word_bag_put_text(&b, of("a dog, the dogs"), 3);
	word_bag_sort(&b);
	assert_int_equal(b.count, 8);
	for (i = 1; i < b.count; i++) {
		const struct posting *p = &b.list[i - 1], *q = &b.list[i];
		size_t n = p->n < q->n ? p->n : q->n;
		int c = memcmp(p->p, q->p, n);

		assert_true(c < 0 || (c == 0 && p->n < q->n) ||
			    (c == 0 && p->n == q->n && p->doc < q->doc));
	}
	assert_int_equal(b.list[0].doc, 3); /* "a" */
	assert_int_equal(b.list[5].n, 4);   /* "dogs", behind two of "dog" */
	word_bag_clear(&b);
	word_bag_sort(&b);
	assert_int_equal(b.count, 0);
}

static struct search_words ask(const char *query)
{
	struct search_words w;

	assert_ok(search_read(of(query), &w));
	return w;
}

static bool fits(const char *query, const char *text)
{
	struct search_words w = ask(query);
	struct bytes t = of(text);

	return search_fits(&w, &t, 1);
}

static void queries_find_what_they_say(void **state)
{
	static const struct {
		const char *query, *text;
		bool found;
	} known[] = {
	    {"cat", "The cat sat", true},
	    {"CAT sat", "sat, the Cat", true},
	    {"cat mat", "The cat sat", false},
	    /* the last one may be a beginning */
	    {"the ca", "The cat sat", true},
	    {"ca the", "The cat sat", false},
	    {"\"the ca\"", "The cat sat", false},
	    {"\"the ca", "The cat sat", true},
	    {"\"ca\" sa", "the cat sat", false},
	    /* quotes, of several kinds */
	    {"\"cat sat\"", "The cat sat", true},
	    {"\"sat cat\"", "The cat sat", false},
	    {"\"the sat\"", "The cat sat", false},
	    {"\"cat sat\" the", "The cat sat", true},
	    {"\xe2\x80\x9e"
	     "cat sat\xe2\x80\x9c",
	     "cat: sat!", true},
	    {"\xe2\x80\x9c"
	     "cat the\xe2\x80\x9d",
	     "the cat", false},
	    /* one that has to begin anew */
	    {"\"a b a c\"", "a b a b a c", true},
	    {"\"a b\" \"b c\"", "a b c", true},
	    {"\"a b\" \"c d\"", "a b d c", false},
	    /* what has no space in it stays together */
	    {"bob@mail.org", "write to Bob@Mail.org now", true},
	    {"bob@mail.org", "mail bob org", false},
	    {"\xe4\xba\xac\xe9\x83\xbd", "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd",
	     true},
	    {"\xe9\x83\xbd\xe4\xba\xac", "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd",
	     false},
	    {"\xe9\x83\xbd\xe3\x80\x80\xe4\xba\xac",
	     "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", true},
	    {"sat+cat", "the cat sat", true},
	    {"\"cat+sat\"", "the cat sat", true},
	    /* no sign means anything */
	    {"cat* -sat OR NEAR/3", "cat sat or near 3", true},
	    {"cat* -sat OR NEAR/3", "cat sat", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(known); i++)
		if (fits(known[i].query, known[i].text) != known[i].found)
			fail_msg("%s in %s", known[i].query, known[i].text);
}

static void queries_without_words_are_refused(void **state)
{
	char many[2 * SEARCH_WORDS_MAX + 4];
	struct search_words w;
	size_t i;

	(void)state;
	assert_int_equal(search_read(of("%_ \"*\" --"), &w), ERR_NOT_FOUND);
	assert_int_equal(search_read(of(""), &w), ERR_NOT_FOUND);
	assert_int_equal(search_read(of("\"\""), &w), ERR_NOT_FOUND);
	for (i = 0; i <= SEARCH_WORDS_MAX; i++)
		memcpy(many + 2 * i, "x ", 3);
	assert_int_equal(search_read(of(many), &w), ERR_FULL);
	many[2 * SEARCH_WORDS_MAX] = '\0';
	assert_ok(search_read(of(many), &w));
	assert_int_equal(w.count, SEARCH_WORDS_MAX);
	assert_true(fits(many, "x"));
}

/* Each piece in one of them. */
static void several_texts_are_one_message(void **state)
{
	struct bytes t[2] = {of("summer holidays"), of("beach photo.jpg")};
	struct search_words w = ask("summer photo");

	(void)state;
	assert_true(search_fits(&w, t, 2));
	w = ask("\"holidays beach\"");
	assert_false(search_fits(&w, t, 2));
	w = ask("\"beach photo\" holi");
	assert_true(search_fits(&w, t, 2));
}

static void sets_can_be_read_again(void **state)
{
	uint8_t out[DOC_SET_BYTES];
	unsigned every;

	(void)state;
	for (every = 1; every < DOCS_MAX + 9; every += every / 7 + 1) {
		struct doc_set set = doc_set_below(0), back;
		size_t doc, n;

		for (doc = every % 5; doc < DOCS_MAX; doc += every)
			doc_set_put(&set, doc);
		n = doc_set_write(&set, out);
		assert_in_range(n, 1, DOC_SET_BYTES);
		assert_ok(doc_set_read(bytes_of(out, n), &back));
		assert_memory_equal(&set, &back, sizeof(set));
		assert_int_equal(doc_set_count(&set),
				 (DOCS_MAX - every % 5 + every - 1) / every);
		doc_set_take(&set, every % 5);
		assert_false(doc_set_has(&set, every % 5));
	}
	assert_int_equal(doc_set_count(&(struct doc_set){{0}}), 0);
	assert_int_equal(doc_set_write(&(struct doc_set){{0}}, out), 0);
}

static void broken_sets_are_refused(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} broken[] = {
	    {"", 0},
	    {"\x80", 1},	 /* cut */
	    {"\x81\x80", 2},	 /* no end */
	    {"\x80\x7f", 2},	 /* longer than need be */
	    {"\x8f\x7f\x00", 3}, /* one too many: 2048 */
	    {"\x90\x00", 2},
	};
	uint8_t noise[DOC_SET_BYTES + 1] = {0};
	struct doc_set set;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(broken); i++)
		assert_int_equal(
		    doc_set_read(bytes_of(broken[i].p, broken[i].n), &set),
		    ERR_SYNTAX);
	assert_int_equal(doc_set_read(bytes_of(noise, sizeof(noise)), &set),
			 ERR_SYNTAX);
	assert_ok(doc_set_read(bytes_of("\x8f\x7f", 2), &set));
	assert_true(doc_set_has(&set, 2047));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_are_cut_into_words),
	    cmocka_unit_test(long_words_are_cut),
	    cmocka_unit_test(every_character_has_its_class),
	    cmocka_unit_test(bags_are_sorted),
	    cmocka_unit_test(queries_find_what_they_say),
	    cmocka_unit_test(queries_without_words_are_refused),
	    cmocka_unit_test(several_texts_are_one_message),
	    cmocka_unit_test(sets_can_be_read_again),
	    cmocka_unit_test(broken_sets_are_refused),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
