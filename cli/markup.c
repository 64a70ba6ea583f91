/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/markup.h"

#include <stdio.h>
#include <string.h>

#include "cli/style.h"

#define COLUMNS 78

bool markup_next(const char **rest, struct token *out)
{
	const char *p = *rest + strspn(*rest, " ");
	size_t n;

	*out = (struct token){.is_paragraph = *p == '\n'};
	p += strspn(p, "\n");
	if (!*p)
		return false;
	n = strcspn(p, " \n`");
	out->before = p;
	out->before_n = n;
	p += n;
	if (*p == '`') {
		out->literal = ++p;
		out->literal_n = strcspn(p, "`");
		p += out->literal_n;
		p += *p == '`';
		out->after = p;
		out->after_n = strcspn(p, " \n");
		p += out->after_n;
	}
	*rest = p;
	return true;
}

/* An option speaks for itself; what else is literal is quoted, where it
 * cannot be bold. */
static bool is_quoted(const struct token *t)
{
	return t->literal && !style_is_on() &&
	       (t->literal_n < 2 || t->literal[0] != '-');
}

static int width_of(const struct token *t)
{
	return (int)(t->before_n + t->literal_n + t->after_n) +
	       (is_quoted(t) ? 2 : 0);
}

static void print_token(const struct token *t)
{
	const char *quote = is_quoted(t) ? "'" : "";

	printf("%.*s", (int)t->before_n, t->before);
	if (!t->literal)
		return;
	fputs(quote, stdout);
	style_begin(STYLE_BOLD);
	printf("%.*s", (int)t->literal_n, t->literal);
	style_end();
	printf("%s%.*s", quote, (int)t->after_n, t->after);
}

void markup_print(const char *text, int indent)
{
	int column = indent;
	struct token t;

	while (markup_next(&text, &t)) {
		int width = width_of(&t);

		if (t.is_paragraph)
			putchar('\n');
		if (t.is_paragraph || column + 1 + width > COLUMNS) {
			printf("\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			putchar(' ');
			column++;
		}
		print_token(&t);
		column += width;
	}
	putchar('\n');
}
