/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * stub_child - speaks the letters of umbeld's children and nothing else, so
 * that umbeld can be tested alone.  The test puts it beside a copy of umbeld
 * under the name of each of them.
 *
 * It tells standard error what it is given and what it gets.  How it is to
 * behave stands in a file beside it, NAME.does: "refuse" (exit status 2),
 * "die" (by a signal, at once), "stay" (deaf to S), "babble" (no letter of
 * the protocol), "close" (its end of the channel, and stay), "wish" (for
 * somebody who posts to webhooks), "blame tor" (for hanging), "hang" (deaf to
 * whether it lives), "mute" (never ready), "up" (tor is), "join" (another
 * channel).
 */
#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "util/fdpass.h"
#include "util/mem.h"

#define TEXT_MAX 4096

extern char **environ;

static const char *who;

/* One write() a line: two children share standard error. */
static void tell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void tell(const char *fmt, ...)
{
	char line[TEXT_MAX];
	va_list ap;
	int n = snprintf(line, sizeof(line), "%s[%d] ", who, (int)getpid());

	va_start(ap, fmt);
	n += vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	line[n++] = '\n';
	if (write(2, line, (size_t)n) != n)
		_exit(3);
}

static void tell_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	char path[300], target[256];

	while (d && (e = readdir(d))) {
		ssize_t n;

		if (e->d_name[0] == '.' || atoi(e->d_name) == dirfd(d))
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%s", e->d_name);
		n = readlink(path, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		tell("fd %s %s", e->d_name, target);
	}
	if (d)
		closedir(d);
}

static void tell_all(int argc, char **argv)
{
	sigset_t blocked;
	int i, signal_number = 0;

	for (i = 1; i < argc; i++)
		tell("arg %s", argv[i]);
	for (i = 0; environ[i]; i++)
		tell("env %s", environ[i]);
	tell_descriptors();
	prctl(PR_GET_PDEATHSIG, &signal_number);
	tell("dies by %d", signal_number);
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	tell("blocked %d ignored %d",
	     sigismember(&blocked, SIGTERM) || sigismember(&blocked, SIGUSR1),
	     signal(SIGPIPE, SIG_DFL) == SIG_IGN ||
		 signal(SIGUSR1, SIG_DFL) == SIG_IGN);
}

static bool does(const char *what)
{
	char own[PATH_MAX], text[64] = "";
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 8);
	int fd;

	if (n < 0)
		return false;
	memcpy(own + n, ".does", 6);
	fd = open(own, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
	return !strcmp(text, what);
}

/* Both ends greet, so that the test sees that it is one channel. */
static int take_channel(int fd, int old)
{
	char hello[64];

	if (old >= 0)
		close(old);
	snprintf(hello, sizeof(hello), "hello from %s[%d]", who, (int)getpid());
	if (fdpass_send(fd, hello, strlen(hello), -1) != OK)
		tell("channel: nobody there");
	return fd;
}

static void take_letter(char *text, size_t n, int fd, int *channel)
{
	text[n] = '\0';
	if (text[0] == 'C')
		*channel = take_channel(fd, *channel);
	else if (fd >= 0) {
		tell("channel %c", text[0]);
		close(fd);
	} else if (text[0] == 'A')
		tell("secret %s", text + 1);
	else if (text[0] == '?' && does("hang"))
		tell("hangs");
	else if (text[0] == '?' && fdpass_send(3, "!", 1, -1) != OK)
		tell("nobody asks any more");
	else if (text[0] == 'S' && does("stay"))
		tell("stays");
	else if (text[0] == 'S')
		exit(0);
}

static int serve(int ctl)
{
	char text[TEXT_MAX];
	int channel = -1, fd;
	size_t n;

	for (;;) {
		struct pollfd p[] = {{ctl, POLLIN, 0}, {channel, POLLIN, 0}};

		if (poll(p, 2, -1) < 0)
			return 3;
		if (p[0].revents) {
			if (fdpass_recv(ctl, text, sizeof(text) - 1, &n, &fd) !=
			    OK)
				return 0;
			take_letter(text, n, fd, &channel);
		} else if (p[1].revents) {
			if (fdpass_recv(channel, text, sizeof(text) - 1, &n,
					&fd) != OK) {
				close(channel);
				channel = -1;
				continue;
			}
			tell("heard %.*s", (int)n, text);
		}
	}
}

int main(int argc, char **argv)
{
	char name[64];
	int ctl = 3;

	snprintf(name, sizeof(name), "%s", basename(argv[0]));
	who = name;
	if (does("refuse"))
		return 2;
	tell_all(argc, argv);
	if (does("die"))
		raise(SIGKILL);
	if (does("babble") && fdpass_send(ctl, "hello", 5, -1) != OK)
		return 3;
	if (does("close")) {
		close(ctl);
		for (;;)
			pause();
	}
	if (!does("mute") && fdpass_send(ctl, "R", 1, -1) != OK)
		return 3;
	if (does("up") && fdpass_send(ctl, "t\x64", 2, -1) != OK)
		return 3;
	if (does("join") && fdpass_send(ctl, "J", 1, -1) != OK)
		return 3;
	if (does("shutdown") && fdpass_send(ctl, "X", 1, -1) != OK)
		return 3;
	if (does("wish") && fdpass_send(ctl, "W", 1, -1) != OK)
		return 3;
	if (does("blame tor") && fdpass_send(ctl, "K", 1, -1) != OK)
		return 3;
	return serve(ctl);
}
