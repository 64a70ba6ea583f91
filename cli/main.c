/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel - the command line of the daemon, over RUN/api.sock.
 */
#include <fcntl.h>
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
#include "cli/table.h"
#include "config.h"
#include "util/mem.h"

enum option_id {
	OPT_RUN = 1,
	OPT_USER,
	OPT_JSON,
	OPT_PASSPHRASE_FILE,
	OPT_NEW_PASSPHRASE_FILE,
	OPT_LABEL,
	OPT_DAYS,
	OPT_ALIAS,
	OPT_GREETING,
	OPT_NAME,
	OPT_STATUS,
	OPT_RECEIPTS,
	OPT_TYPING,
	OPT_ACCEPT,
	OPT_UP_TO,
	OPT_REPLY,
	OPT_WITHIN,
	OPT_FOR_ALL,
	OPT_NONE,
	OPT_IDS,
	OPT_WAIT,
	OPT_FOLLOW,
	OPT_COUNT,
	OPT_TEXT,
	OPT_TYPE,
	OPT_KIND,
	OPT_METADATA,
	OPT_STATE,
	OPT_FORCE,
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
    {"days", required_argument, NULL, OPT_DAYS},
    {"alias", required_argument, NULL, OPT_ALIAS},
    {"greeting", required_argument, NULL, OPT_GREETING},
    {"name", required_argument, NULL, OPT_NAME},
    {"status", required_argument, NULL, OPT_STATUS},
    {"receipts", required_argument, NULL, OPT_RECEIPTS},
    {"typing", required_argument, NULL, OPT_TYPING},
    {"accept", required_argument, NULL, OPT_ACCEPT},
    {"up-to", required_argument, NULL, OPT_UP_TO},
    {"reply", required_argument, NULL, OPT_REPLY},
    {"within", required_argument, NULL, OPT_WITHIN},
    {"for-all", no_argument, NULL, OPT_FOR_ALL},
    {"none", no_argument, NULL, OPT_NONE},
    {"ids", no_argument, NULL, OPT_IDS},
    {"wait", no_argument, NULL, OPT_WAIT},
    {"follow", no_argument, NULL, OPT_FOLLOW},
    {"count", required_argument, NULL, OPT_COUNT},
    {"text", required_argument, NULL, OPT_TEXT},
    {"type", required_argument, NULL, OPT_TYPE},
    {"kind", required_argument, NULL, OPT_KIND},
    {"metadata", required_argument, NULL, OPT_METADATA},
    {"state", required_argument, NULL, OPT_STATE},
    {"force", no_argument, NULL, OPT_FORCE},
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
    "  --qr                    for invite, invite list, address and safety:\n"
    "                          draw QR codes too\n"
    "  --alias NAME            for connect and request accept: what you call\n"
    "                          the contact\n"
    "  --greeting TEXT         for connect: what they read when you knock\n"
    "  --wait                  for connect, request accept, send and retry:\n"
    "                          until it is settled; for send-file, file\n"
    "                          accept and resume: to the end; for get: accept\n"
    "                          it and wait\n"
    "  --name TEXT             for profile: the name that contacts see; for\n"
    "                          send-file: what the file is called there\n"
    "  --status TEXT           for profile: a line about you\n"
    "  --receipts on|off       for privacy and contact privacy: tell what you\n"
    "                          have read; for a contact also default\n"
    "  --typing on|off         the same: tell that you are writing\n"
    "  --accept KINDS          for privacy: which files are taken unasked: "
    "none,\n"
    "                          or some of file,image,voice\n"
    "  --up-to SIZE            for privacy: and how large; such as 300K, 10M, "
    "1G\n"
    "  --reply ID              for send and send-file: which message it\n"
    "                          answers\n"
    "  --within TIME           for the same: give up if it is not delivered\n"
    "                          by then\n"
    "  --for-all               for delete: at both ends\n"
    "  --none                  for react: take it back\n"
    "  --ids                   for tail, send and retry: print ids of "
    "messages;\n"
    "                          for send-file: of files\n"
    "  --text TEXT             for send-file: a caption\n"
    "  --type TYPE             for send-file: its media type, such as\n"
    "                          image/png\n"
    "  --kind KIND             for send-file: file, image or voice\n"
    "  --metadata keep|strip   for send-file: leave place, time and camera in\n"
    "                          a picture, or refuse what cannot be freed of\n"
    "                          them [strip what is a JPEG or PNG]\n"
    "  --state STATE           for files: only those\n"
    "  --force                 for get: replace what is there\n"
    "  -n, --count N           for tail: how many messages [20]\n"
    "  -f, --follow            for tail and export: go on as they come\n"
    "  --print                 for open: print the link only\n"
    "  -h, --help              this text\n"
    "  --version\n"
    "\n"
    "WHO is an alias, a name or an id; TIME is 30s, 10m, 8h, 7d or 2w; ID is\n"
    "what lists and --ids show. -- before a text that begins with a dash.\n"
    "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no daemon, 4 user is\n"
    "locked, 5 wrong passphrase, 6 not found, 7 --wait ran out.\n";

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
	case OPT_GREETING: return BIT_GREETING;
	case OPT_WAIT: return BIT_WAIT;
	case OPT_NAME: return BIT_NAME;
	case OPT_STATUS: return BIT_STATUS;
	case OPT_RECEIPTS:
	case OPT_TYPING: return BIT_PRIVACY;
	case OPT_ACCEPT:
	case OPT_UP_TO: return BIT_ACCEPT;
	case OPT_REPLY:
	case OPT_WITHIN: return BIT_SEND;
	case OPT_TEXT:
	case OPT_TYPE:
	case OPT_KIND:
	case OPT_METADATA: return BIT_FILE;
	case OPT_STATE: return BIT_STATE;
	case OPT_FORCE: return BIT_FORCE;
	case OPT_FOR_ALL: return BIT_FOR_ALL;
	case OPT_NONE: return BIT_NONE;
	case OPT_IDS: return BIT_IDS;
	case 'f':
	case OPT_FOLLOW: return BIT_FOLLOW;
	case 'n':
	case OPT_COUNT: return BIT_TAIL;
	case OPT_PRINT: return BIT_PRINT;
	case OPT_QR: return BIT_QR;
	default: return 0;
	}
}

/* Of an option whose value is kept as it is; NULL if it is none. */
static const char **place_of(struct settings *s, int id)
{
	struct command_args *a = &s->args;

	switch (id) {
	case OPT_RUN: return &s->run_dir;
	case OPT_USER: return &a->user;
	case OPT_PASSPHRASE_FILE: return &a->passphrase_file;
	case OPT_NEW_PASSPHRASE_FILE: return &a->new_passphrase_file;
	case OPT_LABEL: return &a->label;
	case OPT_ALIAS: return &a->alias;
	case OPT_GREETING: return &a->greeting;
	case OPT_NAME: return &a->name;
	case OPT_STATUS: return &a->status;
	case OPT_RECEIPTS: return &a->receipts;
	case OPT_TYPING: return &a->typing;
	case OPT_REPLY: return &a->reply;
	case OPT_WITHIN: return &a->within;
	case OPT_ACCEPT: return &a->accept;
	case OPT_UP_TO: return &a->up_to;
	case OPT_TEXT: return &a->text;
	case OPT_TYPE: return &a->type;
	case OPT_KIND: return &a->kind;
	case OPT_METADATA: return &a->metadata;
	case OPT_STATE: return &a->state;
	default: return NULL;
	}
}

static bool take_option(struct settings *s, int id, const char *value)
{
	struct command_args *a = &s->args;
	const char **place = place_of(s, id);

	s->bits |= bit_of(id);
	if (place) {
		*place = value;
		return true;
	}
	switch (id) {
	case OPT_JSON: return a->json = true;
	case OPT_DAYS: return take_number(value, &a->days);
	case OPT_WAIT: return a->wait = true;
	case OPT_FOR_ALL: return a->for_all = true;
	case OPT_NONE: return a->none = true;
	case OPT_IDS: return a->ids = true;
	case OPT_FORCE: return a->force = true;
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
	puts("umbel talks to the Umbel daemon that runs on this machine.\n\n"
	     "Usage: umbel [OPTION]... COMMAND [ARGUMENT]...\n");
	table_print();
	fputs(help_tail, stdout);
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
		return !c->is_right || c->is_right(&s->args);
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
	c = table_find(argc, argv);
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

/* What is closed would become one of our own sockets; open the wrong way
 * round, so that it still fails. */
static void keep_standard_files(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			abort();
}

int main(int argc, char **argv)
{
	struct settings s = {0};
	int id;

	keep_standard_files();
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
