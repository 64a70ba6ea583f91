/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "util/fdpass.h"
#include "util/mem.h"

/* Letter, number of descriptors, words with a NUL behind each. */
#define HEAD 2

int launch_connect(const char *folder, const char *role)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const int on = 1;
	int n, fd, why;

	n = snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s", folder, role);
	if (n < 0 || (size_t)n >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	/* Before the first byte can come: the hello carries its sender. */
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0 &&
	    connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

/* The kernel's word for who has sent it; a pid of 0: none. */
static struct ucred sender_of(struct msghdr *msg)
{
	struct ucred who = {0, (uid_t)-1, (gid_t)-1};
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (c && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_CREDENTIALS &&
	    c->cmsg_len == CMSG_LEN(sizeof(who)))
		memcpy(&who, CMSG_DATA(c), sizeof(who));
	return who;
}

enum err launch_take_hello(int ctl, pid_t *pid, int *pidfd)
{
	union {
		char space[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	char letter[2];
	struct iovec iov = {letter, sizeof(letter)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.space,
			     .msg_controllen = sizeof(control.space)};
	const int off = 0;
	ssize_t n = recvmsg(ctl, &msg, MSG_CMSG_CLOEXEC);
	struct ucred who;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return ERR_SHORT;
	if (n <= 0)
		return ERR_CLOSED;
	who = sender_of(&msg);
	if (n != 1 || letter[0] != LAUNCH_HELLO || who.pid <= 0 ||
	    who.uid != geteuid() ||
	    (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
	    setsockopt(ctl, SOL_SOCKET, SO_PASSCRED, &off, sizeof(off)) != 0)
		return ERR_SYNTAX;
	*pidfd = (int)syscall(SYS_pidfd_open, who.pid, 0);
	if (*pidfd < 0)
		return ERR_CLOSED;
	fcntl(*pidfd, F_SETFD, FD_CLOEXEC);
	*pid = who.pid;
	return OK;
}

enum err launch_tell(int ctl, char *const *words, const int *fds, size_t count)
{
	char *text = xcalloc(1, LAUNCH_MAX);
	size_t i, n, at = HEAD;
	enum err e = OK;

	text[0] = LAUNCH_WORDS;
	text[1] = (char)count;
	for (i = 0; words[i] && e == OK; i++) {
		n = strlen(words[i]) + 1;
		if (i == LAUNCH_WORDS_MAX || n > LAUNCH_MAX - at) {
			e = ERR_FULL;
		} else {
			memcpy(text + at, words[i], n);
			at += n;
		}
	}
	if (e == OK)
		e = fdpass_send(ctl, text, at, -1);
	free(text);
	for (i = 0; i < count && e == OK; i++)
		e = fdpass_send(ctl, (const char[]){LAUNCH_FD}, 1, fds[i]);
	return e;
}

static enum err split(char *text, size_t n, struct launch *l)
{
	size_t at = HEAD, len;

	if (n <= HEAD || text[0] != LAUNCH_WORDS || text[n - 1] != '\0' ||
	    (unsigned char)text[1] > LAUNCH_FDS_MAX)
		return ERR_SYNTAX;
	for (; at < n; at += len + 1) {
		if (l->word_count == LAUNCH_WORDS_MAX)
			return ERR_SYNTAX;
		len = strlen(text + at);
		l->words[l->word_count++] = text + at;
	}
	l->words[l->word_count] = NULL;
	return OK;
}

enum err launch_receive(int ctl, struct launch *l)
{
	static char text[LAUNCH_MAX];
	char letter;
	size_t n, count;
	int fd = -1;
	enum err e = fdpass_send(ctl, (const char[]){LAUNCH_HELLO}, 1, -1);

	memset(l, 0, sizeof(*l));
	if (e == OK)
		e = fdpass_recv(ctl, text, sizeof(text), &n, &fd);
	if (e == OK && fd >= 0)
		e = ERR_SYNTAX;
	/* It is stopping, and has nobody started any more. */
	if (e == OK && n == 1 && text[0] == 'S')
		e = ERR_CLOSED;
	if (e == OK)
		e = split(text, n, l);
	if (e != OK)
		return e;
	for (count = (unsigned char)text[1]; l->fd_count < count;
	     l->fd_count++) {
		e = fdpass_recv(ctl, &letter, 1, &n, &l->fds[l->fd_count]);
		if (e != OK)
			return e;
		if (letter != LAUNCH_FD || l->fds[l->fd_count] < 0)
			return ERR_SYNTAX;
	}
	return OK;
}
