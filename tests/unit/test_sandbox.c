/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/check.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlcipher/sqlite3.h>

#include "sandbox.h"
#include "store/blob.h"
#include "tests/unit/forbidden.h"
#include "tests/unit/need.h"
#include "util/fdpass.h"
#include "util/file.h"
#include "util/log.h"

struct place {
	char top[32];
	char data[64];
	char cells[64];
	struct victim victim;
};

/* As it is outside: in there nobody can ask. */
static bool has_landlock;

static void ask_for_landlock(void)
{
	/* 444: landlock_create_ruleset; flag 1 asks for the version */
	has_landlock = syscall(444, NULL, 0, 1) >= 4;
}

static void make_file(const char *path)
{
	assert_ok(file_replace(path, "content", 7, 0600));
}

static int make_listener(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* As a session bus has. */
static int make_bus(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(sun.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static void make_victim(struct place *p)
{
	struct victim *v = &p->victim;

	v->pid = getpid();
	snprintf(v->inside, sizeof(v->inside), "%s/inside", p->data);
	snprintf(v->elsewhere, sizeof(v->elsewhere), "%s/else", p->top);
	snprintf(v->outside, sizeof(v->outside), "%s/else/file", p->top);
	assert_ok(file_make_dir(v->elsewhere));
	make_file(v->inside);
	make_file(v->outside);
	v->file = open(v->inside, O_RDONLY | O_CLOEXEC);
	v->net_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	v->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	v->listener = make_listener();
	snprintf(v->bus, sizeof(v->bus), "%s/else/bus", p->top);
	v->bus_listener = make_bus(v->bus);
	assert_true(v->file >= 0 && v->net_ns >= 0 && v->tcp >= 0);
}

static int set_up(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	strcpy(p->top, "/tmp/usbXXXXXX");
	assert_non_null(mkdtemp(p->top));
	snprintf(p->data, sizeof(p->data), "%s/data", p->top);
	snprintf(p->cells, sizeof(p->cells), "%s/c", p->top);
	assert_ok(file_make_dir(p->data));
	assert_ok(file_make_dir(p->cells));
	make_victim(p);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char *command = xasprintf("rm -rf %s", p->top);

	close(p->victim.file);
	close(p->victim.net_ns);
	close(p->victim.tcp);
	close(p->victim.listener);
	close(p->victim.bus_listener);
	assert_int_equal(system(command), 0);
	free(command);
	free(p);
	return 0;
}

/* Runs body in a child inside the sandbox. */
static void inside(struct place *p, enum sandbox_profile profile,
		   void (*body)(struct place *p))
{
	const struct sandbox_paths paths = {{p->data}, p->cells, NULL};
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		log_start("test", LOG_LEVEL_WARN);
		NEED(sandbox_enter(profile, &paths) == OK);
		body(p);
		fflush(stdout);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static bool is_refusal(int e)
{
	/* EXDEV: Landlock's answer for a rename between trees. */
	return e == EPERM || e == EACCES || e == EXDEV || e == ENOSYS;
}

/* What umbel-webhooks and umbel-broker are there for. */
static bool is_to_connect(enum sandbox_profile profile, const char *name)
{
	if (profile != SANDBOX_WEBHOOKS && profile != SANDBOX_BROKER)
		return false;
	if (!strcmp(name, "unix_connect") || !strcmp(name, "connect_inherited"))
		return true;
	return profile == SANDBOX_WEBHOOKS &&
	       (!strcmp(name, "inet_stream") || !strcmp(name, "inet6_stream"));
}

/* Nothing works, and it is the sandbox that says so. */
static void try_all(struct place *p, enum sandbox_profile profile)
{
	size_t i;
	int missed = 0;

	for (i = 0; i < attempt_count; i++) {
		int e;

		if (profile == SANDBOX_CORE && attempts[i].needs_landlock &&
		    !has_landlock)
			continue;
		if (is_to_connect(profile, attempts[i].name))
			continue;
		e = attempts[i].run(&p->victim);
		if (is_refusal(e))
			continue;
		printf("%s: %s\n", attempts[i].name,
		       e ? strerror(e) : "worked");
		missed++;
	}
	NEED(missed == 0);
}

static void core_tries(struct place *p)
{
	try_all(p, SANDBOX_CORE);
}

static void httpd_tries(struct place *p)
{
	try_all(p, SANDBOX_HTTPD);
}

static void webhooks_tries(struct place *p)
{
	try_all(p, SANDBOX_WEBHOOKS);
}

static void broker_tries(struct place *p)
{
	try_all(p, SANDBOX_BROKER);
}

/* HOSTILE D-04, L-12 */
static void core_is_refused(void **state)
{
	inside(*state, SANDBOX_CORE, core_tries);
}

static void httpd_is_refused(void **state)
{
	inside(*state, SANDBOX_HTTPD, httpd_tries);
}

static void webhooks_is_refused(void **state)
{
	inside(*state, SANDBOX_WEBHOOKS, webhooks_tries);
}

static void broker_is_refused(void **state)
{
	inside(*state, SANDBOX_BROKER, broker_tries);
}

static const struct attempt *attempt_named(const char *name)
{
	size_t i;

	for (i = 0; i < attempt_count; i++)
		if (!strcmp(attempts[i].name, name))
			return &attempts[i];
	return NULL;
}

/* The attempts are real: outside of the sandbox many of them work. */
static void attempts_work_outside(void **state)
{
	static const char *const expected[] = {
	    "read_passwd",   "list_root",
	    "write_outside", "make_outside",
	    "symlink_in",    "chmod_outside",
	    "touch_outside", "inet_stream",
	    "inet_datagram", "netlink",
	    "unix_datagram", "exec_memfd",
	    "unix_connect",  "pair_of_datagrams",

	    "fork",	     "kill",
	    "pidfd",	     "signal_by_owner",
	    "map_code",	     "make_code",
	    "shared_memory",
	};
	struct place *p = *state;
	size_t k;

	for (k = 0; k < ARRAY_SIZE(expected); k++) {
		const struct attempt *a = attempt_named(expected[k]);
		int e;

		assert_non_null(a);
		e = a->run(&p->victim);
		if (e)
			print_error("%s: %s\n", a->name, strerror(e));
		assert_int_equal(e, 0);
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void use_loop(void)
{
	int e = epoll_create1(EPOLL_CLOEXEC);
	int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	int v = eventfd(1, EFD_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN};
	uint64_t count;
	uint8_t chance[16];

	NEED(e >= 0 && t >= 0 && v >= 0);
	NEED(epoll_ctl(e, EPOLL_CTL_ADD, v, &ev) == 0);
	NEED(epoll_wait(e, &ev, 1, 1000) == 1);
	NEED(read(v, &count, sizeof(count)) == sizeof(count));
	NEED(getrandom(chance, sizeof(chance), 0) == sizeof(chance));
	close(e);
	close(t);
	close(v);
}

static void use_memory(void)
{
	void *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *heap = malloc(64 << 20);

	NEED(p != MAP_FAILED && heap);
	memset(heap, 1, 64 << 20);
	NEED(mprotect(p, 4096, PROT_READ) == 0);
	NEED(mlock(p, 4096) == 0);
	NEED(munmap(p, 1 << 20) == 0);
	free(heap);
}

static void use_pair(void)
{
	int pair[2], fd, end = dup(0);
	char text[8];
	size_t n;

	NEED(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	NEED(fdpass_send(pair[0], "C", 1, end) == OK);
	NEED(fdpass_recv(pair[1], text, sizeof(text), &n, &fd) == OK);
	NEED(n == 1 && text[0] == 'C' && fd >= 0);
	close(end);
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

static void *thread_body(void *arg)
{
	*(int *)arg = 7;
	return NULL;
}

static void use_threads(void)
{
	pthread_t t;
	int made = 0;

	NEED(pthread_create(&t, NULL, thread_body, &made) == 0);
	NEED(pthread_join(t, NULL) == 0);
	NEED(made == 7);
}

static void use_files(const char *folder)
{
	char *sub = xasprintf("%s/sub", folder);
	char *a = xasprintf("%s/a", folder);
	char *b = xasprintf("%s/sub/b", folder);
	struct buf content;

	buf_init(&content, 100);
	NEED(file_make_dir(sub) == OK);
	NEED(file_replace(a, "one", 3, 0600) == OK);
	NEED(file_replace(a, "three", 5, 0600) == OK);
	NEED(rename(a, b) == 0);
	NEED(file_read(b, &content) == OK && content.len == 5);
	NEED(unlink(b) == 0);
	NEED(rmdir(sub) == 0);
	buf_clear(&content);
	free(sub);
	free(a);
	free(b);
}

static void use_sockets(const char *cells)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/cell", cells);
	NEED(s >= 0);
	NEED(bind(s, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	NEED(listen(s, 1) == 0);
	NEED(fcntl(s, F_SETFL, O_NONBLOCK) == 0);
	NEED(accept4(s, NULL, NULL, SOCK_CLOEXEC) < 0 && errno == EAGAIN);
	NEED(unlink(sun.sun_path) == 0);
	/* See test_landlock.c for the rest of what may not be there. */
	NEED(mkdir(sun.sun_path, 0700) != 0 || !has_landlock);
	close(s);
}

/* Journal, locks, temporary files: SQLite itself is the best judge. */
static void use_database(const char *data)
{
	char *path = xasprintf("%s/user.db", data);
	sqlite3 *db;

	NEED(sqlite3_open(path, &db) == SQLITE_OK);
	NEED(sqlite3_exec(db,
			  "pragma key='k'; pragma journal_mode=wal;"
			  "pragma synchronous=full;"
			  "create table t(x); begin;"
			  "insert into t values(1); commit; vacuum;"
			  "pragma wal_checkpoint(truncate);",
			  NULL, NULL, NULL) == SQLITE_OK);
	NEED(sqlite3_close(db) == SQLITE_OK);
	NEED(unlink(path) == 0);
	free(path);
}

static void count_blob(void *ctx, const struct blob_name *name)
{
	(void)name;
	++*(unsigned *)ctx;
}

/* Room is reserved, bytes are synced, folders are listed. */
static void use_blobs(const char *data)
{
	const struct blob_spec spec = {
	    .plan = {.size = 100000, .chunk_log2 = CHUNK_LOG2_MIN}};
	char *folder = xasprintf("%s/blobs", data);
	uint8_t *content = xcalloc(1, spec.plan.size);
	struct blob_writer *w;
	struct blob_reader *r;
	struct blob_sum sum;
	unsigned count = 0;
	size_t n;

	NEED(blob_writer_new(folder, &spec, 1, &w) == OK);
	NEED(blob_writer_put(w, bytes_of(content, spec.plan.size)) == OK);
	NEED(blob_writer_finish(w, &sum) == OK);
	blob_writer_free(w);
	NEED(blob_reader_new(folder, &spec, &r) == OK);
	NEED(blob_reader_get(r, 99999, content, 10, &n) == OK && n == 1);
	blob_reader_free(r);
	NEED(blob_list(folder, count_blob, &count) == OK && count == 1);
	blob_drop(folder, &spec.name);
	NEED(!blob_exists(folder, &spec.name));
	NEED(rmdir(folder) == 0);
	free(content);
	free(folder);
}

static void core_works(struct place *p)
{
	use_loop();
	use_memory();
	use_pair();
	use_threads();
	use_files(p->data);
	use_sockets(p->cells);
	use_database(p->data);
	use_blobs(p->data);
}

static void httpd_works(struct place *p)
{
	(void)p;
	use_loop();
	use_memory();
	use_pair();
}

static void core_can_work(void **state)
{
	inside(*state, SANDBOX_CORE, core_works);
}

static void httpd_can_work(void **state)
{
	inside(*state, SANDBOX_HTTPD, httpd_works);
}

/* To this machine; nothing in here can tell which. */
static void webhooks_connects(struct place *p)
{
	struct sockaddr_in sin;
	socklen_t n = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	use_memory();
	use_pair();
	NEED(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	NEED(getsockname(p->victim.listener, (struct sockaddr *)&sin, &n) == 0);
	NEED(connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0);
}

static void webhooks_can_work(void **state)
{
	inside(*state, SANDBOX_WEBHOOKS, webhooks_connects);
}

static void is_undumpable(struct place *p)
{
	struct rlimit r;

	(void)p;
	NEED(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	NEED(getrlimit(RLIMIT_CORE, &r) == 0);
	NEED(r.rlim_cur == 0 && r.rlim_max == 0);
}

/* HOSTILE L-07 */
static void nothing_is_dumped(void **state)
{
	inside(*state, SANDBOX_CORE, is_undumpable);
	inside(*state, SANDBOX_HTTPD, is_undumpable);
	inside(*state, SANDBOX_WEBHOOKS, is_undumpable);
	inside(*state, SANDBOX_BROKER, is_undumpable);
}

/* A listener opened before still serves; the namespace is another one. */
static void serves_inherited(struct place *p)
{
	int a = accept4(p->victim.listener, NULL, NULL, SOCK_CLOEXEC);
	char c;

	NEED(a >= 0);
	NEED(recv(a, &c, 1, 0) == 1);
	NEED(send(a, "y", 1, MSG_NOSIGNAL) == 1);
}

static void httpd_serves(void **state)
{
	struct place *p = *state;
	struct sockaddr_in sin;
	socklen_t n = sizeof(sin);
	char c = 0;

	assert_int_equal(
	    getsockname(p->victim.listener, (struct sockaddr *)&sin, &n), 0);
	assert_int_equal(
	    connect(p->victim.tcp, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(send(p->victim.tcp, "x", 1, 0), 1);
	inside(p, SANDBOX_HTTPD, serves_inherited);
	assert_int_equal(recv(p->victim.tcp, &c, 1, 0), 1);
	assert_int_equal(c, 'y');
}

static void reads_tor_folder(void **state)
{
	struct place *p = *state;
	const struct sandbox_paths paths = {
	    {p->data}, p->cells, p->victim.elsewhere};
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		log_start("test", LOG_LEVEL_WARN);
		NEED(sandbox_enter(SANDBOX_CORE, &paths) == OK);
		NEED(open(p->victim.outside, O_RDONLY) >= 0);
		NEED(!has_landlock || open(p->victim.outside, O_RDWR) < 0);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void missing_folder(void **state)
{
	struct sandbox_paths paths = {{"/nonexistent"}, "/nonexistent", NULL};
	int status;
	pid_t pid;

	(void)state;
	if (!has_landlock)
		skip();
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(2);
		_exit(sandbox_enter(SANDBOX_CORE, &paths) == ERR_IO ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define PLACED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PLACED(core_is_refused),	   PLACED(httpd_is_refused),
	    PLACED(webhooks_is_refused),   PLACED(broker_is_refused),
	    PLACED(attempts_work_outside), PLACED(core_can_work),
	    PLACED(httpd_can_work),	   PLACED(webhooks_can_work),
	    PLACED(nothing_is_dumped),	   PLACED(httpd_serves),
	    PLACED(reads_tor_folder),	   cmocka_unit_test(missing_folder),
	};

	ask_for_landlock();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
