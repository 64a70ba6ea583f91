/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * bare_http - the baseline of the HTTP benches: libmicrohttpd as it comes,
 * with one echo process behind it on a unix socket, asked once per request.
 * Prints its port, and runs until standard input ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <microhttpd.h>

#define BODY 256

static int echo_fd;

static void echo(int fd)
{
	char data[BODY];
	ssize_t n;

	while ((n = read(fd, data, sizeof(data))) > 0)
		if (write(fd, data, (size_t)n) != n)
			break;
	_exit(0);
}

/* What libmicrohttpd's type of handler has that this one does not read. */
#define REQUEST_LINE const char *url, const char *method, const char *version
#define UPLOAD	     const char *data, size_t *n

static enum MHD_Result answer(void *cls, struct MHD_Connection *c, REQUEST_LINE,
			      UPLOAD, void **state)
{
	struct MHD_Response *r;
	char body[BODY];
	enum MHD_Result rc;

	(void)cls;
	(void)url;
	(void)method;
	(void)version;
	(void)data;
	(void)n;
	/* An answer to the first call would close the connection. */
	if (!*state) {
		*state = &echo_fd;
		return MHD_YES;
	}
	memset(body, 'x', sizeof(body));
	if (write(echo_fd, body, sizeof(body)) != BODY ||
	    recv(echo_fd, body, sizeof(body), MSG_WAITALL) != BODY)
		return MHD_NO;
	r = MHD_create_response_from_buffer(sizeof(body), body,
					    MHD_RESPMEM_MUST_COPY);
	MHD_add_response_header(r, "Content-Type", "application/json");
	rc = MHD_queue_response(c, 200, r);
	MHD_destroy_response(r);
	return rc;
}

int main(void)
{
	struct MHD_Daemon *d;
	int s[2];
	char c;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) != 0)
		return 1;
	if (fork() == 0) {
		close(s[0]);
		echo(s[1]);
	}
	close(s[1]);
	echo_fd = s[0];
	d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL,
			     answer, NULL, MHD_OPTION_END);
	if (!d)
		return 1;
	printf(
	    "%u\n",
	    (unsigned)MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	MHD_stop_daemon(d);
	return 0;
}
