/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/secret.h"

#include <errno.h>
#include <signal.h>
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

/* For on_signal() only. */
static struct termios old_mode;
static int old_fd;

/* Ctrl-C at the prompt: the terminal must echo again. */
static void on_signal(int number)
{
	tcsetattr(old_fd, TCSANOW, &old_mode);
	signal(number, SIG_DFL);
	raise(number);
}

static void set_signals(void (*handler)(int))
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		signal(numbers[i], handler);
}

static char *ask(FILE *tty, const char *prompt)
{
	struct termios silent;
	char *line;

	fputs(prompt, tty);
	fflush(tty);
	old_fd = fileno(tty);
	if (tcgetattr(old_fd, &old_mode) == 0) {
		silent = old_mode;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		set_signals(on_signal);
		tcsetattr(old_fd, TCSAFLUSH, &silent);
		line = read_line(tty);
		tcsetattr(old_fd, TCSAFLUSH, &old_mode);
		set_signals(SIG_DFL);
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
		say("%s cannot be read: %s.", file, strerror(errno));
		return NULL;
	}
	line = read_line(f);
	if (f != stdin)
		fclose(f);
	return line;
}

bool secret_is_asked(const char *file)
{
	return !file && isatty(0);
}

char *secret_read(const char *file, const char *prompt, bool is_new)
{
	FILE *tty = secret_is_asked(file) ? fopen("/dev/tty", "r+e") : NULL;
	char *s;

	if (!tty) {
		s = from_file(file ? file : "-");
	} else {
		s = is_new ? ask_twice(tty, prompt) : ask(tty, prompt);
		fclose(tty);
	}
	if (s && !s[0]) {
		say("There is no passphrase.");
		secret_free(s);
		s = NULL;
	}
	return s;
}

void secret_free(char *s)
{
	if (s)
		sodium_memzero(s, strlen(s));
	free(s);
}
