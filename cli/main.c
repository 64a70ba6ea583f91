/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel - the command line of the daemon, over RUN/api.sock.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "cli/command.h"
#include "cli/http.h"
#include "cli/out.h"
#include "config.h"
#include "util/mem.h"

static const struct command {
	const char *name;
	int (*run)(const struct command_args *a);
	const char *usage, *help;
} commands[] = {
    {"status", command_status, "status", "the daemon, Tor and the users"},
    {"user", command_user, "user add NAME", "make a user, unlocked"},
    {NULL, NULL, "user list", "all users of this daemon"},
    {NULL, NULL, "user unlock|lock [NAME]", "open or close a user's data"},
    {"invite", command_invite, "invite", "print a link for one new contact"},
    {NULL, NULL, "invite list", "links that are still open"},
    {NULL, NULL, "invite delete ID", "take a link back"},
    {"connect", command_connect, "connect LINK", "take someone's link"},
    {"contacts", command_contacts, "contacts", "who is there"},
    {"send", command_send, "send WHO TEXT",
     "send a message; TEXT - reads standard input"},
    {"tail", command_tail, "tail [WHO]", "the last messages"},
    {"open", command_open, "open", "open the web page, logged in"},
};

enum option_id {
	OPT_RUN = 1,
	OPT_USER,
	OPT_JSON,
	OPT_PASSPHRASE_FILE,
	OPT_LABEL,
	OPT_ALIAS,
	OPT_DAYS,
	OPT_WAIT,
	OPT_FOLLOW,
	OPT_COUNT,
	OPT_PRINT,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option options[] = {
    {"run", required_argument, NULL, OPT_RUN},
    {"user", required_argument, NULL, OPT_USER},
    {"json", no_argument, NULL, OPT_JSON},
    {"passphrase-file", required_argument, NULL, OPT_PASSPHRASE_FILE},
    {"label", required_argument, NULL, OPT_LABEL},
    {"alias", required_argument, NULL, OPT_ALIAS},
    {"days", required_argument, NULL, OPT_DAYS},
    {"wait", no_argument, NULL, OPT_WAIT},
    {"follow", no_argument, NULL, OPT_FOLLOW},
    {"count", required_argument, NULL, OPT_COUNT},
    {"print", no_argument, NULL, OPT_PRINT},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0},
};

static const char help_tail[] =
    "\n"
    "Options:\n"
    "  --run DIR               the daemon's run folder\n"
    "                          [$XDG_RUNTIME_DIR/umbel, or /run/umbel]\n"
    "  --user NAME             which user, if there is more than one\n"
    "  --json                  one JSON object a line, as the API gives it\n"
    "  --passphrase-file FILE  for user add and unlock; - for standard input\n"
    "  --label TEXT, --days N  for invite: a note of your own, how long\n"
    "  --alias NAME            for connect: what you call the contact\n"
    "  --wait                  for connect and send: until it is settled\n"
    "  -n, --count N           for tail: how many messages [20]\n"
    "  -f, --follow            for tail: go on as they come\n"
    "  --print                 for open: print the link only\n"
    "  -h, --help; --version\n"
    "\n"
    "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no daemon, 4 user is\n"
    "locked, 5 wrong passphrase, 6 not found, 7 --wait ran out.\n";

struct settings {
	struct command_args args;
	const char *run_dir;
	bool help, version;
};

static bool take_number(const char *text, long *out)
{
	char *end;
	long v = strtol(text, &end, 10);

	if (!*text || *end || v < 1 || v > 1000000) {
		say("'%s' is not a number from 1 on.", text);
		return false;
	}
	*out = v;
	return true;
}

static bool take_option(struct settings *s, int id, const char *value)
{
	struct command_args *a = &s->args;

	switch (id) {
	case OPT_RUN: s->run_dir = value; return true;
	case OPT_USER: a->user = value; return true;
	case OPT_JSON: return a->json = true;
	case OPT_PASSPHRASE_FILE: a->passphrase_file = value; return true;
	case OPT_LABEL: a->label = value; return true;
	case OPT_ALIAS: a->alias = value; return true;
	case OPT_DAYS: return take_number(value, &a->days);
	case OPT_WAIT: return a->wait = true;
	case 'f':
	case OPT_FOLLOW: return a->follow = true;
	case 'n':
	case OPT_COUNT: return take_number(value, &a->count);
	case OPT_PRINT: return a->print = true;
	case 'h':
	case OPT_HELP: return s->help = true;
	case OPT_VERSION: return s->version = true;
	default: return false; /* getopt has said why */
	}
}

static void print_help(void)
{
	size_t i;

	puts("umbel talks to the Umbel daemon that runs on this machine.\n\n"
	     "Usage: umbel [OPTION]... COMMAND [ARGUMENT]...\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-25s %s\n", commands[i].usage, commands[i].help);
	fputs(help_tail, stdout);
}

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].name && strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static char *default_run_dir(void)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");

	if (geteuid() == 0 || !xdg || xdg[0] != '/')
		return xstrdup("/run/umbel");
	return xasprintf("%s/umbel", xdg);
}

static int run(struct settings *s, int argc, char **argv)
{
	const struct command *c;
	char *dir;
	int code = EXIT_NO_DAEMON;

	if (argc == 0) {
		print_help();
		return EXIT_USAGE;
	}
	c = find_command(argv[0]);
	if (!c) {
		say("'%s' is no command; umbel --help lists them.", argv[0]);
		return EXIT_USAGE;
	}
	s->args.argc = argc - 1;
	s->args.argv = argv + 1;
	dir = s->run_dir ? xstrdup(s->run_dir) : default_run_dir();
	s->args.http = http_new(dir);
	free(dir);
	if (s->args.http)
		code = c->run(&s->args);
	http_free(s->args.http);
	return code;
}

int main(int argc, char **argv)
{
	struct settings s = {0};
	int id;

	if (sodium_init() < 0)
		return EXIT_REFUSED;
	while ((id = getopt_long(argc, argv, "hfn:", options, NULL)) != -1)
		if (!take_option(&s, id, optarg))
			return EXIT_USAGE;
	if (s.help) {
		print_help();
		return EXIT_OK;
	}
	if (s.version) {
		puts("umbel " PACKAGE_VERSION);
		return EXIT_OK;
	}
	return run(&s, argc - optind, argv + optind);
}
