/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel - the command line of the daemon, over RUN/api.sock.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <sodium.h>

#include "cli/command.h"
#include "cli/http.h"
#include "cli/out.h"
#include "config.h"
#include "util/mem.h"

/* Which options a command takes, beside those that all take. */
enum option_bit {
	BIT_PASSPHRASE = 1,
	BIT_INVITE = 2, /* --label, --days */
	BIT_ALIAS = 4,
	BIT_WAIT = 8,
	BIT_TAIL = 16, /* --follow, --count */
	BIT_PRINT = 32,
	BIT_QR = 64,
	BIT_NEW_PASSPHRASE = 128,
};

static const struct command {
	const char *name, *sub; /* "user", "add" */
	int (*run)(const struct command_args *a);
	int args_min, args_max;
	unsigned bits;
	const char *usage, *help;
} commands[] = {
    {"status", NULL, command_status, 0, 0, 0, "status",
     "the daemon, Tor and the users"},
    {"user", "add", command_user_add, 1, 1, BIT_PASSPHRASE, "user add NAME",
     "make a user, unlocked"},
    {"user", "list", command_user_list, 0, 0, 0, "user list",
     "all users of this daemon"},
    {"user", "unlock", command_user_unlock, 0, 1, BIT_PASSPHRASE,
     "user unlock [NAME]", "open a user's data"},
    {"user", "passphrase", command_user_passphrase, 0, 1,
     BIT_PASSPHRASE | BIT_NEW_PASSPHRASE, "user passphrase [NAME]",
     "give the user another one"},
    {"user", "lock", command_user_lock, 0, 1, 0, "user lock [NAME]",
     "close it, and be offline"},
    {"invite", NULL, command_invite, 0, 0, BIT_INVITE | BIT_QR, "invite",
     "print a link for one new contact"},
    {"invite", "list", command_invite_list, 0, 0, BIT_QR, "invite list",
     "links that are still open"},
    {"invite", "delete", command_invite_delete, 1, 1, 0, "invite delete ID",
     "take a link back"},
    {"connect", NULL, command_connect, 1, 1, BIT_ALIAS | BIT_WAIT,
     "connect LINK", "take someone's link"},
    {"contacts", NULL, command_contacts, 0, 0, 0, "contacts", "who is there"},
    {"send", NULL, command_send, 2, 2, BIT_WAIT, "send WHO TEXT",
     "send a message; TEXT - reads standard input"},
    {"tail", NULL, command_tail, 0, 1, BIT_TAIL, "tail [WHO]",
     "the last messages"},
    {"open", NULL, command_open, 0, 0, BIT_PRINT, "open",
     "open the web page, logged in"},
};

enum option_id {
	OPT_RUN = 1,
	OPT_USER,
	OPT_JSON,
	OPT_PASSPHRASE_FILE,
	OPT_NEW_PASSPHRASE_FILE,
	OPT_LABEL,
	OPT_ALIAS,
	OPT_DAYS,
	OPT_WAIT,
	OPT_FOLLOW,
	OPT_COUNT,
	OPT_PRINT,
	OPT_QR,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option options[] = {
    {"run", required_argument, NULL, OPT_RUN},
    {"user", required_argument, NULL, OPT_USER},
    {"json", no_argument, NULL, OPT_JSON},
    {"passphrase-file", required_argument, NULL, OPT_PASSPHRASE_FILE},
    {"new-passphrase-file", required_argument, NULL, OPT_NEW_PASSPHRASE_FILE},
    {"label", required_argument, NULL, OPT_LABEL},
    {"alias", required_argument, NULL, OPT_ALIAS},
    {"days", required_argument, NULL, OPT_DAYS},
    {"wait", no_argument, NULL, OPT_WAIT},
    {"follow", no_argument, NULL, OPT_FOLLOW},
    {"count", required_argument, NULL, OPT_COUNT},
    {"print", no_argument, NULL, OPT_PRINT},
    {"qr", no_argument, NULL, OPT_QR},
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
    "  --passphrase-file FILE  for user add, unlock and passphrase;\n"
    "                          - for standard input\n"
    "  --new-passphrase-file FILE\n"
    "                          for user passphrase: the one to come\n"
    "  --label TEXT            for invite: a note of your own\n"
    "  --days N                for invite: how long it may be used [7]\n"
    "  --qr                    for invite and invite list: draw QR codes too\n"
    "  --alias NAME            for connect: what you call the contact\n"
    "  --wait                  for connect and send: until it is settled\n"
    "  -n, --count N           for tail: how many messages [20]\n"
    "  -f, --follow            for tail: go on as they come\n"
    "  --print                 for open: print the link only\n"
    "  -h, --help              this text\n"
    "  --version\n"
    "\n"
    "-- before a text that begins with a dash. Exit codes: 0 done, 1 refused,\n"
    "2 wrong usage, 3 no daemon, 4 user is locked, 5 wrong passphrase,\n"
    "6 not found, 7 --wait ran out.\n";

struct settings {
	struct command_args args;
	const char *run_dir;
	bool help, version;
	unsigned bits; /* of the options that were given */
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

static unsigned bit_of(int id)
{
	switch (id) {
	case OPT_PASSPHRASE_FILE: return BIT_PASSPHRASE;
	case OPT_NEW_PASSPHRASE_FILE: return BIT_NEW_PASSPHRASE;
	case OPT_LABEL:
	case OPT_DAYS: return BIT_INVITE;
	case OPT_ALIAS: return BIT_ALIAS;
	case OPT_WAIT: return BIT_WAIT;
	case 'f':
	case OPT_FOLLOW:
	case 'n':
	case OPT_COUNT: return BIT_TAIL;
	case OPT_PRINT: return BIT_PRINT;
	case OPT_QR: return BIT_QR;
	default: return 0;
	}
}

static bool take_option(struct settings *s, int id, const char *value)
{
	struct command_args *a = &s->args;

	s->bits |= bit_of(id);
	switch (id) {
	case OPT_RUN: s->run_dir = value; return true;
	case OPT_USER: a->user = value; return true;
	case OPT_JSON: return a->json = true;
	case OPT_PASSPHRASE_FILE: a->passphrase_file = value; return true;
	case OPT_NEW_PASSPHRASE_FILE:
		a->new_passphrase_file = value;
		return true;
	case OPT_LABEL: a->label = value; return true;
	case OPT_ALIAS: a->alias = value; return true;
	case OPT_DAYS: return take_number(value, &a->days);
	case OPT_WAIT: return a->wait = true;
	case 'f':
	case OPT_FOLLOW: return a->follow = true;
	case 'n':
	case OPT_COUNT: return take_number(value, &a->count);
	case OPT_PRINT: return a->print = true;
	case OPT_QR: return a->qr = true;
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

/* The command that the words begin with; NULL after saying what is wrong. */
static const struct command *find_command(int argc, char **argv)
{
	const struct command *plain = NULL;
	bool has_name = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->name, argv[0]) != 0)
			continue;
		has_name = true;
		if (!c->sub)
			plain = c;
		else if (argc > 1 && strcmp(c->sub, argv[1]) == 0)
			return c;
	}
	if (plain && (argc == 1 || plain->args_max > 0))
		return plain;
	if (!has_name)
		say("'%s' is no command; umbel --help lists them.", argv[0]);
	else if (argc > 1)
		say("umbel %s takes no '%s'; umbel --help tells what it takes.",
		    argv[0], argv[1]);
	else
		say("umbel %s what? umbel --help lists it.", argv[0]);
	return NULL;
}

static bool is_usage_right(const struct settings *s, const struct command *c)
{
	if (s->args.argc < c->args_min || s->args.argc > c->args_max)
		say("Too %s words. It is: umbel %s",
		    s->args.argc < c->args_min ? "few" : "many", c->usage);
	else if (s->bits & ~c->bits)
		say("An option that umbel %s does not take; umbel --help "
		    "tells which belongs where.",
		    c->usage);
	else if (s->args.qr && s->args.json)
		say("A QR code is not JSON: --qr or --json, not both.");
	else
		return true;
	return false;
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
	int code = EXIT_NO_DAEMON, words;

	if (argc == 0) {
		print_help();
		return EXIT_USAGE;
	}
	c = find_command(argc, argv);
	if (!c)
		return EXIT_USAGE;
	words = c->sub ? 2 : 1;
	s->args.argc = argc - words;
	s->args.argv = argv + words;
	if (!is_usage_right(s, c))
		return EXIT_USAGE;
	dir = s->run_dir ? xstrdup(s->run_dir) : default_run_dir();
	s->args.http = http_new(dir);
	free(dir);
	if (s->args.http)
		code = c->run(&s->args);
	http_free(s->args.http);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		say("Standard output cannot be written.");
		code = EXIT_REFUSED;
	}
	return code;
}

int main(int argc, char **argv)
{
	struct settings s = {0};
	int id;

	if (sodium_init() < 0)
		return EXIT_REFUSED;
	/* There are passphrases and credentials in here. */
	prctl(PR_SET_DUMPABLE, 0);
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
