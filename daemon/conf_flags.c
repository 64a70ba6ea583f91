/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_flags.h"

#include <string.h>

#include "conf_keys.h"
#include "config.h"
#include "util/mem.h"

enum own_flag {
	FLAG_CONFIG,
	FLAG_NO_TOR_CHILD,
	FLAG_CHECK,
	FLAG_PRINT,
	FLAG_UNITS,
	FLAG_HELP,
	FLAG_VERSION,
};

/* Flags that are no key of the file. */
static const struct {
	const char *name;
	int operand_count;
	const char *operands;
	const char *help;
} own_flags[] = {
    [FLAG_CONFIG] = {"config", 1, "FILE", "the configuration file"},
    [FLAG_NO_TOR_CHILD] = {"no-tor-child", 2, "CONTROL SOCKS",
			   "use the tor at these two sockets"},
    [FLAG_CHECK] = {"check-config", 0, "",
		    "only say if the configuration is right"},
    [FLAG_PRINT] = {"print-config", 0, "",
		    "only show it, and where each value is from"},
    [FLAG_UNITS] = {"units", 1, "DIR", "of the service's units, by systemd"},
    [FLAG_HELP] = {"help", 0, "", "show this"},
    [FLAG_VERSION] = {"version", 0, "", "show the version"},
};

/* One flag of the command line, with its operands. */
struct flag {
	const struct conf_key *key; /* NULL: own is meant */
	enum own_flag own;
	const char *name; /* as typed */
	const char *operands[2];
};

static const struct conf_key *find_key(const char *name, size_t n)
{
	size_t i;

	for (i = 0; i < conf_key_count; i++)
		if (conf_keys[i].flag && strlen(conf_keys[i].flag) == n &&
		    !strncmp(conf_keys[i].flag, name, n))
			return &conf_keys[i];
	return NULL;
}

static bool find_own(const char *name, size_t n, enum own_flag *own)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(own_flags); i++)
		if (strlen(own_flags[i].name) == n &&
		    !strncmp(own_flags[i].name, name, n)) {
			*own = (enum own_flag)i;
			return true;
		}
	return false;
}

static enum err take_operands(int argc, char *const *argv, int *at,
			      struct flag *f, struct conf_error *error)
{
	int need = f->key ? 1 : own_flags[f->own].operand_count;
	const char *what =
	    f->key ? f->key->operand : own_flags[f->own].operands;
	const char *equals = strchr(f->name, '=');
	int i;

	if (equals && need == 1) {
		f->operands[0] = equals + 1;
		return OK;
	}
	if (equals) {
		conf_error_set(error, "--%.*s takes no '='",
			       (int)(equals - f->name - 2), f->name + 2);
		return ERR_SYNTAX;
	}
	for (i = 0; i < need; i++) {
		if (*at >= argc) {
			conf_error_set(error, "%s expects %s", f->name, what);
			return ERR_SYNTAX;
		}
		f->operands[i] = argv[(*at)++];
	}
	return OK;
}

/* Takes the flag at argv[*at] and moves *at behind it. */
static enum err take_flag(int argc, char *const *argv, int *at, struct flag *f,
			  struct conf_error *error)
{
	const char *text = argv[(*at)++];
	size_t n = strcspn(text, "=");

	memset(f, 0, sizeof(*f));
	f->name = text;
	if (n > 2 && !strncmp(text, "--", 2)) {
		f->key = find_key(text + 2, n - 2);
		if (f->key || find_own(text + 2, n - 2, &f->own))
			return take_operands(argc, argv, at, f, error);
	}
	conf_error_set(error, "unknown flag '%s'; umbeld --help lists them",
		       log_text(text, strlen(text)).s);
	return ERR_SYNTAX;
}

enum err conf_flags_scan(int argc, char *const *argv, struct conf_flags *flags,
			 struct conf_error *error)
{
	struct conf_flags found = {.http = -1};
	struct flag f;
	int at = 1;

	while (at < argc) {
		if (take_flag(argc, argv, &at, &f, error) != OK)
			return ERR_SYNTAX;
		if (f.key)
			continue;
		switch (f.own) {
		case FLAG_CONFIG: found.file = f.operands[0]; break;
		case FLAG_NO_TOR_CHILD: break;
		case FLAG_CHECK: found.check = true; break;
		case FLAG_PRINT: found.print = true; break;
		case FLAG_UNITS: found.units = f.operands[0]; break;
		case FLAG_HELP: found.help = true; break;
		case FLAG_VERSION: found.version = true; break;
		}
	}
	*flags = found;
	return OK;
}

/* The file calls them three keys; here they are one flag. */
static enum err set_no_tor_child(struct conf *c, const struct flag *f,
				 struct conf_error *error)
{
	const struct conf_key *keys[] = {
	    conf_key_at(offsetof(struct conf, tor_child)),
	    conf_key_at(offsetof(struct conf, control_socket)),
	    conf_key_at(offsetof(struct conf, socks_socket))};
	const char *values[] = {"no", f->operands[0], f->operands[1]};
	enum err e = OK;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys) && e == OK; i++) {
		e = conf_set(c, keys[i], values[i], error);
		conf_note(c, keys[i], CONF_FLAG, 0);
	}
	return e;
}

enum err conf_flags_apply(int argc, char *const *argv, struct conf *c,
			  struct conf_error *error)
{
	struct conf_error inner;
	struct flag f;
	enum err e = OK;
	int at = 1;

	while (at < argc) {
		if (take_flag(argc, argv, &at, &f, error) != OK)
			return ERR_SYNTAX;
		if (f.key) {
			e = conf_set(c, f.key, f.operands[0], &inner);
			conf_note(c, f.key, CONF_FLAG, 0);
		} else if (f.own == FLAG_NO_TOR_CHILD)
			e = set_no_tor_child(c, &f, &inner);
		if (e != OK) {
			conf_error_set(error, "--%s: %s",
				       f.key ? f.key->flag
					     : own_flags[f.own].name,
				       inner.text);
			return e;
		}
	}
	return OK;
}

static void print_flag(FILE *out, const char *name, const char *operands,
		       const char *help)
{
	char head[64];

	snprintf(head, sizeof(head), "--%s %s", name, operands);
	fprintf(out, "  %-28s %s\n", head, help);
}

void conf_flags_print_help(FILE *out)
{
	size_t i;

	fputs("umbeld runs Umbel, the anonymous messenger, in the "
	      "foreground.\n\n"
	      "usage: umbeld [FLAG ...]\n\n",
	      out);
	for (i = 0; i < conf_key_count; i++)
		if (conf_keys[i].flag)
			print_flag(out, conf_keys[i].flag, conf_keys[i].operand,
				   conf_keys[i].help);
	for (i = 0; i < ARRAY_SIZE(own_flags); i++)
		print_flag(out, own_flags[i].name, own_flags[i].operands,
			   own_flags[i].help);
	fputs("\nIt starts tor by itself and stops it again.  Then, in "
	      "another terminal:\n\n"
	      "  umbel user add NAME    make a user\n"
	      "  umbel open             open the web page\n\n"
	      "Every key of the file can be set by the environment as well, "
	      "UMBEL_TOR_PATH\nfor path in [tor]; flags go before that, and "
	      "that before the file.\n\n"
	      "Ctrl-C stops it.  More: man umbeld, man umbel.conf\n",
	      out);
}

void conf_flags_print_version(FILE *out)
{
	fputs("umbeld " PACKAGE_VERSION "\n", out);
}
