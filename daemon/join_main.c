/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel-join ROLE - what systemd starts for umbeld; see launch.h.  It becomes
 * the process of that role, and is gone.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "broker.h"
#include "launch.h"
#include "netwatch.h"
#include "spawn.h"
#include "tor_jail.h"
#include "util/fdpass.h"
#include "util/log.h"
#include "util/mem.h"

#define CTL	     SPAWN_FIRST_FD
#define EXIT_REFUSED 2
#define CREDENTIALS  "=${CREDENTIALS_DIRECTORY}/"

struct role;
typedef int become_fn(const struct role *r, struct launch *l);

/* program: NULL for what is no program of its own beside us. */
struct role {
	const char *name;
	const char *program;
	become_fn *become;
};

static int refuse(const char *what)
{
	log_error("%s", what);
	return EXIT_REFUSED;
}

static void start_clean(void)
{
	sigset_t none;
	int i;

	for (i = 1; i < NSIG; i++)
		signal(i, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	umask(077);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* Descriptors first, first + 1 ...; nothing else stays open from 3 on. */
static bool place(struct launch *l, int first)
{
	size_t i;

	/* Out of the way of each other. */
	for (i = 0; i < l->fd_count; i++) {
		l->fds[i] =
		    fcntl(l->fds[i], F_DUPFD_CLOEXEC, first + LAUNCH_FDS_MAX);
		if (l->fds[i] < 0)
			return false;
	}
	for (i = 0; i < l->fd_count; i++)
		if (dup2(l->fds[i], first + (int)i) < 0)
			return false;
	return close_range((unsigned)(first + (int)l->fd_count), ~0U, 0) == 0;
}

/* Like umbeld's own children: spawn.h. */
static char **make_environment(void)
{
	static const char *const kept[] = {"JOURNAL_STREAM", "TZ"};
	char **env = xcalloc(ARRAY_SIZE(kept) + 1, sizeof(*env));
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(kept); i++)
		if (getenv(kept[i]))
			env[n++] = xasprintf("%s=%s", kept[i], getenv(kept[i]));
	return env;
}

static int run(const char *path, char **words)
{
	execve(path, words, make_environment());
	log_error("%s cannot be run: %s", path, strerror(errno));
	return SPAWN_NO_PROGRAM;
}

/* NAME=${CREDENTIALS_DIRECTORY}/FILE: umbeld has other credentials than the
 * core, and cannot know where these are. */
static void find_credentials(struct launch *l)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	size_t i;

	for (i = 0; i < l->word_count; i++) {
		char *at = strstr(l->words[i], CREDENTIALS);

		if (!at)
			continue;
		if (!folder) {
			log_error("passphrase_file names "
				  "${CREDENTIALS_DIRECTORY}, but "
				  "umbel-core@.service has no "
				  "LoadCredential: systemctl edit "
				  "umbel-core@.service");
			return;
		}
		l->words[i] =
		    xasprintf("%.*s=%s/%s", (int)(at - l->words[i]),
			      l->words[i], folder, at + strlen(CREDENTIALS));
	}
}

/* The programs are told to us by where we are, and by nobody else. */
static int become_program(const struct role *r, struct launch *l)
{
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (n <= 0 || !place(l, CTL + 1))
		return refuse("descriptors cannot be put in place");
	own[n] = '\0';
	find_credentials(l);
	return run(xasprintf("%s/%s", dirname(own), r->program), l->words);
}

/* Words: tor's sockets, control and SOCKS, the cells, the level of the log. */
static int become_broker(const struct role *r, struct launch *l)
{
	static struct broker b;

	(void)r;
	if (l->word_count != 4 || l->fd_count > 0)
		return refuse("not what umbel-broker is told");
	b = (struct broker){.control = l->words[0],
			    .socks = l->words[1],
			    .cells = l->words[2],
			    .log_level = (enum log_level)atoi(l->words[3])};
	broker_run(&b);
	return 1;
}

/* Here is the only network: umbeld's own is empty. */
static void send_netwatch(void)
{
	int fd = netwatch_open();

	if (fd < 0 || fdpass_send(CTL, "N", 1, fd) != OK)
		log_debug("the network is not watched: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Words: "yes" if it may run programs, the folders it may write to, "--", the
 * program and its words.  Its configuration becomes descriptor 3; the control
 * channel stays open behind it, so that umbeld sees its end. */
static int become_tor(const struct role *r, struct launch *l)
{
	struct tor_jail jail = {.folder_count = 0};
	const char *path;
	size_t i;
	int out;

	(void)r;
	for (i = 1; i < l->word_count && strcmp(l->words[i], "--") != 0; i++)
		if (jail.folder_count < TOR_JAIL_FOLDERS)
			jail.folders[jail.folder_count++] = l->words[i];
	if (i + 1 >= l->word_count || l->fd_count < 1 || l->fd_count > 2)
		return refuse("not what tor is told");
	jail.runs_programs = strcmp(l->words[0], "yes") == 0;
	/* What it prints umbeld wants to read first. */
	out = l->fd_count == 2 ? l->fds[1] : -1;
	if (out >= 0 && (dup2(out, 1) < 0 || dup2(out, 2) < 0))
		return refuse("descriptors cannot be put in place");
	l->fds[1] = CTL;
	l->fd_count = 2;
	send_netwatch();
	if (!place(l, CTL))
		return refuse("descriptors cannot be put in place");
	if (tor_jail_path(l->words[i + 1], &path) != OK ||
	    !tor_jail_enter(&jail))
		return EXIT_REFUSED;
	return run(path, &l->words[i + 1]);
}

static const struct role roles[] = {
    {"core", "umbel-core", become_program},
    {"httpd", "umbel-httpd", become_program},
    {"hooks", "umbel-hooks", become_program},
    {"webhooks", "umbel-webhooks", become_program},
    {"broker", NULL, become_broker},
    {"tor", NULL, become_tor},
};

static const struct role *find_role(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(roles); i++)
		if (strcmp(roles[i].name, name) == 0)
			return &roles[i];
	return NULL;
}

static bool is_channel(int fd)
{
	socklen_t n = sizeof(int);
	int type = 0;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	       type == SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
	const struct role *r = argc == 2 ? find_role(argv[1]) : NULL;
	static struct launch l;
	enum err e;

	if (!r || !is_channel(CTL)) {
		fputs("umbel-join is started by systemd for umbeld, not by "
		      "hand.\n",
		      stderr);
		return EXIT_REFUSED;
	}
	if (sodium_init() < 0)
		return 1;
	start_clean();
	log_start("umbel-join", LOG_LEVEL_INFO);
	e = launch_receive(CTL, &l);
	if (e == ERR_CLOSED)
		return 0; /* umbeld is gone already */
	if (e != OK)
		return refuse("umbeld does not say what is to be started");
	return r->become(r, &l);
}
