/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tor_ask.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"
#include "tor/tor_log.h"
#include "util/clock.h"
#include "util/log_level.h"
#include "util/mem.h"

#define WAIT_MS	   10000
#define OUTPUT_MAX 65536

/* Until the end, the cap or the deadline. */
static void read_output(int fd, char *text, size_t cap)
{
	uint64_t end_ms = clock_mono_ms() + WAIT_MS;
	size_t n = 0;

	while (n < cap - 1) {
		uint64_t now_ms = clock_mono_ms();
		struct pollfd p = {fd, POLLIN, 0};
		ssize_t got;

		if (now_ms >= end_ms ||
		    poll(&p, 1, (int)(end_ms - now_ms)) <= 0)
			break;
		got = read(fd, text + n, cap - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	text[n] = '\0';
}

static void ask(struct spawn *how, char *text, size_t cap)
{
	int ends[2], status;
	pid_t pid;

	text[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	how->out = ends[1];
	if (spawn_start(how, &pid) == OK) {
		close(ends[1]);
		ends[1] = -1;
		read_output(ends[0], text, cap);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	close(ends[0]);
	if (ends[1] >= 0)
		close(ends[1]);
}

void tor_ask_version(const char *path, char *line, size_t cap)
{
	char *own = xstrdup(path), word[] = "--version";
	char *const argv[] = {own, word, NULL};
	struct spawn how = {.path = path, .argv = argv};

	ask(&how, line, cap);
	line[strcspn(line, "\r\n")] = '\0';
	free(own);
}

/* Its last warning, if it has ended with an error. */
static bool find_refusal(char *text, char why[TOR_ASK_WHY])
{
	bool is_refused = false;
	char *line, *rest = text;

	why[0] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		enum log_level level = tor_log_clean(line);

		if (level == LOG_LEVEL_WARN)
			snprintf(why, TOR_ASK_WHY, "%s", line);
		is_refused |= level == LOG_LEVEL_ERROR;
	}
	return is_refused;
}

bool tor_ask_takes(const char *path, int torrc, char why[TOR_ASK_WHY])
{
	char *own = xstrdup(path), *text = xcalloc(1, OUTPUT_MAX);
	char verify[] = "--verify-config", defaults[] = "--defaults-torrc";
	char null[] = "/dev/null", f[] = "-f", file[] = "/proc/self/fd/3";
	/* What is not there is not looked into. */
	char data[] = "DataDirectory", nowhere[] = "/proc/umbel";
	char *const argv[] = {own,  verify, defaults, null, f,
			      file, data,   nowhere,  NULL};
	struct spawn how = {
	    .path = path, .argv = argv, .fds = {torrc}, .fd_count = 1};
	bool is_refused;

	ask(&how, text, OUTPUT_MAX);
	is_refused = find_refusal(text, why);
	free(text);
	free(own);
	return !is_refused;
}
