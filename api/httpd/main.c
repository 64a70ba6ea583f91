/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * umbel-httpd - HTTP, in a process that has nothing worth taking.
 *
 * Started by umbeld with descriptors in place; see doc/INTERNAL.md.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <sodium.h>

#include "api/httpd/server.h"
#include "sandbox.h"
#include "util/log.h"
#include "util/mem.h"

#define FDS_PER_CONN 4 /* client, two of the link, gate stream */
#define FDS_OTHER    64
#define EXIT_USAGE   2

struct options {
	int ctl, tcp, unix_fd;
	unsigned port;
	char *hosts[POLICY_HOSTS_MAX];
	size_t host_count;
	bool is_verbose;
	struct conn_limits limits;
};

static const char usage[] =
    "usage: umbel-httpd --ctl FD [--tcp FD] [--unix FD] --port PORT\n"
    "                   [--host NAME]... [--connections N] [--verbose]\n"
    "                   [--head-timeout-ms N] [--body-timeout-ms N]\n"
    "                   [--idle-timeout-ms N]\n"
    "umbeld starts it; there is no use in starting it by hand.\n";

/* A number from least to most, or exits. */
static unsigned read_number(const char *name, const char *text, long least,
			    long most)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (errno == 0 && end != text && !*end && v >= least && v <= most)
		return (unsigned)v;
	fprintf(stderr, "umbel-httpd: --%s takes a number from %ld to %ld\n",
		name, least, most);
	exit(EXIT_USAGE);
}

static void add_host(struct options *o, char *host)
{
	if (o->host_count == POLICY_HOSTS_MAX) {
		fprintf(stderr, "umbel-httpd: at most %d --host\n",
			POLICY_HOSTS_MAX);
		exit(EXIT_USAGE);
	}
	o->hosts[o->host_count++] = host;
}

static const struct option longs[] = {
    {"ctl", required_argument, NULL, 'c'},
    {"tcp", required_argument, NULL, 't'},
    {"unix", required_argument, NULL, 'u'},
    {"port", required_argument, NULL, 'p'},
    {"host", required_argument, NULL, 'H'},
    {"connections", required_argument, NULL, 'n'},
    {"head-timeout-ms", required_argument, NULL, 'h'},
    {"body-timeout-ms", required_argument, NULL, 'b'},
    {"idle-timeout-ms", required_argument, NULL, 'i'},
    {"verbose", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0}};

static unsigned number_of(int index, long least, long most)
{
	return read_number(longs[index].name, optarg, least, most);
}

static void read_options(int argc, char **argv, struct options *o)
{
	int c, i = 0;

	while ((c = getopt_long(argc, argv, "", longs, &i)) != -1) {
		switch (c) {
		case 'c': o->ctl = (int)number_of(i, 3, INT_MAX); break;
		case 't': o->tcp = (int)number_of(i, 3, INT_MAX); break;
		case 'u': o->unix_fd = (int)number_of(i, 3, INT_MAX); break;
		case 'p': o->port = number_of(i, 1, 65535); break;
		case 'H': add_host(o, optarg); break;
		case 'n': o->limits.count = number_of(i, 4, 4096); break;
		case 'h': o->limits.head_ms = number_of(i, 1, 3600000); break;
		case 'b': o->limits.body_ms = number_of(i, 1, 3600000); break;
		case 'i': o->limits.idle_ms = number_of(i, 1, 3600000); break;
		case 'v': o->is_verbose = true; break;
		default: fputs(usage, stderr); exit(EXIT_USAGE);
		}
	}
	if (optind != argc || o->ctl < 0 || o->port == 0) {
		fputs(usage, stderr);
		exit(EXIT_USAGE);
	}
}

/* Each connection needs a few; fewer connections if they cannot be had. */
static void fit_descriptors(struct conn_limits *limits)
{
	rlim_t want = limits->count * FDS_PER_CONN + FDS_OTHER;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= want)
		return;
	r.rlim_cur = r.rlim_max < want ? r.rlim_max : want;
	if (setrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= want)
		return;
	if (r.rlim_cur > FDS_OTHER + FDS_PER_CONN)
		limits->count =
		    (unsigned)((r.rlim_cur - FDS_OTHER) / FDS_PER_CONN);
	log_warn("%lu descriptors allow %u connections only",
		 (unsigned long)r.rlim_cur, limits->count);
}

static int serve(const struct options *o, const struct policy *policy)
{
	struct server_config config = {.ctl = o->ctl,
				       .tcp = o->tcp,
				       .unix_fd = o->unix_fd,
				       .policy = policy,
				       .limits = o->limits};
	struct server *s;
	enum err e;

	fit_descriptors(&config.limits);
	if (server_new(&config, &s) != OK) {
		log_error("cannot start the event loop or libmicrohttpd");
		return 1;
	}
	e = sandbox_enter(SANDBOX_HTTPD, NULL);
	if (e == OK)
		server_run(s);
	else
		log_error("no sandbox: %s", err_str(e));
	server_free(s);
	return e == OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct policy policy;
	struct options o = {.ctl = -1,
			    .tcp = -1,
			    .unix_fd = -1,
			    .limits = {.head_ms = 10000,
				       .body_ms = 30000,
				       .idle_ms = 30000,
				       .count = 384}};

	read_options(argc, argv, &o);
	if (sodium_init() < 0)
		return 1;
	/* What the C library would open when first needed. */
	tzset();
	signal(SIGPIPE, SIG_IGN);
	log_start("umbel-httpd",
		  o.is_verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (policy_init(&policy, (uint16_t)o.port, o.hosts, o.host_count) !=
	    OK) {
		log_error("a --host is empty or too long");
		return EXIT_USAGE;
	}
	return serve(&o, &policy);
}
