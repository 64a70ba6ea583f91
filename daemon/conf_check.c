/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "conf_check.h"

#include <errno.h>
#include <grp.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app_config.h"
#include "conf_keys.h"
#include "place.h"
#include "tor_child.h"
#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"

static enum err check_hook(const struct conf *c, const struct conf_hook *h)
{
	struct stat st;

	if (stat(h->words[0], &st) == 0 && S_ISREG(st.st_mode) &&
	    access(h->words[0], X_OK) == 0)
		return OK;
	log_error("%s:%u: %s cannot be run: it is not there, or no program; "
		  "without it, events are given up",
		  c->file, h->line, h->words[0]);
	return ERR_NOT_FOUND;
}

/* As umbel-core will: it follows no link.  Not read, though: what is in there
 * is none of umbeld's business. */
static enum err look_at_secret(const char *path, struct stat *st)
{
	if (lstat(path, st) != 0)
		return ERR_IO;
	errno = S_ISLNK(st->st_mode) ? ELOOP : EINVAL;
	if (!S_ISREG(st->st_mode) || access(path, R_OK) != 0)
		return ERR_IO;
	return st->st_size > PASSPHRASE_FILE_MAX ? ERR_FULL : OK;
}

static enum err check_user(const struct conf *c, const struct conf_user *u)
{
	struct stat st;
	enum err e;

	/* systemd brings it when it starts the service. */
	if (u->passphrase_file[0] != '/')
		return OK;
	e = look_at_secret(u->passphrase_file, &st);
	if (e != OK) {
		log_error("%s:%u: the passphrase_file cannot be read: %s",
			  c->file, u->line, file_why(e));
		return ERR_NOT_FOUND;
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		log_warn("%s:%u: the passphrase_file can be read by others "
			 "than its owner: chmod 600 it",
			 c->file, u->line);
	return OK;
}

static void keep_first(enum err *all, enum err e)
{
	if (*all == OK)
		*all = e;
}

void conf_check_tell_hooks(const struct conf *c)
{
	size_t i;

	for (i = 0; i < c->hook_count; i++)
		(void)!check_hook(c, &c->hooks[i]);
}

enum err conf_check_sections(const struct conf *c)
{
	enum err all = OK;
	size_t i;

	for (i = 0; i < c->hook_count; i++)
		keep_first(&all, check_hook(c, &c->hooks[i]));
	for (i = 0; i < c->user_count; i++)
		keep_first(&all, check_user(c, &c->users[i]));
	return all;
}

/* umbeld has to be in it, but who looks may be somebody else. */
static enum err check_admins(const struct conf *c)
{
	if (!c->admins || getgrnam(c->admins))
		return OK;
	log_error(
	    "%s: there is no group %s: groupadd --system %s, or name "
	    "another",
	    conf_where(c, conf_key_at(offsetof(struct conf, admins))).text,
	    c->admins, c->admins);
	return ERR_NOT_FOUND;
}

/* It may be started later than we. */
static void look_for_tor(const struct conf *c)
{
	static const size_t keys[] = {offsetof(struct conf, control_socket),
				      offsetof(struct conf, socks_socket)};
	const char *paths[] = {c->control_socket, c->socks_socket};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i] && access(paths[i], W_OK) != 0)
			log_warn("%s: %s: %s; umbeld waits for tor, and has to "
				 "be in its group",
				 conf_where(c, conf_key_at(keys[i])).text,
				 paths[i], strerror(errno));
}

enum err conf_check(const struct conf *c)
{
	enum err all = place_check(c);

	keep_first(&all, tor_child_check(c));
	keep_first(&all, conf_check_sections(c));
	keep_first(&all, check_admins(c));
	look_for_tor(c);
	return all;
}
