/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guests.h"

#include <errno.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/file.h"
#include "util/log.h"
#include "util/mem.h"

#define BACKLOG	    32
#define FOLDER_MODE 0711 /* to go through, and to list nothing */
#define SOCKET_MODE 0666

static enum err open_run(const struct conf *c)
{
	struct stat st;
	mode_t mode;

	if (stat(c->run, &st) != 0)
		return ERR_IO;
	mode = st.st_mode & 0777;
	mode = c->guest_count > 0 ? mode | S_IXGRP | S_IXOTH
				  : mode & ~(mode_t)S_IXOTH;
	if (mode == (st.st_mode & 0777) || chmod(c->run, mode) == 0)
		return OK;
	return ERR_IO;
}

static void warn_if_closed(const char *run)
{
	char *at = xstrdup(run);
	struct stat st;

	while (strcmp(at, "/") != 0) {
		dirname(at);
		if (stat(at, &st) != 0 || (st.st_mode & S_IXOTH))
			continue;
		log_warn("[api.unix]: others cannot reach %s/" GUESTS_FOLDER
			 "/api.sock, since %s is closed to them; another run "
			 "folder can be chosen with --run",
			 run, at);
		break;
	}
	free(at);
}

static enum err listen_in(struct guests *g, const char *folder)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/api.sock", folder);
	g->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (g->fd >= 0 &&
	    bind(g->fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0 &&
	    listen(g->fd, BACKLOG) == 0 &&
	    chmod(sun.sun_path, SOCKET_MODE) == 0 &&
	    chmod(folder, FOLDER_MODE) == 0)
		return OK;
	return ERR_IO;
}

enum err guests_open(struct guests *g, const struct conf *conf)
{
	char *folder = xasprintf("%s/" GUESTS_FOLDER, conf->run);
	enum err e = open_run(conf);

	g->conf = conf;
	g->fd = -1;
	if (e == OK && conf->guest_count > 0) {
		e = file_make_dir(folder);
		if (e == OK)
			e = listen_in(g, folder);
		warn_if_closed(conf->run);
	}
	if (e != OK)
		log_error("%s cannot be opened for others: %s", folder,
			  strerror(errno));
	free(folder);
	return e;
}

static bool is_guest(const struct conf *c, int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);
	size_t i;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) != 0)
		return false;
	for (i = 0; i < c->guest_count; i++)
		if (c->guests[i] == who.uid)
			return true;
	log_debug("[api.unix]: uid %u is not on the list", (unsigned)who.uid);
	return false;
}

enum err guests_accept(const struct guests *g, int *fd)
{
	*fd = accept4(g->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (*fd >= 0 && is_guest(g->conf, *fd))
		return OK;
	if (*fd >= 0) {
		close(*fd);
		return ERR_NOT_FOUND;
	}
	if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
		return ERR_NOT_FOUND;
	log_warn("[api.unix]: no connection can be taken now: %s",
		 strerror(errno));
	return ERR_FULL;
}

void guests_close(struct guests *g)
{
	if (g->conf && g->fd >= 0)
		close(g->fd);
	g->fd = -1;
}
