/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * load - asks an HTTP server the same thing for some seconds over a few
 * keep-alive connections, and prints answers per second.
 *
 *     load PORT CONNECTIONS SECONDS METHOD PATH [HEADER-FILE]
 *
 * A POST sends a new client_id and a short text each time.  Exit status 1 if
 * any answer is not 2xx.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define ANSWER_MAX	65536

struct client {
	int fd;
	char answer[ANSWER_MAX];
	size_t have;
};

struct job {
	const char *method, *path;
	char header[512];
	unsigned port;
	uint64_t answers, failures;
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int dial(unsigned port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int put_body(char *body, size_t cap)
{
	static uint64_t count;
	static uint32_t run;

	if (!run && getrandom(&run, sizeof(run), 0) != sizeof(run))
		die("getrandom");
	count++;
	return snprintf(body, cap,
			"{\"client_id\":\"%08x-0000-4000-8000-%012llx\","
			"\"text\":\"load %llu\"}",
			run, (unsigned long long)count,
			(unsigned long long)count);
}

static void ask(const struct job *j, const struct client *c)
{
	char out[2048], body[256] = "";
	int n = 0, len = 0;

	if (strcmp(j->method, "POST") == 0)
		len = put_body(body, sizeof(body));
	n = snprintf(out, sizeof(out),
		     "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s", j->method,
		     j->path, j->port, j->header);
	if (len)
		n += snprintf(out + n, sizeof(out) - (size_t)n,
			      "Content-Type: application/json\r\n"
			      "Content-Length: %d\r\n",
			      len);
	n += snprintf(out + n, sizeof(out) - (size_t)n, "\r\n%s", body);
	if (write(c->fd, out, (size_t)n) != n)
		die("write");
}

/* Length of the whole answer, 0 if it is not all there yet. */
static size_t whole(const struct client *c)
{
	const char *end = memmem(c->answer, c->have, "\r\n\r\n", 4);
	const char *length;
	size_t head;

	if (!end)
		return 0;
	head = (size_t)(end - c->answer) + 4;
	length = strcasestr(c->answer, "\r\ncontent-length:");
	if (!length || length > end)
		return head;
	head += strtoul(length + 17, NULL, 10);
	return c->have >= head ? head : 0;
}

static void on_readable(struct job *j, struct client *c)
{
	ssize_t n =
	    read(c->fd, c->answer + c->have, sizeof(c->answer) - 1 - c->have);
	size_t done;

	if (n <= 0)
		die("the server closed");
	c->have += (size_t)n;
	c->answer[c->have] = '\0';
	done = whole(c);
	if (!done)
		return;
	j->answers++;
	if (c->answer[9] != '2' && j->failures++ == 0)
		fprintf(stderr, "%.*s\n", (int)done, c->answer);
	memmove(c->answer, c->answer + done, c->have - done);
	c->have -= done;
	ask(j, c);
}

static void run(struct job *j, unsigned connections, double seconds)
{
	static struct client clients[CONNECTIONS_MAX];
	struct epoll_event events[CONNECTIONS_MAX];
	uint64_t begin, end;
	int ep = epoll_create1(EPOLL_CLOEXEC);
	unsigned i;

	for (i = 0; i < connections; i++) {
		struct epoll_event ev = {.events = EPOLLIN,
					 .data.ptr = &clients[i]};

		clients[i].fd = dial(j->port);
		epoll_ctl(ep, EPOLL_CTL_ADD, clients[i].fd, &ev);
	}
	begin = now_ns();
	end = begin + (uint64_t)(seconds * 1e9);
	for (i = 0; i < connections; i++)
		ask(j, &clients[i]);
	while (now_ns() < end) {
		int k, n = epoll_wait(ep, events, CONNECTIONS_MAX, 1000);

		for (k = 0; k < n; k++)
			on_readable(j, events[k].data.ptr);
	}
	printf("%.0f\n", (double)j->answers * 1e9 / (double)(now_ns() - begin));
}

static void read_header(struct job *j, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[400] = "";

	if (!f || !fgets(line, sizeof(line), f))
		die(path);
	fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
	snprintf(j->header, sizeof(j->header), "%s\r\n", line);
}

int main(int argc, char **argv)
{
	static struct job j;
	unsigned connections;

	if (argc < 6) {
		fputs("load PORT CONNECTIONS SECONDS METHOD PATH "
		      "[HEADER-FILE]\n",
		      stderr);
		return 2;
	}
	j.port = (unsigned)atoi(argv[1]);
	connections = (unsigned)atoi(argv[2]);
	j.method = argv[4];
	j.path = argv[5];
	if (connections < 1 || connections > CONNECTIONS_MAX)
		return 2;
	if (argc > 6)
		read_header(&j, argv[6]);
	run(&j, connections, atof(argv[3]));
	return j.failures ? 1 : 0;
}
