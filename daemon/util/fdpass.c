/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "util/fdpass.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/buf.h"

union control {
	char space[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

/* No more than that: without memory, or with too many descriptors on their
 * way, a call fails and the other side is there. */
static bool is_end(int error)
{
	return error == EPIPE || error == ENOTCONN || error == EBADF ||
	       error == ENOTSOCK || error == ECONNREFUSED;
}

static enum err send_one(int sock, struct bytes data, int fd, int flags)
{
	struct iovec iov = {(void *)(uintptr_t)data.p, data.n};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	union control control;
	ssize_t done;

	memset(&control, 0, sizeof(control));
	if (fd >= 0) {
		struct cmsghdr *c;

		msg.msg_control = control.space;
		msg.msg_controllen = sizeof(control.space);
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	do
		done = sendmsg(sock, &msg, MSG_NOSIGNAL | flags);
	while (done < 0 && errno == EINTR);
	if (done == (ssize_t)data.n)
		return OK;
	/* Reset: it has closed without reading all. */
	if (done < 0 && !is_end(errno) && errno != ECONNRESET)
		return ERR_FULL;
	return ERR_CLOSED;
}

enum err fdpass_send(int sock, const void *data, size_t n, int fd)
{
	return send_one(sock, bytes_of(data, n), fd, 0);
}

enum err fdpass_send_now(int sock, const void *data, size_t n, int fd)
{
	return send_one(sock, bytes_of(data, n), fd, MSG_DONTWAIT);
}

/* There is room for more than one, by the alignment of control, and what has
 * come is open: *fd is the first one, the others are closed.  How many. */
static size_t take_fds(struct msghdr *msg, int *fd)
{
	size_t i, n, count = 0;
	struct cmsghdr *c;

	*fd = -1;
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			int one;

			memcpy(&one, CMSG_DATA(c) + i * sizeof(int),
			       sizeof(int));
			if (count++ == 0)
				*fd = one;
			else
				close(one);
		}
	}
	return count;
}

static void drop_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

enum err fdpass_recv(int sock, void *data, size_t cap, size_t *n, int *fd)
{
	struct iovec iov = {data, cap};
	union control control;
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.space,
			     .msg_controllen = sizeof(control.space)};
	size_t count;
	ssize_t done;

	do
		done = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (done < 0 && errno == EINTR);
	/* An end comes again, as nothing; all else may pass. */
	if (done < 0)
		return is_end(errno) ? ERR_CLOSED : ERR_SHORT;
	count = take_fds(&msg, fd);
	if (done > 0 && count <= 1 &&
	    !(msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		*n = (size_t)done;
		return OK;
	}
	drop_fd(fd);
	return done == 0 ? ERR_CLOSED : ERR_RANGE;
}
