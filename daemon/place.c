/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "place.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <sodium.h>

#include "tenant.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/mem.h"
#include "util/run_folder.h"

#define PATIENCE_MS   1000
#define TRY_AGAIN_MS  20
#define BACKLOG	      128
#define SECRET_PREFIX "umbel_adm_"
#define SECRET_BYTES  32

/* What is left of a daemon that was killed goes away in a moment. */
static bool wait_a_little(uint64_t since_ms)
{
	if (clock_mono_ms() - since_ms >= PATIENCE_MS)
		return false;
	poll(NULL, 0, TRY_AGAIN_MS);
	return true;
}

static void make_parents(const char *path)
{
	char *copy = xstrdup(path), *p;

	for (p = copy + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		/* What is wrong shows when the folder itself is made. */
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			break;
		*p = '/';
	}
	free(copy);
}

/* OWNED; NULL: errno says why. */
static char *real_folder_of(const char *path)
{
	char *copy = xstrdup(path), *real = realpath(dirname(copy), NULL);
	int why = errno;

	free(copy);
	errno = why;
	return real;
}

/* Whoever may write to a folder above ours can put another in its place. */
static enum err check_parents(const char *path)
{
	char *at = real_folder_of(path);
	mode_t unwanted = S_IWGRP | S_IWOTH;
	enum err e = OK;
	struct stat st;

	if (!at) {
		log_error("%s cannot be made: %s", path, strerror(errno));
		return ERR_IO;
	}
	for (;;) {
		if (stat(at, &st) != 0 ||
		    ((st.st_mode & unwanted) && !(st.st_mode & S_ISVTX))) {
			log_error("%s is not safe: others may write to %s; "
				  "chmod go-w it, or choose another place",
				  path, at);
			e = ERR_STATE;
			break;
		}
		if (st.st_uid != 0 && st.st_uid != geteuid())
			log_warn("%s belongs to someone else", at);
		if (!strcmp(at, "/"))
			break;
		/* Further up a group is usual, as in /usr/local. */
		unwanted = S_IWOTH;
		dirname(at);
	}
	free(at);
	return e;
}

static enum err make_folder(const char *path)
{
	enum err e;

	make_parents(path);
	e = check_parents(path);
	if (e != OK)
		return e;
	e = file_make_dir(path);
	if (e == ERR_STATE)
		log_error("%s is not safe: it is no folder of ours, or others "
			  "may write to it",
			  path);
	else if (e != OK)
		log_error("%s cannot be made: %s", path, strerror(errno));
	return e;
}

/* Of what is not there yet: where it would be. */
static char *real_path(const char *path)
{
	char *above = xstrdup(path), *real, *slash, *whole = NULL;
	size_t n;

	while (!(real = realpath(above, NULL)) &&
	       (slash = strrchr(above, '/')) && slash > above)
		*slash = '\0';
	n = strlen(above);
	if (real)
		whole = xasprintf("%s%s", real, path + n);
	free(real);
	free(above);
	return whole;
}

bool place_is_inside(const char *folder, const char *path)
{
	char *outer = real_path(folder), *inner = real_path(path);
	size_t n = outer ? strlen(outer) : 0;
	bool is = outer && inner && strncmp(inner, outer, n) == 0 &&
		  (inner[n] == '/' || inner[n] == '\0');

	free(outer);
	free(inner);
	return is;
}

/* umbel-core may change all that is in DATA.  Of that there must be nothing
 * that is more than data: tor's sockets, which it could move to RUN/c, where
 * an onion service may lead; or what umbeld and tor run, and read it from. */
static enum err check_outside(const struct conf *c)
{
	const char *paths[7 + CONF_HOOKS_MAX] = {
	    c->run,	    c->file,	       c->tor_path,    c->tor_extra,
	    c->tor_bridges, c->control_socket, c->socks_socket};
	size_t i, n = 7;

	for (i = 0; i < c->hook_count; i++)
		paths[n++] = c->hooks[i].words[0];
	for (i = 0; i < n; i++)
		if (paths[i] && place_is_inside(c->data, paths[i])) {
			log_error("%s must not be in the data folder, %s, "
				  "where umbel-core, which reads what "
				  "strangers send, may change everything: "
				  "choose another place",
				  paths[i], c->data);
			return ERR_STATE;
		}
	return OK;
}

static enum err check_tenants(const struct conf *c)
{
	enum err e = check_outside(c);

	if (e == OK)
		e = tenant_check_data(c->data);
	return e == OK ? tenant_check_run(c->run) : e;
}

/* Who will use it may be somebody else: whose it is, is seen then. */
static enum err check_folder(const char *path)
{
	char *at = xstrdup(path);
	enum err e = OK;
	struct stat st;

	if (stat(path, &st) == 0 &&
	    (!S_ISDIR(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)))) {
		log_error("%s is not safe: it is no folder, or others may "
			  "write to it",
			  path);
		e = ERR_STATE;
	}
	while (e == OK && strcmp(at, "/") != 0) {
		char *above = xstrdup(at);
		bool is_there = access(dirname(above), F_OK) == 0;

		if (is_there)
			e = check_parents(at);
		else
			strcpy(at, above);
		free(above);
		if (is_there)
			break;
	}
	free(at);
	return e;
}

enum err place_check(const struct conf *conf)
{
	enum err e = check_folder(conf->data);

	if (e == OK)
		e = check_folder(conf->run);
	return e == OK ? check_tenants(conf) : e;
}

static enum err take_lock(int fd, const char *folder, const char *flag)
{
	uint64_t since_ms = clock_mono_ms();

	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR) {
			log_error("%s cannot be locked: %s", folder,
				  strerror(errno));
			return ERR_IO;
		}
		if (!wait_a_little(since_ms)) {
			log_error("another umbeld uses the folder %s: stop it "
				  "first, or choose another folder with %s",
				  folder, flag);
			return ERR_EXISTS;
		}
	}
	return OK;
}

/* A backup that was put back as root, mostly. */
static void say_closed(const char *path)
{
	log_error("%s cannot be opened: %s%s", path, strerror(errno),
		  errno == EACCES
		      ? ": all in its folder has to be of the user that umbeld "
			"runs as (chown -R)"
		      : "");
}

static enum err take_folders(struct place *p)
{
	char *path = xasprintf("%s/lock", p->conf->data);
	enum err e = ERR_IO;

	p->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	p->run_lock =
	    open(p->conf->run, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (p->lock < 0 || p->run_lock < 0)
		say_closed(p->lock < 0 ? path : p->conf->run);
	else
		e = take_lock(p->lock, p->conf->data, "--data");
	if (e == OK)
		e = take_lock(p->run_lock, p->conf->run, "--run");
	free(path);
	return e;
}

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un path;
};

static socklen_t tcp_address(const struct conf_listen *l, union address *a)
{
	memset(a, 0, sizeof(*a));
	if (!l->is_ipv6) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons(l->port);
		inet_pton(AF_INET, l->host, &a->v4.sin_addr);
		return sizeof(a->v4);
	}
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons(l->port);
	inet_pton(AF_INET6, l->host, &a->v6.sin6_addr);
	return sizeof(a->v6);
}

static enum err bind_patiently(int fd, const union address *a, socklen_t n)
{
	uint64_t since_ms = clock_mono_ms();
	const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	while (bind(fd, &a->any, n) != 0 || listen(fd, BACKLOG) != 0)
		if (errno != EADDRINUSE || !wait_a_little(since_ms))
			return ERR_IO;
	return OK;
}

static enum err open_tcp(struct place *p)
{
	const struct conf_listen *l = &p->conf->listen;
	union address a;
	socklen_t n = tcp_address(l, &a);

	if (p->tcp >= 0) {
		p->port = l->port;
		return OK;
	}
	p->tcp = socket(a.any.sa_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->tcp >= 0 && bind_patiently(p->tcp, &a, n) == OK &&
	    getsockname(p->tcp, &a.any, &n) == 0) {
		p->port = ntohs(l->is_ipv6 ? a.v6.sin6_port : a.v4.sin_port);
		return OK;
	}
	if (errno == EADDRINUSE) {
		log_error("port %u of %s is taken by another program: stop "
			  "it, or choose another with --listen %s:PORT "
			  "(listen in [daemon])",
			  l->port, l->host, l->is_ipv6 ? "[::1]" : l->host);
		return ERR_EXISTS;
	}
	/* A socket unit that was masked while it listened has lost it. */
	log_error("%s port %u cannot be listened on: %s%s", l->host, l->port,
		  strerror(errno),
		  errno == EAFNOSUPPORT ? ": umbel.socket has not handed it "
					  "over: systemctl restart umbel.socket"
					: "");
	return ERR_IO;
}

/* They reach what is in RUN by its name, and list nothing. */
static enum err find_admins(struct place *p)
{
	const struct group *g;

	p->admins = (gid_t)-1;
	if (!p->conf->admins)
		return OK;
	errno = 0;
	g = getgrnam(p->conf->admins);
	if (!g) {
		log_error("there is no group %s (admins in [api.unix]): "
			  "groupadd --system %s, or name another",
			  p->conf->admins, p->conf->admins);
		return ERR_NOT_FOUND;
	}
	p->admins = g->gr_gid;
	if (fchown(p->run_lock, (uid_t)-1, p->admins) == 0 &&
	    fchmod(p->run_lock, 0710) == 0)
		return OK;
	log_error("%s cannot be given to the group %s (%s): umbeld has to be "
		  "in it",
		  p->conf->run, p->conf->admins, strerror(errno));
	return ERR_IO;
}

static enum err give_to_admins(const struct place *p, const char *path,
			       mode_t mode)
{
	if (p->admins == (gid_t)-1)
		return OK;
	if (lchown(path, (uid_t)-1, p->admins) == 0 && chmod(path, mode) == 0)
		return OK;
	log_error("%s cannot be given to the group %s: %s", path,
		  p->conf->admins, strerror(errno));
	return ERR_IO;
}

static enum err open_api(struct place *p)
{
	union address a;

	memset(&a, 0, sizeof(a));
	a.path.sun_family = AF_UNIX;
	snprintf(a.path.sun_path, sizeof(a.path.sun_path), "%s/api.sock",
		 p->conf->run);
	p->api = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->api >= 0 && fchmod(p->api, 0600) == 0 &&
	    bind(p->api, &a.any, sizeof(a.path)) == 0 &&
	    listen(p->api, BACKLOG) == 0)
		return give_to_admins(p, a.path.sun_path, 0660);
	log_error("%s cannot be listened on: %s", a.path.sun_path,
		  strerror(errno));
	return ERR_IO;
}

/* API 2.6: a file that curl takes as it is. */
static enum err write_header(struct place *p)
{
	char *path = xasprintf("%s/admin.header", p->conf->run);
	uint8_t key[SECRET_BYTES];
	char text[sodium_base64_ENCODED_LEN(
	    SECRET_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
	char line[128];
	enum err e;

	randombytes_buf(key, sizeof(key));
	sodium_bin2base64(text, sizeof(text), key, sizeof(key),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	snprintf(p->secret, sizeof(p->secret), SECRET_PREFIX "%s", text);
	snprintf(line, sizeof(line), "Authorization: Bearer %s\n", p->secret);
	e = file_replace(path, line, strlen(line), 0600);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(text, sizeof(text));
	sodium_memzero(line, sizeof(line));
	if (e == OK)
		e = give_to_admins(p, path, 0640);
	else
		log_error("%s cannot be written: %s", path, strerror(errno));
	free(path);
	return e;
}

static void remove_sockets(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	struct stat st;

	if (!d)
		return;
	while ((entry = readdir(d)))
		if (fstatat(dirfd(d), entry->d_name, &st,
			    AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISSOCK(st.st_mode))
			unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
}

/* Only with the lock on RUN.  What a daemon that was killed left there. */
static void clear_run(const struct place *p)
{
	static const char *const folders[] = {"/" RUN_CELLS, "/tor",
					      "/" GUESTS_FOLDER};
	static const char *const files[] = {"/tor/cookie", "/admin.header",
					    "/open.html"};
	char *path;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		path = xasprintf("%s%s", p->conf->run, files[i]);
		unlink(path);
		free(path);
	}
	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		path = xasprintf("%s%s", p->conf->run, folders[i]);
		remove_sockets(path);
		rmdir(path);
		free(path);
	}
	remove_sockets(p->conf->run);
}

enum err place_open(struct place *p, const struct conf *conf, int tcp)
{
	enum err e;

	memset(p, 0, sizeof(*p));
	p->conf = conf;
	p->lock = p->run_lock = p->api = p->guests.fd = -1;
	p->tcp = tcp;
	e = make_folder(conf->data);
	/* Before RUN is made, or it would be in the way the next time. */
	if (e == OK)
		e = check_tenants(conf);
	if (e == OK)
		e = make_folder(conf->run);
	if (e == OK)
		e = take_folders(p);
	if (e != OK)
		return e;
	/* Made by hand, perhaps for others to read. */
	if (chmod(conf->data, 0700) != 0)
		log_warn("%s: %s", conf->data, strerror(errno));
	clear_run(p);
	e = find_admins(p);
	if (e == OK)
		e = open_tcp(p);
	if (e == OK)
		e = open_api(p);
	if (e == OK)
		e = guests_open(&p->guests, conf);
	if (e == OK)
		e = write_header(p);
	return e;
}

static bool is_in_run(const struct place *p, const char *name)
{
	return faccessat(p->run_lock, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool place_is_whole(const struct place *p)
{
	struct stat opened, there;

	return fstat(p->run_lock, &opened) == 0 &&
	       lstat(p->conf->run, &there) == 0 &&
	       opened.st_ino == there.st_ino && opened.st_dev == there.st_dev &&
	       is_in_run(p, "api.sock") && is_in_run(p, "admin.header");
}

void place_withdraw(struct place *p)
{
	static const char *const names[] = {
	    "admin.header", "open.html", "api.sock", GUESTS_FOLDER "/api.sock"};
	size_t i;

	/* The header is there only if the lock on RUN is ours. */
	for (i = 0; i < ARRAY_SIZE(names) && p->secret[0]; i++) {
		char *path = xasprintf("%s/%s", p->conf->run, names[i]);

		unlink(path);
		free(path);
	}
}

void place_close(struct place *p)
{
	const int fds[] = {p->tcp, p->api, p->run_lock, p->lock};
	size_t i;

	place_withdraw(p);
	guests_close(&p->guests);
	if (p->api >= 0)
		clear_run(p);
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	sodium_memzero(p, sizeof(*p));
}
