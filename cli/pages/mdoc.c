/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/pages/mdoc.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "cli/markup.h"
#include "cli/option.h"
#include "cli/table.h"
#include "cli/value.h"

#define COLUMNS 76

/* How far the line of plain words is. */
static int column;

static void end_line(void)
{
	if (column > 0)
		putchar('\n');
	column = 0;
}

/* What means something to troff is made to mean nothing. */
static void put_text(const char *p, size_t n)
{
	size_t i;

	if (n > 0 && (*p == '.' || *p == '\''))
		fputs("\\&", stdout);
	for (i = 0; i < n; i++) {
		if (p[i] == '\\')
			fputs("\\e", stdout);
		else if (p[i] == '"')
			fputs("\\(dq", stdout);
		else
			putchar(p[i]);
	}
}

void mdoc_macro(const char *macro, const char *text)
{
	end_line();
	printf(".%s ", macro);
	put_text(text, strlen(text));
	putchar('\n');
}

void mdoc_spec(const char *spec)
{
	struct choice c;
	const char *macro = "";

	while (spec_next(&spec, &c)) {
		const char *wanted = c.value ? "Ar" : "Cm";

		if (macro[0])
			fputs(" | ", stdout);
		if (strcmp(macro, wanted) != 0)
			printf("%s ", wanted);
		fputs(c.word, stdout);
		macro = wanted;
	}
}

void mdoc_option(const struct option_row *o)
{
	if (o->letter)
		printf("Fl %c , ", o->letter);
	printf("Fl -%s%s", o->name, o->value ? " " : "");
	if (o->value)
		mdoc_spec(o->value);
}

/* "umbel.conf(5)" */
static size_t page_bytes(const char *p, size_t n)
{
	size_t name = strcspn(p, "(");

	if (name == 0 || name + 3 > n || p[name + 1] < '1' ||
	    p[name + 1] > '9' || p[name + 2] != ')')
		return 0;
	return name;
}

/* The word without what ends a sentence or a part of it. */
static size_t core_bytes(const char *p, size_t n)
{
	while (n > 0 && strchr(".,:;?!)", p[n - 1]))
		n--;
	return n;
}

static bool is_command(const char *p, size_t n)
{
	const struct command *c;
	size_t i;

	for (i = 0; (c = table_at(i)) != NULL; i++)
		if (strlen(c->name) == n && memcmp(c->name, p, n) == 0)
			return true;
	return false;
}

static const char *macro_of(const char *p, size_t n)
{
	if (n > 1 && p[0] == '-')
		return "Fl";
	if (strchr("$/", p[0]) || (p[0] == '.' && n > 1))
		return "Pa";
	if (is_command(p, n) || strspn(p, "abcdefghijklmnopqrstuvwxyz_") >= n)
		return "Cm";
	return "Ql";
}

/* "." and the like, each as a word of its own. */
static void put_marks(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		printf(" %c", p[i]);
	putchar('\n');
}

/* A macro between marks, on a line of its own. */
static void put_macro(const char *macro, const struct token *t)
{
	bool is_option = strcmp(macro, "Fl") == 0;

	end_line();
	printf(".%s ", macro);
	if (t->before_n > 0)
		printf("%.*s ", (int)t->before_n, t->before);
	put_text(t->literal + is_option, t->literal_n - is_option);
	put_marks(t->after, t->after_n);
}

static void put_page(const char *p, size_t name, size_t n)
{
	end_line();
	printf(".Xr %.*s %c", (int)name, p, p[name + 1]);
	put_marks(p + name + 3, n - name - 3);
}

static void put_word(const char *p, size_t n)
{
	if (column > 0 && column + 1 + (int)n > COLUMNS)
		end_line();
	if (column > 0)
		putchar(' ');
	put_text(p, n);
	column += (int)n + 1;
	/* A new sentence, a new line. */
	if (strchr(".?!", p[n - 1]))
		end_line();
}

static void put_token(const struct token *t)
{
	size_t page = page_bytes(t->before, t->before_n);
	size_t core = core_bytes(t->before, t->before_n);
	struct token value = {.literal = t->before,
			      .literal_n = core,
			      .after = t->before + core,
			      .after_n = t->before_n - core};

	if (t->literal)
		put_macro(macro_of(t->literal, t->literal_n), t);
	else if (page > 0)
		put_page(t->before, page, t->before_n);
	else if (value_find(t->before, core))
		put_macro("Ar", &value);
	else
		put_word(t->before, t->before_n);
}

void mdoc_text(const char *text)
{
	struct token t;

	column = 0;
	while (markup_next(&text, &t)) {
		if (t.is_paragraph) {
			end_line();
			puts(".Pp");
		}
		put_token(&t);
	}
	end_line();
}
