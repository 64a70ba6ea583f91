/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sodium.h>

#include "cli/out.h"
#include "util/mem.h"

#define SECRET_MAX_BYTES 4096

static char *read_line(FILE *f)
{
	char *line = xcalloc(1, SECRET_MAX_BYTES);

	if (!fgets(line, SECRET_MAX_BYTES, f))
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static char *ask(FILE *tty, const char *prompt)
{
	struct termios old, silent;
	char *line;

	fputs(prompt, tty);
	fflush(tty);
	if (tcgetattr(fileno(tty), &old) == 0) {
		silent = old;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(fileno(tty), TCSAFLUSH, &silent);
		line = read_line(tty);
		tcsetattr(fileno(tty), TCSAFLUSH, &old);
	} else {
		line = read_line(tty);
	}
	fputc('\n', tty);
	return line;
}

static char *ask_twice(FILE *tty, const char *prompt)
{
	char *first = ask(tty, prompt);
	char *again = ask(tty, "The same again: ");

	if (strcmp(first, again) != 0) {
		say("The two are not the same.");
		secret_free(first);
		first = NULL;
	}
	secret_free(again);
	return first;
}

static char *from_file(const char *file)
{
	FILE *f = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	char *line;

	if (!f) {
		say("%s cannot be read.", file);
		return NULL;
	}
	line = read_line(f);
	if (f != stdin)
		fclose(f);
	return line;
}

char *secret_read(const char *file, const char *prompt, bool is_new)
{
	FILE *tty = file || !isatty(0) ? NULL : fopen("/dev/tty", "r+e");
	char *s;

	if (!tty)
		return from_file(file ? file : "-");
	s = is_new ? ask_twice(tty, prompt) : ask(tty, prompt);
	fclose(tty);
	return s;
}

void secret_free(char *s)
{
	if (s)
		sodium_memzero(s, strlen(s));
	free(s);
}
