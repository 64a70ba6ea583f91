/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * embed_document - turns api/openapi.json into the C file of document.h.
 *
 *     embed-document INPUT OUTPUT
 *
 * One string literal per line of the input; white space at the start of a
 * line, which is only there for people, is left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 65536

static void die(const char *what, const char *name)
{
	fprintf(stderr, "embed-document: %s: %s\n", name, what);
	exit(1);
}

static void put_line(FILE *out, const char *line)
{
	line += strspn(line, " \t");
	fputs("    \"", out);
	for (; *line && *line != '\n'; line++) {
		unsigned char c = (unsigned char)*line;

		if (c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '?')
			fprintf(out, "\\%03o", (unsigned)c);
		else
			putc(c, out);
	}
	fputs("\\n\"\n", out);
}

static void put_file(FILE *in, FILE *out, const char *name)
{
	static char line[LINE_MAX_BYTES];

	fputs("/* Made by tools/embed_document.c from api/openapi.json. */\n"
	      "#include \"api/document.h\"\n\n"
	      "static const char text[] =\n",
	      out);
	while (fgets(line, sizeof(line), in)) {
		if (!strchr(line, '\n'))
			die("a line is too long, or the last has no end", name);
		put_line(out, line);
	}
	fputs("    ;\n\nstruct bytes api_document(void)\n{\n"
	      "\treturn bytes_of(text, sizeof(text) - 1);\n}\n",
	      out);
}

int main(int argc, char **argv)
{
	FILE *in, *out;

	if (argc != 3) {
		fprintf(stderr, "usage: embed-document INPUT OUTPUT\n");
		return 2;
	}
	in = fopen(argv[1], "r");
	if (!in)
		die("cannot be read", argv[1]);
	out = fopen(argv[2], "w");
	if (!out)
		die("cannot be made", argv[2]);
	put_file(in, out, argv[1]);
	if (ferror(in) || ferror(out) || fclose(out) != 0) {
		remove(argv[2]);
		die("cannot be written", argv[2]);
	}
	fclose(in);
	return 0;
}
