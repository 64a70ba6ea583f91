/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "net/timer.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

#define REST_MS	    100
#define ACCEPT_TURN 16 /* connections taken in one turn of the loop */
#define BACKLOG	    128

struct listener {
	struct event ev;
	struct timer *rest;
	struct listener_handler h;
	bool *freed; /* set while a connection is handed over */
	int fd;
	struct stat st; /* of the socket's file, so that no other is removed */
	struct sockaddr_un sun;
};

bool listener_path_is_valid(const char *path)
{
	const unsigned char *p = (const unsigned char *)path;
	size_t i;

	if (p[0] != '/')
		return false;
	for (i = 0; p[i]; i++)
		if (i == LISTENER_PATH_MAX || p[i] <= ' ' || p[i] == 0x7f ||
		    strchr("\"',\\#", p[i]))
			return false;
	return true;
}

static bool is_out_of_resources(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == ENOMEM;
}

static void on_rested(void *arg)
{
	struct listener *l = arg;

	if (event_add(&l->ev, NULL) != 0)
		timer_set_ms(l->rest, clock_mono_ms() + REST_MS);
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;
	bool freed = false;
	int i;

	(void)what;
	l->freed = &freed;
	for (i = 0; i < ACCEPT_TURN; i++) {
		int conn =
		    accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (conn < 0 && is_out_of_resources(errno)) {
			log_shortage("no connection can be taken now", errno);
			event_del(&l->ev);
			timer_set_ms(l->rest, clock_mono_ms() + REST_MS);
		}
		if (conn < 0)
			break;
		l->h.fn(l->h.arg, conn);
		if (freed)
			return;
	}
	l->freed = NULL;
}

static enum err remove_stale(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT ? OK : ERR_IO;
	if (!S_ISSOCK(st.st_mode) || st.st_uid != geteuid())
		return ERR_EXISTS;
	return unlink(path) == 0 ? OK : ERR_IO;
}

/* On Linux the file is made with the socket's mode, less the umask: so it is
 * never wider than it should be, and no chmod() by path is needed, which the
 * sandbox refuses. */
static int bind_with_mode(struct listener *l, mode_t mode)
{
	mode_t old;
	int rc;

	if (fchmod(l->fd, mode) != 0)
		return -1;
	old = umask(0);
	rc = bind(l->fd, (struct sockaddr *)&l->sun, sizeof(l->sun));
	umask(old);
	return rc;
}

static enum err open_socket(struct listener *l, mode_t mode)
{
	enum err e = remove_stale(l->sun.sun_path);

	if (e != OK)
		return e;
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return ERR_IO;
	if (bind_with_mode(l, mode) != 0 ||
	    lstat(l->sun.sun_path, &l->st) != 0 || listen(l->fd, BACKLOG) != 0)
		return ERR_IO;
	return OK;
}

enum err listener_new(struct event_base *base, const char *path, mode_t mode,
		      struct listener_handler h, struct listener **out)
{
	struct listener *l;
	enum err e;

	if (strlen(path) > LISTENER_PATH_MAX)
		return ERR_RANGE;
	l = xcalloc(1, sizeof(*l));
	l->h = h;
	l->fd = -1;
	l->sun.sun_family = AF_UNIX;
	memcpy(l->sun.sun_path, path, strlen(path));
	e = open_socket(l, mode);
	l->rest = timer_new(base, on_rested, l);
	event_assign(&l->ev, base, l->fd, EV_READ | EV_PERSIST, on_ready, l);
	if (e != OK) {
		int saved = errno;

		listener_free(l);
		errno = saved;
		return e;
	}
	on_rested(l);
	*out = l;
	return OK;
}

static bool is_ours(const struct listener *l)
{
	struct stat st;

	return l->st.st_ino != 0 && lstat(l->sun.sun_path, &st) == 0 &&
	       st.st_ino == l->st.st_ino && st.st_dev == l->st.st_dev;
}

void listener_free(struct listener *l)
{
	if (!l)
		return;
	if (l->freed)
		*l->freed = true;
	event_del(&l->ev);
	timer_free(l->rest);
	if (is_ours(l))
		unlink(l->sun.sun_path);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}
