/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel - the command line of the daemon, over RUN/api.sock.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <sodium.h>

#include "cli/arguments.h"
#include "cli/help.h"
#include "cli/http.h"
#include "cli/out.h"
#include "config.h"
#include "util/mem.h"

static int run(struct arguments *a)
{
	int code = EXIT_NO_DAEMON;

	if (!a->command->is_local) {
		a->args.http = http_new(a->args.run_dir);
		if (!a->args.http)
			return code;
	}
	code = a->command->run(&a->args);
	http_free(a->args.http);
	return code;
}

/* What stands before --help. */
static int help_with(const struct command_args *args)
{
	const struct command *c = table_find(args->argc, args->argv);

	return help_print_command(c ? command_words(c) : 1, args->argv);
}

static int start(struct arguments *a)
{
	if (a->args.version) {
		puts("umbel " PACKAGE_VERSION);
		return EXIT_OK;
	}
	if (a->args.help && a->args.argc > 0)
		return help_with(&a->args);
	if (a->args.help || a->args.argc == 0) {
		help_print();
		return a->args.help ? EXIT_OK : EXIT_USAGE;
	}
	return arguments_settle(a) ? run(a) : EXIT_USAGE;
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
	struct arguments a;
	int code = EXIT_USAGE;

	keep_standard_files();
	if (sodium_init() < 0)
		return EXIT_REFUSED;
	/* There are passphrases and credentials in here. */
	prctl(PR_SET_DUMPABLE, 0);
	if (arguments_read(&a, argc, argv))
		code = start(&a);
	arguments_clear(&a);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		say("Standard output cannot be written.");
		code = EXIT_REFUSED;
	}
	return code;
}
